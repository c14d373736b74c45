"""Who may do what, and from which day to which."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from sites.access import Action, enter, holdings
from sites.models import Membership
from tests.factories import AgentFactory, MembershipFactory, PrefectureFactory, ServiceFactory, UnitFactory

Role = Membership.Role

pytestmark = pytest.mark.django_db

READERS = {"claire", "rachid", "basile", "helene", "ines", "odile"}
READERS_OF_DRAFTS = {"claire", "helene", "ines"}


@pytest.fixture
def visit(rf):
    """A request of an agent, anywhere."""

    def request_of(agent):
        request = rf.get("/")
        request.user = agent
        return request

    return request_of


@pytest.mark.parametrize(
    ("action", "allowed"),
    [(Action.READ, READERS), (Action.READ_DRAFTS, READERS_OF_DRAFTS), (Action.SIGN, {"claire"})],
)
@pytest.mark.parametrize("name", sorted(READERS))
def test_a_role_allows_its_actions_and_refuses_the_others_by_name(name, action, allowed, visit, request):
    agent = request.getfixturevalue(name)
    slug = agent.memberships.get().prefecture.slug

    if name in allowed:
        assert enter(visit(agent), slug, action).may(action)
    else:
        with pytest.raises(PermissionDenied, match=f"ne permet pas de {action.value}"):
            enter(visit(agent), slug, action)


def test_a_refusal_elides_before_a_vowel(ines, prefecture, visit):
    with pytest.raises(PermissionDenied, match=r"^Votre rôle \(auditeur\) ne permet pas d’importer"):
        enter(visit(ines), prefecture.slug, Action.WRITE_FIGURES)


@pytest.mark.parametrize("name", ["zoe", "paul"])
def test_a_prefecture_of_others_does_not_exist(name, prefecture, visit, request):
    with pytest.raises(Http404):
        enter(visit(request.getfixturevalue(name)), prefecture.slug)


def test_a_prefecture_that_does_not_exist_looks_the_same(claire, visit):
    with pytest.raises(Http404):
        enter(visit(claire), "atlantide")


@pytest.mark.parametrize(
    ("starts_in", "ends_in", "may"),
    [(None, None, True), (0, 0, True), (-1, 1, True), (None, -1, False), (1, None, False)],
)
def test_rights_hold_on_their_first_and_last_day_and_not_beyond(starts_in, ends_in, may, visit):
    today = datetime.date.today()
    starts_on, ends_on = (
        None if days is None else today + datetime.timedelta(days) for days in (starts_in, ends_in)
    )
    membership = MembershipFactory(starts_on=starts_on, ends_on=ends_on)

    if may:
        assert enter(visit(membership.agent), membership.prefecture.slug).may_sign
    else:
        with pytest.raises(Http404):
            enter(visit(membership.agent), membership.prefecture.slug)


@pytest.mark.parametrize(("zone", "may"), [("Pacific/Auckland", True), ("Pacific/Honolulu", False)])
def test_the_day_is_that_of_the_prefecture(zone, may, visit, monkeypatch):
    """At 13:00 in Paris on 1 March it is already the 2nd in the far East, still the 1st in the far West."""
    noon = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC)
    monkeypatch.setattr("django.utils.timezone.now", lambda: noon)
    membership = MembershipFactory(prefecture__time_zone=zone, starts_on=datetime.date(2026, 3, 2))

    assert bool(holdings(visit(membership.agent)).accesses) is may


def test_a_right_withdrawn_is_gone_at_the_next_click(claire, client_of, prefecture):
    browser = client_of(claire)
    before = browser.get(f"/agents/{prefecture.slug}/bilans/").status_code

    claire.memberships.all().delete()

    assert (before, browser.get(f"/agents/{prefecture.slug}/bilans/").status_code) == (200, 404)


def test_a_closed_account_is_out_at_the_next_click(claire, client_of):
    browser = client_of(claire)

    claire.is_active = False
    claire.save()

    assert browser.get("/agents/").url == "/connexion/?next=/agents/"


def test_a_new_password_ends_the_other_sessions(claire, client_of):
    browser = client_of(claire)

    claire.set_password("un tout autre mot de passe")
    claire.save()

    assert browser.get("/agents/").url == "/connexion/?next=/agents/"


def test_the_columns_of_the_board_are_those_of_the_membership(prefecture, siege, arles, visit):
    aix = UnitFactory(prefecture=prefecture, position=2)
    whole, one, by_service = (AgentFactory() for _ in range(3))
    MembershipFactory(agent=whole, role=Role.DIRECTOR, prefecture=prefecture)
    MembershipFactory(agent=one, role=Role.DIRECTOR, prefecture=prefecture, unit=arles)
    MembershipFactory(agent=by_service, role=Role.REFERENT, prefecture=prefecture, unit=arles)
    MembershipFactory(
        agent=by_service, role=Role.AGENT, prefecture=prefecture, service=ServiceFactory(unit=siege)
    )

    def columns(agent):
        return list(enter(visit(agent), prefecture.slug).units)

    assert columns(whole) == [siege, arles, aix]
    assert columns(one) == [arles]
    assert columns(by_service) == [siege, arles]


def test_two_roles_in_a_prefecture_add_up(visit):
    referent = MembershipFactory(role=Role.DIRECTOR)
    MembershipFactory(agent=referent.agent, prefecture=referent.prefecture, role=Role.QUALITY_MANAGER)

    access = enter(visit(referent.agent), referent.prefecture.slug)

    assert access.may_sign
    assert access.role_label == "direction, responsable qualité"


def test_what_one_holds_is_read_in_one_query(visit, django_assert_num_queries):
    agent = AgentFactory()
    for _ in range(3):
        MembershipFactory(agent=agent, role=Role.DIRECTOR, prefecture=PrefectureFactory())
    MembershipFactory(agent=agent, role=Role.ADMINISTRATOR, prefecture=None)
    request = visit(agent)

    with django_assert_num_queries(1):
        held = holdings(request)
        again = holdings(request)

    assert len(held.accesses) == 3
    assert held.is_administrator
    assert again is held
