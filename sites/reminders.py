"""Which reminders an agent wants to get by mail, and the link by which whoever reads one stops them."""

from typing import NamedTuple

from django.core import signing
from django.db import transaction

from sites import trace
from sites.models import Agent, Prefecture, ReminderChoice, TraceEntry

Wanted = ReminderChoice.Wanted

SALT = "sites.reminders.stop"


class Subscription(NamedTuple):
    agent: Agent
    prefecture: Prefecture


def chosen_in(prefecture: Prefecture) -> dict[int, str]:
    """What agents chose, by their number; who chose nothing is not there, and wants everything."""
    return dict(prefecture.reminder_choices.order_by().values_list("agent", "wanted"))


def chosen_by(agent: Agent) -> dict[int, str]:
    """The same of one agent, by the number of the préfecture."""
    return dict(agent.reminder_choices.order_by().values_list("prefecture", "wanted"))


def is_wanted(choice: str | None, stage: int) -> bool:
    """Whether who made a choice wants to be reminded at a stage; those after the deadline are above 0."""
    return choice != Wanted.NONE and (choice != Wanted.LATE or stage > 0)


def choose(agent: Agent, prefecture: Prefecture, wanted: str) -> None:
    with transaction.atomic():
        if chosen_by(agent).get(prefecture.pk, Wanted.EVERY_DAY) == wanted:
            return
        ReminderChoice.objects.update_or_create(
            agent=agent, prefecture=prefecture, defaults={"wanted": wanted}
        )
        about = f"Rappels par courriel\xa0: {Wanted(wanted).label}"
        trace.keep(TraceEntry.Event.ACCOUNT, about, agent=agent, prefecture=prefecture)


def stop_token(agent_id: int, prefecture_id: int) -> str:
    """It opens nothing, so it has no end: a mail that was kept for years still says how to stop."""
    return signing.dumps([agent_id, prefecture_id], salt=SALT)


def of_token(token: str) -> Subscription | None:
    """None for a token that is not ours, or of somebody who is gone."""
    try:
        agent_id, prefecture_id = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    agent = Agent.objects.filter(pk=agent_id).first()
    prefecture = Prefecture.objects.filter(pk=prefecture_id).first()
    return Subscription(agent, prefecture) if agent and prefecture else None
