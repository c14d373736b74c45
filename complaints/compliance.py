"""Response rates and mean delays of a set of cases, as exact measures.

A case counts in the month of its receipt, and in the rates where `Case.is_counted` says so; the others are
counted apart, each under one reason. *So far*: on time, out of what was answered or is past its due date.
*Settled*: the same, of the months alone in which nothing can change any more. A holding reply is no answer;
the rate of first replies stands beside. Five statements, whatever the number of cases.
"""

import datetime
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from fractions import Fraction
from typing import Any, NamedTuple

from django.db.models import Count, F, Max, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from complaints.models import Appointment, Case
from referentiel.measures import Mean, Rate

State = Case.State


class Group(NamedTuple):
    """The finest set of cases that is told apart."""

    unit: int
    service: int | None
    kind: str
    channel: str
    requester_kind: str
    month: datetime.date


# Why a case is not in the rates; the first that holds of it.
APART = {
    State.TRANSFERRED.value: "transmises à un autre organisme",
    State.WITHDRAWN.value: "retirées",
    State.DROPPED.value: "classées sans suite",
    "anonymous": "sans nom ou sans adresse",
    "to_examine": "à instruire",
    "no_rule": "sans délai",
}


def apart(state: str, is_answerable: bool, needs_examination: bool) -> str:
    """Why a case is in no rate, as a key of `APART`."""
    if state in APART:
        return state
    if not is_answerable:
        return "anonymous"
    return "to_examine" if needs_examination else "no_rule"


class Kept(NamedTuple):
    """What had become, on a day, of a promise made in cases of the rates. `days` are the delays of those that
    were answered, added up; `overdue` were not answered and are past their due date; `paused` have their
    clock stopped, `undated` no due date for that reason."""

    counted: int = 0
    answered: int = 0
    on_time: int = 0
    days: int = 0
    overdue: int = 0
    paused: int = 0
    undated: int = 0
    last_due: datetime.date | None = None

    def __add__(self, other: "Kept") -> "Kept":  # type: ignore[override]
        return Kept(
            self.counted + other.counted,
            self.answered + other.answered,
            self.on_time + other.on_time,
            self.days + other.days,
            self.overdue + other.overdue,
            self.paused + other.paused,
            self.undated + other.undated,
            max(filter(None, (self.last_due, other.last_due)), default=None),
        )

    @property
    def open(self) -> int:
        return self.counted - self.answered

    @property
    def late(self) -> int:
        return self.answered - self.on_time + self.overdue

    @property
    def rate(self) -> Rate:
        """What waits and is not late yet is neither kept nor broken."""
        return Rate(self.on_time, self.answered + self.overdue)

    @property
    def mean(self) -> Mean:
        return Mean(self.days, self.answered)

    def is_settled(self, on: datetime.date) -> bool:
        """All due dates have passed: no rate moves any more. A late reply still moves the mean."""
        return not self.undated and (self.last_due is None or self.last_due < on)


NOTHING = Kept()


@dataclass
class Figures:
    """What is printed of a set of cases. `reply` is the promise of an answer, `dated` that of a date soon,
    made to a local authority that asks for an appointment; `settled…` are their parts in settled months,
    `unsettled` the other months. Of `suspended` cases nothing but their number is counted."""

    received: int = 0
    suspended: int = 0
    reply: Kept = NOTHING
    dated: Kept = NOTHING
    settled: Kept = NOTHING
    settled_dated: Kept = NOTHING
    unsettled: set[datetime.date] = field(default_factory=set)
    apart: Counter[str] = field(default_factory=Counter)
    delays: Counter[int] = field(default_factory=Counter)
    held: int = 0
    first_on_time: int = 0
    first_due: int = 0

    def add(self, other: "Figures") -> None:
        for one in fields(self):
            mine, theirs = getattr(self, one.name), getattr(other, one.name)
            setattr(self, one.name, mine | theirs if one.name == "unsettled" else mine + theirs)

    @property
    def first_rate(self) -> Rate:
        """The same rate, as if a holding reply kept the promise."""
        return Rate(self.first_on_time, self.first_due)

    @property
    def median(self) -> Fraction | None:
        """Of the delays; half-way between the two in the middle where they are an even number."""
        delays = sorted(self.delays.elements())
        half = len(delays) // 2
        return Fraction(delays[half] + delays[~half], 2) if delays else None

    def settle(self, month: datetime.date, on: datetime.date) -> None:
        """Say of the figures of a month whether they can still change on a day."""
        is_over = month < on.replace(day=1)
        if is_over and self.reply.is_settled(on):
            self.settled = self.reply
        else:
            self.unsettled = {month}
        if is_over and self.dated.is_settled(on):
            self.settled_dated = self.dated


