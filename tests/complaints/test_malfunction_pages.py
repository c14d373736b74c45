"""The pages of the malfunctions, as those who use them do."""

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from complaints.models import Malfunction
from improvement.models import Action
from sites import files
from sites.models import TraceEntry
from tests.factories import ActionFactory, MalfunctionFactory, SiteFactory
from tests.improvement.test_pages import FAR, words
from tests.sites.test_attachments import image

HERE = "/agents/bouches-du-rhone/affaires/dysfonctionnements/"
NEW_ACTION = "/agents/bouches-du-rhone/amelioration/actions/nouvelle/"


@pytest.fixture
def reported(accueil, basile):
    """Basile's, in his service."""
    return MalfunctionFactory(
        unit=accueil.unit, service=accueil, reported_by=basile, number=7, subject="La borne n’imprime plus"
    )


def listed(client, query=""):
    return [row.subject for row in client.get(HERE + query).context["listing"]["table"].data]


def test_an_agent_reports_in_one_click_from_home(basile, accueil, arles, client_of):
    site = SiteFactory(unit=accueil.unit)
    browser = client_of(basile)
    assert f'href="{HERE}nouveau/"' in browser.get("/agents/").text

    form = browser.get(HERE + "nouveau/").context["form"]
    assert form["place"].value() == f"service-{accueil.pk}"
    typed = {name: form[name].value() for name in ("noticed_on", "place")}
    typed |= {"subject": "La porte reste ouverte", "site": site.pk, "text": "Depuis lundi."}
    answer = browser.post(HERE + "nouveau/", typed, follow=True)

    assert answer.redirect_chain == [(HERE, 302)]
    held = Malfunction.objects.get()
    assert (held.reported_by, held.unit, held.service, held.site) == (basile, accueil.unit, accueil, site)
    assert "La porte reste ouverte" in words(answer)
    assert TraceEntry.objects.get(event="wrote").about == f"Dysfonctionnement {held} signalé."

    refused = browser.post(HERE + "nouveau/", typed | {"place": f"unite-{arles.pk}"})
    assert "n’appartient pas à" in words(refused)
    assert refused.context["form"]["subject"].value() == "La porte reste ouverte"


def test_the_quality_manager_answers_and_the_one_who_reported_reads_it(reported, claire, basile, client_of):
    manager, page = client_of(claire), f"{HERE}2020/7/"
    assert "Un dysfonctionnement est signalé" in words(manager.get("/agents/"))
    manager.post(f"{page}suite/prendre-en-charge/", {"version": 1, "answer": "Commandée."})
    assert "Un dysfonctionnement est signalé" not in words(manager.get("/agents/"))
    closing = {"version": 2, "state": "solved", "answer": "Réparée par l’atelier."}
    assert manager.post(f"{page}suite/clore/", closing).url == page

    own = client_of(basile)
    assert "résolu" in words(own.get(HERE))
    assert "Réparée par l’atelier." in words(own.get(HERE))
    assert "Réparée par l’atelier." in words(own.get(page))
    assert "Clore" not in words(own.get(page))
    assert own.post(f"{page}suite/rouvrir/", {"version": 3, "answer": "Encore."}).status_code == 403
    assert manager.post(f"{page}suite/rouvrir/", {"version": 3, "answer": "Encore."}).url == page
    assert Malfunction.objects.get().state == "taken"
    assert manager.get(f"{page}suite/oublier/").status_code == 404
    read = TraceEntry.objects.filter(event="read").values_list("agent", "about")
    assert set(read) == {(basile.pk, "Dysfonctionnement D\xa02020-0007")}


