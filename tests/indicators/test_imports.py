"""The import of printed figures. The printed tables of 2018 are the judge: every fault by its position, every
figure cell by cell."""

import csv
import datetime
import io
import os
import re
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import CoveredTableCell, Table, TableCell, TableRow
from odf.text import P

from indicators import collection, results
from indicators.answers import Code, Problem
from indicators.collection import Cell, Entry
from indicators.imports import Report, UnansweredError, import_file
from indicators.models import FigureImport, Measurement, Note
from referentiel.models import Indicator
from sites.conflicts import RefusedError
from sites.models import Prefecture, Unit
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shipped")]

DEMO = Path(settings.BASE_DIR) / "qualepref" / "demo"
TABLE = DEMO / "annual_results_2018.csv"
SLIDES = DEMO / "slide_values_2018.csv"
NOTES = DEMO / "notes_2018.csv"
TABLE_ANSWERS = DEMO / "answers-2018.toml"
SLIDES_ANSWERS = DEMO / "answers-slides-2018.toml"

SIEGE, AIX, ARLES, ISTRES = (
    "Préfecture",
    "Sous-préfecture d'Aix-en-Provence",
    "Sous-préfecture d'Arles",
    "Sous-préfecture d'Istres",
)
RESULT, TARGET, MOOD = "printed_result_2018", "printed_target", "printed_mood"
BEFORE, PERIOD = "printed_previous_year", "printed_period"


@pytest.fixture
def prefecture(db: None) -> Prefecture:
    return Prefecture.objects.get(code="13")


@pytest.fixture
def take(prefecture: Prefecture) -> Callable[..., Report]:
    """`take(path)` imports a file for the préfecture and for 2018."""

    def take(path: Path, answers: Path | None = None, **options: object) -> Report:
        return import_file(path, **{"prefecture": prefecture, "year": 2018, "answers": answers, **options})

    return take


@pytest.fixture
def refused(take: Callable[..., Report]) -> Callable[..., Report]:
    """The report of a file that waits for answers, and of which nothing was written."""

    def refused(path: Path, answers: Path | None = None, **options: object) -> Report:
        before = everything()
        with pytest.raises(UnansweredError) as error:
            take(path, answers, **options)
        assert everything() == before
        return error.value.report

    return refused


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """`written(row, …)` is a CSV file of rows by the names of their columns."""
    numbers = iter(range(1000))

    def write(*rows: dict[str, str]) -> Path:
        path = tmp_path / f"tableau-{next(numbers)}.csv"
        columns = list(dict.fromkeys(column for row in rows for column in row))
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, restval="", delimiter=";")
            writer.writeheader()
            writer.writerows(rows)
        return path

    return write


@pytest.fixture
def answered(tmp_path: Path) -> Callable[..., Path]:
    """`answered(text)` is a file of answers."""
    numbers = iter(range(1000))

    def write(*answers: str) -> Path:
        path = tmp_path / f"reponses-{next(numbers)}.toml"
        path.write_text("".join(f"[[answer]]\n{answer}\n" for answer in answers), encoding="utf-8")
        return path

    return write


def answer(row: int, column: str, corrected: str | None = None, reason: str = "vérifié") -> str:
    said = "left_out = true" if corrected is None else f'corrected = "{corrected}"'
    return f'row = {row}\ncolumn = "{column}"\n{said}\nreason = "{reason}"'


def printed(path: Path = TABLE) -> dict[int, dict[str, str]]:
    """The rows of a printed file by their line."""
    with path.open(encoding="utf-8", newline="") as file:
        return dict(enumerate(csv.DictReader(file), 2))


def found(report: Report) -> set[tuple[int | None, str | None, str]]:
    return {(problem.row, problem.column, problem.code) for problem in report.problems if problem.row}


def found_in(report: Report, *codes: Code) -> list[tuple[int | None, str | None]]:
    return [(problem.row, problem.column) for problem in report.problems if problem.code in codes]


def everything() -> list[int]:
    """How many rows there are of all that an import may write, histories included."""
    models = (FigureImport, Measurement, Measurement.history.model, Note, Note.history.model)
    return [model.objects.count() for model in models]


def stored() -> dict[tuple[int, int], tuple[object, ...]]:
    """What each figure says, by its line and its year; without the text as printed."""
    return {
        (one.source_row, one.period_start.year): (
            one.unit.name,
            one.indicator.key,
            str(one.measure.amount if one.value is not None else one.numerator),
            one.coverage.label,
            f"{one.printed_target.comparator} {one.printed_target.value}" if one.printed_target else "",
            one.printed_met,
            one.origin,
        )
        for one in Measurement.objects.select_related("unit", "indicator")
    }


def figure(unit: str, key: str, year: int = 2018) -> Measurement:
    return Measurement.objects.get(unit__name=unit, indicator__key=key, period_start__year=year)


SATISFACTION = "point-numerique-satisfaction"
RECEIVED = "point-numerique-usagers-recus"
PN = {"theme": "Points numériques", "engagement": "E15"}
SATISFIED = {**PN, "indicator": "Taux de satisfaction"}
LOST = {"theme": "Accueil téléphonique", "engagement": "E10", "indicator": "Taux d'appels perdus"}


# --- The printed table of 2018: its faults ---

FAULTS_BY_POSITION = {
    (Code.MOOD_CONTRADICTS_TARGET, MOOD): [2, 10],
    (Code.VERDICT_MISSING, MOOD): [1, 19, 20, 28, 38, 46, 52, 56, 64],
    (Code.TARGET_DIFFERS, TARGET): [22, 24, 50, 54],
    (Code.TARGET_DOES_NOT_FIT, TARGET): [52, 57, 58],
    (Code.VALUE_DOES_NOT_FIT, BEFORE): [3, 57, 58],
    (Code.PARTIAL_YEAR, PERIOD): [7, 8, 9, 10],
    (Code.NO_RESULT, RESULT): [
        *(3, 4, 5, 6),
        *(13, 14, 15, 16, 17, 18, 21, 22, 23, 24),
        *(31, 32, 35, 36, 37, 39, 40, 41, 42),
        *(49, 50, 53, 54, 55, 57, 58, 59, 60),
    ],
}
FAULTS = {
    (position + 1, column, code.value)
    for (code, column), positions in FAULTS_BY_POSITION.items()
    for position in positions
}
ABSENT_AT_THE_SIEGE = [
    "Taux d'appels perdus",
    "Taux d'appels perdus par le serveur vocal interactif",
    "Taux de réponse aux courriers dans les délais",
    "Taux de réponse aux courriels dans les délais",
    "Délai moyen de réponse aux courriers",
    "Délai moyen de réponse aux courriels",
    "Taux de réponse aux suggestions et réclamations dans les délais",
    "Délai moyen de réponse aux réclamations et suggestions",
    "Taux de rendez-vous dont la date est fixée dans les 10 jours ouvrés",
    "Délai moyen jusqu'à la date du rendez-vous",
]
ABSENT_ELSEWHERE = [
    "Délai moyen de réponse aux courriers des collectivités",
    "Délai moyen de réponse aux courriels des collectivités",
]


def test_every_fault_of_the_printed_table_is_found_and_nothing_else(refused):
    report = refused(TABLE)

    assert found(report) == FAULTS
    assert report.rows == 64
    assert (report.imported, report.unchanged) == (0, 0)


