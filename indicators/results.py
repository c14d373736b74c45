"""The results of a year: what each unit reached for each indicator, against which target, over which months.

Numerators and denominators are summed, rates never averaged, and what is held against a target is an exact
fraction. Nothing is stored. `of_year` costs six queries whatever the size of the préfecture.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import groupby

from django.db.models import F, Q, QuerySet
from django.utils.functional import cached_property

from indicators import sums
from indicators.models import Measurement, Note
from indicators.sums import Figure
from referentiel.measures import (
    NBSP,
    Count,
    Coverage,
    Printed,
    Target,
    Verdict,
    in_french,
    judge,
    rounded,
    with_unit,
)
from referentiel.models import Indicator, Perimeter
from referentiel.models import Target as TargetRow
from sites.models import Prefecture, Unit


class Absence(StrEnum):
    """Why there is no figure; each is said differently, none is a zero."""

    NOT_EXPECTED = "not_expected"
    AWAITED = "awaited"
    MISSING = "missing"
    NOT_MEASURABLE = "not_measurable"
    NOTHING_HAPPENED = "nothing_happened"

    @property
    def label(self) -> str:
        return ABSENCE_LABELS[self]


ABSENCE_LABELS = {
    Absence.NOT_EXPECTED: "non attendu",
    Absence.AWAITED: "attendu",
    Absence.MISSING: "non renseigné",
    Absence.NOT_MEASURABLE: "non mesurable",
    Absence.NOTHING_HAPPENED: "aucun cas",
}


@dataclass(frozen=True)
class Result:
    """One cell of the board. `printed_verdict` is a document's word where no target is known; `notes` are the
    numbers of its notes."""

    unit: Unit
    indicator: Indicator
    figure: Figure | None
    target: Target | None
    absence: Absence | None
    printed_verdict: Verdict | None = None
    previous: "Result | None" = None
    notes: tuple[int, ...] = ()

    @property
    def place(self) -> str:
        """The address of its page, from that of the board."""
        return f"{self.unit.pk}/{self.indicator.pk}/"

    @cached_property
    def verdict(self) -> Verdict:
        if self.value is not None and self.target is None and self.printed_verdict:
            return self.printed_verdict
        return judge(self.value, self.target)

    @property
    def verdict_label(self) -> str:
        return self.verdict.label

    @property
    def value(self) -> Fraction | None:
        return self.figure.value if self.figure else None

    @cached_property
    def shown(self) -> Decimal | None:
        """The value as it is written: printed decimals kept, counts whole, others with two decimals."""
        if self.figure is None or self.value is None:
            return None
        match self.figure.measure:
            case Printed(amount):
                return amount
            case Count(number):
                return Decimal(number)
        return rounded(self.value, 2, self.target)

    @cached_property
    def shown_label(self) -> str:
        """« 94,00 % », or why there is no figure."""
        if self.shown is None:
            return self.absence.label if self.absence else ""
        return with_unit(self.shown, self.indicator.unit)

    @property
    def base_label(self) -> str:
        """« 12 sur 13 » for a rate, « 13 cas » for a mean; empty for a count or an unknown base."""
        if self.figure is None or self.figure.base is None:
            return ""
        numerator, denominator = self.figure.base
        if self.indicator.is_mean:
            return f"{in_french(denominator)}{NBSP}cas"
        return f"{in_french(numerator)} sur {in_french(denominator)}"

    @property
    def reason(self) -> str:
        """Why it could not be measured."""
        return self.figure.reason if self.figure else ""

    @property
    def has_unknown_base(self) -> bool:
        return self.figure is not None and isinstance(self.figure.measure, Printed)

    @property
    def coverage(self) -> Coverage | None:
        return self.figure.coverage if self.figure else None

    @property
    def months_label(self) -> str:
        """The months counted where they are not the whole year."""
        return self.coverage.label if self.coverage and not self.coverage.is_whole_year else ""

    @property
    def target_label(self) -> str:
        """« ≥ 95 % »."""
        if self.target is None:
            return ""
        amount = Decimal(self.target.value.numerator) / Decimal(self.target.value.denominator)
        return f"{self.target.comparator}{NBSP}{with_unit(amount.normalize(), self.indicator.unit)}"

    @property
    def caution(self) -> str:
        """What to say beside the year before when it counts other months: the two are not alike."""
        previous = self.previous
        if previous is None or previous.value is None or self.value is None:
            return ""
        if previous.coverage is None or previous.coverage == self.coverage:
            return ""
        return f"autres mois\xa0: {previous.coverage.label}"


@dataclass(frozen=True)
class Line:
    """One indicator across the units; `notes` are the numbers of those on all of it."""

    indicator: Indicator
    results: list[Result]
    notes: tuple[int, ...] = ()


@dataclass(frozen=True)
class Band:
    """A theme of the board."""

    theme: str
    lines: list[Line]


@dataclass(frozen=True)
class NumberedNote:
    """A note, with the number that its cell, its column or the whole table carries."""

    number: int
    note: Note


@dataclass(frozen=True)
class Board:
    """A year of a préfecture, as its units' columns and its themes' bands."""

    prefecture: Prefecture
    year: int
    units: list[Unit]
    lines: list[Line]
    notes: list[NumberedNote] = field(default_factory=list)

    @cached_property
    def bands(self) -> list[Band]:
        by_theme = groupby(self.lines, key=lambda line: line.indicator.engagement.theme)
        return [Band(theme, list(lines)) for theme, lines in by_theme]

    @property
    def results(self) -> Iterable[Result]:
        return (result for line in self.lines for result in line.results)

    def notes_on(self, unit: Unit | None) -> list[int]:
        """The notes of a whole column, or with None those of the whole table."""
        return [n.number for n in self.notes if n.note.unit == unit and n.note.indicator_id is None]

    @cached_property
    def has_figures(self) -> bool:
        return any(result.value is not None for result in self.results)


@dataclass(frozen=True)
class Course:
    """An indicator over years that follow one another; a year without a figure is None. `places` are those of
    the units among all of the préfecture, whoever looks at them."""

    indicator: Indicator
    years: list[int]
    rows: list[tuple[Unit, list[Result | None]]]
    places: dict[int, int]


def years(prefecture: Prefecture) -> list[int]:
    """Years that have figures, the latest first."""
    starts = Measurement.objects.filter(prefecture=prefecture).dates("period_start", "year", order="DESC")
    return [start.year for start in starts]


def of_year(prefecture: Prefecture, year: int, *, units: QuerySet[Unit] | None = None) -> Board:
    """The board of a year for the given units (by default every unit of the préfecture)."""
    columns = list(prefecture.units.all() if units is None else units)
    own = {unit.pk for unit in columns}
    figures = sums.of_rows(Measurement.objects.of_years(prefecture, year - 1, year))
    measured = {indicator for _, unit, indicator in figures if unit in own}
    indicators = Indicator.objects.filter(
        Q(pk__in=measured) | Q(pk__in=Indicator.objects.followed_by(prefecture, year))
    )
    notes = _notes(prefecture, year, columns)
    known = _Known(prefecture, year, figures, notes)
    lines = [
        Line(one, [known.result(unit, one) for unit in columns], known.notes_on(None, one))
        for one in in_order(indicators)
    ]
    expected = [line for line in lines if any(r.absence != Absence.NOT_EXPECTED for r in line.results)]
    return Board(prefecture, year, columns, expected, notes)


def of_cell(unit: Unit, indicator: Indicator, year: int) -> Result:
    """One result, with that of the year before."""
    rows = Measurement.objects.of_years(unit.prefecture, year - 1, year)
    figures = sums.of_rows(rows.filter(unit=unit, indicator=indicator))
    return _Known(unit.prefecture, year, figures, []).result(unit, indicator)


def over_years(
    prefecture: Prefecture, units: QuerySet[Unit], *, indicator: Indicator | None = None
) -> list[Course]:
    """The course of every indicator that has figures of these units, or of one, from the first year that has
    some to the last."""
    every = list(prefecture.units.values_list("pk", flat=True))
    columns = list(units)
    own = {unit.pk for unit in columns}
    rows = Measurement.objects.filter(prefecture=prefecture)
    known = {
        cell: figure
        for cell, figure in sums.of_rows(rows.filter(indicator=indicator) if indicator else rows).items()
        if cell[1] in own
    }
    if not known:
        return []
    numbers = [year for year, _, _ in known]
    span = list(range(min(numbers), max(numbers) + 1))
    targets = _targets(prefecture, span)
    measured = Indicator.objects.filter(pk__in={of for _, _, of in known})

    def result(unit: Unit, of: Indicator, year: int, previous: Result | None) -> Result | None:
        figure = known.get((year, unit.pk, of.pk))
        if figure is None:
            return None
        target = _target(figure, targets.get((year, of.pk)))
        absence = _absence(figure, is_expected=True, is_over=True)
        return Result(unit, of, figure, target, absence, _printed_verdict(figure), previous)

    courses = []
    for of in in_order(measured):
        lines: list[tuple[Unit, list[Result | None]]] = []
        for unit in columns:
            cells: list[Result | None] = []
            for year in span:
                cells.append(result(unit, of, year, cells[-1] if cells else None))
            lines.append((unit, cells))
        courses.append(Course(of, span, lines, {pk: place for place, pk in enumerate(every)}))
    return courses


def in_order(indicators: QuerySet[Indicator]) -> QuerySet[Indicator]:
    """As boards list them: the référentiels by their date, their indicators in their order."""
    return indicators.select_related("engagement").order_by(
        F("engagement__referentiel__published_on").asc(nulls_last=True), "position", "pk"
    )


class _Known:
    """What there is to know of a year and of the one before, to tell the result of a cell."""

    def __init__(
        self, prefecture: Prefecture, year: int, figures: dict[sums.Cell, Figure], notes: list[NumberedNote]
    ) -> None:
        self._year = year
        self._figures = figures
        self._targets = _targets(prefecture, [year - 1, year])
        self._expected = Perimeter.objects.expected(prefecture, year)
        self._is_over = prefecture.today() > datetime.date(year, 12, 31)
        self._notes: dict[tuple[int | None, int | None], list[int]] = defaultdict(list)
        for numbered in notes:
            self._notes[numbered.note.unit_id, numbered.note.indicator_id].append(numbered.number)

    def result(self, unit: Unit, indicator: Indicator) -> Result:
        before = self._result(unit, indicator, self._year - 1)
        return self._result(unit, indicator, self._year, before, self.notes_on(unit, indicator))

    def notes_on(self, unit: Unit | None, indicator: Indicator) -> tuple[int, ...]:
        return tuple(self._notes.get((unit.pk if unit else None, indicator.pk), ()))

    def _result(
        self,
        unit: Unit,
        indicator: Indicator,
        of: int,
        previous: Result | None = None,
        notes: tuple[int, ...] = (),
    ) -> Result:
        figure = self._figures.get((of, unit.pk, indicator.pk))
        is_expected = (unit.pk, indicator.engagement.module_id) in self._expected
        return Result(
            unit,
            indicator,
            figure,
            _target(figure, self._targets.get((of, indicator.pk))),
            _absence(figure, is_expected=is_expected, is_over=self._is_over or of < self._year),
            _printed_verdict(figure),
            previous,
            notes,
        )


def _notes(prefecture: Prefecture, year: int, units: list[Unit]) -> list[NumberedNote]:
    notes = Note.objects.filter(Q(unit=None) | Q(unit__in=units), prefecture=prefecture, year=year)
    return [
        NumberedNote(number, note)
        for number, note in enumerate(notes.select_related("unit", "indicator"), start=1)
    ]


def target_in_force(prefecture: Prefecture, indicator: Indicator, year: int) -> TargetRow | None:
    """The target that judges the figures of a year, but those that have one printed beside them."""
    rows = TargetRow.objects.in_force_on_any(prefecture, [datetime.date(year, 12, 31)])
    return rows.filter(indicator=indicator).select_related("prefecture").last()


def _targets(prefecture: Prefecture, years: list[int]) -> dict[tuple[int, int], Target]:
    """(year, indicator) → the target in force on the last day of the year."""
    ends = {of: datetime.date(of, 12, 31) for of in years}
    rows = TargetRow.objects.in_force_on_any(prefecture, ends.values())
    return {
        (of, row.indicator_id): row.measure
        for of, end in ends.items()
        for row in rows
        if row.is_in_force(end)
    }


def _target(figure: Figure | None, in_force: Target | None) -> Target | None:
    """A figure taken from a document is judged by the target printed beside it there."""
    return figure.printed_target or in_force if figure else in_force


def _printed_verdict(figure: Figure | None) -> Verdict | None:
    if figure is None or figure.printed_met is None:
        return None
    return Verdict.MET if figure.printed_met else Verdict.MISSED


def _absence(figure: Figure | None, *, is_expected: bool, is_over: bool) -> Absence | None:
    if figure is None:
        if not is_expected:
            return Absence.NOT_EXPECTED
        return Absence.MISSING if is_over else Absence.AWAITED
    if figure.measure is None:
        return Absence.NOT_MEASURABLE
    return Absence.NOTHING_HAPPENED if figure.value is None else None
