"""Actions opened from the register: what they keep of it, and who is led back to it."""

import datetime

import pytest
from django.db import IntegrityError, transaction

from improvement.models import Action
from tests.factories import ActionFactory, CaseFactory, ServiceFactory
from tests.improvement.test_pages import FAR, HERE, words

HOME = "/agents/bouches-du-rhone/"
NEW = HERE + "actions/nouvelle/"


@pytest.fixture
def complaint(registered, arles):
    """Received by a service of Arles, under the theme « Accueil »."""
    return CaseFactory(
        unit=arles,
        service=ServiceFactory(unit=arles),
        theme=registered.theme,
        kind="complaint",
        number=7,
        received_on=datetime.date(2021, 3, 5),
        subject="Madame Leroux mal reçue",
    )


def page_of(case):
    return f"{HOME}affaires/{case.year}/{case.number}/"


def test_a_case_opens_an_action_in_one_gesture(browser, complaint, arles, rachid):
    assert NEW + "?affaire=2021-0007" in browser.get(page_of(complaint)).text

    form = browser.get(NEW + "?affaire=2021-0007").context["form"]
    said = {name: form[name].value() for name in ("origin", "unit")}
    assert said == {
        "origin": "Réclamation n°\xa02021-0007, reçue le 05/03/2021, thème Accueil",
        "unit": arles.pk,
    }
    typed = said | {"title": "Former l’accueil", "owner": rachid.pk, "due_on": FAR, "description": ""}
    for _ in range(2):
        answer = browser.post(NEW + "?affaire=2021-0007", typed)

    assert answer.url == page_of(complaint)
    assert "Former l’accueil" in words(browser.get(page_of(complaint)))
    action = Action.objects.get()
    assert (action.case, action.theme, action.unit) == (complaint, None, arles)
    assert action.origin == said["origin"].replace("\xa0", " ")


def test_a_theme_opens_an_action_in_one_gesture(browser, registered, claire):
    theme = registered.theme
    page = f"{HOME}affaires/themes/{theme.pk}/"
    assert f"{NEW}?theme={theme.pk}" in browser.get(page).text

    typed = {"title": "Refaire l’affichage", "owner": claire.pk, "due_on": FAR, "unit": "", "description": ""}
    answer = browser.post(f"{NEW}?theme={theme.pk}", typed | {"origin": "Réclamations, thème Accueil"})

    assert answer.url == page
    assert "Refaire l’affichage" in words(browser.get(page))
    assert f"{HOME}affaires/liste/tous/?theme={theme.pk}" in browser.get(HERE + "actions/1/").text
    assert Action.objects.get().theme == theme


@pytest.mark.parametrize(
    "asked", ["affaire=2021-0043", "affaire=une", "theme=9999", "theme=un", "theme=99999999999999999999"]
)
def test_what_is_not_there_opens_nothing(asked, browser, registered):
    assert browser.get(f"{NEW}?{asked}").status_code == 404


def test_a_case_of_another_prefecture_opens_nothing(registered, zoe, client_of):
    new = "/agents/bas-rhin/amelioration/actions/nouvelle/?{}"

    assert client_of(zoe).get(new.format("affaire=2021-0042")).status_code == 404
    assert client_of(zoe).get(new.format("theme=9302")).status_code == 404


def test_who_reads_an_action_is_led_to_its_case_only_where_they_may_read_it(
    complaint, prefecture, basile, rachid, odile, helene, client_of
):
    for number, owner in ((1, basile), (2, rachid), (3, odile), (4, helene)):
        ActionFactory(prefecture=prefecture, number=number, owner=owner, case=complaint)

    led = {
        owner: page_of(complaint) in client_of(owner).get(f"{HERE}actions/{number}/").text
        for number, owner in ((1, basile), (2, rachid), (3, odile), (4, helene))
    }
    assert led == {basile: False, rachid: True, odile: False, helene: True}


def test_the_page_of_a_case_tells_the_actions_that_its_reader_may_see(
    complaint, prefecture, claire, rachid, basile, siege, arles, client_of
):
    basile.memberships.update(service=complaint.service)  # reads the case, and no plan
    ActionFactory(prefecture=prefecture, owner=claire, unit=arles, case=complaint, title="Pour Arles")
    ActionFactory(prefecture=prefecture, owner=claire, unit=siege, case=complaint, title="Pour le siège")
    ActionFactory(prefecture=prefecture, owner=basile, unit=siege, case=complaint, title="Pour Basile")

    seen = {
        agent: [
            title
            for title in ("Pour Arles", "Pour le siège", "Pour Basile")
            if title in client_of(agent).get(page_of(complaint)).text
        ]
        for agent in (claire, rachid, basile)
    }

    assert seen == {
        claire: ["Pour Arles", "Pour le siège", "Pour Basile"],
        rachid: ["Pour Arles"],
        basile: ["Pour Basile"],
    }
    assert "Ouvrir une action" not in client_of(rachid).get(page_of(complaint)).text


def test_an_action_comes_from_one_thing(complaint, prefecture, claire):
    with pytest.raises(IntegrityError), transaction.atomic():
        ActionFactory(prefecture=prefecture, owner=claire, case=complaint, theme=complaint.theme)


def test_actions_are_filtered_by_what_they_come_from(browser, complaint, prefecture, claire):
    own = {"prefecture": prefecture, "owner": claire}
    ActionFactory(**own, title="D’une affaire", case=complaint)
    ActionFactory(**own, title="D’un thème", theme=complaint.theme)
    ActionFactory(**own, title="D’un audit")

    found = {
        source: [
            row.title
            for row in browser.get(f"{HERE}actions/?source={source}").context["listing"]["table"].data
        ]
        for source in ("case", "theme", "words", "indicator")
    }

    assert found == {
        "case": ["D’une affaire"],
        "theme": ["D’un thème"],
        "words": ["D’un audit"],
        "indicator": [],
    }
