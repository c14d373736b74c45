"""Figures of some months brought back in a table (`month_table`): everything that is wrong with it, or all
that it changes.

Nothing is guessed and nothing is answered: who made a slip mends it in the file and brings it again. A row
that says what it said when it was taken away changes nothing; one of a figure that somebody else wrote since
is refused, and so is every figure of a month that is closed.
"""

import datetime
import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from django.db import transaction
from django.utils import timezone

from indicators import entry, returns, uploads
from indicators.answers import Problem
from indicators.columns import TwoColumnsError
from indicators.entry import Said, Standing, Typed, Weighed, weigh
from indicators.expected import Owed
from indicators.history import NO_FIGURE
from indicators.imports import Report, new_name, next_number
from indicators.models import FigureImport, Measurement
from indicators.month_table import NO_CASE, NOT_MEASURED, REQUIRED, TITLES, in_our_words, standings
from indicators.periods import Period, in_words
from referentiel.measures import MONTHS, in_french
from referentiel.models import Indicator
from sheets.child import read_apart
from sheets.reading import Row, bytes_of, name_of
from sheets.words import folded
from sites import files
from sites.conflicts import RefusedError
from sites.models import Agent, Prefecture, Service

State = FigureImport.State
T = TypeVar("T")

# Printed once for several rows where they are merged; a new unit starts its services anew.
MERGED: Final = ("unit", "service", "month")
NUMBERS: Final = ("numerator", "denominator", "instead_numerator", "instead_denominator")
CONTENT: Final = (*NUMBERS, "answer", "reason", "comment", "reserve")
MOST_DIGITS: Final = 13
_WHOLE = re.compile(r"([0-9]+)(?:[.,]0{1,2})?", re.ASCII)
_MONTH_FORMS: Final = (
    re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})(?:-01(?: 00:00:00)?)?", re.ASCII),
    re.compile(r"(?:0?1/)?(?P<month>\d{1,2})/(?P<year>\d{4}|\d\d)", re.ASCII),
)
_DAY: Final = re.compile(r"\d{1,2}/\d{1,2}/\d{2,4}|\d{4}-\d\d-\d\d.*", re.ASCII)
_ANSWERS: Final = {
    "": "",
    **dict.fromkeys(("aucun cas", "aucun", "neant"), NO_CASE),
    **dict.fromkeys(("non mesurable", "non mesure", "non mesuree"), NOT_MEASURED),
}


class Wrong(StrEnum):
    """What is wrong with a cell, for whoever reads the report of the command."""

    UNKNOWN_SERVICE = "unknown_service"
    UNKNOWN_INDICATOR = "unknown_indicator"
    UNREADABLE_MONTH = "unreadable_month"
    UNREADABLE_CELL = "unreadable_cell"
    IMPOSSIBLE = "impossible_figure"
    LOCKED = "locked_month"
    WRITTEN_MEANWHILE = "written_meanwhile"
    SAID_TWICE = "said_twice"


class WrongCellError(Exception):
    def __init__(self, column: str, code: Wrong, sentence: str) -> None:
        super().__init__(sentence)
        self.column, self.code = column, code


class ProblemsError(RefusedError):
    def __init__(self, examined: "Examination") -> None:
        self.report = examined.report
        number = len(examined.problems)
        super().__init__(
            f"{number} problème{'s' * (number > 1)} : rien n'a été importé. Corriger le fichier, puis "
            "recommencer."
        )


@dataclass(frozen=True)
class Change:
    """A figure that changes, in words; what is not entered is empty."""

    service: str
    month: str
    indicator: str
    before: str
    after: str


@dataclass(frozen=True)
class Examination:
    """What a table says beside what is stored. Nothing is written yet."""

    rows: int
    unchanged: int
    problems: list[Problem]
    changes: list[Change]
    cells: dict[tuple[Service, datetime.date], list[Typed]]

    @property
    def imported(self) -> int:
        return len(self.changes)

    @property
    def report(self) -> Report:
        """As every import is reported: a problem has no answer here."""
        return Report(self.rows, self.imported, self.unchanged, self.problems, self.problems)

    @property
    def fingerprint(self) -> str:
        """The same as long as the same figures would be written over the same ones."""
        seen = [cell.seen for cells in self.cells.values() for cell in cells]
        said = [[asdict(change) for change in self.changes], seen]
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Filled:
    """A row that was understood."""

    row: Row
    cell: Typed


