"""What is usual of a figure, learned from its months, and what is asked of one that is not."""

from fractions import Fraction
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicators.plausibility import LEAST, Usual, learned, question
from referentiel.measures import SUFFIXES


def months_of(most):
    """Values of some months, sevenths of a unit."""
    sevenths = st.integers(0, 7 * most).map(lambda number: Fraction(number, 7))
    return st.lists(sevenths, min_size=LEAST, max_size=30)


rates, values = months_of(100), months_of(10**6)


def fractions(*percents):
    return [Fraction(str(percent)) for percent in percents]


def test_lost_calls_of_four_percent_are_usually_between_three_and_six():
    usual = learned(fractions("4", "4.5", "5", "4.5", "4.2", "4.8"), "percent")

    assert usual.label("percent") == "3 à 6\xa0%"
    assert question(Fraction("12.83"), "12,83\xa0%", "Appels perdus", usual, "percent") == (
        "Appels perdus\xa0: 12,83\xa0%, contre 3 à 6\xa0% d’habitude. Ce chiffre est-il exact\xa0? "
        "Vous pouvez l’expliquer dans une note."
    )
    assert question(Fraction(5), "5,00\xa0%", "Appels perdus", usual, "percent") == ""


def test_five_months_teach_nothing():
    assert learned(fractions(4, 4, 4, 4, 4), "percent") is None
    assert question(Fraction(99), "99\xa0%", "Appels", None, "percent") == ""


@pytest.mark.parametrize(
    ("months", "unit", "label"),
    [
        ((100, 100, 100, 100, 100, 100), "percent", "95 à 100\xa0%"),
        ((0, 0, 0, 0, 0, 0), "count", "0 à 1"),
        ((3, 3, 4, 3, 3, 3), "working_days", "2 à 4\xa0j\xa0ouvrés"),
        ((1200, 1250, 1300, 1220, 1280, 1240), "count", "1\u202f110 à 1\u202f380"),
    ],
)
def test_the_ends_are_round_numbers(months, unit, label):
    assert learned(fractions(*months), unit).label(unit) == label


def test_what_was_typed_is_written_with_its_decimals():
    assert Usual(Fraction("2.5"), Fraction(15)).label("percent") == "2,5 à 15\xa0%"
    assert Usual(Fraction(1), Fraction(1)).label("days") == "1\xa0jour"


def test_bounds_are_in_order():
    with pytest.raises(ValueError, match="dépasse"):
        Usual(Fraction(2), Fraction(1))


@given(values, st.sampled_from(sorted(set(SUFFIXES) - {"percent"})))
def test_the_median_is_always_usual_and_nothing_is_negative(months, unit):
    usual = learned(months, unit)

    assert usual.low >= 0
    assert usual.holds(median(months))


@given(rates)
def test_rates_stay_between_nothing_and_all(months):
    usual = learned(months, "percent")

    assert 0 <= usual.low <= median(months) <= usual.high <= 100


@given(values, st.randoms())
def test_the_order_of_the_months_does_not_count(months, random):
    shuffled = list(months)
    random.shuffle(shuffled)

    assert learned(shuffled, "count") == learned(months, "count")


@given(st.integers(1, 1000), st.integers(10**5, 10**9))
def test_one_wild_month_changes_nothing(usual_value, wild):
    calm = [Fraction(usual_value)] * 8

    assert learned([*calm, Fraction(wild)], "count") == learned(calm, "count")


@given(values)
def test_figures_that_are_all_alike_are_never_odd(months):
    usual = learned([months[0]] * len(months), "count")

    assert question(months[0], "", "", usual, "count") == ""
