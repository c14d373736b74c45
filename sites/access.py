"""The one place that decides who may do what.

A view enters a préfecture through `enter`: what is not the agent's answers 404, what the agent may only read
answers 403. Rights are read from the memberships of the day at every request: a right withdrawn is gone at
the next click.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.text import capfirst

from sites.models import Agent, Membership, Prefecture, Service, Unit

Role = Membership.Role
VOWELS = "aeéiouy"


class Action(Enum):
    READ = "lire les indicateurs et les bilans publiés"
    READ_DRAFTS = "lire les bilans avant leur publication"
    SIGN = "rédiger, arrêter, publier et retirer un bilan"
    ENTER_FIGURES = "saisir les chiffres du mois"
    WRITE_FIGURES = "importer, valider ou corriger des chiffres"
    PUBLISH = "publier les documents de l’Espace Qualité"
    READ_PLAN = "lire le plan d’actions"
    READ_DUTIES = "lire le calendrier des obligations"
    READ_CASES = "lire les courriers et les réclamations"
    HANDLE_CASES = "enregistrer et traiter les courriers et les réclamations"
    SORT_CASES = "tenir la liste des thèmes des courriers et des réclamations"
    REPORT_MALFUNCTIONS = "signaler un dysfonctionnement"
    READ_MALFUNCTIONS = "lire les dysfonctionnements que d’autres signalent"
    HANDLE_MALFUNCTIONS = "donner suite aux dysfonctionnements"
    MANAGE_PLAN = "tenir le plan d’actions et le calendrier des obligations"
    ADAPT_NORM = "adapter le référentiel et son périmètre à la préfecture"
    ORGANISE = "organiser la préfecture, ses agents et leurs droits"
    READ_TRACE = "lire le journal"


# An administrator of the installation holds no préfecture, and enters each one for what is listed here alone.
ROLES_THAT_MAY = {
    Action.READ: frozenset(Role) - {Role.ADMINISTRATOR},
    Action.READ_DRAFTS: frozenset({Role.QUALITY_MANAGER, Role.DIRECTOR, Role.AUDITOR}),
    Action.SIGN: frozenset({Role.QUALITY_MANAGER}),
    Action.ENTER_FIGURES: frozenset({Role.QUALITY_MANAGER, Role.REFERENT}),
    Action.WRITE_FIGURES: frozenset({Role.QUALITY_MANAGER}),
    Action.PUBLISH: frozenset({Role.QUALITY_MANAGER}),
    Action.READ_PLAN: frozenset({Role.QUALITY_MANAGER, Role.REFERENT, Role.DIRECTOR, Role.AUDITOR}),
    Action.READ_DUTIES: frozenset({Role.QUALITY_MANAGER, Role.DIRECTOR, Role.AUDITOR}),
    Action.READ_CASES: frozenset(
        {Role.QUALITY_MANAGER, Role.REFERENT, Role.AGENT, Role.DIRECTOR, Role.AUDITOR}
    ),
    Action.HANDLE_CASES: frozenset({Role.QUALITY_MANAGER, Role.REFERENT, Role.AGENT}),
    Action.SORT_CASES: frozenset({Role.QUALITY_MANAGER}),
    Action.REPORT_MALFUNCTIONS: frozenset(
        {Role.QUALITY_MANAGER, Role.REFERENT, Role.AGENT, Role.DIRECTOR, Role.COMMUNICATION}
    ),
    Action.READ_MALFUNCTIONS: frozenset(
        {Role.QUALITY_MANAGER, Role.REFERENT, Role.AGENT, Role.DIRECTOR, Role.AUDITOR}
    ),
    Action.HANDLE_MALFUNCTIONS: frozenset({Role.QUALITY_MANAGER}),
    Action.MANAGE_PLAN: frozenset({Role.QUALITY_MANAGER}),
    Action.ADAPT_NORM: frozenset({Role.QUALITY_MANAGER}),
    Action.ORGANISE: frozenset({Role.QUALITY_MANAGER, Role.ADMINISTRATOR}),
    Action.READ_TRACE: frozenset({Role.QUALITY_MANAGER, Role.ADMINISTRATOR}),
}


class NotYoursError(Http404):
    """A préfecture in which the agent holds nothing. It looks like one that does not exist."""

    def __init__(self, slug: str) -> None:
        super().__init__()
        self.slug = slug


class OutOfSightError(Http404):
    """What one does not read, or no longer, whether it exists or not: `str` is a sentence for who writes to
    it, whose text is given back."""


class NotAllowedError(PermissionDenied):
    """What a role does not allow; `about` is its line in the journal."""

    def __init__(self, sentence: str, about: str) -> None:
        super().__init__(sentence)
        self.about = about


class Scope(NamedTuple):
    """A part of a préfecture: services, and units whole."""

    services: set[int]
    units: set[int]

    def covers(self, service: int | None, unit: int | None) -> bool:
        return service in self.services or unit in self.units

    def rows(self, service: str, unit: str) -> Q:
        """Those whose columns of these names are of it."""
        return Q(**{f"{service}__in": self.services}) | Q(**{f"{unit}__in": self.units})


@dataclass(frozen=True)
class Access:
    """What one agent holds in one préfecture, one day."""

    prefecture: Prefecture
    memberships: tuple[Membership, ...]
    on: datetime.date

    def may(self, action: Action) -> bool:
        return any(membership.role in ROLES_THAT_MAY[action] for membership in self.memberships)

    @property
    def may_read_drafts(self) -> bool:
        return self.may(Action.READ_DRAFTS)

    @property
    def may_sign(self) -> bool:
        return self.may(Action.SIGN)

    @property
    def may_enter_figures(self) -> bool:
        return self.may(Action.ENTER_FIGURES)

    @property
    def may_write_figures(self) -> bool:
        return self.may(Action.WRITE_FIGURES)

    @property
    def may_publish(self) -> bool:
        return self.may(Action.PUBLISH)

    @property
    def may_read_plan(self) -> bool:
        return self.may(Action.READ_PLAN)

    @property
    def may_read_duties(self) -> bool:
        return self.may(Action.READ_DUTIES)

    @property
    def may_read_cases(self) -> bool:
        return self.may(Action.READ_CASES)

    @property
    def may_handle_cases(self) -> bool:
        return self.may(Action.HANDLE_CASES)

    @property
    def may_sort_cases(self) -> bool:
        return self.may(Action.SORT_CASES)

    @property
    def may_report_malfunctions(self) -> bool:
        return self.may(Action.REPORT_MALFUNCTIONS)

    @property
    def may_read_malfunctions(self) -> bool:
        return self.may(Action.READ_MALFUNCTIONS)

    @property
    def may_manage_plan(self) -> bool:
        return self.may(Action.MANAGE_PLAN)

    @property
    def may_adapt_norm(self) -> bool:
        return self.may(Action.ADAPT_NORM)

    @property
    def may_organise(self) -> bool:
        return self.may(Action.ORGANISE)

    def refusal(self, what: str) -> NotAllowedError:
        """That no role of the agent allows what is said as « signer un bilan »."""
        of = "d’" if what[0] in VOWELS else "de "
        return NotAllowedError(f"Votre rôle ({self.role_label}) ne permet pas {of}{what}.", capfirst(what))

    @property
    def role_label(self) -> str:
        return ", ".join(dict.fromkeys(membership.get_role_display() for membership in self.memberships))

    @property
    def units(self) -> QuerySet[Unit]:
        """The columns of the board that the agent's memberships cover."""
        units = Unit.objects.filter(prefecture=self.prefecture)
        return units if _is_unscoped(self.memberships) else units.filter(pk__in=_units_of(self.memberships))

    def units_for(self, action: Action) -> set[int] | None:
        """The units for which a role of the agent allows the action; None where it is all of the préfecture,
        what belongs to no unit included."""
        allowing = [held for held in self.memberships if held.role in ROLES_THAT_MAY[action]]
        return None if _is_unscoped(allowing) else _units_of(allowing)

    def services_for(self, action: Action) -> QuerySet[Service]:
        """The services for which a role of the agent allows the action: its own, or all of a unit."""
        found = Service.objects.filter(unit__prefecture=self.prefecture).select_related("unit__prefecture")
        scope = self.scope_for(action)
        return found if scope is None else found.filter(scope.rows("pk", "unit"))

    def scope_for(self, action: Action) -> Scope | None:
        """For which part of the préfecture a role of the agent allows the action; None where it is all of
        it."""
        allowing = [held for held in self.memberships if held.role in ROLES_THAT_MAY[action]]
        if _is_unscoped(allowing):
            return None
        services = {held.service_id for held in allowing if held.service_id}
        return Scope(services, {held.unit_id for held in allowing if held.unit_id})


