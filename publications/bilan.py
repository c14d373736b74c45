"""The content of a yearly bilan: assembled from what each source says, frozen as canonical JSON text.

`assemble` reads and never writes. The page, the PDF and the CSV are renderings of the same content, so they
cannot contradict each other; `docs/bilan_versions.md` numbers its formats. Numbers are kept twice: exactly
(fractions as text) and as the words that were shown, so that an old bilan reads as it was signed.
"""

import datetime
import hashlib
import json
from collections import defaultdict
from dataclasses import asdict, dataclass, replace
from typing import Any, Self, TypeAlias

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import ExtractYear

from indicators import results
from indicators.models import FigureImport, Measurement, Note
from indicators.results import Absence, Board, Line, Result
from publications import received, richtext
from publications.formats import FORMAT
from publications.models import Part, Presentation
from referentiel.measures import in_french
from referentiel.models import Adoption, Perimeter
from sites.models import Prefecture, Unit, in_force_in


@dataclass(frozen=True)
class Cell:
    """What one unit reached for one indicator. Fields ending in `label` are French, ready to be shown."""

    value: str | None
    shown: str | None
    shown_label: str
    base_label: str
    numerator: int | None
    denominator: int | None
    has_unknown_base: bool
    months: list[int]
    months_label: str
    target: str | None
    target_label: str
    target_reason: str
    verdict: str
    verdict_label: str
    absence: str | None
    reason: str
    printed_text: str
    previous: dict[str, str] | None
    notes: list[int]


@dataclass(frozen=True)
class ContentLine:
    """One indicator across the units, in their order."""

    key: str
    engagement: str
    title: str
    unit: str
    direction: str
    numerator_name: str
    denominator_name: str
    periodicity: str
    cells: list[Cell]


@dataclass(frozen=True)
class ContentBand:
    theme: str
    lines: list[ContentLine]


