"""How templates name lines of the norm, and lead to them."""

from collections.abc import Mapping
from typing import Any

from django import template

from referentiel import counting, kinds, wording

register = template.Library()


@register.filter
def period(row: wording.Dated) -> str:
    """« à partir du 01/01/2020 »."""
    return wording.period(row)


@register.filter
def norm_name(row: Any) -> str:
    """« E17 — Répondre aux courriers », « Code inconnu — intitulé inconnu »."""
    return kinds.name_of(row)


@register.filter
def norm_address(row: Any) -> str:
    """Where one reads a line of the norm."""
    return kinds.address_of(row)


@register.filter
def counting_in_words(said: Mapping[str, Any]) -> str:
    """The cases of the register that an indicator counts."""
    return counting.in_words(said)
