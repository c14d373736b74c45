"""The results of a period: what each unit reached for each indicator, against which target, in which months.

Numerators and denominators are summed, rates never averaged, and what is held against a target is an exact
fraction. What is suspended or under reserve stays out. Nothing is stored. `of_period` costs six queries
whatever the size of the préfecture.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import groupby
from typing import Any

from django.db.models import Exists, F, FilteredRelation, Max, OuterRef, Q, QuerySet
from django.utils.functional import cached_property

from indicators import expected, history, periods, suspensions
from indicators.models import Measurement, MonthlyReturn, Note, Suspension
from indicators.periods import Period, shifted
from indicators.sums import Figure, Figures
from referentiel.measures import (
    NBSP,
    WHOLE_YEAR,
    Comparator,
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
from referentiel.models import Indicator, followed_between
from referentiel.models import Target as TargetRow
from sites.models import Prefecture, Unit


class Absence(StrEnum):
    """Why there is no figure; each is said differently, none is a zero."""

    NOT_EXPECTED = "not_expected"
    SUSPENDED = "suspended"
    AWAITED = "awaited"
    MISSING = "missing"
    NOT_MEASURABLE = "not_measurable"
    UNDER_RESERVE = "under_reserve"
    NOTHING_HAPPENED = "nothing_happened"

    @property
    def label(self) -> str:
        return ABSENCE_LABELS[self]


ABSENCE_LABELS = {
    Absence.NOT_EXPECTED: "non attendu",
    Absence.SUSPENDED: "suivi suspendu",
    Absence.AWAITED: "attendu",
    Absence.MISSING: "non renseigné",
    Absence.NOT_MEASURABLE: "non mesurable",
    Absence.UNDER_RESERVE: "sous réserve",
    Absence.NOTHING_HAPPENED: "aucun cas",
}


@dataclass(frozen=True)
class Result:
    """One cell of the board. `printed_verdict` is a document's word where no target is known; `notes` are the
    numbers of its notes; `whole` are all the months of its period."""

    unit: Unit
    indicator: Indicator
    figure: Figure | None
    target: Target | None
    absence: Absence | None
    printed_verdict: Verdict | None = None
    previous: "Result | None" = None
    notes: tuple[int, ...] = ()
    whole: Coverage = WHOLE_YEAR

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
        """The months counted where they are not all those of the period."""
        return self.coverage.label if self.coverage and self.coverage != self.whole else ""

    @property
    def target_label(self) -> str:
        """« ≥ 95 % »."""
        if self.target is None:
            return ""
        amount = Decimal(self.target.value.numerator) / Decimal(self.target.value.denominator)
        return f"{self.target.comparator}{NBSP}{with_unit(amount.normalize(), self.indicator.unit)}"

    @property
    def caution(self) -> str:
        """Why it is not compared with the year before: that one counts other months."""
        previous = self.previous
        if previous is None or previous.value is None or self.value is None:
            return ""
        if previous.coverage is None or previous.coverage == self.coverage:
            return ""
        return f"non comparable\xa0: autres mois ({previous.coverage.label})"


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
class Footnote:
    """What is printed under a table, with the number that its cell, its column or the whole table carries:
    somebody's note, a suspension, a figure under reserve."""

    number: int
    text: str
    unit: Unit | None = None
    indicator: Indicator | None = None


@dataclass(frozen=True)
class Score:
    """How many results of a unit reach their target, of those that have one; and in the same month of the
    year before, of those that the two years have in common."""

    unit: Unit
    met: int
    judged: int
    met_before: int
    judged_before: int


