"""The days on which a préfecture does not work: what the law gives, what it decides itself, what counts."""

import datetime
from dataclasses import dataclass

from django.urls import reverse

from sites.models import Closure, Prefecture, in_force_in
from sites.workdays import WorkCalendar, calendar_for, public_holidays

WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")


def calendar(prefecture: Prefecture) -> WorkCalendar:
    """The working days of a préfecture, less the closures that stop the clock."""
    closures = prefecture.closures.filter(stops_the_clock=True)
    return calendar_for(
        prefecture.zone,
        closures=closures.values_list("starts_on", "ends_on", "reason"),
        good_friday=prefecture.good_friday_is_off,
    )


@dataclass(frozen=True)
class DayOff:
    """A line of the year: a public holiday, or a closure with its page."""

    starts_on: datetime.date
    ends_on: datetime.date
    reason: str
    kind: str
    where: str
    effect: str
    url: str = ""


def of_year(prefecture: Prefecture, year: int) -> list[DayOff]:
    """The public holidays of the zone and the closures that touch the year, by date."""
    law = calendar_for(prefecture.zone, good_friday=prefecture.good_friday_is_off)
    holidays = public_holidays(prefecture.zone, year, good_friday=prefecture.good_friday_is_off)
    lines = [
        DayOff(day, day, reason, "jour férié", "toute la préfecture", _effect_of_holiday(day))
        for day, reason in holidays
    ]
    closures = prefecture.closures.filter(in_force_in(year)).select_related("site")
    lines += [
        DayOff(
            closure.starts_on,
            closure.ends_on,
            closure.reason,
            "fermeture",
            closure.site.name if closure.site else "toute la préfecture",
            _effect_of_closure(closure, law),
            reverse("closure_edit", args=[prefecture.slug, closure.pk]),
        )
        for closure in closures
    ]
    return sorted(lines, key=lambda line: (line.starts_on, line.ends_on))


def working_days(prefecture: Prefecture, year: int) -> int:
    """How many days of the year count in a delay."""
    return calendar(prefecture).count(datetime.date(year, 1, 1), datetime.date(year, 12, 31))


def _effect_of_holiday(day: datetime.date) -> str:
    if day.weekday() >= 5:
        return f"sans effet\xa0: un {WEEKDAYS[day.weekday()]}"
    return "ne compte pas dans les délais"


def _effect_of_closure(closure: Closure, law: WorkCalendar) -> str:
    if not closure.stops_the_clock:
        return "compte dans les délais"
    days = law.count(closure.starts_on, closure.ends_on)
    plural = "s" if days > 1 else ""
    return f"ne compte pas dans les délais ({days} jour{plural} ouvré{plural})"
