"""What surrounds every page: whose block stands at its top, who is signed in, the main menu.

The public layout asks for none of it, so it costs its query (the agent's memberships) on agents' pages only,
and none where the view has entered a préfecture.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from sites.access import Access, holdings


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


def shell(request: HttpRequest) -> dict[str, Any]:
    return {
        "access": getattr(request, "access", None),
        "layout": "base_agents.html" if request.user.is_authenticated else "base_public.html",
        "shell": SimpleLazyObject(partial(_surround, request)),
    }


def _surround(request: HttpRequest) -> Shell:
    if not request.user.is_authenticated:
        return Shell("République Française", "", "", ())
    access, roles = getattr(request, "access", None), []
    if access is None:
        held = holdings(request)
        access = held.accesses[0] if len(held.accesses) == 1 else None
        roles = [each.role_label for each in held.accesses]
        roles += ["administrateur de l'installation"] if held.is_administrator else []
    else:
        roles = [access.role_label]
    return Shell(
        state_title=access.prefecture.state_title if access else "République Française",
        prefecture_name=access.prefecture.name if access else "",
        role_label=", ".join(dict.fromkeys(roles)) or "sans affectation",
        menu=tuple(_menu(request, access)),
    )


def _menu(request: HttpRequest, access: Access | None) -> list[Entry]:
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