@dataclass(frozen=True)
class Content:
    """Everything a bilan says, of one préfecture and one year."""

    format: int
    year: int
    prefecture: dict[str, str]
    referentiels: list[dict[str, str | None]]
    units: list[dict[str, str]]
    parts: list[dict[str, str]]
    bands: list[ContentBand]
    notes: list[dict[str, str | int | None]]
    sources: list[dict[str, str]]
    perimeter: list[dict[str, str]]
    presentations: list[dict[str, str | None]]
    missing: list[str]
    complaints: dict[str, Any] | None
    erratum: dict[str, str | int] | None = None

    def as_text(self) -> str:
        """Canonical JSON: sorted keys, no spare space, so that the same content has the same hash."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @property
    def has_figures(self) -> bool:
        return any(cell.value for band in self.bands for line in band.lines for cell in line.cells)

    def as_data(self) -> dict[str, Any]:
        """The content as the renderings read it back from the frozen text."""
        data: dict[str, Any] = json.loads(self.as_text())
        return data

    def corrects(self, edition: int, text: str) -> Self:
        """The same content, with what it corrects of an edition that was published, and why."""
        return replace(self, erratum={"edition": edition, "text": text})


@dataclass(frozen=True)
class Why:
    """Why a figure or its target was corrected; empty where it was not."""

    figure: str = ""
    target: str = ""


NO_REASON = Why()
# The year, the unit and the indicator of a figure.
Place: TypeAlias = tuple[int, int, int]


def hash_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Gap:
    """What the bilan lacks, as a sentence, and where it is filled: a part to write, or results of a unit."""

    sentence: str
    section: str = ""
    results: tuple[Result, ...] = ()


@dataclass(frozen=True)
class Draft:
    """What would be signed now, and how far it has come."""

    content: Content
    gaps: list[Gap]
    expected: int
    given: int


def assemble(prefecture: Prefecture, year: int) -> Content:
    """What the bilan of a year would say if it were signed now."""
    return prepare(prefecture, year).content


def prepare(prefecture: Prefecture, year: int) -> Draft:
    """The same, with what it lacks and how many of the expected results have a figure or a reason."""
    board = results.of_year(prefecture, year)
    written = dict(Part.objects.filter(prefecture=prefecture, year=year).values_list("section", "text"))
    whys = _corrections(prefecture, year)
    parts = [_part(section, written.get(section.value, "").strip()) for section in Part.Section]
    of_register = received.of_year(prefecture, year, prefecture.today())
    lacking = gaps(board, parts) + [Gap(sentence) for sentence in of_register.gaps]
    content = Content(
        format=FORMAT,
        year=year,
        prefecture={
            "code": prefecture.code,
            "name": prefecture.name,
            "territory": prefecture.territory,
            "state_title": prefecture.state_title,
        },
        referentiels=_referentiels(prefecture, year),
        units=[{"name": unit.name, "short_name": unit.short_name, "kind": unit.kind} for unit in board.units],
        parts=parts,
        bands=[
            ContentBand(band.theme, [_line(line, year, whys) for line in band.lines]) for band in board.bands
        ],
        notes=[
            {
                "number": note.number,
                "text": note.text,
                "unit": note.unit.name if note.unit else None,
                "indicator": note.indicator.title if note.indicator else None,
            }
            for note in board.notes
        ],
        sources=_sources(prefecture, year),
        perimeter=_perimeter(prefecture, year),
        presentations=_presentations(prefecture, year),
        missing=[gap.sentence for gap in lacking],
        complaints=of_register.block,
    )
    expected = [result for result in board.results if result.absence != Absence.NOT_EXPECTED]
    given = sum(result.absence not in (Absence.MISSING, Absence.AWAITED) for result in expected)
    return Draft(content, lacking, len(expected), given)


def gaps(board: Board, parts: list[dict[str, str]]) -> list[Gap]:
    """What the bilan lacks; the page shows the sentences, the last page of the PDF repeats them."""
    found = []
    if board.period.end >= board.prefecture.today():
        found.append(Gap(f"L’année {board.period.label} n’est pas finie."))
    if board.awaited:
        are_left = "reste" if board.awaited == 1 else "restent"
        found.append(
            Gap(
                f"{in_french(board.awaited)} mois de service {are_left} à clore\xa0: "
                "leurs chiffres peuvent encore changer."
            )
        )
    without_result: dict[Unit, list[Result]] = defaultdict(list)
    for result in board.results:
        if result.absence in (Absence.MISSING, Absence.AWAITED):
            without_result[result.unit].append(result)
    for unit in board.units:
        if lacking := without_result[unit]:
            titles = "\xa0; ".join(_named(result) for result in lacking)
            number = _counted(len(lacking), "résultat attendu")
            sentence = f"{unit.name}\xa0: {number} sans chiffre ni motif ({titles})."
            found.append(Gap(sentence, results=tuple(lacking)))
    partial: dict[tuple[str, str], list[str]] = defaultdict(list)
    for result in board.results:
        if result.value is not None and result.months_label:
            partial[_named(result), result.months_label].append(result.unit.short_name)
    found += [
        Gap(f"{named}\xa0: seuls mois comptés, {months} ({', '.join(units)}).")
        for (named, months), units in partial.items()
    ]
    unknown_base = sum(result.has_unknown_base for result in board.results)
    if unknown_base:
        unknown = _counted(unknown_base, "résultat")
        found.append(
            Gap(
                f"{unknown} sans nombre de cas\xa0: "
                "le document d'origine n'imprime que le taux ou la moyenne."
            )
        )
    return found + [
        Gap(f"La partie «\xa0{part['title']}\xa0» n'est pas rédigée.", part["section"])
        for part in parts
        if not part["text"]
    ]


def _part(section: Part.Section, text: str) -> dict[str, str]:
    """The typed text, and its markup as it is shown on the day of the signature."""
    return {
        "section": section.value,
        "title": section.label,
        "text": text,
        "html": richtext.to_html(text),
    }


def _perimeter(prefecture: Prefecture, year: int) -> list[dict[str, str]]:
    """Which service, by its name of then, kept which module's promises in the year."""
    rows = Perimeter.objects.filter(in_force_in(year), service__unit__prefecture=prefecture)
    rows = rows.select_related("service__unit", "module").prefetch_related("service__designations")
    rows = rows.order_by("service__unit__position", "service__short_name", "module__number", "pk")
    end = datetime.date(year, 12, 31)
    return [
        {
            "unit": row.service.unit.short_name,
            "service": row.service.on(min(row.ends_on or end, end)).name,
            "module": f"{row.module}, {row.module.title}" if row.module.title else str(row.module),
            "remark": row.remark,
        }
        for row in rows
    ]


def _presentations(prefecture: Prefecture, year: int) -> list[dict[str, str | None]]:
    """The meetings that are known on the day, for the year as a whole."""
    shown = Presentation.objects.filter(prefecture=prefecture, year=year, edition=None)
    return [
        {
            "body": each.body,
            "body_label": each.get_body_display(),
            "held_on": each.held_on.isoformat(),
            "remark": each.remark,
        }
        for each in shown
    ]