def test_the_indicators_that_a_unit_should_have_and_has_not_are_listed(refused):
    absent = [problem for problem in refused(TABLE).problems if problem.row is None]

    assert {problem.code for problem in absent} == {Code.INDICATOR_ABSENT}
    assert {problem.column for problem in absent} == {None}
    assert [(problem.unit, problem.indicator) for problem in absent] == [
        *((SIEGE, title) for title in ABSENT_AT_THE_SIEGE),
        *((unit, title) for unit in (AIX, ARLES, ISTRES) for title in ABSENT_ELSEWHERE),
    ]


def test_blocking_problems_are_those_that_a_person_must_answer(refused):
    report = refused(TABLE)

    assert [problem for problem in report.problems if problem.blocking] == report.unanswered
    assert found_in(report, Code.VALUE_DOES_NOT_FIT, Code.TARGET_DOES_NOT_FIT) == [
        (4, BEFORE),
        (53, TARGET),
        (58, TARGET),
        (58, BEFORE),
        (59, TARGET),
        (59, BEFORE),
    ]
    assert {problem.code for problem in report.problems if problem.blocking} == {
        Code.VALUE_DOES_NOT_FIT,
        Code.TARGET_DOES_NOT_FIT,
    }


def test_a_problem_names_its_cell_as_printed_and_says_what_to_do(refused):
    problems = {(problem.row, problem.column): problem for problem in refused(TABLE).problems}

    assert problems[53, TARGET] == Problem(
        row=53,
        column=TARGET,
        unit=ISTRES,
        indicator="Délai moyen de réponse aux courriels en jours ouvrés",
        code="target_does_not_fit_indicator",
        blocking=True,
        message=problems[53, TARGET].message,
    )
    assert "« <16j » est trop loin de l'objectif du référentiel (< 5" in problems[53, TARGET].message
    assert problems[53, TARGET].message.endswith(
        "Donner le bon objectif, le confirmer, ou le laisser de côté."
    )
    assert "94,00% pour 95%, objectif non atteint" in problems[3, MOOD].message
    assert all(problem.message.endswith((".", ")")) for problem in problems.values())


# --- The printed table of 2018: its figures ---

KEYS_OF_A_SUBPREFECTURE = [
    "appels-perdus",
    "appels-perdus-svi",
    "courriers-dans-les-delais",
    "courriers-delai-moyen",
    "courriels-dans-les-delais",
    "courriels-delai-moyen",
    "reclamations-dans-les-delais",
    "reclamations-delai-moyen",
    "rct-courriers-dans-les-delais",
    "rct-courriels-dans-les-delais",
    "rct-rendez-vous-reponse-dans-les-delais",
    "rct-rendez-vous-reponse-delai-moyen",
    "rct-rendez-vous-date-dans-les-delais",
    "rct-rendez-vous-date-delai-moyen",
    "point-numerique-usagers-recus",
    "point-numerique-information-seule",
    "point-numerique-teleprocedures-abouties",
    "point-numerique-satisfaction",
]
KEYS = [
    "rct-courriers-dans-les-delais",
    "rct-courriels-dans-les-delais",
    "rct-courriers-delai-moyen",
    "rct-courriels-delai-moyen",
    "rct-rendez-vous-reponse-dans-les-delais",
    "rct-rendez-vous-reponse-delai-moyen",
    *KEYS_OF_A_SUBPREFECTURE[-4:],
    *KEYS_OF_A_SUBPREFECTURE * 3,
]
PERIODS = {"": "année entière", "avril-déc": "avril à décembre", "juill-déc": "juillet à décembre"}
# The corrections of answers-2018.toml, as they are to be stored.
CORRECTED = {
    (58, BEFORE): "100%",
    (59, BEFORE): "1",
    (53, TARGET): "< 5j",
    (58, TARGET): "95%",
    (59, TARGET): "< 4j",
}


def number(text: str) -> str | None:
    """« 94,00% » is "94.00", without the reader that is being judged."""
    return None if text in ("", "-") else re.sub(r"[^0-9.]", "", text.replace(",", "."))


def expected_figures() -> dict[tuple[int, int], tuple[object, ...]]:
    figures: dict[tuple[int, int], tuple[object, ...]] = {}
    for line, row in printed().items():
        key = KEYS[line - 2]
        target = CORRECTED.get((line, TARGET), row[TARGET])
        comparator = "≤" if key.startswith("appels") else "<" if "j" in target else "≥"
        target = f"{comparator} {number(target)}" if number(target) else ""
        if number(row[RESULT]):
            months = PERIODS[row[PERIOD]]
            figures[line, 2018] = (row["unit"], key, number(row[RESULT]), months, target, None, "printed")
        before = CORRECTED.get((line, BEFORE), row[BEFORE])
        if number(before) and line != 4:
            met = {"oui": True, "non": False}.get(row["printed_previous_year_met"].lower())
            origin = "corrected" if (line, BEFORE) in CORRECTED else "printed"
            figures[line, 2017] = (row["unit"], key, number(before), "année entière", "", met, origin)
    return figures


def test_the_figures_of_both_years_are_stored_as_printed_cell_by_cell(take):
    report = take(TABLE, TABLE_ANSWERS)

    assert stored() == expected_figures()
    assert Counter(year for _, year in stored()) == {2018: 32, 2017: 28}
    assert (report.imported, report.unchanged, report.unanswered) == (60, 0, [])
    assert found(report) == FAULTS


def test_a_corrected_figure_keeps_its_printed_text_and_the_reason(take):
    take(TABLE, TABLE_ANSWERS)

    rate = figure(ISTRES, "rct-rendez-vous-reponse-dans-les-delais", 2017)
    assert (rate.printed_text, rate.value, rate.origin) == ("1", 100, Measurement.Origin.CORRECTED)
    assert rate.reason.startswith("Les lignes du taux et du délai moyen sont inversées")
    mean = figure(ISTRES, "courriels-delai-moyen")
    assert (mean.printed_text, mean.origin, mean.reason) == ("1.5", Measurement.Origin.PRINTED, "")
    assert mean.target_reason.startswith("« <16j » vient de la ligne des courriers")


def test_a_target_left_out_is_not_kept_and_says_why(take, answered):
    answers = (
        TABLE_ANSWERS.read_text().replace('corrected = "< 5j"', "left_out = true").split("[[answer]]\n")[1:]
    )

    take(TABLE, answered(*answers))

    mean = figure(ISTRES, "courriels-delai-moyen")
    assert mean.printed_target is None
    assert mean.target_reason.startswith("« <16j » vient de la ligne des courriers")


def test_the_import_keeps_its_file_its_problems_and_its_answers(take, claire):
    report = take(TABLE, TABLE_ANSWERS, by=claire)

    source = FigureImport.objects.get()
    assert (source.file_name, source.year, source.imported_by) == (TABLE.name, 2018, claire)
    assert [Problem(**problem) for problem in source.problems] == report.problems
    assert [
        (entry["row"], entry["column"], entry["code"], entry["corrected"]) for entry in source.answers
    ] == [
        (4, BEFORE, "value_does_not_fit_indicator", None),
        (53, TARGET, "target_does_not_fit_indicator", "< 5j"),
        (58, TARGET, "target_does_not_fit_indicator", "95%"),
        (58, BEFORE, "value_does_not_fit_indicator", "100%"),
        (59, TARGET, "target_does_not_fit_indicator", "< 4j"),
        (59, BEFORE, "value_does_not_fit_indicator", "1"),
    ]
    history = Measurement.history.all()
    assert {(row.history_type, row.history_user) for row in history} == {("+", claire)}
    assert len(history) == 60
    assert set(Measurement.objects.values_list("source", flat=True)) == {source.pk}


