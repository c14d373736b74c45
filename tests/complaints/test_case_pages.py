"""The pages of one case: entry, file, suites, themes; who gets them, and what they keep of what was typed."""

import uuid
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from complaints import register
from complaints.models import Case, Theme
from complaints.register import Joined
from sites.models import TraceEntry
from tests.complaints.conftest import MONDAY
from tests.factories import ServiceFactory
from tests.pages import words
from tests.sites.test_attachments import image

SLUG = "bouches-du-rhone"
NEW = f"/agents/{SLUG}/affaires/nouvelle/"
THEMES = f"/agents/{SLUG}/affaires/themes/"
STEPS = (
    *("repondre", "reprendre", "contribution", "accuser-reception", "attente", "confier", "solliciter"),
    *("suspendre", "transmettre", "retrait", "classer", "rouvrir", "note", "joindre"),
)


@pytest.fixture(autouse=True)
def _wednesday(monkeypatch):
    """Today is Wednesday 10 March 2021: the letter of the 1st is due on Monday 15."""
    monkeypatch.setattr("sites.models.Prefecture.today", lambda self: date(2021, 3, 10))


@pytest.fixture
def of_basile(basile, client_of):
    return client_of(basile)


def page_of(case):
    return f"/agents/{SLUG}/affaires/{case.year}/{case.number}/"


def typed(accueil, **columns):
    """A letter as the form sends it."""
    return {
        "received_on": "2021-03-09",
        "channel": "letter",
        "kind": "enquiry",
        "requester_kind": "citizen",
        "name": "Dominique Petit",
        "address": "1 rue des Essais, 13000 Essaiville",
        "place": f"service-{accueil.pk}",
        "subject": "Horaires d’ouverture",
        "key": str(uuid.uuid4()),
        **columns,
    }


# --- Entry -------------------------------------------------------------------------------------------------


def test_letter_is_entered_with_its_scan_and_the_next_page_announces_it(rules, accueil, of_basile):
    scan = SimpleUploadedFile("Lettre du 9 mars.png", image("PNG"))
    answer = of_basile.post(NEW, typed(accueil, files=scan, suivant=""))
    case = Case.objects.get()
    assert answer.url == f"{NEW}?suivant"
    assert (case.reference, case.service, case.due_on) == ("2021-0001", accueil, date(2021, 3, 23))
    assert case.attachments.get().title == "Lettre du 9 mars"

    said = of_basile.get(answer.url)
    assert "L’affaire n° 2021-0001 est enregistrée. Réponse due le mardi 23 mars 2021." in words(said)
    form = said.context["form"]
    assert (form["received_on"].value(), form["channel"].value()) == (date(2021, 3, 9), "letter")
    assert not form["name"].value()


def test_entry_without_a_due_date_says_why(rules, accueil, of_basile):
    of_basile.post(NEW, typed(accueil, address="", suivant=""))
    said = words(of_basile.get(f"{NEW}?suivant"))
    assert "Elle n’a pas d’échéance. Sans nom, ou sans adresse où répondre, aucun délai ne court." in said


def test_form_sent_twice_makes_one_case_with_one_file(rules, accueil, of_basile, settings):
    sent = typed(accueil)
    for _ in range(2):
        sent["files"] = SimpleUploadedFile("Lettre.png", image("PNG"))
        answer = of_basile.post(NEW, sent)
    case = Case.objects.get()
    assert answer.url == page_of(case)
    assert case.attachments.count() == len([*settings.FILES_DIR.rglob("*.png")]) == 1


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"received_on": "2021-03-11"}, "est à venir"),
        ({"received_on": "hier"}, "Format attendu"),
        ({"email": "dominique"}, "n’est pas complète"),
        ({"place": "service-0"}, "Choisir dans la liste"),
        ({"theme": "99999999999999999999"}, "Choisir dans la liste"),
        ({"channel": "pigeon"}, "Choisir dans la liste"),
        ({"text": "x" * 20_001}, "20001 caractères"),
        ({"files": SimpleUploadedFile("jeu.exe", b"MZ")}, "jeu : Ce fichier n’est ni un PDF"),
    ],
)
def test_mistake_is_a_sentence_and_keeps_what_was_typed(rules, accueil, of_basile, wrong, sentence):
    answer = of_basile.post(NEW, typed(accueil, **wrong))
    assert sentence in words(answer)
    assert "Dominique Petit" in answer.content.decode()
    assert not Case.objects.exists()


TICK = "cocher « La date de réception est juste »"


