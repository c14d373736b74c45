"""From which month a préfecture follows its figures, and until when each month is awaited."""

import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from indicators import from_register, periods
from indicators.models import EntrySchedule
from indicators.returns import Calendar, to_close
from indicators.signing import sign, version_of
from sheets.words import french_day
from sites.conflicts import ConflictError, RefusedError
from sites.models import Agent, Prefecture


def of(prefecture: Prefecture) -> EntrySchedule:
    """A new one, not yet saved, where figures are not followed month by month."""
    found = EntrySchedule.objects.select_related("prefecture").filter(prefecture=prefecture).first()
    month = periods.month_of(prefecture.today())
    return found or EntrySchedule(prefecture=prefecture, first_month=month, closes_after=20)


def version(schedule: EntrySchedule) -> int:
    return version_of(EntrySchedule.history.filter(prefecture=schedule.prefecture))


def save(
    prefecture: Prefecture,
    *,
    first_month: datetime.date,
    due_after: int,
    closes_after: int | None,
    register_since: datetime.date | None = None,
    seen: int,
    by: Agent,
) -> EntrySchedule:
    """Months that somebody has sent or handled keep the day for which they were awaited. What the register
    counts is filled in at once where it was not followed before."""
    with transaction.atomic():
        prefecture.lock()
        schedule = of(prefecture)
        if (latest := version(schedule)) != seen:
            raise ConflictError(schedule, latest)
        is_followed_anew = register_since not in (None, schedule.register_since)
        schedule.first_month, schedule.due_after, schedule.closes_after = first_month, due_after, closes_after
        schedule.register_since = register_since
        try:
            schedule.full_clean()
        except ValidationError as error:
            raise RefusedError(" ".join(error.messages)) from error
        sign(schedule, by).save()
        if is_followed_anew:
            from_register.order(prefecture, prefecture.today())
        return schedule


def closing_at_once(
    prefecture: Prefecture, first_month: datetime.date, closes_after: int | None, on: datetime.date
) -> list[datetime.date]:
    """The past months that the clock would close as soon as such a calendar holds."""
    schedule = EntrySchedule(prefecture=prefecture, first_month=first_month, closes_after=closes_after)
    return [month for month, _ in to_close(Calendar(schedule), on)]


def in_words(schedule: EntrySchedule, on: datetime.date) -> str:
    """What it means for the month of a day: « Les chiffres de novembre 2026 sont attendus jusqu’au lundi 7
    décembre 2026, puis… »."""
    month = max(periods.month_of(on), schedule.first_month)
    known = Calendar(schedule)
    due, closes = known.due_on(month), known.closes_on(month)
    said = f"Les chiffres {periods.of_month(month)} sont attendus jusqu’au {french_day(due)}"
    if closes is None:
        return f"{said}. Le mois ne se clôt pas de lui-même\xa0: vous le clôturez quand tout est validé."
    return f"{said}. Le mois se clôt de lui-même le {french_day(closes)}, transmis ou non."
