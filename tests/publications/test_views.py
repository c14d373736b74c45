"""The agents' pages of a bilan, as Claire uses them, and as others may not."""

import datetime
from collections.abc import Callable

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from indicators.models import Measurement
from jobs.models import Job
from publications import bilan as contents
from publications import parts, pdf, publish
from publications.models import Bilan, Part, Presentation
from referentiel.models import Indicator
from sites.models import Agent, Prefecture, TraceEntry, Unit
from tests import factories
from tests.publications.conftest import PDF

SLUG = "bouches-du-rhone"
HOSTILE = "</textarea><script>alert('x')</script>{{ 7|add:7 }}=HYPERLINK(\"http://a\")"

SignIn = Callable[[Agent | None], Client]


def url(name: str, *where: object) -> str:
    return reverse(name, args=[SLUG, *where])


def said(response: HttpResponse) -> list[str]:
    """The messages that the redirected page will show."""
    return [str(message) for message in get_messages(response.wsgi_request)]


@pytest.fixture
def read(prefecture: Prefecture, figures: Indicator) -> str:
    """The hash of what is on Claire's screen when she signs."""
    return contents.hash_of(contents.assemble(prefecture, 2018).as_text())


# --- the list ----------------------------------------------------------------------------------------------


def test_a_year_with_figures_and_no_bilan_invites_to_prepare_it(browser: Client, figures: Indicator) -> None:
    page = browser.get(url("bilans"))

    assert [(year.number, year.editions) for year in page.context["years"]] == [(2018, [])]
    assert url("bilan_prepare", 2018) in page.text


def test_a_year_known_by_its_successor_alone_makes_no_bilan(browser: Client, siege: Unit) -> None:
    source = factories.FigureImportFactory(prefecture=siege.prefecture, year=2018)
    factories.MeasurementFactory(
        unit=siege, year=2017, origin=Measurement.Origin.PRINTED, source=source, source_row=2
    )

    assert browser.get(url("bilans")).context["years"] == []


@pytest.mark.parametrize("name", ["bilans", "bilan_prepare"])
def test_without_figures_a_page_says_what_to_do_next(
    name: str, browser: Client, prefecture: Prefecture
) -> None:
    page = browser.get(url(name, *([] if name == "bilans" else [2018])))

    assert url("first_steps") in page.text


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("bilans", "Les bilans paraîtront ici"), ("board", "Les résultats paraîtront ici")],
)
def test_without_figures_a_reader_is_told_whom_to_wait_for(
    name: str, sentence: str, basile: Agent, client_of: SignIn
) -> None:
    page = client_of(basile).get(url(name, *([] if name == "bilans" else [2018])))

    assert f"{sentence} dès que la personne responsable de la qualité" in page.text


def test_the_list_shows_every_edition_to_who_reads_drafts(browser: Client, signed: Bilan) -> None:
    (year,) = browser.get(url("bilans")).context["years"]

    assert (year.number, year.editions) == (2018, [signed])


def test_an_agent_reads_in_the_list_what_is_published_and_nothing_else(
    basile: Agent, client_of: SignIn, published: Bilan, claire: Agent, siege: Unit
) -> None:
    Measurement.objects.filter(unit=siege).update(numerator=18)
    publish.freeze(published.prefecture, 2018, by=claire, erratum="Un courriel compté en trop.")

    (year,) = client_of(basile).get(url("bilans")).context["years"]

    assert year.editions == [published]


def test_the_list_costs_the_same_with_one_and_with_three_editions(
    browser: Client, prefecture: Prefecture, claire: Agent
) -> None:
    counts = []
    for number in (1, 2, 3):
        factories.BilanFactory(prefecture=prefecture, year=2015 + number, frozen_by=factories.AgentFactory())
        with CaptureQueriesContext(connection) as queries:
            browser.get(url("bilans"))
        counts.append(len(queries))

    assert counts[0] == counts[2]


# --- preparing ---------------------------------------------------------------------------------------------


def test_who_may_not_sign_reads_the_same_words_in_the_tab_and_on_the_page(
    helene: Agent, client_of: SignIn, figures: Indicator
) -> None:
    page = client_of(helene).get(url("bilan_prepare", 2018))

    assert page.text.count("Bilan 2018, avant signature") == 3  # tab, breadcrumb, heading
    assert "Préparer le bilan" not in page.text


def test_the_preview_says_what_would_be_signed(browser: Client, figures: Indicator) -> None:
    page = browser.get(url("bilan_prepare", 2018))

    (theme,) = page.context["reading"].themes
    assert [cell["shown_label"] for _, cell in theme.lines[0].cells] == ["95,00\xa0%", "92,31\xa0%"]
    assert [cell["verdict_label"] for _, cell in theme.lines[0].cells] == [
        "objectif atteint",
        "objectif non atteint",
    ]
    assert "La partie «\xa0Perspectives\xa0» n&#x27;est pas rédigée." in page.text


