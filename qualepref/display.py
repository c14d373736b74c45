"""How measures are written in French, for every template: screens, PDF and exports say the same thing."""

import datetime
from decimal import Decimal
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from referentiel import measures
from referentiel.measures import Verdict
from sheets import words

register = template.Library()


@register.filter
def french(number: Decimal | int | str | None) -> str:
    """1234.5 → « 1 234,5 »."""
    return "" if number is None else measures.in_french(Decimal(number))


@register.filter
def with_unit(number: Decimal | int | str | None, unit: str) -> str:
    """94.00 and "percent" → « 94,00 % »."""
    return "" if number is None else measures.with_unit(Decimal(number), unit)


@register.filter
def typeset(text: str) -> str:
    """A sentence that is also printed in a terminal, with the no-break spaces of a page."""
    return words.typeset(text)


@register.filter(expects_localtime=True)
def day(on: datetime.date | None) -> str:
    """2026-03-01 → « 1er mars 2026 »."""
    if on is None:
        return ""
    return f"{'1er' if on.day == 1 else on.day} {measures.MONTHS[on.month]} {on.year}"


# --- A figure, drawn alike everywhere: a result of the board, or a cell of a frozen bilan (a dictionary). In
# Python and not in a template, for a board has some hundreds of them.


@register.simple_tag
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
        + _verdict(shown)
    )


@register.simple_tag
def year_before(shown: Any, caution: str = "") -> SafeString:
    """The result of the year before and its verdict; `caution` where the two years are not alike."""
    if not shown or _said(shown, "shown") is None:
        return _value("—", "", is_absent=True)
    value = _value(_said(shown, "shown_label"), "", is_absent=False)
    return value + _verdict(shown) + _small("months", caution)


def _said(shown: Any, name: str) -> Any:
    return shown[name] if isinstance(shown, dict) else getattr(shown, name)


def _value(label: str, href: str, *, is_absent: bool) -> SafeString:
    style = "figure figure--absent" if is_absent else "figure"
    if href:
        return format_html('<a class="{}" href="{}">{}</a>', style, href, label)
    return format_html('<span class="{}">{}</span>', style, label)


def _small(what: str, text: str) -> SafeString:
    return format_html(' <span class="figure__{}">{}</span>', what, text) if text else SafeString()


def _verdict(shown: Any) -> SafeString:
    """Said by a word, a shape and a colour: the colour alone says nothing."""
    verdict = _said(shown, "verdict")
    if verdict not in (Verdict.MET, Verdict.MISSED):
        return SafeString()
    return format_html(' <span class="verdict verdict--{}">{}</span>', verdict, _said(shown, "verdict_label"))
