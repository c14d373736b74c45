"""How measures are written in French, for every template: screens, PDF and exports say the same thing."""

import datetime
from decimal import Decimal

from django import template

from indicators import drawn
from referentiel import measures
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


register.simple_tag(drawn.figure)
register.simple_tag(drawn.year_before)
