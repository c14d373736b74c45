"""What people have to do, in one mail a person and working day: apps say what is due, only this writes.

Something due is reminded of at a few stages of its deadline, once each: a row of `Reminder` says so,
written with the job of its mail. A mail that no worker, no clock or no server let leave is no reminder: the
next digest takes back what it held, at the stage reached by then. Whoever works in two préfectures hears from
each: each writes in its own name, on its own working days.
"""

import datetime
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Max, QuerySet
from django.template.loader import render_to_string
from django.utils import timezone

import complaints.dues
import improvement.dues
import indicators.dues
from jobs import mail, queue
from jobs.models import Job
from referentiel.measures import in_french
from sites import absences, closures, mails, reminders
from sites.days import in_full
from sites.dues import STAGES, Due
from sites.models import Agent, Prefecture, Reminder
from sites.workdays import WorkCalendar

logger = logging.getLogger(__name__)

Provider: TypeAlias = Callable[[Prefecture, datetime.date], Iterable[Due]]

PROVIDERS: tuple[Provider, ...] = (indicators.dues.due, complaints.dues.due, improvement.dues.due)
"""Who says what is left to do in a préfecture on a day, and by whom: one line an app."""

HOUR = 7  # o'clock, where the préfecture is
DIGEST = "qualepref.digest"  # the job that writes the mails of a préfecture on a day
MAIL = "qualepref.reminders"

# A deadline farther than this has no stage to come, or all behind it; it may lie outside the calendar.
FAR = datetime.timedelta(days=2 * 365)

NOT_LEFT = (Job.State.QUEUED, Job.State.FAILED)


@dataclass(frozen=True)
class Line:
    """Something that `recipient_id` is told on a day; in the place of `absent`, away `until` one, if any."""

    recipient_id: int
    due: Due
    on: datetime.date
    stage: int
    absent: str = ""
    until: datetime.date | None = None

    @property
    def deadline(self) -> tuple[int, str, datetime.date]:
        return self.due.agent_id, self.due.key, self.due.due_on

    @property
    def when(self) -> str:
        return when(self.due.due_on, self.on)

    @property
    def is_late(self) -> bool:
        return self.due.due_on < self.on

    @property
    def url(self) -> str:
        return settings.BASE_URL + self.due.url


Digests: TypeAlias = dict[Agent, list[Line]]
"""What is told to whom, the most late first."""


# --- when --------------------------------------------------------------------------------------------------


def stage_of(
    due_on: datetime.date, on: datetime.date, days: WorkCalendar, stages: tuple[int, ...] = STAGES
) -> int | None:
    """The latest stage that a deadline has reached on a day, whether those before were missed or not; None
    before the first."""
    due_on = min(max(due_on, on - FAR), on + FAR)
    distance = -days.delay(on, due_on) if due_on > on else days.delay(due_on, on)
    return max((stage for stage in stages if stage <= distance), default=None)


def when(due_on: datetime.date, on: datetime.date) -> str:
    """« aujourd’hui, jeudi 5 mars », « demain, vendredi 6 mars », « jeudi 12 mars », « en retard de 4 jours,
    depuis le dimanche 1er mars »."""
    day = in_full(due_on, with_year=due_on.year != on.year)
    match (on - due_on).days:
        case 0:
            return f"aujourd’hui, {day}"
        case -1:
            return f"demain, {day}"
        case 1:
            return f"en retard d’un jour, depuis le {day}"
        case late if late > 1:
            return f"en retard de {in_french(late)} jours, depuis le {day}"
    return day


def waiting(now: datetime.datetime) -> list[tuple[Prefecture, datetime.date]]:
    """Where it is seven o'clock, or later, of a working day whose digest nobody has ordered yet."""
    morning = []
    for prefecture in Prefecture.objects.all():
        local = timezone.localtime(now, ZoneInfo(prefecture.time_zone))
        if local.hour >= HOUR and closures.calendar(prefecture).is_working(local.date()):
            morning.append((prefecture, local.date()))
    ordered = set(Job.objects.filter(key__in=[_key(*one) for one in morning]).values_list("key", flat=True))
    return [one for one in morning if _key(*one) not in ordered]