def import_file(
    path: Path,
    *,
    prefecture: Prefecture,
    year: int,
    services: Collection[Service],
    by: Agent,
    dry_run: bool = False,
) -> Examination:
    """Take in a file, all of it or nothing, as somebody who enters the figures of these services."""
    data = bytes_of(path)
    rows = read_apart(data)
    source = FigureImport(
        prefecture=prefecture,
        year=year,
        contents=FigureImport.Contents.MONTHS,
        file_name=name_of(path)[-200:],
        sha256=hashlib.sha256(data).hexdigest(),
        uploaded_by=by,
    )
    with transaction.atomic():
        prefecture.lock()
        examined = examine(source, rows, services)
        if not dry_run and (examined.problems or examined.imported):
            source.number = next_number(prefecture)
            source.stored_as = new_name(prefecture)
            write(source, examined, by=by)
            files.keep(source.stored_as, data)
    return examined


def examine(source: FigureImport, rows: list[Row], services: Collection[Service]) -> Examination:
    """What a table would change of the figures of these services in the year of its import. The number of
    queries does not depend on the rows. Raises RefusedError for a table of another kind."""
    prefecture, period = source.prefecture, Period.year(source.year)
    try:
        rows = in_our_words(rows)
    except TwoColumnsError as error:
        raise RefusedError(str(error)) from error
    if lacking := [TITLES[name] for name in REQUIRED if name not in rows[0].cells]:
        raise RefusedError(f"Il manque la colonne « {lacking[0]} ».")
    owed = Owed(prefecture, period.first, period.last)
    every = Service.objects.filter(unit__prefecture=prefecture).select_related("unit__prefecture")
    reading = _Reading(list(every), {service.pk for service in services}, owed, source.year)
    for row in _unmerged(rows):
        reading.read(row)
    return settle(prefecture, period, owed, reading.filled, reading.problems, rows=len(rows))


def settle(
    prefecture: Prefecture,
    period: Period,
    owed: Owed,
    filled: Mapping[tuple[Service, datetime.date], list[Filled]],
    problems: Iterable[Problem],
    *,
    rows: int,
) -> Examination:
    """What cells would change, and what else is wrong with them."""
    problems = list(problems)
    stood = standings(prefecture, {service for service, _ in filled}, period)
    stale = (
        one.cell.seen
        for place, found in filled.items()
        for one in found
        if one.cell.seen != stood[place].versions.get(one.cell.indicator.pk, 0)
    )
    past = entry.said_before(stale)
    changes: list[Change] = []
    cells: dict[tuple[Service, datetime.date], list[Typed]] = {}
    for place, found in filled.items():
        standing = replace(stood[place], past=past)
        weighed = weigh((one.cell for one in found), standing, owed)
        lines = {one.cell.indicator: one.row for one in found}
        problems += _problems(weighed, standing, lines)
        if weighed.changed:
            cells[place] = [cell for cell, _ in weighed.changed]
            changes += [_change(standing, cell, row) for cell, row in weighed.changed]
    problems.sort(key=lambda problem: problem.row or 0)
    understood = sum(map(len, filled.values()))
    return Examination(rows, understood - len(changes), problems, changes, cells)


def write(source: FigureImport, examined: Examination, *, by: Agent) -> None:
    """Write what was examined, under the same lock: `source` becomes an import, or nothing is written."""
    if examined.problems:
        raise ProblemsError(examined)
    source.state = State.IMPORTED
    source.rows = None
    source.imported_at, source.imported_by = timezone.now(), by
    source.save()
    period = Period.year(source.year)
    owed = Owed(source.prefecture, period.first, period.last)
    for (service, month), cells in examined.cells.items():
        entry.save(service, month, cells, by=by, owed=owed, source=source)


def preview(source: FigureImport, services: Collection[Service]) -> Examination:
    """What a draft would change now. Raises RefusedError for a table of another kind."""
    return examine(source, uploads.rows_of(source), services)


