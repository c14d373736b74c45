"""What the figures of a unit, an indicator and a period amount to: summed by the database, in whole numbers.

Ordinary monthly figures come back as one row a cell, however many months and services stand behind it. Rows
that say something of their own are read one by one: a year's, a month not measured, one under reserve or
replaced.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any, TypeAlias

from django.db import connection
from django.db.models import F, Q, QuerySet
from django.db.models.functions import ExtractYear
from django.utils.functional import cached_property

from indicators.models import Measurement, measure
from indicators.periods import Period
from referentiel.measures import Coverage, Mean, Measure, Rate, Target
from referentiel.models import Indicator
from sites.models import Unit

# The unit and the indicator of a figure.
Cell: TypeAlias = tuple[int, int]

IS_EXCEPTIONAL = Q(period="year") | Q(numerator=None) | ~Q(reserve="") | ~Q(doubt="")
COUNTED = ("unit_id", "indicator_id", "first_month", "numerator", "denominator")

# A period, then the same months of the year before: those that the period itself counts, or all of them where
# it counts none. What stands in the brackets is the statement of the rows that count. A month of two services
# is one month: hence DISTINCT.
PAIRS = """
    WITH counted (unit, indicator, month, numerator, denominator, start) AS NOT MATERIALIZED ({rows}),
    own AS (
        SELECT unit, indicator, SUM(numerator) AS numerator, SUM(denominator) AS denominator,
            SUM(DISTINCT 1 << month) AS months
        FROM counted WHERE start >= %s GROUP BY unit, indicator
    )
    SELECT 0, unit, indicator, numerator, denominator, months FROM own
    UNION ALL
    SELECT 1, unit, indicator, SUM(counted.numerator), SUM(counted.denominator), SUM(DISTINCT 1 << month)
    FROM counted LEFT JOIN own USING (unit, indicator)
    WHERE start < %s AND COALESCE(own.months >> month & 1, 1) = 1
    GROUP BY unit, indicator
"""
YEARS = """
    WITH counted (unit, indicator, month, numerator, denominator, year) AS ({rows})
    SELECT year, unit, indicator, SUM(numerator), SUM(denominator), SUM(DISTINCT 1 << month)
    FROM counted GROUP BY year, unit, indicator
