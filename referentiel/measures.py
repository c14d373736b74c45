"""How a figure is compared with its target, and how it is printed. Pure: exact fractions, no database.

A value is always in the unit of its indicator: a rate of 94 % is `Fraction(94)`, a mean delay of three days
is `Fraction(3)`. Verdicts are taken on these exact values and never on rounded text.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

ONE = Decimal(1)
NBSP = "\N{NO-BREAK SPACE}"
NARROW_NBSP = "\N{NARROW NO-BREAK SPACE}"


MONTHS = (
    "",
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)


def of(month: str) -> str:
    """« d’avril 2020 », « de mars »: what belongs to a month, from its words."""
    return f"d’{month}" if month[0] in "ao" else f"de {month}"


# How the unit of an indicator follows its number: below two, and from two on.
SUFFIXES = {
    "percent": (f"{NBSP}%", f"{NBSP}%"),
    "working_days": (f"{NBSP}j{NBSP}ouvré", f"{NBSP}j{NBSP}ouvrés"),
    "days": (f"{NBSP}jour", f"{NBSP}jours"),
    "minutes": (f"{NBSP}min", f"{NBSP}min"),
    "score": (f"{NBSP}point", f"{NBSP}points"),
    "count": ("", ""),
}


class Comparator(StrEnum):
    LT = "<"
    LE = "≤"
    GE = "≥"
    GT = ">"

    @property
    def wants_less(self) -> bool:
        return self in (Comparator.LT, Comparator.LE)


class Verdict(StrEnum):
    MET = "met"
    MISSED = "missed"
    NO_TARGET = "no_target"
    NO_RESULT = "no_result"

    @property
    def is_judged(self) -> bool:
        """There is a value, and something to hold it against."""
        return self in (Verdict.MET, Verdict.MISSED)

    @property
    def label(self) -> str:
        return VERDICT_LABELS[self]


VERDICT_LABELS = {
    Verdict.MET: "objectif atteint",
    Verdict.MISSED: "objectif non atteint",
    Verdict.NO_TARGET: "sans objectif",
    Verdict.NO_RESULT: "pas de résultat",
}


@dataclass(frozen=True)
class Target:
    """What a value is held against, in the unit of the indicator."""

    comparator: Comparator
    value: Fraction

    def is_met_by(self, value: Fraction) -> bool:
        match self.comparator:
            case Comparator.LT:
                return value < self.value
            case Comparator.LE:
                return value <= self.value
            case Comparator.GE:
                return value >= self.value
            case Comparator.GT:
                return value > self.value


@dataclass(frozen=True)
class Rate:
    """`numerator` cases out of `denominator`, as a percentage. 0 out of 0 has no value: nothing happened."""

    numerator: int
    denominator: int

    def __post_init__(self) -> None:
        if not 0 <= self.numerator <= self.denominator:
            raise ValueError(f"Un taux de {self.numerator} sur {self.denominator} est impossible.")

    @property
    def value(self) -> Fraction | None:
        return Fraction(100 * self.numerator, self.denominator) if self.denominator else None


@dataclass(frozen=True)
class Mean:
    """A `total` (days, minutes, points) shared between `count` cases. Without a case there is no mean."""

    total: int
    count: int

    def __post_init__(self) -> None:
        if self.count < 0 or self.total < 0 or (self.count == 0 and self.total):
            raise ValueError(f"Une moyenne de {self.total} pour {self.count} cas est impossible.")

    @property
    def value(self) -> Fraction | None:
        return Fraction(self.total, self.count) if self.count else None


@dataclass(frozen=True)
class Count:
    """How many. Zero is a result."""

    number: int

    def __post_init__(self) -> None:
        if self.number < 0:
            raise ValueError("Un nombre de cas négatif est impossible.")

    @property
    def value(self) -> Fraction:
        return Fraction(self.number)


@dataclass(frozen=True)
class Printed:
    """A value read in an old document, whose base is unknown, with as many decimals as were printed."""

    amount: Decimal

    @property
    def value(self) -> Fraction:
        return Fraction(self.amount)

    @property
    def places(self) -> int:
        return max(0, -int(self.amount.as_tuple().exponent))


Measure = Rate | Mean | Count | Printed


@dataclass(frozen=True)
class Coverage:
    """The months of a year that a figure counts, as an unbroken span or as single months (1 to 12)."""

    months: frozenset[int]

    @classmethod
    def span(cls, first: int, last: int) -> "Coverage":
        return cls(frozenset(range(first, last + 1)))

    @property
    def is_whole_year(self) -> bool:
        return len(self.months) == 12

    @property
    def label(self) -> str:
        """« avril à décembre », « janvier, février, mai à juillet », « année entière »."""
        if self.is_whole_year:
            return "année entière"
        runs: list[list[int]] = []
        for month in sorted(self.months):
            if runs and runs[-1][-1] == month - 1:
                runs[-1].append(month)
            else:
                runs.append([month])
        return ", ".join(
            f"{MONTHS[run[0]]} à {MONTHS[run[-1]]}" if len(run) > 2 else ", ".join(MONTHS[m] for m in run)
            for run in runs
        )


WHOLE_YEAR = Coverage.span(1, 12)


def judge(value: Fraction | None, target: Target | None) -> Verdict:
    """The verdict on an exact value. Without a value there is none, with or without a target."""
    if value is None:
        return Verdict.NO_RESULT
    if target is None:
        return Verdict.NO_TARGET
    return Verdict.MET if target.is_met_by(value) else Verdict.MISSED


def rounded(value: Fraction, places: int = 2, target: Target | None = None) -> Decimal:
    """Ordinary rounding (half up), except that what is printed never crosses the target.

    94,996 % against 95 % is printed 94,99 %, for 95,00 % would read as a target reached. One of the two
    neighbours always stands on the same side of the target as the value.
    """
    scale = 10**places
    below, rest = divmod(value.numerator * scale, value.denominator)
    nearest = below + (2 * rest >= value.denominator)
    verdict = judge(value, target)
    candidates = (nearest, below, below + 1)
    shown = next(number for number in candidates if judge(Fraction(number, scale), target) == verdict)
    return Decimal(f"{shown}E-{places}")


def in_french(number: Decimal | int) -> str:
    """1234.5 is written « 1 234,5 », with the decimals that the number carries."""
    return f"{Decimal(number):,f}".replace(",", NARROW_NBSP).replace(".", ",")


def with_unit(number: Decimal | int, unit: str) -> str:
    """94.00 and "percent" are written « 94,00 % », 1.5 and "days" « 1,5 jour »."""
    singular, plural = SUFFIXES[unit]
    return in_french(number) + (singular if -2 < number < 2 else plural)
