"""The local targets of a year: taken over from the year before, changed in one page."""

import datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from referentiel import editing, follow, yearly
from referentiel.models import Target
from tests import factories
from tests.pages import words

pytestmark = pytest.mark.django_db

SLUG = "bouches-du-rhone"
PAGE = reverse("own_targets_year", args=[SLUG, 2020])
TAKE_OVER = reverse("own_targets_take_over", args=[SLUG, 2020])


@pytest.fixture
def norm(prefecture):
    """Three indicators followed, each with its national target."""
    engagement = factories.EngagementFactory()
    factories.AdoptionFactory(prefecture=prefecture, referentiel=engagement.referentiel)
    indicators = [
        factories.IndicatorFactory(
            engagement=engagement,
            key=key,
            title=f"Indicateur {key}",
            position=position,
            unit="percent",
            direction="up",
        )
        for position, key in enumerate("abc")
    ]
    for indicator in indicators:
        factories.TargetFactory(indicator=indicator, value=95)
    return indicators


def local(prefecture, indicator, value, year=2019, **dates):
    days = {"starts_on": datetime.date(year, 1, 1), "ends_on": datetime.date(year, 12, 31)} | dates
    return factories.TargetFactory(
        indicator=indicator, prefecture=prefecture, value=value, origin=Target.Origin.LOCAL, **days
    )


def of(prefecture, year):
    return {aim.indicator.key: aim.target.value for aim in follow.aims(prefecture, year) if aim.target}


def typed(targets, **changes):
    """What the page sends back, with the new value of some targets."""
    versions = yearly.versions(targets)
    data = {"source": "Comité de pilotage du 12 mars 2020"}
    for target in targets:
        data |= {
            f"{target.pk}-comparator": target.comparator,
            f"{target.pk}-value": changes.get(target.indicator.key, f"{target.value.normalize():f}").replace(
                ".", ","
            ),
            f"{target.pk}-seen": versions[target.pk],
        }
    return data


@pytest.fixture
def taken_over(prefecture, norm):
    """The targets of 2020 for the first two indicators."""
    local(prefecture, norm[0], 90)
    local(prefecture, norm[1], Decimal("92.5"))
    yearly.take_over(prefecture, 2020)
    return yearly.of_year(follow.aims(prefecture, 2020), 2020)


def test_the_targets_of_a_year_are_taken_over_and_each_year_keeps_its_own(
    prefecture, norm, client_of, claire
):
    local(prefecture, norm[0], 90)
    local(prefecture, norm[1], 92)
    browser = client_of(claire)
    page = browser.get(reverse("own_targets", args=[SLUG]), {"annee": "2020"})
    assert "Reprendre les 2 objectifs locaux de 2019 pour 2020" in words(page)

    answer = browser.post(TAKE_OVER)

    assert answer["Location"] == PAGE
    assert of(prefecture, 2019) == of(prefecture, 2020) == {"a": 90, "b": 92, "c": 95}
    made = Target.objects.filter(prefecture=prefecture, starts_on="2020-01-01")
    assert {(one.ends_on, one.origin, one.edited_by_hand) for one in made} == {
        (datetime.date(2020, 12, 31), "local", True)
    }
    page = browser.get(reverse("own_targets", args=[SLUG]), {"annee": "2020"})
    assert "Reprendre" not in words(page)
    assert "Changer en une fois les 2 objectifs locaux de 2020" in words(page)


def test_taking_over_twice_adds_nothing(prefecture, norm, client_of, claire):
    local(prefecture, norm[0], 90)
    browser = client_of(claire)

    browser.post(TAKE_OVER)
    page = browser.post(TAKE_OVER, follow=True)

    assert "Il n’y avait aucun objectif de 2019 à reprendre." in words(page)
    assert Target.objects.filter(prefecture=prefecture).count() == 2


def test_what_the_year_has_already_or_does_not_follow_is_not_taken_over(prefecture, norm):
    local(prefecture, norm[0], 90)
    local(prefecture, norm[0], 91, year=2020, starts_on=datetime.date(2020, 3, 1))
    local(prefecture, norm[1], 92)
    norm[1].ends_on = datetime.date(2019, 12, 31)
    norm[1].save()

    assert yearly.left(prefecture, 2020) == []
    assert yearly.take_over(prefecture, 2020) == 0


def test_an_open_target_of_the_year_before_gets_its_own_year(prefecture, norm):
    local(prefecture, norm[0], 90, ends_on=None)

    assert yearly.take_over(prefecture, 2020) == 1
    (target,) = yearly.of_year(follow.aims(prefecture, 2020), 2020)
    target.value = Decimal(80)
    editing.save(target, seen=editing.version_of(target))

    assert of(prefecture, 2019)["a"] == 90
    assert of(prefecture, 2020)["a"] == 80


