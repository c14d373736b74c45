"""Whole percentages that add up."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from indicators.shares import shares

COUNTS = st.lists(st.integers(0, 10**6), min_size=1, max_size=8)


@given(COUNTS)
def test_shares_add_up_to_a_hundred_unless_nothing_was_counted(counts):
    assert sum(shares(counts)) == (100 if any(counts) else 0)


@given(COUNTS.filter(any))
def test_a_share_is_less_than_one_away_from_what_it_stands_for(counts):
    whole = sum(counts)

    assert all(
        abs(share * whole - 100 * count) < whole for share, count in zip(shares(counts), counts, strict=True)
    )


@given(COUNTS)
def test_who_counts_more_never_has_less(counts):
    pairs = sorted(zip(counts, shares(counts), strict=True))

    assert all(less[1] <= more[1] for less, more in pairwise(pairs) if less[0] < more[0])


def test_the_largest_remainders_are_rounded_up():
    assert shares([1, 1, 1]) == [34, 33, 33]
    assert shares([2, 3, 3]) == [25, 38, 37]
