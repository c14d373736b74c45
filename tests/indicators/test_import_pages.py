"""The pages of imports, as a quality manager uses them: from her disk to the board and the bilan."""

from functools import partial

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from indicators import tasks, uploads
from indicators.models import FigureImport, ImportAnswer, Measurement, Note
from jobs import queue
from jobs.models import Job
from publications import publish
from referentiel.models import Indicator
from sheets.reading import rows_of
from sites.models import Prefecture, TraceEntry, Unit
from tests import factories
from tests.races import at_once

pytestmark = pytest.mark.django_db

CODE = "value_does_not_fit_indicator"
State = FigureImport.State


@pytest.fixture
def lines(prefecture: Prefecture, arles: Unit) -> list[Indicator]:
    """Invented indicators of a préfecture (« données fictives »): minutes, a count, two lines of a number."""
    referentiel = factories.ReferentielFactory(title="Référentiel fictif")
    factories.AdoptionFactory(prefecture=prefecture, referentiel=referentiel)
    module = factories.ModuleFactory(referentiel=referentiel)
    factories.PerimeterFactory(service=factories.ServiceFactory(unit=arles), module=module)
    phone = factories.EngagementFactory(module=module, code="T1", theme="Téléphone")
    desk = factories.EngagementFactory(module=module, code="A1", theme="Guichet")
    made = [
        factories.IndicatorFactory(engagement=phone, title="Appels perdus, ligne titres", direction="down"),
        factories.IndicatorFactory(
            engagement=phone, title="Appels perdus, ligne étrangers", direction="down"
        ),
        factories.IndicatorFactory(
            engagement=desk, title="Attente moyenne au guichet", unit="minutes", direction="down"
        ),
        factories.IndicatorFactory(engagement=desk, title="Usagers reçus", unit="count", direction="none"),
    ]
    factories.TargetFactory(indicator=made[0], comparator="≤", value=10)
    factories.TargetFactory(indicator=made[2], comparator="≤", value=20)
    return made


def url(name: str, *args: object) -> str:
    return reverse(name, args=["bouches-du-rhone", *args])


def send(browser: Client, text: str | bytes, *, year: int = 2018, contents: str = "results", name="t.csv"):
    data = text if isinstance(text, bytes) else text.encode()
    sent = {"year": year, "contents": contents, "file": SimpleUploadedFile(name, data)}
    return browser.post(url("import_new"), sent)


def work() -> None:
    """What the worker does with the files that wait."""
    assert tasks.read_upload
    for job in Job.objects.filter(kind=uploads.READ_JOB, state=Job.State.QUEUED):
        queue.run(job.pk)


def typed(page, **changes: object) -> dict[str, object]:
    """The form of a problem as its page gives it, with what somebody typed."""
    return {"version": page.context["form"]["version"].value(), "reason": "vérifié", **changes}


TABLE = (
    "Unité;Engagement;Indicateur;Résultat 2018\n"
    "Arles;T1;Appels perdus, ligne titres;9 %\n"
    "Arles;T1;Appels perdus, ligne étrangers;12,5 %\n"
    "Arles;A1;Attente moyenne au guichet;95 %\n"
    "Arles;A1;Usagers reçus;2511\n"
)


# --- from the file to the bilan ---


def test_a_table_goes_from_the_disk_to_the_board_and_to_the_bilan(browser, lines, prefecture, claire):
    sent = send(browser, TABLE, name="résultats 2018 (données fictives).csv")
    assert sent.url == url("import_review", 1)
    reading = browser.get(sent.url)
    assert "En attente. La lecture prend en général quelques secondes." in reading.text
    assert f'<a class="fr-link fr-icon-refresh-line fr-link--icon-left" href="{sent.url}">' in reading.text

    work()
    review = browser.get(sent.url)
    assert "Problèmes bloquants&nbsp;: 1, dont 1 sans réponse" in review.text
    asked = url("import_answer", 1, 4, "printed_result_2018", CODE)
    assert asked in review.text
    assert browser.get(url("import_confirm", 1)).url == sent.url

    page = browser.get(asked)
    assert [line.number for line in page.context["lines"]] == [3, 4, 5]
    refused = browser.post(asked, typed(page, decision="correct", corrected="80 %", reason="mal recopié"))
    assert "La réponse ne convient pas\xa0: «\xa080\xa0%\xa0» ne peut pas être" in refused.text
    assert "mal recopié" in refused.text
    assert refused.text.count("Erreur&nbsp;:") == 1
    done = browser.post(asked, typed(page, decision="correct", corrected="18 min", reason="mal recopié"))
    assert done.url == sent.url

    confirm = browser.get(url("import_confirm", 1))
    assert (confirm.context["new"], confirm.context["changed"]) == (4, 0)
    assert "18\xa0min, corrigé\xa0: mal recopié" in confirm.text
    assert browser.post(url("import_confirm", 1), {"read": confirm.context["read"]}).url == url(
        "import_detail", 1
    )

    detail = browser.get(url("import_detail", 1))
    assert "par Claire Martin" in detail.text
    assert "lu «&nbsp;18 min&nbsp;». mal recopié (Claire Martin" in detail.text
    board = browser.get(url("board", 2018)).text
    for shown in ("9\xa0%", "12,5\xa0%", "18\xa0min", "2\u202f511"):
        assert shown in board
    content = publish.freeze(prefecture, 2018, by=claire).content
    assert '"18\xa0min"' in content
    assert "résultats 2018 (données fictives).csv" in content