def _referentiels(prefecture: Prefecture, year: int) -> list[dict[str, str | None]]:
    adoptions = Adoption.objects.filter(in_force_in(year), prefecture=prefecture)
    return [
        {
            "title": adoption.referentiel.title,
            "short_title": adoption.referentiel.short_title,
            "labelled_on": adoption.labelled_on.isoformat() if adoption.labelled_on else None,
        }
        for adoption in adoptions.select_related("referentiel")
    ]


def _line(line: Line, year: int, whys: dict[Place, Why]) -> ContentLine:
    indicator = line.indicator
    return ContentLine(
        key=indicator.key,
        engagement=indicator.engagement.code,
        title=indicator.title,
        unit=indicator.unit,
        direction=indicator.direction,
        numerator_name=indicator.numerator_name,
        denominator_name=indicator.denominator_name,
        periodicity=indicator.get_periodicity_display(),
        cells=[_cell(result, year, whys) for result in line.results],
    )


def _cell(result: Result, year: int, whys: dict[Place, Why]) -> Cell:
    why = whys.get((year, result.unit.pk, result.indicator.pk), NO_REASON)
    before = whys.get((year - 1, result.unit.pk, result.indicator.pk), NO_REASON)
    base = result.figure.base if result.figure else None
    numerator, denominator = base or (None, None)
    return Cell(
        value=None if result.value is None else str(result.value),
        shown=None if result.shown is None else str(result.shown),
        shown_label=result.shown_label,
        base_label=result.base_label,
        numerator=numerator,
        denominator=denominator,
        has_unknown_base=result.has_unknown_base,
        months=sorted(result.coverage.months) if result.coverage else [],
        months_label=result.months_label,
        target=str(result.target.value) if result.target else None,
        target_label=result.target_label,
        target_reason=why.target,
        verdict=result.verdict.value,
        verdict_label=result.verdict_label,
        absence=result.absence.value if result.absence else None,
        reason=result.reason or why.figure,
        printed_text=result.figure.printed_text if result.figure else "",
        previous=_previous(result, before),
        notes=list(result.notes),
    )


def _previous(result: Result, why: Why) -> dict[str, str] | None:
    previous = result.previous
    if previous is None or previous.value is None:
        return None
    return {
        "shown": str(previous.shown),
        "shown_label": previous.shown_label,
        "verdict": previous.verdict.value,
        "verdict_label": previous.verdict_label,
        "caution": result.caution,
        "printed_text": previous.figure.printed_text if previous.figure else "",
        "reason": why.figure,
    }


def _corrections(prefecture: Prefecture, year: int) -> dict[Place, Why]:
    """The reasons given for the rows that make the results of a year and of the year before. One query."""
    yearly = Measurement.objects.filter(
        unit=OuterRef("unit"),
        indicator=OuterRef("indicator"),
        period_start__year=ExtractYear(OuterRef("period_start")),
        period=Measurement.Period.YEAR,
    )
    is_beaten = Q(period=Measurement.Period.MONTH) & Exists(yearly)
    rows = Measurement.objects.of_years(prefecture, year - 1, year).exclude(is_beaten)
    found: dict[Place, list[Measurement]] = defaultdict(list)
    for row in rows.exclude(reason="", target_reason="").order_by("period_start", "pk"):
        found[row.period_start.year, row.unit_id, row.indicator_id].append(row)
    return {
        cell: Why(
            "\xa0; ".join(dict.fromkeys(row.reason for row in of if row.reason)),
            "\xa0; ".join(dict.fromkeys(row.target_reason for row in of if row.target_reason)),
        )
        for cell, of in found.items()
    }


def _sources(prefecture: Prefecture, year: int) -> list[dict[str, str]]:
    """The documents that the figures and the notes of the year were taken from, in the order of import."""
    figures = Measurement.objects.of_years(prefecture, year, year)
    notes = Note.objects.filter(prefecture=prefecture, year=year)
    taken = Q(pk__in=figures.values("source")) | Q(pk__in=notes.values("source"))
    imports = FigureImport.objects.filter(taken).order_by("pk")
    return [{"file_name": source.file_name, "sha256": source.sha256} for source in imports]


def _named(result: Result) -> str:
    code = result.indicator.engagement.code
    return f"{code} {result.indicator.short_title}".strip()


def _counted(number: int, noun: str) -> str:
    """« 1 résultat attendu », « 3 résultats attendus »."""
    return f"{number} {noun if number == 1 else ' '.join(f'{word}s' for word in noun.split())}"