# --- Again, otherwise, not at all ---


def test_the_same_file_twice_writes_nothing(take):
    take(TABLE, TABLE_ANSWERS)
    before = everything(), stored()

    report = take(TABLE, TABLE_ANSWERS)

    assert (everything(), stored()) == before
    assert (report.imported, report.unchanged) == (0, 60)
    assert found(report) == FAULTS


def test_the_whole_demo_twice_writes_nothing(take):
    files = [(TABLE, TABLE_ANSWERS), (SLIDES, SLIDES_ANSWERS), (NOTES, None)]
    for path, answers in files:
        take(path, answers)
    before = everything(), stored()

    reports = [take(path, answers) for path, answers in files]

    assert (everything(), stored()) == before
    assert [(report.imported, report.unchanged) for report in reports] == [(0, 60), (0, 9), (0, 2)]


def test_a_trial_reports_all_and_writes_nothing(take):
    before = everything()

    unanswered = take(TABLE, dry_run=True)
    complete = take(TABLE, TABLE_ANSWERS, dry_run=True)

    assert everything() == before
    assert (unanswered.imported, len(unanswered.unanswered)) == (0, 6)
    assert (complete.imported, complete.unchanged, complete.unanswered) == (60, 0, [])


def test_one_missing_answer_and_nothing_is_imported(refused, answered):
    answers = TABLE_ANSWERS.read_text().split("[[answer]]\n")[1:]

    report = refused(TABLE, answered(*answers[:-1]))

    assert [(problem.row, problem.column) for problem in report.unanswered] == [(59, BEFORE)]


def test_the_same_file_with_other_answers_says_it_anew(take, answered):
    take(TABLE, TABLE_ANSWERS)
    answers = (
        TABLE_ANSWERS.read_text().replace('corrected = "1"', 'corrected = "2"').split("[[answer]]\n")[1:]
    )

    report = take(TABLE, answered(*answers))

    assert (report.imported, report.unchanged) == (1, 59)
    assert figure(ISTRES, "rct-rendez-vous-reponse-delai-moyen", 2017).value == 2


def test_a_figure_corrected_by_an_agent_survives_the_same_file(take):
    take(TABLE, TABLE_ANSWERS)
    rate = figure(AIX, "rct-courriels-dans-les-delais")
    rate.value, rate.origin, rate.reason = Decimal("90.00"), Measurement.Origin.CORRECTED, "recompté"
    rate.save()

    assert take(TABLE, TABLE_ANSWERS).imported == 0

    rate.refresh_from_db()
    assert rate.value == 90


def test_an_import_costs_the_same_number_of_queries_whatever_its_size(take, written):
    indicators = ["Taux d'appels perdus", "Taux d'appels perdus SVI"]
    rows = [
        {"unit": unit, "indicator": label, RESULT: f"{number} %", BEFORE: "4 %"}
        for number, (unit, label) in enumerate((u, i) for u in (AIX, ARLES, ISTRES) for i in indicators)
    ]
    counts = []
    for path in (written(rows[0]), written(*rows[1:])):
        with CaptureQueriesContext(connection) as queries:
            take(path)
        counts.append(len(queries))
    with CaptureQueriesContext(connection) as queries:
        take(path)

    assert counts == [14, 14]
    assert len(queries) == 10


# --- The same table in other files ---


def variant(rows: list[dict[str, str]]) -> list[list[str]]:
    """The lines of the table with its blocks merged: what is above is not repeated."""
    columns = list(rows[0])
    lines = [columns]
    above: dict[str, str] = {}
    for row in rows:
        if row["unit"] != above.get("unit"):
            above = {"prefecture": above.get("prefecture", "")}
        merged = ("prefecture", "unit_kind", "unit", "theme")
        lines.append(["" if c in merged and row[c] == above.get(c) else row[c] for c in columns])
        above = row
    return lines


def typed(text: str) -> tuple[float, int, bool] | None:
    """A number as a spreadsheet holds it, with the decimals it shows and whether it is a percentage."""
    bare = text.rstrip("% ")
    if not re.fullmatch(r"[0-9]+([.,][0-9]+)?", bare):
        return None
    places = len(bare.replace(",", ".").partition(".")[2])
    is_percent = "%" in text
    return float(Decimal(bare.replace(",", ".")) / (100 if is_percent else 1)), places, is_percent