def test_letter_of_last_year_is_asked_for_once_more_and_then_registered(rules, accueil, of_basile):
    said = words(of_basile.post(NEW, typed(accueil, received_on="2020-03-10", text="À garder")))
    assert f"Le 10/03/2020 est passé depuis un an ou plus : corriger la date, ou {TICK}." in said
    assert "À garder" in said
    answer = of_basile.post(NEW, typed(accueil, received_on="2020-03-10", place=""))
    assert answer.context["form"]["received_on"].field.widget.attrs["autofocus"]  # the first that is wrong
    assert not Case.objects.exists()

    sent = typed(accueil, received_on="2020-03-10", is_long_ago="on")
    assert "La date de réception est juste" in words(of_basile.post(NEW, sent | {"subject": ""}))
    of_basile.post(NEW, sent | {"suivant": ""})
    assert Case.objects.get().received_on == date(2020, 3, 10)

    of_basile.post(f"{NEW}?suivant", typed(accueil, received_on="2020-03-10"))  # the next one of the pile
    assert Case.objects.count() == 2


def test_nothing_more_is_asked_of_a_day_of_the_past_twelve_months(rules, accueil, of_basile):
    assert "La date de réception est juste" not in words(of_basile.get(NEW))
    assert "La date de réception est juste" not in words(of_basile.post(NEW, typed(accueil, channel="")))
    of_basile.post(NEW, typed(accueil, received_on="2020-03-11"))
    assert Case.objects.exists()


def test_likely_double_is_pointed_out_and_not_refused(receive, accueil, of_basile):
    receive()
    of_basile.post(NEW, typed(accueil, name="DOMINIQUE  petit", subject="horaires d'ouverture", suivant=""))
    said = words(of_basile.get(NEW))
    assert "Même nom et même objet à moins de quinze jours : n° 2021-0001" in said
    of_basile.post(NEW, typed(accueil, subject="Autre objet", suivant=""))
    assert "Même nom" not in words(of_basile.get(NEW))
    assert Case.objects.count() == 3


def test_agent_registers_for_the_own_service_only(rules, siege, arles, accueil, of_basile):
    other = ServiceFactory(unit=siege)
    for place in (f"service-{other.pk}", f"unite-{siege.pk}", f"unite-{arles.pk}"):
        assert "Choisir dans la liste" in words(of_basile.post(NEW, typed(accueil, place=place)))
    assert not Case.objects.exists()


# --- The file ----------------------------------------------------------------------------------------------


def test_page_says_by_when_and_why(receive, of_basile):
    case = receive()
    said = words(of_basile.get(page_of(case)))
    assert "À répondre au plus tard le lundi 15 mars 2021, dans 3 jours ouvrés" in said
    assert "1 mardi 2 mars" in said
    assert "du samedi 6 mars au dimanche 7 mars : fin de semaine" in said
    assert "10 lundi 15 mars" in said
    assert "Enregistrée, confiée à Bureau de l’accueil" in said
    assert TraceEntry.objects.filter(event="read", about=f"Affaire {case}").exists()


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        (
            {"received_on": date(2021, 2, 22)},
            "À répondre depuis le lundi 8 mars 2021, 2 jours ouvrés de retard",
        ),
        ({"received_on": date(2021, 2, 24)}, "À répondre aujourd’hui, mercredi 10 mars 2021"),
        ({"requester": register.Identity(name="Sans adresse")}, "aucun délai ne court"),
        ({"channel": "social"}, "Aucune règle ne donne de délai pour une demande d’information"),
        ({"needs_examination": True}, "appelle l’instruction d’un dossier"),
    ],
)
def test_late_due_today_and_no_clock_are_said(receive, of_basile, columns, sentence):
    assert sentence in words(of_basile.get(page_of(receive(**columns))))


def test_day_of_an_appointment_is_asked_for_while_the_case_is_open(receive, basile, of_basile):
    case = receive(kind="appointment", requester_kind="authority", received_on=date(2021, 3, 8))
    assert "Le rendez-vous est à donner au plus tard pour le 22 mars 2021." in words(
        of_basile.get(page_of(case))
    )
    register.drop(case, reason="twice", seen=case.version, by=basile, on=date(2021, 3, 10))
    assert "est à donner" not in words(of_basile.get(page_of(case)))