def test_the_preview_writes_nothing(browser: Client, figures: Indicator) -> None:
    browser.get(url("bilan_prepare", 2018))
    browser.get(url("bilan_freeze", 2018))

    assert not Part.objects.exists()
    assert not Bilan.objects.exists()
    assert not Job.objects.exists()


def test_who_only_reads_is_not_offered_to_write(helene: Agent, client_of: SignIn, figures: Indicator) -> None:
    page = client_of(helene).get(url("bilan_prepare", 2018))

    assert url("bilan_freeze", 2018) not in page.text
    assert url("bilan_part", 2018, "summary") not in page.text


def test_a_year_without_figures_offers_no_signature(browser: Client, siege: Unit) -> None:
    page = browser.get(url("bilan_prepare", 2018))

    assert "Aucun chiffre de 2018 n’est enregistré." in page.text
    assert url("bilan_freeze", 2018) not in page.text


def test_what_is_signed_already_leads_to_its_edition(browser: Client, signed: Bilan) -> None:
    page = browser.get(url("bilan_prepare", 2018))

    assert "Rien n’a changé depuis l’édition 1" in page.text
    assert url("bilan_freeze", 2018) not in page.text


@pytest.mark.parametrize("year", [0, 1999, 2200, 99999, 10**30])
@pytest.mark.parametrize("name", ["bilan_prepare", "bilan_freeze"])
def test_a_year_out_of_bounds_is_not_found(browser: Client, name: str, year: int) -> None:
    assert browser.get(url(name, year)).status_code == 404


def test_the_preview_costs_the_same_with_one_and_with_three_indicators(
    browser: Client, figures: Indicator, siege: Unit
) -> None:
    counts = []
    for _ in range(3):
        with CaptureQueriesContext(connection) as queries:
            browser.get(url("bilan_prepare", 2018))
        counts.append(len(queries))
        more = factories.IndicatorFactory(engagement=figures.engagement)
        factories.MeasurementFactory(unit=siege, indicator=more)
        factories.NoteFactory(prefecture=siege.prefecture, unit=siege, indicator=more)

    assert counts[0] == counts[2]


# --- writing a part ----------------------------------------------------------------------------------------


def test_a_part_is_written_and_shown_in_the_preview(browser: Client, figures: Indicator) -> None:
    text = "Une bonne année.\r\n\r\n- deux visites\r\n- une enquête"

    response = browser.post(url("bilan_part", 2018, "actions"), {"text": text, "version": 0}, follow=True)

    part = Part.objects.get()
    assert (part.section, part.version) == ("actions", 1)
    assert part.text == "Une bonne année.\n\n- deux visites\n- une enquête"
    assert response.redirect_chain == [(url("bilan_prepare", 2018), 302)]
    assert "<li>deux visites</li>\n<li>une enquête</li>" in response.text


def test_who_wrote_stays_in_the_history(browser: Client, claire: Agent, figures: Indicator) -> None:
    browser.post(url("bilan_part", 2018, "actions"), {"text": "Fait.", "version": 0})

    assert Part.objects.get().history.get().history_user == claire


def test_the_same_text_again_changes_nothing(browser: Client, prefecture: Prefecture) -> None:
    part = factories.PartFactory(prefecture=prefecture, text="Fait.")

    browser.post(url("bilan_part", 2018, "summary"), {"text": "Fait.", "version": 7})

    part.refresh_from_db()
    assert part.version == 0


def test_who_comes_second_sees_both_texts_and_loses_neither(
    browser: Client, prefecture: Prefecture, zoe: Agent
) -> None:
    part = parts.find(prefecture, 2018, Part.Section.SUMMARY)
    parts.write(part, text="Le texte de l'autre.", seen_version=0)

    page = browser.post(url("bilan_part", 2018, "summary"), {"text": "Mon long texte.", "version": 0})

    assert page.status_code == 409
    assert "Le texte de l&#x27;autre." in page.text
    assert "Mon long texte.</textarea>" in page.text
    assert Part.objects.get().text == "Le texte de l'autre."

    browser.post(
        url("bilan_part", 2018, "summary"),
        {"text": "Les deux textes.", "version": page.context["form"]["version"].value()},
    )
    assert Part.objects.get().text == "Les deux textes."


def test_control_characters_and_direction_marks_are_removed(browser: Client, prefecture: Prefecture) -> None:
    browser.post(
        url("bilan_part", 2018, "summary"), {"text": "a\x07b\tc\x0b\u202ed\u2028e\r\nf", "version": 0}
    )

    assert Part.objects.get().text == "ab cd\ne\nf"


def test_a_text_of_twenty_thousand_characters_is_kept_and_one_more_refused(
    browser: Client, prefecture: Prefecture
) -> None:
    address = url("bilan_part", 2018, "summary")
    longest = "é" * 9_999 + "\r\n" + "é" * 10_000

    too_long = browser.post(address, {"text": longest + "!", "version": 0})
    browser.post(address, {"text": longest, "version": 0})

    assert "Ce texte compte 20001 caractères\xa0: le ramener à 20000 au plus." in too_long.text
    assert longest + "!" in too_long.text
    assert len(Part.objects.get().text) == 20_000