def as_xlsx(lines: list[list[str]]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    for number, line in enumerate(lines, 1):
        for position, text in enumerate(line, 1):
            cell = sheet.cell(number, position, text or None)
            if number > 1 and (value := typed(text)):
                cell.value = value[0]
                cell.number_format = f"0{'.' * (value[1] > 0)}{'0' * value[1]}{'%' * value[2]}"
    sheet.merge_cells("D12:D29")
    sheet.merge_cells("B2:B65")
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def as_ods(lines: list[list[str]]) -> bytes:
    document = OpenDocumentSpreadsheet()
    table = Table(name="Tableau 2018")
    for number, line in enumerate(lines):
        row = TableRow()
        position = 0
        while position < len(line):
            text = line[position]
            run = 1
            while position + run < len(line) and line[position + run] == text:
                run += 1
            value = typed(text) if number else None
            if not text:
                # A merged block: its hidden cells keep what was typed there before.
                cell = (
                    CoveredTableCell(numbercolumnsrepeated=run)
                    if position < 5
                    else TableCell(numbercolumnsrepeated=run)
                )
            elif value:
                kind = "percentage" if value[2] else "float"
                cell = TableCell(valuetype=kind, value=repr(value[0]), numbercolumnsrepeated=run)
                cell.addElement(P(text=text.replace(".", ",")))
            else:
                cell = TableCell(valuetype="string", numbercolumnsrepeated=run)
                cell.addElement(P(text=text))
            row.addElement(cell)
            position += run
        row.addElement(TableCell(numbercolumnsrepeated=16000))
        table.addElement(row)
    empty = TableRow(numberrowsrepeated=1_000_000)
    empty.addElement(TableCell(numbercolumnsrepeated=16384))
    table.addElement(empty)
    document.spreadsheet.addElement(table)
    file = io.BytesIO()
    document.write(file)
    return file.getvalue()


def as_csv(lines: list[list[str]], encoding: str, separator: str = ";") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerows(lines)
    return text.getvalue().encode(encoding)


VARIANTS = {
    "french excel": lambda lines: as_csv(lines, "cp1252"),
    "utf-8 with its mark": lambda lines: as_csv(lines, "utf-8-sig"),
    "tabs in utf-16": lambda lines: as_csv(lines, "utf-16", "\t"),
    "ods": as_ods,
    "xlsx": as_xlsx,
}


@pytest.mark.parametrize("write", VARIANTS.values(), ids=VARIANTS)
def test_the_table_is_the_same_in_every_kind_of_file_with_merged_cells(take, refused, tmp_path, write):
    path = tmp_path / "tableau"
    path.write_bytes(write(variant(list(printed().values()))))

    assert found(refused(path)) == FAULTS
    take(path, TABLE_ANSWERS)
    assert stored() == expected_figures()


def test_the_same_figures_from_another_kind_of_file_are_unchanged(take, tmp_path):
    take(TABLE, TABLE_ANSWERS)
    before = everything()
    path = tmp_path / "tableau.ods"
    path.write_bytes(as_ods(variant(list(printed().values()))))

    report = take(path, TABLE_ANSWERS)

    assert (report.imported, report.unchanged) == (0, 60)
    assert everything() == before


def test_a_rate_may_be_written_as_a_fraction(take, written):
    take(written({"unit": ARLES, **SATISFIED, RESULT: "0.855", TARGET: "0,75", BEFORE: "0.9"}))

    assert figure(ARLES, SATISFACTION).value == Decimal("85.5")
    assert figure(ARLES, SATISFACTION).target_value == 75
    assert figure(ARLES, SATISFACTION, 2017).value == 90


def test_a_figure_with_too_many_decimals_does_not_cross_its_target(take, written):
    take(written({"unit": ARLES, **SATISFIED, RESULT: "74,99999 %", TARGET: "75%", MOOD: ""}))

    assert figure(ARLES, SATISFACTION).value == Decimal("74.9999")


@pytest.mark.parametrize(
    ("cells", "year", "shown"),
    [
        ({RESULT: "74,99999 %"}, 2018, ("74,9999\xa0%", "objectif non atteint")),
        ({RESULT: "75,00001 %"}, 2018, ("75,0000\xa0%", "objectif atteint")),
        ({RESULT: "-", BEFORE: "79,99999 %"}, 2017, ("79,9999\xa0%", "objectif non atteint")),
    ],
)
def test_without_a_printed_target_it_does_not_cross_the_one_in_force(
    take, written, prefecture, cells, year, shown
):
    factories.TargetFactory(
        indicator=Indicator.objects.get(key=SATISFACTION),
        prefecture=prefecture,
        comparator="≥",
        value=80,
        ends_on=datetime.date(2017, 12, 31),
    )

    take(written({"unit": ARLES, **SATISFIED, **cells}))

    board = results.of_year(prefecture, year)
    (result,) = [one for one in board.results if one.value is not None]
    assert (result.shown_label, result.verdict_label) == shown


# --- The slides, and facts said twice ---


@pytest.fixture
def table_taken(take: Callable[..., Report]) -> Report:
    return take(TABLE, TABLE_ANSWERS)


def test_the_slides_say_two_facts_otherwise_than_the_table(table_taken, refused):
    report = refused(SLIDES)

    assert found_in(report, Code.TWO_VALUES) == [(2, RESULT), (4, RESULT)]
    assert found(report) == {
        (2, RESULT, "two_values_for_one_fact"),
        (4, RESULT, "two_values_for_one_fact"),
    } | {(line, PERIOD, "partial_year") for line in range(2, 10)}
    messages = [problem.message for problem in report.unanswered]
    assert messages[0].startswith(
        "« annual_results_2018.csv » (ligne 11) dit « 74,16% » (avril à décembre), "
        "cette ligne dit « 85% » (avril à décembre)."
    )
    assert messages[1].startswith(
        "« annual_results_2018.csv » (ligne 29) dit « 95.6 % », cette ligne dit « 95 % »"
    )


def test_the_slides_lend_their_months_to_the_figures_of_the_table(table_taken, take):
    report = take(SLIDES, SLIDES_ANSWERS)

    assert (report.imported, report.unchanged) == (7, 2)
    said = {
        (unit, key): (figure(unit, key).printed_text, figure(unit, key).coverage.label)
        for unit in (SIEGE, AIX, ARLES, ISTRES)
        for key in (RECEIVED, SATISFACTION)
    }
    assert said == {
        (SIEGE, RECEIVED): ("2511", "avril à décembre"),
        (SIEGE, SATISFACTION): ("74,16%", "avril à décembre"),
        (AIX, RECEIVED): ("870", "avril à décembre"),
        (AIX, SATISFACTION): ("95.6 %", "avril à décembre"),
        (ARLES, RECEIVED): ("1037", "avril à décembre"),
        (ARLES, SATISFACTION): ("99.42 %", "avril à décembre"),
        (ISTRES, RECEIVED): ("1019", "avril à décembre"),
        (ISTRES, SATISFACTION): ("87.6 %", "avril à décembre"),
    }


def test_a_remark_is_a_note_on_its_figure_unless_the_figure_was_left_out(table_taken, take):
    take(SLIDES, SLIDES_ANSWERS)

    note = Note.objects.get()
    assert (note.unit.name, note.indicator.key, note.year, note.source_row) == (ISTRES, SATISFACTION, 2018, 6)
    assert note.text == "travaux engagés en 2018 pour améliorer le fonctionnement"


def test_an_unstated_period_does_not_take_months_away(table_taken, take):
    take(SLIDES, SLIDES_ANSWERS)

    assert take(TABLE, TABLE_ANSWERS).imported == 0
    assert figure(AIX, RECEIVED).coverage.label == "avril à décembre"


def test_a_person_may_keep_the_value_of_the_file(table_taken, take, answered):
    answers = answered(answer(2, RESULT, "85 %"), answer(4, RESULT, "95,6 %"))

    take(SLIDES, answers)

    kept = figure(SIEGE, SATISFACTION)
    assert (kept.value, kept.printed_text, kept.source.file_name) == (85, "85%", SLIDES.name)
    before = everything()
    again = take(SLIDES, answers)
    assert (again.imported, again.unchanged, everything()) == (0, 10, before)


@pytest.mark.parametrize("kept", ["80 %", "la plus haute", "-"])
def test_the_value_to_keep_is_one_of_the_two(table_taken, refused, answered, kept):
    report = refused(SLIDES, answered(answer(2, RESULT, kept), answer(4, RESULT)))

    assert [(problem.row, problem.message) for problem in report.unanswered] == [
        (2, f"La réponse « {kept} » n'est aucune des deux valeurs.")
    ]


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        ("87.6 %", "88 %", "87.6 %"),
        ("88 %", "87.6 %", "87.6 %"),
        ("99.42 %", "99%", "99.42 %"),
        ("94 %", "94,00 %", "94,00 %"),
        ("94,00 %", "94%", "94,00 %"),
    ],
)
def test_one_value_may_be_the_rounding_of_the_other_and_the_finer_one_stays(
    take, written, first, second, kept
):
    take(written({"unit": ARLES, **SATISFIED, RESULT: first}))

    take(written({"unit": ARLES, **SATISFIED, RESULT: second}))

    assert figure(ARLES, SATISFACTION).printed_text == kept


@pytest.mark.parametrize(
    ("first", "second"), [("95.6 %", "95 %"), ("74,16 %", "85 %"), ("87,65 %", "87,6 %")]
)
def test_other_values_are_two_for_one_fact(take, refused, written, first, second):
    take(written({"unit": ARLES, **SATISFIED, RESULT: first}))

    report = refused(written({"unit": ARLES, **SATISFIED, RESULT: second}))

    assert found_in(report, Code.TWO_VALUES) == [(2, RESULT)]


def test_two_rows_of_a_file_may_contradict_each_other(refused, take, written, answered):
    path = written(
        {"unit": ARLES, **SATISFIED, RESULT: "90 %"},
        {"unit": ISTRES, **SATISFIED, RESULT: "90 %"},
        {"unit": "SP Arles", **SATISFIED, RESULT: "92 %"},
    )

    report = refused(path)
    assert found_in(report, Code.TWO_VALUES) == [(4, RESULT)]
    assert report.unanswered[0].message.startswith("La ligne 2 dit « 90 % », cette ligne dit « 92 % ».")

    answers = answered(answer(4, RESULT, "92 %"))
    assert take(path, answers).imported == 2
    assert (figure(ARLES, SATISFACTION).value, figure(ARLES, SATISFACTION).source_row) == (92, 4)
    assert take(path, answers).imported == 0


