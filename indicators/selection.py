"""A part of a board, of one theme, of one unit or of results that are said alike: shown, and exported."""

from collections.abc import Iterator
from dataclasses import dataclass

from indicators.results import Absence, Board, Line, Result
from referentiel.measures import Verdict
from sheets.writing import Cell, Sheet
from sites.models import Unit


@dataclass(frozen=True)
class Selection:
    """What is left of a board; without a criterion, all of it."""

    board: Board
    theme: str | None = None
    unit: Unit | None = None
    verdict: Verdict | None = None

    @property
    def units(self) -> list[Unit]:
        return [unit for unit in self.board.units if self.unit in (None, unit)]

    @property
    def bands(self) -> list[tuple[str, list[tuple[Line, list[Result | None]]]]]:
        """The themes, their lines, and for each unit the result, or None where it is left out."""
        bands = []
        for band in self.board.bands:
            if self.theme in (None, band.theme):
                rows = [(line, self._cells(line)) for line in band.lines]
                kept = [(line, cells) for line, cells in rows if any(map(_is_expected, cells))]
                bands += [(band.theme, kept)] if kept else []
        return bands

    @property
    def results(self) -> Iterator[Result]:
        """The results that are shown, theme by theme, of what is expected."""
        for _, rows in self.bands:
            for _, cells in rows:
                yield from (cell for cell in cells if cell and _is_expected(cell))

    @property
    def sheet(self) -> Sheet:
        notes = {note.number: note.text for note in self.board.notes}
        rows = [_row(result, " / ".join(notes[number] for number in result.notes)) for result in self.results]
        period = self.board.period
        columns = [title.format(before=period.before.label) for title in COLUMNS]
        return Sheet(f"Tableau de bord {period.label}", columns, rows)

    def _cells(self, line: Line) -> list[Result | None]:
        return [
            result if self.verdict in (None, result.verdict) else None
            for result in line.results
            if self.unit in (None, result.unit)
        ]


COLUMNS = (
    "Unité",
    "Thème",
    "Engagement",
    "Indicateur",
    "Résultat",
    "Unité de mesure",
    "Numérateur",
    "Dénominateur",
    "Mois pris en compte",
    "Objectif",
    "Objectif atteint\xa0?",
    "Sans résultat",
    "Rappel {before}",
    "Rappel {before}\xa0: objectif atteint\xa0?",
    "Rappel {before}\xa0: à savoir",
    "Note",
)


def _row(result: Result, note: str) -> list[Cell]:
    engagement, previous = result.indicator.engagement, result.previous
    numerator, denominator = (result.figure and result.figure.base) or (None, None)
    return [
        result.unit.name,
        engagement.theme,
        engagement.code,
        result.indicator.title,
        result.shown,
        result.indicator.get_unit_display(),
        numerator,
        denominator,
        result.coverage.label if result.coverage and result.value is not None else "",
        result.target_label,
        _said(result),
        "" if result.value is not None else ", ".join(filter(None, (result.shown_label, result.reason))),
        previous.shown if previous else None,
        _said(previous) if previous else "",
        result.caution,
        note,
    ]


def _said(result: Result) -> str:
    return result.verdict_label if result.value is not None else ""


def _is_expected(result: Result | None) -> bool:
    return result is not None and result.absence != Absence.NOT_EXPECTED
