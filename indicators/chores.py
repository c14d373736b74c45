"""Which months of which services are to be entered, sent or corrected."""

import datetime
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.db.models import Max
from django.urls import reverse
from django.utils import timezone

from indicators import periods, returns
from indicators.expected import Owed
from indicators.models import Measurement, MonthlyReturn
from indicators.periods import in_words
from sites.models import Prefecture, Service

State = MonthlyReturn.State
TO_DO = frozenset({State.AWAITED, State.RETURNED, State.REOPENED})


@dataclass(frozen=True)
class Chore:
    """A month of a service that somebody has to send; `left` figures are missing. What is to correct is due
    on the day when it came back: its own deadline was met, or is over."""

    service: Service
    month: datetime.date
    due_on: datetime.date
    state: State
    comment: str
    owed: int
    left: int
    on: datetime.date

    @property
    def is_late(self) -> bool:
        return self.due_on < self.on

    @property
    def is_back(self) -> bool:
        return self.state != State.AWAITED

    @property
    def state_label(self) -> str:
        """« en retard » is no state of a month: it is awaited since too long."""
        if self.state == State.AWAITED and self.is_late:
            return "en retard"
        return str(self.state.label)

    @property
    def left_label(self) -> str:
        return f"{self.left} sur {self.owed}" if self.left else "rien, reste à transmettre"

    @property
    def month_label(self) -> str:
        return in_words(self.month)

    @property
    def url(self) -> str:
        slug = self.service.unit.prefecture.slug
        return reverse("entry_month", args=[slug, self.service.pk, f"{self.month:%Y-%m}"])


def of(prefecture: Prefecture, services: Iterable[Service], on: datetime.date) -> list[Chore]:
    """The months that are over and not sent, the oldest first: ten queries whatever there is, none of them
    where figures are not followed month by month but one."""
    calendar = returns.calendar(prefecture)
    if calendar is None:
        return []
    first, last = calendar.schedule.first_month, periods.shifted(periods.month_of(on), -1)
    if first > last:
        return []
    own = list(services)
    records = {
        (record.service_id, record.month): record
        for record in MonthlyReturn.objects.filter(service__in=own, month__range=(first, last))
    }
    rows = Measurement.objects.filter(
        service__in=own, period=Measurement.Period.MONTH, period_start__range=(first, last)
    )
    given: dict[tuple[int, datetime.date], set[int]] = defaultdict(set)
    for service_id, month, indicator in rows.values_list("service", "period_start", "indicator"):
        given[service_id, month].add(indicator)
    owed = Owed(prefecture, first, last)
    back = _days_of_return(prefecture)
    found = []
    for month in periods.between(first, last):
        for service in own:
            place = service.pk, month
            record = records.get(place)
            state = State(record.state) if record else State.AWAITED
            if state not in TO_DO or not (wanted := owed.of(service, month)):
                continue
            found.append(
                Chore(
                    service=service,
                    month=month,
                    due_on=back.get(place) or (record.awaited_until if record else calendar.due_on(month)),
                    state=state,
                    comment=record.comment if record else "",
                    owed=len(wanted),
                    left=sum(one.pk not in given[place] for one in wanted),
                    on=on,
                )
            )
    return found


def _days_of_return(prefecture: Prefecture) -> dict[tuple[int, datetime.date], datetime.date]:
    """When each month was last sent back or reopened."""
    moves = MonthlyReturn.history.filter(
        prefecture=prefecture, state__in=[State.RETURNED, State.REOPENED]
    ).order_by()
    zone = ZoneInfo(prefecture.time_zone)
    latest = moves.values_list("service", "month").annotate(Max("history_date"))
    return {(service, month): timezone.localdate(at, zone) for service, month, at in latest}