@dataclass(frozen=True)
class Board:
    """A period of a préfecture, as its units' columns and its themes' bands. `open_months` are the months of
    its services, by the key of the service, that are not closed."""

    prefecture: Prefecture
    period: Period
    units: list[Unit]
    lines: list[Line]
    notes: list[Footnote] = field(default_factory=list)
    open_months: set[tuple[int, datetime.date]] = field(default_factory=set)

    @cached_property
    def bands(self) -> list[Band]:
        by_theme = groupby(self.lines, key=lambda line: line.indicator.engagement.theme)
        return [Band(theme, list(lines)) for theme, lines in by_theme]

    @property
    def results(self) -> Iterable[Result]:
        return (result for line in self.lines for result in line.results)

    @property
    def by_unit(self) -> Iterator[Result]:
        """The results column by column."""
        for place in range(len(self.units)):
            for line in self.lines:
                yield line.results[place]

    @property
    def scores(self) -> list[Score]:
        """Of each unit that has a result to judge."""
        found = []
        for unit, own in groupby(self.by_unit, key=lambda result: result.unit):
            judged = [one for one in own if one.verdict.is_judged]
            before = [one.previous.verdict for one in judged if one.previous and not one.caution]
            known = [verdict for verdict in before if verdict.is_judged]
            met = sum(one.verdict == Verdict.MET for one in judged)
            if judged:
                found.append(Score(unit, met, len(judged), known.count(Verdict.MET), len(known)))
        return found

    def notes_on(self, unit: Unit | None) -> list[int]:
        """The notes of a whole column, or with None those of the whole table."""
        return [note.number for note in self.notes if note.unit == unit and note.indicator is None]

    @cached_property
    def awaited(self) -> int:
        """How many months of services are over and not closed."""
        today = self.prefecture.today()
        return sum(periods.last_day(month) < today for _, month in self.open_months)

    @property
    def is_provisional(self) -> bool:
        """Whether its figures may still change by themselves: it is not over, or a month is not closed."""
        return self.period.end >= self.prefecture.today() or bool(self.open_months)

    @cached_property
    def has_figures(self) -> bool:
        return any(result.value is not None for result in self.results)

    @cached_property
    def is_suspended(self) -> bool:
        """Whether all that would be owed is suspended: nothing is lacking, and nothing will come."""
        why = {result.absence for result in self.results}
        return why - {Absence.NOT_EXPECTED} == {Absence.SUSPENDED}


@dataclass(frozen=True)
class Course:
    """An indicator over years that follow one another; a year without a figure is None, unless all that was
    owed of it was suspended. `places` are those of the units among all of the préfecture, whoever looks at
    them."""

    indicator: Indicator
    years: list[int]
    rows: list[tuple[Unit, list[Result | None]]]
    places: dict[int, int]


def years(prefecture: Prefecture) -> list[int]:
    """Years that have figures, the latest first."""
    starts = Measurement.objects.filter(prefecture=prefecture).dates("period_start", "year", order="DESC")
    return [start.year for start in starts]


def last_month(prefecture: Prefecture) -> datetime.date | None:
    """The latest month of which some service has said something."""
    rows = Measurement.objects.filter(prefecture=prefecture, period=Measurement.Period.MONTH)
    found: datetime.date | None = rows.aggregate(last=Max("period_start"))["last"]
    return found


def of_year(prefecture: Prefecture, year: int, *, units: QuerySet[Unit] | None = None) -> Board:
    """The board of a year for the given units (by default every unit of the préfecture)."""
    return of_period(prefecture, Period.year(year), units=units)


def of_period(
    prefecture: Prefecture,
    period: Period,
    *,
    units: QuerySet[Unit] | None = None,
    is_validated: bool = False,
) -> Board:
    """The board of a period, each result beside that of the same months of the year before; if asked, of the
    months alone that the quality manager has validated or closed."""
    columns, charges = expected.of_units(prefecture.units.all() if units is None else units, period)
    held = suspensions.over(prefecture, period.before.first, period.last)
    rows = _counted(prefecture, period, held)
    figures = Figures.of_pair(_validated(rows, period) if is_validated else rows, period)
    own = {unit.pk for unit in columns}
    measured = {indicator for unit, indicator in figures.cells if unit in own}
    indicators = Indicator.objects.filter(
        Q(pk__in=measured) | followed_between(prefecture, period.first, period.end)
    )
    aims = _Aims(prefecture, indicators)
    notes = _Notes(period, held, _written(prefecture, period, columns))
    owing = expected.Expected(charges, held)
    known = _Known(prefecture, period, figures, aims, owing, notes)
    lines = [
        Line(one, [known.result(unit, one) for unit in columns], notes.on(None, one))
        for one in aims.indicators
    ]
    owed = [line for line in lines if any(r.absence != Absence.NOT_EXPECTED for r in line.results)]
    still_open = owing.open_months(aims.indicators, period)
    return Board(prefecture, period, columns, owed, notes.footnotes, still_open)


def of_cell(unit: Unit, indicator: Indicator, period: Period) -> Result:
    """One result, with that of the same months of the year before."""
    prefecture = unit.prefecture
    _, charges = expected.of_units(Unit.objects.filter(pk=unit.pk), period)
    held = suspensions.over(prefecture, period.before.first, period.last)
    rows = _counted(prefecture, period, held).filter(unit=unit, indicator=indicator)
    aims = _Aims(prefecture, Indicator.objects.filter(pk=indicator.pk))
    figures = Figures.of_pair(rows, period)
    owed = expected.Expected(charges, held)
    return _Known(prefecture, period, figures, aims, owed, _Notes(period, held, [])).result(unit, indicator)


