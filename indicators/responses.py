"""Response rates of a préfecture: what its register says, without the months in which nothing is followed."""

import datetime
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db.models import QuerySet

from complaints import compliance
from complaints.compliance import Figures, Group
from complaints.models import Case
from indicators import suspensions
from indicators.models import Suspension
from indicators.periods import Period
from sites.models import Prefecture


def of(
    prefecture: Prefecture,
    cases: QuerySet[Case],
    period: Period,
    by: Sequence[str],
    on: datetime.date,
) -> dict[tuple[Any, ...], Figures]:
    """The figures of the préfecture's cases received in a period, by some fields of a `Group`."""
    received = cases.filter(prefecture=prefecture, month__range=(period.first, period.last))
    left_out = unfollowed(suspensions.over(prefecture, period.first, period.last))
    return compliance.of(received, on, by, is_left_out=left_out)


def unfollowed(decided: Iterable[Suspension], indicator: int = 0) -> Callable[[Group], bool]:
    """Whether a decision leaves cases out of the figure of an indicator; without one, out of the rates: a
    decision on an indicator alone leaves out none of them."""

    def is_left_out(group: Group) -> bool:
        return (
            suspensions.holding(
                decided, unit=group.unit, service=group.service or 0, indicator=indicator, month=group.month
            )
            is not None
        )

    return is_left_out
