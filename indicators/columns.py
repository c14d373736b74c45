"""The columns of a yearly table: the names that we use, and those that people read and write.

A file may call its columns by either: « Résultat 2018 » or `printed_result_2018`. Problems and answers name
them in our way, so that an answer holds for both.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from sheets.reading import Row
from sheets.words import folded, visible

RESULT: Final = "printed_result_"
BEFORE: Final = "printed_previous_year"
MET_BEFORE: Final = "printed_previous_year_met"
NOTE: Final = "printed_note"

TITLES: Final = {
    "position": "Position",
    "prefecture": "Préfecture",
    "unit_kind": "Nature de l’unité",
    "unit": "Unité",
    "theme": "Thème",
    "engagement": "Engagement",
    "indicator": "Indicateur",
    "printed_target": "Objectif",
    "printed_mood": "Visage",
    "printed_period": "Période",
    "printed_reason": "Motif d’absence",
    "printed_remark": "Remarque",
    NOTE: "Note",
}
_BY_TITLE: Final = {folded(title).replace(" ", "_"): column for column, title in TITLES.items()}


class TwoColumnsError(ValueError):
    """Two columns of a file say the same thing."""


def result(year: int) -> str:
    return f"{RESULT}{year}"


def title(column: str, year: int) -> str:
    """« Résultat 2018 »: what a page and a blank table call a column of the table of that year."""
    if column == BEFORE:
        return f"Résultat {year - 1}"
    if column == MET_BEFORE:
        return f"Objectif atteint en {year - 1}"
    if column.startswith(RESULT):
        return f"Résultat {column.removeprefix(RESULT)}"
    return TITLES.get(column, column.replace("_", " "))


def in_our_words(rows: list[Row]) -> list[Row]:
    """The rows by our names. Of several « Résultat … », the latest is that of the table itself."""
    columns = list(rows[0].cells)
    names = [_name(column, _year_of(columns)) for column in columns]
    for column, name in zip(columns, names, strict=True):
        if name != column and names.count(name) > 1:
            raise TwoColumnsError(f"« {column} » et « {name} » sont la même colonne : n'en garder qu'une.")
    return [
        replace(row, cells=dict(zip(names, map(visible, row.cells.values()), strict=True))) for row in rows
    ]


def _year_of(columns: Iterable[str]) -> int | None:
    years = [int(match[1]) for column in columns if (match := re.fullmatch("resultat_([0-9]{4})", column))]
    return max(years, default=None)


def _name(column: str, year: int | None) -> str:
    if year is not None:
        if column == f"resultat_{year}":
            return result(year)
        if column == f"resultat_{year - 1}":
            return BEFORE
        if column == f"objectif_atteint_en_{year - 1}":
            return MET_BEFORE
    return _BY_TITLE.get(column, column)
