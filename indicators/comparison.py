"""The units of a préfecture beside each other, for one indicator and one period."""

from collections.abc import Iterable
from dataclasses import dataclass

from indicators import bars, results
from indicators.bars import Chart
from indicators.periods import Period
from indicators.results import Absence, Board, Footnote, Line, Result
from referentiel.models import Indicator
from sites.access import Access


@dataclass(frozen=True)
class Comparison:
    """`every` are the keys of all the units of the préfecture, so that each keeps its colour in a chart that
    does not show them all."""

    board: Board
    line: Line
    every: tuple[int, ...]

    @property
    def results(self) -> list[Result]:
        return [result for result in self.line.results if result.absence != Absence.NOT_EXPECTED]

    @property
    def chart(self) -> Chart | None:
        """None where no unit has a result."""
        indicator = self.line.indicator
        shown = {result.unit.pk: result for result in self.results}
        names = {unit.pk: unit.short_name for unit in self.board.units}
        cells = [_cell(shown.get(pk)) for pk in self.every]
        line = {"key": indicator.key, "title": indicator.title, "unit": indicator.unit, "cells": cells}
        units = [{"short_name": names.get(pk, "")} for pk in self.every]
        return bars.chart_of({"theme": indicator.short_title, "lines": [line]}, units)

    @property
    def notes(self) -> Iterable[Footnote]:
        """Those of the table, of its units, and of this indicator."""
        indicator = self.line.indicator
        return (note for note in self.board.notes if note.indicator in (None, indicator))


def of(access: Access, indicator: Indicator, period: Period) -> Comparison | None:
    """What the agent may see; None where no unit of theirs owes the indicator or has a figure of it. The
    board's queries, and one."""
    board = results.of_period(access.prefecture, period, units=access.units)
    line = next((line for line in board.lines if line.indicator == indicator), None)
    if line is None:
        return None
    return Comparison(board, line, tuple(access.prefecture.units.values_list("pk", flat=True)))


def _cell(result: Result | None) -> dict[str, object]:
    """As a bilan says it; a unit that is not shown owes nothing."""
    if result is None:
        return {"absence": "not_expected", "shown": None, "value": None, "verdict": ""}
    return {
        "absence": result.absence,
        "shown": result.shown,
        "value": result.value,
        "shown_label": result.shown_label,
        "months": result.coverage.months if result.coverage else (),
        "months_label": result.months_label,
        "target": result.target.value if result.target else None,
        "target_label": result.target_label,
        "verdict": result.verdict,
    }
