"""What changed in a row, who changed it and when, in the words of the person who reads it."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import models

from referentiel import counting, measured
from referentiel.measures import in_french
from referentiel.models import Indicator
from sheets.words import french_day

CREATED = "+"
KINDS = {CREATED: "Création", "~": "Modification", "-": "Suppression"}
# Said elsewhere on the page, or of no interest to its reader.
SILENT = frozenset({"edited_by_hand", "position"})


@dataclass(frozen=True)
class Difference:
    """A field of a row that had one value and has another."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Moment:
    """An entry of the history of a row. Without an author it comes from a file, loaded by a command."""

    at: datetime.datetime
    kind: str
    author: str
    differences: tuple[Difference, ...]


def said(row: Any, field: Any, quote: str = "{}") -> str:
    """The value of a field as a person would write it; `quote` surrounds what is text."""
    if field.name == "measured":
        every = Indicator.objects.filter(engagement__module=row.module_id).select_related("engagement")
        return measured.in_words(every.order_by("engagement__position", "position"), row.measured)
    if field.name == "counted_from":
        return counting.in_words(row.counted_from)
    try:
        value = getattr(row, f"get_{field.name}_display")() if field.choices else getattr(row, field.name)
    except ObjectDoesNotExist:  # a history remembers rows that are gone
        return "une ligne supprimée"
    match value:
        case None | "" | []:
            return "rien"
        case bool():
            return "oui" if value else "non"
        case datetime.date():
            return french_day(value)
        case Decimal():
            return in_french(value.normalize())
        case list():
            return ", ".join(quote.format(one) for one in value)
    return quote.format(value)


def between(before: Any, after: Any, fields: Iterable[Any]) -> tuple[Difference, ...]:
    """What differs between two states of a row, or between a row and an entry of its history."""
    return tuple(
        Difference(label_of(field), said(before, field), said(after, field))
        for field in fields
        if field.name not in SILENT and getattr(before, field.attname) != getattr(after, field.attname)
    )


def label_of(field: Any) -> str:
    label = str(field.verbose_name).replace("'", "’")
    return label[:1].upper() + label[1:]


def history_of(row: models.Model, *, since: int = 0) -> list[Moment]:
    """The entries of a row's history after `since`, an entry's number; the latest first."""
    history: Any = row.history  # type: ignore[attr-defined]
    fields = [field for field in history.model.tracked_fields if not field.primary_key]
    entries = list(history.select_related("history_user"))
    moments = []
    for entry, before in zip(entries, [*entries[1:], None], strict=True):
        if entry.history_id <= since:
            break
        differences = between(before, entry, fields) if before else ()
        if differences or entry.history_type == CREATED:
            author = entry.history_user.full_name if entry.history_user else ""
            moments.append(Moment(entry.history_date, KINDS[entry.history_type], author, differences))
    return moments
