"""What the figures of a unit, an indicator and a year amount to: summed by the database, in whole numbers.

One query, whose answer grows with the cells of a board and not with the months and the services behind them.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, reduce
from operator import or_
from typing import Any, TypeAlias

from django.db import models
from django.db.models import Case, ExpressionWrapper, F, Max, Min, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Cast, ExtractYear
from django.utils.functional import cached_property

from indicators.models import Measurement, measure, target
from referentiel.measures import Coverage, Mean, Measure, Rate, Target

# The year, the unit and the indicator of a figure.
Cell: TypeAlias = tuple[int, int, int]


@dataclass(frozen=True)
class Figure:
    """What the rows of a cell amount to. What a document prints beside its figure is that of a single row: a
    sum has none of it."""

    measure: Measure | None
    coverage: Coverage
    reason: str = ""
    printed_text: str = ""
    printed_target: Target | None = None
    printed_met: bool | None = None

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


class Months(models.Aggregate):
    """The months that any of the rows counts, as the bits 1 to 12 of a number."""

    output_field = models.IntegerField()

    def as_postgresql(self, compiler: Any, connection: Any, **extra_context: Any) -> Any:
        first, last = self._columns(compiler)
        return f"BIT_OR((2 << {last}) - (1 << {first}))", []

    def as_sqlite(self, compiler: Any, connection: Any, **extra_context: Any) -> Any:
        first, last = self._columns(compiler)
        bits = (f"MAX(({first} <= {month} AND {last} >= {month}) << {month})" for month in range(1, 13))
        return f"({' + '.join(bits)})", []

    def _columns(self, compiler: Any) -> list[str]:
        return [compiler.compile(column)[0] for column in self.get_source_expressions()[:2]]


# The rows of a cell are put together where they say the same kind of thing: those of the unit or those of its
# services, yearly or monthly, known or, each reason for itself, without a figure.
IS_KNOWN = Q(numerator__isnull=False) | Q(value__isnull=False)
WHOSE = ("unit_id", "indicator_id", "period")
KIND = {
    "year": ExtractYear("period_start"),
    "is_own": ExpressionWrapper(Q(service=None), models.BooleanField()),
    "why": Case(When(IS_KNOWN, then=Value("")), default=F("reason"), output_field=models.TextField()),
}
# Of a single row, the greatest value is its own.
AMOUNT = {
    "since": Min("period_start"),
    "times": models.Count("*"),
    "months": Months("first_month", "last_month"),
    "form": Max("shape"),
    "total": Sum("numerator"),
    "base": Sum("denominator"),
    "amount": Max("value"),
    "places": Max("value_places"),
    "text": Max("printed_text"),
    "comparator": Max("target_comparator"),
    "wanted": Max("target_value"),
    "met": Max(Cast("printed_met", models.IntegerField())),
}


def of_rows(rows: QuerySet[Measurement]) -> dict[Cell, Figure]:
    """The figure of each cell. A unit's own rows win over its services', a yearly row over months: one or the
    other is the result, never the sum of both."""
    grouped = rows.order_by().values(*WHOSE, **KIND).annotate(**AMOUNT)
    cells: dict[Cell, list[Any]] = defaultdict(list)
    for group in grouped.values_list(*WHOSE, *KIND, *AMOUNT, named=True):
        cells[group.year, group.unit_id, group.indicator_id].append(group)
    return {key: _figure(cell if len(cell) == 1 else _winners(cell)) for key, cell in cells.items()}


def _winners(groups: list[Any]) -> list[Any]:
    """The groups of a cell that are its result, the first reason first."""
    groups = [group for group in groups if group.is_own] or groups
    groups = [group for group in groups if group.period == Measurement.Period.YEAR] or groups
    return sorted(groups, key=lambda group: (group.since, group.why))


def _figure(groups: Sequence[Any]) -> Figure:
    known = next((group for group in groups if not group.why), None)
    if known is None:
        months = reduce(or_, (group.months for group in groups))
        return Figure(
            None, _coverage(months), "\xa0; ".join(group.why for group in groups), **_beside(groups)
        )
    if known.amount is not None and known.times > 1:
        return Figure(None, _coverage(known.months), "Des chiffres sans base connue ne s'additionnent pas.")
    total = None if known.total is None else int(known.total)  # SUM gives decimals
    summed = measure(known.form, total, int(known.base or 0), known.amount, known.places)
    return Figure(summed, _coverage(known.months), **_beside(groups))


def _beside(groups: Sequence[Any]) -> dict[str, Any]:
    """What the document prints beside a figure that one row alone gives."""
    only = groups[0]
    if len(groups) > 1 or only.times > 1:
        return {}
    return {
        "printed_text": only.text,
        "printed_target": target(only.comparator, only.wanted),
        "printed_met": None if only.met is None else bool(only.met),
    }


@cache
def _coverage(bits: int) -> Coverage:
    return Coverage(frozenset(month for month in range(1, 13) if bits >> month & 1))