def test_the_blank_table_filled_in_by_hand_comes_back_without_a_question(browser, lines):
    blank = browser.get(url("import_model"), {"year": 2018, "kind": "csv"})
    assert blank.headers["Content-Disposition"].startswith("attachment; filename")
    text = blank.content.decode("utf-8-sig")
    answers = iter(["4,5 %", "12 %", "15 min", "300"])
    first, *rows = text.splitlines()
    place = first.split(";").index("Résultat 2018")
    filled = [first]
    for row in rows:
        cells = row.split(";")
        cells[place] = next(answers)
        filled.append(";".join(cells))

    send(browser, "\n".join(filled))
    work()

    review = browser.get(url("import_review", 1))
    assert review.context["report"].problems == []
    assert review.context["report"].imported == 4


def test_a_blank_table_that_cannot_be_made_says_why(browser, prefecture):
    page = browser.get(url("import_model"), {"year": 2018, "kind": "ods"})

    assert "Aucun indicateur n’est attendu" in page.text
    assert page.text.count("Erreur&nbsp;:") == 1


def test_notes_are_brought_as_notes(browser, lines):
    send(
        browser, "Unité;Note\nArles;Guichet fermé en août.\n;Chiffres arrêtés au 31 mars.\n", contents="notes"
    )
    work()
    confirm = browser.get(url("import_confirm", 1))

    browser.post(url("import_confirm", 1), {"read": confirm.context["read"]})

    assert [(str(note.unit or ""), note.text) for note in Note.objects.order_by("source_row")] == [
        ("Sous-préfecture d’Arles", "Guichet fermé en août."),
        ("", "Chiffres arrêtés au 31 mars."),
    ]
    assert "Chiffres arrêtés au 31 mars." in browser.get(url("import_detail", 1)).text


# --- what goes wrong ---


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"file": None}, "Choisir le fichier à importer."),
        ({"file": b""}, "Ce fichier est vide."),
        ({"file": b"a" * 5_000_001}, "Ce fichier dépasse 5\xa0Mo"),
        ({"year": "1815"}, "Sélectionnez un choix valide"),
        ({"contents": "autre"}, "Sélectionnez un choix valide"),
    ],
    ids=["none", "empty", "too big", "year", "contents"],
)
def test_what_cannot_be_sent_is_said(browser, changes, sentence):
    form = {"year": 2018, "contents": "results", "file": b"x", **changes}
    form["file"] = SimpleUploadedFile("t.csv", form["file"]) if form["file"] is not None else ""

    page = browser.post(url("import_new"), form)

    assert sentence in page.text
    assert "<title>Erreur&nbsp;: Importer un tableau" in page.text
    assert not FigureImport.objects.exists()


def test_a_file_that_is_no_table_ends_in_a_sentence(browser):
    send(browser, b"%PDF-1.7\n", name="tableau.xlsx")
    work()

    page = browser.get(url("import_review", 1), follow=True)

    assert "Ce fichier n’est ni un CSV, ni un ODS, ni un XLSX\xa0:" in page.text
    assert browser.get(url("import_source", 1)).status_code == 404


def test_a_table_of_another_year_is_refused_on_its_page(browser, lines):
    send(browser, TABLE, year=2017)
    work()

    page = browser.get(url("import_review", 1))

    assert "«\xa0Résultat 2018\xa0» (printed_result_2018), et non «\xa0Résultat 2017\xa0»" in page.text
    assert browser.get(url("import_confirm", 1)).url == url("import_review", 1)
    assert browser.post(url("import_confirm", 1), {"read": "0" * 64}).url == url("import_review", 1)
    assert not Measurement.objects.exists()