def _is_unscoped(memberships: Iterable[Membership]) -> bool:
    return any(held.unit_id is None and held.service_id is None for held in memberships)


def _units_of(memberships: Iterable[Membership]) -> set[int]:
    own = [held.service.unit_id if held.service else held.unit_id for held in memberships]
    return {unit for unit in own if unit}


@dataclass(frozen=True)
class Holdings:
    """What one agent holds today in the whole installation; as an administrator, by `administration`."""

    accesses: tuple[Access, ...]
    administration: tuple[Membership, ...]

    @property
    def is_administrator(self) -> bool:
        return bool(self.administration)


class AgentRequest(HttpRequest):
    """A request of somebody signed in, as views inside a préfecture receive it."""

    user: Agent
    access: Access
    holdings: Holdings


def holdings(request: AgentRequest) -> Holdings:
    """The agent's access to each préfecture, each by its own day; kept on the request: one query a page."""
    if not hasattr(request, "holdings"):
        held: dict[Prefecture | None, list[Membership]] = {}
        memberships = Membership.objects.filter(agent=request.user)
        for membership in memberships.select_related("prefecture", "unit", "service__unit"):
            prefecture = membership.prefecture
            today = prefecture.today() if prefecture else timezone.localdate()
            if membership.is_in_force(today):
                held.setdefault(prefecture, []).append(membership)
        administration = tuple(held.pop(None, []))
        accesses = tuple(Access(key, tuple(own), key.today()) for key, own in held.items() if key)
        request.holdings = Holdings(accesses, administration)
    return request.holdings


