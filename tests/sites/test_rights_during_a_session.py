"""An agent moved, disabled or replaced while signed in: what the next click shows, and what becomes of a form
that was open. Two real browsers: the agent's, and that of who changes the rights."""

import pytest

from publications.models import Part
from sites import accounts
from sites.models import Agent, Membership
from tests.factories import MembershipFactory

pytestmark = pytest.mark.django_db

Role = Membership.Role
HERE = "/agents/bouches-du-rhone/organisation/agents/"
BILANS = "/agents/bouches-du-rhone/bilans/"
PART = f"{BILANS}2018/parties/summary/"
TYPED = {"text": "Une année calme, racontée longuement.", "version": 0}


@pytest.fixture
def martin(prefecture):
    """A second quality manager, who is writing a part of the bilan."""
    return MembershipFactory(prefecture=prefecture, agent__full_name="Martin Vidal").agent


@pytest.fixture
def his(martin, client_of):
    browser = client_of(martin)
    assert browser.get(PART).status_code == 200
    return browser


def url_of(agent, end):
    return f"{HERE}{agent.pk}/roles/{agent.memberships.get().pk}/{end}"


def gives_the_text_back(page, status):
    return page.status_code == status and TYPED["text"] in page.content.decode()


def test_who_became_a_director_reads_and_gets_the_text_back(martin, his, claire, client_of, prefecture):
    MembershipFactory(agent=martin, prefecture=prefecture, role=Role.DIRECTOR)
    manager = martin.memberships.get(role=Role.QUALITY_MANAGER)
    client_of(claire).post(f"{HERE}{martin.pk}/roles/{manager.pk}/fin/", {"when": "now"})

    assert his.get(BILANS).status_code == 200
    assert his.get(PART).status_code == 403
    assert gives_the_text_back(his.post(PART, TYPED), 403)
    assert not Part.objects.exists()


def test_who_lost_every_role_finds_nothing_there_and_gets_the_text_back(martin, his, claire, client_of):
    client_of(claire).post(url_of(martin, "fin/"), {"when": "now"})

    assert his.get(BILANS).status_code == 404
    assert gives_the_text_back(his.post(PART, TYPED), 404)
    home = his.get("/agents/").content.decode()
    assert "Aucune préfecture ne vous est ouverte aujourd’hui." in home


def test_whose_account_is_closed_is_at_the_door_and_gets_the_text_back(martin, his, claire, paul, client_of):
    client_of(paul).post(f"/agents/installation/comptes/{martin.pk}/")

    assert his.get(BILANS).url == f"/connexion/?next={BILANS}"
    assert gives_the_text_back(his.post(PART, TYPED), 403)


def test_who_is_replaced_today_hands_over_at_once(martin, his, claire, client_of, prefecture):
    typed = {"full_name": "Noé Perrin", "email": "noe@prefecture.test", "starts_on": prefecture.today()}
    client_of(claire).post(f"{HERE}{martin.pk}/remplacer/", typed)
    noe = client_of(Agent.objects.get(email="noe@prefecture.test"))

    assert his.get(PART).status_code == 404
    assert gives_the_text_back(his.post(PART, TYPED), 404)
    assert noe.post(PART, TYPED).status_code == 302


def test_who_is_moved_sees_the_new_place(rachid, accueil, claire, client_of):
    browser = client_of(rachid)
    before = browser.get("/agents/bouches-du-rhone/organisation/referents/").content.decode()

    client_of(claire).post(
        url_of(rachid, ""),
        {"scope": f"service-{accueil.pk}", "seen": accounts.terms_of(rachid.memberships.get())},
    )

    after = browser.get("/agents/bouches-du-rhone/organisation/referents/").content.decode()
    assert ("toute l’unité" in before, "Bureau de l’accueil" in before) == (True, False)
    assert ("toute l’unité" in after, "Bureau de l’accueil" in after) == (False, True)
    assert browser.get(BILANS).status_code == 200


def test_a_manager_s_own_open_form_of_rights_is_refused_once_they_are_gone(
    martin, his, claire, rachid, client_of
):
    """He had the form of Rachid's role open; Claire ends his own."""
    client_of(claire).post(url_of(martin, "fin/"), {"when": "now"})

    refused = his.post(url_of(rachid, "fin/"), {"when": "now"})

    assert refused.status_code == 404
    assert rachid.memberships.get().ends_on is None
