"""What every template may use: measures and days as French writes them, figures, tables."""

import datetime
from decimal import Decimal

from django import template
from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString, mark_safe

from indicators import drawn
from referentiel import measures
from sheets import words
from sites.models import Agent

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


@register.filter
def has_saved(by: Agent | None, reader: Agent) -> str:
    """« Camille Roy a enregistré », to whom wrote something else meanwhile, or in another tab."""
    if by == reader:
        return "vous avez, dans un autre onglet, enregistré"
    return f"{by.full_name if by else 'l’application'} a enregistré"


register.filter(measures.of)


@register.simple_block_tag
def table(content: str, look: str = "fr-table--multiline fr-table--no-caption") -> SafeString:
    """A table of the DSFR: it scrolls in a box of its own, which the keyboard reaches and its caption names.
    `content` is what stands in the <table>: a <caption> without id, a head, a body.
    """
    caption = content.partition("<caption>")[2].partition("</caption>")[0]
    return format_html(
        '<div class="fr-table fr-table--bordered {}"><div class="fr-table__wrapper">'
        '<div class="fr-table__container" role="region" aria-label="{}" tabindex="0">'
        '<div class="fr-table__content"><table>{}</table></div></div></div></div>',
        look,
        mark_safe(strip_tags(caption)),  # noqa: S308 - what the template itself has escaped
        content,
    )


register.simple_tag(drawn.figure)
register.simple_tag(drawn.year_before)
