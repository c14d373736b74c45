"""Typed text: what becomes markup, what stays text, and that nothing typed becomes anything else."""

import json
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publications import bilan as contents
from publications import comparing, formats, reading, richtext

KEPT = Path(__file__).parents[1] / "data" / "bilan-2018-format-1.json"


def flat(html: str) -> str:
    return re.sub(r"\n\s*", "", html)


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("", ""),
        ("Une phrase.", "<p>Une phrase.</p>"),
        ("Deux\nlignes.", "<p>Deux<br>lignes.</p>"),
        ("Un.\n\n\n \nDeux.", "<p>Un.</p><p>Deux.</p>"),
        ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ("Voici :\n- a\n - b\nEt puis.", "<p>Voici :</p><ul><li>a</li><li>b</li></ul><p>Et puis.</p>"),
        ("-5 % en un an", "<p>-5 % en un an</p>"),
        ("1. un\n2. deux", "<ol><li>un</li><li>deux</li></ol>"),
        ("- a\n  - b", "<ul><li>a<ul><li>b</li></ul></li></ul>"),
        ("**gras** et *italique*", "<p><strong>gras</strong> et <em>italique</em></p>"),
        ("2 * 3 * 4 et un_nom_de_fichier", "<p>2 * 3 * 4 et un_nom_de_fichier</p>"),
        (
            "[le site](https://a.fr/?b=1&c=2)",
            '<p><a href="https://a.fr/?b=1&amp;c=2">le site</a></p>',
        ),
        ("<qualite@a.fr>", '<p><a href="mailto:qualite@a.fr">qualite@a.fr</a></p>'),
        ("un texte\n---\n> et `code`", "<p>un texte<br>---<br>&gt; et `code`</p>"),
        ("    pas de code", "<p>pas de code</p>"),
    ],
)
def test_a_little_markdown_is_read(source: str, html: str) -> None:
    assert flat(richtext.to_html(source)) == html


@pytest.mark.parametrize(
    ("source", "tags"),
    [
        ("# a\n## b\n# c", ["h3", "h4", "h3"]),
        ("### a\n#### b\n###### c", ["h3", "h4", "h4"]),
        ("### a\n# b\n### c", ["h3", "h3", "h4"]),
    ],
)
def test_sub_headings_stand_below_the_title_of_their_part_and_skip_no_level(
    source: str, tags: list[str]
) -> None:
    assert re.findall(r"<(h\d)>", richtext.to_html(source)) == tags


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<a href='javascript:alert(1)'>x</a>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "[x](vbscript:x)",
        "[x](file:///etc/passwd)",
        "<javascript:alert(1)>",
        "![x](javascript:alert(1))",
        "</p></section><style>p{display:none}</style>",
    ],
)
def test_what_could_act_stays_text(source: str) -> None:
    html = richtext.to_html(source)

    assert re.findall(r"<(?!/?p>)[^>]*>", html) == []


@pytest.mark.parametrize(
    "kept", ["<script>x</script>", '<p onclick="x">a</p>', '<a href="javascript:x">a</a>']
)
def test_markup_that_somebody_put_into_the_database_passes_the_same_gate(kept: str) -> None:
    assert not re.search("script|onclick", richtext.shown(kept))


def test_an_image_is_a_link_to_it_at_most() -> None:
    assert richtext.to_html("![plan](https://a.fr/p.png)") == '<p>!<a href="https://a.fr/p.png">plan</a></p>'


def test_marks_of_direction_and_what_no_paper_holds_are_gone() -> None:
    assert richtext.to_html("a\u202eb\u2066c\x00d\udc80e") == "<p>abcde</p>"


@pytest.mark.parametrize(
    "source",
    [
        "- " * 10_000 + "x",
        "\n".join("  " * n + "- x" for n in range(140)),
        "[" * 20_000,
        "*" * 20_000,
        "*a" * 10_000,
    ],
)
def test_no_text_takes_long(source: str) -> None:
    begun = time.process_time()

    richtext.to_html(source)

    assert time.process_time() - begun < 10


@pytest.mark.parametrize(
    ("source", "depth"),
    [("texte", 0), ("- a\n- b\n\n1. c", 1), ("- a\n  - b\n    1. c", 3), ("- " * 50 + "x", 50)],
)
def test_how_deep_lists_stand_is_known(source: str, depth: int) -> None:
    assert richtext.depth(richtext.to_html(source)) == depth


def test_ten_thousand_lists_are_more_than_a_form_takes() -> None:
    assert richtext.depth(richtext.to_html("- " * 10_000 + "x")) > richtext.DEEPEST


@given(st.text(max_size=300))
def test_no_text_becomes_any_other_tag(source: str) -> None:
    html = richtext.to_html(source)

    opened = re.findall(r"<(\w+)((?: [^>]*)?)>", html)
    assert {tag for tag, _ in opened} <= richtext.TAGS
    assert all(re.fullmatch(r'| (?:href="(?:https?:|mailto:)[^"]*"|start="\d+")', held) for _, held in opened)
    assert richtext.shown(html) == html


# --- a content of format 1 -------------------------------------------------------------------------------


def test_a_content_of_format_1_reads_as_it_was_signed() -> None:
    """The file was kept from the last commit that wrote format 1."""
    text = KEPT.read_text("utf-8")

    data = formats.read(text)
    read = reading.read(data)

    assert json.loads(text)["format"] == 1
    assert contents.hash_of(text) == "8bbc3fc309979debbc889ab35f389814b9b5d0febc9a29e3b0feccce7c346514"
    assert read.summary is not None
    assert read.summary.html.startswith("<p>L'année 2018 est celle de la relance")
    actions = next(part for part in read.parts if part.section == "actions")
    assert actions.html.startswith("<ul><li>Pilotage et organisation documentaire repris en main.</li><li>")
    assert (read.score.met, read.score.missed, read.score.without_target) == (14, 6, 12)
    assert (data["erratum"], data["presentations"], data["perimeter"]) == (None, [], [])


def test_the_plain_text_of_format_1_is_not_taken_for_markdown() -> None:
    assert richtext.plain_to_html("**pas gras**\n- # un\nfin <b>") == (
        "<p>**pas gras**</p>\n<ul><li># un</li></ul>\n<p>fin &lt;b&gt;</p>"
    )


def test_a_content_of_format_1_is_compared_with_one_of_today() -> None:
    text = KEPT.read_text("utf-8")
    after = formats.read(text)
    after["bands"][0]["lines"][0]["cells"][1]["shown_label"] = "7\xa0%"

    (figure,) = comparing.compare(formats.read(text), after).figures

    assert (figure.unit, [field.after for field in figure.fields]) == (
        "Sous-préfecture d'Aix-en-Provence",
        ["7\xa0%"],
    )
