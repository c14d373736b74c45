"""Runs of months: a month, a quarter, a half-year, a year, or any twelve months. Pure.

A month is written by its first day, here and in every row of the application.
"""

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass

from referentiel.measures import MONTHS, NBSP, Coverage, of

FIRST_YEAR = 2000  # since this kind of label exists
ORDINALS = ("", "1er", "2e", "3e", "4e")
LENGTHS = {"T": 3, "S": 6}
ROLLING = "glissants"
SLUG = re.compile(
    r"(?P<year>\d{4})(?:-(?P<part>T[1-4]|S[12]|0[1-9]|1[0-2])(?P<rolling>-glissants)?)?", re.ASCII
)


def month_of(day: datetime.date) -> datetime.date:
    """The month of a day."""
    return day.replace(day=1)


def shifted(month: datetime.date, by: int) -> datetime.date:
    """The month so many months later, or earlier."""
    years, index = divmod(month.month - 1 + by, 12)
    return datetime.date(month.year + years, index + 1, 1)


def between(first: datetime.date, last: datetime.date) -> Iterator[datetime.date]:
    """The months from one to another, both included; none where the last comes first."""
    month = first
    while month <= last:
        yield month
        month = shifted(month, 1)


def last_day(month: datetime.date) -> datetime.date:
    return shifted(month, 1) - datetime.timedelta(days=1)


def in_words(month: datetime.date) -> str:
    """« mars 2020 »."""
    return f"{MONTHS[month.month]}{NBSP}{month.year}"


def of_month(month: datetime.date) -> str:
    """« de mars 2020 », « d’avril 2020 »."""
    return of(in_words(month))


@dataclass(frozen=True)
class Period:
    """Months that follow one another, twelve at most, so that each has its twin in the year before."""

    first: datetime.date
    length: int

    def __post_init__(self) -> None:
        if self.first.day != 1 or not 1 <= self.length <= 12:
            raise ValueError(f"Une période compte d'un à douze mois entiers, pas {self.length}.")

    @classmethod
    def year(cls, year: int) -> "Period":
        return cls(datetime.date(year, 1, 1), 12)

    @classmethod
    def month(cls, month: datetime.date) -> "Period":
        return cls(month_of(month), 1)

    @classmethod
    def ending(cls, month: datetime.date, length: int = 12) -> "Period":
        """The last months up to one of them: « 12 mois glissants »."""
        return cls(shifted(month, 1 - length), length)

    @classmethod
    def parse(cls, slug: str) -> "Period":
        """« 2020 », « 2020-T1 », « 2020-S2 », « 2020-03 » or « 2020-03-glissants »; ValueError otherwise."""
        found = SLUG.fullmatch(slug)
        if found is None:
            raise ValueError(slug)
        year, part = int(found["year"]), found["part"]
        if part is None:
            return cls.year(year)
        if part[0] in LENGTHS:
            if found["rolling"]:
                raise ValueError(slug)
            length = LENGTHS[part[0]]
            return cls(datetime.date(year, 1 + (int(part[1]) - 1) * length, 1), length)
        month = datetime.date(year, int(part), 1)
        return cls.ending(month) if found["rolling"] else cls.month(month)

    @property
    def slug(self) -> str:
        """What `parse` reads back. Another run of months has none: ValueError."""
        first, last = self.first, self.last
        if self.length == 1:
            return f"{first:%Y-%m}"
        if self.is_year:
            return f"{first.year}"
        if self.is_rolling:
            return f"{last:%Y-%m}-{ROLLING}"
        letter = next((letter for letter, length in LENGTHS.items() if length == self.length), None)
        if letter is None or (first.month - 1) % self.length:
            raise ValueError(f"{self.label} n'a pas d'adresse.")
        return f"{first.year}-{letter}{1 + first.month // self.length}"

    @property
    def label(self) -> str:
        """« 2020 », « 1er trimestre 2020 », « mars 2020 », « avril 2019 à mars 2020 »."""
        if self.is_year:
            return f"{self.first.year}"
        if self.length == 1:
            return in_words(self.first)
        for name, length in (("trimestre", 3), ("semestre", 6)):
            if self.length == length and (self.first.month - 1) % length == 0:
                number = 1 + self.first.month // length
                return f"{ORDINALS[number]} {name}{NBSP}{self.first.year}"
        return f"{in_words(self.first)} à {in_words(self.last)}"

    @property
    def last(self) -> datetime.date:
        """Its last month."""
        return shifted(self.first, self.length - 1)

    @property
    def end(self) -> datetime.date:
        """Its last day."""
        return last_day(self.last)

    @property
    def is_year(self) -> bool:
        return self.length == 12 and self.first.month == 1

    @property
    def is_rolling(self) -> bool:
        """Twelve months that are no calendar year."""
        return self.length == 12 and not self.is_year

    @property
    def before(self) -> "Period":
        """The same months of the year before."""
        return Period(shifted(self.first, -12), self.length)

    @property
    def next(self) -> "Period":
        """The one of the same length that follows; a rolling year moves on by one month."""
        return Period(shifted(self.first, self._step), self.length)

    @property
    def previous(self) -> "Period":
        return Period(shifted(self.first, -self._step), self.length)

    @property
    def coverage(self) -> Coverage:
        return Coverage(frozenset(month.month for month in self))

    @property
    def _step(self) -> int:
        return 1 if self.is_rolling else self.length

    def __iter__(self) -> Iterator[datetime.date]:
        return (shifted(self.first, by) for by in range(self.length))

    def __contains__(self, month: datetime.date) -> bool:
        return self.first <= month <= self.last