def order(prefecture: Prefecture, on: datetime.date) -> Job:
    """The digest of a préfecture is a job: once a day, tried again, shown if it fails."""
    return queue.enqueue(
        DIGEST,
        key=_key(prefecture, on),
        prefecture_id=prefecture.pk,
        place_id=prefecture.pk,
        on=on.isoformat(),
    )


def run(report: queue.Report, *, place_id: int, on: str) -> None:
    """The work of that job. One that a later day finds waiting has nothing to do: the next digest has all."""
    prefecture = Prefecture.objects.get(pk=place_id)
    if prefecture.today().isoformat() == on:
        digests = send(prefecture, prefecture.today())
        logger.info("digest of %s: %s mails", prefecture.code, len(digests))


def _key(prefecture: Prefecture, on: datetime.date) -> str:
    return f"digest:{prefecture.slug}:{on}"


# --- what, to whom -----------------------------------------------------------------------------------------


def compose(prefecture: Prefecture, on: datetime.date) -> Digests:
    """What is left to tell on a day; nothing more to who was written to that day, nothing on a day off."""
    told = Reminder.objects.filter(prefecture=prefecture)
    told = told.exclude(pk__in=_not_left(prefecture, on))
    stages = {
        (agent, key, due_on): stage
        for agent, key, due_on, stage in told.order_by()
        .values_list("agent", "key", "due_on")
        .annotate(Max("stage"))
    }
    lines: dict[int, list[Line]] = defaultdict(list)
    for line in _lines(prefecture, on):
        if line.deadline not in stages or stages[line.deadline] < line.stage:
            lines[line.recipient_id].append(line)
    keys = {mail_key(agent_id, prefecture, on): agent_id for agent_id in lines}
    for key in Job.objects.filter(key__in=keys).values_list("key", flat=True):
        del lines[keys[key]]
    return {agent: lines[agent.pk] for agent in Agent.objects.filter(pk__in=lines)}


def send(prefecture: Prefecture, on: datetime.date) -> Digests:
    """Order the mails of a day, each with its reminders; once, whether run twice or by two at once."""
    with transaction.atomic():
        prefecture.lock()
        _take_back(prefecture, on)
        digests = compose(prefecture, on)
        for agent, lines in list(digests.items()):
            try:
                job = mail.order(
                    MAIL,
                    recipient=mails.recipient(agent),
                    cause=_cause(prefecture, on),
                    prefecture_id=prefecture.pk,
                    agent_id=agent.pk,
                    place_id=prefecture.pk,
                    on=on.isoformat(),
                )
            except mail.TooManyError:
                logger.warning("agent %s had too many mails today: the next digest has all", agent.pk)
                del digests[agent]
                continue
            Reminder.objects.bulk_create(_reminder(prefecture, line, job) for line in lines)
    return digests


def mail_key(agent_id: int, prefecture: Prefecture, on: datetime.date) -> str:
    return mail.key_of(MAIL, mails.recipient_of(agent_id), _cause(prefecture, on))


def _cause(prefecture: Prefecture, on: datetime.date) -> str:
    return f"{prefecture.slug}-{on}"


