"""Which rule holds: the rows that a préfecture sees, and the one that wins."""

from datetime import date

import pytest

from referentiel.delays import Asked, Rulebook
from tests.factories import AdoptionFactory, DelayRuleFactory, ReferentielFactory

LETTER = Asked("enquiry", "letter", "citizen")
DAY = date(2019, 6, 3)


@pytest.fixture
def referentiel(prefecture):
    return AdoptionFactory(prefecture=prefecture).referentiel


def days(prefecture, on=DAY, asked=LETTER):
    rule = Rulebook.of(prefecture).in_force(asked, on)
    return rule.days if rule else "no row"


def test_rule_is_that_of_the_day_of_receipt(prefecture, referentiel):
    DelayRuleFactory(referentiel=referentiel, days=15, ends_on=date(2019, 12, 31))
    DelayRuleFactory(referentiel=referentiel, days=10, starts_on=date(2020, 1, 1))
    assert days(prefecture, date(2019, 12, 31)) == 15
    assert days(prefecture, date(2020, 1, 1)) == 10


def test_row_of_the_prefecture_wins_over_the_national_one(prefecture, elsewhere, referentiel):
    AdoptionFactory(prefecture=elsewhere, referentiel=referentiel)
    DelayRuleFactory(referentiel=referentiel, days=15, starts_on=date(2019, 2, 1))
    DelayRuleFactory(referentiel=referentiel, days=10, prefecture=prefecture, starts_on=date(2019, 1, 1))
    assert days(prefecture) == 10
    assert days(elsewhere) == 15


def test_row_without_days_states_that_there_is_no_rule(prefecture, referentiel):
    DelayRuleFactory(referentiel=referentiel, days=15)
    DelayRuleFactory(referentiel=referentiel, days=None, prefecture=prefecture)
    assert days(prefecture) is None


def test_referentiel_counts_while_it_is_followed_and_the_last_adopted_wins(prefecture):
    older, newer = ReferentielFactory(), ReferentielFactory()
    AdoptionFactory(prefecture=prefecture, referentiel=older, starts_on=date(2015, 1, 1))
    AdoptionFactory(
        prefecture=prefecture, referentiel=newer, starts_on=date(2019, 1, 1), ends_on=date(2019, 12, 31)
    )
    DelayRuleFactory(referentiel=older, days=20)
    DelayRuleFactory(referentiel=newer, days=8)
    assert days(prefecture, date(2014, 12, 31)) == "no row"
    assert [days(prefecture, date(year, 6, 1)) for year in (2018, 2019, 2020)] == [20, 8, 20]


def test_appointment_that_a_citizen_asks_for_is_an_enquiry(prefecture, referentiel):
    DelayRuleFactory(referentiel=referentiel, days=15)
    asked = Asked("appointment", "letter", "citizen")
    assert days(prefecture, asked=asked) == 15
    assert days(prefecture, asked=asked._replace(milestone="dated")) == "no row"


def test_rules_are_read_in_two_queries(prefecture, referentiel, django_assert_num_queries):
    DelayRuleFactory(referentiel=referentiel)
    DelayRuleFactory(referentiel=ReferentielFactory())
    with django_assert_num_queries(2):
        book = Rulebook.of(prefecture)
        assert book.in_force(LETTER, DAY).days == 10
