"""Passwords that are accepted, and the links by which one is chosen."""

import datetime

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils import timezone

from sites import passwords
from sites.models import Membership
from sites.passwords import Link
from tests.factories import AgentFactory, MembershipFactory

pytestmark = pytest.mark.django_db

GOOD = "tramway girafe 9"  # 16 characters


@pytest.mark.parametrize(
    "password",
    [
        "quinze lettres!",
        "un vélo bleu dans la neige",
        "correct horse battery staple",
        "éàüöñ żółw ćma łoś",
        "12 rue des Lilas au fond du jardin",
        "x9$Kq!7mZ2@vLp4R",
        "a quiet harbour " * 8,
    ],
)
def test_a_long_password_is_accepted_whatever_it_is_made_of(password):
    validate_password(password, AgentFactory())


@pytest.mark.parametrize(
    "password",
    [
        "prefecture2019!",
        "Préfecture-Qualité-2026",
        "motdepassemotdepasse",
        "azertyuiopqsdfghjklm",
        "123456789012345",
        "aaaaaaaaaaaaaaaaaaaa",
        "abcabcabcabcabcabc",
        "Camille.Durand.2026",
        "administrateur-qualepref",
        "qualite qualite qualite",
        "poiuytrezapoiuytreza",
    ],
)
def test_what_everybody_would_try_is_refused(password):
    agent = AgentFactory(full_name="Camille Durand")

    with pytest.raises(ValidationError, match="serait vite deviné"):
        validate_password(password, agent)


@pytest.mark.parametrize(
    ("role", "minimum"),
    [
        ("quality_manager", 16),
        ("administrator", 16),
        ("referent", 15),
        ("director", 15),
    ],
)
def test_who_may_change_rights_needs_one_character_more(role, minimum, arles):
    scope = {"unit": arles} if role == "referent" else {}
    where = None if role == "administrator" else arles.prefecture
    agent = MembershipFactory(role=role, prefecture=where, **scope).agent

    assert passwords.minimum_for(agent) == minimum
    validate_password(GOOD[:minimum], agent)
    with pytest.raises(ValidationError, match=f"il en faut au moins {minimum}"):
        validate_password(GOOD[: minimum - 1], agent)


def test_a_role_to_come_counts_and_one_that_is_over_does_not(prefecture):
    today = prefecture.today()
    coming = MembershipFactory(prefecture=prefecture, starts_on=today + datetime.timedelta(days=30))
    over = MembershipFactory(prefecture=prefecture, ends_on=today - datetime.timedelta(days=1))

    assert passwords.minimum_for(coming.agent) == 16
    assert passwords.minimum_for(over.agent) == 15


# --- links -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("link", "age", "is_good"),
    [
        (Link.RESET, datetime.timedelta(minutes=59), True),
        (Link.RESET, datetime.timedelta(minutes=61), False),
        (Link.INVITATION, datetime.timedelta(days=6, hours=23), True),
        (Link.INVITATION, datetime.timedelta(days=7, minutes=1), False),
    ],
)
def test_a_link_is_good_for_a_time(link, age, is_good, monkeypatch):
    agent = AgentFactory()
    token = passwords.token_for(agent, link)

    later = timezone.now().timestamp() + age.total_seconds()
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)

    assert (passwords.agent_of(token) == agent) is is_good


@pytest.mark.parametrize("token", ["", "invented", "a:b:c", "WzEsImEiXQ:1abc:" + "x" * 43])
def test_an_invented_link_is_nobody_s(token):
    assert passwords.agent_of(token) is None


def close(agent):
    agent.is_active = False


def choose(agent):
    agent.set_password("un tout autre mot de passe")


def sign_in(agent):
    agent.last_login = timezone.now()


def move(agent):
    agent.email = "autre@prefecture.test"


def end_sessions(agent):
    agent.session_epoch += 1


@pytest.mark.parametrize("happens", [close, choose, sign_in, move, end_sessions])
def test_what_happens_to_the_account_spoils_its_links(happens):
    agent = AgentFactory()
    tokens = [passwords.token_for(agent, link) for link in Link]

    happens(agent)
    agent.save()

    assert [passwords.agent_of(token) for token in tokens] == [None, None]


def test_a_link_is_no_other_s():
    mine, yours = AgentFactory(), AgentFactory()

    assert passwords.agent_of(passwords.token_for(mine, Link.RESET)) == mine
    assert passwords.agent_of(passwords.token_for(yours, Link.RESET)) == yours


def test_the_powerful_roles_are_those_that_may_change_rights():
    assert {*passwords.POWERFUL} == {Membership.Role.QUALITY_MANAGER, Membership.Role.ADMINISTRATOR}