def test_a_text_of_too_many_lines_is_refused(browser: Client, prefecture: Prefecture) -> None:
    text = "a\n" * pdf.PART_LINES + "a"

    page = browser.post(url("bilan_part", 2018, "summary"), {"text": text, "version": 0})

    sentence = f"Ce texte compte {pdf.PART_LINES + 1} lignes\xa0: le ramener à {pdf.PART_LINES} au plus."
    assert sentence in page.text
    assert not Part.objects.exists()


@pytest.mark.parametrize("version", ["", "-1", "x", "9" * 30])
def test_a_form_without_its_version_keeps_the_text_on_the_page(
    browser: Client, prefecture: Prefecture, version: str
) -> None:
    page = browser.post(url("bilan_part", 2018, "summary"), {"text": "Mon texte.", "version": version})

    assert "Mon texte." in page.text
    assert not Part.objects.exists()


@pytest.mark.parametrize(("year", "section"), [(2018, "sommaire"), (1999, "summary"), (2200, "summary")])
def test_an_unknown_part_is_not_found(
    browser: Client, prefecture: Prefecture, year: int, section: str
) -> None:
    address = url("bilan_part", year, section)

    assert browser.get(address).status_code == 404
    assert browser.post(address, {"text": "x", "version": 0}).status_code == 404


def test_hostile_text_is_shown_as_it_was_typed(browser: Client, figures: Indicator) -> None:
    browser.post(url("bilan_part", 2018, "summary"), {"text": HOSTILE, "version": 0})

    for page, quote in (("bilan_prepare", "'"), ("bilan_part", "&#x27;")):
        where = [2018] if page == "bilan_prepare" else [2018, "summary"]
        text = browser.get(url(page, *where)).text
        assert "<script>alert" not in text
        assert f"&lt;script&gt;alert({quote}x{quote})&lt;/script&gt;{{{{ 7|add:7 }}}}=HYPERLINK" in text


# --- signing -----------------------------------------------------------------------------------------------


def test_the_confirmation_names_the_bilan_and_what_it_lacks(browser: Client, figures: Indicator) -> None:
    page = browser.get(url("bilan_freeze", 2018))

    assert "Arrêter le bilan 2018&nbsp;?" in page.text
    assert "Préfecture des Bouches-du-Rhône" in page.text
    assert "La partie «\xa0Perspectives\xa0» n&#x27;est pas rédigée." in page.text


def test_signing_leads_to_the_edition(browser: Client, claire: Agent, read: str) -> None:
    response = browser.post(url("bilan_freeze", 2018), {"read": read})

    bilan = Bilan.objects.get()
    assert response.url == url("bilan_edition", 2018, 1)
    assert said(response) == ["Le bilan 2018 est arrêté\xa0: édition 1. Son PDF se prépare."]
    assert (bilan.frozen_by, bilan.sha256) == (claire, read)


def test_a_double_click_signs_once(browser: Client, read: str) -> None:
    browser.post(url("bilan_freeze", 2018), {"read": read})
    second = browser.post(url("bilan_freeze", 2018), {"read": read})

    assert Bilan.objects.count() == Job.objects.count() == 1
    assert said(second)[-1].startswith("L'édition 1 du bilan 2018 dit déjà exactement cela")


def test_what_changed_since_it_was_read_is_not_signed(browser: Client, read: str, siege: Unit) -> None:
    Measurement.objects.filter(unit=siege).update(numerator=18)

    response = browser.post(url("bilan_freeze", 2018), {"read": read})

    assert response.url == url("bilan_prepare", 2018)
    assert said(response)[0].startswith("Le contenu a changé depuis votre relecture")
    assert not Bilan.objects.exists()


@pytest.mark.parametrize("sent", ["", "z" * 64, "0" * 63])
def test_a_signature_without_what_was_read_asks_again(browser: Client, figures: Indicator, sent: str) -> None:
    page = browser.post(url("bilan_freeze", 2018), {"read": sent})

    assert "Arrêter le bilan 2018&nbsp;?" in page.text
    assert not Bilan.objects.exists()


def test_what_no_pdf_would_hold_is_not_signed(browser: Client, figures: Indicator, siege: Unit) -> None:
    factories.NoteFactory.create_batch(101, prefecture=siege.prefecture)
    read = contents.hash_of(contents.assemble(siege.prefecture, 2018).as_text())

    response = browser.post(url("bilan_freeze", 2018), {"read": read})

    assert said(response) == ["Le bilan compte 101 notes\xa0: le PDF en admet 100 au plus."]
    assert not Bilan.objects.exists()


# --- an edition and its PDF --------------------------------------------------------------------------------


