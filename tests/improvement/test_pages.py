"""The pages of the plan and of the calendar, as those who use them do."""

import datetime
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from improvement import duties, plan
from improvement.models import Action, Duty
from sites import files
from sites.models import Membership, TraceEntry
from tests import factories
from tests.factories import ActionFactory, AgentFactory, DutyDoneFactory, DutyFactory, MembershipFactory
from tests.indicators.monthly import Monthly
from tests.sites.test_attachments import image

HERE = "/agents/bouches-du-rhone/amelioration/"
FAR = "2040-01-31"


@pytest.fixture
def browser(claire, client_of):
    return client_of(claire)


@pytest.fixture
def missed(figures, arles):
    """The address of a figure of Arles that misses its target, and the one that opens an action from it."""
    indicator = next(figure.indicator for figure in figures if figure.unit == arles)
    page = f"/agents/bouches-du-rhone/indicateurs/2018/{arles.pk}/{indicator.pk}/"
    asked = f"periode=2018&unite={arles.pk}&indicateur={indicator.pk}"
    return page, f"{HERE}actions/nouvelle/?{asked}"


def words(response):
    page = response.content.decode()
    return re.sub(r"\s+", " ", strip_tags(page[page.index("<main") : page.index("</main>")]))


def sent(name, body):
    return SimpleUploadedFile(name, body, content_type="text/html")


# --- an action ---------------------------------------------------------------------------------------------


def test_a_missed_target_is_two_pages_away_from_its_action(browser, claire, rachid, missed, client_of):
    page, new = missed
    assert new.replace("&", "&amp;") in browser.get(page).text
    form = browser.get(new)
    assert "non atteint" in words(form)

    typed = {"title": "Former deux agents", "owner": rachid.pk, "due_on": FAR, "description": ""}
    answer = browser.post(new, typed, follow=True)

    assert answer.redirect_chain == [(HERE + "actions/", 302)]
    assert "L’action n°&nbsp;1 est ouverte, confiée à Rachid Benali." in answer.text.replace("\xa0", "&nbsp;")
    assert "Former deux agents" in words(browser.get(page))
    assert "Former deux agents" in words(client_of(rachid).get(page))
    assert TraceEntry.objects.filter(event="wrote", about__startswith="L’action n°").count() == 1


def test_a_target_missed_in_some_months_opens_an_action_that_says_which(db, client_of):
    world = Monthly()
    factories.TargetFactory(indicator=world.rate)
    factories.MonthFactory(
        service=world.services[0], indicator=world.rate, year=2020, month=2, numerator=50, denominator=100
    )
    manager, here = client_of(world.manager), f"/agents/{world.prefecture.slug}"
    asked = f"unite={world.unit.pk}&indicateur={world.rate.pk}"
    new = f"{here}/amelioration/actions/nouvelle/?periode=2020-{{}}&{asked}"
    page = f"{here}/indicateurs/periode/2020-T1/{world.unit.pk}/{world.rate.pk}/"

    assert (
        new.format("02").replace("&", "&amp;") in manager.get(f"{here}/indicateurs/direction/2020-02/").text
    )
    assert new.format("T1").replace("&", "&amp;") in manager.get(page).text
    said = {"title": "Former", "owner": world.manager.pk, "due_on": FAR, "description": ""}
    manager.post(new.format("T1"), said)

    action = Action.objects.get()
    assert "1er trimestre\xa02020 (février)\xa0: 50,00\xa0%, objectif" in action.origin
    assert action.first_month_on == action.last_month_on == datetime.date(2020, 2, 1)
    assert "Former" in words(manager.get(page))
    assert manager.get(new.format("T2")).status_code == 404
    assert manager.get(new.format("T5")).status_code == 404


def test_a_reader_of_a_figure_opens_nothing(missed, rachid, helene, client_of):
    for agent in (rachid, helene):
        assert "Ouvrir une action" not in client_of(agent).get(missed[0]).text


