"""Take the results of a year from an old document, and list everything that is wrong with them.

A table of printed results (or of printed notes) is read apart; `examine` finds its problems and what there is
to write, `write` writes all of it or nothing. A blocking problem waits for an answer, from a TOML file
(`import_file`) or from a page (`indicators.uploads`): for a row and a column, what to read instead, or to
leave it out, and why. A warning is listed and the figure is taken as printed. The same file twice writes
nothing.
"""

import datetime
import hashlib
import json
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from indicators import columns
from indicators.answers import ADVICE, Answer, Code, Desk, Problem, read_answers
from indicators.ledger import Change, Ledger, PrintedFigure
from indicators.models import FigureImport, Measurement, Note
from indicators.norm import PLACES, Norm
from indicators.printed import (
    MAX_LENGTH,
    MisfitError,
    PrintedTarget,
    is_blank,
    read_mood,
    read_period,
    read_result,
    read_target,
    read_yes_or_no,
)
from referentiel import measures
from referentiel.measures import Coverage, Printed, Verdict, judge, rounded
from referentiel.models import Indicator, Referentiel, Target
from sheets.child import read_apart
from sheets.reading import Row, bytes_of, name_of
from sites import files
from sites.conflicts import RefusedError
from sites.models import Agent, Prefecture, Unit

T = TypeVar("T")


# How many of the other units' targets a message quotes.
MAX_OTHERS = 3

# A merged block prints these once, on its first row; a new one starts the narrower ones anew.
MERGED = ("prefecture", "unit_kind", "unit", "theme")


@dataclass(frozen=True)
class Report:
    """`imported` and `unchanged` count figures (of the year and of the one before) and notes."""

    rows: int
    imported: int
    unchanged: int
    problems: list[Problem]
    unanswered: list[Problem]
    changes: list[Change] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class UnansweredError(RefusedError):
    def __init__(self, report: Report) -> None:
        self.report = report
        number = len(report.unanswered)
        super().__init__(
            f"{number} problème{'s' * (number > 1)} sans réponse : rien n'a été importé. Écrire pour chacun, "
            "dans le fichier de réponses, une correction ou une mise à l'écart, avec son motif."
        )


@dataclass(frozen=True)
class Examination:
    """What a table says beside what is stored. Nothing is written yet."""

    report: Report
    ledger: Ledger
    record: list[dict[str, Any]]
    contents: FigureImport.Contents
    borrowed_from: Referentiel | None

    @property
    def fingerprint(self) -> str:
        """The same as long as the same figures and notes would be written, for the same answers."""
        said = [[asdict(change) for change in self.report.changes], self.report.notes, self.record]
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def import_file(
    path: Path,
    *,
    prefecture: Prefecture,
    year: int,
    answers: Path | None = None,
    by: Agent | None = None,
    dry_run: bool = False,
) -> Report:
    """Take in a file, all of it or nothing. `answers` is the file of a person's answers to its problems."""
    data = bytes_of(path)
    rows = read_apart(data)
    given = read_answers(answers) if answers else []
    source = FigureImport(
        prefecture=prefecture,
        year=year,
        file_name=name_of(path)[-200:],
        sha256=hashlib.sha256(data).hexdigest(),
        uploaded_by=by,
    )
    with transaction.atomic():
        prefecture.lock()
        examined = examine(source, rows, given, refuse_idle=True)
        if dry_run:
            return examined.report
        if examined.report.imported or examined.report.unanswered:
            source.number = next_number(prefecture)
            source.stored_as = new_name(prefecture)
            write(source, examined, by=by)
            files.keep(source.stored_as, data)
    return examined.report


def new_name(prefecture: Prefecture) -> str:
    """Where a file is kept: a name that says nothing of the one it came with."""
    return f"imports/{prefecture.slug}/{uuid.uuid4().hex}"