def _counted(prefecture: Prefecture, period: Period, held: list[Suspension]) -> QuerySet[Measurement]:
    """The rows of a period and of the same months of the year before that make their results. Those of a year
    are of years alone."""
    rows = Measurement.objects.filter(prefecture=prefecture)
    months = Q(period_start__range=(period.before.first, period.last))
    if period.length < 12:
        between = period.before.next.first, shifted(period.first, -1)
        months &= ~Q(period_start__range=between)
    rows = rows.filter(months) if period.is_year else rows.filter(months, period="month")
    return suspensions.without(rows, held)


def _validated(rows: QuerySet[Measurement], period: Period) -> QuerySet[Measurement]:
    """Those of the period alone whose month the quality manager has validated or closed."""
    found = MonthlyReturn.objects.filter(
        service=OuterRef("service"),
        month=OuterRef("period_start"),
        state__in=[MonthlyReturn.State.VALIDATED, MonthlyReturn.State.CLOSED],
    )
    return rows.filter(Q(period_start__lt=period.first) | Exists(found))


def over_years(
    prefecture: Prefecture, units: QuerySet[Unit], *, indicator: Indicator | None = None
) -> list[Course]:
    """The course of every indicator that has figures of these units, or of one, from the first year that has
    some to the last."""
    every = list(prefecture.units.values_list("pk", flat=True))
    columns, charges = expected.of_units(units, Period.year(prefecture.today().year))
    own = {unit.pk for unit in columns}
    rows = Measurement.objects.filter(prefecture=prefecture)
    if indicator:
        rows = rows.filter(indicator=indicator)
    held = suspensions.over(prefecture, datetime.date.min, datetime.date.max)
    figures = Figures.of_years(suspensions.without(rows, held))
    measured = {of for unit, of in figures.cells if unit in own}
    if not measured:
        return []
    span = list(range(min(figures.years), max(figures.years) + 1))
    aims = _Aims(prefecture, Indicator.objects.filter(pk__in=measured))
    owed = expected.Expected(charges, held)

    def result(unit: Unit, of: Indicator, year: int, previous: Result | None) -> Result | None:
        figure = figures.of(unit, of, datetime.date(year, 1, 1))
        if figure is None:
            is_suspended = held and owed.months(unit, of, Period.year(year)) == ([], True)
            return Result(unit, of, None, None, Absence.SUSPENDED) if is_suspended else None
        target = _target(figure, aims.target(of, datetime.date(year, 12, 31)))
        return Result(unit, of, figure, target, _absence(figure), _printed_verdict(figure), previous)

    courses = []
    for of in aims.indicators:
        lines: list[tuple[Unit, list[Result | None]]] = []
        for unit in columns:
            cells: list[Result | None] = []
            for year in span:
                cells.append(result(unit, of, year, cells[-1] if cells else None))
            lines.append((unit, cells))
        courses.append(Course(of, span, lines, {pk: place for place, pk in enumerate(every)}))
    return courses


class _Aims:
    """Indicators, in the order of boards, and what they must reach. One query."""

    def __init__(self, prefecture: Prefecture, indicators: QuerySet[Indicator]) -> None:
        theirs = Q(targets__prefecture=None) | Q(targets__prefecture=prefecture)
        rows = expected.in_order(
            indicators.annotate(aim=FilteredRelation("targets", condition=theirs))
        ).annotate(
            comparator=F("aim__comparator"),
            wanted=F("aim__value"),
            since=F("aim__starts_on"),
            until=F("aim__ends_on"),
        )
        later_wins = F("aim__prefecture").asc(nulls_first=True), F("aim__starts_on").asc(nulls_first=True)
        self.indicators: list[Indicator] = []
        self._rows: dict[int, list[Any]] = defaultdict(list)
        for row in rows.order_by(*rows.query.order_by, *later_wins):
            if row.pk not in self._rows:
                self.indicators.append(row)
            self._rows[row.pk].append(row)

    def target(self, indicator: Indicator, on: datetime.date) -> Target | None:
        """The one in force on a day: the préfecture's own wins, then the latest."""
        for row in reversed(self._rows[indicator.pk]):
            if row.comparator and (row.since or on) <= on <= (row.until or on):
                return Target(Comparator(row.comparator), Fraction(row.wanted))
        return None


