import operator
import re
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referentiel.measures import (
    NARROW_NBSP,
    NBSP,
    WHOLE_YEAR,
    Comparator,
    Count,
    Coverage,
    Mean,
    Printed,
    Rate,
    Target,
    Verdict,
    in_french,
    judge,
    rounded,
    with_unit,
)

COMPARE = {"<": operator.lt, "≤": operator.le, "≥": operator.ge, ">": operator.gt}

places = st.integers(0, 4)
thresholds = st.decimals(0, 1000, places=4).map(Fraction)
targets = st.builds(Target, st.sampled_from(Comparator), thresholds)
ordinary_values = st.fractions(0, 1000, max_denominator=5000)


@st.composite
def values_and_targets(draw):
    """Any value, but often one that stands a hair from its target or exactly on it."""
    target = draw(targets)
    hair = draw(st.fractions(Fraction(-1, 50), Fraction(1, 50), max_denominator=10**6))
    near = max(Fraction(0), target.value + hair)
    return draw(st.sampled_from([draw(ordinary_values), near, target.value])), target


def half_up(value: Fraction, places: int) -> Decimal:
    """The oracle: decimal division, precise enough for every case here, rounded by the standard library."""
    with localcontext() as context:
        context.prec = 60
        exact = Decimal(value.numerator) / Decimal(value.denominator)
        return exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def is_met(value: Fraction, target: Target) -> bool:
    """The oracle: integers multiplied crosswise."""
    left = value.numerator * target.value.denominator
    right = target.value.numerator * value.denominator
    return COMPARE[target.comparator.value](left, right)


# --- The verdict ---


@given(values_and_targets())
def test_the_verdict_is_taken_on_the_exact_value(pair):
    value, target = pair

    verdict = judge(value, target)

    assert verdict is (Verdict.MET if is_met(value, target) else Verdict.MISSED)


@pytest.mark.parametrize(
    ("sign", "below", "equal", "above"),
    [
        ("<", Verdict.MET, Verdict.MISSED, Verdict.MISSED),
        ("≤", Verdict.MET, Verdict.MET, Verdict.MISSED),
        ("≥", Verdict.MISSED, Verdict.MET, Verdict.MET),
        (">", Verdict.MISSED, Verdict.MISSED, Verdict.MET),
    ],
)
def test_each_sign_decides_below_on_and_above_its_target(sign, below, equal, above):
    target = Target(Comparator(sign), Fraction(95))

    assert judge(Fraction("94.9999"), target) is below
    assert judge(Fraction(95), target) is equal
    assert judge(Fraction("95.0001"), target) is above


def test_94_percent_misses_95_percent_whatever_the_printed_face():
    assert judge(Rate(47, 50).value, Target(Comparator.GE, Fraction(95))) is Verdict.MISSED


def test_without_a_value_there_is_no_verdict_with_or_without_a_target():
    assert judge(None, Target(Comparator.GE, Fraction(95))) is Verdict.NO_RESULT
    assert judge(None, None) is Verdict.NO_RESULT
    assert judge(Fraction(12), None) is Verdict.NO_TARGET


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (Verdict.MET, "objectif atteint"),
        (Verdict.MISSED, "objectif non atteint"),
        (Verdict.NO_TARGET, "sans objectif"),
        (Verdict.NO_RESULT, "pas de résultat"),
    ],
)
def test_every_verdict_is_said_in_words(verdict, words):
    assert verdict.label == words


# --- Rounding ---


@given(ordinary_values, places)
def test_rounding_is_half_up_without_a_target(value, places):
    assert rounded(value, places) == half_up(value, places)


@given(values_and_targets(), places)
def test_a_printed_value_never_crosses_its_target(pair, places):
    value, target = pair

    shown = rounded(value, places, target)

    assert is_met(Fraction(shown), target) == is_met(value, target)


@given(values_and_targets(), places)
def test_rounding_is_half_up_wherever_that_does_not_cross_the_target(pair, places):
    value, target = pair
    ordinary = half_up(value, places)

    shown = rounded(value, places, target)

    if is_met(Fraction(ordinary), target) == is_met(value, target):
        assert shown == ordinary


@given(values_and_targets(), places)
def test_a_printed_value_keeps_its_decimals_and_is_off_by_less_than_one_step(pair, places):
    value, target = pair

    shown = rounded(value, places, target)

    assert shown.as_tuple().exponent == -places
    assert abs(Fraction(shown) - value) < Fraction(1, 10**places)


@given(st.integers(0, 10**40), places)
def test_a_whole_number_of_any_length_loses_no_digit(number, places):
    assert Fraction(rounded(Fraction(number), places)) == number


