"""What a direction reads of a month: its units, what is red first, what is late, then the rest."""

import datetime
from collections import defaultdict
from dataclasses import dataclass

from django.utils.functional import cached_property

from indicators import completeness, remarks, results
from indicators.completeness import Cell
from indicators.models import Remark
from indicators.periods import Period, of_month
from indicators.results import Board, Result
from referentiel.measures import Verdict
from sites.access import Access
from sites.models import Unit


@dataclass(frozen=True)
class Briefing:
    """`late` are the months of services, of this month and of those before it, that were due and not sent."""

    board: Board
    late: list[Cell]
    remark: Remark

    @property
    def period(self) -> Period:
        return self.board.period

    @cached_property
    def missed(self) -> list[Result]:
        return [one for one in self.board.by_unit if one.verdict == Verdict.MISSED]

    @property
    def last_month(self) -> datetime.date | None:
        """The latest month that has figures: where to go from one that has none."""
        return results.last_month(self.board.prefecture)

    @property
    def late_lines(self) -> list[tuple[Unit, str]]:
        """The late months, one line a unit: « Accueil ; Titres (4 mois depuis janvier 2020) ». Who is late
        for the month of the page alone is named without it."""
        held: dict[Unit, dict[str, list[Cell]]] = defaultdict(lambda: defaultdict(list))
        for cell in self.late:
            held[cell.service.unit][cell.service.name].append(cell)
        return [
            (unit, "\xa0; ".join(name + self._since(cells) for name, cells in services.items()))
            for unit, services in held.items()
        ]

    @property
    def of_month(self) -> str:
        """« de mars 2020 », « d’octobre 2020 »."""
        return of_month(self.period.first)

    @property
    def others(self) -> list[Result]:
        """What has a value and misses nothing."""
        return [one for one in self.board.by_unit if one.value is not None and one.verdict != Verdict.MISSED]

    def _since(self, cells: list[Cell]) -> str:
        first = cells[0].month_label
        if len(cells) > 1:
            return f" ({len(cells)} mois depuis {first})"
        return "" if cells[0].month == self.period.first else f" ({first})"


def of(access: Access, month: datetime.date) -> Briefing:
    """A month of the units of an agent, as it stands on the day of the access."""
    units = access.units
    board = results.of_period(access.prefecture, Period.month(month), units=units)
    own = {unit.pk for unit in board.units}
    months = completeness.all_months(access.prefecture, access.on)
    late = [cell for cell in months.late if cell.service.unit_id in own and cell.month <= month]
    return Briefing(board, late, remarks.of(access.prefecture, month))
