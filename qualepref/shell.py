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

import qualepref
from sites import second_factor
from sites.access import Access, Action, AgentRequest, Role, holdings

REPUBLIC = "République Française"


@dataclass(frozen=True)
class Entry:
    """A line of the main menu; `current` is the value of its aria-current, empty elsewhere."""

    label: str
    url: str
    current: str


@dataclass(frozen=True)
class Page:
    """A page that a menu leads to. Without an action it stands outside préfectures."""

    label: str
    route: str
    action: Action | None = None
    is_for_administrators: bool = False


@dataclass(frozen=True)
class Section:
    """A subject of the application, and the pages it begins with."""

    label: str
    pages: tuple[Page, ...]


@dataclass(frozen=True)
class Subject:
    """A section as an agent sees it."""

    label: str
    entries: tuple[Entry, ...]

    @property
    def current(self) -> str:
        """ "page" on its first page, "true" on the others, empty elsewhere."""
        marks = [entry.current for entry in self.entries]
        return marks[0] or ("true" if any(marks) else "")


@dataclass(frozen=True)
class Shell:
    state_title: str
    prefecture_name: str
    role_label: str
    menu: tuple[Entry, ...]
    subject: Subject | None
    search_url: str = ""
    """Where the search of the header looks, for who may look."""


def shell(request: AgentRequest) -> dict[str, Any]:
    return {
        "access": getattr(request, "access", None),
        "version": qualepref.__version__,
        "layout": "base_agents.html" if _is_in(request) else "base_public.html",
        "shell": SimpleLazyObject(partial(_surround, request)),
    }


def _is_in(request: AgentRequest) -> bool:
    """Somebody signed in altogether: who still owes a code sees no more than a visitor."""
    user = getattr(request, "user", AnonymousUser())  # what is refused at the edge has nobody yet
    return user.is_authenticated and second_factor.stage(request) is None


def _surround(request: AgentRequest) -> Shell:
    if not _is_in(request):
        return Shell(REPUBLIC, "", "", (), None)
    held = holdings(request)
    access: Access | None = getattr(request, "access", None)
    if access is None and len(held.accesses) == 1:
        access = held.accesses[0]
    roles = [each.role_label for each in ([access] if access else held.accesses)]
    if held.is_administrator and Role.ADMINISTRATOR.label not in ", ".join(roles):
        roles.append(Role.ADMINISTRATOR.label)
    subjects = _subjects(request, access)
    return Shell(
        state_title=access.prefecture.state_title if access else REPUBLIC,
        prefecture_name=access.prefecture.name if access else "",
        role_label=", ".join(dict.fromkeys(roles)) or "sans affectation",
        menu=tuple(Entry(subject.label, subject.entries[0].url, subject.current) for subject in subjects),
        subject=next((subject for subject in subjects if subject.current), None),
        search_url=_search_url(access),
    )


def _search_url(access: Access | None) -> str:
    if access is None or not access.may(Action.READ_CASES):
        return ""
    return reverse("search", args=[access.prefecture.slug])