def access_of(agent: Agent, prefecture: Prefecture) -> Access:
    """What an agent holds today in a préfecture, for what is done without a page."""
    today = prefecture.today()
    rows = Membership.objects.filter(agent=agent, prefecture=prefecture).select_related("unit", "service")
    return Access(prefecture, tuple(one for one in rows if one.is_in_force(today)), today)


def enter(request: AgentRequest, slug: str, action: Action = Action.READ) -> Access:
    """The agent's access to a préfecture for an action; kept on the request for the page's header.

    Raises Http404 for a préfecture in which the agent holds nothing, whether it exists or not, and
    PermissionDenied where a role allows other things but not this one.
    """
    held = holdings(request)
    access = next((one for one in held.accesses if one.prefecture.slug == slug), None)
    if held.is_administrator and Role.ADMINISTRATOR in ROLES_THAT_MAY[action]:
        prefecture = get_object_or_404(Prefecture, slug=slug)
        own = access.memberships if access else ()
        access = Access(prefecture, own + held.administration, prefecture.today())
    if access is None:
        raise NotYoursError(slug)
    request.access = access
    if not access.may(action):
        raise access.refusal(action.value)
    return access


def administer(request: AgentRequest) -> None:
    """Let nobody but an administrator of the installation go on: PermissionDenied."""
    if not holdings(request).is_administrator:
        sentence = "Cette page est réservée à l’administrateur de l’installation."
        raise NotAllowedError(sentence, about="Administrer l’installation")