def confirm(source: FigureImport, *, services: Collection[Service], by: Agent, read: str) -> Examination:
    """Write what somebody read (`read` is its fingerprint): all of it, once."""
    with transaction.atomic():
        source.prefecture.lock()
        draft = uploads.hold(source, State.TO_CHECK)
        examined = preview(draft, services)
        if not examined.problems:
            uploads.refuse_unread(examined.imported, examined.fingerprint, read)
        write(draft, examined, by=by)
    return examined


def changes_of(source: FigureImport) -> list[Change]:
    """What an import changed, with what stood there before: from the history of the figures. Two queries."""
    written = list(
        Measurement.history.filter(source=source)
        .select_related("indicator", "service__unit")
        .order_by("service", "period_start", "history_id")
    )
    earlier: dict[int, list[Any]] = defaultdict(list)
    for past in Measurement.history.filter(id__in={one.id for one in written}).order_by("-history_id"):
        earlier[past.id].append(past)
    return [
        Change(
            named(one.service),
            in_words(one.period_start),
            one.indicator.title,
            next(
                (
                    _of_row(past, one.indicator)
                    for past in earlier[one.id]
                    if past.history_id < one.history_id
                ),
                "",
            ),
            "" if one.history_type == "-" else _of_row(one, one.indicator),
        )
        for one in written
    ]


# --- reading -----------------------------------------------------------------------------------------------


class _Reading:
    """What the rows say, from top to bottom."""

    def __init__(self, services: list[Service], own: set[int], owed: Owed, year: int) -> None:
        self.problems: list[Problem] = []
        self.filled: dict[tuple[Service, datetime.date], list[Filled]] = defaultdict(list)
        self._services, self._own, self._owed, self._year = services, own, owed, year
        self._of_month: dict[tuple[Service, datetime.date], list[Indicator]] = {}
        self._seen: dict[tuple[Service, datetime.date, Indicator], Filled] = {}

    def read(self, row: Row) -> None:
        wrong: list[WrongCellError] = []
        service = kept(wrong, lambda: self._service(row))
        month = kept(wrong, lambda: _month(row["month"], self._year))
        indicator = kept(wrong, lambda: self._indicator(row, service, month))
        said = _said(row, indicator, wrong)
        seen = kept(wrong, lambda: _version(row["version"]))
        if not wrong and service and month and indicator:
            filled = Filled(row, Typed(indicator, said, seen or 0))
            twin = self._seen.setdefault((service, month, indicator), filled)
            if twin is filled:
                self.filled[service, month].append(filled)
            elif twin.cell.said != said:
                sentence = f"La ligne {twin.row.line} dit autre chose du même chiffre : n'en garder qu'une."
                wrong.append(WrongCellError("indicator", Wrong.SAID_TWICE, sentence))
        self.problems += [problem_in(row, one.column, one.code, str(one)) for one in wrong]

    def _service(self, row: Row) -> Service:
        unit, name = folded(row["unit"]), folded(row["service"])
        found = [
            one
            for one in self._services
            if name in (folded(one.name), folded(one.short_name))
            and unit in ("", folded(one.unit.name), folded(one.unit.short_name))
        ]
        exact = [one for one in found if name == folded(one.short_name)]
        if len(found) > 1 and len(exact) == 1:
            found = exact
        if not name or not found:
            said = row["service"] or "(vide)"
            sentence = f"« {said} » n'est pas un service de la préfecture : reprendre son nom dans le modèle."
        elif len(found) > 1:
            sentence = f"Plusieurs services s'appellent « {row['service']} » : donner l'unité, ou le sigle."
        elif found[0].pk not in self._own:
            sentence = f"Les chiffres de « {found[0].name} » ne sont pas à saisir par vous : ôter la ligne."
        else:
            return found[0]
        raise WrongCellError("service", Wrong.UNKNOWN_SERVICE, sentence)

    def _indicator(self, row: Row, service: Service | None, month: datetime.date | None) -> Indicator:
        label, code = folded(row["indicator"]), folded(row["code"])
        found = [
            one
            for one in self._owed.indicators
            if label in map(folded, (one.title, one.short_title, *one.aliases))
            and code in ("", folded(one.engagement.code))
        ]
        if len(found) > 1 and service and month:
            place = service, month
            due = self._of_month.setdefault(place, self._owed.of(*place))
            found = [one for one in found if one in due] or found
        if len(found) == 1:
            return found[0]
        said = row["indicator"] or "(vide)"
        sentence = (
            f"Plusieurs indicateurs s'appellent « {said} » : donner le code de l'engagement."
            if found
            else f"« {said} » n'est pas un indicateur suivi en {self._year} : reprendre celui du modèle."
        )
        raise WrongCellError("indicator", Wrong.UNKNOWN_INDICATOR, sentence)


