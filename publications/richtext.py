"""Typed text: a little Markdown, and the only place where it becomes markup.

Paragraphs, bold, italic, lists, two levels of sub-headings and links: everything else that somebody types
(tags, images, code, tables) is shown as it was typed. What comes out has been through nh3.
"""

import re
from itertools import accumulate

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

from sites.fields import DIRECTION_MARKS

# Those marks, and the characters that XML forbids.
UNPRINTABLE = re.compile(
    "[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|" + DIRECTION_MARKS.pattern
)

TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "h3", "h4", "a"}
ATTRIBUTES = {"a": {"href"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto"}

# Lists within lists that a page and a sheet of paper have room for.
DEEPEST = 3

# « zero » knows paragraphs only. Below this nesting nothing is dropped; a form refuses it long before.
_PARSER = MarkdownIt("zero", {"breaks": True, "maxNesting": 200}).enable(
    ["list", "heading", "newline", "emphasis", "link", "autolink", "escape"]
)

_LIST = re.compile("<(/?)[uo]l[ >]")
_MARK = re.compile("<(?:strong|em|a)[ >]")
_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])(?:\s|$)")


def to_html(source: str) -> str:
    """The sanitised markup of a typed text, under a heading of the second level."""
    tokens = _parsed(source)
    _fit_headings(tokens)
    return _clean(_PARSER.renderer.render(tokens, _PARSER.options, {}))


def shown(html: str) -> SafeString:
    """Markup that was kept, for a template: whoever wrote it there, it passes the same gate again."""
    return mark_safe(_clean(html))  # noqa: S308 - sanitised in this very line


def depth(html: str) -> int:
    """How deep lists stand within lists."""
    steps = (-1 if closes else 1 for closes in _LIST.findall(html))
    return max(accumulate(steps), default=0)


def marks(html: str) -> int:
    """How many words in bold, in italic or in a link: each costs a sheet of paper as much as a line."""
    return len(_MARK.findall(html))


def plain_to_html(text: str) -> str:
    """The markup of the plain text of format 1: paragraphs, and lists whose lines begin with « - »."""
    html = []
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        lines = [line.strip() for line in paragraph.splitlines() if line.strip()]
        run: list[str] = []
        for line, following in zip(lines, [*lines[1:], None], strict=True):
            run.append(line)
            is_item = line.startswith("- ")
            if following is None or following.startswith("- ") != is_item:
                html.append(_plain_list(run) if is_item else f"<p>{'<br>'.join(map(escape, run))}</p>")
                run = []
    return _clean("\n".join(html))


def _plain_list(lines: list[str]) -> str:
    items = (escape(line.removeprefix("- ")) for line in lines)
    return f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>"


def _parsed(source: str) -> list[Token]:
    """A line that is neither an item nor indented ends a list, as whoever types it expects."""
    lines: list[str] = []
    in_list = False
    for line in UNPRINTABLE.sub("", source).split("\n"):
        if _ITEM.match(line):
            in_list = True
        elif in_list and line[:1].strip():
            lines.append("")
            in_list = False
        lines.append(line)
    return _PARSER.parse("\n".join(lines))


def _fit_headings(tokens: list[Token]) -> None:
    """The first sub-heading is an <h3>, whatever was typed; one below it an <h4>. No level is skipped."""
    top = 0
    for token in tokens:
        if token.type not in ("heading_open", "heading_close"):
            continue
        typed = int(token.tag[1])
        top = typed if top == 0 else min(top, typed)
        token.tag = "h3" if typed == top else "h4"


def _clean(html: str) -> str:
    return nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel=None).strip()