def test_a_reading_that_failed_is_shown_and_can_be_asked_for_again(browser):
    send(browser, TABLE)
    Job.objects.update(state=Job.State.FAILED, attempts=3, last_error="le disque est plein")
    page = browser.get(url("import_review", 1))
    assert "Le fichier n&#x27;a pas pu être lu, après 3 essais." in page.text

    assert browser.post(url("import_retry", 1)).url == url("import_review", 1)
    work()

    assert FigureImport.objects.get().state == State.TO_CHECK


def test_a_kept_file_that_is_gone_is_said(browser, lines):
    send(browser, TABLE)
    (settings.FILES_DIR / FigureImport.objects.get().stored_as).unlink()

    page = browser.get(url("import_source", 1), follow=True)

    assert "ne peut pas être lu. Prévenir la personne qui administre" in page.text


def test_a_session_that_runs_out_loses_neither_answers_nor_typed_text(browser, lines):
    send(browser, TABLE.replace("2511", "deux mille"))
    work()
    first = url("import_answer", 1, 4, "printed_result_2018", CODE)
    second = url("import_answer", 1, 5, "printed_result_2018", CODE)
    page = browser.get(first)
    assert browser.post(first, typed(page, decision="correct", corrected="18 min")).url == second
    page = browser.get(second)
    browser.logout()

    expired = browser.post(second, typed(page, decision="leave_out", reason="Le registre a été perdu."))

    assert "Le registre a été perdu." in expired.text
    assert ImportAnswer.objects.get().corrected == "18 min"


# --- several people ---


def test_who_answers_second_sees_what_the_first_one_said(browser, lines, prefecture, client_of):
    denis = factories.MembershipFactory(prefecture=prefecture, agent__full_name="Denis Faure").agent
    send(browser, TABLE)
    work()
    asked = url("import_answer", 1, 4, "printed_result_2018", CODE)
    hers, his = browser.get(asked), client_of(denis).get(asked)
    client_of(denis).post(asked, typed(his, decision="leave_out", reason="Illisible."))

    conflict = browser.post(asked, typed(hers, decision="correct", corrected="18 min", reason="Relu."))

    assert conflict.status_code == 409
    assert "Denis Faure a enregistré une autre réponse pendant que vous répondiez" in conflict.text
    assert "Relu." in conflict.text
    assert 'value="18 min"' in conflict.text
    browser.post(asked, typed(conflict, decision="correct", corrected="18 min", reason="Relu."))
    assert ImportAnswer.objects.get().corrected == "18 min"


def test_a_double_click_a_reload_or_a_second_tab_import_once(browser, lines):
    send(browser, TABLE.replace("95 %", "18 min"))
    work()
    read = browser.get(url("import_confirm", 1)).context["read"]

    for _ in range(3):
        answer = browser.post(url("import_confirm", 1), {"read": read}, follow=True)

    assert Measurement.objects.count() == Measurement.history.count() == 4
    assert "n’attend plus de décision\xa0: importé par Claire Martin" in answer.text


@pytest.mark.django_db(transaction=True)
def test_two_managers_who_import_the_same_year_at_once_write_one_figure_each(lines, prefecture, client_of):
    people = [factories.MembershipFactory(prefecture=prefecture).agent for _ in range(2)]
    for number, agent in enumerate(people):
        row = f"Arles;A1;Usagers reçus;{number + 100}\n"
        send(client_of(agent), f"Unité;Engagement;Indicateur;Résultat 2018\n{row}")
    work()
    browsers = [client_of(agent) for agent in people]
    reads = [
        one.get(url("import_confirm", number)).context["read"] for number, one in enumerate(browsers, start=1)
    ]

    answers = at_once(
        *(
            partial(browsers[number].post, url("import_confirm", number + 1), {"read": reads[number]})
            for number in range(2)
        )
    )

    assert all(answer.status_code < 500 for answer in answers)
    states = sorted(FigureImport.objects.values_list("state", flat=True))
    assert states == [State.IMPORTED, State.TO_CHECK]
    assert Measurement.objects.count() == Measurement.history.count() == 1


