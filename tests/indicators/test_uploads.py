"""Drafts of imports: a file is brought, read, answered, then imported once or abandoned."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction

from indicators import collection, imports, tasks, uploads
from indicators.answers import Code
from indicators.collection import Cell, Entry
from indicators.models import FigureImport, ImportAnswer, Measurement, Note
from indicators.uploads import UnfitAnswerError
from jobs import queue
from jobs.models import Job
from publications import publish
from referentiel.measures import Printed
from sites import files
from sites.conflicts import ConflictError, RefusedError
from sites.models import Agent, Prefecture
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shipped")]

DEMO = Path(settings.BASE_DIR) / "qualepref" / "demo"
TABLE = DEMO / "annual_results_2018.csv"
ANSWERS = DEMO / "answers-2018.toml"
OF_LIBREOFFICE = Path(settings.BASE_DIR) / "tests" / "data" / "annual_results_2018_libreoffice.ods"

RESULT, TARGET, BEFORE = "printed_result_2018", "printed_target", "printed_previous_year"
State, Contents = FigureImport.State, FigureImport.Contents


@pytest.fixture
def prefecture(db: None) -> Prefecture:
    return Prefecture.objects.get(code="13")


@pytest.fixture
def claire(prefecture: Prefecture) -> Agent:
    return factories.MembershipFactory(prefecture=prefecture, agent__full_name="Claire Martin").agent


@pytest.fixture
def denis(prefecture: Prefecture) -> Agent:
    """Her deputy."""
    return factories.MembershipFactory(prefecture=prefecture, agent__full_name="Denis Faure").agent


@pytest.fixture
def brought(prefecture: Prefecture, claire: Agent) -> Callable[..., FigureImport]:
    """`brought(data)` is a draft of 2018, read by the worker."""

    def bring(data: bytes, *, year: int = 2018, contents: Contents = Contents.RESULTS) -> FigureImport:
        source = uploads.bring(
            prefecture, data, year=year, contents=contents, file_name="résultats.csv", by=claire
        )
        assert queue.HANDLERS[uploads.READ_JOB] == tasks.read_upload
        queue.run(Job.objects.get(key=uploads.reading_key(source)).pk)
        source.refresh_from_db()
        return source

    return bring


def results(*rows: str, titles: str = "Unité;Engagement;Indicateur;Résultat 2018") -> bytes:
    return "\n".join((titles, *rows)).encode()


def look(source: FigureImport) -> imports.Examination:
    return uploads.preview(source, source.given_answers.all())


def answer(source: FigureImport, row: int, column: str, code: Code, corrected: str = "", **options) -> None:
    given = ImportAnswer.objects.filter(source=source, row=row, column=column, code=code).first()
    options.setdefault("by", source.uploaded_by)
    options.setdefault("reason", "vérifié sur le document")
    options.setdefault("seen_version", given.version if given else 0)
    uploads.answer(source, row=row, column=column, code=code, corrected=corrected, **options)


def answer_as_the_demo_does(source: FigureImport) -> None:
    for one in imports.read_answers(ANSWERS):
        asked = next(
            problem
            for problem in look(source).report.unanswered
            if (problem.row, problem.column) == (one.row, one.column)
        )
        answer(source, one.row, one.column, Code(asked.code), one.corrected or "", reason=one.reason)


def confirm(source: FigureImport, by: Agent | None = None) -> imports.Examination:
    return uploads.confirm(source, by=by or source.uploaded_by, read=look(source).fingerprint)


def kept() -> list[Path]:
    return [path for path in settings.FILES_DIR.rglob("*") if path.is_file()]


# --- the printed table of 2018, through the pages' functions ---


@pytest.mark.parametrize("path", [TABLE, OF_LIBREOFFICE], ids=["csv", "ods of LibreOffice"])
def test_the_table_of_2018_is_imported_as_by_the_command(path, brought, prefecture):
    source = brought(path.read_bytes())

    problems = look(source).report.problems
    assert [problem.code for problem in problems if problem.blocking].count(
        "value_does_not_fit_indicator"
    ) == 3
    assert [problem.code for problem in problems if problem.blocking].count(
        "target_does_not_fit_indicator"
    ) == 3
    assert len([problem for problem in problems if not problem.blocking]) == 9 + 2 + 4 + 4 + 32 + 16

    answer_as_the_demo_does(source)
    confirm(source)

    by_page = figures()
    Measurement.objects.all().delete()
    Note.objects.all().delete()
    FigureImport.objects.exclude(pk=source.pk).delete()
    assert imports.import_file(TABLE, prefecture=prefecture, year=2018, answers=ANSWERS).imported == 60
    assert by_page == figures()
    source.refresh_from_db()
    assert (source.state, source.imported_by.full_name, source.rows) == ("imported", "Claire Martin", None)
    assert len(source.answers) == 6


def figures() -> set[tuple[object, ...]]:
    return {
        (one.unit_id, one.indicator_id, one.period_start, one.measure, one.coverage, one.printed_target)
        for one in Measurement.objects.all()
    }


def test_what_an_import_changed_is_told_with_what_stood_before(brought, prefecture, claire):
    imports.import_file(TABLE, prefecture=prefecture, year=2018, answers=ANSWERS)
    lost = "Sous-préfecture d'Arles;E10;Taux d'appels perdus"
    source = brought(results(f"{lost};4,00%", "Istres;E18;Délai moyen de réponse aux courriers;6 j"))
    answer(source, 2, RESULT, Code.TWO_VALUES, "4,00%", reason="Le standard a corrigé ses comptes.")

    told = look(source).report.changes
    confirm(source)

    assert [(change.unit, change.year, change.before, change.after) for change in told] == [
        ("Sous-préfecture d'Arles", 2018, "3,27\xa0%, objectif ≤ 10\xa0%", "4,00\xa0%"),
        ("Sous-préfecture d'Istres", 2018, "", "6\xa0jours"),
    ]
    assert uploads.changes_of(source) == told
    later = Measurement.objects.get(source=source, source_row=2)
    later.origin, later.reason = Measurement.Origin.CORRECTED, "relu"
    later.save()
    assert uploads.changes_of(source) == told


def test_an_import_takes_the_place_of_a_correction_by_hand_once_that_is_answered(brought, claire):
    """And the figure that stood before the correction goes with it."""
    confirm(brought(results("Arles;E10;Taux d'appels perdus;4 %")))
    stored = Measurement.objects.get()
    cell = Cell(stored.unit, stored.indicator, 2018)
    typed = Entry(value=Printed(Decimal("4.5")), reason="Relu sur le serveur.")
    collection.write(cell, typed, seen=cell.version, by=claire)

    source = brought(results("Arles;E10;Taux d'appels perdus;7 %"))
    answer(source, 2, RESULT, Code.TWO_VALUES, "7 %")
    confirm(source)

    stored.refresh_from_db()
    assert (stored.origin, stored.value, stored.former_origin) == ("printed", 7, "")
    assert [(change.before, change.after) for change in uploads.changes_of(source)] == [
        ("4,5\xa0%, corrigé : Relu sur le serveur.", "7\xa0%")
    ]


# --- bringing and reading ---


def test_a_file_is_kept_under_a_name_of_ours_and_read_by_a_worker(prefecture, claire):
    data = TABLE.read_bytes()
    source = uploads.bring(
        prefecture, data, year=2018, contents=Contents.RESULTS, file_name="../../etc/passwd", by=claire
    )

    assert (source.state, source.number, source.uploaded_by) == (State.READING, 1, claire)
    assert kept() == [settings.FILES_DIR / source.stored_as]
    assert source.stored_as.startswith("imports/bouches-du-rhone/")
    assert "passwd" not in source.stored_as
    assert files.read(source.stored_as, source.sha256) == data
    assert Job.objects.get().payload == {"source_id": source.pk}


def test_bringing_a_file_twice_gives_the_draft_that_waits(prefecture, claire, denis, brought):
    first = brought(results("Arles;E10;Taux d'appels perdus;4 %"))
    again = brought(results("Arles;E10;Taux d'appels perdus;4 %"))

    assert again.pk == first.pk
    assert len(kept()) == Job.objects.count() == 1


def test_a_file_that_cannot_be_read_says_why_and_is_not_kept(brought):
    source = brought(b"%PDF-1.7\n")

    assert source.state == State.FAILED
    assert source.failure.startswith("Ce fichier n'est ni un CSV")
    assert (source.stored_as, kept()) == ("", [])


def test_a_file_that_was_read_is_not_read_again(brought):
    source = brought(results("Arles;E10;Taux d'appels perdus;4 %"))
    rows = source.rows

    uploads.read(source, lambda progress, step: pytest.fail("read again"))

    source.refresh_from_db()
    assert source.rows == rows


def test_a_draft_that_is_abandoned_while_it_is_read_stays_abandoned(prefecture, claire):
    source = uploads.bring(
        prefecture, results("x"), year=2018, contents=Contents.RESULTS, file_name="a.csv", by=claire
    )
    stale = FigureImport.objects.get(pk=source.pk)

    def abandon_at_the_end(progress: int, step: str) -> None:
        if progress == 90:
            uploads.abandon(source, by=claire)

    uploads.read(stale, abandon_at_the_end)

    stale.refresh_from_db()
    assert (stale.state, stale.rows) == (State.ABANDONED, None)


# --- answering ---


def test_an_answer_that_does_not_fit_is_not_kept(brought):
    source = brought(results("Arles;E18;Délai moyen de réponse aux courriers;100 %"))

    with pytest.raises(UnfitAnswerError, match="« 99 % » ne peut pas être"):
        answer(source, 2, RESULT, Code.VALUE_DOES_NOT_FIT, "99 %")
    assert not ImportAnswer.objects.exists()

    answer(source, 2, RESULT, Code.VALUE_DOES_NOT_FIT, "4 j")
    assert look(source).report.unanswered == []


def test_an_answer_that_another_one_makes_idle_is_not_applied(brought):
    """The value that was right for one indicator has no object for another."""
    source = brought(results("Arles;;Délai moyen aux courriers;100 %"))
    answer(source, 2, "indicator", Code.UNKNOWN_INDICATOR, "E18 Délai moyen de réponse aux courriers")
    answer(source, 2, RESULT, Code.VALUE_DOES_NOT_FIT, "4 j")
    assert look(source).report.unanswered == []

    answer(source, 2, "indicator", Code.UNKNOWN_INDICATOR, "E10 Taux d'appels perdus")

    assert look(source).report.unanswered == []  # 100 % is a rate: the answer on the value has no object
    assert confirm(source).record == [
        {
            "row": 2,
            "column": "indicator",
            "code": "unknown_indicator",
            "corrected": "E10 Taux d'appels perdus",
            "reason": "vérifié sur le document",
        }
    ]


def test_two_people_who_answer_the_same_problem_lose_nothing(brought, denis):
    source = brought(results("Arles;E18;Délai moyen de réponse aux courriers;100 %"))
    answer(source, 2, RESULT, Code.VALUE_DOES_NOT_FIT, "4 j")

    with pytest.raises(ConflictError) as conflict:
        answer(source, 2, RESULT, Code.VALUE_DOES_NOT_FIT, "5 j", seen_version=0, by=denis)
    assert conflict.value.saved.corrected == "4 j"

    answer(source, 2, RESULT, Code.VALUE_DOES_NOT_FIT, "5 j", seen_version=1, by=denis)
    saved = ImportAnswer.objects.get()
    assert (saved.corrected, saved.answered_by, saved.version) == ("5 j", denis, 2)


def test_the_same_answer_again_changes_nothing(brought, denis):
    source = brought(results("Arles;E18;Délai moyen de réponse aux courriers;100 %"))
    answer(source, 2, RESULT, Code.VALUE_DOES_NOT_FIT, "4 j")

    answer(source, 2, RESULT, Code.VALUE_DOES_NOT_FIT, "4 j", seen_version=0, by=denis)

    assert ImportAnswer.objects.get().answered_by == source.uploaded_by


# --- deciding ---


def test_one_unanswered_problem_and_nothing_is_imported(brought):
    source = brought(
        results("Arles;E18;Délai moyen de réponse aux courriers;100 %", "Arles;E10;Taux d'appels perdus;4 %")
    )

    with pytest.raises(RefusedError, match="1 problème bloquant encore sans réponse"):
        confirm(source)

    assert not Measurement.objects.exists()
    assert FigureImport.objects.get().state == State.TO_CHECK


def test_nobody_imports_what_they_did_not_read(brought, prefecture):
    source = brought(results("Arles;E10;Taux d'appels perdus;4 %"))
    read = look(source).fingerprint
    other = brought(results("Arles;E10;Taux d'appels perdus;4,2 %"))
    confirm(other)

    with pytest.raises(RefusedError):
        uploads.confirm(source, by=source.uploaded_by, read=read)
    assert Measurement.objects.get().printed_text == "4,2 %"


def test_an_import_is_done_once(brought, claire, denis):
    source = brought(results("Arles;E10;Taux d'appels perdus;4 %"))
    read = look(source).fingerprint
    uploads.confirm(source, by=claire, read=read)

    with pytest.raises(RefusedError, match="importé par Claire Martin"):
        uploads.confirm(source, by=denis, read=read)
    with pytest.raises(RefusedError, match="importé par Claire Martin"):
        uploads.abandon(source, by=denis)

    assert Measurement.history.count() == 1


def test_a_file_that_says_nothing_new_is_not_imported(brought):
    confirm(brought(results("Arles;E10;Taux d'appels perdus;4 %")))
    again = brought(results("Arles;E10;Taux d'appels perdus;4 %", ""))

    assert look(again).report.unchanged == 1
    with pytest.raises(RefusedError, match="ne dit rien de nouveau"):
        confirm(again)


def test_an_abandoned_draft_keeps_its_trace_and_no_file(brought, denis, django_capture_on_commit_callbacks):
    source = brought(results("Arles;E10;Taux d'appels perdus;4 %"))

    with django_capture_on_commit_callbacks(execute=True):
        uploads.abandon(source, by=denis)

    source.refresh_from_db()
    assert (source.state, source.abandoned_by, source.stored_as, source.rows) == (
        State.ABANDONED,
        denis,
        "",
        None,
    )
    assert kept() == []
    with pytest.raises(RefusedError, match="abandonné par Denis Faure"):
        confirm_blindly(source)


def confirm_blindly(source: FigureImport) -> None:
    uploads.confirm(source, by=source.uploaded_by, read="0" * 64)


def test_a_signed_bilan_does_not_change_with_an_import(brought, prefecture, claire):
    confirm(brought(results("Arles;E10;Taux d'appels perdus;4 %")))
    bilan = publish.freeze(prefecture, 2018, by=claire)
    content = bilan.content

    source = brought(results("Arles;E10;Taux d'appels perdus;5 %"))
    answer(source, 2, RESULT, Code.TWO_VALUES, "5 %")
    confirm(source)

    bilan.refresh_from_db()
    assert bilan.content == content
    assert publish.freeze(prefecture, 2018, by=claire).edition == 2


def test_figures_of_earlier_years_are_imported_for_the_year_before(brought, prefecture):
    for year in (2015, 2016, 2017):
        titles = f"Unité;Engagement;Indicateur;Résultat {year}"
        data = results(f"Arles;E10;Taux d'appels perdus;{year - 2010} %", titles=titles)
        confirm(brought(data, year=year))

    assert sorted(Measurement.objects.values_list("period_start__year", "printed_text")) == [
        (2015, "5 %"),
        (2016, "6 %"),
        (2017, "7 %"),
    ]


@pytest.mark.parametrize(
    ("data", "year", "contents", "sentence"),
    [
        (TABLE.read_bytes(), 2017, Contents.RESULTS, "l'importer pour son année"),
        (TABLE.read_bytes(), 2018, Contents.NOTES, "contient des résultats, et non des notes"),
        (b"Unite;Note\n;Travaux\n", 2018, Contents.RESULTS, "Il manque la colonne « Résultat 2018 »"),
        (b"unit;Unite;Note\na;b;c\n", 2018, Contents.NOTES, "sont la même colonne"),
    ],
    ids=["another year", "results as notes", "notes as results", "twice the same column"],
)
def test_a_file_that_is_something_else_is_refused_in_a_sentence(brought, data, year, contents, sentence):
    source = brought(data, year=year, contents=contents)

    with pytest.raises(RefusedError, match=sentence):
        look(source)
    with pytest.raises(RefusedError):
        confirm_blindly(source)


def test_each_row_of_another_prefecture_must_be_left_out(brought):
    source = brought(
        results("Bas-Rhin;Arles;Taux d'appels perdus;4 %", titles="Préfecture;Unité;Indicateur;Résultat 2018")
    )

    (problem,) = look(source).report.unanswered
    assert problem.code == Code.OTHER_PREFECTURE
    answer(source, 2, "prefecture", Code.OTHER_PREFECTURE)
    with pytest.raises(RefusedError, match="ne dit rien de nouveau"):
        confirm(source)


# --- the rows themselves ---


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "imported", "imported_at": None},
        {"state": "to_check", "imported_at": None},
        {"state": "abandoned", "imported_at": None},
        {"state": "failed", "imported_at": None},
        {"state": "reading", "imported_at": None},
        {"failure": "illisible"},
        {"rows": []},
    ],
    ids=["undated", "no rows", "by nobody", "no failure", "no file", "failure", "rows"],
)
def test_an_import_is_in_a_state_that_makes_sense(prefecture, changes):
    if changes == {"state": "to_check", "imported_at": None}:
        changes = changes | {"stored_as": "imports/x"}

    with pytest.raises(IntegrityError), transaction.atomic():
        factories.FigureImportFactory(prefecture=prefecture, **changes)


def test_numbers_count_the_imports_of_a_prefecture(prefecture, elsewhere):
    factories.FigureImportFactory(prefecture=prefecture, number=4)

    assert imports.next_number(prefecture) == 5
    assert imports.next_number(elsewhere) == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.FigureImportFactory(prefecture=prefecture, number=4)
