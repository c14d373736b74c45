"""By when something must be answered, and whether it was: receipt, delay, calendar and pauses in; the date,
and the days that count, out.

Pure arithmetic over `sites.workdays`, with two more rules. A paused day is for its case what a closure is for
everybody: it does not count, no due date falls on it, and a reply that leaves on it counts as sent on the
first day after it that counts. And days may be calendar days, or whole months, which are as many calendar
days as they last: then every day counts that is not paused, and a due date may fall on a day off.

Whatever the days, `delay(answered) <= n` says the same as `answered <= due(n)`.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, NamedTuple

from sheets.words import french_day
from sites.workdays import BackwardsError, DayOff, Explanation, WorkCalendar, check_order

WORKING: Final = "working"
CALENDAR: Final = "calendar"
MONTHS: Final = "months"

ONE_DAY: Final = timedelta(days=1)


class Allowed(NamedTuple):
    """A delay: 10 working days, 7 calendar days, 2 months."""

    days: int
    kind: str = WORKING


class Pause(NamedTuple):
    """Days on which the clock of a case stands still, both ends included; without a last one, it still
    does."""

    first: date
    last: date | None
    reason: str = ""


class Judged(NamedTuple):
    """What the clock says of a case. It has no due date while it is paused, no delay before the reply."""

    due: date | None
    delay: int | None = None
    is_within: bool | None = None


class _EveryDay:
    """The calendar in which every day counts."""

    def due(self, received: date, days: int) -> date:
        return received + timedelta(days)

    def delay(self, received: date, answered: date) -> int:
        check_order(received, answered)
        return (answered - received).days

    def count(self, first: date, last: date) -> int:
        return (last - first).days + 1

    def explain(self, received: date, until: date) -> Explanation:
        return Explanation(tuple(received + timedelta(n + 1) for n in range((until - received).days)), ())


_EVERY_DAY: Final = _EveryDay()


@dataclass(frozen=True)
class Clock:
    """The clock of one case. By an error of `sites.workdays`, it refuses a pause that would end before it
    begins, and each method a day that the calendar does not cover and a reply before the receipt."""

    received: date
    calendar: WorkCalendar
    pauses: tuple[Pause, ...] = ()

    def __post_init__(self) -> None:
        if self.pauses:
            object.__setattr__(self, "pauses", tuple(_apart(self.pauses)))

    def judge(self, allowed: Allowed, answered: date | None = None) -> Judged:
        if answered is not None:
            clock = self.ended_by(answered)
            due = clock.due(allowed)
            return Judged(due, clock.delay(answered, allowed.kind), due is not None and answered <= due)
        return Judged(self.due(allowed))

    def due(self, allowed: Allowed) -> date | None:
        """The last day on which a reply is in time; None while a pause that still lasts holds it back."""
        days, number = self._days(allowed.kind), self._number(allowed)
        due = days.due(self.received, number)
        paused = 0
        # The days that a pause takes move the due date, which may then meet more of it.
        while (found := self._paused(days, due)) != paused:
            paused = found
            due = days.due(self.received, number + paused)
        is_held_back = number and self._lasts and self.pauses[-1].first <= due
        return None if is_held_back else due

    def delay(self, answered: date, kind: str = WORKING) -> int:
        """Days that count from receipt to reply, in calendar days where the delay is in months; 0 on the very
        day of receipt. A pause that still lasts ends on the eve of the reply."""
        days, pauses = self._days(kind), self.ended_by(answered).pauses
        delay = days.delay(self.received, answered)
        sent = days.due(self.received, delay)
        for pause in pauses:
            if delay and pause.last and pause.first <= sent <= pause.last:
                delay = days.delay(self.received, pause.last + ONE_DAY)
                sent = days.due(self.received, delay)
        return delay - self._paused(days, sent)

    def explain(self, until: date, kind: str = WORKING) -> Explanation:
        """The days after receipt up to a due date, those that count and those that do not, with why."""
        counted, skipped = self._days(kind).explain(self.received, until)
        reasons = dict(skipped)
        for day in (*counted, *reasons):
            for pause in self.pauses:
                if pause.first <= day and (pause.last is None or day <= pause.last):
                    words = f"délai suspendu : {pause.reason}" if pause.reason else "délai suspendu"
                    reasons[day] = f"{reasons[day]}, {words}" if day in reasons else words
        return Explanation(
            tuple(day for day in counted if day not in reasons),
            tuple(DayOff(day, reasons[day]) for day in sorted(reasons)),
        )

    @property
    def _lasts(self) -> bool:
        return bool(self.pauses) and self.pauses[-1].last is None

    def _days(self, kind: str) -> WorkCalendar | _EveryDay:
        return self.calendar if kind == WORKING else _EVERY_DAY

    def _number(self, allowed: Allowed) -> int:
        if allowed.kind != MONTHS:
            return allowed.days
        years, month = divmod(self.received.month - 1 + allowed.days, 12)
        year, month = self.received.year + years, month + 1
        # Two months from 31 December end on 28 or 29 February.
        end = date(year, month, min(self.received.day, monthrange(year, month)[1]))
        return (end - self.received).days

    def _paused(self, days: WorkCalendar | _EveryDay, until: date) -> int:
        """How many days after receipt, up to a day, would count and are in a pause that is over."""
        paused = 0
        for pause in self.pauses:
            first = max(pause.first, self.received + ONE_DAY)
            last = min(pause.last or date.min, until)
            if first <= last:
                paused += days.count(first, last)
        return paused

    def ended_by(self, answered: date) -> Clock:
        """The same clock, once a reply has ended the pause that still lasts."""
        if not self._lasts:
            return self
        *before, lasting = self.pauses
        eve = answered - ONE_DAY
        ended = [lasting._replace(last=eve)] if lasting.first <= eve else []
        return Clock(self.received, self.calendar, (*before, *ended))


def _apart(pauses: Iterable[Pause]) -> Iterator[Pause]:
    """The same paused days, each in one pause, in order; one that still lasts comes last."""
    free = date.min
    for pause in sorted(pauses, key=lambda one: one.first):
        if pause.last is not None and pause.last < pause.first:
            raise BackwardsError(
                f"La pause finirait le {french_day(pause.last)}, "
                f"avant son début, le {french_day(pause.first)}."
            )
        first = max(pause.first, free)
        if pause.last is None:
            yield pause._replace(first=first)
            return
        if first <= pause.last:
            yield pause._replace(first=first)
            free = pause.last + ONE_DAY