def kept(wrong: list[WrongCellError], read: Callable[[], T]) -> T | None:
    """What a cell says; None where it is wrong, which is told."""
    try:
        return read()
    except WrongCellError as error:
        wrong.append(error)
        return None


def _unmerged(rows: list[Row]) -> Iterator[Row]:
    """The rows as if no cell were merged."""
    above = dict.fromkeys(MERGED, "")
    for row in rows:
        if row["unit"] and row["unit"] != above["unit"]:
            above["service"] = ""
        above |= {name: row[name] for name in MERGED if row[name]}
        yield replace(row, cells={**row.cells, **above})


def _said(row: Row, indicator: Indicator | None, wrong: list[WrongCellError]) -> Said | None:
    """What a row says of its figure; None where it says nothing, or cannot be read."""
    if not any(row[name] for name in CONTENT):
        return None
    before = len(wrong)
    numbers = [kept(wrong, partial(number_in, row, name)) for name in NUMBERS]
    answer = kept(wrong, lambda: _answer(row["answer"])) or ""
    if len(wrong) > before or indicator is None:
        return None
    return kept(wrong, lambda: _combined(row, indicator, answer, numbers))


def _combined(row: Row, indicator: Indicator, answer: str, numbers: list[int | None]) -> Said:
    numerator, denominator, *instead = numbers
    said = Said(numerator, denominator, row["reason"], row["reserve"], row["comment"], *instead)
    is_typed = (numerator, denominator) != (None, None)
    is_numbered = is_typed or said.is_replaced
    if answer and (numerator or denominator or (answer == NOT_MEASURED and is_numbered)):
        sentence = f"La réponse est « {answer} » et la ligne a des nombres : garder l'un ou l'autre."
        raise WrongCellError("answer", Wrong.UNREADABLE_CELL, sentence)
    if answer == NO_CASE:
        is_count = Measurement.Shape.of(indicator) == Measurement.Shape.COUNT
        return replace(said, numerator=0, denominator=None if is_count else 0)
    if not (answer or is_numbered or row["reason"] or row["reserve"]):
        sentence = "Une note ne suffit pas : donner le chiffre, ou répondre « non mesurable » avec son motif."
        raise WrongCellError("numerator", Wrong.UNREADABLE_CELL, sentence)
    return said


def number_in(row: Row, column: str) -> int | None:
    said = row[column]
    text = re.sub(r"\s", "", said)
    if not text:
        return None
    found = _WHOLE.fullmatch(text)
    if found and len(found[1]) <= MOST_DIGITS:
        return int(found[1])
    if "%" in text:
        sentence = f"« {said} » est un pourcentage : écrire les deux nombres, le taux se calcule."
    elif _DAY.fullmatch(said):
        sentence = f"« {said} » est une date, et non un nombre : changer le format de la cellule."
    elif found:
        sentence = f"« {said} » est trop grand."
    elif re.fullmatch(r"[0-9]+[.,][0-9]+", text):
        sentence = f"« {said} » n'est pas un nombre entier : écrire les deux nombres, le taux se calcule."
    else:
        sentence = f"« {said[:60]} » n'est pas un nombre entier sans signe."
    raise WrongCellError(column, Wrong.UNREADABLE_CELL, sentence)


def _answer(text: str) -> str:
    if folded(text) not in _ANSWERS:
        sentence = f"« {text[:60]} » n'est pas une réponse : écrire « {NO_CASE} » ou « {NOT_MEASURED} »."
        raise WrongCellError("answer", Wrong.UNREADABLE_CELL, sentence)
    return _ANSWERS[folded(text)]


def _version(text: str) -> int:
    found = _WHOLE.fullmatch(text or "0")
    if found is None or len(found[1]) > MOST_DIGITS:
        sentence = f"« {text[:60]} » n'est pas une version : laisser cette colonne comme elle était."
        raise WrongCellError("version", Wrong.UNREADABLE_CELL, sentence)
    return int(found[1])