def test_an_edition_says_who_signed_it_and_its_hash(browser: Client, signed: Bilan) -> None:
    page = browser.get(url("bilan_edition", 2018, 1))

    assert "par Claire Martin" in page.text
    assert signed.sha256 in page.text


def test_an_edition_shows_its_frozen_content_and_not_the_figures_of_today(
    browser: Client, signed: Bilan
) -> None:
    Measurement.objects.update(numerator=1, denominator=2)

    page = browser.get(url("bilan_edition", 2018, 1))

    assert "92,31\xa0%" in page.text
    assert "50,00\xa0%" not in page.text


@pytest.mark.parametrize(
    ("state", "sentence", "percent", "is_over"),
    [
        ({}, "En attente. La préparation prend en général moins d'une minute.", None, False),
        (
            {"state": "running", "progress": 60, "step": "Écriture des 12 pages", "attempts": 1},
            "Écriture des 12 pages",
            60,
            False,
        ),
        (
            {"state": "queued", "attempts": 1, "last_error": "MemoryError : "},
            "Essai 1 sur 3 manqué. Le suivant commence d'ici deux minutes.",
            None,
            False,
        ),
        (
            {"state": "failed", "attempts": 3, "last_error": "TooLongError : trop long"},
            "Le PDF n'a pas pu être préparé, après 3 essais.",
            None,
            True,
        ),
        ({"state": "done", "attempts": 1}, "Le PDF est prêt.", 100, True),
    ],
)
def test_the_progress_of_the_pdf_is_said_in_words(
    browser: Client,
    signed: Bilan,
    state: dict[str, object],
    sentence: str,
    percent: int | None,
    is_over: bool,
) -> None:
    Job.objects.update(lease_until=timezone.now() + datetime.timedelta(minutes=1), **state)

    answer = browser.get(url("bilan_progress", 2018, 1)).json()
    page = browser.get(url("bilan_edition", 2018, 1))

    assert (answer["sentence"], answer["percent"], answer["is_over"]) == (sentence, percent, is_over)
    assert sentence.replace("'", "&#x27;") in page.text


@pytest.mark.parametrize(
    ("since", "seconds", "state"),
    [
        ("queued_at", 61, {}),
        ("queued_at", 181, {"attempts": 1, "last_error": "MemoryError : "}),
        ("lease_until", 181, {"attempts": 1, "state": "running"}),
    ],
    ids=["new", "failed once", "interrupted"],
)
def test_after_minutes_without_a_worker_the_page_says_whom_to_ask(
    since: str, seconds: int, state: dict[str, object], browser: Client, signed: Bilan
) -> None:
    Job.objects.update(**{since: timezone.now() - datetime.timedelta(seconds=seconds)}, **state)

    page = browser.get(url("bilan_edition", 2018, 1))

    assert "Prévenir la personne qui administre l&#x27;application" in page.text


def test_a_worker_that_went_silent_is_said_to_be_replaced(browser: Client, signed: Bilan) -> None:
    past = timezone.now() - datetime.timedelta(seconds=1)
    Job.objects.update(state="running", attempts=1, lease_until=past)

    answer = browser.get(url("bilan_progress", 2018, 1)).json()

    assert answer["sentence"] == "Le travail a été interrompu. Il va reprendre."


def test_a_failure_shows_its_reason_and_is_retried(browser: Client, signed: Bilan) -> None:
    Job.objects.update(state="failed", attempts=3, last_error="TooLongError : la note 1 est trop longue")
    page = browser.get(url("bilan_edition", 2018, 1))

    response = browser.post(url("bilan_retry", 2018, 1))

    job = Job.objects.get()
    assert "la note 1 est trop longue" in page.text
    assert url("bilan_retry", 2018, 1) in page.text
    assert (job.state, job.attempts, job.last_error) == ("queued", 0, "")
    assert response.url == url("bilan_edition", 2018, 1)


def test_a_retry_of_what_runs_changes_nothing(browser: Client, signed: Bilan) -> None:
    until = timezone.now() + datetime.timedelta(minutes=1)
    Job.objects.update(state="running", attempts=1, lease_until=until)

    browser.post(url("bilan_retry", 2018, 1))

    assert (Job.objects.get().state, Job.objects.get().attempts) == ("running", 1)


def test_a_pdf_that_nobody_ordered_is_ordered(browser: Client, signed: Bilan) -> None:
    Job.objects.all().delete()

    browser.post(url("bilan_retry", 2018, 1))

    assert Job.objects.get().key == publish.pdf_key(signed)


def test_the_pdf_is_served_inline_under_its_name(browser: Client, ready: Bilan) -> None:
    response = browser.get(url("bilan_pdf", 2018, 1))

    assert response.content == PDF
    assert response["Content-Type"] == "application/pdf"
    name = "bilan-2018-bouches-du-rhone-edition-1.pdf"
    assert response["Content-Disposition"] == f'inline; filename="{name}"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "no-store, private"


