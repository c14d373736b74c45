"""Who read, exported, was refused, signed in. Rows are added, never changed, and hold no personal text.

`about` says what in the words of the application (« Bilan 2018, édition 1 »), never in those of a person.
"""

from django.http import HttpRequest

from sites.models import Agent, Prefecture, TraceEntry

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
    return TraceEntry.objects.create(
        event=event,
        about=about[:ABOUT_MAX],
        agent=agent or (user if isinstance(user, Agent) else None),
        prefecture=prefecture or (access.prefecture if access else None),
        route=request.resolver_match.view_name if request.resolver_match else "",
    )