def test_file_is_served_as_an_attachment_to_who_may_read_it(receive, of_basile, basile, rachid, client_of):
    case = receive()
    [joined] = register.attach(case, [Joined("Lettre", image("PNG"))], by=basile, on=MONDAY)
    url = reverse("case_attachment", args=[SLUG, case.year, case.number, joined.pk])
    answer = of_basile.get(url)
    assert answer["Content-Disposition"] == 'attachment; filename="2021-0001 Lettre.png"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert TraceEntry.objects.filter(about=f"Affaire {case}, pièce jointe").exists()
    assert client_of(rachid).get(url).status_code == 404
    other = receive()
    wrong = reverse("case_attachment", args=[SLUG, other.year, other.number, joined.pk])
    assert of_basile.get(wrong).status_code == 404


# --- What becomes of it ------------------------------------------------------------------------------------


def step(client, case, slug, **sent):
    version = Case.objects.get(pk=case.pk).version
    return client.post(f"{page_of(case)}suite/{slug}/", {"version": version, **sent}, follow=True)


def test_life_of_a_letter_from_its_entry_to_its_reply(receive, accueil, siege, of_basile):
    other = ServiceFactory(unit=siege, name="Bureau des titres")
    case = receive()
    assert "accusé de réception noté" in words(
        step(of_basile, case, "accuser-reception", sent_on="2021-03-02")
    )
    step(of_basile, case, "solliciter", service=other.pk, remark="Où en est le dossier ?")
    step(of_basile, case, "contribution", received_on="2021-03-04")
    step(of_basile, case, "attente", sent_on="2021-03-04")
    step(of_basile, case, "suspendre", starts_on="2021-03-05", reason="requester")
    assert "Délai suspendu depuis le vendredi 5 mars 2021" in words(of_basile.get(page_of(case)))
    step(of_basile, case, "reprendre", ends_on="2021-03-08")
    said = words(step(of_basile, case, "repondre", answered_on="2021-03-10"))
    assert "Répondue le mercredi 10 mars 2021, dans le délai" in said
    assert "délai de réponse : 5 jours ouvrés" in said
    for line in (
        "Contribution demandée à Bureau des titres",
        "Où en est le dossier ?",
        "Contribution reçue de Bureau des titres",
        "Motif : pièce ou précision attendue de l’usager. Échéance : 15/03/2021 → aucune",
    ):
        assert line in said
    assert "affaire rouverte" in words(step(of_basile, case, "rouvrir", remark="Réponse incomplète"))
    assert "affaire classée" in words(step(of_basile, case, "classer", reason="other", remark="Déjà dit"))
    case.refresh_from_db()
    assert case.state == Case.State.DROPPED


def test_case_given_to_another_service_leaves_the_sight_of_the_former(receive, arles, of_basile):
    other = ServiceFactory(unit=arles)
    case = receive()
    said = words(step(of_basile, case, "confier", place=f"service-{other.pk}"))
    assert f"Affaire {case}" in said.replace("n° ", "n°\xa0")
    assert of_basile.get(page_of(case)).status_code == 404


def test_who_wrote_meanwhile_is_told_and_nothing_is_typed_again(receive, basile, of_basile):
    case = receive()
    register.hold(case, sent_on=date(2021, 3, 4), seen=1, by=basile, on=date(2021, 3, 10), remark="Patience.")
    sent = {"answered_on": "2021-03-09", "remark": "Réponse de trois pages", "version": 1}
    answer = of_basile.post(f"{page_of(case)}suite/repondre/", sent)
    said = words(answer, 409)
    assert "Une modification a été enregistrée depuis que vous avez ouvert cette page." in said
    assert "Réponse d’attente envoyée, par Basile Roux. Patience." in said
    assert "Réponse de trois pages" in said
    again = answer.context["form"]["version"].value()
    of_basile.post(f"{page_of(case)}suite/repondre/", {**sent, "version": again})
    case.refresh_from_db()
    assert case.answered_on == date(2021, 3, 9)


def test_step_sent_twice_is_taken_once_and_lands_on_the_case(receive, siege, of_basile):
    other, on = ServiceFactory(unit=siege), "2021-03-09"
    for slug, sent in {
        "accuser-reception": {"sent_on": on},
        "attente": {"sent_on": on, "remark": "Patience."},
        "solliciter": {"service": other.pk, "remark": "Où en est-on ?"},
        "contribution": {"received_on": on},
        "suspendre": {"starts_on": on, "reason": "requester"},
        "reprendre": {"ends_on": on},
        "repondre": {"answered_on": on},
        "rouvrir": {"remark": "Réponse incomplète"},
        "transmettre": {"sent_on": on, "body": "ants"},
    }.items():
        case = receive()
        needs = {"contribution": "solliciter", "reprendre": "suspendre", "rouvrir": "repondre"}.get(slug)
        if needs:
            before = {
                "service": other.pk,
                "starts_on": "2021-03-05",
                "reason": "requester",
                "answered_on": on,
            }
            step(of_basile, case, needs, **before)
        sent["version"] = Case.objects.get(pk=case.pk).version
        url = f"{page_of(case)}suite/{slug}/"
        answers = [of_basile.post(url, sent) for _ in range(2)]
        assert [answer.get("Location") for answer in answers] == [page_of(case)] * 2, slug
        assert Case.objects.get(pk=case.pk).version == sent["version"] + 1
    again = {"starts_on": "2021-03-08", "reason": "requester", "version": 1}
    assert of_basile.post(f"{page_of(case)}suite/suspendre/", again).status_code == 409