def test_a_pdf_that_is_not_ready_is_not_found(browser: Client, signed: Bilan) -> None:
    assert browser.get(url("bilan_pdf", 2018, 1)).status_code == 404


def test_a_lost_file_is_a_clean_503_and_a_line_in_the_log(
    browser: Client, ready: Bilan, caplog: pytest.LogCaptureFixture
) -> None:
    publish.pdf_path(ready).unlink()

    response = browser.get(url("bilan_pdf", 2018, 1))

    assert response.status_code == 503
    assert "Ce document est momentanément indisponible" in response.text
    assert [record.file for record in caplog.records if record.name == "publications.public"] == [
        ready.pdf_name
    ]
    assert browser.get(url("bilan_edition", 2018, 1)).status_code == 200


def test_a_file_that_was_cut_is_not_served(browser: Client, ready: Bilan) -> None:
    publish.pdf_path(ready).write_bytes(PDF[:-1])

    assert browser.get(url("bilan_pdf", 2018, 1)).status_code == 503


@pytest.mark.parametrize("edition", [0, 2, 10**30])
def test_an_unknown_edition_is_not_found(browser: Client, ready: Bilan, edition: int) -> None:
    names = ["bilan_edition", "bilan_progress", "bilan_pdf", "bilan_publish", "bilan_withdraw"]

    assert {browser.get(url(name, 2018, edition)).status_code for name in names} == {404}
    assert browser.post(url("bilan_retry", 2018, edition)).status_code == 404


# --- publishing and withdrawing ----------------------------------------------------------------------------


def test_publishing_asks_first_and_then_shows_the_bilan(browser: Client, ready: Bilan, claire: Agent) -> None:
    question = browser.get(url("bilan_publish", 2018, 1))
    assert "Publier le bilan 2018, édition 1&nbsp;?" in question.text
    assert not Bilan.objects.shown().exists()

    response = browser.post(url("bilan_publish", 2018, 1))

    ready.refresh_from_db()
    assert ready.published_by == claire
    assert said(response) == ["Le bilan 2018 est publié\xa0: chacun peut le lire."]


def test_publishing_twice_is_refused_politely(browser: Client, published: Bilan) -> None:
    response = browser.post(url("bilan_publish", 2018, 1))

    assert response.url == url("bilan_edition", 2018, 1)
    assert said(response) == ["Cette édition est déjà publiée."]


def test_withdrawing_keeps_the_reason(browser: Client, published: Bilan, claire: Agent) -> None:
    response = browser.post(url("bilan_withdraw", 2018, 1), {"reason": "Un chiffre du siège est faux."})

    published.refresh_from_db()
    assert (published.withdrawn_by, published.withdrawal_reason) == (claire, "Un chiffre du siège est faux.")
    assert response.url == url("bilan_edition", 2018, 1)


def test_withdrawing_without_a_reason_asks_for_it(browser: Client, published: Bilan) -> None:
    page = browser.post(url("bilan_withdraw", 2018, 1), {"reason": " \r\n"})

    assert "Indiquer le motif du retrait." in page.text
    assert Bilan.objects.shown().get() == published


def test_a_refused_withdrawal_keeps_the_typed_reason(browser: Client, ready: Bilan) -> None:
    page = browser.post(url("bilan_withdraw", 2018, 1), {"reason": "Un long motif."})

    assert "Cette édition n&#x27;est pas publiée\xa0: il n&#x27;y a rien à retirer." in page.text
    assert "Un long motif." in page.text


# --- who may not -------------------------------------------------------------------------------------------

READ = ["bilan_edition", "bilan_progress", "bilan_pdf", "bilan_publish", "bilan_withdraw"]
CHANGE = ["bilan_publish", "bilan_withdraw", "bilan_retry"]
EVERY_FORM = {"text": "x", "version": 0, "read": "0" * 64, "reason": "x"}


def state() -> list[object]:
    """All that a page of a bilan could change."""
    rows = [Bilan.objects, Part.objects, Job.objects]
    return [list(manager.order_by("pk").values()) for manager in rows]


def test_the_quality_manager_of_another_prefecture_finds_nothing_and_changes_nothing(
    zoe: Agent, client_of: SignIn, published: Bilan
) -> None:
    client, before = client_of(zoe), state()
    of_the_year = ["bilan_prepare", "bilan_freeze"]

    answers = [client.get(url("bilans")), client.get(url("bilan_part", 2018, "summary"))]
    answers += [client.get(url(name, 2018)) for name in of_the_year]
    answers += [client.get(url(name, 2018, 1)) for name in READ]
    answers += [client.post(url(name, 2018, 1), EVERY_FORM) for name in CHANGE]
    answers += [client.post(url("bilan_part", 2018, "summary"), EVERY_FORM)]
    answers += [client.post(url("bilan_freeze", 2018), EVERY_FORM)]

    assert {answer.status_code for answer in answers} == {404}
    assert state() == before