def test_an_action_that_one_may_not_see_is_not_told_on_the_page_of_its_figure(
    missed, claire, arles, prefecture, client_of, figures
):
    reader = AgentFactory()
    MembershipFactory(agent=reader, prefecture=prefecture, role=Membership.Role.COMMUNICATION)
    indicator = next(figure.indicator for figure in figures if figure.unit == arles)
    ActionFactory(
        prefecture=prefecture,
        owner=claire,
        title="Ne pas lire",
        unit=arles,
        indicator=indicator,
        first_month_on=datetime.date(2018, 1, 1),
        last_month_on=datetime.date(2018, 12, 1),
    )

    assert "Ne pas lire" in client_of(claire).get(missed[0]).text
    assert "Ne pas lire" not in client_of(reader).get(missed[0]).text


@pytest.mark.parametrize(
    "asked", ["periode=2018", "periode=²&unite=1&indicateur=1", "periode=2018&unite=0&indicateur=0"]
)
def test_a_figure_that_is_none_is_not_found(asked, browser):
    assert browser.get(f"{HERE}actions/nouvelle/?{asked}").status_code == 404


def test_a_figure_that_reaches_its_target_opens_no_action(browser, figures, missed):
    for figure in figures:
        figure.numerator = 99
        figure.save()

    assert browser.get(missed[1]).status_code == 404
    assert "Ouvrir une action" not in browser.get(missed[0]).text


def test_what_was_typed_stays_when_it_is_refused(browser, claire):
    typed = {"title": "Former", "origin": "audit", "owner": claire.pk, "due_on": "2001-01-01"}

    page = browser.post(HERE + "actions/nouvelle/", typed)

    assert "Cette échéance est passée" in words(page)
    assert 'value="Former"' in page.text
    assert "<title>Erreur&nbsp;: Ouvrir une action" in page.text


def test_the_owner_advances_the_action_and_proves_it(rachid, prefecture, claire, client_of):
    action = ActionFactory(prefecture=prefecture, owner=rachid, opened_by=claire, number=1)
    own = client_of(rachid)
    form = own.get(HERE + "actions/1/terminer/")
    assert "Écrivez une date." not in form.text
    assert f'value="{prefecture.today()}"' in form.text

    own.post(HERE + "actions/1/commencer/")
    proof = sent("../../<b>.html", image("PNG"))
    typed = {"done_on": f"{prefecture.today()}", "proof": "", "file": proof}
    page = own.post(HERE + "actions/1/terminer/", typed, follow=True)

    assert "Télécharger la preuve" in words(page)
    action.refresh_from_db()
    assert (action.state, re.fullmatch(r"preuves/bouches-du-rhone/[0-9a-f]{32}\.png", action.proof_file)) != (
        "done",
        None,
    )
    kept = own.get(HERE + "actions/1/preuve/")
    assert kept.headers["Content-Type"] == "image/png"
    assert kept.headers["X-Content-Type-Options"] == "nosniff"
    assert kept.headers["Content-Disposition"].startswith('attachment; filename="former-les-agents')
    assert kept.content == files.read(action.proof_file, action.proof_sha256)


def test_a_file_that_is_not_what_it_says_is_refused(rachid, prefecture, client_of):
    ActionFactory(prefecture=prefecture, owner=rachid, number=1)
    typed = {"done_on": "2019-01-02", "proof": "Voir le fichier.", "file": sent("a.pdf", b"<html>")}

    page = client_of(rachid).post(HERE + "actions/1/terminer/", typed)

    assert "ni un PDF, ni une image" in words(page)
    assert "Voir le fichier." in page.text
    assert Action.objects.get().is_open


def test_a_file_that_is_lost_is_said(browser, prefecture, claire):
    ActionFactory(
        prefecture=prefecture,
        owner=claire,
        number=1,
        is_done=True,
        proof_file="preuves/a.pdf",
        proof_sha256="0",
    )

    page = browser.get(HERE + "actions/1/preuve/")

    assert (page.status_code, "Fichier indisponible" in page.text) == (503, True)