def test_two_spans_of_months_are_two_facts_for_one_place(take, refused, written):
    take(written({"unit": ARLES, **PN, "indicator": "Usagers reçus", RESULT: "100", PERIOD: "avril-déc"}))

    report = refused(
        written({"unit": ARLES, **PN, "indicator": "Usagers reçus", RESULT: "100", PERIOD: "T4"})
    )

    assert found_in(report, Code.TWO_VALUES) == [(2, RESULT)]


@pytest.fixture
def counted(prefecture: Prefecture) -> Measurement:
    """47 satisfied users out of 50, counted by the application."""
    return factories.MeasurementFactory(
        unit=Unit.objects.get(name=ARLES),
        indicator=Indicator.objects.get(key=SATISFACTION),
        numerator=47,
        denominator=50,
        origin=Measurement.Origin.COMPUTED,
    )


def test_a_figure_with_its_base_is_exact_and_is_not_replaced_by_its_print(counted, take, written):
    report = take(
        written({"unit": ARLES, **SATISFIED, RESULT: "94,00 %", PERIOD: "avril-déc", TARGET: "75%"})
    )

    assert (report.imported, report.unchanged) == (0, 1)
    counted.refresh_from_db()
    assert (counted.numerator, counted.first_month, counted.target_value) == (47, 1, None)


def test_a_figure_with_its_base_is_held_against_what_is_printed(counted, take, refused, written, answered):
    path = written({"unit": ARLES, **SATISFIED, RESULT: "94,1 %"})

    report = refused(path)
    assert report.unanswered[0].message.startswith("L'application dit « 94,00")

    take(path, answered(answer(2, RESULT, "94,1 %")))
    counted.refresh_from_db()
    assert (counted.value, counted.numerator, counted.denominator) == (Decimal("94.1"), None, None)
    assert counted.history.count() == 2


def test_a_year_before_that_is_known_already_takes_the_target_of_its_own_table(take, written, prefecture):
    followed = factories.AdoptionFactory(
        prefecture=prefecture, referentiel=Indicator.objects.get(key=SATISFACTION).engagement.referentiel
    )
    followed.ends_on = datetime.date(2017, 12, 31)
    followed.save()
    take(written({"unit": ARLES, **SATISFIED, RESULT: "90 %", BEFORE: "88 %", f"{BEFORE}_met": "oui"}))
    own = written(
        {
            "unit": ARLES,
            "indicator": f"E15 {SATISFIED['indicator']}",
            "printed_result_2017": "88%",
            TARGET: "80%",
        }
    )

    take(own, year=2017)

    before = figure(ARLES, SATISFACTION, 2017)
    assert (before.value, before.target_value, before.printed_met) == (88, 80, True)


# --- Whose figure it is ---


@pytest.mark.parametrize(
    ("name", "kind", "unit"),
    [
        ("Préfecture", "prefecture", SIEGE),
        ("SIÈGE", "", SIEGE),
        ("Préfecture des Bouches-du-Rhône", "", SIEGE),
        ("", "prefecture", SIEGE),
        ("sous préfecture d’istres", "sous-prefecture", ISTRES),
        ("Istres", "", ISTRES),
        ("SP Aix-en-Provence", "", AIX),
    ],
)
def test_a_unit_is_known_by_its_names_or_by_its_kind(take, written, name, kind, unit):
    take(written({"unit_kind": kind, "unit": name, **SATISFIED, RESULT: "90 %"}))

    assert Measurement.objects.get().unit.name == unit


def test_a_name_that_two_units_share_is_told_by_the_kind(take, prefecture, written):
    factories.UnitFactory(prefecture=prefecture, name="Sous-préfecture de Marseille", aliases=["Marseille"])

    take(written({"unit_kind": "sous-prefecture", "unit": "Marseille", **SATISFIED, RESULT: "90 %"}))

    assert Measurement.objects.get().unit.name == "Sous-préfecture de Marseille"


def test_an_unknown_unit_is_asked_about_row_by_row(take, refused, written, answered):
    path = written(
        {"unit": "Sous-préfecture de Salon", **SATISFIED, RESULT: "90 %"},
        {"unit": "", **PN, "indicator": "Usagers reçus", RESULT: "100"},
    )

    report = refused(path)
    assert [(p.row, p.column, p.code, p.unit, p.indicator) for p in report.unanswered] == [
        (2, "unit", "unknown_unit", "Sous-préfecture de Salon", "Taux de satisfaction"),
        (3, "unit", "unknown_unit", "Sous-préfecture de Salon", "Usagers reçus"),
    ]

    assert take(path, answered(answer(2, "unit", "SP Istres"), answer(3, "unit"))).imported == 1
    assert figure(ISTRES, SATISFACTION).value == 90


def test_a_row_without_any_unit_is_asked_about(refused, written):
    (problem,) = refused(written({"unit": "", **SATISFIED, RESULT: "90 %"})).unanswered

    assert problem.code == Code.UNKNOWN_UNIT
    assert problem.message.startswith("L'unité n'est pas imprimée.")


@pytest.mark.parametrize(
    ("cells", "key"),
    [
        ({"indicator": "TAUX D’APPELS PERDUS", "engagement": "E10"}, "appels-perdus"),
        ({"indicator": "Taux d'appels perdus"}, "appels-perdus"),
        ({"indicator": "Délai moyen de réponse aux courriers", "engagement": "E18"}, "courriers-delai-moyen"),
        (
            {"indicator": "Délai moyen de réponse aux courriers", "engagement": "E 36"},
            "rct-courriers-delai-moyen",
        ),
        (
            {
                "indicator": "Délai moyen de réponse aux courriers",
                "engagement": "-",
                "theme": "Relations avec les collectivités territoriales",
            },
            "rct-courriers-delai-moyen",
        ),
        ({"indicator": "E36 Délai moyen de réponse aux courriers"}, "rct-courriers-delai-moyen"),
        ({"indicator": "Délai moyen jusqu'à la date du rendez-vous"}, "rct-rendez-vous-date-delai-moyen"),
    ],
)
def test_an_indicator_is_known_by_its_label_its_engagement_and_its_theme(take, written, cells, key):
    result = "3" if "délai" in key or "delai" in key else "3 %"

    take(written({"unit": ARLES, **cells, RESULT: result}))

    assert Measurement.objects.get().indicator.key == key