@pytest.mark.parametrize("role", ["helene", "ines", "rachid", "basile", "odile"])
def test_who_does_not_sign_changes_nothing_by_any_method(
    role: str, request: pytest.FixtureRequest, client_of: SignIn, ready: Bilan
) -> None:
    client, before = client_of(request.getfixturevalue(role)), state()
    addresses = [url("bilans"), url("bilan_part", 2018, "summary")]
    addresses += [url(name, 2018) for name in ("bilan_prepare", "bilan_freeze")]
    addresses += [url(name, 2018, 1) for name in {*READ, *CHANGE}]

    answers = {
        client.generic(method, address, EVERY_FORM if method == "POST" else "").status_code
        for address in addresses
        for method in ("POST", "PUT", "PATCH", "DELETE")
    }

    assert answers <= {403, 404, 405}
    assert state() == before


def test_the_director_reads_drafts_and_an_agent_does_not(
    helene: Agent, basile: Agent, client_of: SignIn, ready: Bilan
) -> None:
    names = ["bilan_edition", "bilan_pdf"]

    assert [client_of(helene).get(url(name, 2018, 1)).status_code for name in names] == [200, 200]
    assert [client_of(basile).get(url(name, 2018, 1)).status_code for name in names] == [404, 404]


def test_every_member_reads_what_is_published(basile: Agent, client_of: SignIn, published: Bilan) -> None:
    client = client_of(basile)

    assert client.get(url("bilan_edition", 2018, 1)).status_code == 200
    assert client.get(url("bilan_pdf", 2018, 1)).status_code == 200


def test_a_right_withdrawn_is_gone_at_the_next_click(browser: Client, claire: Agent, ready: Bilan) -> None:
    claire.memberships.update(role="director")
    assert browser.post(url("bilan_publish", 2018, 1)).status_code == 403

    claire.memberships.all().delete()
    assert browser.get(url("bilan_edition", 2018, 1)).status_code == 404
    assert not Bilan.objects.shown().exists()


# --- a preview, the text of the year before -----------------------------------------------------------------


def test_a_preview_shows_the_text_and_saves_nothing(browser: Client, prefecture: Prefecture) -> None:
    typed = {"text": "Une **bonne** année.", "version": 0, "preview": "1"}

    page = browser.post(url("bilan_part", 2018, "summary"), typed)

    assert "<p>Une <strong>bonne</strong> année.</p>" in page.text
    assert "Une **bonne** année.</textarea>" in page.text
    assert not Part.objects.exists()


def test_the_text_of_the_year_before_is_offered_beside_and_taken_up_on_demand(
    browser: Client, prefecture: Prefecture
) -> None:
    factories.PartFactory(prefecture=prefecture, year=2017, text="En **2017**.")
    address = url("bilan_part", 2018, "summary")

    beside = browser.get(address)
    taken = browser.get(address, {"reprendre": "1"})

    assert "<p>En <strong>2017</strong>.</p>" in beside.text
    assert beside.context["form"]["text"].value() == ""
    assert taken.context["form"]["text"].value() == "En **2017**."
    assert Part.objects.count() == 1


def test_the_text_of_the_year_before_comes_after_what_is_written_already(
    browser: Client, prefecture: Prefecture
) -> None:
    factories.PartFactory(prefecture=prefecture, year=2017, text="Avant.")
    factories.PartFactory(prefecture=prefecture, year=2018, text="Déjà.")

    page = browser.get(url("bilan_part", 2018, "summary"), {"reprendre": "1"})

    assert page.context["form"]["text"].value() == "Déjà.\n\nAvant."


def test_lists_within_lists_within_lists_are_refused_with_their_text(
    browser: Client, prefecture: Prefecture
) -> None:
    page = browser.post(url("bilan_part", 2018, "summary"), {"text": "- " * 9 + "x", "version": 0})

    assert "Les listes de ce texte s’emboîtent sur 9 niveaux\xa0: en garder 3 au plus." in page.text
    assert "- - - -" in page.text
    assert not Part.objects.exists()


def test_the_preparation_says_who_wrote_what_and_how_far_the_figures_are(
    browser: Client, figures: Indicator, siege: Unit
) -> None:
    browser.post(url("bilan_part", 2018, "actions"), {"text": "Fait.", "version": 0})
    factories.IndicatorFactory(engagement=figures.engagement)

    page = browser.get(url("bilan_prepare", 2018))

    writings = {writing.section: writing for writing in page.context["writings"]}
    assert (writings["actions"].is_written, writings["actions"].by) == (True, "Claire Martin")
    assert (writings["outlook"].is_written, writings["outlook"].at) == (False, None)
    assert (page.context["draft"].given, page.context["draft"].expected) == (2, 4)
    assert [gap.section for gap in page.context["draft"].gaps] == [
        "", "", "summary", "complaints", "digital_points", "outlook",
    ]  # fmt: skip


