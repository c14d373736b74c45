"""Who read, exported, was refused, signed in. Rows are added, never changed, and hold no personal text.

`about` says what in the words of the application (« Bilan 2018, édition 1 »), never in those of a person; the
agent whose account or rights were touched stands in `concerns`.
"""

from django.http import HttpRequest
from django.utils import timezone

from sites.models import Agent, Prefecture, TraceEntry, in_force

ABOUT_MAX = 200


def record(
    request: HttpRequest,
    event: TraceEntry.Event,
    about: str,
    *,
    agent: Agent | None = None,
    prefecture: Prefecture | None = None,
) -> TraceEntry:
    """Keep what somebody did. The agent and the préfecture are the request's own, unless told otherwise."""
    user = getattr(request, "user", None)
    access = getattr(request, "access", None)
    return keep(
        event,
        about,
        agent=agent or (user if isinstance(user, Agent) else None),
        prefecture=prefecture or (access.prefecture if access else None),
        route=request.resolver_match.view_name if request.resolver_match else "",
    )


def keep(
    event: TraceEntry.Event,
    about: str,
    *,
    agent: Agent | None,
    concerns: Agent | None = None,
    prefecture: Prefecture | None = None,
    route: str = "",
) -> TraceEntry:
    """The same for a named module, which knows no request: the line lands with what it tells, or neither."""
    return TraceEntry.objects.create(
        event=event,
        about=about[:ABOUT_MAX],
        agent=agent,
        concerns=concerns,
        prefecture=prefecture,
        route=route,
    )


def keep_of(agent: Agent, event: TraceEntry.Event, about: str, *, by: Agent | None = None) -> None:
    """What touches an account as a whole: a line in the journal of each préfecture in which its agent holds
    something today, so that each quality manager reads it; in the installation's where there is none. One
    that has invited the agent learns nothing of an older account before the agent has come.
    """
    held = agent.memberships.filter(in_force(timezone.localdate()))
    if agent.last_login:
        held = held.exclude(invited_at__gt=agent.last_login)
    prefectures = list(Prefecture.objects.filter(pk__in=held.values("prefecture")))
    concerns = agent if by and by != agent else None
    for prefecture in prefectures or (None,):
        keep(event, about, agent=by or agent, concerns=concerns, prefecture=prefecture)