def test_the_owner_changes_nothing_else_and_nobody_else_advances_it(
    rachid, helene, prefecture, arles, client_of
):
    ActionFactory(prefecture=prefecture, owner=rachid, unit=arles, number=1)
    ActionFactory(prefecture=prefecture, unit=arles, number=2)
    own = client_of(rachid)

    refused = [
        own.get(f"{HERE}actions/1/{verb}/").status_code for verb in ("modifier", "confier", "abandonner")
    ]
    others = [own.post(f"{HERE}actions/2/commencer/"), client_of(helene).post(f"{HERE}actions/1/commencer/")]

    assert refused == [403] * 3
    assert [answer.status_code for answer in others] == [403] * 2
    assert "ne permet pas de faire avancer une action confiée à quelqu’un d’autre" in others[0].text
    assert set(Action.objects.values_list("state", flat=True)) == {"to_do"}


def test_two_people_who_change_an_action_lose_nothing(browser, prefecture, claire):
    action = ActionFactory(prefecture=prefecture, owner=claire, number=1, title="Former")
    typed = {"title": "Le mien", "origin": "audit", "description": "", "due_on": FAR, "version": "1"}
    said = plan.Description(title="Le premier", origin="audit", due_on=datetime.date(2040, 2, 1))
    plan.change(action, said, seen_version=1, by=claire)

    page = browser.post(HERE + "actions/1/modifier/", typed)

    assert page.status_code == 409
    assert "Le premier" in page.text
    assert 'value="Le mien"' in page.text
    again = typed | {"version": re.search(r'name="version" value="(\d+)"', page.text)[1]}
    browser.post(HERE + "actions/1/modifier/", again)
    assert Action.objects.get().title == "Le mien"


def test_who_does_not_read_the_plan_is_not_told_that_it_is_empty(prefecture, claire, odile, client_of):
    ActionFactory(prefecture=prefecture, owner=claire, number=1)
    duties.create_usual(prefecture, by=claire, on=prefecture.today())

    own = [client_of(odile).get(f"{HERE}{page}/").text for page in ("actions", "calendrier")]

    assert "Aucune action ne vous est confiée." in own[0]
    assert "Aucune obligation ne vous est confiée." in own[1]


def test_the_list_is_filtered_and_costs_the_same_whatever_its_length(browser, prefecture, claire, rachid):
    costs = []
    for many in (1, 3):
        for _ in range(many):
            ActionFactory(prefecture=prefecture, owner=claire)
            ActionFactory(prefecture=prefecture, owner=rachid, due_on=datetime.date(2099, 1, 1))
        with CaptureQueriesContext(connection) as queries:
            browser.get(HERE + "actions/")
        costs.append(len(queries))

    assert costs[0] == costs[1]
    assert "4 lignes pour ces filtres" in words(browser.get(HERE + "actions/?due=late"))
    assert "4 lignes pour ces filtres" in words(browser.get(f"{HERE}actions/?owner={rachid.pk}"))
    exported = browser.get(HERE + "actions/?export=csv&state=to_do").content.decode("utf-8-sig")
    assert len(exported.splitlines()) == 9


def test_targets_missed_are_suggested_to_the_manager_alone(browser, missed, helene, client_of):
    assert "objectifs non atteints en 2019 n’ont pas encore d’action" in words(browser.get(HERE + "actions/"))
    assert "n’ont pas encore d’action" not in client_of(helene).get(HERE + "actions/").text


# --- the calendar ------------------------------------------------------------------------------------------


def test_the_usual_calendar_is_one_gesture(browser, prefecture):
    assert "Créer le calendrier habituel" in browser.get(HERE + "calendrier/").text

    page = browser.post(HERE + "calendrier/habituel/", follow=True)

    assert "Obligations ajoutées au calendrier" in page.text
    assert "9 lignes" in words(page)
    assert "Créer le calendrier habituel" not in page.text


