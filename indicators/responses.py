"""Response rates of a préfecture: what its register says, without the months in which nothing is followed."""

import datetime
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django.db.models import Max, Min, Q, QuerySet

from complaints import compliance
from complaints.compliance import APART, Figures, Group, Kept
from complaints.models import Case
from indicators import history, periods, suspensions
from indicators.models import Suspension
from indicators.periods import Period
from referentiel.measures import in_french, rounded, with_unit
from sites.models import Prefecture, Service, Unit

BY = ("unit", "service", "kind", "channel")


def of(
    prefecture: Prefecture,
    cases: QuerySet[Case],
    period: Period,
    by: Sequence[str],
    on: datetime.date,
) -> dict[tuple[Any, ...], Figures]:
    """The figures of the préfecture's cases received in a period, by some fields of a `Group`."""
    received = cases.filter(prefecture=prefecture, month__range=(period.first, period.last))
    return compliance.of(received, on, by, is_left_out=_unfollowed(suspended(prefecture, period)))


def suspended(prefecture: Prefecture, period: Period) -> list[Suspension]:
    """The decisions that leave months out of the rates. One on an indicator alone leaves out none: it is of
    the figure, and not of the cases."""
    over = suspensions.over(prefecture, period.first, period.last)
    return [one for one in over if one.indicator_id is None]


def _unfollowed(decided: Iterable[Suspension]) -> Callable[[Group], bool]:
    def is_left_out(group: Group) -> bool:
        where = {"unit": group.unit, "service": group.service or 0, "indicator": 0}
        return suspensions.holding(decided, **where, month=group.month) is not None

    return is_left_out


# --- As they are shown -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Response:
    """A line of the page: the figures of a service, a kind and a channel, of a period or of a month."""

    unit: Unit
    service: Service | None
    kind: str
    channel: str
    month: datetime.date | None
    figures: Figures

    @property
    def month_label(self) -> str:
        return periods.in_words(self.month) if self.month else ""

    @property
    def service_label(self) -> str:
        return self.service.name if self.service else "sans service"

    @property
    def kind_label(self) -> str:
        return str(Case.Kind(self.kind).label)

    @property
    def channel_label(self) -> str:
        return str(Case.Channel(self.channel).label)

    @property
    def open_label(self) -> str:
        """« 3, dont 1 en suspens »."""
        return _open(self.figures.reply)

    @property
    def so_far(self) -> str:
        return history.in_words(self.figures.reply.rate, "percent")

    @property
    def settled(self) -> str:
        """The months that are not settled are left out of it, and said."""
        waiting = len(self.figures.unsettled)
        said = history.in_words(self.figures.settled.rate, "percent")
        return f"{said}, {waiting} mois en attente" if waiting else said

    @property
    def mean(self) -> str:
        return history.in_words(self.figures.reply.mean, "days")

    @property
    def median_label(self) -> str:
        median: Fraction | None = self.figures.median
        return "" if median is None else with_unit(rounded(median, 1), "days")

    @property
    def first_reply(self) -> str:
        """With the holding replies, where there are some: « 100,00 % (4 sur 4), 1 d’attente »."""
        held = self.figures.held
        said = history.in_words(self.figures.first_rate, "percent")
        return f"{said}, {held} d’attente" if held else said

    @property
    def dated(self) -> str:
        """Of the appointments that local authorities have asked for."""
        promise = self.figures.dated
        return history.in_words(promise.rate, "percent") if promise.counted else ""

    @property
    def apart_label(self) -> str:
        return apart_in_words(self.figures.apart, self.figures.suspended)


def apart_in_words(apart: Counter[str], suspended: int) -> str:
    """« sans nom ou sans adresse : 2, en mois suspendu : 35 »: what no rate counts, by the reasons of
    `APART`."""
    said = {words: apart[reason] for reason, words in APART.items()} | {"en mois suspendu": suspended}
    return ", ".join(f"{words}\xa0: {in_french(number)}" for words, number in said.items() if number)


def _open(promise: Kept) -> str:
    return f"{promise.open}, dont {promise.paused} en suspens" if promise.paused else str(promise.open)


def rows(
    prefecture: Prefecture, cases: QuerySet[Case], period: Period, by: Sequence[str], on: datetime.date
) -> list[Response]:
    """By unit, service, kind, channel, and month where `by` says so, in this order."""
    found = of(prefecture, cases, period, by, on)
    units = {unit.pk: unit for unit in Unit.objects.filter(prefecture=prefecture)}
    services = Service.objects.filter(unit__prefecture=prefecture).in_bulk()
    lines = [
        Response(units[unit], services.get(service), kind, channel, month[0] if month else None, figures)
        for (unit, service, kind, channel, *month), figures in found.items()
    ]
    return sorted(
        lines,
        key=lambda one: (
            one.unit.position,
            one.unit.name,
            one.service_label,
            one.kind,
            one.channel,
            one.month or period.first,
        ),
    )


def late(prefecture: Prefecture, cases: QuerySet[Case], period: Period, on: datetime.date) -> list[Case]:
    """The cases of a period that were answered late, or wait past their due date; by day of receipt. Those
    of months that are not followed are left out."""
    missed = Q(is_within=False) | Q(answered_on=None, due_on__lt=on)
    found = cases.filter(
        missed, is_counted=True, prefecture=prefecture, month__range=(period.first, period.last)
    )
    is_left_out = _unfollowed(suspended(prefecture, period))
    return [
        case
        for case in found.select_related("service", "unit").order_by("received_on", "number")
        if not is_left_out(
            Group(case.unit_id, case.service_id, case.kind, case.channel, case.requester_kind, case.month)
        )
    ]


def years(prefecture: Prefecture, on: datetime.date) -> list[int]:
    """Those of which something is registered, the latest first; that of a day where nothing is."""
    known = Case.objects.filter(prefecture=prefecture).aggregate(first=Min("year"), last=Max("year"))
    return list(range(max(known["last"] or 0, on.year), (known["first"] or on.year) - 1, -1))