def test_a_published_year_says_that_its_bilan_stays(browser, published, client_of):
    unit = Unit.objects.get(short_name="Arles")
    indicator = published.prefecture.measurements.first().indicator
    row = f"{unit.name};{indicator.engagement.code};{indicator.title};70 %"
    send(browser, f"Unité;Engagement;Indicateur;Résultat 2018\n{row}\n")
    work()
    asked = url("import_answer", 1, 2, "printed_result_2018", "two_values_for_one_fact")
    browser.post(asked, typed(browser.get(asked), decision="correct", corrected="70 %"))

    page = browser.get(url("import_confirm", 1))

    assert "Le bilan 2018 est publié (édition 1). Cet import ne le changera pas" in page.text
    assert page.context["changed"] == 1
    browser.post(url("import_confirm", 1), {"read": page.context["read"]})
    change = browser.get(url("import_detail", 1)).context["changes"][0]
    assert (change.before, change.after) == ("92,00\xa0% (92 sur 100)", "70\xa0%")


def test_a_row_of_another_prefecture_is_asked_about(browser, lines, elsewhere):
    send(browser, "Préfecture;Unité;Indicateur;Résultat 2018\nBas-Rhin;Arles;Usagers reçus;3\n")
    work()

    (question,) = browser.get(url("import_review", 1)).context["questions"]

    assert question.label == "Autre préfecture"


# --- who may ---


def test_a_stranger_and_an_agent_see_no_import(browser, lines, zoe, basile, client_of):
    send(browser, TABLE)
    work()
    pages = [
        url("imports"),
        url("import_review", 1),
        url("import_source", 1),
        url("import_confirm", 1),
        url("import_answer", 1, 4, "printed_result_2018", CODE),
    ]

    for page in pages:
        assert client_of(zoe).get(page).status_code == 404
        assert client_of(basile).get(page).status_code == 403
    mine = reverse("imports", args=["bas-rhin"])
    assert "t.csv" not in client_of(zoe).get(mine).text
    assert client_of(zoe).get(reverse("import_source", args=["bas-rhin", 1])).status_code == 404


def test_taking_the_file_is_kept_in_the_journal(browser, lines):
    send(browser, TABLE)

    taken = browser.get(url("import_source", 1))

    assert taken.getvalue().decode() == TABLE
    assert taken.headers["Content-Disposition"] == 'attachment; filename="t.csv"'
    assert taken.headers["X-Content-Type-Options"] == "nosniff"
    entry = TraceEntry.objects.latest("pk")
    assert (entry.event, entry.about) == ("exported", "Fichier de l’import n°\xa01")


# --- the list ---


def test_the_list_is_filtered_sorted_and_exported(browser, lines):
    send(browser, TABLE)
    send(browser, TABLE, year=2017)
    browser.post(url("import_abandon", 2))

    shown = browser.get(url("imports"), {"state": "abandoned"}).context["listing"]["table"].rows
    assert [row.record.number for row in shown] == [2]
    page = browser.get(url("imports"), {"sort": "year"})
    assert [row.record.year for row in page.context["listing"]["table"].rows] == [2017, 2018]
    exported = browser.get(url("imports"), {"export": "csv"})
    rows = rows_of(exported.content)
    assert [(row["n"], row["fichier"], row["etat"]) for row in rows] == [
        ("2", "t.csv", "abandonné"),
        ("1", "t.csv", "lecture en cours"),
    ]


def test_pages_cost_the_same_number_of_queries_whatever_they_show(browser, lines, django_assert_num_queries):
    counts = {"imports": [], "import_review": [], "import_confirm": [], "import_detail": []}
    body = TABLE.replace("95 %", "18 min")
    for number, text in enumerate([*body.splitlines()[:1], body], start=1):
        text = "\n".join([*body.splitlines()[:2]]) if number == 1 else text
        send(browser, text)
        work()
        for name in ("imports", "import_review", "import_confirm"):
            counts[name].append(queries(browser, url(name, *([] if name == "imports" else [number]))))
        read = browser.get(url("import_confirm", number)).context["read"]
        browser.post(url("import_confirm", number), {"read": read})
        counts["import_detail"].append(queries(browser, url("import_detail", number)))

    for name, (few, many) in counts.items():
        assert few == many, name


def queries(browser: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(address).status_code == 200
    return len(captured)


def test_a_table_full_of_problems_makes_a_page_of_reasonable_length(browser, lines):
    rows = "".join(f"Arles;T1;Inconnu {number};4 %\n" for number in range(150))
    send(browser, f"Unité;Engagement;Indicateur;Résultat 2018\n{rows}")
    work()

    page = browser.get(url("import_review", 1))

    assert "Problèmes bloquants&nbsp;: 150, dont 150 sans réponse" in page.text
    assert "Les 100 premiers sont montrés." in page.text
    assert len(page.text) < 200_000
