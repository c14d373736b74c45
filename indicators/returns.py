"""How far the months of the services have come: sent, validated, sent back, closed, reopened.

Who writes holds the préfecture, so that a month is never closed between the moment when a figure finds it
open and the one when it is saved.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q
from django.utils.functional import cached_property

from indicators import periods
from indicators.expected import Owed
from indicators.models import EntrySchedule, Measurement, MonthlyReturn
from indicators.signing import sign
from referentiel.models import Indicator
from sites import closures
from sites.conflicts import RefusedError
from sites.days import in_full
from sites.models import Agent, Prefecture, Service
from sites.workdays import WorkCalendar

State = MonthlyReturn.State


class LockedError(RefusedError):
    """The month takes no figure any more; the sentence says which lock holds it, and who opens it."""


@dataclass(frozen=True)
class Calendar:
    """Until when the figures of each month are awaited, in a préfecture that follows them month by month."""

    schedule: EntrySchedule

    def due_on(self, month: datetime.date) -> datetime.date:
        """The last day on which a month is sent in time: a working day."""
        day = periods.last_day(month) + datetime.timedelta(days=self.schedule.due_after)
        while not self._days.is_working(day):
            day += datetime.timedelta(days=1)
        return day

    def over_on(self, month: datetime.date) -> datetime.date:
        """Its last working day: nothing is counted in the month after it."""
        day = periods.last_day(month)
        while not self._days.is_working(day):
            day -= datetime.timedelta(days=1)
        return day

    def closes_on(self, month: datetime.date) -> datetime.date | None:
        """The day from which a month is closed by itself; None where none is."""
        after = self.schedule.closes_after
        if after is None:
            return None
        return periods.last_day(month) + datetime.timedelta(days=after + 1)

    @cached_property
    def _days(self) -> WorkCalendar:
        return closures.calendar(self.schedule.prefecture)


def calendar(prefecture: Prefecture) -> Calendar | None:
    """None where figures are not followed month by month."""
    schedule = EntrySchedule.objects.select_related("prefecture").filter(prefecture=prefecture).first()
    return Calendar(schedule) if schedule else None


def of(service: Service, month: datetime.date) -> MonthlyReturn:
    """The month of a service; a new one, not yet saved, where nobody has touched it."""
    found = MonthlyReturn.objects.select_related("entered_by").filter(service=service, month=month).first()
    if found is None:
        return new(service, month)
    found.service, found.prefecture = service, service.unit.prefecture  # they are known: no query each
    return found


def new(service: Service, month: datetime.date) -> MonthlyReturn:
    prefecture = service.unit.prefecture
    known = calendar(prefecture)
    due = known.due_on(month) if known else periods.last_day(month)
    return MonthlyReturn(prefecture=prefecture, service=service, month=month, due_on=due)


def lock_on(found: MonthlyReturn) -> str:
    """Why the month takes no figure, as a sentence; empty where it takes some."""
    name = f"{found.service.name}, {periods.in_words(found.month)}"
    if found.state == State.VALIDATED:
        return (
            f"{name}\xa0: ce mois est validé. Pour en changer un chiffre, la personne responsable de la "
            "qualité le renvoie pour correction."
        )
    if found.state == State.CLOSED:
        return (
            f"{name}\xa0: ce mois est clos. Pour en changer un chiffre, la personne responsable de la "
            "qualité le rouvre, en disant pourquoi."
        )
    if found.month > found.prefecture.today():
        return f"{name}\xa0: ce mois n’a pas commencé."
    return ""


def why_not_yet(prefecture: Prefecture, month: datetime.date) -> str:
    """Why the month cannot be sent yet, as a sentence; empty, and without a query, where it is over."""
    today = prefecture.today()
    known = calendar(prefecture) if today < periods.last_day(month) else None
    if known is None or today >= (last := known.over_on(month)):
        return ""
    return (
        f"{periods.in_words(month).capitalize()} n’est pas fini\xa0: il se transmet à partir du "
        f"{in_full(last)}. Ce qui est saisi d’ici là est gardé."
    )


def refuse_if_locked(found: MonthlyReturn) -> None:
    if sentence := lock_on(found):
        raise LockedError(sentence)


def lacking(found: MonthlyReturn, owed: Owed | None = None) -> list[Indicator]:
    """What is left to enter."""
    owed = owed or Owed(found.prefecture, found.month, found.month)
    rows = Measurement.objects.filter(service=found.service, period="month", period_start=found.month)
    given = set(rows.values_list("indicator", flat=True))
    return [one for one in owed.of(found.service, found.month) if one.pk not in given]


# --- Moves -------------------------------------------------------------------------------------------------


@transaction.atomic
def send(service: Service, month: datetime.date, *, by: Agent) -> MonthlyReturn:
    """Say that the figures of a month are all there. Sent again, it keeps its first day."""
    prefecture = service.unit.prefecture
    prefecture.lock()
    found = of(service, month)
    refuse_if_locked(found)
    if found.state == State.ENTERED:
        return found
    if sentence := why_not_yet(prefecture, month):
        raise RefusedError(sentence)
    if left := lacking(found):
        titles = "\xa0; ".join(one.short_title for one in left)
        raise RefusedError(
            f"Il reste à saisir\xa0: {titles}. Un chiffre qu’on n’a pas se dit aussi\xa0: «\xa0aucun "
            "cas\xa0», ou «\xa0non mesurable\xa0» avec son motif."
        )
    found.entered_on = found.entered_on or found.prefecture.today()
    found.entered_by = by
    return _move(found, State.ENTERED, by)


@transaction.atomic
def validate(prefecture: Prefecture, month: datetime.date, services: Iterable[Service], *, by: Agent) -> int:
    """Find the figures of these services right; how many of them. What is not sent is left as it is."""
    prefecture.lock()
    sent = MonthlyReturn.objects.filter(
        prefecture=prefecture, month=month, service__in=list(services), state=State.ENTERED
    )
    return len([_move(found, State.VALIDATED, by) for found in sent])


@transaction.atomic
def send_back(service: Service, month: datetime.date, comment: str, *, by: Agent) -> MonthlyReturn:
    """Ask for a correction, and say which."""
    service.unit.prefecture.lock()
    found = of(service, month)
    if found.state not in (State.ENTERED, State.VALIDATED):
        raise RefusedError("Seul un mois saisi ou validé se renvoie pour correction.")
    if not comment:
        raise RefusedError("Indiquer ce qu’il y a à corriger.")
    return _move(found, State.RETURNED, by, comment)


@transaction.atomic
def reopen(service: Service, month: datetime.date, reason: str, *, by: Agent) -> MonthlyReturn:
    """Let figures of a closed month be corrected: each of them will say why."""
    service.unit.prefecture.lock()
    found = of(service, month)
    if found.state != State.CLOSED:
        raise RefusedError("Seul un mois clos se rouvre.")
    if not reason:
        raise RefusedError("Indiquer pourquoi le mois est rouvert.")
    return _move(found, State.REOPENED, by, reason)


@transaction.atomic
def keep_open(
    service: Service, month: datetime.date, until: datetime.date, because: str, *, by: Agent
) -> MonthlyReturn:
    """Let one service enter a month longer than the others: it does not close by itself before that day."""
    service.unit.prefecture.lock()
    found = of(service, month)
    if found.state == State.CLOSED:
        raise RefusedError("Ce mois est clos\xa0: le rouvrir d’abord.")
    if until < found.prefecture.today():
        raise RefusedError("Ce jour est passé\xa0: choisir un jour à venir.")
    if not because:
        raise RefusedError("Indiquer pourquoi le mois reste ouvert.")
    found.open_until, found.open_because = until, because
    sign(found, by, because).save()
    return found


@transaction.atomic
def close(
    prefecture: Prefecture, month: datetime.date, services: Iterable[Service], *, by: Agent | None
) -> int:
    """Take no figure of these services for the month any more, sent or not; how many were still open. It is
    nobody's decision where the day to close has come."""
    if periods.last_day(month) >= prefecture.today():
        raise RefusedError(
            f"{periods.in_words(month).capitalize()} n’est pas fini\xa0: il ne se clôt pas encore."
        )
    prefecture.lock()
    rows = MonthlyReturn.objects.filter(prefecture=prefecture, month=month).select_related("service")
    known = {row.service_id: row for row in rows}
    closed = 0
    for service in services:
        found = known.get(service.pk) or new(service, month)
        if found.state != State.CLOSED:
            _move(found, State.CLOSED, by)
            closed += 1
    return closed


