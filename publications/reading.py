"""How the content of a bilan is laid out to be read. Nothing here asks the database: all of it stands in the
frozen text."""

import datetime
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from operator import itemgetter

from django.utils.safestring import SafeString

from indicators import bars, synthesis
from indicators.curves import Curve
from indicators.synthesis import Point
from publications import richtext
from publications.formats import Data
from referentiel.measures import Verdict

NO_THEME = "Autres indicateurs"
FIRST_WITH_REGISTER = 3  # format

# Indicators, and units of an indicator, that a sentence names before it says how many others there are.
NAMED = 4


@dataclass(frozen=True)
class Part:
    """A typed part, with its markup; empty where nobody wrote it."""

    section: str
    title: str
    html: SafeString


@dataclass(frozen=True)
class Meeting:
    """Where a bilan was shown, or will be."""

    body_label: str
    held_on: datetime.date
    remark: str
    is_planned: bool


@dataclass(frozen=True)
class Line:
    """One indicator, with a figure for each unit of its table, and the numbers of the notes on all of it."""

    indicator: Data
    cells: list[tuple[Data, Data]]
    notes: list[int] = field(default_factory=list)

    @property
    def target_labels(self) -> list[str]:
        """The target of all units, or those of each where they differ; empty where there is none at all."""
        compared = [cell for _, cell in self.cells if cell["value"] is not None or cell["target_label"]]
        labels = list(dict.fromkeys(cell["target_label"] for cell in compared))
        return labels if any(labels) else []


@dataclass(frozen=True)
class Score:
    """How many results there are, and how many of those that have a target reach it."""

    met: int
    missed: int
    without_target: int

    @property
    def judged(self) -> int:
        return self.met + self.missed

    @property
    def sentence(self) -> str:
        if self.judged == 0:
            return "Aucun résultat n’a d’objectif auquel être comparé."
        if self.judged == 1:
            return f"Le seul résultat qui a un objectif {'l’atteint' if self.met else 'ne l’atteint pas'}."
        if self.missed == 0:
            return f"Les {self.judged} résultats qui ont un objectif l’atteignent tous."
        if self.met == 0:
            return f"Aucun des {self.judged} résultats qui ont un objectif ne l’atteint."
        if self.met == 1:
            return f"Sur {self.judged} résultats qui ont un objectif, un seul l’atteint."
        return f"Sur {self.judged} résultats qui ont un objectif, {self.met} l’atteignent."

    @property
    def others_sentence(self) -> str:
        if self.without_target == 0:
            return ""
        if self.without_target == 1:
            return "Un autre résultat n’a pas d’objectif."
        return f"{self.without_target} autres résultats n’ont pas d’objectif."


