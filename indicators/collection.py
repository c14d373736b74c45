"""Figures that people type, correct and remove, one cell of the board at a time: the home of these writes.

What is typed here is the yearly figure of a unit; it wins over the months and the services below it, which
stay. A figure that takes the place of another is a correction: it says why, and keeps the other beside it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from indicators import results
from indicators.models import Measurement
from indicators.periods import Period
from indicators.signing import sign, version_of
from referentiel import measures
from referentiel.measures import Coverage
from referentiel.models import Indicator
from sites.conflicts import ConflictError, RefusedError
from sites.models import Agent, Prefecture, Unit

Origin = Measurement.Origin


@dataclass(frozen=True)
class Cell:
    """A square of the board: whose figure, of what, of which year."""

    unit: Unit
    indicator: Indicator
    year: int

    @property
    def prefecture(self) -> Prefecture:
        return self.unit.prefecture

    @property
    def _where(self) -> dict[str, Any]:
        return {
            "unit": self.unit,
            "indicator": self.indicator,
            "period": Measurement.Period.YEAR,
            "period_start": date(self.year, 1, 1),
            "service": None,
        }

    def find(self) -> Measurement | None:
        """Its own yearly figure, which a sum of months or of services is not."""
        return Measurement.objects.select_related("source").filter(**self._where).first()

    def new(self) -> Measurement:
        shape = Measurement.Shape.of(self.indicator)
        return Measurement(**self._where, prefecture=self.prefecture, shape=shape, origin=Origin.ENTERED)

    @property
    def version(self) -> int:
        """Of its own figure."""
        return version_of(Measurement.history.filter(**self._where))


@dataclass(frozen=True)
class Entry:
    """What somebody says of a cell. Without an amount it could not be measured, and `reason` says why."""

    numerator: int | None = None
    denominator: int | None = None
    value: measures.Printed | None = None
    months: Coverage = measures.WHOLE_YEAR
    reason: str = ""

    @property
    def fields(self) -> dict[str, Any]:
        return {
            "numerator": self.numerator,
            "denominator": self.denominator,
            "value": self.value.amount if self.value else None,
            "value_places": self.value.places if self.value else 0,
            "first_month": min(self.months.months),
            "last_month": max(self.months.months),
        }

    def is_said_by(self, row: Measurement) -> bool:
        if row.measure is None and row.reason != self.reason:
            return False
        return all(getattr(row, name) == said for name, said in self.fields.items())


def write(cell: Cell, entry: Entry, *, seen: int, by: Agent) -> Measurement:
    """Keep what its author typed, who had read the figure in the version `seen`. The same again changes
    nothing."""
    with _held(cell, seen):
        row = cell.find()
        if row is not None and entry.is_said_by(row):
            return row
        former = _sum(cell) if row is None else None
        if row is not None or former is not None:
            if not entry.reason:
                raise RefusedError("Ce chiffre en remplace un autre\xa0: indiquer pourquoi.")
            row = row or cell.new()
            keep_beside(row, former)
        new = row or cell.new()
        for name, said in entry.fields.items():
            setattr(new, name, said)
        new.reason = entry.reason
        new.printed_met = None  # it was said of the figure that was printed
        return _save(new, entry.reason, by)


def remove(cell: Cell, *, reason: str, seen: int, by: Agent) -> None:
    """Take back what was typed: a corrected figure becomes again what it was, another leaves its cell."""
    if not reason:
        raise RefusedError("Indiquer pourquoi ce chiffre est retiré.")
    with _held(cell, seen):
        row = cell.find()
        if row is None:
            raise RefusedError("Cette case n’a pas de chiffre à retirer.")
        if row.former_measure is None or row.former_origin == Origin.COMPUTED:
            sign(row, by, reason).delete()
            return
        row.numerator, row.denominator = row.former_numerator, row.former_denominator
        row.value, row.value_places = row.former_value, row.former_value_places
        row.origin, row.reason = row.former_origin, ""
        row.former_origin, row.former_value_places = "", 0
        row.former_numerator = row.former_denominator = row.former_value = None
        _save(row, reason, by)


def correct_target(
    cell: Cell, comparator: measures.Comparator, value: Decimal, *, reason: str, seen: int, by: Agent
) -> Measurement:
    """Correct the target that a document prints beside a figure, and that judges it."""
    if not reason:
        raise RefusedError("Indiquer pourquoi l’objectif imprimé est corrigé.")
    with _held(cell, seen):
        row = cell.find()
        if row is None or row.printed_target is None:
            raise RefusedError("Aucun objectif n’est imprimé à côté de ce chiffre.")
        row.target_comparator, row.target_value, row.target_reason = comparator.value, value, reason
        return _save(row, reason, by)


@contextmanager
def _held(cell: Cell, seen: int) -> Iterator[None]:
    """The préfecture's figures are written by one person, or one import, at a time."""
    with transaction.atomic():
        cell.prefecture.lock()
        if (version := cell.version) != seen:
            raise ConflictError(cell.find(), version)
        yield


def keep_beside(row: Measurement, former: measures.Measure | None) -> None:
    """Make a correction of a row, which keeps beside it what it was at first: its own figure, or the `former`
    sum of its months or services."""
    if row.origin == Origin.CORRECTED:
        return
    row.former_origin = Origin.COMPUTED if former else row.origin
    match former or row.measure:
        case measures.Printed() as printed:
            row.former_value, row.former_value_places = printed.amount, printed.places
        case measures.Count(number):
            row.former_numerator = number
        case measures.Rate(numerator, denominator) | measures.Mean(numerator, denominator):
            row.former_numerator, row.former_denominator = numerator, denominator
    row.origin, row.settled_on = Origin.CORRECTED, None


def _sum(cell: Cell) -> measures.Measure | None:
    figure = results.of_cell(cell.unit, cell.indicator, Period.year(cell.year)).figure
    return figure.measure if figure else None


def _save(row: Measurement, reason: str, by: Agent) -> Measurement:
    try:
        row.clean_fields()
        row.validate_constraints()
    except ValidationError as error:
        raise RefusedError(" ".join(error.messages)) from error
    sign(row, by, reason).save()
    return row