def close_what_is_due(prefecture: Prefecture, on: datetime.date) -> int:
    """Close each month whose day has come, but for the services that were given longer; how many."""
    known = calendar(prefecture)
    if known is None:
        return 0
    return sum(close(prefecture, month, left, by=None) for month, left in to_close(known, on))


def to_close(known: Calendar, on: datetime.date) -> list[tuple[datetime.date, list[Service]]]:
    """The months whose day to close has come, with their services that are still open."""
    if known.schedule.closes_after is None:
        return []
    prefecture = known.schedule.prefecture
    first, last = known.schedule.first_month, periods.month_of(on)
    owed = Owed(prefecture, first, last)
    rows = MonthlyReturn.objects.filter(prefecture=prefecture, month__gte=first)
    # What was reopened by a person is closed again by a person.
    settled = rows.filter(Q(state__in=[State.CLOSED, State.REOPENED]) | Q(open_until__gte=on))
    left_alone = set(settled.values_list("service", "month"))
    found = []
    for month in periods.between(first, last):
        day = known.closes_on(month)
        left = [one for one in owed.services if (one.pk, month) not in left_alone and owed.of(one, month)]
        if day and day <= on and left:
            found.append((month, left))
    return found


def _move(found: MonthlyReturn, state: State, by: Agent | None, comment: str = "") -> MonthlyReturn:
    found.state, found.comment = state, comment
    sign(found, by, comment).save()
    return found
