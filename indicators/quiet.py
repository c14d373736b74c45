"""When figures fall silent: nothing at all for months, or far fewer cases than they should be. Pure.

It never says that something is wrong: a quiet month may be a quiet month. It says what is worth a question.
"""

import datetime
from collections.abc import Mapping
from fractions import Fraction
from statistics import median
from typing import Final, TypeVar

MONTHS: Final = 3  # without a case, before one asks
FEWER: Final = 5  # times fewer than they should be, before one asks
LEAST: Final = 10  # cases that there should be: below, chance alone explains few of them
SHARED: Final = 3  # other things that two units count, before one's size is told beside the other

K = TypeVar("K")
L = TypeVar("L")


def silent_since(cases: Mapping[datetime.date, int]) -> datetime.date | None:
    """The first of the last known months that count nothing, if there are three at least. A month that is not
    there is not known: it neither breaks a silence nor makes one."""
    quiet: list[datetime.date] = []
    for month in sorted(cases, reverse=True):
        if cases[month]:
            break
        quiet.append(month)
    return quiet[-1] if len(quiet) >= MONTHS else None


def should_be(cases: Mapping[K, Mapping[L, int]], who: K, what: L) -> Fraction | None:
    """How many cases the others let expect, for the size of the one who counts them.

    `cases` are those of each unit by indicator. Beside another unit, the size of this one is the median of
    its share in what both count of everything else; each other unit then gives its own cases at that size,
    and the median of these is the answer. None where nobody else counts it, or shares enough with it.
    """
    own = cases.get(who, {})
    guesses = []
    for other, theirs in cases.items():
        if other == who or what not in theirs:
            continue
        shares = [
            Fraction(own[one], count) for one, count in theirs.items() if one != what and count and one in own
        ]
        if len(shares) >= SHARED:
            guesses.append(theirs[what] * median(shares))
    return median(guesses) if guesses else None


def is_far_below(count: int, reference: Fraction | int | None) -> bool:
    """Whether there are far fewer cases than there should be; never where there should be few."""
    return reference is not None and reference >= LEAST and count * FEWER < reference
