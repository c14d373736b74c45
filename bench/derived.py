"""What the clock should have said, by another way: one statement over a table of days, and no code of ours.

The days come from the official file of public holidays and from closures given by hand, the delays from a
list given by hand. PostgreSQL and SQLite answer the same. A case with a pause is left out.
"""

import csv
import datetime
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from django.db import connection

OFFICIAL_FILE = Path(__file__).parents[1] / "tests" / "data" / "jours_feries_france.csv"
ONE_DAY = datetime.timedelta(days=1)

Day = datetime.date


class Place(NamedTuple):
    """A préfecture: its zone, as the official file writes it, and the days that it is closed."""

    prefecture_id: int
    zone: str
    closed: frozenset[Day] = frozenset()


class Delay(NamedTuple):
    """So many working days for what was received between two days."""

    kind: str
    channel: str
    requester: str
    milestone: str
    first: Day
    last: Day
    days: int


TABLES = (
    "CREATE TEMPORARY TABLE calendar_of (prefecture_id integer PRIMARY KEY, calendar integer NOT NULL)",
    "CREATE TEMPORARY TABLE calendar_day (calendar integer NOT NULL, day date NOT NULL,"
    " is_working boolean NOT NULL, ord integer NOT NULL, PRIMARY KEY (calendar, day))",
    "CREATE TEMPORARY TABLE allowed (kind text, channel text, requester text, milestone text,"
    " first date, last date, days integer)",
    "CREATE INDEX working_day ON calendar_day (calendar, ord) WHERE is_working",
)

# `ord` is the number of working days up to a day: a day off counts as sent on the next one.
DIFFERENCES = """
    SELECT c.id
    FROM complaints_case c
    {appointment}
    JOIN calendar_of p ON p.prefecture_id = c.prefecture_id
    JOIN calendar_day r ON r.calendar = p.calendar AND r.day = c.received_on
    LEFT JOIN allowed l ON l.kind = c.kind AND l.channel = c.channel AND l.requester = c.requester_kind
        AND l.milestone = '{milestone}' AND c.received_on BETWEEN l.first AND l.last
        AND c.is_answerable AND NOT c.needs_examination
    LEFT JOIN calendar_day d ON d.calendar = p.calendar AND d.is_working AND d.ord = r.ord + l.days
    LEFT JOIN calendar_day k ON k.calendar = p.calendar AND k.day = {row}.{kept_on} AND l.days IS NOT NULL
    WHERE NOT EXISTS (SELECT 1 FROM complaints_pause s WHERE s.case_id = c.id) AND (
        {row}.due_on IS DISTINCT FROM d.day
        OR {row}.delay_days IS DISTINCT FROM CASE WHEN k.day = c.received_on THEN 0
            WHEN k.is_working THEN k.ord - r.ord ELSE k.ord + 1 - r.ord END
        OR {row}.is_within IS DISTINCT FROM (k.day <= d.day)
        OR c.month <> {month})
"""
OF_CASES = {"appointment": "", "milestone": "reply", "row": "c", "kept_on": "answered_on"}
OF_APPOINTMENTS = {
    "appointment": "JOIN complaints_appointment m ON m.case_id = c.id",
    "milestone": "dated",
    "row": "m",
    "kept_on": "takes_place_on",
}


def prepare(places: Iterable[Place], delays: Iterable[Delay], first: Day, last: Day) -> None:
    """Make the tables, of the days from one to another; préfectures that work the same days share them."""
    calendars: dict[tuple[str, frozenset[Day]], int] = {}
    of: dict[int, int] = {
        place.prefecture_id: calendars.setdefault((place.zone, place.closed), len(calendars))
        for place in places
    }
    holidays = _holidays()
    days = [
        (number, *day)
        for (zone, closed), number in calendars.items()
        for day in _days(holidays[zone] | closed, first, last)
    ]
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(table)
        cursor.executemany("INSERT INTO calendar_of VALUES (%s, %s)", list(of.items()))
        cursor.executemany("INSERT INTO calendar_day VALUES (%s, %s, %s, %s)", days)
        cursor.executemany(
            "INSERT INTO allowed VALUES (%s, %s, %s, %s, %s, %s, %s)",
            [
                (one.kind, one.channel, one.requester, one.milestone, one.first, one.last, one.days)
                for one in delays
            ],
        )
        cursor.execute("ANALYZE")


def differences() -> tuple[list[int], list[int]]:
    """The cases, and the appointments, of which something that is kept is not what is derived."""
    with connection.cursor() as cursor:
        found = []
        for part in (OF_CASES, OF_APPOINTMENTS):
            cursor.execute(statement(part))
            found.append([number for (number,) in cursor.fetchall()])
    return found[0], found[1]


def statement(part: Mapping[str, str] = OF_CASES) -> str:
    is_postgres = connection.vendor == "postgresql"
    month = (
        "date_trunc('month', c.received_on)::date" if is_postgres else "date(c.received_on, 'start of month')"
    )
    return DIFFERENCES.format(**part, month=month)


def _holidays() -> dict[str, frozenset[Day]]:
    """By zone."""
    found: dict[str, set[Day]] = {}
    with OFFICIAL_FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for zone in row["zones"].split("|"):
                found.setdefault(zone, set()).add(Day.fromisoformat(row["date"]))
    return {zone: frozenset(days) for zone, days in found.items()}


def _days(off: frozenset[Day], first: Day, last: Day) -> Iterator[tuple[Day, bool, int]]:
    """Each day, whether it is worked, and how many were up to it."""
    day, worked = first, 0
    while day <= last:
        is_working = day.weekday() < 5 and day not in off
        worked += is_working
        yield day, is_working, worked
        day += ONE_DAY
