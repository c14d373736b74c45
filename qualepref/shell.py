"""What surrounds every page: whose block stands at its top, who is signed in, the main menu.

The public layout asks for none of it, so it costs its query, the agent's memberships, on agents' pages only;
a view that has entered a préfecture has asked it already.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from sites.access import Access, AgentRequest, Role, holdings

REPUBLIC = "République Française"


@dataclass(frozen=True)
class Entry:
    """A line of the main menu; `current` is the value of its aria-current, empty elsewhere."""

    label: str
    url: str
    current: str


@dataclass(frozen=True)
class Shell:
    state_title: str
    prefecture_name: str
    role_label: str
    menu: tuple[Entry, ...]


def shell(request: AgentRequest) -> dict[str, Any]:
    user = getattr(request, "user", AnonymousUser())  # what is refused at the edge has nobody yet
    return {
        "access": getattr(request, "access", None),
        "layout": "base_agents.html" if user.is_authenticated else "base_public.html",
        "shell": SimpleLazyObject(partial(_surround, request)),
    }


def _surround(request: AgentRequest) -> Shell:
    if not request.user.is_authenticated:
        return Shell(REPUBLIC, "", "", ())
    held = holdings(request)
    access: Access | None = getattr(request, "access", None)
    if access is None and len(held.accesses) == 1:
        access = held.accesses[0]
    roles = [each.role_label for each in ([access] if access else held.accesses)]
    if held.is_administrator:
        roles.append(Role.ADMINISTRATOR.label)
    return Shell(
        state_title=access.prefecture.state_title if access else REPUBLIC,
        prefecture_name=access.prefecture.name if access else "",
        role_label=", ".join(dict.fromkeys(roles)) or "sans affectation",
        menu=tuple(_menu(request, access)),
    )


def _menu(request: AgentRequest, access: Access | None) -> list[Entry]:
    lines = [("À faire", reverse("home"))]
    if access:
        lines += [
            ("Indicateurs", reverse("board_latest", args=[access.prefecture.slug])),
            ("Espace Qualité", reverse("bilans", args=[access.prefecture.slug])),
        ]
    lines.append(("Référentiels", reverse("referentiels")))
    return [Entry(label, url, _current(request.path, url)) for label, url in lines]


def _current(path: str, url: str) -> str:
    """ "page" on the page itself, "true" on the pages below it; everything is below the home."""
    if path == url:
        return "page"
    return "true" if path.startswith(url) and url != reverse("home") else ""