def test_who_reported_corrects_it_until_somebody_takes_it_up(reported, basile, rachid, claire, client_of):
    correct, own = f"{HERE}2020/7/corriger/", client_of(basile)
    form = own.get(correct).context["form"]
    typed = {name: form[name].value() or "" for name in ("noticed_on", "place", "site", "text", "version")}

    assert own.post(correct, typed | {"subject": "La borne est lente"}).url == f"{HERE}2020/7/"
    assert own.post(correct, typed | {"subject": "Vue trop tard"}).status_code == 409
    assert client_of(rachid).get(correct).status_code == 404
    Malfunction.objects.update(state="taken")
    assert own.get(correct).status_code == 403
    late = own.post(correct, typed | {"subject": "Elle est éteinte", "version": 2})
    assert "Quelqu’un s’en occupe depuis" in words(late)
    assert late.context["form"]["subject"].value() == "Elle est éteinte"
    assert Malfunction.objects.get().subject == "La borne est lente"
    assert "Corriger" in words(client_of(claire).get(f"{HERE}2020/7/"))


def test_a_photo_is_kept_and_read_by_who_reads_the_malfunction(basile, rachid, accueil, client_of):
    own = client_of(basile)
    place = f"service-{accueil.pk}"
    typed = {"noticed_on": "2020-03-02", "place": place, "subject": "Vitre fendue", "site": "", "text": ""}
    script = SimpleUploadedFile("photo.png", b"<script>", content_type="image/png")
    refused = own.post(HERE + "nouveau/", typed | {"file": script})
    assert "Ce fichier n’est ni un PDF, ni une image" in words(refused)
    assert not Malfunction.objects.exists()

    own.post(HERE + "nouveau/", typed)
    for _ in range(2):
        own.post(HERE + "nouveau/", typed | {"file": SimpleUploadedFile("vitre.jpg", image("JPEG"))})

    held = Malfunction.objects.get()
    kept = [path for path in (settings.FILES_DIR / "dysfonctionnements").rglob("*") if path.is_file()]
    assert [path.name for path in kept] == [held.file_name.rpartition("/")[2]]
    page = f"{HERE}{held.year}/{held.number}/"
    assert "image JPEG" in words(own.get(page))
    served = own.get(page + "fichier/")
    assert served["Content-Type"] == "image/jpeg"
    assert served["Content-Disposition"] == f'attachment; filename="dysfonctionnement {held.reference}.jpg"'
    assert client_of(rachid).get(page + "fichier/").status_code == 404
    files.remove(held.file_name)
    assert own.get(page + "fichier/").status_code == 503


def test_a_new_photo_takes_the_place_of_the_former_one(
    reported, claire, client_of, django_capture_on_commit_callbacks
):
    correct, manager = f"{HERE}2020/7/corriger/", client_of(claire)
    assert manager.get(f"{HERE}2020/7/fichier/").status_code == 404
    form = manager.get(correct).context["form"]
    typed = {name: form[name].value() or "" for name in ("noticed_on", "place", "site", "text", "subject")}
    names = []
    for version in (1, 2):
        photo = SimpleUploadedFile("borne.png", image("PNG", size=(40, 20 * version)))
        with django_capture_on_commit_callbacks(execute=True):
            manager.post(correct, typed | {"version": version, "file": photo})
        names.append(Malfunction.objects.get().file_name)

    assert names[0] != names[1]
    kept = [path.name for path in (settings.FILES_DIR / "dysfonctionnements").rglob("*.png")]
    assert kept == [names[1].rpartition("/")[2]]


def test_a_conflict_shows_what_stands_and_keeps_what_was_typed(reported, claire, client_of):
    manager, step = client_of(claire), f"{HERE}2020/7/suite/clore/"
    manager.post(f"{HERE}2020/7/suite/prendre-en-charge/", {"version": 1, "answer": "Commandée."})

    second = manager.post(step, {"version": 1, "state": "dropped", "answer": "Rien à faire."})

    assert second.status_code == 409
    assert "Commandée." in words(second)
    assert second.context["form"]["answer"].value() == "Rien à faire."
    again = {
        "version": second.context["form"]["version"].value(),
        "state": "dropped",
        "answer": "Rien à faire.",
    }
    assert manager.post(step, again).status_code == 302


