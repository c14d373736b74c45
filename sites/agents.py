"""Agents as a préfecture knows them: by the name it wrote until they have signed in, and with no sign before
that of an account which they may have elsewhere.
"""

import datetime
from typing import Any

from django.db.models import (
    Case,
    F,
    Max,
    Min,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils import timezone

from jobs import mail
from jobs.models import Job
from sites import mails
from sites.models import Agent, Membership, Prefecture, TraceEntry, in_force, lasting

Role = Membership.Role

WHAT_ROLES_MAY = {
    Role.QUALITY_MANAGER: "Tout ce qui touche la préfecture\xa0: chiffres, bilans à signer et à publier, "
    "référentiel, services, agents et leurs droits.",
    Role.REFERENT: "Suit les indicateurs de son unité ou de son service\xa0; lit les bilans publiés et "
    "l’Espace Qualité interne.",
    Role.AGENT: "Lit les indicateurs, les bilans publiés et l’Espace Qualité interne.",
    Role.DIRECTOR: "Lit tout, bilans en préparation compris\xa0; ne change rien. Chef de bureau, secrétaire "
    "général, corps préfectoral.",
    Role.COMMUNICATION: "Lit les indicateurs, les bilans publiés et l’Espace Qualité interne.",
    Role.AUDITOR: "Lit tout, bilans en préparation compris, entre deux dates\xa0; ne change rien.",
}


def of(prefecture: Prefecture) -> QuerySet[Agent]:
    """Who holds, held or will hold something in the préfecture, with it in `held`."""
    return _known(Q(memberships__prefecture=prefecture), Membership.objects.filter(prefecture=prefecture))


def administrators() -> QuerySet[Agent]:
    role = Role.ADMINISTRATOR
    return _known(Q(memberships__role=role), Membership.objects.filter(role=role))


def _known(own: Q, memberships: QuerySet[Membership]) -> QuerySet[Agent]:
    held = memberships.select_related("prefecture", "unit", "service__unit").order_by(
        F("starts_on").asc(nulls_first=True), "pk"
    )
    agents = Agent.objects.filter(own).annotate(
        invited_first_at=Min("memberships__invited_at", filter=own),
        invited_as=Max("memberships__invited_as", filter=own),
    )
    is_pending = Q(invited_first_at__isnull=False) & (
        Q(last_login__isnull=True) | Q(last_login__lt=F("invited_first_at"))
    )
    return agents.annotate(
        is_pending=Case(When(is_pending, then=Value(True)), default=Value(False)),
        shown_name=Case(When(is_pending, then=F("invited_as")), default=F("full_name")),
        signed_in_at=Case(When(is_pending, then=None), default=F("last_login")),
    ).prefetch_related(Prefetch("memberships", held, to_attr="held"))


def state_of(agent: Any, on: datetime.date) -> str:
    """In one word, of an agent of `of`."""
    left = [held for held in agent.held if held.is_lasting(on)]
    if not left:
        return "parti"
    if agent.is_pending:
        return "invité"
    if not agent.is_active:
        return "compte désactivé"
    return "en fonction" if any(held.is_in_force(on) for held in left) else "à venir"


def last_invitation(agent: Agent, prefecture: Prefecture | None) -> Job | None:
    """The mail that invited the agent here last."""
    return mail.mails_to(mails.recipient(agent), f"{mails.INVITATION}:{mails.place(prefecture)}-").first()


def named(lines: QuerySet[TraceEntry]) -> QuerySet[TraceEntry]:
    """Lines of a journal with whom each concerns in `concerned`, by the name its préfecture knows."""
    return lines.select_related("agent").annotate(concerned=name_of("concerns"))


def name_of(agent: str) -> Coalesce:
    """Of rows that have an agent, by the name of that field, and a préfecture: the name it knows."""
    pending = Membership.objects.filter(
        Q(agent__last_login__isnull=True) | Q(agent__last_login__lt=F("invited_at")),
        agent=OuterRef(agent),
        prefecture=OuterRef("prefecture"),
        invited_at__isnull=False,
    )
    return Coalesce(Subquery(pending.values("invited_as")[:1]), F(f"{agent}__full_name"))


def at_work(prefecture: Prefecture, on: datetime.date) -> QuerySet[Agent]:
    """Who may be given something to do: an agent of the préfecture that day, whose name is known to it."""
    own = Membership.objects.filter(prefecture=prefecture)
    pending = own.filter(
        Q(agent__last_login__isnull=True) | Q(agent__last_login__lt=F("invited_at")), invited_at__isnull=False
    )
    here = Agent.objects.filter(is_active=True, pk__in=own.filter(in_force(on)).values("agent"))
    return here.exclude(pk__in=pending.values("agent"))


def referents(prefecture: Prefecture, on: datetime.date) -> QuerySet[Membership]:
    """Who answers today for the quality of each unit and service, deputies second."""
    return (
        Membership.objects.filter(
            in_force(on), prefecture=prefecture, role=Role.REFERENT, agent__is_active=True
        )
        .annotate(
            where=Case(When(unit__isnull=False, then=F("unit__name")), default=F("service__unit__name")),
            where_position=Case(
                When(unit__isnull=False, then=F("unit__position")), default=F("service__unit__position")
            ),
        )
        .select_related("agent", "unit", "service__unit")
    )


def is_of_this_prefecture_alone(agent: Agent, prefecture: Prefecture) -> bool:
    held = agent.memberships.filter(lasting(timezone.localdate()))
    return not held.exclude(prefecture=prefecture).exists()
