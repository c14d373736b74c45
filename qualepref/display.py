"""How measures are written in French, for every template: screens, PDF and exports say the same thing."""

from decimal import Decimal

from django import template

from referentiel.measures import NBSP, in_french

register = template.Library()

# Units as they follow a number.
SUFFIXES = {
    "percent": f"{NBSP}%",
    "working_days": f"{NBSP}j ouvrés",
    "days": f"{NBSP}jours",
    "minutes": f"{NBSP}min",
    "score": f"{NBSP}points",
    "count": "",
}


@register.filter
def french(number: Decimal | int | str | None) -> str:
    """1234.5 → « 1 234,5 »."""
    return "" if number is None else in_french(Decimal(number))


@register.filter
def with_unit(number: Decimal | int | str | None, unit: str) -> str:
    """94.00 and "percent" → « 94,00 % »."""
    return french(number) + SUFFIXES[unit] if number is not None else ""
