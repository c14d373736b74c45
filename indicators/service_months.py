"""One month of a préfecture, service by service: its figures in short, what it lacks, who sent it."""

import datetime
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from indicators import completeness, history
from indicators.completeness import Cell
from indicators.models import Measurement
from referentiel.models import Indicator
from sites.models import Prefecture, Service


@dataclass(frozen=True)
class Figure:
    indicator: Indicator
    words: str
    comment: str
    beside: str


@dataclass(frozen=True)
class ServiceMonth:
    """A cell of the board of completeness, opened."""

    cell: Cell
    figures: list[Figure]

    @property
    def service(self) -> Service:
        return self.cell.service

    @property
    def lacking(self) -> list[Indicator]:
        """What is owed and was not entered."""
        given = {figure.indicator.pk for figure in self.figures}
        return [one for one in self.cell.owed if one.pk not in given]

    @property
    def entered_count(self) -> int:
        return len(self.cell.owed) - len(self.lacking)


def of(
    prefecture: Prefecture,
    month: datetime.date,
    on: datetime.date,
    *,
    services: Collection[int] | None = None,
) -> list[ServiceMonth]:
    """The services that keep a promise in the month; one query more than its board."""
    board = completeness.of(prefecture, month, month, on, services=services)
    rows = Measurement.objects.filter(prefecture=prefecture, period="month", period_start=month)
    figures: dict[int | None, list[Figure]] = defaultdict(list)
    for row in rows.select_related("indicator__engagement").order_by("indicator__position", "indicator"):
        words = history.in_words(row.measure, row.indicator.unit, row.why_unmeasured)
        beside = history.beside(row, row.indicator.unit)
        figures[row.service_id].append(Figure(row.indicator, words, row.comment, beside))
    return [ServiceMonth(cell, figures[cell.service.pk]) for cell in board.cells]
