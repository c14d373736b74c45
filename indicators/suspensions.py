"""When figures are not followed, by decision."""

import datetime

from django.db.models import Q, QuerySet

from indicators.models import Measurement, Suspension
from sites.models import Prefecture


def over(prefecture: Prefecture, first: datetime.date, last: datetime.date) -> list[Suspension]:
    """The suspensions of some months, with what tells their scope: one query, two if one is a site's."""
    found = Suspension.objects.over(first, last).filter(prefecture=prefecture)
    told = found.select_related("unit", "site__unit", "service__unit", "indicator__engagement")
    return list(told.prefetch_related("site__services"))


def without(rows: QuerySet[Measurement], suspensions: list[Suspension]) -> QuerySet[Measurement]:
    """The rows that count though these suspensions hold."""
    if not suspensions:
        return rows
    held = Q()
    for suspension in suspensions:
        held |= suspension.rows
    return rows.exclude(held)
