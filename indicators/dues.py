"""What the months ask of each person, for whoever reminds: to send, to correct, to validate."""

import datetime
from collections import Counter
from collections.abc import Iterator

from django.urls import reverse

from indicators import chores, completeness, periods, returns
from indicators.chores import Chore
from indicators.models import MonthlyReturn
from indicators.returns import Calendar
from referentiel.measures import NBSP
from sites.dues import Due
from sites.models import Agent, Membership, Prefecture, Service, in_force

State = MonthlyReturn.State

SENDER = "vous êtes référent de ce service"
MANAGER = "vous êtes responsable de la qualité dans cette préfecture"


def due(prefecture: Prefecture, on: datetime.date) -> Iterator[Due]:
    """The months that are over and not sent, or sent back, for the référents of their services; those that
    are sent and not validated, for the quality managers."""
    calendar = returns.calendar(prefecture)
    if calendar is None:
        return
    services = list(Service.objects.filter(unit__prefecture=prefecture).select_related("unit__prefecture"))
    people = completeness.referents(prefecture, services, on)
    for chore in chores.of(prefecture, services, on):
        for agent in people[chore.service]:
            yield _to_send(agent, chore)
    yield from _to_validate(prefecture, calendar, on)


def _to_send(agent: Agent, chore: Chore) -> Due:
    what = "Chiffres à corriger" if chore.is_back else "Chiffres à saisir"
    place = f"{chore.service.unit.short_name}, {chore.service.short_name}"
    return Due(
        agent_id=agent.pk,
        prefecture_id=chore.service.unit.prefecture_id,
        key=f"indicators.{'correct' if chore.is_back else 'month'}:{chore.service.pk}:{chore.month:%Y-%m}",
        subject=f"{what}{NBSP}: {place}, {chore.month_label}",
        due_on=chore.due_on,
        url=chore.url,
        why=SENDER,
    )


def _to_validate(prefecture: Prefecture, calendar: Calendar, on: datetime.date) -> Iterator[Due]:
    """By the eve of the day when the month closes; where none does, by the end of the month of entry."""
    sent = MonthlyReturn.objects.filter(prefecture=prefecture, state=State.ENTERED, month__lte=on)
    counted = Counter(sent.values_list("month", flat=True))
    managers = Membership.objects.filter(
        in_force(on), prefecture=prefecture, role=Membership.Role.QUALITY_MANAGER, agent__is_active=True
    )
    for agent_id in dict.fromkeys(managers.order_by("pk").values_list("agent", flat=True)) if counted else ():
        for month, count in sorted(counted.items()):
            closes = calendar.closes_on(month)
            eve = closes - datetime.timedelta(days=1) if closes else None
            yield Due(
                agent_id=agent_id,
                prefecture_id=prefecture.pk,
                key=f"indicators.validate:{month:%Y-%m}",
                subject=f"Mois à valider{NBSP}: {periods.in_words(month)}, {_services(count)}",
                due_on=eve or periods.last_day(periods.month_of(calendar.due_on(month))),
                url=reverse("month_control", args=[prefecture.slug, f"{month:%Y-%m}"]),
                why=MANAGER,
            )


def _services(count: int) -> str:
    return f"{count} service{'s' if count > 1 else ''}"