@dataclass(frozen=True)
class Theme:
    """The indicators of a theme, for the units of which something is expected there. `notes` are those that
    its table calls, on a cell or on a line."""

    number: int
    title: str
    units: list[Data]
    lines: list[Line]
    chart: bars.Chart | None
    notes: list[Data]
    sentences: list[str]

    def tables(self, most: int) -> "Iterator[Theme]":
        """The same theme on tables of at most so many units, shared evenly."""
        count = -(-len(self.units) // most)
        for number in range(count):
            start, end = (round(len(self.units) * edge / count) for edge in (number, number + 1))
            lines = [replace(line, cells=line.cells[start:end]) for line in self.lines]
            called = _called(lines)
            notes = [note for note in self.notes if note["number"] in called]
            yield replace(self, units=self.units[start:end], lines=lines, notes=notes)


@dataclass(frozen=True)
class Headline:
    """The indicator that speaks for its theme: the one of which most units have a result."""

    theme: str
    line: Line


@dataclass(frozen=True)
class Remark:
    """Why a figure, its target or the year before it is absent or was corrected."""

    unit: Data
    indicator: Data
    label: str
    printed_text: str
    reason: str


@dataclass(frozen=True)
class Missed:
    """A result that does not reach its target."""

    unit: Data
    indicator: Data
    cell: Data


@dataclass(frozen=True)
class Kept:
    """The modules of a service in the year, each with the letter of its remark, empty where there is none."""

    unit: str
    service: str
    modules: list[tuple[str, str]]


@dataclass(frozen=True)
class Followed:
    """A référentiel followed during the year."""

    title: str
    labelled_on: datetime.date | None


@dataclass(frozen=True)
class Told:
    """A theme of complaints of which something is told: examples, and the actions that it has called for,
    each with its day."""

    theme: str
    examples: list[str]
    actions: list[tuple[Data, datetime.date]]


@dataclass(frozen=True)
class Register:
    """What the register gave to the bilan (publications/received.py): `deadlines` by unit."""

    said: Data
    chart: Curve | None
    told: list[Told]
    deadlines: list[tuple[str, list[Data]]]


@dataclass(frozen=True)
class Reading:
    """Everything that a page shows of a bilan. `notes` are those that belong to no single cell; `register` is
    None where the bilan says nothing of it, `no_register` then why, if it is known."""

    content: Data
    referentiels: list[Followed]
    summary: Part | None
    parts: list[Part]
    themes: list[Theme]
    notes: list[Data]
    remarks: list[Remark]
    missed: list[Missed]
    perimeter: list[Kept]
    perimeter_remarks: list[tuple[str, str]]
    score: Score
    register: Register | None
    no_register: str

    @property
    def speaks_of_register(self) -> bool:
        return bool(self.register or self.no_register)


def read(content: Data) -> Reading:
    """`content` is in the newest shape (publications/formats.py)."""
    parts = [Part(part["section"], part["title"], richtext.shown(part["html"])) for part in content["parts"]]
    themes = [_theme(content, number, band) for number, band in enumerate(content["bands"], start=1)]
    remarks = list(dict.fromkeys(row["remark"] for row in content["perimeter"] if row["remark"]))
    letters = {remark: _letter(position) for position, remark in enumerate(remarks)}
    in_tables = {note["number"] for theme in themes for note in theme.notes}
    return Reading(
        content=content,
        referentiels=[_followed(referentiel) for referentiel in content["referentiels"]],
        summary=next((part for part in parts if part.section == "summary"), None),
        parts=[part for part in parts if part.section != "summary"],
        themes=themes,
        notes=[note for note in content["notes"] if note["number"] not in in_tables],
        remarks=list(_remarks(content, themes)),
        missed=[
            Missed(unit, line.indicator, cell)
            for theme in themes
            for line in theme.lines
            for unit, cell in line.cells
            if cell["verdict"] == Verdict.MISSED
        ],
        perimeter=[
            Kept(unit, service, [(row["module"], letters.get(row["remark"], "")) for row in rows])
            for (unit, service), rows in groupby(
                content["perimeter"], key=lambda row: (row["unit"], row["service"])
            )
        ],
        perimeter_remarks=[(letter, remark) for remark, letter in letters.items()],
        score=_score(content["bands"]),
        register=_register(content["complaints"], content["year"]) if content["complaints"] else None,
        no_register=_no_register(content),
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


def meetings(content: Data, on: datetime.date) -> list[Meeting]:
    """Where the bilan had been shown on the day of its signature, or was to be."""
    return [
        Meeting(each["body_label"], held_on, each["remark"], held_on > on)
        for each in content["presentations"]
        for held_on in [datetime.date.fromisoformat(each["held_on"])]
    ]


def _followed(referentiel: Data) -> Followed:
    on = referentiel["labelled_on"]
    return Followed(referentiel["title"], datetime.date.fromisoformat(on) if on else None)


def _register(said: Data, year: int) -> Register:
    themes = dict.fromkeys(each["theme"] for each in [*said["examples"], *said["actions"]])
    return Register(
        said=said,
        chart=synthesis.draw([Point(**point) for point in said["points"]], f"{year}", f"{year - 1}"),
        told=[
            Told(
                theme,
                [each["text"] for each in said["examples"] if each["theme"] == theme],
                [
                    (each, datetime.date.fromisoformat(each["on"]))
                    for each in said["actions"]
                    if each["theme"] == theme
                ],
            )
            for theme in themes
        ],
        deadlines=[(unit, list(lines)) for unit, lines in groupby(said["deadlines"], itemgetter("unit"))],
    )


def _no_register(content: Data) -> str:
    """An old format says nothing of the register, whether it was kept or not."""
    if content["complaints"] or content["format"] < FIRST_WITH_REGISTER:
        return ""
    return (
        f"Le registre des courriers et des réclamations n’était pas suivi en {content['year']}\xa0: "
        "cette partie n’en tire aucun chiffre."
    )


def _letter(position: int) -> str:
    """a, b, … z, aa, ab, …"""
    above, rest = divmod(position, 26)
    return (_letter(above - 1) if above else "") + chr(ord("a") + rest)


def _theme(content: Data, number: int, band: Data) -> Theme:
    expected = [
        place
        for place in range(len(content["units"]))
        if any(line["cells"][place]["absence"] != "not_expected" for line in band["lines"])
    ]
    units = [content["units"][place] for place in expected]
    lines = [
        Line(
            line,
            [(content["units"][place], line["cells"][place]) for place in expected],
            [n["number"] for n in content["notes"] if n["indicator"] == line["title"] and not n["unit"]],
        )
        for line in band["lines"]
    ]
    called = _called(lines)
    return Theme(
        number=number,
        title=band["theme"] or NO_THEME,
        units=units,
        lines=lines,
        chart=bars.chart_of(band, content["units"]),
        notes=[note for note in content["notes"] if note["number"] in called],
        sentences=list(_sentences(band, lines, content["year"])),
    )


def _called(lines: Sequence[Line]) -> set[int]:
    """The numbers of the notes that stand somewhere in a table."""
    return {
        number
        for line in lines
        for notes in [line.notes, *(cell["notes"] for _, cell in line.cells)]
        for number in notes
    }


def _sentences(band: Data, lines: list[Line], year: int) -> Iterator[str]:
    """What to know of a theme before one reads its table."""
    yield _score([band]).sentence
    if missed := _enumerated(lines, lambda cell: cell["verdict"] == Verdict.MISSED, with_value=True):
        yield f"Objectif non atteint\xa0: {missed}."
    if lost := _enumerated(lines, _turned(Verdict.MET, Verdict.MISSED)):
        yield f"Atteint en {year - 1}, non atteint en {year}\xa0: {lost}."
    if won := _enumerated(lines, _turned(Verdict.MISSED, Verdict.MET)):
        yield f"Non atteint en {year - 1}, atteint en {year}\xa0: {won}."
    cells = [cell for line in lines for _, cell in line.cells]
    without = sum(cell["value"] is None and cell["absence"] != "not_expected" for cell in cells)
    if without == 1:
        yield "Un résultat attendu n’a pas de chiffre."
    elif without:
        yield f"{without} résultats attendus n’ont pas de chiffre."


def _turned(before: Verdict, now: Verdict) -> Callable[[Data], bool]:
    return lambda cell: (
        cell["verdict"] == now and cell["previous"] is not None and cell["previous"]["verdict"] == before
    )


def _enumerated(lines: list[Line], is_meant: Callable[[Data], bool], *, with_value: bool = False) -> str:
    """« Taux d'appels perdus (Arles 12,83 %, Istres 13 %) ; … », the first ones, and how many others."""
    found = []
    for line in lines:
        names = [
            f"{unit['short_name']} {cell['shown_label']}" if with_value else unit["short_name"]
            for unit, cell in line.cells
            if is_meant(cell)
        ]
        if names:
            found.append(f"{line.indicator['title']} ({_first(names, ', ')})")
    return _first(found, "\xa0; ")


def _first(names: list[str], separator: str) -> str:
    others = len(names) - NAMED
    if others <= 0:
        return separator.join(names)
    return separator.join([*names[:NAMED], f"et {others} autre{'s' if others > 1 else ''}"])


def _remarks(content: Data, themes: list[Theme]) -> Iterator[Remark]:
    before = content["year"] - 1
    for theme in themes:
        for line in theme.lines:
            for unit, cell in line.cells:
                if cell["reason"]:
                    label = cell["shown_label"]
                    yield Remark(unit, line.indicator, label, cell["printed_text"], cell["reason"])
                if cell["target_reason"]:
                    label = f"objectif {cell['target_label']}"
                    yield Remark(unit, line.indicator, label, "", cell["target_reason"])
                if (previous := cell["previous"]) and previous["reason"]:
                    label = f"rappel {before}, {previous['shown_label']}"
                    printed = previous["printed_text"]
                    yield Remark(unit, line.indicator, label, printed, previous["reason"])


def _weight(line: Line) -> tuple[int, int]:
    """Judged results first, then any result; the earlier line wins a tie."""
    judged = [cell for _, cell in line.cells if cell["verdict"] in (Verdict.MET, Verdict.MISSED)]
    return len(judged), sum(cell["value"] is not None for _, cell in line.cells)


def _score(bands: list[Data]) -> Score:
    cells = [cell for band in bands for line in band["lines"] for cell in line["cells"]]
    verdicts = [cell["verdict"] for cell in cells if cell["value"] is not None]
    return Score(
        verdicts.count(Verdict.MET), verdicts.count(Verdict.MISSED), verdicts.count(Verdict.NO_TARGET)
    )