def test_a_label_printed_twice_belongs_to_the_rate_just_above_in_the_same_unit(take, refused, written):
    rct = {"theme": "Relations avec les collectivités territoriales", "engagement": "E37"}
    dated = {**rct, "indicator": "Taux de rendez-vous fixés dans le délai de 10 jours ouvrés"}
    mean = {**rct, "indicator": "Délai moyen de réponse", RESULT: "3"}

    take(written({"unit": ARLES, **dated, RESULT: "90 %"}, {"unit": "", **mean}))
    report = refused(written({"unit": ARLES, **dated, RESULT: "90 %"}, {"unit": ISTRES, **mean}))

    assert figure(ARLES, "rct-rendez-vous-date-delai-moyen").value == 3
    (problem,) = report.unanswered
    assert (problem.row, problem.column, problem.code) == (3, "indicator", "unknown_indicator")
    assert "« E37 Délai moyen jusqu'à la date du rendez-vous »" in problem.message


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        (
            {"indicator": "Âge du capitaine"},
            "Aucun indicateur suivi en 2018 ne s'appelle « Âge du capitaine ».",
        ),
        ({"indicator": ""}, "L'indicateur n'est pas imprimé."),
        (
            {"indicator": "Délai moyen de réponse aux courriers"},
            "« Délai moyen de réponse aux courriers » peut être",
        ),
        ({**LOST, "engagement": "E17"}, "« Taux d'appels perdus » est un indicateur de l'engagement E10"),
    ],
)
def test_an_unknown_indicator_is_asked_about(take, refused, written, answered, cells, sentence):
    path = written({"unit": ARLES, "engagement": "", **cells, RESULT: "3 %"})

    (problem,) = refused(path).unanswered
    assert (problem.column, problem.code, problem.blocking) == ("indicator", "unknown_indicator", True)
    assert problem.message.startswith(sentence)

    assert take(path, answered(answer(2, "indicator", "E10 Taux d'appels perdus"))).imported == 1
    assert figure(ARLES, "appels-perdus").value == 3


def test_an_answer_that_is_itself_unknown_is_asked_about_again(refused, written, answered):
    path = written({"unit": ARLES, "indicator": "Âge du capitaine", RESULT: "3 %"})

    (problem,) = refused(path, answered(answer(2, "indicator", "Âge du mousse"))).unanswered

    assert problem.message == (
        "La réponse ne convient pas : Aucun indicateur suivi en 2018 ne s'appelle « Âge du mousse »."
    )


def test_a_row_of_another_prefecture_is_not_ours(take, refused, written, answered, elsewhere):
    path = written(
        {"prefecture": "Bouches du Rhône", "unit": ARLES, **SATISFIED, RESULT: "90 %"},
        {"prefecture": "Bas-Rhin", "unit": ARLES, **SATISFIED, RESULT: "20 %"},
        {"prefecture": "", "unit": ARLES, **LOST, RESULT: "2 %"},
    )

    report = refused(path)
    assert found(report) >= {(3, "prefecture", "other_prefecture"), (4, "prefecture", "other_prefecture")}
    assert {problem.code for problem in report.unanswered} == {Code.OTHER_PREFECTURE}

    assert take(path, answered(answer(3, "prefecture"), answer(4, "prefecture"))).imported == 1
    assert Measurement.objects.get().value == 90


# --- What a row says ---


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({RESULT: "3 j"}, RESULT),
        ({RESULT: "1"}, RESULT),
        ({RESULT: "101 %"}, RESULT),
        ({RESULT: "-3 %"}, RESULT),
        ({RESULT: "#DIV/0!"}, RESULT),
        ({RESULT: "9 %", PERIOD: "9 mois"}, PERIOD),
        ({RESULT: "9 %", PERIOD: "avril-déc 2017"}, PERIOD),
        ({RESULT: "9 %", BEFORE: "2511"}, BEFORE),
        ({RESULT: "9 %", BEFORE: "9 %", f"{BEFORE}_met": "presque"}, f"{BEFORE}_met"),
    ],
)
def test_a_value_that_cannot_be_of_its_cell_is_asked_about(refused, written, cells, column):
    (problem,) = refused(written({"unit": ARLES, **LOST, **cells})).unanswered

    assert (problem.row, problem.column, problem.code) == (2, column, "value_does_not_fit_indicator")


@pytest.mark.parametrize("target", ["< 5 j", "1", "20,1 %", "4,9 %", "≥ 10 %", "beaucoup"])
def test_a_target_that_cannot_be_of_its_indicator_is_asked_about(refused, written, target):
    (problem,) = refused(written({"unit": ARLES, **LOST, RESULT: "3 %", TARGET: target})).unanswered

    assert (problem.row, problem.column, problem.code) == (2, TARGET, "target_does_not_fit_indicator")


@pytest.mark.parametrize(
    ("target", "kept"), [("10%", "≤ 10"), ("<10 %", "< 10"), ("20 %", "≤ 20"), ("5%", "≤ 5"), ("-", "None")]
)
def test_a_target_without_a_comparison_takes_that_of_the_referentiel(take, written, target, kept):
    take(written({"unit": ARLES, **LOST, RESULT: "3 %", TARGET: target}))

    printed_target = Measurement.objects.get().printed_target
    assert (f"{printed_target.comparator} {printed_target.value}" if printed_target else "None") == kept


@pytest.mark.parametrize(
    ("result", "target", "mood", "code"),
    [
        ("94,999 %", "75%", "😊", None),
        ("74,999 %", "75%", "😊", Code.MOOD_CONTRADICTS_TARGET),
        ("75 %", "75%", "😞", Code.MOOD_CONTRADICTS_TARGET),
        ("75 %", "> 75%", "😊", Code.MOOD_CONTRADICTS_TARGET),
        ("75 %", "75%", "", Code.VERDICT_MISSING),
        ("75 %", "75%", "😐", Code.VERDICT_MISSING),
        ("75 %", "-", "", None),
        ("75 %", "", "😞", None),
    ],
)
def test_the_smiley_is_held_against_the_exact_figures(take, written, result, target, mood, code):
    report = take(written({"unit": ARLES, **SATISFIED, RESULT: result, TARGET: target, MOOD: mood}))

    assert found(report) == ({(2, MOOD, code.value)} if code else set())


def test_a_document_without_smileys_lacks_none(take, written):
    assert found(take(written({"unit": ARLES, **SATISFIED, RESULT: "75 %", TARGET: "75%"}))) == set()


@pytest.mark.parametrize(
    ("targets", "odd"),
    [
        (("10%", "10 %", "11%"), [4]),
        (("10%", "11%"), [3]),
        (("≤ 10%", "10%"), [3]),
        (("11%", "12%"), [2, 3]),
        (("11%", "11%", "10%"), [4]),
        (("10%", "-", "10%"), []),
    ],
)
def test_the_target_that_most_units_do_not_print_is_pointed_at(take, written, targets, odd):
    units = (AIX, ARLES, ISTRES)
    rows = [
        {"unit": unit, **LOST, RESULT: "3 %", TARGET: target}
        for unit, target in zip(units, targets, strict=False)
    ]

    assert found_in(take(written(*rows)), Code.TARGET_DIFFERS) == [(line, TARGET) for line in odd]


def test_a_table_of_targets_that_all_differ_is_reported_in_proportion(take, written):
    rows = [{"unit": ARLES, **LOST, RESULT: "3 %", TARGET: f"{10 + n / 1000} %"} for n in range(3000)]

    messages = [p.message for p in take(written(*rows)).problems if p.code == Code.TARGET_DIFFERS]

    assert len(messages) == 2999  # all but that of the référentiel
    assert messages[-1] == (
        "L'objectif « 12.999 % » diffère de celui que le tableau imprime ailleurs "
        "(« 10.0 % », « 10.001 % », « 10.002 % », …)."
    )