class _Notes:
    """What is printed under a table, numbered as it is found."""

    def __init__(self, period: Period, held: Iterable[Suspension], written: Iterable[Note]) -> None:
        self.footnotes: list[Footnote] = []
        self._numbers: dict[tuple[int | None, int | None], list[int]] = defaultdict(list)
        for note in written:
            self._add(note.text, note.unit, note.indicator)
        for suspension in held:
            if suspension.first_month <= period.last and period.first <= (
                suspension.last_month or period.first
            ):
                self._add(suspension.sentence, suspension.column, suspension.indicator)

    def on(self, unit: Unit | None, indicator: Indicator) -> tuple[int, ...]:
        return tuple(self._numbers.get((unit.pk if unit else None, indicator.pk), ()))

    def add_reserves(self, unit: Unit, indicator: Indicator, rows: Iterable[Measurement]) -> None:
        for row in rows:
            month = periods.in_words(row.period_start)
            service = row.service.short_name if row.service else ""
            figure = f"\xa0: {history.in_words(row.measure, indicator.unit)}" if row.doubt else ""
            self._add(f"{service}, {month}{figure}, {history.beside(row, indicator.unit)}", unit, indicator)

    def _add(self, text: str, unit: Unit | None, indicator: Indicator | None) -> None:
        note = Footnote(len(self.footnotes) + 1, text, unit, indicator)
        self.footnotes.append(note)
        self._numbers[unit.pk if unit else None, indicator.pk if indicator else None].append(note.number)


def _written(prefecture: Prefecture, period: Period, units: list[Unit]) -> Iterable[Note]:
    """The notes that people wrote: they are a year's."""
    if not period.is_year:
        return []
    notes = Note.objects.filter(Q(unit=None) | Q(unit__in=units), prefecture=prefecture)
    return notes.filter(year=period.first.year).select_related("unit", "indicator")


class _Known:
    """What there is to know of a period and of the same months the year before, to tell a cell's result."""

    def __init__(
        self,
        prefecture: Prefecture,
        period: Period,
        figures: Figures,
        aims: _Aims,
        owed: expected.Expected,
        notes: _Notes,
    ) -> None:
        self._period = period
        self._before = period.before
        self._whole = period.coverage
        self._figures = figures
        self._targets = {
            (one.pk, of.first): aims.target(one, of.end)
            for one in aims.indicators
            for of in (self._period, self._before)
        }
        self._owed = owed
        self._notes = notes
        self._today = prefecture.today()

    def result(self, unit: Unit, indicator: Indicator) -> Result:
        figure = self._figures.of(unit, indicator, self._period.first)
        if figure and figure.reserves:
            self._notes.add_reserves(unit, indicator, figure.reserves)
        return Result(
            unit,
            indicator,
            figure,
            _target(figure, self._targets[indicator.pk, self._period.first]),
            _absence(figure) if figure else self._lack(unit, indicator, self._period),
            _printed_verdict(figure),
            self._previous(unit, indicator),
            self._notes.on(unit, indicator),
            self._whole,
        )

    def _previous(self, unit: Unit, indicator: Indicator) -> Result:
        figure = self._figures.of(unit, indicator, self._before.first)
        target = _target(figure, self._targets[indicator.pk, self._before.first])
        absence = _absence(figure) if figure else self._lack(unit, indicator, self._before)
        return Result(unit, indicator, figure, target, absence, _printed_verdict(figure), whole=self._whole)

    def _lack(self, unit: Unit, indicator: Indicator, period: Period) -> Absence:
        """Why a cell says nothing."""
        months, is_owed = self._owed.months(unit, indicator, period)
        if not months:
            return Absence.SUSPENDED if is_owed else Absence.NOT_EXPECTED
        return Absence.MISSING if self._today > period.end else Absence.AWAITED


def target_in_force(prefecture: Prefecture, indicator: Indicator, year: int) -> TargetRow | None:
    """The target that judges the figures of a year, but those that have one printed beside them."""
    rows = TargetRow.objects.in_force_on_any(prefecture, [datetime.date(year, 12, 31)])
    return rows.filter(indicator=indicator).select_related("prefecture").last()


def _target(figure: Figure | None, in_force: Target | None) -> Target | None:
    """A figure taken from a document is judged by the target printed beside it there."""
    return figure.printed_target or in_force if figure else in_force


def _printed_verdict(figure: Figure | None) -> Verdict | None:
    if figure is None or figure.printed_met is None:
        return None
    return Verdict.MET if figure.printed_met else Verdict.MISSED


def _absence(figure: Figure) -> Absence | None:
    """Why a figure is no value, though somebody said something of it."""
    if figure.measure is None:
        return Absence.UNDER_RESERVE if figure.reserves and not figure.reason else Absence.NOT_MEASURABLE
    return Absence.NOTHING_HAPPENED if figure.value is None else None