def test_the_calendar_begins_with_what_is_late(browser, prefecture, claire):
    today = prefecture.today()
    late = DutyFactory(prefecture=prefecture, title="En retard", first_due_on=today - datetime.timedelta(12))
    DutyFactory(prefecture=prefecture, title="Plus tard", first_due_on=today + datetime.timedelta(21))
    DutyFactory(
        prefecture=prefecture, title="De côté", first_due_on=datetime.date(2000, 1, 1), is_active=False
    )
    DutyDoneFactory(duty=late, done_by=claire)

    page = browser.get(HERE + "calendrier/")
    text = words(page)

    assert text.index("en retard de 12 jours") < text.index("dans 3 semaines") < text.index("mise de côté")
    assert "Grille remplie." in text
    assert "3 lignes" in text
    assert "1 ligne pour ces filtres" in words(browser.get(HERE + "calendrier/?due=late"))
    exported = browser.get(HERE + "calendrier/?export=csv").content.decode("utf-8-sig")
    assert "en retard de 12\xa0jours" in exported


def test_a_duty_is_noted_as_done_with_its_proof_and_its_history_shows_it(browser, prefecture):
    duty = DutyFactory(prefecture=prefecture)
    typed = {
        "done_on": "2019-01-31",
        "proof": "Grille jointe.",
        "remark": "",
        "file": sent("a.png", image("PNG")),
    }

    page = browser.post(f"{HERE}calendrier/{duty.pk}/faite/", typed, follow=True)

    assert "Grille jointe." in words(page)
    assert Duty.objects.get().due_on == datetime.date(2019, 4, 30)
    done = duty.times.get()
    kept = browser.get(f"{HERE}calendrier/{duty.pk}/{done.pk}/preuve/")
    assert kept.headers["Content-Type"] == "image/png"
    assert "attachment" in kept.headers["Content-Disposition"]


def test_who_answers_for_a_duty_notes_it_and_sees_no_other(rachid, prefecture, client_of):
    own = DutyFactory(prefecture=prefecture, responsible=rachid)
    other = DutyFactory(prefecture=prefecture)
    browser = client_of(rachid)

    assert browser.get(f"{HERE}calendrier/{other.pk}/").status_code == 404
    assert browser.get(f"{HERE}calendrier/{own.pk}/modifier/").status_code == 403
    browser.post(f"{HERE}calendrier/{own.pk}/faite/", {"done_on": "2019-01-31"})
    assert own.times.get().done_by == rachid


def test_a_changed_duty_tells_its_history(browser, prefecture, claire):
    duty = DutyFactory(prefecture=prefecture, title="Vérifier")
    form = browser.get(f"{HERE}calendrier/{duty.pk}/modifier/")
    typed = {
        "title": "Vérifier",
        "months": "6",
        "first_due_on": "2019-03-31",
        "responsible": claire.pk,
        "source": "",
        "certainty": "unknown",
        "is_active": "on",
        "version": re.search(r'name="version" value="(\d+)"', form.text)[1],
    }

    page = browser.post(f"{HERE}calendrier/{duty.pk}/modifier/", typed, follow=True)

    assert "Mois entre deux fois : 3 → 6" in words(page).replace("\xa0", " ").replace("&nbsp;", " ")


# --- the home ----------------------------------------------------------------------------------------------


def test_the_home_says_what_waits_and_not_that_nothing_does(browser, rachid, prefecture, claire, client_of):
    ActionFactory(prefecture=prefecture, owner=rachid, title="Former les agents")
    DutyFactory(prefecture=prefecture, title="Visiter")

    manager, owner = words(browser.get("/agents/")), words(client_of(rachid).get("/agents/"))

    assert re.search("Actions en retard .*Former les agents, Rachid Benali, .*en retard de", manager)
    assert re.search("Échéances .*Visiter, .*en retard de", manager)
    assert re.search("Vos actions .*Former les agents, .*en retard de", owner)
    assert "Visiter" not in owner
    assert "Rien n’attend" not in owner