def test_same_step_with_other_words_or_of_another_agent_is_a_conflict(receive, claire, of_basile, client_of):
    case = receive()
    url, sent = (
        f"{page_of(case)}suite/attente/",
        {"sent_on": "2021-03-09", "remark": "Patience.", "version": 1},
    )
    of_basile.post(url, sent)
    assert of_basile.post(url, {**sent, "remark": "Bientôt."}).status_code == 409
    assert client_of(claire).post(url, sent).status_code == 409
    assert case.events.filter(kind="held").count() == 1


def test_case_given_away_by_a_double_click_leads_to_the_register(receive, arles, of_basile):
    other, case = ServiceFactory(unit=arles), receive()
    sent = {"place": f"service-{other.pk}", "version": 1}
    answers = [of_basile.post(f"{page_of(case)}suite/confier/", sent) for _ in range(2)]
    assert [answer.get("Location") for answer in answers] == [f"/agents/{SLUG}/affaires/"] * 2
    assert case.events.filter(kind="assigned").count() == 1


def test_files_and_a_correction_sent_twice_are_kept_once(receive, of_basile, settings):
    case = receive()
    for _ in range(2):
        files = [SimpleUploadedFile(f"{name}.png", image("PNG")) for name in ("Plan", "Photo", "Plan")]
        step(of_basile, case, "joindre", files=files)
    assert sorted(case.attachments.values_list("title", flat=True)) == ["Photo", "Plan"]
    assert len([*settings.FILES_DIR.rglob("*.png")]) == 2
    form = of_basile.get(f"{page_of(case)}corriger/").context["form"]
    sent = {name: form[name].value() or "" for name in form.fields} | {"subject": "Autre objet"}
    del sent["needs_examination"], sent["is_from_rights_defender"]
    answers = [of_basile.post(f"{page_of(case)}corriger/", sent) for _ in range(2)]
    assert [answer.get("Location") for answer in answers] == [page_of(case)] * 2
    assert case.events.filter(kind="corrected").count() == 1


@pytest.mark.parametrize("path", ["suite/repondre/", "corriger/", "suite/note/"])
def test_text_for_a_case_given_to_another_service_meanwhile_is_given_back(
    receive, claire, arles, of_basile, path
):
    case, other = receive(), ServiceFactory(unit=arles, name="Bureau lointain")
    register.assign([case], unit=arles, service=other, by=claire, on=date(2021, 3, 10), remark="Pour Arles.")
    typed = "Réponse de trois pages"
    sent = {"version": 1, "answered_on": "2021-03-09", "remark": typed, "text": typed, "subject": typed}
    said = words(of_basile.post(page_of(case) + path, sent), 404)
    assert typed in said
    assert "elle a pu être confiée à un autre service" in said
    for secret in (case.subject, "Bureau lointain", "Pour Arles"):
        assert secret not in said
    assert said == words(of_basile.post(page_of(case).replace("/1/", "/999/") + path, sent), 404)


@pytest.mark.parametrize("slug", STEPS)
def test_refused_step_keeps_the_page(receive, of_basile, slug):
    case = receive()
    url = f"{page_of(case)}suite/{slug}/"
    assert of_basile.get(url).status_code == 200
    assert of_basile.post(url, {}).status_code == 200
    sent = {"version": 1, "answered_on": "2021-02-01", "remark": "À garder", "text": ""}
    assert of_basile.post(url, sent).status_code == 200
    assert case.events.count() == 1


def test_correction_keeps_the_number_and_shows_the_new_date(receive, of_basile):
    case = receive()
    form = of_basile.get(f"{page_of(case)}corriger/").context["form"]
    sent = {name: form[name].value() or "" for name in form.fields}
    sent |= {"received_on": "2021-03-02", "channel": "email", "needs_examination": ""}
    del sent["needs_examination"], sent["is_from_rights_defender"]
    said = words(of_basile.post(f"{page_of(case)}corriger/", sent, follow=True))
    assert "Corrigé : canal, date de réception. Échéance : 15/03/2021 → 09/03/2021" in said
    case.refresh_from_db()
    assert (case.number, case.requester.name) == (1, "Dominique Petit")