def _lines(prefecture: Prefecture, on: datetime.date) -> Iterator[Line]:
    """What is due to people who are there and want to know, whether they have been told or not; the most
    late first, and nothing on a day off."""
    days = closures.calendar(prefecture)
    if not days.is_working(on):
        return
    names = dict(absences.present(prefecture, on).values_list("pk", "shown_name"))
    away = absences.of_day(prefecture, on)
    choices = reminders.chosen_in(prefecture)
    asked = {(due.agent_id, due.key): due for provider in PROVIDERS for due in provider(prefecture, on)}
    for due in sorted(asked.values(), key=lambda due: (due.due_on, due.subject)):
        stage = stage_of(due.due_on, on, days, due.stages)
        recipient = absences.stand_in(due.agent_id, away)
        if stage is None or recipient is None or not {recipient, due.agent_id} <= names.keys():
            continue
        if all(reminders.is_wanted(choices.get(one), stage) for one in (due.agent_id, recipient)):
            line = Line(recipient, due, on, stage)
            if absence := away.get(due.agent_id):
                line = Line(recipient, due, on, stage, names[due.agent_id], absence.ends_on)
            yield line


def _reminder(prefecture: Prefecture, line: Line, job: Job) -> Reminder:
    return Reminder(
        prefecture=prefecture,
        agent_id=line.due.agent_id,
        recipient_id=line.recipient_id,
        key=line.due.key,
        subject=line.due.subject[:SUBJECT_MAX],
        due_on=line.due.due_on,
        stage=line.stage,
        on=line.on,
        job=job,
    )


SUBJECT_MAX = Reminder._meta.get_field("subject").max_length


# --- what has not left -------------------------------------------------------------------------------------


def _not_left(prefecture: Prefecture, on: datetime.date) -> QuerySet[Reminder]:
    """Reminders of earlier days whose mail waits or has failed; what a worker holds, or may have left, is not
    among them."""
    return Reminder.objects.filter(prefecture=prefecture, on__lt=on, job__state__in=NOT_LEFT)


def _take_back(prefecture: Prefecture, on: datetime.date) -> None:
    """Their mails find nothing to say when they are taken up: no worker begins one meanwhile."""
    held = Job.objects.filter(pk__in=_not_left(prefecture, on).values("job"), state__in=NOT_LEFT)
    Reminder.objects.filter(job__in=list(held.select_for_update().order_by("pk"))).delete()


# --- the mail ----------------------------------------------------------------------------------------------


def write(*, agent_id: int, place_id: int, on: str) -> mail.Mail | None:
    """A mail as it leaves: what is still due of what it was to remind of. The rest is no reminder; nor is any
    of it where the mail leaves on another day than it was ordered, since the digest of that day has it."""
    prefecture = Prefecture.objects.get(pk=place_id)
    day = datetime.date.fromisoformat(on)
    job = Job.objects.get(key=mail_key(agent_id, prefecture, day))
    held = {(row.agent_id, row.key, row.due_on): row.pk for row in job.reminders.all()}
    lines = []
    if timezone.localdate(job.created_at, ZoneInfo(prefecture.time_zone)) == prefecture.today():
        lines = [
            line
            for line in _lines(prefecture, day)
            if line.recipient_id == agent_id and line.deadline in held
        ]
    job.reminders.exclude(pk__in=[held[line.deadline] for line in lines]).delete()
    if not lines:
        return None
    return _mail(Agent.objects.get(pk=agent_id), prefecture, day, lines)


def _mail(agent: Agent, prefecture: Prefecture, on: datetime.date, lines: list[Line]) -> mail.Mail:
    own = {line.due.key for line in lines if not line.absent}
    shown = [line for line in lines if not line.absent or line.due.key not in own]
    late = sum(line.is_late for line in shown)
    subject = "Une chose à faire" if len(shown) == 1 else f"{len(shown)} choses à faire"
    if late:
        subject += ", en retard" if len(shown) == 1 else f", dont {late} en retard"
    stop = mails.address("reminders_stop", reminders.stop_token(agent.pk, prefecture.pk))
    context = {
        "prefecture": prefecture,
        "on": on,
        "lines": shown,
        "choose": mails.address("reminders"),
        "stop": stop,
    }
    return mail.Mail(
        to=agent.email,
        subject=subject,
        body=render_to_string("mails/reminders.txt", context),
        sender=prefecture.name,
        reply_to=prefecture.reply_to,
        unsubscribe=stop,
    )
