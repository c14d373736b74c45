"""The organisation of a préfecture at a glance, and what it lacks."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.urls import reverse

from sites.access import Access
from sites.models import Membership, Prefecture, Service, Site, Unit, in_force


@dataclass(frozen=True)
class Branch:
    """A service in the tree of its unit."""

    service: Service
    referents: list[str]
    children: list["Branch"]
    is_elsewhere: bool
    """It belongs to a service of another unit."""


@dataclass
class Column:
    """A unit with all that stands in it."""

    unit: Unit
    sites: list[Site] = field(default_factory=list)
    tree: list[Branch] = field(default_factory=list)
    referents: list[str] = field(default_factory=list)
    """Those of the unit itself."""

    @property
    def has_referent(self) -> bool:
        return bool(self.referents) or any(_has_referent(branch) for branch in self.tree)


@dataclass(frozen=True)
class Lack:
    """Something missing, and the page where it is mended, if the agent's role leads there."""

    sentence: str
    action: str
    url: str


@dataclass(frozen=True)
class Overview:
    prefecture: Prefecture
    columns: list[Column]
    managers: list[str]


def of(access: Access) -> Overview:
    """By as many queries whatever the size of the préfecture."""
    prefecture, on = access.prefecture, access.on
    memberships = list(
        Membership.objects.filter(
            in_force(on),
            prefecture=prefecture,
            role__in=[Membership.Role.REFERENT, Membership.Role.QUALITY_MANAGER],
            agent__is_active=True,
        )
        .select_related("agent")
        .order_by("is_deputy", "agent__full_name")
    )
    referents = [held for held in memberships if held.role == Membership.Role.REFERENT]
    services = list(
        Service.objects.filter(unit__prefecture=prefecture)
        .open_on(on)
        .select_related("unit", "parent")
        .prefetch_related("sites")
    )
    columns = [
        Column(
            unit,
            sites=list(unit.sites.all()),
            tree=_tree(unit, services, referents),
            referents=[_named(held) for held in referents if held.unit_id == unit.pk],
        )
        for unit in prefecture.units.prefetch_related("sites")
    ]
    managers = [_named(held) for held in memberships if held.role == Membership.Role.QUALITY_MANAGER]
    return Overview(prefecture, columns, managers)


def _tree(unit: Unit, services: list[Service], referents: list[Membership]) -> list[Branch]:
    own = [service for service in services if service.unit_id == unit.pk]
    inside = {service.pk for service in own}

    def branches(of: list[Service]) -> list[Branch]:
        return [
            Branch(
                service,
                referents=[_named(held) for held in referents if held.service_id == service.pk],
                children=branches([one for one in own if one.parent_id == service.pk]),
                is_elsewhere=service.parent_id is not None and service.parent_id not in inside,
            )
            for service in of
        ]

    return branches([service for service in own if service.parent_id not in inside])


def _named(held: Membership) -> str:
    return f"{held.shown_name} (suppléant)" if held.is_deputy else held.shown_name


def _has_referent(branch: Branch) -> bool:
    return bool(branch.referents) or any(_has_referent(child) for child in branch.children)


def missing(access: Access, overview: Overview) -> Iterator[Lack]:
    """What a préfecture needs before it can begin."""
    slug = access.prefecture.slug
    kinds = {column.unit.kind for column in overview.columns}
    invite, add_unit = reverse("agent_invite", args=[slug]), reverse("unit_new", args=[slug])
    if not overview.managers:
        yield Lack("Aucun responsable qualité.", "Inviter un agent", invite)
    if Unit.Kind.HEADQUARTERS not in kinds:
        yield Lack("Aucun siège.", "Ajouter une unité", add_unit)
    if Unit.Kind.SUBPREFECTURE not in kinds:
        yield Lack("Aucune sous-préfecture, si le territoire en a.", "Ajouter une unité", add_unit)
    for column in overview.columns:
        name, here = column.unit.name, f"?unite={column.unit.pk}"
        if not column.sites:
            url = reverse("site_new", args=[slug]) + here
            yield Lack(f"{name}\xa0: aucun site qui reçoit le public.", "Ajouter un site", url)
        if not column.tree:
            url = reverse("service_new", args=[slug]) + here
            yield Lack(f"{name}\xa0: aucun service.", "Ajouter un service", url)
        if not column.has_referent:
            yield Lack(f"{name}\xa0: aucun référent qualité.", "Inviter un agent", invite)
    if not access.prefecture.adoptions.exists():
        url = reverse("followed", args=[slug]) if access.may_adapt_norm else ""
        yield Lack("Aucun référentiel suivi.", "Choisir un référentiel", url)