def test_correction_asks_for_a_day_long_ago_only_where_it_is_another(receive, of_basile):
    case = receive(received_on=date(2019, 3, 1))
    form = of_basile.get(f"{page_of(case)}corriger/").context["form"]
    sent = {name: form[name].value() or "" for name in form.fields}
    del sent["needs_examination"], sent["is_from_rights_defender"]
    other = sent | {"received_on": "2012-03-01"}
    assert TICK in words(of_basile.post(f"{page_of(case)}corriger/", other))
    assert of_basile.post(f"{page_of(case)}corriger/", sent | {"subject": "Autre"}).url == page_of(case)
    ticked = other | {"subject": "Autre", "is_long_ago": "on", "version": 2}
    assert of_basile.post(f"{page_of(case)}corriger/", ticked).url == page_of(case)
    case.refresh_from_db()
    assert (case.subject, case.received_on) == ("Autre", date(2012, 3, 1))


# --- Who ---------------------------------------------------------------------------------------------------


def test_referent_of_another_unit_finds_no_door(receive, rachid, client_of):
    case, client = receive(), client_of(rachid)
    paths = ("", "corriger/", "pieces/1/", *(f"suite/{slug}/" for slug in STEPS))
    for path in paths:
        assert client.get(page_of(case) + path).status_code == 404, path
        assert client.post(page_of(case) + path, {"version": 1}).status_code in (404, 405), path
    listed = client.get(f"/agents/{SLUG}/affaires/")
    assert case.subject not in listed.content.decode()


def test_who_reads_is_offered_nothing_to_write(receive, helene, ines, client_of):
    case = receive()
    for reader in (helene, ines):
        page = client_of(reader).get(page_of(case)).content.decode()
        assert "/suite/" not in page
        assert "corriger/" not in page
        for path in ("corriger/", *(f"suite/{slug}/" for slug in STEPS)):
            assert client_of(reader).post(page_of(case) + path, {"version": 1}).status_code == 403


def test_service_asked_for_its_part_adds_a_note_and_nothing_else(receive, basile, rachid, arles, client_of):
    case, asked = receive(), ServiceFactory(unit=arles)
    register.ask(case, asked, seen=1, by=basile, on=date(2021, 3, 10))
    client = client_of(rachid)
    assert [one.slug for one in client.get(page_of(case)).context["steps"]] == ["note", "joindre"]
    assert "note ajoutée" in words(step(client, case, "note", text="Dossier complet."))
    assert client.post(f"{page_of(case)}suite/repondre/", {"version": 2}).status_code == 403


# --- Themes ------------------------------------------------------------------------------------------------


def test_empty_list_is_filled_in_one_click_then_adapted(prefecture, browser):
    assert "Créer la liste habituelle" in words(browser.get(THEMES))
    for _ in range(2):
        browser.post(f"{THEMES}habituels/")
    titles = list(Theme.objects.values_list("title", flat=True))
    assert len(titles) == 12
    second = Theme.objects.get(title=titles[1])
    browser.post(f"{THEMES}{second.pk}/deplacer/", {"sens": "haut"})
    assert next(iter(Theme.objects.all())) == second
    assert "a déjà un thème" in words(browser.post(f"{THEMES}nouveau/", {"title": "ACCUEIL téléphonique"}))
    sent = {"title": "Téléphone", "version": 1}  # the box that is not ticked is not sent
    browser.post(f"{THEMES}{second.pk}/", sent)
    second.refresh_from_db()
    assert (second.title, second.is_offered) == ("Téléphone", False)
    told = browser.post(f"{THEMES}{second.pk}/", {"title": "Standard", "version": 1})
    assert "Téléphone" in words(told, 409)


# --- Cost --------------------------------------------------------------------------------------------------


def test_pages_ask_as_much_whatever_there_is(receive, basile, of_basile, django_assert_max_num_queries):
    case = receive()
    for number in range(12):
        register.note(case, f"Note {number}", by=basile, on=MONDAY)
        register.attach(case, [Joined(f"Pièce {number}", image("PNG"))], by=basile, on=MONDAY)
    with django_assert_max_num_queries(16):
        of_basile.get(page_of(case))
    with django_assert_max_num_queries(14):
        of_basile.get(NEW)