def next_number(prefecture: Prefecture) -> int:
    """The number of the préfecture's next import; to be called once it is locked."""
    last = FigureImport.objects.filter(prefecture=prefecture).aggregate(last=Max("number"))["last"]
    return (last or 0) + 1


def examine(
    source: FigureImport, rows: list[Row], answers: list[Answer], *, refuse_idle: bool = False
) -> Examination:
    """What a table says, what is wrong with it, and what would be written. `refuse_idle` is for answers that
    somebody wrote in a file: one that answers nothing there is a slip."""
    prefecture, year = source.prefecture, source.year
    earlier = FigureImport.objects.imported().filter(prefecture=prefecture, year=year, sha256=source.sha256)
    desk = Desk(answers, earlier=list(earlier.values_list("answers", flat=True)))
    norm = Norm(prefecture, year)
    reading = _Reading(norm, desk)
    try:
        rows = columns.in_our_words(rows)
    except columns.TwoColumnsError as error:
        raise RefusedError(str(error)) from error
    reading.read(rows, expected=source.contents)
    ledger = Ledger(prefecture, year, source.sha256)
    ledger.settle(reading.figures, desk)
    if desk.unanswered:
        report = Report(len(rows), 0, 0, desk.sorted_problems, desk.unanswered)
    else:
        desk.keep_record(refuse_idle=refuse_idle)
        ledger.compare(reading.notes, is_repeated=desk.is_repeated)
        report = Report(
            rows=len(rows),
            imported=ledger.imported,
            unchanged=ledger.unchanged,
            problems=desk.sorted_problems,
            unanswered=[],
            changes=ledger.changes,
            notes=[note.text for note in ledger.new_notes],
        )
    return Examination(report, ledger, desk.record, reading.contents, norm.borrowed_from)


def write(source: FigureImport, examined: Examination, *, by: Agent | None) -> None:
    """Write what was examined, under the same lock: `source` becomes an import, or nothing is written."""
    if examined.report.unanswered:
        raise UnansweredError(examined.report)
    source.contents = examined.contents
    source.state = FigureImport.State.IMPORTED
    source.rows = None
    source.problems = [asdict(problem) for problem in examined.report.problems]
    source.answers = examined.record
    source.imported_at, source.imported_by = timezone.now(), by
    source.save()
    examined.ledger.write(source, by)