def _month(text: str, year: int) -> datetime.date:
    """« mars 2020 », and what spreadsheets make of it: « mars-20 », « 01/03/2020 », « 2020-03-01 »."""
    number, own_year = month_and_year(text)
    if not 1 <= number <= 12:
        sentence = f"« {text[:60]} » n'est pas un mois : écrire « mars {year} »."
    elif own_year != year:
        sentence = f"Ce mois n'est pas de {year} : l'importer avec les chiffres de son année."
    else:
        return datetime.date(year, number, 1)
    raise WrongCellError("month", Wrong.UNREADABLE_MONTH, sentence)


def month_and_year(text: str) -> tuple[int, int]:
    """(0, 0) where it is no month. Two digits of a year are of this century."""
    for form in _MONTH_FORMS:
        if found := form.fullmatch(text.strip()):
            return int(found["month"]), _century(found["year"])
    match folded(text).split():
        case [*first, name, year] if first in ([], ["1"], ["01"], ["1er"]) and len(name) >= 3:
            numbers = [n for n, month in enumerate(MONTHS) if month and folded(month).startswith(name)]
            if len(numbers) == 1 and re.fullmatch(r"\d{4}|\d\d", year, re.ASCII):
                return numbers[0], _century(year)
    return 0, 0


def _century(year: str) -> int:
    return int(year) + (2000 if len(year) == 2 else 0)


# --- saying ------------------------------------------------------------------------------------------------


def _problems(weighed: Weighed, standing: Standing, lines: Mapping[Indicator, Row]) -> Iterator[Problem]:
    """Why a month cannot take what its rows change."""
    if not weighed.changed:
        return
    if lock := returns.lock_on(standing.found):
        for cell, _ in weighed.changed:
            yield problem_in(lines[cell.indicator], "month", Wrong.LOCKED, lock)
        return
    for indicator, sentence in weighed.problems.items():
        yield problem_in(lines[indicator], "numerator", Wrong.IMPOSSIBLE, sentence)
    for clash in weighed.clashes:
        saved = _of_row(clash.saved, clash.indicator) if clash.saved else "rien"
        sentence = (
            f"Ce qui est enregistré a changé depuis le téléchargement de ce tableau ({saved}) : le "
            "télécharger de nouveau, et y reporter le chiffre."
        )
        yield problem_in(lines[clash.indicator], "version", Wrong.WRITTEN_MEANWHILE, sentence)


def problem_in(row: Row, column: str, code: Wrong, sentence: str) -> Problem:
    return Problem(row.line, column, row["service"], row["indicator"], code.value, True, sentence)


def _change(standing: Standing, cell: Typed, row: Measurement | None) -> Change:
    return Change(
        named(standing.found.service),
        in_words(standing.found.month),
        cell.indicator.title,
        _of_row(row, cell.indicator) if row else "",
        said_in_words(cell.said, cell.indicator) if cell.said else "",
    )


def _of_row(row: Any, indicator: Indicator) -> str:
    """Of a figure, or of what its history keeps."""
    return said_in_words(Said.of(row), indicator)


def named(service: Service) -> str:
    """« Arles, Point numérique »: several units have one."""
    return f"{service.unit.short_name}, {service.name}"


def said_in_words(said: Said, indicator: Indicator) -> str:
    """« 9 sur 10 (sous réserve : compteur en panne) », « 30 pour 10 cas », possible or not."""
    match said.numerator, said.denominator:
        case None, _:
            words = f"{NOT_MEASURED} : {said.why_unmeasured}" if said.why_unmeasured else NO_FIGURE
        case number, None:
            words = in_french(number)
        case 0, 0:
            words = NO_CASE
        case number, total:
            words = f"{in_french(number)} sur {in_french(total)}"
            if indicator.is_mean:
                words = f"{in_french(number)} pour {in_french(total)} cas"
    beside = {"sous réserve": said.reserve, "à la place": "", "note": said.comment}
    if said.is_replaced:
        beside["à la place"] = said_in_words(Said(*said.counted), indicator)
    more = [f"{name} : {text}" for name, text in beside.items() if text]
    return f"{words} ({' ; '.join(more)})" if more else words
