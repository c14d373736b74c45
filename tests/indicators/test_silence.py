"""The silences of a préfecture, what explains them, and their pages."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from indicators import silence
from indicators.models import Acknowledgement
from indicators.silence import Kind
from sites.conflicts import ConflictError, RefusedError
from sites.models import Membership, Unit
from tests import factories
from tests.indicators.monthly import Monthly

pytestmark = pytest.mark.django_db

DECEMBER = datetime.date(2019, 12, 1)


@pytest.fixture
def world():
    return Monthly()


def months(world, indicator, cases, *, year=2019, service=None, **said):
    """A rate or a number of the first service, month after month; None where nobody said anything."""
    for month, count in enumerate(cases, 1):
        if count is not None:
            is_count = indicator == world.count
            factories.MonthFactory(
                service=service or world.services[0],
                indicator=indicator,
                shape="count" if is_count else "rate",
                year=year,
                month=month,
                numerator=count,
                denominator=None if is_count else count,
                **said,
            )


def seen(world, until=DECEMBER, units=None):
    every = Unit.objects.filter(prefecture=world.prefecture)
    return silence.of(world.prefecture, units=every if units is None else units, until=until)


def test_complaints_that_stopped_in_april_are_a_question(world):
    world.rate.denominator_name = "réclamations et suggestions à traiter"
    world.rate.save()
    months(world, world.rate, [3, 1, 2] + [0] * 9)

    (found,) = seen(world)

    assert (found.kind, found.count, found.acknowledged) == (Kind.NOTHING, 0, None)
    assert found.sentence == (
        f"{world.unit.short_name}, réclamations et suggestions à traiter\xa0: aucun cas depuis "
        "avril\xa02019. Suivi interrompu, ou vraiment aucun\xa0?"
    )


def test_two_services_of_a_unit_are_counted_together(world):
    months(world, world.rate, [0] * 12)
    months(world, world.rate, [1] * 12, service=world.services[1])

    assert seen(world) == []


def test_months_without_an_answer_or_suspended_make_no_silence(world):
    months(world, world.count, [4, 4, 4, 4, 0, 0])
    assert seen(world) == []

    months(world, world.rate, [4, 4, 4, 4, 0, 0, 0])
    world.suspend(datetime.date(2019, 5, 1), datetime.date(2019, 5, 1))
    assert seen(world) == []


def test_a_figure_under_reserve_is_not_known(world):
    months(world, world.rate, [0, 0])
    months(world, world.rate, [None, None, 0], reserve="Compteur en panne.")

    assert seen(world) == []


def test_far_fewer_cases_than_the_same_months_of_the_year_before(world):
    months(world, world.rate, [10] * 6, year=2018)
    months(world, world.rate, [1] * 6 + [30] * 6)

    (found,) = seen(world)

    assert (found.kind, found.count, found.wanted) == (Kind.FEWER_THAN_BEFORE, 6, 60)
    assert "contre 60 les mêmes mois de l’année d’avant" in found.sentence


def test_far_fewer_cases_than_units_of_the_same_size(world):
    other = factories.ServiceFactory(unit=factories.UnitFactory(prefecture=world.prefecture))
    alike = [
        factories.IndicatorFactory(engagement=world.rate.engagement, key=f"autre-{number}")
        for number in "abc"
    ]
    for indicator in alike:
        months(world, indicator, [50] * 12)
        months(world, indicator, [100] * 12, service=other)
    months(world, world.rate, [1] * 12)
    months(world, world.rate, [20] * 12, service=other)

    (found,) = seen(world)

    assert (found.unit, found.kind, found.count, found.wanted) == (
        world.unit,
        Kind.FEWER_THAN_OTHERS,
        12,
        120,
    )
    assert "quand on en attendrait environ 120 sur douze mois d’après les autres unités" in found.sentence
    assert seen(world, units=Unit.objects.filter(pk=other.unit.pk)) == []


def test_it_is_asked_as_one_saw_it_then(world):
    months(world, world.rate, [3, 0, 0, 0, 2])

    assert seen(world) == []
    (found,) = seen(world, until=datetime.date(2019, 4, 1))
    assert "depuis février\xa02019" in found.sentence


def test_an_indicator_that_ended_is_not_asked_about(world):
    months(world, world.rate, [0] * 6)
    world.rate.ends_on = datetime.date(2019, 6, 30)
    world.rate.save()

    assert seen(world) == []


def test_what_is_explained_comes_last_and_until_its_day(world):
    months(world, world.rate, [0] * 12)
    months(world, world.count, [0] * 12)
    today = world.prefecture.today()

    silence.acknowledge(world.unit, world.rate, "Vérifié : aucune.", today, seen=0, by=world.manager)

    assert [(one.indicator, one.acknowledged is None) for one in seen(world)] == [
        (world.count, True),
        (world.rate, False),
    ]
    Acknowledgement.objects.update(ends_on=today - datetime.timedelta(days=1))
    assert [one.acknowledged for one in seen(world)] == [None, None]


@pytest.mark.parametrize(
    ("reason", "days", "sentence"),
    [("", 0, "Indiquer ce qui explique"), ("Vérifié.", -1, "Ce jour est passé")],
)
def test_an_explanation_has_a_reason_and_a_day_to_come(world, reason, days, sentence):
    on = world.prefecture.today() + datetime.timedelta(days=days)

    with pytest.raises(RefusedError, match=sentence):
        silence.acknowledge(world.unit, world.rate, reason, on, seen=0, by=world.manager)


def test_two_people_who_explain_it_lose_nothing(world):
    on = world.prefecture.today()
    silence.acknowledge(world.unit, world.rate, "Vérifié.", on, seen=0, by=world.manager)

    with pytest.raises(ConflictError):
        silence.acknowledge(world.unit, world.rate, "Autre chose.", on, seen=0, by=world.manager)


# --- Pages ---


@pytest.fixture
def manager(world, client_of):
    return client_of(world.manager)


def test_the_page_says_it_and_leads_to_its_explanation(world, manager):
    months(world, world.rate, [3, 1, 2] + [0] * 9)
    address = reverse("silences", args=[world.prefecture.slug])
    explain = reverse("silence_explain", args=[world.prefecture.slug, world.unit.pk, world.rate.pk])

    page = manager.get(address).text
    assert "1 silence à vérifier" in page
    assert "aucun cas depuis avril" in page
    assert explain in page

    on = world.prefecture.today() + datetime.timedelta(days=30)
    answer = manager.post(explain, {"reason": "Aucune reçue.", "ends_on": on.isoformat(), "version": 0})

    assert answer.url == address
    page = manager.get(address).text
    assert "rien à vérifier" in page
    assert f"expliqué jusqu’au {on:%d/%m/%Y}" in page
    assert "Aucune reçue." in manager.get(explain).text


def test_who_comes_second_sees_what_the_first_wrote(world, manager):
    months(world, world.rate, [0] * 12)
    explain = reverse("silence_explain", args=[world.prefecture.slug, world.unit.pk, world.rate.pk])
    on = world.prefecture.today()
    silence.acknowledge(world.unit, world.rate, "Déjà vérifié.", on, seen=0, by=world.manager)
    typed = {"reason": "Autre chose.", "ends_on": on.isoformat(), "version": 0}

    page = manager.post(explain, typed)

    assert page.status_code == 409
    assert "Déjà vérifié." in page.text
    assert "Autre chose." in page.text


def test_who_sees_one_unit_sees_its_silences_and_explains_none(world, client_of):
    other = factories.ServiceFactory(unit=factories.UnitFactory(prefecture=world.prefecture))
    months(world, world.rate, [0] * 12)
    months(world, world.rate, [0] * 12, service=other)
    factories.MembershipFactory(
        agent=(agent := factories.AgentFactory()),
        role=Membership.Role.REFERENT,
        prefecture=world.prefecture,
        unit=other.unit,
    )

    page = client_of(agent).get(reverse("silences", args=[world.prefecture.slug])).text

    assert "1 silence à vérifier" in page
    assert "Expliquer" not in page


def test_an_export_says_the_sentence_without_its_link(world, manager):
    months(world, world.rate, [0] * 12)

    answer = manager.get(reverse("silences", args=[world.prefecture.slug]), {"export": "csv"})

    text = b"".join(answer).decode("utf-8-sig") if answer.streaming else answer.content.decode("utf-8-sig")
    assert "aucun cas depuis janvier" in text
    assert "<a" not in text


def test_more_silences_cost_no_more_queries(world, manager, django_assert_num_queries):
    address = reverse("silences", args=[world.prefecture.slug])
    months(world, world.rate, [0] * 12)
    manager.get(address)
    with CaptureQueriesContext(connection) as one:
        manager.get(address)
    for _ in range(3):
        service = factories.ServiceFactory(unit=factories.UnitFactory(prefecture=world.prefecture))
        months(world, world.rate, [0] * 12, service=service)
    with django_assert_num_queries(len(one)):
        manager.get(address)
