"""The calendar of a préfecture: the law of its zone, less what it closes itself."""

import datetime

import pytest

from sites import closures
from tests.factories import ClosureFactory, PrefectureFactory, SiteFactory, UnitFactory

RECEIVED = datetime.date(2026, 5, 12)  # a Tuesday, two days before Ascension Day


@pytest.fixture
def bas_rhin(elsewhere):
    elsewhere.zone = "alsace-moselle"
    elsewhere.save()
    return elsewhere


def test_a_closure_that_stops_the_clock_moves_a_due_date(prefecture):
    before = closures.calendar(prefecture).due(RECEIVED, 5)
    ClosureFactory(prefecture=prefecture, starts_on="2026-05-15", ends_on="2026-05-15", stops_the_clock=True)

    after = closures.calendar(prefecture).due(RECEIVED, 5)

    assert (before, after) == (datetime.date(2026, 5, 20), datetime.date(2026, 5, 21))


def test_other_closures_and_those_of_others_move_nothing(prefecture, elsewhere):
    site = SiteFactory(unit=UnitFactory(prefecture=prefecture))
    days = {"starts_on": "2026-05-15", "ends_on": "2026-05-15"}
    ClosureFactory(prefecture=prefecture, **days)
    ClosureFactory(prefecture=prefecture, site=site, **days)
    ClosureFactory(prefecture=elsewhere, stops_the_clock=True, **days)

    assert closures.calendar(prefecture).due(RECEIVED, 5) == datetime.date(2026, 5, 20)


def test_good_friday_is_the_choice_of_a_prefecture_of_alsace_moselle(bas_rhin):
    good_friday = datetime.date(2026, 4, 3)
    off = closures.calendar(bas_rhin).is_working(good_friday)
    bas_rhin.good_friday_is_off = False

    assert (off, closures.calendar(bas_rhin).is_working(good_friday)) == (False, True)


def test_the_year_of_each_zone_has_its_own_days(db):
    lines = closures.of_year(PrefectureFactory(zone="la-reunion"), 2026)

    assert ("Abolition de l'esclavage", datetime.date(2026, 12, 20)) in [
        (line.reason, line.starts_on) for line in lines
    ]


def test_a_closure_over_new_year_is_in_both_years(prefecture):
    ClosureFactory(prefecture=prefecture, starts_on="2026-12-28", ends_on="2027-01-02", reason="fêtes")

    for year in (2026, 2027):
        assert "fêtes" in [line.reason for line in closures.of_year(prefecture, year)]
    assert "fêtes" not in [line.reason for line in closures.of_year(prefecture, 2028)]


def test_a_closure_on_days_off_only_takes_no_working_day(prefecture):
    ClosureFactory(
        prefecture=prefecture,
        starts_on="2026-05-16",
        ends_on="2026-05-17",
        reason="week-end",
        stops_the_clock=True,
    )

    (line,) = [line for line in closures.of_year(prefecture, 2026) if line.reason == "week-end"]
    assert line.effect == "ne compte pas dans les délais (0 jour ouvré)"