# --- presentations ------------------------------------------------------------------------------------------


def test_a_presentation_is_noted_before_the_signature_and_stands_in_the_signed_content(
    browser: Client, prefecture: Prefecture, figures: Indicator, claire: Agent
) -> None:
    typed = {
        "body": "steering",
        "held_on": "2019-03-12",
        "edition": "",
        "remark": " avis  favorable\n",
        "version": "0",
    }

    response = browser.post(url("presentation_new", 2018), typed)

    assert response.url == url("bilan_prepare", 2018)
    assert said(response) == ["Réunion notée\xa0: comité de pilotage du 12/03/2019."]
    assert publish.freeze(prefecture, 2018, by=claire).data["presentations"] == [
        {
            "body": "steering",
            "body_label": "comité de pilotage",
            "held_on": "2019-03-12",
            "remark": "avis favorable",
        }
    ]


def test_a_presentation_noted_after_the_signature_asks_for_no_new_edition(
    browser: Client, published: Bilan
) -> None:
    typed = {"body": "users", "held_on": "2019-04-02", "edition": "1", "remark": "", "version": "0"}

    browser.post(url("presentation_new", 2018), typed)

    assert "Rien n’a changé depuis l’édition 1" in browser.get(url("bilan_prepare", 2018)).text
    assert "Comité local des usagers, le 2 avril 2019" in browser.get(url("bilan_edition", 2018, 1)).text


def test_a_meeting_to_come_is_called_planned(
    client: Client, prefecture: Prefecture, published: Bilan
) -> None:
    coming = prefecture.today() + datetime.timedelta(days=9)
    factories.PresentationFactory(prefecture=prefecture, held_on=coming)
    factories.PresentationFactory(prefecture=prefecture, edition=7, held_on="2019-01-01")

    page = client.get(reverse("public_bilan", args=[SLUG, 2018]))

    assert [(meeting.held_on, meeting.is_planned) for meeting in page.context["meetings"]] == [(coming, True)]
    assert "Comité de pilotage, prévu le" in page.text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"held_on": "2017-12-31"}, "Un bilan de 2018 ne se présente pas à cette date"),
        ({"held_on": "2018-02-30"}, "Cette date n’existe pas."),
        ({"held_on": ""}, "Indiquer la date de la réunion."),
        ({"body": "elsewhere"}, "Sélectionnez un choix valide"),
        ({"edition": "7"}, "Sélectionnez un choix valide"),
        ({"remark": "x" * 301}, "Cette remarque compte 301 caractères"),
        ({}, "Cette réunion est déjà notée pour ce bilan."),
    ],
)
def test_a_presentation_that_cannot_be_keeps_what_was_typed(
    browser: Client, prefecture: Prefecture, changes: dict[str, str], sentence: str
) -> None:
    factories.PresentationFactory(prefecture=prefecture)
    typed = {
        "body": "steering",
        "held_on": "2019-03-12",
        "edition": "",
        "remark": "deux mots",
        "version": "0",
    }
    typed |= changes

    page = browser.post(url("presentation_new", 2018), typed)

    assert sentence in page.text
    assert typed["remark"] in page.text
    assert Presentation.objects.count() == 1


def test_a_presentation_is_corrected_and_removed(browser: Client, prefecture: Prefecture) -> None:
    noted = factories.PresentationFactory(prefecture=prefecture)

    read = browser.get(url("presentation", 2018, noted.pk)).context["form"]["version"].value()
    typed = {"body": "technical", "held_on": "2019-03-12", "edition": "", "remark": "", "version": read}
    browser.post(url("presentation", 2018, noted.pk), typed)
    noted.refresh_from_db()
    assert (noted.body, noted.remark) == ("technical", "")

    address = url("presentation_remove", 2018, noted.pk)
    browser.post(address, {"version": browser.get(address).context["form"]["version"].value()})
    assert not Presentation.objects.exists()


def test_a_presentation_that_was_corrected_meanwhile_is_not_removed_unread(
    browser: Client, prefecture: Prefecture
) -> None:
    noted = factories.PresentationFactory(prefecture=prefecture)
    address = url("presentation_remove", 2018, noted.pk)
    read = browser.get(address).context["form"]["version"].value()
    noted.remark = "à l’unanimité"
    noted.save()

    refused = browser.post(address, {"version": read})

    assert refused.status_code == 409
    assert "«\xa0à l’unanimité\xa0». La retirer de nouveau" in refused.text
    assert Presentation.objects.count() == 1

    browser.post(address, {"version": refused.context["form"]["version"].value()})
    assert not Presentation.objects.exists()