class _Reading:
    """What the rows say, from top to bottom."""

    def __init__(self, norm: Norm, desk: Desk) -> None:
        self.norm = norm
        self.desk = desk
        self.figures: list[PrintedFigure] = []
        self.notes: list[Note] = []
        self.contents = FigureImport.Contents.RESULTS
        self._result_column = columns.result(norm.year)
        self._names: dict[Unit, str] = {}
        self._seen: set[tuple[Unit, Indicator]] = set()
        self._targets: dict[Indicator, list[tuple[Row, PrintedTarget]]] = defaultdict(list)

    def read(self, rows: list[Row], *, expected: str = "") -> None:
        """Collect figures and notes; a table of another kind than the one expected is refused."""
        names = rows[0].cells.keys()
        years = [name for name in names if name.startswith(columns.RESULT)]
        if years and expected == FigureImport.Contents.NOTES:
            raise RefusedError("Ce tableau contient des résultats, et non des notes.")
        if self._result_column in years:
            _require(names, "unit", "indicator")
            self._read_results(rows, is_extract="printed_remark" in names and "printed_target" not in names)
        elif years:
            raise RefusedError(
                f"Le fichier a la colonne {_named(*years)}, et non {_named(self._result_column)} : "
                "l'importer pour son année."
            )
        elif columns.NOTE in names and expected != FigureImport.Contents.RESULTS:
            self.contents = FigureImport.Contents.NOTES
            _require(names, "unit")
            for row in rows:
                self._read_note(row)
        elif expected == FigureImport.Contents.RESULTS:
            raise RefusedError(f"Il manque la colonne {_named(self._result_column)}.")
        else:
            raise RefusedError(
                f"Il manque la colonne {_named(self._result_column)} (ou {_named(columns.NOTE)})."
            )

    def _read_results(self, rows: list[Row], *, is_extract: bool) -> None:
        if not self.norm.indicators:
            raise RefusedError(
                f"{self.norm.prefecture} ne suit aucun indicateur en {self.norm.year} : "
                "enregistrer d'abord le référentiel qu'elle suit, avec ses indicateurs."
            )
        above: tuple[str, Indicator | None] = ("", None)
        for row in _unmerged(rows):
            indicator = self._read_result(row, above[1] if above[0] == row["unit"] else None)
            above = (row["unit"], indicator)
        self._compare_targets()
        if not is_extract:
            self._list_absent()

    def _read_note(self, row: Row) -> None:
        """A note that names no unit belongs to the whole table: nobody guesses which."""
        if is_blank(row["printed_note"]) or not self._is_ours(row):
            return
        unit = self._unit(row) if row["unit"] else None
        if unit or not row["unit"]:
            self.notes.append(self._note(row, row["printed_note"], unit))

    def _read_result(self, row: Row, above: Indicator | None) -> Indicator | None:
        """Collect the figures of a row; its indicator, for the row below it."""
        unit = self._unit(row) if self._is_ours(row) else None
        if unit is None:
            return None
        indicator, _ = self._cell(
            row, "indicator", Code.UNKNOWN_INDICATOR, lambda label: self.norm.indicator(label, row, above)
        )
        self._names.setdefault(unit, row["unit"] or unit.name)
        if indicator is None:
            return None
        self._seen.add((unit, indicator))
        self._read_year(row, unit, indicator)
        self._read_year_before(row, unit, indicator)
        return indicator

    def _read_year(self, row: Row, unit: Unit, indicator: Indicator) -> None:
        column = self._result_column
        target, target_answer = self._cell(
            row,
            "printed_target",
            Code.TARGET_DOES_NOT_FIT,
            partial(self.norm.target, indicator),
            confirm=partial(self.norm.target, indicator, however_far=True),
        )
        if target and not target_answer and (printed := read_target(row["printed_target"], indicator.unit)):
            self._targets[indicator].append((row, printed))
        amount, answer = self._cell(
            row, column, Code.VALUE_DOES_NOT_FIT, partial(read_result, unit=indicator.unit)
        )
        if amount is None and not is_blank(row[column]):
            return  # left out, or still without its answer
        if not is_blank(row["printed_remark"]):
            self.notes.append(self._note(row, row["printed_remark"], unit, indicator))
        if amount is None:
            self._read_reason(row, unit, indicator)
            return
        if not answer:
            self._check_mood(row, amount, None if target_answer else target)
        measurement = self._figure(row, column, unit, indicator, self.norm.year)
        measurement.first_month, measurement.last_month = self._months(row)
        if target:
            measurement.target_comparator = target.comparator.value
            measurement.target_value = rounded(target.value, PLACES)
        if target_answer:
            measurement.target_reason = target_answer.reason
        self._set_value(measurement, amount, answer)

    def _read_reason(self, row: Row, unit: Unit, indicator: Indicator) -> None:
        """Why there is no result is a figure of its own: it is not the same as nothing."""
        if is_blank(row["printed_reason"]):
            message = "Pas de résultat et pas de motif : dire pourquoi."
            self.desk.warn(Code.NO_RESULT, row, self._result_column, message)
        else:
            measurement = self._figure(row, self._result_column, unit, indicator, self.norm.year)
            measurement.reason = row["printed_reason"]

    def _read_year_before(self, row: Row, unit: Unit, indicator: Indicator) -> None:
        column = "printed_previous_year"
        amount, answer = self._cell(
            row, column, Code.VALUE_DOES_NOT_FIT, partial(read_result, unit=indicator.unit)
        )
        if amount is None:
            return
        measurement = self._figure(row, column, unit, indicator, self.norm.year - 1)
        measurement.printed_met, _ = self._cell(
            row, "printed_previous_year_met", Code.VALUE_DOES_NOT_FIT, read_yes_or_no
        )
        self._set_value(measurement, amount, answer)

    def _set_value(self, measurement: Measurement, amount: Decimal, answer: Answer | None) -> None:
        """A figure keeps four decimals, and never crosses the target that judges it by losing the others."""
        if answer:
            measurement.origin = Measurement.Origin.CORRECTED
            measurement.reason = answer.reason
        if measurement.shape == Measurement.Shape.COUNT:
            measurement.numerator = int(amount)
            return
        year = measurement.period_start.year
        in_force = self.norm.target_in_force(measurement.indicator, year=year)
        target = measurement.printed_target or (in_force.measure if in_force else None)
        measurement.value_places = min(Printed(amount).places, PLACES)
        measurement.value = rounded(Fraction(amount), measurement.value_places, target)

    def _note(
        self, row: Row, text: str, unit: Unit | None = None, indicator: Indicator | None = None
    ) -> Note:
        return Note(
            prefecture=self.norm.prefecture,
            year=self.norm.year,
            unit=unit,
            indicator=indicator,
            text=text,
            source_row=row.line,
        )

    def _figure(self, row: Row, column: str, unit: Unit, indicator: Indicator, year: int) -> Measurement:
        """The figure of a cell, still without its value."""
        measurement = Measurement(
            prefecture=self.norm.prefecture,
            unit=unit,
            indicator=indicator,
            period=Measurement.Period.YEAR,
            period_start=datetime.date(year, 1, 1),
            first_month=1,
            last_month=12,
            shape=Measurement.Shape.of(indicator),
            origin=Measurement.Origin.PRINTED,
            printed_text=row[column][:MAX_LENGTH],
            source_row=row.line,
        )
        self.figures.append(PrintedFigure(row, column, measurement))
        return measurement

    def _months(self, row: Row) -> tuple[int, int]:
        """The first and the last month that a figure counts; unsaid, they are those of the whole year."""
        column = "printed_period"
        months, answer = self._cell(
            row, column, Code.VALUE_DOES_NOT_FIT, partial(read_period, year=self.norm.year)
        )
        if months is None:
            return 1, 12
        span = Coverage.span(*months)
        if not span.is_whole_year and not answer:
            message = (
                f"La période imprimée ({span.label}) n'est pas l'année entière : "
                "le résultat ne se compare pas à celui d'une année."
            )
            self.desk.warn(Code.PARTIAL_YEAR, row, column, message)
        return months

    def _check_mood(self, row: Row, amount: Decimal, target: measures.Target | None) -> None:
        """The verdict is drawn from the figures; the document's own is only held against it."""
        mood = read_mood(row["printed_mood"])
        verdict = judge(Fraction(amount), target)
        said = f"{row[self._result_column]} pour {row['printed_target']}"
        if mood is None and "printed_mood" in row.cells and not is_blank(row["printed_target"]):
            drawn = f"les chiffres disent « {verdict.label} »" if target else "l'objectif n'est pas lisible"
            face = row["printed_mood"]
            lack = (
                f"« {face} » ne dit pas si l'objectif est atteint" if face else "Aucun visage n'est imprimé"
            )
            message = f"{lack} ({said}) : {drawn}."
            self.desk.warn(Code.VERDICT_MISSING, row, "printed_mood", message)
        elif mood is not None and target and mood != (verdict == Verdict.MET):
            message = f"Le visage imprimé dit le contraire des chiffres ({said}, {verdict.label})."
            self.desk.warn(Code.MOOD_CONTRADICTS_TARGET, row, "printed_mood", message)

    def _compare_targets(self) -> None:
        """The same indicator has the same target everywhere; the odd ones out are pointed at."""
        for indicator, printed in self._targets.items():
            odd = _odd_ones([target for _, target in printed], self.norm.target_in_force(indicator))
            spellings = {target: row["printed_target"] for row, target in printed}
            for row, target in printed:
                if target in odd:
                    others = (f"« {text} »" for said, text in spellings.items() if said != target)
                    quoted = list(islice(others, MAX_OTHERS)) + ["…"] * (len(spellings) > MAX_OTHERS + 1)
                    message = (
                        f"L'objectif « {row['printed_target']} » diffère de celui que le tableau imprime "
                        f"ailleurs ({', '.join(quoted)})."
                    )
                    self.desk.warn(Code.TARGET_DIFFERS, row, "printed_target", message)

    def _list_absent(self) -> None:
        """Every indicator of a unit's perimeter has a row in a table of its results."""
        for unit, name in self._names.items():
            for indicator in self.norm.indicators:
                is_expected = (unit.pk, indicator.engagement.module_id) in self.norm.expected
                if is_expected and (unit, indicator) not in self._seen:
                    message = (
                        f"Attendu de « {name} », l'indicateur n'a pas de ligne : l'ajouter, ou dire pourquoi."
                    )
                    self.desk.add(Code.INDICATOR_ABSENT, None, None, name, indicator.title, message)

    def _is_ours(self, row: Row) -> bool:
        name, _ = self._cell(row, "prefecture", Code.OTHER_PREFECTURE, self.norm.own_name)
        return name is not None

    def _unit(self, row: Row) -> Unit | None:
        unit, _ = self._cell(
            row, "unit", Code.UNKNOWN_UNIT, lambda name: self.norm.unit(name, row["unit_kind"])
        )
        return unit

    def _cell(
        self,
        row: Row,
        column: str,
        code: Code,
        read: Callable[[str], T],
        confirm: Callable[[str], T] | None = None,
    ) -> tuple[T | None, Answer | None]:
        """What a cell says; where it cannot be read, what the person who answered says instead of it.

        An answer that repeats the cell confirms it, where it may be strange and right (`confirm`).
        """
        try:
            return read(row[column]), None
        except MisfitError as misfit:
            answer = self.desk.ask(code, row, column, f"{misfit} {ADVICE[code]}")
        if answer is None or answer.corrected is None:
            return None, answer
        if confirm and answer.corrected == row[column]:
            read = confirm
        try:
            return read(answer.corrected), answer
        except MisfitError as misfit:
            self.desk.insist(code, row, column, f"La réponse ne convient pas : {misfit}")
            return None, answer


