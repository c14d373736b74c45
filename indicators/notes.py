"""The sentences printed with the figures of a year, as people write, correct and remove them."""

from django.db import transaction

from indicators.models import Note
from indicators.signing import sign, version_of
from referentiel.models import Indicator
from sites.conflicts import ConflictError, RefusedError
from sites.models import Agent, Unit


def version(note: Note) -> int:
    return version_of(Note.history.filter(id=note.pk))


def add(note: Note, *, unit: Unit | None, indicator: Indicator | None, text: str, by: Agent) -> Note:
    """Write a note on a cell, on a unit, on an indicator or, without either, on the whole table. The same
    again, as a double click sends it, changes nothing."""
    note.unit, note.indicator, note.text = unit, indicator, text
    same = {
        "prefecture": note.prefecture,
        "year": note.year,
        "unit": unit,
        "indicator": indicator,
        "text": text,
    }
    with transaction.atomic():
        note.prefecture.lock()
        if held := Note.objects.filter(**same).first():
            return held
        sign(note, by).save()
    return note


def correct(note: Note, *, text: str, seen: int, by: Agent) -> Note:
    """Change the text of a note that its author read in the version `seen`."""
    with transaction.atomic():
        held = _hold(note, seen)
        if held.text != text:
            held.text = text
            sign(held, by).save()
        return held


def remove(note: Note, *, reason: str, seen: int, by: Agent) -> None:
    if not reason:
        raise RefusedError("Indiquer pourquoi cette note est retirée.")
    with transaction.atomic():
        held = _hold(note, seen)
        sign(held, by, reason).delete()


def _hold(note: Note, seen: int) -> Note:
    held = Note.objects.select_for_update().filter(pk=note.pk).order_by("pk").first()
    if held is None or version(held) != seen:
        raise ConflictError(held, version(note))
    return held
