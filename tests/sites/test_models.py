"""The constraints of `sites` refuse with a sentence, whichever way the row comes."""

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from sites.models import RESERVED_SLUGS, Agent, Membership, Unit
from tests.factories import (
    AgentFactory,
    MembershipFactory,
    PrefectureFactory,
    ServiceFactory,
    SiteFactory,
    UnitFactory,
)

Role = Membership.Role

pytestmark = pytest.mark.django_db


def assert_refused(row, sentence):
    """A form says the sentence; the database refuses what comes past the forms."""
    with pytest.raises(ValidationError) as refusal:
        row.full_clean(exclude=["password"])
    assert sentence in refusal.value.messages
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


@pytest.mark.parametrize("slug", RESERVED_SLUGS)
def test_a_prefecture_takes_no_address_of_the_application(slug):
    assert_refused(PrefectureFactory.build(slug=slug), "Cette adresse est réservée à l'application.")


@pytest.mark.parametrize("name", ["Europe/Marseille", "Europe", "", "../../etc/localtime"])
def test_a_prefecture_lives_in_a_known_time_zone(name):
    with pytest.raises(ValidationError) as refusal:
        PrefectureFactory.build(time_zone=name).full_clean()

    assert list(refusal.value.message_dict) == ["time_zone"]


def test_a_prefecture_has_one_siege():
    siege = UnitFactory(kind=Unit.Kind.HEADQUARTERS)

    second = UnitFactory.build(prefecture=siege.prefecture, kind=Unit.Kind.HEADQUARTERS)

    assert_refused(second, "La préfecture a déjà un siège.")


def test_a_prefecture_may_have_several_sous_prefectures():
    arles = UnitFactory()

    UnitFactory(prefecture=arles.prefecture)

    assert arles.prefecture.units.count() == 2


def test_names_are_unique_where_they_are_read():
    unit, site, service = UnitFactory(), SiteFactory(), ServiceFactory()

    assert_refused(
        UnitFactory.build(prefecture=unit.prefecture, name=unit.name),
        "Une unité de la préfecture porte déjà ce nom.",
    )
    assert_refused(SiteFactory.build(unit=site.unit, name=site.name), "Un site de l'unité porte déjà ce nom.")
    assert_refused(
        ServiceFactory.build(unit=service.unit, short_name=service.short_name),
        "Un service de l'unité porte déjà ce sigle.",
    )


def test_an_address_belongs_to_one_agent_whatever_its_case():
    AgentFactory(email="claire@prefecture.test")

    assert_refused(
        AgentFactory.build(email="Claire@prefecture.test"),
        "Un agent utilise déjà cette adresse électronique.",
    )


def test_a_new_agent_has_an_address_in_small_letters_and_a_password_nobody_reads():
    agent = Agent.objects.create_user(" Claire@Prefecture.Test ", "Claire Martin", "un mot de passe")

    assert agent.email == "claire@prefecture.test"
    assert agent.check_password("un mot de passe")
    assert "un mot de passe" not in agent.password


def membership(role, **fields):
    """A membership of a saved agent, not saved itself."""
    return MembershipFactory.build(agent=AgentFactory(), role=role, **fields)


def test_dates_are_in_order():
    assert_refused(
        membership(
            Role.DIRECTOR,
            prefecture=PrefectureFactory(),
            starts_on=datetime.date(2026, 3, 2),
            ends_on=datetime.date(2026, 3, 1),
        ),
        "La date de fin doit être égale ou postérieure à la date de début.",
    )


def test_an_administrator_has_no_prefecture_and_the_others_have_one():
    sentence = "Un rôle s'exerce dans une préfecture, sauf celui d'administrateur."

    assert_refused(membership(Role.ADMINISTRATOR, prefecture=PrefectureFactory()), sentence)
    assert_refused(membership(Role.DIRECTOR, prefecture=None), sentence)


def test_the_access_of_an_auditor_is_dated():
    prefecture = PrefectureFactory()
    sentence = "L'accès d'un auditeur a une date de début et une date de fin."

    assert_refused(membership(Role.AUDITOR, prefecture=prefecture), sentence)
    assert_refused(
        membership(Role.AUDITOR, prefecture=prefecture, starts_on=datetime.date(2026, 3, 1)), sentence
    )


@pytest.mark.parametrize("role", [Role.REFERENT, Role.AGENT])
def test_a_referent_and_an_agent_belong_somewhere(role):
    assert_refused(
        membership(role, prefecture=PrefectureFactory()),
        "Un référent ou un agent appartient à une unité ou à un service.",
    )


@pytest.mark.parametrize("role", [Role.QUALITY_MANAGER, Role.COMMUNICATION])
def test_some_roles_cover_the_whole_prefecture(role):
    unit = UnitFactory()

    assert_refused(
        membership(role, prefecture=unit.prefecture, unit=unit), "Ce rôle couvre toute la préfecture."
    )


def test_a_scope_is_a_unit_or_a_service():
    service = ServiceFactory()

    assert_refused(
        membership(Role.DIRECTOR, prefecture=service.unit.prefecture, unit=service.unit, service=service),
        "Choisir une unité ou un service, pas les deux.",
    )


def test_changes_leave_a_trail_without_the_password():
    agent = AgentFactory(full_name="Claire Martin")

    agent.full_name = "Claire Durand"
    agent.save()

    assert [past.full_name for past in agent.history.all()] == ["Claire Durand", "Claire Martin"]
    assert not hasattr(agent.history.first(), "password")