@pytest.mark.parametrize(
    ("mood", "lack"),
    [("", "Aucun visage n'est imprimé"), ("😐", "« 😐 » ne dit pas si l'objectif est atteint")],
)
def test_a_face_that_takes_no_side_is_not_said_to_be_absent(take, written, mood, lack):
    path = written({"unit": ARLES, **SATISFIED, RESULT: "70 %", TARGET: "75%", MOOD: mood})

    (problem,) = [p for p in take(path).problems if p.row]

    assert problem.message == f"{lack} (70 % pour 75%) : les chiffres disent « objectif non atteint »."


def test_a_reason_stands_where_there_is_no_result(take, written):
    path = written(
        {"unit": ARLES, **SATISFIED, RESULT: "-", "printed_reason": "Enquête suspendue pendant les travaux"},
        {"unit": ISTRES, **SATISFIED, RESULT: "-", "printed_reason": ""},
    )

    report = take(path)

    assert found(report) == {(3, RESULT, "no_result_without_reason")}
    (kept,) = Measurement.objects.all()
    assert (kept.measure, kept.reason, kept.printed_text) == (
        None,
        "Enquête suspendue pendant les travaux",
        "-",
    )
    assert (report.imported, take(path).unchanged) == (1, 1)


def test_a_row_without_a_result_writes_nothing_and_takes_nothing_away(take, written):
    take(written({"unit": ARLES, **SATISFIED, RESULT: "90 %"}))

    report = take(written({"unit": ARLES, **SATISFIED, RESULT: "-"}))

    assert (report.imported, report.unchanged) == (0, 0)
    assert figure(ARLES, SATISFACTION).value == 90


def test_a_target_far_from_the_referentiel_is_kept_once_somebody_says_that_it_is_right(
    take, refused, written, answered
):
    strict = written({"unit": ARLES, **LOST, RESULT: "4,5 %", TARGET: "4%"})
    assert [p.code for p in refused(strict).unanswered] == ["target_does_not_fit_indicator"]

    take(strict, answered(answer(2, TARGET, "4%")))

    kept = figure(ARLES, "appels-perdus")
    assert (kept.target_comparator, kept.target_value, bool(kept.target_reason)) == ("≤", 4, True)


def test_another_far_target_in_its_place_is_not_taken_for_a_confirmation(refused, written, answered):
    path = written({"unit": ARLES, **LOST, RESULT: "4,5 %", TARGET: "4%"})

    report = refused(path, answered(answer(2, TARGET, "3%")))

    assert "trop loin" in report.unanswered[0].message


def test_a_sentence_in_place_of_a_result_may_be_corrected(take, written, answered):
    sentence = "non connu : le compteur d'appels de l'autocommutateur est tombé en panne de mars à juin"

    take(written({"unit": ARLES, **LOST, RESULT: sentence}), answered(answer(2, RESULT, "3 %")))

    assert figure(ARLES, "appels-perdus").printed_text == sentence[:60]


def test_a_year_before_that_is_left_out_leaves_the_remark_to_its_own_year(take, written, answered):
    take(written({"unit": ARLES, **SATISFIED, RESULT: "90 %", BEFORE: "80 %"}))
    path = written(
        {"unit": ARLES, **SATISFIED, RESULT: "90 %", BEFORE: "70 %", "printed_remark": "en hausse"}
    )

    assert take(path, answered(answer(2, BEFORE))).imported == 1
    assert Note.objects.get().text == "en hausse"


def test_a_reason_does_not_take_a_known_figure_away(take, written):
    take(written({"unit": ARLES, **SATISFIED, RESULT: "90 %"}))

    report = take(written({"unit": ARLES, **SATISFIED, RESULT: "-", "printed_reason": "Enquête perdue"}))

    assert (report.imported, report.unchanged) == (0, 1)
    assert figure(ARLES, SATISFACTION).value == 90


def test_a_figure_that_could_not_be_measured_elsewhere_is_asked_about(take, refused, written, answered):
    take(written({"unit": ARLES, **SATISFIED, RESULT: "-", "printed_reason": "Enquête perdue"}))
    path = written({"unit": ARLES, **SATISFIED, RESULT: "90 %"})

    (problem,) = refused(path).unanswered
    assert problem.message.startswith(
        "« tableau-0.csv » (ligne 2) dit qu'il n'y a pas de chiffre (Enquête perdue), cette ligne dit «"
    )

    take(path, answered(answer(2, RESULT, "90 %")))
    assert (figure(ARLES, SATISFACTION).value, figure(ARLES, SATISFACTION).reason) == (90, "")


# --- Notes ---


def test_the_printed_notes_keep_their_unit_and_nobody_guesses_it(take):
    report = take(NOTES)

    assert (report.rows, report.imported, report.problems) == (2, 2, [])
    assert list(
        Note.objects.order_by("source_row").values_list("unit__name", "year", "text", "source_row")
    ) == [
        (ARLES, 2018, "En août(Arles), réponse à un courriel en 8 jours", 2),
        (None, 2018, "En juin, réponse à un courriel en 7 jours", 3),
    ]
    assert Note.history.count() == 2


def test_a_note_of_an_unknown_unit_is_asked_about(take, refused, written, answered):
    path = written({"unit": "Salon", "printed_note": "Fermé en août."}, {"unit": ARLES, "printed_note": "-"})

    (problem,) = refused(path).unanswered
    assert (problem.row, problem.column, problem.code, problem.indicator) == (2, "unit", "unknown_unit", "")

    take(path, answered(answer(2, "unit", "Arles")))
    assert [(note.unit.name, note.text) for note in Note.objects.all()] == [(ARLES, "Fermé en août.")]


# --- Another préfecture ---


@pytest.fixture
def moselle(db: None) -> Prefecture:
    """A préfecture with other units, that follows another référentiel, with indicators of its own."""
    moselle = factories.PrefectureFactory(code="57", name="Préfecture de la Moselle", territory="Moselle")
    metz = factories.UnitFactory(
        prefecture=moselle, kind=Unit.Kind.HEADQUARTERS, name="Préfecture de Metz", short_name="Metz"
    )
    factories.UnitFactory(prefecture=moselle, short_name="Thionville", aliases=["SP 57-3"])
    module = factories.ModuleFactory()
    factories.AdoptionFactory(prefecture=moselle, referentiel=module.referentiel)
    factories.PerimeterFactory(service=factories.ServiceFactory(unit=metz), module=module)
    telephone = factories.EngagementFactory(module=module, code="5.2", theme="Téléphone")
    waiting = factories.EngagementFactory(module=module, code="", theme="Attente")
    for title in ("Perdus, ligne 1", "Perdus, ligne 2"):
        lost = factories.IndicatorFactory(engagement=telephone, title=title, direction="down")
        factories.TargetFactory(indicator=lost, comparator="≤", value=10)
    factories.IndicatorFactory(
        engagement=waiting,
        title="Temps d'attente moyen",
        unit="minutes",
        direction="down",
        prefecture=moselle,
    )
    factories.IndicatorFactory(engagement=waiting, title="Usagers reçus", unit="count", direction="none")
    factories.IndicatorFactory(engagement=waiting, title="Score d'effort", unit="score", direction="up")
    return moselle