"""


@dataclass(frozen=True)
class Figure:
    """What the rows of a cell amount to. What a document prints beside its figure is that of a yearly row; a
    sum has none of it. `reserves` are the months under reserve: not counted, unless they are replaced."""

    measure: Measure | None
    coverage: Coverage
    reason: str = ""
    printed_text: str = ""
    printed_target: Target | None = None
    printed_met: bool | None = None
    reserves: tuple[Measurement, ...] = ()

    @cached_property
    def value(self) -> Fraction | None:
        return self.measure.value if self.measure else None

    @property
    def base(self) -> tuple[int, int] | None:
        """(numerator, denominator) of a rate or a mean; None for a count or an unknown base."""
        match self.measure:
            case Rate(numerator, denominator) | Mean(numerator, denominator):
                return numerator, denominator
        return None


# A numerator, a denominator, and the months that they count, as the bits 1 to 12 of a number.
Sum: TypeAlias = tuple[int, int | None, int]


class Figures:
    """The figures of some cells in some periods, which are told by their first month."""

    def __init__(
        self, sums: dict[datetime.date, dict[Cell, Sum]], exceptions: Iterable[Measurement], length: int
    ) -> None:
        self._sums = sums
        self._length = length
        self._exceptions: dict[Cell, list[Measurement]] = defaultdict(list)
        for row in exceptions:
            self._exceptions[row.unit_id, row.indicator_id].append(row)

    @classmethod
    def of_pair(cls, rows: QuerySet[Measurement], period: Period) -> "Figures":
        """Of a period, and of the same months of the year before. Two queries."""
        sums: dict[datetime.date, dict[Cell, Sum]] = defaultdict(dict)
        firsts = period.first, period.before.first
        for place, unit, indicator, *numbers in _asked(PAIRS, rows, F("period_start"), [period.first] * 2):
            sums[firsts[place]][unit, indicator] = _sum(*numbers)
        return cls(sums, _exceptions(rows), period.length)

    @classmethod
    def of_years(cls, rows: QuerySet[Measurement]) -> "Figures":
        """Of every year of the rows. Two queries."""
        sums: dict[datetime.date, dict[Cell, Sum]] = defaultdict(dict)
        for year, unit, indicator, *numbers in _asked(YEARS, rows, ExtractYear("period_start"), []):
            sums[datetime.date(int(year), 1, 1)][unit, indicator] = _sum(*numbers)
        return cls(sums, _exceptions(rows), 12)

    @cached_property
    def cells(self) -> set[Cell]:
        """Those that have a figure, or a reason for having none, in one of the periods."""
        return {cell for sums in self._sums.values() for cell in sums} | self._exceptions.keys()

    @cached_property
    def years(self) -> set[int]:
        """Those of which one of the cells says something."""
        own = {row.period_start.year for rows in self._exceptions.values() for row in rows}
        return own | {first.year for first, sums in self._sums.items() if sums}

    def of(self, unit: Unit, indicator: Indicator, first: datetime.date) -> Figure | None:
        """What a cell amounts to in the period that begins with that month."""
        cell = unit.pk, indicator.pk
        total = self._sums.get(first, {}).get(cell)
        if cell not in self._exceptions:
            return _figure(total, indicator) if total else None
        period = Period(first, self._length)
        rows = [row for row in self._exceptions[cell] if row.period_start in period]
        if period.is_year:
            for row in rows:
                if row.period == Measurement.Period.YEAR:
                    return _printed(row)
        months = [row for row in rows if row.period == Measurement.Period.MONTH]
        reserves = tuple(row for row in months if row.reserve or row.doubt)
        if total:
            return _figure(total, indicator, reserves)
        lacking = [row for row in months if not row.doubt]  # one that is replaced counts, in other months
        if not lacking:
            return None
        counted = Coverage(frozenset(row.first_month for row in lacking))
        reasons = dict.fromkeys(row.reason for row in lacking if row.reason and not row.reserve)
        return Figure(None, counted, "\xa0; ".join(reasons), reserves=reserves)


def _asked(
    statement: str, rows: QuerySet[Measurement], when: Any, parameters: list[datetime.date]
) -> list[tuple[Any, ...]]:
    """The answer to a statement on the ordinary rows, each with what `when` tells of its month."""
    ordinary = rows.filter(period="month", numerator__isnull=False, reserve="").order_by()
    inner, own = ordinary.annotate(told=when).values_list(*COUNTED, "told").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(statement.format(rows=inner), [*own, *parameters])
        return cursor.fetchall()


def _exceptions(rows: QuerySet[Measurement]) -> QuerySet[Measurement]:
    return rows.filter(IS_EXCEPTIONAL).select_related("service").order_by("period_start", "pk")


def _sum(numerator: Any, denominator: Any, months: Any) -> Sum:
    """SUM gives decimals."""
    return int(numerator), None if denominator is None else int(denominator), int(months)


def _figure(total: Sum, indicator: Indicator, reserves: tuple[Measurement, ...] = ()) -> Figure:
    numerator, denominator, months = total
    measured = measure(Measurement.Shape.of(indicator), numerator, denominator, None, 0)
    return Figure(measured, _coverage(months, indicator.every), reserves=reserves)


def _printed(row: Measurement) -> Figure:
    """A year's row, with what its document prints beside the figure."""
    return Figure(
        row.measure,
        row.coverage,
        "" if row.measure else row.reason,
        row.printed_text,
        row.printed_target,
        row.printed_met,
    )


@cache
def _coverage(bits: int, every: int) -> Coverage:
    """The months of a number's bits; a figure of a quarter counts the three that end with its own."""
    last = (month for month in range(1, 13) if bits >> month & 1)
    return Coverage(frozenset(month - before for month in last for before in range(min(every, month))))
