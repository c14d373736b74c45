"""The figures of a bilan as a table for spreadsheets: French CSV, one row per unit and indicator."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from publications.formats import Data
from publications.models import Bilan
from referentiel.measures import Coverage
from referentiel.models import Indicator
from sheets.writing import Cell, Sheet, write

# Changes with the columns or the way they are written.
FORMAT = 2


@dataclass(frozen=True)
class Row:
    bilan: Bilan
    theme: str
    line: Data
    unit: Data
    cell: Data
    notes: str

    @property
    def previous(self) -> Data:
        return self.cell["previous"] or {}


# header → what stands under it: a number (or nothing), or text
COLUMNS: dict[str, Callable[[Row], Cell]] = {
    "unité": lambda row: row.unit["name"],
    "thème": lambda row: row.theme,
    "engagement": lambda row: row.line["engagement"],
    "indicateur": lambda row: row.line["title"],
    "résultat": lambda row: _number(row.cell["shown"]),
    "unité de mesure": lambda row: Indicator.Unit(row.line["unit"]).label,
    "numérateur": lambda row: row.cell["numerator"],
    "dénominateur": lambda row: row.cell["denominator"],
    "mois comptés": lambda row: Coverage(frozenset(row.cell["months"])).label,
    "objectif": lambda row: row.cell["target_label"],
    "verdict": lambda row: row.cell["verdict_label"],
    "absence de résultat": lambda row: _absence(row.cell),
    "N-1": lambda row: _number(row.previous.get("shown")),
    "N-1 atteint": lambda row: row.previous.get("verdict_label", ""),
    "note": lambda row: row.notes,
    "édition": lambda row: row.bilan.edition,
    "empreinte": lambda row: row.bilan.sha256,
}


def as_csv(bilan: Bilan) -> bytes:
    rows = [[column(row) for column in COLUMNS.values()] for row in _rows(bilan)]
    return write(Sheet(str(bilan), tuple(COLUMNS), rows), "csv")


def _rows(bilan: Bilan) -> list[Row]:
    content = bilan.data
    notes = {note["number"]: note["text"] for note in content["notes"]}
    return [
        Row(bilan, band["theme"], line, unit, cell, " / ".join(notes[number] for number in cell["notes"]))
        for band in content["bands"]
        for line in band["lines"]
        for unit, cell in zip(content["units"], line["cells"], strict=True)
        if cell["absence"] != "not_expected"
    ]


def _absence(cell: Data) -> str:
    if cell["value"] is not None:
        return ""
    return f"{cell['shown_label']} : {cell['reason']}" if cell["reason"] else cell["shown_label"]


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