def test_a_table_of_another_prefecture_has_its_own_indicators_units_and_targets(take, moselle, written):
    five_two = {"engagement": "5.2"}
    path = written(
        {
            "prefecture": "Moselle",
            "unit": "Metz",
            **five_two,
            "indicator": "Perdus, ligne 1",
            RESULT: "8,5 %",
        },
        {**five_two, "indicator": "Perdus, ligne 2", RESULT: "0.125", TARGET: "10 %", MOOD: "☹"},
        {"indicator": "Temps d’attente moyen", RESULT: "17 min", TARGET: "15 min", MOOD: ":-)"},
        {"indicator": "Usagers reçus", RESULT: "15 741", PERIOD: "1er semestre"},
        {"unit": "SP 57-3", "indicator": "Score d'effort", RESULT: "2,75", TARGET: "3"},
        {"indicator": "Temps d’attente moyen", RESULT: "", TARGET: "<15 mn"},
    )

    report = take(path, prefecture=moselle)

    assert found(report) == {
        (4, MOOD, "mood_contradicts_target"),
        (5, PERIOD, "partial_year"),
        (6, MOOD, "verdict_missing"),
        (7, RESULT, "no_result_without_reason"),
        (4, TARGET, "target_differs_between_units"),
        (7, TARGET, "target_differs_between_units"),
    }
    assert [(p.unit, p.indicator) for p in report.problems if p.row is None] == [("Metz", "Score d'effort")]
    assert [
        (one.unit.short_name, one.indicator.title, one.shape, str(one.measure.value), one.coverage.label)
        for one in Measurement.objects.filter(prefecture=moselle).order_by("source_row")
    ] == [
        ("Metz", "Perdus, ligne 1", "rate", "17/2", "année entière"),
        ("Metz", "Perdus, ligne 2", "rate", "25/2", "année entière"),
        ("Metz", "Temps d'attente moyen", "mean", "17", "année entière"),
        ("Metz", "Usagers reçus", "count", "15741", "janvier à juin"),
        ("Thionville", "Score d'effort", "mean", "11/4", "année entière"),
    ]
    waiting = Measurement.objects.get(indicator__unit="minutes")
    assert (waiting.target_comparator, waiting.target_value) == ("≤", 15)


def test_a_number_to_reach_without_a_sense_needs_its_comparison(moselle, refused, take, written, answered):
    path = written({"unit": "Metz", "indicator": "Usagers reçus", RESULT: "900", TARGET: "1 000"})

    (problem,) = refused(path, prefecture=moselle).unanswered
    assert problem.message.startswith("« 1 000 » ne dit pas s'il faut plus ou moins")

    take(path, answered(answer(2, TARGET, "≥ 1 000")), prefecture=moselle)
    assert Measurement.objects.get().target_comparator == "≥"


def test_prefectures_do_not_see_each_other(take, moselle, written):
    take(TABLE, TABLE_ANSWERS)
    before = everything()

    report = take(written({"unit": "Metz", "indicator": "Usagers reçus", RESULT: "900"}), prefecture=moselle)

    assert (report.imported, report.unchanged) == (1, 0)
    assert everything()[1] == before[1] + 1


# --- Files and answers that are refused ---


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (
            {"unit": ARLES, "indicator": "x", "printed_result_2017": "1"},
            "printed_result_2017",
        ),
        (
            {"unit": ARLES, "indicator": "x"},
            "Il manque la colonne « Résultat 2018 »",
        ),
        ({"indicator": "x", RESULT: "1"}, "Il manque la colonne « Unité »"),
        ({"theme": "x", RESULT: "1"}, "Il manque la colonne « Unité, Indicateur »"),
        ({"printed_note": "x"}, "Il manque la colonne « Unité »"),
    ],
)
def test_a_file_of_another_year_or_shape_is_refused(take, written, row, sentence):
    with pytest.raises(RefusedError, match=sentence):
        take(written(row))


def test_a_prefecture_that_follows_nothing_has_nothing_to_import(take, written, elsewhere):
    with pytest.raises(RefusedError, match="ne suit aucun indicateur en 2018"):
        take(written({"unit": "x", "indicator": "x", RESULT: "1"}), prefecture=elsewhere)


@pytest.mark.parametrize(
    "extra",
    [
        answer(3, RESULT),
        answer(2, TARGET),
        answer(2, MOOD, "unhappy"),
        answer(2, RESULT) + '\ncode = "two_values_for_one_fact"',
    ],
    ids=["row", "column", "warning", "code"],
)
def test_an_answer_to_no_blocking_problem_is_refused(take, written, answered, extra):
    path = written({"unit": ARLES, **SATISFIED, RESULT: "3 j", TARGET: "75%", MOOD: ""})
    before = everything()

    with pytest.raises(RefusedError, match="ne correspond à aucun problème bloquant"):
        take(path, answered(answer(2, RESULT, "3 %") + '\ncode = "value_does_not_fit_indicator"', extra))

    assert everything() == before


def test_a_code_tells_two_problems_of_a_cell_apart(take, written, answered):
    take(written({"unit": ARLES, **SATISFIED, RESULT: "90 %"}))
    path = written({"unit": ARLES, **SATISFIED, RESULT: "85 j"})
    misfit = answer(2, RESULT, "85 %", "coquille") + '\ncode = "value_does_not_fit_indicator"'
    conflict = answer(2, RESULT, None, "le premier document fait foi") + '\ncode = "two_values_for_one_fact"'

    report = take(path, answered(misfit, conflict))

    assert (report.imported, report.unchanged) == (0, 1)
    assert figure(ARLES, SATISFACTION).value == 90


def test_an_answer_without_a_code_does_not_answer_a_second_problem_unseen(take, refused, written, answered):
    take(written({"unit": ARLES, **SATISFIED, RESULT: "90 %"}))
    path = written({"unit": ARLES, **SATISFIED, RESULT: "85 j"})

    report = refused(path, answered(answer(2, RESULT, "85 %", "coquille")))

    assert [problem.code for problem in report.unanswered] == ["two_values_for_one_fact"]


def test_a_file_whose_name_is_in_latin_1_is_taken(take, tmp_path):
    path = tmp_path / os.fsdecode(b"r\xe9sultats.csv")
    path.write_bytes(NOTES.read_bytes())

    take(path)

    assert FigureImport.objects.get().file_name == "r\N{REPLACEMENT CHARACTER}sultats.csv"


# --- Beside what people correct on a page ---


def test_a_figure_corrected_on_its_page_is_not_asked_about_by_the_document_that_it_corrects(
    take, claire, prefecture
):
    take(TABLE, TABLE_ANSWERS)
    rate = figure(AIX, "rct-courriels-dans-les-delais")
    cell = Cell(rate.unit, rate.indicator, 2018)
    collection.write(cell, Entry(90, 100, reason="Recompté."), seen=cell.version, by=claire)

    report = take(TABLE, TABLE_ANSWERS)

    assert (report.imported, report.unchanged) == (0, 60)
    assert figure(AIX, "rct-courriels-dans-les-delais").numerator == 90


def test_another_document_that_contradicts_a_correction_is_asked_about(take, refused, written, claire):
    take(TABLE, TABLE_ANSWERS)
    rate = figure(ARLES, "appels-perdus")
    cell = Cell(rate.unit, rate.indicator, 2018)
    collection.write(cell, Entry(5, 100, reason="Recompté."), seen=cell.version, by=claire)

    report = refused(written({"unit": ARLES, **LOST, RESULT: "7 %"}))

    assert [problem.code for problem in report.unanswered] == [Code.TWO_VALUES]


def test_a_note_corrected_on_its_page_is_not_added_again(take):
    take(NOTES)
    note = Note.objects.first()
    note.text = "Autrement dit."
    note.save()

    assert take(NOTES).imported == 0
