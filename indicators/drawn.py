"""A figure, drawn alike everywhere: a result of the board, or a cell of a frozen bilan (a dictionary).

In Python and not in a template, for a board has some hundreds of them; it draws them before its template is
entered, where calls are not deep.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from indicators.results import Line, Result
from referentiel.measures import Verdict


@dataclass(frozen=True)
class Cell:
    """A result of the board, ready to be printed."""

    figure: SafeString
    target: str
    before: SafeString


def bands(
    selected: Iterable[tuple[str, list[tuple[Line, list[Result | None]]]]],
) -> list[tuple[str, list[tuple[Line, list[Cell | None]]]]]:
    """The themes of a selection, with their lines, and their cells drawn."""
    return [
        (theme, [(line, [_cell(result) for result in cells]) for line, cells in rows])
        for theme, rows in selected
    ]


def _cell(result: Result | None) -> Cell | None:
    if result is None:
        return None
    drawn = figure(result, result.place)
    for number in result.notes:
        drawn += format_html(' <sup><a href="#note-{0}">(note\xa0{0})</a></sup>', number)
    return Cell(drawn, result.target_label or "—", year_before(result.previous, result.caution))


def figure(shown: Any, href: str = "") -> SafeString:
    """Its value, which may lead to where it comes from; its base, its months and its verdict, or why there is
    none."""
    is_absent = _said(shown, "shown") is None
    value = _value(_said(shown, "shown_label"), href, is_absent=is_absent)
    if is_absent:
        return value + _small("base", _said(shown, "reason"))
    base = _said(shown, "base_label")
    return (
        value
        + _small("base", f"({base})" if base else "")
        + _small("months", _said(shown, "months_label"))
        + _verdict(_said(shown, "verdict"), _said(shown, "verdict_label"))
    )


def year_before(shown: Any, caution: str = "") -> SafeString:
    """The result of the year before and its verdict; where the two are not alike, `caution` says so first."""
    if not shown or _said(shown, "shown") is None:
        return _value("—", "", is_absent=True)
    label = _said(shown, "shown_label")
    if caution:
        return _value(caution, "", is_absent=True) + _small("base", f"({label})")
    value = _value(label, "", is_absent=False)
    return value + _verdict(_said(shown, "verdict"), _said(shown, "verdict_label"))


def _said(shown: Any, name: str) -> Any:
    return shown[name] if isinstance(shown, dict) else getattr(shown, name)


def _value(label: str, href: str, *, is_absent: bool) -> SafeString:
    style = "figure figure--absent" if is_absent else "figure"
    if href:
        return format_html('<a class="{}" href="{}">{}</a>', style, href, label)
    return format_html('<span class="{}">{}</span>', style, label)


def _small(what: str, text: str) -> SafeString:
    return format_html(' <span class="figure__{}">{}</span>', what, text) if text else SafeString()


@cache
def _verdict(verdict: str, label: str) -> SafeString:
    """Said by a word, a shape and a colour: the colour alone says nothing."""
    if verdict not in (Verdict.MET, Verdict.MISSED):
        return SafeString()
    return format_html(' <span class="verdict verdict--{}">{}</span>', verdict, label)
