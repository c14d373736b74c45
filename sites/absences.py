"""When an agent is away, and who stands in: the deputy gets the reminders meanwhile, and no right."""

import datetime
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from sites import agents, trace
from sites.conflicts import RefusedError
from sites.models import Absence, Agent, Membership, Prefecture, TraceEntry, in_force, lasting


def of(agent: Agent, prefecture: Prefecture, on: datetime.date) -> QuerySet[Absence]:
    """Those of a day and after it."""
    return agent.absences.filter(lasting(on), prefecture=prefecture).select_related("deputy")


def possible_deputies(agent: Agent, prefecture: Prefecture, on: datetime.date) -> QuerySet[Any]:
    return present(prefecture, on).exclude(pk=agent.pk).order_by("shown_name")


def present(prefecture: Prefecture, on: datetime.date) -> QuerySet[Any]:
    """Who holds something in the préfecture on a day, under an account that is open; absent or not."""
    here = Membership.objects.filter(in_force(on), prefecture=prefecture).values("agent")
    return agents.of(prefecture).filter(pk__in=here, is_active=True)


def declare(absence: Absence, *, by: Agent) -> Absence:
    """An agent has one absence at a time, and a deputy who is there on each of its days."""
    with transaction.atomic():
        absence.prefecture.lock()
        same_days = Absence.objects.filter(
            prefecture=absence.prefecture, starts_on__lte=absence.ends_on, ends_on__gte=absence.starts_on
        )
        if held := same_days.filter(agent=absence.agent).first():
            raise RefusedError(f"Une absence est déjà notée {held}\xa0: annulez-la d’abord.")
        if away := same_days.filter(agent=absence.deputy).first():
            raise RefusedError(
                f"La personne choisie est elle-même absente {away}\xa0: choisissez-en une autre."
            )
        absence.save()
        _keep("Absence notée", absence, by)
    return absence


def end(absence: Absence, *, on: datetime.date, by: Agent) -> None:
    """The agent is back on a day; an absence that would not have begun by then is forgotten."""
    with transaction.atomic():
        absence.prefecture.lock()
        if absence.starts_on >= on:
            _keep("Absence annulée", absence, by)
            absence.delete()
            return
        absence.ends_on = on - datetime.timedelta(days=1)
        absence.save(update_fields=["ends_on"])
        _keep("Fin d’absence", absence, by)


def of_day(prefecture: Prefecture, on: datetime.date) -> Mapping[int, Absence]:
    """Who is away on a day, by the number of the agent."""
    return {
        absence.agent_id: absence for absence in Absence.objects.filter(in_force(on), prefecture=prefecture)
    }


def stand_in(agent_id: int, away: Mapping[int, Absence]) -> int | None:
    """Who is there for an agent: the agent, the deputy, or the deputy's own; None if nobody is."""
    seen = set()
    while agent_id in away and agent_id not in seen:
        seen.add(agent_id)
        agent_id = away[agent_id].deputy_id
    return None if agent_id in seen else agent_id


def _keep(what: str, absence: Absence, by: Agent) -> None:
    concerns = absence.agent if absence.agent != by else None
    about = f"{what}, {absence}"
    trace.keep(TraceEntry.Event.ACCOUNT, about, agent=by, concerns=concerns, prefecture=absence.prefecture)