# The main menu and, beside the pages of a subject, its own pages: the name of a route, whether it stands in a
# préfecture, and what one must be allowed to do to see it. A subject leads to its first page one may open.
SUBJECTS = (
    Section("À faire", (Page("À faire", "home"),)),
    Section(
        "Indicateurs",
        (
            Page("Tableau de bord", "board_latest", Action.READ),
            Page("Saisie du mois", "entry_list", Action.ENTER_FIGURES),
            Page("Saisie par un tableur", "month_files", Action.ENTER_FIGURES),
            Page("Rapprocher", "register_gaps", Action.ENTER_FIGURES),
            Page("Évolution", "trends", Action.READ),
            Page("Direction", "direction_latest", Action.READ),
            Page("Point hebdomadaire", "weekly_point", Action.READ_PLAN),
            Page("Suivi des mois", "completeness", Action.READ),
            Page("Suspensions", "suspensions", Action.READ),
            Page("Silences", "silences", Action.READ),
            Page("Calendrier de saisie", "entry_schedule", Action.WRITE_FIGURES),
            Page("Imports", "imports", Action.WRITE_FIGURES),
            Page("Téléphone", "phone_lines", Action.WRITE_FIGURES),
        ),
    ),
    Section(
        "Courriers, courriels et réclamations",
        (
            Page("Registre", "cases", Action.READ_CASES),
            Page("Saisir un courrier", "case_new", Action.HANDLE_CASES),
            Page("Taux de réponse", "response_rates", Action.READ),
            Page("Synthèse des réclamations", "complaints_synthesis", Action.READ),
            Page("Dysfonctionnements", "malfunctions", Action.READ),
            Page("Thèmes", "case_themes", Action.SORT_CASES),
        ),
    ),
    Section(
        "Amélioration",
        (
            Page("Plan d’actions", "actions", Action.READ_PLAN),
            Page("Calendrier des obligations", "duties", Action.READ_DUTIES),
        ),
    ),
    Section(
        "Espace Qualité",
        (
            Page("Rubriques", "espace", Action.READ),
            Page("Documents", "documents", Action.READ),
            Page("Flash info", "flashes", Action.READ),
            Page("Bilans", "bilans", Action.READ),
            Page("Mentions et contact", "notices", Action.PUBLISH),
        ),
    ),
    Section(
        "Référentiels",
        (
            Page("Référentiels", "referentiels"),
            Page("Comparer", "referentiels_compare"),
            Page("Questions ouvertes", "questions"),
            Page("Suivi et périmètre", "followed", Action.READ),
            Page("Objectifs", "own_targets", Action.READ),
            Page("Fichiers livrés", "shipped_files", is_for_administrators=True),
        ),
    ),
    Section(
        "Organisation",
        (
            Page("Vue d’ensemble", "organisation", Action.ORGANISE),
            Page("Agents", "agents", Action.ORGANISE),
            Page("Référents", "referents", Action.READ),
            Page("Unités", "units", Action.ORGANISE),
            Page("Sites", "places", Action.ORGANISE),
            Page("Services", "services", Action.ORGANISE),
            Page("Jours fériés et fermetures", "closures", Action.ORGANISE),
            Page("Rappels envoyés", "reminders_sent", Action.READ_TRACE),
            Page("Journal", "journal", Action.READ_TRACE),
        ),
    ),
    Section(
        "Installation",
        (
            Page("Préfectures", "prefectures", is_for_administrators=True),
            Page("Administrateurs", "administrators", is_for_administrators=True),
            Page("État", "installation_state", is_for_administrators=True),
            Page("Journal", "installation_journal", is_for_administrators=True),
        ),
    ),
)


def _subjects(request: AgentRequest, access: Access | None) -> list[Subject]:
    """The subjects of which the agent may open a page, each with those pages. The one page that is current
    is the deepest that the address is below: a subject may hold a page of another's folder."""
    opened = {section.label: _addresses(request, section, access) for section in SUBJECTS}
    below = [url for pages in opened.values() for _, url in pages if request.path.startswith(url)]
    deepest = max(below, key=len, default="")
    return [
        Subject(
            label,
            tuple(
                Entry(name, url, _current(request.path, url) if url == deepest else "") for name, url in pages
            ),
        )
        for label, pages in opened.items()
        if pages
    ]


def _addresses(request: AgentRequest, section: Section, access: Access | None) -> list[tuple[str, str]]:
    """Those of the pages that the agent may open, each after its label."""
    is_administrator = holdings(request).is_administrator
    found = []
    for page in section.pages:
        if page.action is None:
            if is_administrator or not page.is_for_administrators:
                found.append((page.label, reverse(page.route)))
        elif access and access.may(page.action):
            found.append((page.label, reverse(page.route, args=[access.prefecture.slug])))
    return found


def _current(path: str, url: str) -> str:
    """ "page" on the page itself, "true" on the pages below it; everything is below the home."""
    if path == url:
        return "page"
    return "true" if path.startswith(url) and url != reverse("home") else ""
