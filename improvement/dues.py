"""What the plan and the calendar ask of each person: for the home page, and for whoever reminds."""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.db.models import Q
from django.urls import reverse

from improvement import recurrence
from improvement.models import Action, Duty
from referentiel.measures import NBSP
from sites.access import Access
from sites.dues import Due
from sites.models import Agent, Membership, Prefecture, in_force

Role = Membership.Role

AHEAD = datetime.timedelta(days=7)  # what is due within a week is told before it is late
NEXT = 3  # duties that the home page announces


@dataclass(frozen=True)
class Line:
    """An action or a duty on the home page."""

    title: str
    url: str
    when: str
    is_late: bool
    who: str = ""


@dataclass
class Agenda:
    """What waits in a préfecture: one's own actions, those of others that are late, the late duties and the
    next ones."""

    own: list[Line] = field(default_factory=list)
    late: list[Line] = field(default_factory=list)
    duties: list[Line] = field(default_factory=list)

    @property
    def is_pressing(self) -> bool:
        """Something is to be done, and not only announced."""
        return bool(self.own or self.late or any(line.is_late for line in self.duties))


def agendas(agent: Agent, accesses: Iterable[Access]) -> dict[int, Agenda]:
    """By préfecture; two queries however many there are."""
    held = {access.prefecture.pk: access for access in accesses}
    managed = [pk for pk, access in held.items() if access.may_manage_plan]
    found: dict[int, Agenda] = defaultdict(Agenda)
    latest = max((access.on for access in held.values()), default=datetime.date.min)
    actions = Action.objects.open().filter(
        Q(owner=agent, prefecture__in=held) | Q(prefecture__in=managed, due_on__lt=latest)
    )
    for action in actions.select_related("prefecture", "owner").order_by("due_on", "number"):
        agenda, on = found[action.prefecture_id], held[action.prefecture_id].on
        if action.owner_id == agent.pk:
            agenda.own.append(_line(action, on))
        elif action.due_on < on:
            agenda.late.append(_line(action, on, who=action.owner.full_name))
    duties = Duty.objects.active().filter(
        Q(responsible=agent, prefecture__in=held) | Q(prefecture__in=managed)
    )
    announced: dict[int, int] = defaultdict(int)
    for duty in duties.select_related("prefecture").order_by("due_on", "title", "pk"):
        line = _line(duty, held[duty.prefecture_id].on)
        announced[duty.prefecture_id] += not line.is_late
        if announced[duty.prefecture_id] <= NEXT:
            found[duty.prefecture_id].duties.append(line)
    return found


def due(prefecture: Prefecture, on: datetime.date) -> Iterator[Due]:
    """What is late on a day, or due within the week that follows, for the person who has to do it: the owner
    of an action, who answers for a duty; every quality manager where that is nobody, or nobody who works
    there that day."""
    here = Membership.objects.filter(in_force(on), prefecture=prefecture, agent__is_active=True)
    held = list(here.order_by("pk").values_list("agent", "role"))
    at_work = {agent for agent, _ in held}
    managers = dict.fromkeys(agent for agent, role in held if role == Role.QUALITY_MANAGER)
    soon = Q(prefecture=prefecture, due_on__lte=on + AHEAD)
    for action in Action.objects.open().filter(soon).select_related("prefecture").order_by("due_on", "pk"):
        if action.owner_id in at_work:
            yield _due(action.owner_id, action, "vous êtes responsable de cette action")
        else:
            for agent_id in managers:
                yield _due(agent_id, action, "son responsable n’est plus là\xa0: choisissez-en un autre")
    for duty in Duty.objects.active().filter(soon).select_related("prefecture").order_by("due_on", "pk"):
        if duty.responsible_id in at_work:
            yield _due(duty.responsible_id, duty, "vous êtes responsable de cette obligation")
        else:
            for agent_id in managers:
                yield _due(agent_id, duty, "vous êtes responsable de la qualité dans cette préfecture")


def _due(agent_id: int, row: Action | Duty, why: str) -> Due:
    kind = "action" if isinstance(row, Action) else "duty"
    return Due(
        agent_id=agent_id,
        prefecture_id=row.prefecture_id,
        key=f"improvement.{kind}:{row.pk}:{row.due_on:%Y-%m-%d}",
        subject=f"{'Action' if kind == 'action' else 'Obligation'}{NBSP}: {row.title}",
        due_on=row.due_on,
        url=_url(row),
        why=why,
    )


def _line(row: Action | Duty, on: datetime.date, who: str = "") -> Line:
    return Line(row.title, _url(row), recurrence.in_words(row.due_on, on), row.due_on < on, who)


def _url(row: Action | Duty) -> str:
    if isinstance(row, Action):
        return reverse("action", args=[row.prefecture.slug, row.number])
    return reverse("duty", args=[row.prefecture.slug, row.pk])