@pytest.mark.parametrize(
    ("value", "sign", "target", "shown"),
    [
        ("94.996", "≥", "95", "94.99"),
        ("95.004", "≥", "95", "95.00"),
        ("10.004", "≤", "10", "10.01"),
        ("4.996", "<", "5", "4.99"),
        ("5", "<", "5", "5.00"),
        ("94.995", "≥", "90", "95.00"),
    ],
)
def test_rounding_near_a_target(value, sign, target, shown):
    result = rounded(Fraction(value), 2, Target(Comparator(sign), Fraction(target)))

    assert str(result) == shown


# --- Measures ---


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_rate_is_its_share_of_a_hundred(one, other):
    numerator, denominator = sorted((one, other))

    value = Rate(numerator, denominator).value

    if denominator == 0:
        assert value is None
    else:
        assert value * denominator == 100 * numerator
        assert 0 <= value <= 100


@pytest.mark.parametrize(("numerator", "denominator"), [(14, 13), (-1, 13), (1, 0)])
def test_an_impossible_rate_is_refused(numerator, denominator):
    with pytest.raises(ValueError, match=f"Un taux de {numerator} sur {denominator} est impossible."):
        Rate(numerator, denominator)


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_mean_shares_its_total_exactly(total, count):
    assert Mean(total, count).value * count == total


def test_there_is_no_mean_of_no_case():
    assert Mean(0, 0).value is None


@pytest.mark.parametrize(("total", "count"), [(3, 0), (3, -1), (-3, 2)])
def test_an_impossible_mean_is_refused(total, count):
    with pytest.raises(ValueError, match=f"Une moyenne de {total} pour {count} cas est impossible."):
        Mean(total, count)


def test_zero_is_a_count():
    assert Count(0).value == 0


def test_a_negative_count_is_refused():
    with pytest.raises(ValueError, match=r"Un nombre de cas négatif est impossible\."):
        Count(-1)


@pytest.mark.parametrize(("amount", "places"), [("94.00", 2), ("2.78", 2), ("1.5", 1), ("3", 0), ("1E+2", 0)])
def test_a_printed_value_keeps_the_decimals_that_were_printed(amount, places):
    printed = Printed(Decimal(amount))

    assert printed.value == Fraction(amount)
    assert printed.places == places


# --- Months ---


def test_only_twelve_months_are_a_whole_year():
    assert WHOLE_YEAR.is_whole_year
    assert not Coverage.span(4, 12).is_whole_year


@pytest.mark.parametrize(
    ("months", "words"),
    [
        (range(1, 13), "année entière"),
        (range(4, 13), "avril à décembre"),
        (range(7, 13), "juillet à décembre"),
        ([3], "mars"),
        ([1, 2], "janvier, février"),
        ([1, 2, 5, 6, 7], "janvier, février, mai à juillet"),
        ([], ""),
    ],
)
def test_the_months_that_count_are_named(months, words):
    assert Coverage(frozenset(months)).label == words


# --- French ---


@given(st.decimals(-(10**15), 10**15, places=2) | st.integers(-(10**15), 10**15))
def test_a_number_in_french_reads_back_as_itself(number):
    text = in_french(number)

    assert Decimal(text.replace(NARROW_NBSP, "").replace(",", ".")) == number
    assert re.fullmatch(rf"-?\d{{1,3}}({NARROW_NBSP}\d{{3}})*(,\d{{2}})?", text)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (Decimal("94.00"), "94,00"),
        (Decimal("1234.5"), f"1{NARROW_NBSP}234,5"),
        (20769, f"20{NARROW_NBSP}769"),
        (0, "0"),
        (Decimal("1E+1"), "10"),
    ],
)
def test_numbers_are_written_as_in_french(number, text):
    assert in_french(number) == text


@pytest.mark.parametrize(
    ("number", "unit", "text"),
    [
        (Decimal("94.00"), "percent", f"94,00{NBSP}%"),
        (Decimal("2.4"), "working_days", f"2,4{NBSP}j{NBSP}ouvrés"),
        (Decimal("1.5"), "working_days", f"1,5{NBSP}j{NBSP}ouvré"),
        (Decimal(1), "days", f"1{NBSP}jour"),
        (Decimal(2), "days", f"2{NBSP}jours"),
        (15, "days", f"15{NBSP}jours"),
        (2511, "count", f"2{NARROW_NBSP}511"),
    ],
)
def test_a_unit_follows_its_number(number, unit, text):
    assert with_unit(number, unit) == text
