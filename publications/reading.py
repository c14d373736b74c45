"""How the content of a bilan is laid out to be read. Nothing here asks the database: all of it stands in the
frozen text."""

import datetime
import re
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from publications import charts
from referentiel.measures import Verdict

# The content as its JSON text gives it back.
Data = dict[str, Any]

BULLET = "- "


@dataclass(frozen=True)
class Block:
    """A paragraph, line by line, or a list, item by item."""

    is_list: bool
    lines: list[str]


@dataclass(frozen=True)
class Part:
    """A typed part, as paragraphs and lists."""

    section: str
    title: str
    blocks: list[Block]


@dataclass(frozen=True)
class Line:
    """One indicator, with a figure for each unit of its table."""

    indicator: Data
    cells: list[tuple[Data, Data]]

    @property
    def target_labels(self) -> list[str]:
        """The target of all units, or those of each where they differ; empty where there is none at all."""
        compared = [cell for _, cell in self.cells if cell["value"] is not None or cell["target_label"]]
        labels = list(dict.fromkeys(cell["target_label"] for cell in compared))
        return labels if any(labels) else []


@dataclass(frozen=True)
class Theme:
    """A table: the indicators of a theme, for the units of which something is expected there."""

    number: int
    title: str
    units: list[Data]
    lines: list[Line]
    chart: charts.Chart | None
    notes: list[Data]


@dataclass(frozen=True)
class Score:
    """How many results there are, and how many of those that have a target reach it."""

    met: int
    missed: int
    without_target: int

    @property
    def judged(self) -> int:
        return self.met + self.missed


@dataclass(frozen=True)
class Headline:
    """The indicator that speaks for its theme: the one of which most units have a result."""

    theme: str
    line: Line


@dataclass(frozen=True)
class Remark:
    """Why a figure is absent, or how it was corrected."""

    unit: Data
    indicator: Data
    cell: Data


@dataclass(frozen=True)
class Followed:
    """A référentiel followed during the year."""

    title: str
    labelled_on: datetime.date | None


@dataclass(frozen=True)
class Reading:
    """Everything that a page shows of a bilan. `notes` are those that belong to no single cell."""

    content: Data
    referentiels: list[Followed]
    summary: Part | None
    parts: list[Part]
    themes: list[Theme]
    notes: list[Data]
    remarks: list[Remark]
    score: Score


def read(content: Data) -> Reading:
    parts = [Part(part["section"], part["title"], blocks(part["text"])) for part in content["parts"]]
    themes = [_theme(content, number, band) for number, band in enumerate(content["bands"], start=1)]
    in_tables = {note["number"] for theme in themes for note in theme.notes}
    return Reading(
        content=content,
        referentiels=[_followed(referentiel) for referentiel in content["referentiels"]],
        summary=next((part for part in parts if part.section == "summary"), None),
        parts=[part for part in parts if part.section != "summary"],
        themes=themes,
        notes=[note for note in content["notes"] if note["number"] not in in_tables],
        remarks=[
            Remark(unit, line.indicator, cell)
            for theme in themes
            for line in theme.lines
            for unit, cell in line.cells
            if cell["reason"]
        ],
        score=_score(content),
    )


def headlines(reading: Reading, most: int = 5) -> list[Headline]:
    """One indicator a theme, with every unit that has a result: nobody picks the flattering ones."""
    found = []
    for theme in reading.themes:
        best = max(theme.lines, key=_weight)
        cells = [(unit, cell) for unit, cell in best.cells if cell["value"] is not None]
        if cells:
            found.append(Headline(theme.title, Line(best.indicator, cells)))
    return found[:most]


def blocks(text: str) -> list[Block]:
    """Paragraphs are separated by an empty line; lines that begin with « - » are the items of a list."""
    found = []
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        lines = [line.strip() for line in paragraph.splitlines() if line.strip()]
        for is_list, run in groupby(lines, key=lambda line: line.startswith(BULLET)):
            found.append(Block(is_list, [line.removeprefix(BULLET) if is_list else line for line in run]))
    return found


def _followed(referentiel: Data) -> Followed:
    on = referentiel["labelled_on"]
    return Followed(referentiel["title"], datetime.date.fromisoformat(on) if on else None)


def _theme(content: Data, number: int, band: Data) -> Theme:
    expected = [
        place
        for place in range(len(content["units"]))
        if any(line["cells"][place]["absence"] != "not_expected" for line in band["lines"])
    ]
    units = [content["units"][place] for place in expected]
    lines = [
        Line(line, [(content["units"][place], line["cells"][place]) for place in expected])
        for line in band["lines"]
    ]
    cited = {number for line in lines for _, cell in line.cells for number in cell["notes"]}
    return Theme(
        number=number,
        title=band["theme"],
        units=units,
        lines=lines,
        chart=charts.chart_of(band, content["units"]),
        notes=[note for note in content["notes"] if note["number"] in cited],
    )


def _weight(line: Line) -> tuple[int, int]:
    """Judged results first, then any result; the earlier line wins a tie."""
    judged = [cell for _, cell in line.cells if cell["verdict"] in (Verdict.MET, Verdict.MISSED)]
    return len(judged), sum(cell["value"] is not None for _, cell in line.cells)


def _score(content: Data) -> Score:
    cells = [cell for band in content["bands"] for line in band["lines"] for cell in line["cells"]]
    verdicts = [cell["verdict"] for cell in cells if cell["value"] is not None]
    return Score(
        verdicts.count(Verdict.MET), verdicts.count(Verdict.MISSED), verdicts.count(Verdict.NO_TARGET)
    )
