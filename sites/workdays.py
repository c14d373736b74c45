"""Working days: Monday to Friday, less the public holidays of a zone and the closures of a préfecture.

Pure arithmetic: no Django, no clock, no time zone (a day is the day where the préfecture is). The rule:

- the day of receipt is day zero, even when it is a day off; the first working day after it is day one;
- a reply that leaves on a day off counts as sent on the next working day;
- a reply on the very day of receipt has a delay of 0, even on a day off.

Hence, for every n ≥ 0, `delay(received, answered) <= n` says the same as `answered <= due(received, n)`:
the due date is the last day on which a reply is still in time, and `due(received, 0)` is `received`.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate, compress
from typing import Final, NamedTuple, TypeAlias

from sheets.words import french_day

ZONE_LABELS: Final[dict[str, str]] = {
    "metropole": "Métropole",
    "alsace-moselle": "Alsace-Moselle",
    "guadeloupe": "Guadeloupe",
    "guyane": "Guyane",
    "martinique": "Martinique",
    "mayotte": "Mayotte",
    "la-reunion": "La Réunion",
    "nouvelle-caledonie": "Nouvelle-Calédonie",
    "polynesie-francaise": "Polynésie française",
    "saint-barthelemy": "Saint-Barthélemy",
    "saint-martin": "Saint-Martin",
    "saint-pierre-et-miquelon": "Saint-Pierre-et-Miquelon",
    "wallis-et-futuna": "Wallis-et-Futuna",
}

# Codes of the Code officiel géographique (INSEE). 20 is Corsica before 1976, and still its postal prefix.
# The TAAF (984) and Clipperton (989) have no inhabitants and no zone in the official open data.
_ZONE_OF_CODE: Final[dict[str, str]] = {
    **{f"{number:02}": "metropole" for number in range(1, 96)},
    **dict.fromkeys(("2a", "2b"), "metropole"),
    **dict.fromkeys(("57", "67", "68"), "alsace-moselle"),
    "971": "guadeloupe",
    "972": "martinique",
    "973": "guyane",
    "974": "la-reunion",
    "975": "saint-pierre-et-miquelon",
    "976": "mayotte",
    "977": "saint-barthelemy",
    "978": "saint-martin",
    "986": "wallis-et-futuna",
    "987": "polynesie-francaise",
    "988": "nouvelle-caledonie",
}

# Public holidays, named as in the official open data (Etalab, « Jours fériés en France »), which the tests
# hold against this module day by day. A day off by local custom or by the law of a territory (24 September in
# Nouvelle-Calédonie, Mi-Carême in Guadeloupe) is not among them: the préfecture enters it as a closure.

# Code du travail, L3133-1. Nouvelle-Calédonie, Polynésie and Wallis-et-Futuna have labour laws of their own;
# the open data give them the same eleven days. Whit Monday is a holiday even as journée de solidarité.
_FIXED: Final = {
    "1er janvier": (1, 1),
    "1er mai": (5, 1),
    "8 mai": (5, 8),
    "14 juillet": (7, 14),
    "Assomption": (8, 15),
    "Toussaint": (11, 1),
    "11 novembre": (11, 11),
    "Jour de Noël": (12, 25),
}
_DAYS_FROM_EASTER: Final = {"Lundi de Pâques": 1, "Ascension": 39, "Lundi de Pentecôte": 50}

# Code du travail, L3422-2; loi n° 83-550 du 30 juin 1983 and décret n° 83-1003 du 23 novembre 1983, to which
# décret n° 2012-553 du 23 avril 2012 added Saint-Barthélemy and Saint-Martin (earlier in the open data).
_ABOLITION: Final = {
    "mayotte": (4, 27),
    "martinique": (5, 22),
    "guadeloupe": (5, 27),
    "saint-martin": (5, 28),
    "guyane": (6, 10),
    "saint-barthelemy": (10, 9),
    "la-reunion": (12, 20),
}
# Saint-Martin kept Guadeloupe's 27 May until 2017. The interministerial circular of May 2018 granted the wish
# of its council (5 November 2015) for 28 May, and the open data follow; the Code did not (seen as of 2024).
_SAINT_MARTIN_ON_28_MAY_SINCE: Final = 2018

# Other rules held before: 8 May came back in 1982 (loi n° 81-893 du 2 octobre 1981), the abolition days began
# in 1983 and 1984.
_RULES_KNOWN_SINCE: Final = 1984

_WEEKEND: Final = {6: "samedi", 0: "dimanche"}  # by date.toordinal() % 7: day 1 of the calendar is a Monday

YEARS: Final = (2000, 2050)
"""First and last year of a calendar, unless told otherwise."""

ClosedDays: TypeAlias = tuple[date, date, str]
"""First day, last day (included) and reason of a local closure that stops the clock."""


class WorkdaysError(ValueError):
    """A question the calendar refuses. Its text is a French sentence for the person who asked."""


class UnknownZoneError(WorkdaysError):
    """Neither a zone nor the code of a département."""


class OutOfRangeError(WorkdaysError):
    """A day, asked for or arrived at, that the calendar does not cover."""


class BackwardsError(WorkdaysError):
    """A count or a closure that would run back in time."""


class DayOff(NamedTuple):
    day: date
    reason: str


class Explanation(NamedTuple):
    """The days after receipt, in order: those that count, and those that do not with the reason."""

    counted: tuple[date, ...]
    skipped: tuple[DayOff, ...]


def check_order(received: date, answered: date) -> None:
    """BackwardsError for a reply before the receipt."""
    if answered < received:
        raise BackwardsError(
            f"La réponse du {french_day(answered)} est antérieure à la réception du {french_day(received)}."
        )


def zone_of(code: str) -> str:
    """The zone of a département code ("13", "2A", "971") or of a zone's own slug, in either case.

    "1" is read as "01": spreadsheets drop the zero, and the nine codes it may come from share one zone.
    UnknownZoneError for anything else.
    """
    wanted = code.strip().lower()
    if wanted in ZONE_LABELS:
        return wanted
    if zone := _ZONE_OF_CODE.get(wanted.zfill(2)):
        return zone
    raise UnknownZoneError(
        f"Zone inconnue : « {code} ». Indiquez le code d’un département ou d’une collectivité "
        f"(01 à 95, 2A, 2B, 971 à 978, 986 à 988) ou une zone : {', '.join(ZONE_LABELS)}."
    )


def easter_sunday(year: int) -> date:
    """Easter of the Gregorian calendar, by the anonymous algorithm of 1876 (Meeus, Jones, Butcher): exact."""
    century, year_of_century = divmod(year, 100)
    golden = year % 19
    correction = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - century // 4 - correction + 15) % 30
    to_sunday = (32 + 2 * (century % 4) + 2 * (year_of_century // 4) - epact - year_of_century % 4) % 7
    late = (golden + 11 * epact + 22 * to_sunday) // 451
    month, day = divmod(epact + to_sunday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def public_holidays(zone: str, year: int, *, good_friday: bool = True) -> list[DayOff]:
    """The statutory holidays of a zone (or département code) in a year, by date; two may share a day.

    `good_friday` matters in Alsace-Moselle only: the law gives that day to communes with a Protestant or a
    shared church. OutOfRangeError before 1984, when other rules held.
    """
    zone = zone_of(zone)
    if year < _RULES_KNOWN_SINCE:
        raise OutOfRangeError(
            f"Les jours fériés ne sont connus qu’à partir de {_RULES_KNOWN_SINCE} : {year} est refusé."
        )
    fixed = dict(_FIXED)
    from_easter = dict(_DAYS_FROM_EASTER)
    if zone == "alsace-moselle":  # Code du travail, L3134-13, after the ordonnance du 16 août 1892
        fixed["2ème jour de Noël"] = (12, 26)
        if good_friday:
            from_easter["Vendredi saint"] = -2
    if zone in _ABOLITION:
        fixed["Abolition de l'esclavage"] = _ABOLITION[zone]
    if zone == "saint-martin" and year < _SAINT_MARTIN_ON_28_MAY_SINCE:
        fixed["Abolition de l'esclavage"] = _ABOLITION["guadeloupe"]

    easter = easter_sunday(year)
    days = [DayOff(date(year, month, day), name) for name, (month, day) in fixed.items()]
    days += [DayOff(easter + timedelta(offset), name) for name, offset in from_easter.items()]
    return sorted(days)


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """The working days of a zone, less its closures, over whole years (first and last included).

    Holds for each day its ordinal, the number of working days up to it, so that a due date is a look-up and a
    delay a subtraction. Every method refuses a day outside the years (OutOfRangeError) and a reply before the
    receipt (BackwardsError). Take it from `calendar_for`, which keeps it.
    """

    zone: str
    closures: tuple[ClosedDays, ...] = ()
    good_friday: bool = True
    years: tuple[int, int] = YEARS
    # Days are numbers, as date.toordinal() gives them; the eve is the day before the first.
    _eve: int = field(init=False, repr=False, compare=False)
    # The ordinal of each day, that of the eve (0) first, and the day of each ordinal, from 1 on.
    _ordinals: array[int] = field(init=False, repr=False, compare=False)
    _workdays: array[int] = field(init=False, repr=False, compare=False)
    # Why a day is off, its being a Saturday or a Sunday left out.
    _reasons: dict[int, list[str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        first_year, last_year = self.years
        span = range(date(first_year, 1, 1).toordinal(), date(last_year, 12, 31).toordinal() + 1)

        reasons = defaultdict(list)
        for year in range(first_year, last_year + 1):
            for holiday in public_holidays(self.zone, year, good_friday=self.good_friday):
                reasons[holiday.day.toordinal()].append(holiday.reason)
        for first, last, reason in self.closures:
            if last < first:
                raise BackwardsError(
                    f"La fermeture « {reason} » finirait le {french_day(last)}, "
                    f"avant son début, le {french_day(first)}."
                )
            # Clipped, so that a closure "until further notice" costs no more than the calendar.
            for day in range(max(first.toordinal(), span.start), min(last.toordinal() + 1, span.stop)):
                reasons[day].append(f"Fermeture : {reason}")

        works = [day % 7 not in _WEEKEND and day not in reasons for day in span]
        # A frozen instance is filled in through object, once, here.
        object.__setattr__(self, "_eve", span.start - 1)
        object.__setattr__(self, "_ordinals", array("i", accumulate(works, initial=0)))
        object.__setattr__(self, "_workdays", array("i", compress(span, works)))
        object.__setattr__(self, "_reasons", dict(reasons))

    def is_working(self, day: date) -> bool:
        index = self._index(day)
        return self._ordinals[index] > self._ordinals[index - 1]

    def due(self, received: date, days: int) -> date:
        """The last day on which a reply is in time: the `days`-th working day after receipt, or, for 0, the
        receipt itself. BackwardsError for less.
        """
        if days < 0:
            raise BackwardsError(f"Un délai en jours ouvrés ne peut pas être négatif : {days}.")
        index = self._index(received)
        return self._workday(self._ordinals[index] + days) if days else received

    def delay(self, received: date, answered: date) -> int:
        """Working days from receipt to reply: the ordinal of the first working day at or after the reply,
        less that of the receipt; 0 when both are the same day, even a day off.
        """
        start, end = self._window(received, answered)
        return self._ordinals[end - 1] + 1 - self._ordinals[start] if end > start else 0

    def count(self, first: date, last: date) -> int:
        """How many days from one to another, both included, are working days; 0 where the last comes before
        the first."""
        return max(0, self._ordinals[self._index(last)] - self._ordinals[self._index(first) - 1])

    def explain(self, received: date, until: date) -> Explanation:
        """The days after receipt, up to a due date or a reply; as many are counted as `delay` says.

        A reply on a day off is followed to the working day it counts for. A day gives every reason it is off,
        "dimanche, Toussaint": hiding one would leave the reader to wonder whether it was known.
        """
        start, end = self._window(received, until)
        last = self._workday(self._ordinals[end - 1] + 1).toordinal() if end > start else received.toordinal()
        counted, skipped = [], []
        for ordinal in range(received.toordinal() + 1, last + 1):
            day = date.fromordinal(ordinal)
            reasons = [_WEEKEND[ordinal % 7]] if ordinal % 7 in _WEEKEND else []
            reasons += self._reasons.get(ordinal, [])
            if reasons:
                skipped.append(DayOff(day, ", ".join(reasons)))
            else:
                counted.append(day)
        return Explanation(tuple(counted), tuple(skipped))

    def _index(self, day: date) -> int:
        index = day.toordinal() - self._eve
        if not 0 < index < len(self._ordinals):
            raise OutOfRangeError(
                f"Le {french_day(day)} est hors du calendrier des jours ouvrés, "
                f"qui va de {self.years[0]} à {self.years[1]}."
            )
        return index

    def _window(self, received: date, answered: date) -> tuple[int, int]:
        start, end = self._index(received), self._index(answered)
        check_order(received, answered)
        return start, end

    def _workday(self, ordinal: int) -> date:
        if ordinal > len(self._workdays):
            raise OutOfRangeError(
                f"Le compte dépasse la fin du calendrier des jours ouvrés, le 31/12/{self.years[1]}."
            )
        return date.fromordinal(self._workdays[ordinal - 1])


def calendar_for(
    zone: str,
    *,
    closures: Iterable[ClosedDays] = (),
    good_friday: bool = True,
    years: tuple[int, int] = YEARS,
) -> WorkCalendar:
    """The calendar of a zone or département code from the first to the last of `years`; built once, in ms.

    UnknownZoneError for another zone, BackwardsError for a closure that ends before it begins.
    """
    return _kept_calendar(zone_of(zone), tuple(sorted(closures)), good_friday, years)


# A calendar weighs some 200 kB. Préfectures of a zone without closures of their own share one.
_kept_calendar = lru_cache(maxsize=128)(WorkCalendar)