def test_another_prefecture_gives_none(prefecture, norm):
    local(factories.PrefectureFactory(), norm[0], 90)

    assert yearly.left(prefecture, 2020) == []


def test_all_are_changed_in_one_page(prefecture, taken_over, client_of, claire):
    browser = client_of(claire)
    page = words(browser.get(PAGE))
    assert "Indicateur a" in page
    assert "celui du référentiel" in page  # the third one

    answer = browser.post(PAGE, typed(taken_over, a="88", b="91,5"))

    assert answer["Location"] == f"{reverse('own_targets', args=[SLUG])}?annee=2020"
    assert of(prefecture, 2020) == {"a": 88, "b": Decimal("91.5"), "c": 95}
    assert of(prefecture, 2019) == {"a": 90, "b": Decimal("92.5"), "c": 95}
    assert Target.objects.get(pk=taken_over[0].pk).source == "Comité de pilotage du 12 mars 2020"


def test_a_page_sent_back_as_it_was_changes_nothing(taken_over, client_of, claire):
    before = Target.history.count()

    page = client_of(claire).post(PAGE, typed(taken_over) | {"source": ""}, follow=True)

    assert "rien n’a changé" in words(page)
    assert Target.history.count() == before


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"a": "120"}, "Un taux ne dépasse pas 100 %."),
        ({"a": "-1"}, "Un objectif ne peut pas être négatif."),
        ({"a": "beaucoup"}, "Saisissez un nombre."),
        ({"a": "88", "source": ""}, "Indiquer le document qui fixe ces objectifs."),
    ],
)
def test_what_is_refused_saves_nothing_and_keeps_what_was_typed(
    prefecture, taken_over, client_of, claire, changes, sentence
):
    source = {"source": changes["source"]} if "source" in changes else {}
    values = {key: value for key, value in changes.items() if key != "source"}

    page = client_of(claire).post(PAGE, typed(taken_over, **{"b": "91"} | values) | source)

    assert sentence in words(page)
    assert f'value="{values["a"]}"' in page.text
    assert 'value="91"' in page.text
    assert of(prefecture, 2020) == {"a": 90, "b": Decimal("92.5"), "c": 95}


def test_a_target_against_the_sense_of_its_indicator_is_refused(taken_over, client_of, claire):
    data = typed(taken_over) | {f"{taken_over[0].pk}-comparator": "≤"}

    assert "Cela va contre le sens de l’indicateur" in words(client_of(claire).post(PAGE, data))


def test_who_comes_second_sees_what_changed_and_loses_nothing(prefecture, taken_over, client_of, claire):
    data = typed(taken_over, a="88", b="91")
    other = Target.objects.get(pk=taken_over[0].pk)
    other.value = Decimal(85)
    editing.save(other, seen=editing.version_of(other))
    browser = client_of(claire)

    page = browser.post(PAGE, data)

    assert "Un objectif a changé" in words(page, 409)
    assert "90 → 85" in words(page, 409)
    assert 'value="88"' in page.text
    assert of(prefecture, 2020) == {"a": 85, "b": Decimal("92.5"), "c": 95}

    versions = yearly.versions(taken_over)
    browser.post(PAGE, data | {f"{one.pk}-seen": versions[one.pk] for one in taken_over})
    assert of(prefecture, 2020) == {"a": 88, "b": 91, "c": 95}


def test_what_somebody_else_changed_and_was_only_read_here_stays(prefecture, taken_over, client_of, claire):
    data = typed(taken_over, b="91")
    other = Target.objects.get(pk=taken_over[0].pk)
    other.value = Decimal(85)
    editing.save(other, seen=editing.version_of(other))

    client_of(claire).post(PAGE, data)

    assert of(prefecture, 2020) == {"a": 85, "b": 91, "c": 95}


def test_a_target_removed_meanwhile_is_said_and_nothing_is_saved(prefecture, taken_over, client_of, claire):
    data = typed(taken_over, a="88", b="91")
    Target.objects.get(pk=taken_over[0].pk).delete()

    page = client_of(claire).post(PAGE, data)

    assert "a été supprimé ou a changé de dates" in words(page, 409)
    assert of(prefecture, 2020) == {"a": 95, "b": Decimal("92.5"), "c": 95}


def test_a_year_without_local_targets_says_where_they_come_from(norm, client_of, claire):
    assert "Aucun objectif local n’est fixé pour cette année seule." in words(client_of(claire).get(PAGE))


def test_more_targets_cost_no_more_queries(prefecture, norm, client_of, claire, django_assert_num_queries):
    local(prefecture, norm[0], 90, year=2020)
    browser = client_of(claire)
    browser.get(PAGE)

    with CaptureQueriesContext(connection) as one:
        browser.get(PAGE)
    local(prefecture, norm[1], 90, year=2020)
    local(prefecture, norm[2], 90, year=2020)

    with django_assert_num_queries(len(one)):
        browser.get(PAGE)
