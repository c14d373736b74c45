"""A reminder that the quality manager sends by hand, for months that are late: one mail a person and day,
with all the late months of that person; the digest goes on as if it had not been."""

import datetime
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.template.loader import render_to_string

from indicators import completeness
from indicators.completeness import Cell
from jobs import mail
from jobs.models import Job
from sites import absences, mails, reminders
from sites.models import Agent, Prefecture, Service

MAIL = "indicators.reminder"


@dataclass
class Round:
    """Who is written to, and who is not: told today already, without reminders by choice, or nobody there.
    The agents have their `shown_name`."""

    told: list[Any] = field(default_factory=list)
    already: list[Any] = field(default_factory=list)
    unwilling: list[Any] = field(default_factory=list)
    alone: list[Service] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        """What was done, for who asked for it."""
        said = [f"Rappel envoyé à {_names(self.told)}." if self.told else "Aucun rappel n’est envoyé."]
        if self.already:
            said.append(f"Déjà écrit aujourd’hui à {_names(self.already)}.")
        if self.unwilling:
            said.append(f"A choisi de ne recevoir aucun rappel\xa0: {_names(self.unwilling)}.")
        if self.alone:
            services = ", ".join(f"{one.unit.short_name}, {one.short_name}" for one in self.alone)
            said.append(f"Personne à qui écrire\xa0: {services}.")
        return " ".join(said)


def plan(prefecture: Prefecture, late: Iterable[Cell], on: datetime.date) -> Round:
    """Whom the late months of some services would have one write to on a day."""
    found = Round()
    services = dict.fromkeys(cell.service for cell in late)
    people = completeness.referents(prefecture, services, on)
    away = absences.of_day(prefecture, on)
    choices = reminders.chosen_in(prefecture)
    standing: dict[int, list[Service]] = defaultdict(list)
    for service, agents in people.items():
        there = {absences.stand_in(agent.pk, away) for agent in agents} - {None}
        if not there:
            found.alone.append(service)
        for agent_id in there:
            standing[agent_id or 0].append(service)
    agents = list(absences.present(prefecture, on).filter(pk__in=standing).order_by("shown_name", "pk"))
    keys = {_key(agent, prefecture, on) for agent in agents}
    ordered = set(Job.objects.filter(key__in=keys).values_list("key", flat=True))
    for agent in agents:
        if not reminders.is_wanted(choices.get(agent.pk), LATE):
            found.unwilling.append(agent)
        elif _key(agent, prefecture, on) in ordered:
            found.already.append(agent)
        else:
            found.told.append(agent)
    reached = {agent.pk for agent in agents}
    found.alone += [one for pk, own in standing.items() if pk not in reached for one in own]
    return found


LATE = 1  # the stage of what has just become late, for `reminders.is_wanted`


@transaction.atomic
def send(prefecture: Prefecture, late: Iterable[Cell], on: datetime.date, *, by: Agent) -> Round:
    """Order the mails; who had too many today counts as told already."""
    prefecture.lock()
    found = plan(prefecture, late, on)
    for agent in list(found.told):
        try:
            mail.order(
                MAIL,
                recipient=mails.recipient(agent),
                cause=_cause(prefecture, on),
                asked_by_id=by.pk,
                prefecture_id=prefecture.pk,
                agent_id=agent.pk,
                place_id=prefecture.pk,
            )
        except mail.TooManyError:
            found.told.remove(agent)
            found.already.append(agent)
    return found


def write(*, agent_id: int, place_id: int) -> mail.Mail | None:
    """The mail as it leaves: what is late by then of the person's services, and of those whom the person
    stands in for; None where nothing is any longer."""
    prefecture = Prefecture.objects.get(pk=place_id)
    on = prefecture.today()
    agent = absences.present(prefecture, on).filter(pk=agent_id).first()
    late = completeness.all_months(prefecture, on).late
    people = completeness.referents(prefecture, dict.fromkeys(cell.service for cell in late), on)
    away = absences.of_day(prefecture, on)
    own = [
        cell for cell in late if agent_id in {absences.stand_in(one.pk, away) for one in people[cell.service]}
    ]
    if agent is None or not own:
        return None
    stop = mails.address("reminders_stop", reminders.stop_token(agent.pk, prefecture.pk))
    lines = [
        (cell, mails.address("entry_month", prefecture.slug, str(cell.service.pk), cell.slug)) for cell in own
    ]
    context = {"prefecture": prefecture, "lines": lines, "stop": stop, "choose": mails.address("reminders")}
    months = "un mois en retard" if len(own) == 1 else f"{len(own)} mois en retard"
    return mail.Mail(
        to=agent.email,
        subject=f"Chiffres à saisir\xa0: {months}",
        body=render_to_string("mails/figures.txt", context),
        sender=prefecture.name,
        reply_to=prefecture.reply_to,
        unsubscribe=stop,
    )


def _cause(prefecture: Prefecture, on: datetime.date) -> str:
    return f"{prefecture.slug}-{on}"


def _key(agent: Agent, prefecture: Prefecture, on: datetime.date) -> str:
    return mail.key_of(MAIL, mails.recipient(agent), _cause(prefecture, on))


def _names(agents: Iterable[Any]) -> str:
    return ", ".join(agent.shown_name for agent in agents)
