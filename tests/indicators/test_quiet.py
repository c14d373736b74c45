"""When figures fall silent: the arithmetic alone."""

import datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicators.periods import shifted
from indicators.quiet import is_far_below, should_be, silent_since

JANUARY = datetime.date(2019, 1, 1)


def series(*cases):
    """Cases month after month since January 2019; None where the month is not known."""
    return {shifted(JANUARY, by): count for by, count in enumerate(cases) if count is not None}


@pytest.mark.parametrize(
    ("cases", "since"),
    [
        ((3, 1, 2, 0, 0, 0), datetime.date(2019, 4, 1)),
        ((0, 0, 0), JANUARY),
        ((3, 0, 0), None),
        ((0, 0, 0, 1), None),
        ((3, 0, None, 0, None, 0), datetime.date(2019, 2, 1)),
        ((3, 0, None, 0), None),
        ((), None),
    ],
)
def test_three_known_months_without_a_case_are_a_silence(cases, since):
    assert silent_since(series(*cases)) == since


@given(st.lists(st.integers(0, 3) | st.none(), max_size=30))
def test_a_silence_begins_after_the_last_case_and_holds_three_known_months(cases):
    known = series(*cases)

    since = silent_since(known)

    after = [month for month in known if since and month >= since]
    if since:
        assert known[since] == 0
        assert sum(known[month] for month in after) == 0
        assert len(after) >= 3
        assert known[max(one for one in known if one < since)] if min(known) < since else True
    else:
        assert any(known[month] for month in sorted(known)[-3:]) or len(known) < 3


SIZES = st.dictionaries(st.sampled_from("abcd"), st.integers(1, 50), min_size=2)
USES = st.dictionaries(st.sampled_from("vwxyz"), st.integers(1, 50), min_size=4)


@given(SIZES, USES)
def test_units_that_differ_in_size_alone_should_have_what_they_have(sizes, uses):
    cases = {unit: {what: size * use for what, use in uses.items()} for unit, size in sizes.items()}

    for unit in cases:
        for what in uses:
            assert should_be(cases, unit, what) == cases[unit][what]


@given(SIZES, USES, st.integers(0, 1000))
def test_what_a_unit_counts_itself_does_not_change_what_it_should(sizes, uses, count):
    cases = {unit: {what: size * use for what, use in uses.items()} for unit, size in sizes.items()}
    unit, what = next(iter(sizes)), next(iter(uses))
    before = should_be(cases, unit, what)

    cases[unit][what] = count

    assert should_be(cases, unit, what) == before


@given(SIZES, USES, st.integers(1, 9))
def test_a_unit_twice_as_large_should_have_twice_as_many(sizes, uses, times):
    cases = {unit: {what: size * use for what, use in uses.items()} for unit, size in sizes.items()}
    unit, what = next(iter(sizes)), next(iter(uses))
    before = should_be(cases, unit, what)

    cases[unit] = {one: count * times for one, count in cases[unit].items()}

    assert should_be(cases, unit, what) == before * times


def test_nobody_else_or_too_little_in_common_tells_nothing():
    others = {"x": 3, "y": 4, "z": 5}

    assert should_be({"a": {"w": 5} | others}, "a", "w") is None
    assert should_be({"a": {"w": 5} | others, "b": others}, "a", "w") is None
    assert should_be({"a": {"w": 5, "x": 9}, "b": {"w": 7} | others}, "a", "w") is None
    assert should_be({"a": others, "b": {"w": 7} | others}, "a", "w") == 7


def test_one_unit_that_counts_otherwise_does_not_decide():
    others = {"letters": 100, "e-mails": 200, "calls": 900}
    complaints = {"a": 0, "b": 10, "c": 12, "d": 900}
    cases = {unit: others | {"complaints": count} for unit, count in complaints.items()}

    assert should_be(cases, "a", "complaints") == 12


def test_one_figure_that_is_far_off_does_not_change_the_size():
    cases = {
        "a": {"complaints": 1, "letters": 50, "e-mails": 100, "calls": 450},
        "b": {"complaints": 10, "letters": 100, "e-mails": 200, "calls": 90_000},
    }

    assert should_be(cases, "a", "complaints") == 5


@pytest.mark.parametrize(
    ("count", "reference", "expected"),
    [(1, 10, True), (2, 10, False), (0, 9, False), (0, None, False), (3, Fraction(31, 2), True)],
)
def test_five_times_fewer_is_far_below_where_ten_were_expected(count, reference, expected):
    assert is_far_below(count, reference) is expected