def test_two_who_correct_a_presentation_see_each_other(browser: Client, prefecture: Prefecture) -> None:
    noted = factories.PresentationFactory(prefecture=prefecture)
    address = url("presentation", 2018, noted.pk)
    read = browser.get(address).context["form"]["version"].value()
    first = {"body": "steering", "held_on": "2019-03-12", "remark": "à l’unanimité", "version": read}
    second = first | {"held_on": "2019-04-02", "remark": "avis réservé"}
    browser.post(address, first)

    refused = browser.post(address, second)

    assert refused.status_code == 409
    assert "cette réunion a été changée\xa0: comité de pilotage du 12/03/2019" in refused.text
    assert "«\xa0à l’unanimité\xa0»" in refused.text
    assert 'value="avis réservé"' in refused.text
    noted.refresh_from_db()
    assert noted.remark == "à l’unanimité"

    browser.post(address, second | {"version": refused.context["form"]["version"].value()})
    noted.refresh_from_db()
    assert noted.remark == "avis réservé"


# --- a corrected edition ------------------------------------------------------------------------------------


def test_the_erratum_is_asked_for_typed_kept_and_shown(
    browser: Client, client: Client, published: Bilan, siege: Unit, attach: Callable[[Bilan], Bilan]
) -> None:
    Measurement.objects.filter(unit=siege).update(numerator=18)
    page = browser.get(url("bilan_freeze", 2018))
    read = page.context["read"]

    empty = browser.post(url("bilan_freeze", 2018), {"read": read, "erratum": " "})
    stale = browser.post(url("bilan_freeze", 2018), {"read": "0" * 64, "erratum": "Un de trop."})
    signed = browser.post(url("bilan_freeze", 2018), {"read": read, "erratum": "Un de trop."})

    assert "Dire ce que cette édition corrige, et pourquoi." in empty.text
    assert "Le contenu a changé depuis votre relecture" in stale.text
    assert "Un de trop.</textarea>" in stale.text
    assert signed.url == url("bilan_edition", 2018, 2)

    second = attach(Bilan.objects.get(edition=2))
    assert "l’édition 1, publiée le" in browser.get(url("bilan_publish", 2018, 2)).text
    browser.post(url("bilan_publish", 2018, 2))

    shown = client.get(reverse("public_bilan", args=[SLUG, 2018]))
    former = client.get(reverse("public_edition", args=[SLUG, 2018, 1]))
    assert shown.context["bilan"] == second
    assert "<p>Un de trop.</p>" in shown.text
    assert "Cette édition 1 a été remplacée par l’édition 2" in former.text
    assert "95,00\xa0%" in former.text
    assert client.get(reverse("public_edition_pdf", args=[SLUG, 2018, 1])).content == PDF


def test_a_withdrawn_edition_is_readable_by_no_visitor_under_any_address(
    browser: Client, client: Client, published: Bilan
) -> None:
    browser.post(url("bilan_withdraw", 2018, 1), {"reason": "Erreur."})

    for name in ("public_edition", "public_edition_pdf"):
        assert client.get(reverse(name, args=[SLUG, 2018, 1])).status_code == 404


def test_two_editions_are_compared_and_the_draft_with_the_last_one(
    browser: Client, published: Bilan, siege: Unit
) -> None:
    Measurement.objects.filter(unit=siege).update(numerator=18)

    draft = browser.get(url("bilan_changes", 2018))
    publish.freeze(published.prefecture, 2018, by=published.frozen_by, erratum="Un de trop.")
    both = browser.get(url("bilan_compare", 2018, 2, 1))

    for page in (draft, both):
        assert [figure.unit for figure in page.context["comparison"].figures] == ["Siège"]
        assert "<del>95,00\xa0%</del>" in page.text
        assert "<ins>90,00\xa0%</ins>" in page.text


def test_a_draft_is_compared_by_nobody_who_may_not_read_it(
    basile: Agent, client_of: SignIn, published: Bilan, siege: Unit
) -> None:
    Measurement.objects.filter(unit=siege).update(numerator=18)
    publish.freeze(published.prefecture, 2018, by=published.frozen_by, erratum="Un de trop.")

    assert client_of(basile).get(url("bilan_compare", 2018, 1, 2)).status_code == 404
    assert client_of(basile).get(url("bilan_changes", 2018)).status_code == 403


def test_the_journal_keeps_who_reads_before_the_public_and_who_signs(published, claire, helene, client_of):
    year = "/agents/bouches-du-rhone/bilans/2018/"
    client_of(helene).get(year)
    client_of(helene).get(f"{year}editions/1/")  # everybody may
    client_of(claire).post(f"{year}editions/1/retirer/", {"reason": "Une erreur de saisie."})
    client_of(helene).get(f"{year}editions/1/")

    kept = TraceEntry.objects.order_by("pk").values_list("agent__full_name", "event", "about")
    assert list(kept.filter(event__in=["read", "wrote"])) == [
        ("Helene Garcia", "read", "Bilan 2018, avant signature"),
        ("Claire Martin", "wrote", "Bilan 2018, édition 1, retiré"),
        ("Helene Garcia", "read", "Bilan 2018, édition 1"),
    ]
