"""The same day some months later, and how far away a day is, in words."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improvement.recurrence import after, every, in_words

DAYS = st.dates(datetime.date(1990, 1, 1), datetime.date(2090, 12, 31))
MONTHS = st.integers(1, 120)


@pytest.mark.parametrize(
    ("day", "months", "due"),
    [
        ("2019-01-31", 1, "2019-02-28"),
        ("2020-01-31", 1, "2020-02-29"),
        ("2020-02-29", 12, "2021-02-28"),
        ("2020-02-29", 48, "2024-02-29"),
        ("2019-12-15", 1, "2020-01-15"),
        ("2019-11-30", 3, "2020-02-29"),
        ("2019-03-31", 6, "2019-09-30"),
        ("2019-01-01", 36, "2022-01-01"),
    ],
)
def test_the_same_day_of_a_later_month_or_its_last_one(day, months, due):
    assert after(datetime.date.fromisoformat(day), months) == datetime.date.fromisoformat(due)


@given(DAYS, MONTHS)
def test_exactly_so_many_months_pass_and_no_day_is_passed_over(day, months):
    due = after(day, months)

    assert (due.year - day.year) * 12 + due.month - day.month == months
    assert due.day == day.day or (due.day < day.day and (due + datetime.timedelta(days=1)).day == 1)


@given(DAYS, DAYS, MONTHS)
def test_who_does_it_later_is_never_due_earlier(one, other, months):
    assert after(min(one, other), months) <= after(max(one, other), months)


@given(DAYS, MONTHS, MONTHS)
def test_two_steps_never_pass_beyond_one(day, first, second):
    assert after(after(day, first), second) <= after(day, first + second)


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (-1, "en retard de 1\xa0jour"),
        (-12, "en retard de 12\xa0jours"),
        (-60, "en retard de 60\xa0jours"),
        (-61, "en retard de 2\xa0mois"),
        (0, "aujourd’hui"),
        (1, "demain"),
        (2, "dans 2\xa0jours"),
        (13, "dans 13\xa0jours"),
        (14, "dans 2\xa0semaines"),
        (19, "dans 2\xa0semaines"),
        (20, "dans 3\xa0semaines"),
        (21, "dans 3\xa0semaines"),
        (60, "dans 8\xa0semaines"),
        (61, "dans 2\xa0mois"),
        (86, "dans 2\xa0mois"),
        (91, "dans 3\xa0mois"),
        (-91, "en retard de 3\xa0mois"),
        (365, "dans 12\xa0mois"),
        (731, "dans 24\xa0mois"),
        (732, "dans 2\xa0ans"),
        (1095, "dans 3\xa0ans"),
    ],
)
def test_a_distance_in_words(days, said):
    today = datetime.date(2019, 3, 12)

    assert in_words(today + datetime.timedelta(days=days), today) == said


@given(DAYS, st.integers(-2000, 2000))
def test_a_distance_says_hardly_more_than_there_is(today, days):
    said = in_words(today + datetime.timedelta(days=days), today)
    lengths = {"jour": 1, "jours": 1, "semaines": 7, "mois": 30, "ans": 365}
    missing = {"jour": 0, "jours": 0, "semaines": 1, "mois": 5, "ans": 30}

    if "\xa0" in said:
        number, unit = said.split()[-2:]
        assert int(number) * lengths[unit] <= abs(days) + missing[unit]
        assert said.startswith("en retard") == (days < 0)


def test_a_period_in_words():
    assert [every(months) for months in (1, 3, 12, 18, 36)] == [
        "chaque mois",
        "tous les 3\xa0mois",
        "tous les ans",
        "tous les 18\xa0mois",
        "tous les 3\xa0ans",
    ]