def _require(names: Iterable[str], *required: str) -> None:
    if missing := [name for name in required if name not in names]:
        raise RefusedError(f"Il manque la colonne {_named(*missing)} dans la ligne de titres.")


def _named(*names: str) -> str:
    """« Résultat 2018 » (printed_result_2018): in the words of people, and in those of older files."""
    titles = ", ".join(columns.title(name, 0) for name in names)
    return f"« {titles} » ({', '.join(names)})"


def _unmerged(rows: list[Row]) -> Iterator[Row]:
    """The rows as if no cell were merged."""
    above = dict.fromkeys(MERGED, "")
    for row in rows:
        for place, name in enumerate(MERGED):
            if row[name] and row[name] != above[name]:
                above.update(dict.fromkeys(MERGED[place:], ""))
                above[name] = row[name]
        yield replace(row, cells={**row.cells, **{name: above[name] for name in MERGED if name in row.cells}})


def _odd_ones(printed: list[PrintedTarget], norm: Target | None) -> set[PrintedTarget]:
    """The targets that most units do not print. Between several as frequent, the référentiel's is usual;
    where it is none of them, all are odd."""
    times = Counter(printed)
    most = max(times.values())
    usual = [target for target in times if times[target] == most]
    if norm and len(usual) > 1:
        usual = [target for target in usual if target.value == norm.value] or usual
    if norm and len(usual) > 1:
        usual = [target for target in usual if target.comparator == norm.comparator] or usual
    return set(times) - set(usual if len(usual) == 1 else ())