def of(
    cases: QuerySet[Case],
    on: datetime.date,
    by: Sequence[str] = Group._fields,
    *,
    is_left_out: Callable[[Group], bool] = lambda _: False,
) -> dict[tuple[Any, ...], Figures]:
    """The figures of cases by some fields of `Group`; what is past its due date is so on the day `on`.

    `is_left_out` tells which groups are not followed: they are received, and in no rate.
    """
    months: dict[tuple[tuple[Any, ...], datetime.date], Figures] = defaultdict(Figures)
    for group, figures in _read(cases, on).items():
        found = months[tuple(getattr(group, name) for name in by), group.month]
        if is_left_out(group):
            figures = Figures(received=figures.received, suspended=figures.received)
        found.add(figures)
    totals: dict[tuple[Any, ...], Figures] = defaultdict(Figures)
    for (key, month), figures in months.items():
        figures.settle(month, on)
        totals[key].add(figures)
    return dict(totals)


def counts(cases: QuerySet[Case], on: datetime.date, by: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """By some columns: the columns, how many were received, and `Kept`. One statement, which the index
    `cases_of_a_month` answers alone."""
    counted = Q(is_counted=True)
    rows = cases.order_by().values_list(*by)
    kept = rows.annotate(
        received=Count("state"),
        counted=Count("state", filter=counted),
        answered=Count("delay_days"),
        on_time=Count("state", filter=Q(is_within=True)),
        days=Coalesce(Sum("delay_days"), 0),
        overdue=Count("state", filter=counted & Q(due_on__lt=on, answered_on=None)),
        paused=Count("state", filter=counted & Q(state=State.PAUSED)),
        undated=Count("state", filter=counted & Q(due_on=None)),
        last_due=Max("due_on", filter=counted),
    )
    width = len(by)
    return ((*row[: width + 1], Kept(*row[width + 1 :])) for row in kept)


def dated(cases: QuerySet[Case], on: datetime.date) -> Iterator[tuple[Any, ...]]:
    """By the fields of `Group`: the columns, and `Kept` of the date promised to local authorities. An answer
    that gives no date breaks this promise once its due date has passed. One statement."""
    promised = Appointment.objects.filter(case__in=cases.filter(is_counted=True), allowed_days__isnull=False)
    rows = promised.values_list(*(f"case__{name}" for name in Group._fields)).annotate(
        counted=Count("pk"),
        answered=Count("delay_days"),
        on_time=Count("pk", filter=Q(is_within=True)),
        days=Coalesce(Sum("delay_days"), 0),
        overdue=Count("pk", filter=Q(due_on__lt=on, takes_place_on=None)),
        paused=Count("pk", filter=Q(case__state=State.PAUSED)),
        undated=Count("pk", filter=Q(due_on=None)),
        last_due=Max("due_on"),
    )
    width = len(Group._fields)
    return ((*row[:width], Kept(*row[width:])) for row in rows)


def _read(cases: QuerySet[Case], on: datetime.date) -> dict[Group, Figures]:
    found: dict[Group, Figures] = defaultdict(Figures)
    for *key, received, kept in counts(cases, on, Group._fields):
        found[Group(*key)] = Figures(received=received, reply=kept)
    counted = cases.order_by().filter(is_counted=True)

    others = cases.order_by().filter(is_counted=False)
    reasons = others.values_list(*Group._fields, "state", "is_answerable", "needs_examination")
    for *key, state, is_answerable, needs_examination, number in reasons.annotate(number=Count("pk")):
        found[Group(*key)].apart[apart(state, is_answerable, needs_examination)] += number

    firsts = counted.values_list(*Group._fields).annotate(
        held=Count("pk", filter=Q(first_reply_on__isnull=False) & ~Q(first_reply_on=F("answered_on"))),
        on_time=Count("pk", filter=Q(first_reply_on__lte=F("due_on"))),
        due=Count("pk", filter=Q(due_on__lt=on) | Q(due_on__isnull=False, first_reply_on__isnull=False)),
    )
    for *key, held, on_time, due in firsts:
        figures = found[Group(*key)]
        figures.held, figures.first_on_time, figures.first_due = held, on_time, due

    answered = counted.filter(delay_days__isnull=False).values_list(*Group._fields, "delay_days")
    for *key, delay, number in answered.annotate(number=Count("pk")):
        found[Group(*key)].delays[delay] += number

    for *key, kept in dated(cases.order_by(), on):
        found[Group(*key)].dated = kept
    return found
