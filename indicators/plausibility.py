"""What a figure of a service usually is, and whether one looks odd beside it. Pure: exact fractions.

A value is in the unit of its indicator, as in `referentiel.measures`. Whether it is true is for those who
counted to say: what looks odd is asked about, and never refused.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from statistics import median

from referentiel.measures import NBSP, SUFFIXES, in_french, with_unit

LEAST = 6  # months from which one learns
# How far from the median the usual ends: about three standard deviations of figures that vary as nature does
# (one is 1.48 times the median distance), and never so near that a unit, or a twentieth, would be odd.
DISTANCES = Fraction(9, 2)
SHARE = Fraction(1, 20)
UNIT = Fraction(1)


@dataclass(frozen=True)
class Usual:
    """Both ends are usual."""

    low: Fraction
    high: Fraction

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError(f"{self.low} dépasse {self.high}.")

    def holds(self, value: Fraction) -> bool:
        return self.low <= value <= self.high

    def label(self, unit: str) -> str:
        """« 3 à 6 % », « 12 jours »."""
        low, high = _decimal(self.low), _decimal(self.high)
        if low == high:
            return with_unit(high, unit)
        return f"{in_french(low)} à {in_french(high)}{SUFFIXES[unit][high >= 2]}"


def learned(values: Sequence[Fraction], unit: str) -> Usual | None:
    """What is usual after the figures of some months, in any order; None where they are too few.

    By the median and the median distance from it, which one wild month does not move. The ends are round
    numbers, outside what was reckoned: « 3 à 6 % ».
    """
    if len(values) < LEAST:
        return None
    middle = median(values)
    spread = max(DISTANCES * median(abs(value - middle) for value in values), middle * SHARE, UNIT)
    step = 10 ** max(0, math.floor(math.log10(spread * 2 / 5)))
    low = max(0, math.floor((middle - spread) / step) * step)
    high = math.ceil((middle + spread) / step) * step
    return Usual(Fraction(low), Fraction(min(high, 100) if unit == "percent" else high))


def question(value: Fraction, shown: str, what: str, usual: Usual | None, unit: str) -> str:
    """What to ask of a value that looks odd; empty where it does not. `shown` is the value as it is printed,
    `what` names it: « 12,83 % », « appels perdus »."""
    if usual is None or usual.holds(value):
        return ""
    return (
        f"{what}{NBSP}: {shown}, contre {usual.label(unit)} d’habitude. Ce chiffre est-il exact{NBSP}? Vous "
        "pouvez l’expliquer dans une note."
    )


def _decimal(value: Fraction) -> Decimal:
    """A bound has few decimals: those that were typed."""
    return (Decimal(value.numerator) / Decimal(value.denominator)).normalize()
