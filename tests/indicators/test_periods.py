"""Runs of months: their words, their addresses, and the same months of the year before."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicators.periods import Period, in_words, last_day, of_month, shifted
from referentiel.measures import NBSP, Coverage

years = st.integers(1900, 2200)
months = st.builds(datetime.date, years, st.integers(1, 12), st.just(1))
named = st.one_of(
    st.builds(Period.year, years),
    st.builds(Period.month, months),
    st.builds(Period.ending, months),
    st.builds(
        lambda year, part: Period.parse(f"{year}-{part}"),
        years,
        st.sampled_from(["T1", "T2", "T3", "T4", "S1", "S2"]),
    ),
)


@given(named)
def test_an_address_leads_to_its_period(period):
    assert Period.parse(period.slug) == period


@given(months, st.integers(-400, 400))
def test_a_month_comes_back_from_where_it_was_shifted(month, by):
    moved = shifted(month, by)

    assert (moved.year * 12 + moved.month) - (month.year * 12 + month.month) == by
    assert shifted(moved, -by) == month


@given(st.builds(Period, months, st.integers(1, 12)))
def test_each_month_has_its_twin_in_the_year_before(period):
    assert [(m.year - 1, m.month) for m in period] == [(m.year, m.month) for m in period.before]
    assert len(period.coverage.months) == period.length
    assert list(period)[-1] == period.last and last_day(period.last) == period.end


@given(named)
def test_what_follows_a_period_begins_where_it_ends(period):
    if period.length < 12 or period.is_year:
        assert period.next.first == shifted(period.last, 1)
        assert period.next.previous == period
    else:  # twelve rolling months move on by one
        assert period.next.first == shifted(period.first, 1)


@pytest.mark.parametrize(
    ("slug", "label"),
    [
        ("2020", "2020"),
        ("2020-T1", f"1er trimestre{NBSP}2020"),
        ("2020-T4", f"4e trimestre{NBSP}2020"),
        ("2020-S2", f"2e semestre{NBSP}2020"),
        ("2020-03", f"mars{NBSP}2020"),
        ("2020-03-glissants", f"avril{NBSP}2019 à mars{NBSP}2020"),
        ("2020-12-glissants", "2020"),
    ],
)
def test_a_period_is_said_in_french(slug, label):
    assert Period.parse(slug).label == label


@pytest.mark.parametrize(
    "slug",
    ["", "20", "2020-T5", "2020-T0", "2020-13", "2020-00", "2020-T1-glissants", "2020-3", "٢٠٢٠", "0000"],
)
def test_no_other_address_leads_anywhere(slug):
    with pytest.raises(ValueError):
        Period.parse(slug)


def test_a_period_longer_than_a_year_has_no_twin():
    with pytest.raises(ValueError):
        Period(datetime.date(2020, 1, 1), 13)


def test_a_month_in_a_sentence():
    assert in_words(datetime.date(2020, 3, 1)) == f"mars{NBSP}2020"
    assert of_month(datetime.date(2020, 8, 1)) == f"d’août{NBSP}2020"
    assert of_month(datetime.date(2020, 3, 1)) == f"de mars{NBSP}2020"


def test_a_quarter_counts_its_three_months():
    assert Period.parse("2020-T2").coverage == Coverage.span(4, 6)
