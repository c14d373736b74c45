"""Due dates after the calendar or a rule has changed: open cases move, closed ones do not.

Who changes a closure, the holidays of a préfecture, a rule or what it follows knows nothing of cases: each of
these rows has a history, of which a new line orders the reckoning as a job, where anything is open. What is
written without a history is found by the reckoning of the night.
"""

import datetime
import logging
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.db import models, transaction
from django.dispatch import receiver
from simple_history.signals import post_create_historical_record

from complaints import clock
from complaints.judging import Judge
from complaints.models import Appointment, Case, Event, Pause
from jobs import queue
from referentiel.models import Adoption, DelayRule
from sites.models import Closure, Prefecture
from sites.workdays import WorkdaysError

logger = logging.getLogger(__name__)

JOB = "complaints.reckon"
BATCH = 500
# What moves of an open case, and of its appointment.
ATTRIBUTES = ("rule_id", "allowed_days", "allowed_day_kind", "due_on")

Facts: TypeAlias = dict[str, list[Any]]


@dataclass(frozen=True)
class Moved:
    """A case whose due date or delay is another; `facts` are those of its event, each before and after."""

    case: Case
    facts: Facts


@receiver(post_create_historical_record)
def order(instance: models.Model, history_instance: models.Model, **_: object) -> None:
    """A reckoning, in the transaction of what moves due dates; of all préfectures for a national rule."""
    if isinstance(instance, Prefecture):
        place_id: int | None = instance.pk
    elif isinstance(instance, Closure | DelayRule | Adoption):
        place_id = instance.prefecture_id
    else:
        return
    if concerned(place_id).exists():
        cause = f"{instance._meta.model_name}:{history_instance.pk}"
        queue.enqueue(JOB, key=f"{JOB}:{cause}", prefecture_id=place_id, place_id=place_id)


def concerned(place_id: int | None = None) -> models.QuerySet[Prefecture]:
    """The préfectures, or the one of a number, where a case is open."""
    has_open_cases = models.Exists(Case.objects.open().filter(prefecture=models.OuterRef("pk")))
    found = Prefecture.objects.filter(has_open_cases)
    return found if place_id is None else found.filter(pk=place_id)


def reckon(prefecture: Prefecture, on: datetime.date) -> list[Moved]:
    """Reckon the open cases anew, and write those that moved, each with its event; three queries and those of
    the rules where none did. A case that the calendar refuses stays as it is."""
    judge = Judge.of(prefecture)
    cases = Case.objects.open().filter(prefecture=prefecture).select_related("appointment").order_by("pk")
    stale = [case.pk for case in _with_pauses(cases) if _reckoned(judge, case)]
    moved: list[Moved] = []
    for first in range(0, len(stale), BATCH):
        with transaction.atomic():
            # Once more under their locks: somebody may have written to one meanwhile.
            held = cases.filter(pk__in=stale[first : first + BATCH]).select_for_update(of=("self",))
            changed = {case: facts for case in _with_pauses(held) if (facts := _reckoned(judge, case))}
            moved += _write(changed, on)
    if moved:
        logger.info("%s open cases of %s were reckoned anew", len(moved), prefecture.code)
    return moved


def _with_pauses(cases: models.QuerySet[Case]) -> list[Case]:
    """The cases, with their paused days at hand. Few have some: a prefetch, which makes a queryset for each
    case, would double the time of a night."""
    found = {case.pk: case for case in cases}
    pauses: dict[int, list[clock.Pause]] = defaultdict(list)
    for pause in Pause.objects.filter(case__in=found):
        pauses[pause.case_id].append(pause.days)
    for number, case in found.items():
        case.paused_days = tuple(pauses[number])
    return list(found.values())


def _reckoned(judge: Judge, case: Case) -> Facts:
    """Reckon a case in memory: what is another than before, before and after; nothing where all stays."""
    appointment = getattr(case, "appointment", None)
    before = _kept(case, appointment)
    try:
        judge.choose_rules(case, appointment)
        judge.reckon(case, appointment)
    except WorkdaysError:
        logger.exception("case %s cannot be reckoned", case.pk)
        return {}
    after = _kept(case, appointment)
    return {name: [before[name], after[name]] for name in after if before[name] != after[name]}


def _kept(case: Case, appointment: Appointment | None) -> dict[str, Any]:
    """As it is told in the facts of an event."""
    found: dict[str, Any] = {}
    for row, prefix in ((case, ""), (appointment, "dated_")):
        if row:
            found |= {prefix + name: getattr(row, name) for name in ATTRIBUTES}
            found[f"{prefix}due_on"] = row.due_on.isoformat() if row.due_on else ""
    return found


def _write(changed: Mapping[Case, Facts], on: datetime.date) -> list[Moved]:
    """Only the rule that judges it may be another row, which says the same: that is no event of the case."""
    moved = []
    for case, facts in changed.items():
        told = {name: pair for name, pair in facts.items() if not name.endswith("rule_id")}
        if told:
            case.version += 1
            moved.append(Moved(case, told))
    Case.objects.bulk_update(changed, (*ATTRIBUTES, "version"))
    appointments = [case.appointment for case in changed if hasattr(case, "appointment")]
    Appointment.objects.bulk_update(appointments, ATTRIBUTES)
    Event.objects.bulk_create(
        Event(case=one.case, kind=Event.Kind.RECKONED, on=on, facts=one.facts) for one in moved
    )
    return moved