def test_a_malfunction_opens_an_action_that_leads_back_to_those_who_may_read_it(
    reported, claire, basile, rachid, client_of
):
    manager, page, new = client_of(claire), f"{HERE}2020/7/", NEW_ACTION + "?dysfonctionnement=2020-0007"
    assert new in manager.get(page).text
    assert NEW_ACTION not in client_of(basile).get(page).text
    form = manager.get(new).context["form"]
    assert form["origin"].value() == "Dysfonctionnement D\xa02020-0007, constaté le 02/03/2020"

    typed = {"title": "Changer la borne", "owner": rachid.pk, "due_on": FAR, "description": ""}
    typed |= {name: form[name].value() for name in ("origin", "unit")}
    assert manager.post(new, typed).url == page

    action = Action.objects.get()
    assert action.malfunction == reported
    assert "Changer la borne" in words(manager.get(page))
    assert "Changer la borne" not in words(client_of(basile).get(page))
    told = "/agents/bouches-du-rhone/amelioration/actions/1/"
    assert page in manager.get(told).text
    assert page not in client_of(rachid).get(told).text  # his action, of a place that he does not cover


def test_the_list_is_filtered_sorted_and_taken_away(accueil, arles, basile, claire, rachid, client_of):
    MalfunctionFactory(unit=accueil.unit, number=1, reported_by=basile, subject="Ancienne", is_solved=True)
    MalfunctionFactory(unit=accueil.unit, number=2, reported_by=basile, subject="Prise", state="taken")
    MalfunctionFactory(unit=arles, number=3, reported_by=claire, subject="Nouvelle")
    manager = client_of(claire)

    assert listed(manager) == ["Nouvelle", "Prise", "Ancienne"]
    assert listed(manager, "?sort=number") == ["Ancienne", "Prise", "Nouvelle"]
    assert listed(manager, "?state=open") == ["Nouvelle", "Prise"]
    assert listed(manager, "?state=solved") == ["Ancienne"]
    assert listed(manager, f"?unit={arles.pk}") == ["Nouvelle"]
    assert listed(manager, "?own=own") == ["Nouvelle"]
    lines = client_of(rachid).get(HERE + "?export=csv").content.decode("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert "Nouvelle" in lines[1]


def test_a_malfunction_is_found_by_its_number_and_its_words_by_who_reads_it(
    reported, claire, rachid, client_of
):
    manager, search = client_of(claire), HERE.replace("affaires/dysfonctionnements/", "recherche/")
    for typed in ("BORNE imprime", "D\xa02020-0007", "d 2020-0007"):
        assert listed(manager, f"?q={typed}") == [reported.subject]
    assert listed(manager, "?q=borne ailleurs") == []
    assert "Écrire un numéro, un nom ou des mots." in words(manager.get(HERE, {"q": "!!"}))

    assert "D 2020-0007, La borne n’imprime plus" in words(manager.get(search, {"q": "borne"}))
    assert manager.get(search, {"q": "D 2020-0007"}).url.endswith("/dysfonctionnements/2020/7/")
    assert "Rien ne répond" in words(client_of(rachid).get(search, {"q": "borne"}))


def test_the_list_costs_the_same_for_one_and_for_three(
    accueil, claire, client_of, django_assert_max_num_queries
):
    browser = client_of(claire)
    for _ in range(3):
        MalfunctionFactory(unit=accueil.unit, service=accueil)
        with django_assert_max_num_queries(7):
            browser.get(HERE)


def test_the_menu_leads_everybody_there(odile, ines, client_of):
    assert f'href="{HERE}"' in client_of(odile).get(HERE).text
    assert "Signaler un dysfonctionnement" in client_of(odile).get(HERE).text
    for page in (HERE, "/agents/"):
        assert "Signaler un dysfonctionnement" not in client_of(ines).get(page).text


def test_an_action_shows_on_the_page_of_its_malfunction_to_its_owner(reported, basile, client_of):
    ActionFactory(
        prefecture=reported.prefecture, owner=basile, malfunction=reported, title="Changer le rouleau"
    )

    assert "Changer le rouleau" in words(client_of(basile).get(f"{HERE}2020/7/"))
