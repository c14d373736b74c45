"""Monthly figures that the register counts: the home of these writes.

A row of the norm says which cases an indicator counts (`Indicator.counted_from`). The figure of a month is
that of the cases received in it, *so far*: answered, or past their due date. It is filled in once the month
is over, of services that owe it, since the month when the préfecture follows its cases in the register
(`EntrySchedule.register_since`). What a person typed, corrected or imported is never touched.

A validated or closed month takes no new figure. One that was filled in *so far* before goes on settling until
its last due date has passed, and never after: `Measurement.settled_on` is the day that has seen it settled.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from django.db import transaction
from django.db.models import QuerySet
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from complaints import compliance
from complaints.compliance import Group, Kept
from complaints.models import Case
from indicators import periods
from indicators.expected import Owed
from indicators.models import EntrySchedule, Measurement, MonthlyReturn
from indicators.signing import sign
from jobs import queue
from referentiel.counting import Counting, Milestone
from referentiel.models import Indicator
from sites.conflicts import RefusedError
from sites.models import Agent, Prefecture, Service

JOB = "indicators.collect"
LOCKED = (MonthlyReturn.State.VALIDATED, MonthlyReturn.State.CLOSED)
Origin, Period, Shape = Measurement.Origin, Measurement.Period, Measurement.Shape
Place = tuple[int, int, datetime.date]  # service, indicator, month


class Promise(NamedTuple):
    """What became of a promise made in some cases: a reply, or an appointment that comes soon."""

    group: Group
    milestone: str
    kept: Kept


@dataclass(frozen=True)
class Computed:
    """What the register says of an indicator for the month of a service, on a day."""

    service: Service
    indicator: Indicator
    month: datetime.date
    kept: Kept
    is_settled: bool

    @property
    def place(self) -> Place:
        return self.service.pk, self.indicator.pk, self.month

    @property
    def numbers(self) -> tuple[int, int | None]:
        """Numerator and denominator; 0 out of 0 where nothing was received."""
        match Shape.of(self.indicator):
            case Shape.RATE:
                return self.kept.rate.numerator, self.kept.rate.denominator
            case Shape.MEAN:
                return self.kept.mean.total, self.kept.mean.count
        return self.kept.counted, None

    @property
    def why(self) -> str:
        """For the history."""
        if self.is_settled:
            return "calculé depuis le registre\xa0: toutes les échéances du mois sont passées"
        return "calculé depuis le registre, à ce jour\xa0: des échéances du mois sont encore à venir"


def order(prefecture: Prefecture, on: datetime.date) -> None:
    """Have a worker fill in the months of a préfecture, once a day."""
    queue.enqueue(
        JOB,
        key=f"{JOB}:{prefecture.pk}:{on}",
        prefecture_id=prefecture.pk,
        prefecture=prefecture.pk,
        on=on.isoformat(),
    )


def order_all() -> int:
    """The same for each préfecture that follows its cases in the register; how many."""
    following = EntrySchedule.objects.exclude(register_since=None).select_related("prefecture")
    for schedule in following:
        order(schedule.prefecture, schedule.prefecture.today())
    return len(following)


def since(prefecture: Prefecture) -> datetime.date | None:
    """The month since which a préfecture follows its cases in the register."""
    return (
        EntrySchedule.objects.filter(prefecture=prefecture).values_list("register_since", flat=True).first()
    )


@transaction.atomic
def collect(
    prefecture: Prefecture,
    on: datetime.date,
    *,
    month: datetime.date | None = None,
    by: Agent | None = None,
) -> int:
    """Fill in what the register counts, of all months that are over or of one; how many figures changed.

    Said again, it changes nothing. It refuses a month that the register does not count.
    """
    prefecture.lock()
    first = since(prefecture)
    last = periods.shifted(periods.month_of(on), -1)
    if month is not None:
        if first is None or month < first:
            raise RefusedError(f"Le registre n’est pas suivi en {periods.in_words(month)}.")
        if month > last:
            raise RefusedError(f"{periods.in_words(month).capitalize()} n’est pas fini.")
        first = last = month
    if first is None or first > last:
        return 0
    known = rows(prefecture, first, last)
    locked = _locked(prefecture, first, last)
    created, updated = [], []
    for found in read(prefecture, first, last, on):
        row = known.get(found.place)
        is_locked = (found.service.pk, found.month) in locked
        if row is None and not is_locked:
            created.append(_fill(_new(found), found, on, by))
        elif row and _differs(row, found) and not (is_locked and row.settled_on):
            updated.append(_fill(row, found, on, by))
    if created:
        bulk_create_with_history(created, Measurement)
    if updated:
        bulk_update_with_history(updated, Measurement, ["numerator", "denominator", "settled_on"])
    return len(created) + len(updated)


def read(
    prefecture: Prefecture, first: datetime.date, last: datetime.date, on: datetime.date
) -> Iterator[Computed]:
    """What the register says of all that services owe from a month to another, and that it counts. A number
    of queries that does not depend on the number of months, of services or of cases."""
    owed = Owed(prefecture, first, last)
    counted = [(one, counting) for one in owed.indicators if (counting := Counting.of(one))]
    cases = Case.objects.filter(prefecture=prefecture, month__range=(first, last), service__isnull=False)
    promises: dict[tuple[int | None, datetime.date], list[Promise]] = defaultdict(list)
    for promise in _promises(cases, on):
        promises[promise.group.service, promise.group.month].append(promise)
    for service in owed.services:
        for month in periods.between(first, last):
            mine = set(owed.of(service, month))
            for indicator, counting in counted:
                if indicator in mine:
                    kept = _sum(counting, promises.get((service.pk, month), ()))
                    is_settled = month < periods.month_of(on) and kept.is_settled(on)
                    yield Computed(service, indicator, month, kept, is_settled)


def _promises(cases: QuerySet[Case], on: datetime.date) -> Iterator[Promise]:
    """Two statements."""
    for *key, _, kept in compliance.counts(cases, on, Group._fields):
        yield Promise(Group(*key), Milestone.REPLY, kept)
    for *key, kept in compliance.dated(cases, on):
        yield Promise(Group(*key), Milestone.DATED, kept)


def _sum(counting: Counting, promises: Iterable[Promise]) -> Kept:
    kept = Kept()
    for group, milestone, own in promises:
        if (
            milestone == counting.milestone
            and group.kind in counting.kinds
            and group.channel in counting.channels
            and group.requester_kind in counting.requesters
        ):
            kept += own
    return kept


def rows(prefecture: Prefecture, first: datetime.date, last: datetime.date) -> dict[Place, Measurement]:
    """What stands in the months from one to another, by place."""
    found = Measurement.objects.filter(
        prefecture=prefecture, period=Period.MONTH, period_start__range=(first, last)
    )
    return {(row.service_id or 0, row.indicator_id, row.period_start): row for row in found}


def _locked(
    prefecture: Prefecture, first: datetime.date, last: datetime.date
) -> set[tuple[int, datetime.date]]:
    held = MonthlyReturn.objects.filter(prefecture=prefecture, month__range=(first, last), state__in=LOCKED)
    return set(held.values_list("service", "month"))


def _differs(row: Measurement, found: Computed) -> bool:
    """Whether a figure that the register has counted says something else now."""
    said = row.numerator, row.denominator, bool(row.settled_on)
    return row.origin == Origin.COMPUTED and said != (*found.numbers, found.is_settled)


def _new(found: Computed) -> Measurement:
    return Measurement(
        prefecture=found.service.unit.prefecture,
        unit=found.service.unit,
        service=found.service,
        indicator=found.indicator,
        period=Period.MONTH,
        period_start=found.month,
        first_month=found.month.month,
        last_month=found.month.month,
        shape=Shape.of(found.indicator),
        origin=Origin.COMPUTED,
    )


def _fill(row: Measurement, found: Computed, on: datetime.date, by: Agent | None) -> Measurement:
    row.numerator, row.denominator = found.numbers
    row.settled_on = on if found.is_settled else None
    return sign(row, by, found.why)
