"""The work lists of the register: what is in each, how many there are, what they ask of an agent today.

A list is a condition on the columns that the clock has written, so that it is counted and sorted by the
database; the lists of a préfecture are counted together, by one query.
"""

import datetime
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db.models import Count, Min, Q

from complaints.models import Case, CaseQuerySet, cases
from sites.access import Access, Action
from sites.days import in_full
from sites.models import Agent

OPEN = Q(state__in=Case.OPEN)
ONE_DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Worklist:
    """`holds` says what is in the list on a day; `order` is the column by which it is first sorted; `nothing`
    is said where it is empty, and `announces` the next due date there."""

    slug: str
    label: str
    holds: Callable[[datetime.date], Q]
    nothing: str
    order: str = "due_on"
    announces: bool = False

    def of(self, rows: CaseQuerySet, on: datetime.date) -> CaseQuerySet:
        return rows.filter(self.holds(on))


def _this_week(on: datetime.date) -> Q:
    """What is still to come of the week, today and the days off included."""
    return OPEN & Q(due_on__range=(on, on + ONE_DAY * (6 - on.weekday())))


TODO = Worklist(
    "a-traiter",
    "À traiter",
    lambda on: OPEN,
    "Aucune affaire à traiter. Celles qui ont reçu leur suite sont dans la liste «\xa0Traitées\xa0».",
)
TODAY = Worklist(
    "aujourd-hui",
    "Aujourd’hui",
    lambda on: OPEN & Q(due_on=on),
    "Aucune réponse n’est due aujourd’hui.",
    announces=True,
)
THIS_WEEK = Worklist(
    "cette-semaine", "Cette semaine", _this_week, "Aucune réponse n’est due cette semaine.", announces=True
)
LATE = Worklist(
    "en-retard",
    "En retard",
    lambda on: OPEN & Q(due_on__lt=on),
    "Aucune affaire en retard.",
    announces=True,
)
UNASSIGNED = Worklist(
    "sans-service",
    "Sans service",
    lambda on: OPEN & Q(service=None),
    "Toutes les affaires à traiter ont leur service.",
)
AWAITING = Worklist(
    "en-attente",
    "En attente d’un autre service",
    lambda on: OPEN & Q(asked_service__isnull=False),
    "Aucune affaire n’attend la contribution d’un autre service.",
)
CLOSED = Worklist(
    "traites",
    "Traitées",
    lambda on: ~OPEN,
    "Aucune affaire n’est encore traitée.",
    order="-received_on",
)
ALL = Worklist(
    "tous", "Toutes", lambda on: Q(), "Aucune affaire n’est encore enregistrée.", order="-received_on"
)

WORKLISTS = (TODO, TODAY, THIS_WEEK, LATE, UNASSIGNED, AWAITING, CLOSED, ALL)
BY_SLUG = {each.slug: each for each in WORKLISTS}


# --- how many ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Counts:
    """How many cases each list holds, and the first due date that is not past."""

    of: Mapping[Worklist, int]
    next_due_on: datetime.date | None

    def emptiness(self, worklist: Worklist) -> str:
        """« Aucune affaire en retard. Prochaine échéance : jeudi 26 novembre 2026. »"""
        if not worklist.announces or self.next_due_on is None:
            return worklist.nothing
        return f"{worklist.nothing} Prochaine échéance\xa0: {in_full(self.next_due_on)}."


def counted(rows: CaseQuerySet, on: datetime.date) -> Counts:
    """Of all lists; one query."""
    numbers = {f"n{n}": Count("pk", filter=each.holds(on) or None) for n, each in enumerate(WORKLISTS)}
    coming = Min("due_on", filter=OPEN & Q(due_on__gte=on))
    found = rows.order_by().aggregate(**numbers, coming=coming)
    return Counts({each: found[f"n{n}"] for n, each in enumerate(WORKLISTS)}, found["coming"])


# --- what waits for an agent -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Load:
    """What the register of a préfecture asks of an agent today. `helping` are those of others on
    which one of the agent's services is asked for its part."""

    late: int
    today: int
    this_week: int
    unassigned: int
    helping: int

    @property
    def is_pressing(self) -> bool:
        return any((self.late, self.today, self.this_week, self.unassigned, self.helping))


def loads(agent: Agent, accesses: Iterable[Access]) -> dict[int, Load]:
    """By préfecture, for whoever handles its cases; one query however many there are, none for nobody."""
    handled = [access for access in accesses if access.may(Action.HANDLE_CASES)]
    if not handled:
        return {}

    def somewhere(holds: Callable[[Access], Q]) -> Q:
        """Each préfecture has its own day, and its own services."""
        return reduce(or_, (Q(prefecture=access.prefecture) & holds(access) for access in handled))

    rows = reduce(or_, (Case.objects.visible_to(agent, access) for access in handled)).filter(OPEN)
    lists = {"late": LATE, "today": TODAY, "this_week": THIS_WEEK, "unassigned": UNASSIGNED}
    numbers = {name: Count("pk", filter=somewhere(_on_its_day(each))) for name, each in lists.items()}
    numbers["helping"] = Count("pk", filter=somewhere(asked_of))
    found = rows.order_by().values("prefecture").annotate(**numbers).values_list("prefecture", *numbers)
    return {prefecture: Load(*counts) for prefecture, *counts in found}


def _on_its_day(worklist: Worklist) -> Callable[[Access], Q]:
    return lambda access: worklist.holds(access.on)


def asked_of(access: Access) -> Q:
    """The cases on which one of the agent's own services is asked for its part; none for who handles those
    of the whole préfecture, whose services all are."""
    scope = access.scope_for(Action.HANDLE_CASES)
    return Q(pk__in=[]) if scope is None else cases.asked_of(scope)
