"""Every write to the organisation of a préfecture: its sheet, units, sites, services and closures.

One writer at a time in a préfecture, so that what was checked still holds when it is written. What is refused
is a `ValidationError`, a sentence beside the field it speaks of; what somebody else changed since it was read
(`seen`, a `version_of`) is a `ConflictError`. A service is renamed by `rename`, with the day; a slip in its
name of today is mended by `correct`, which leaves no former name.
"""

import datetime
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias, TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.text import slugify

from sites.conflicts import ConflictError
from sites.models import Closure, Designation, Prefecture, Service, ServiceQuerySet, Site, Unit
from sites.workdays import zone_of

Row: TypeAlias = Prefecture | Unit | Site | Service | Closure
AnyRow = TypeVar("AnyRow", Prefecture, Unit, Site, Service, Closure)

TIME_ZONE_OF = {
    "metropole": "Europe/Paris",
    "alsace-moselle": "Europe/Paris",
    "guadeloupe": "America/Guadeloupe",
    "guyane": "America/Cayenne",
    "martinique": "America/Martinique",
    "mayotte": "Indian/Mayotte",
    "la-reunion": "Indian/Reunion",
    "nouvelle-caledonie": "Pacific/Noumea",
    "polynesie-francaise": "Pacific/Tahiti",
    "saint-barthelemy": "America/St_Barthelemy",
    "saint-martin": "America/Marigot",
    "saint-pierre-et-miquelon": "America/Miquelon",
    "wallis-et-futuna": "Pacific/Wallis",
}


class State(NamedTuple):
    """What may change of a service from one day to the next."""

    name: str
    short_name: str
    parent: Service | None
    sites: frozenset[Site]

    @classmethod
    def of(cls, held: Service | Designation) -> "State":
        return cls(held.name, held.short_name, held.parent, frozenset(held.sites.all()))


def prefecture_of(row: Row) -> Prefecture:
    match row:
        case Prefecture():
            return row
        case Site() | Service():
            return row.unit.prefecture
    return row.prefecture


def version_of(row: Row) -> str:
    """What a form keeps in a hidden field: it changes with each write to the row, a service's designations
    included. Empty for a row that is not saved yet."""
    return ".".join(str(change.history_id) for change in _newest_changes(row)) if row.pk else ""


def last_change(row: Row) -> Any:
    """The newest line of the history of a row: who wrote it, and when."""
    return max(_newest_changes(row), key=lambda change: change.history_date)


def _newest_changes(row: Row) -> list[Any]:
    newest = [row.history.first()]
    if isinstance(row, Service):
        newest.append(Designation.history.filter(service=row).first())
    return [change for change in newest if change]


# --- The préfecture, its units, its sites, its closures ----------------------------------------------------


def propose(prefecture: Prefecture) -> None:
    """Fill in what was left empty: the zone from the code, the clock from the zone, the address from the
    name of the territory."""
    prefecture.zone = prefecture.zone or zone_of(prefecture.code)
    prefecture.time_zone = prefecture.time_zone or TIME_ZONE_OF[prefecture.zone]
    prefecture.slug = prefecture.slug or slugify(prefecture.territory)


def may_move(prefecture: Prefecture) -> bool:
    """Whether its address may change: not once it has published something, that people have bookmarked."""
    published = (prefecture.bilans, prefecture.documents)
    return not any(rows.filter(published_at__isnull=False).exists() for rows in published)


def save(row: AnyRow, *, seen: str = "") -> AnyRow:
    """Keep a new row, or what was changed in one that was read in the version `seen`."""
    is_new = row.pk is None
    try:
        with _organising(prefecture_of(row)):
            stored = None if is_new else _as_read(row, seen)
            match row:
                case Prefecture():
                    _refuse_a_move(row, stored)
                case Unit() if isinstance(stored, Unit) and stored.name not in (row.name, *row.aliases):
                    row.aliases = [*row.aliases, stored.name]  # old documents go on saying it
                case Closure():
                    _refuse_an_overlap(row)
            row.full_clean()
            row.save()
    except IntegrityError:  # a préfecture that somebody created in the same instant: nothing was locked
        if is_new:
            row.pk = None
        row.full_clean()
        raise
    return row


def remove(row: Unit | Site | Service | Closure) -> None:
    """Delete a row to which nothing points."""
    with _organising(prefecture_of(row)):
        if held := held_by(row):
            raise ValidationError(f"Suppression impossible\xa0: {', '.join(held)} en dépendent.")
        row.delete()


def held_by(row: Unit | Site | Service | Closure) -> list[str]:
    """What points to a row and forbids its deletion: « 3 affectations »."""
    words = []
    for relation in row._meta.related_objects:
        if relation.get_accessor_name() == "designations" and isinstance(row, Service):
            continue  # its own past goes with it
        count = relation.related_model._default_manager.filter(**{relation.field.name: row}).count()
        if count:
            names = relation.related_model._meta
            words.append(f"{count} {names.verbose_name if count == 1 else names.verbose_name_plural}")
    return words


def _refuse_a_move(prefecture: Prefecture, stored: Row | None) -> None:
    if isinstance(stored, Prefecture) and stored.slug != prefecture.slug and not may_move(stored):
        raise ValidationError(
            {"slug": "La préfecture a déjà publié sous son adresse, qui ne peut donc plus changer."}
        )


def _refuse_an_overlap(closure: Closure) -> None:
    same_place = Closure.objects.filter(prefecture=closure.prefecture, site=closure.site)
    if not (closure.starts_on and closure.ends_on):
        return
    other = same_place.exclude(pk=closure.pk).filter(
        starts_on__lte=closure.ends_on, ends_on__gte=closure.starts_on
    )
    if found := other.first():
        raise ValidationError(
            f"La fermeture «\xa0{found.reason}\xa0», du {found.starts_on:%d/%m/%Y} au "
            f"{found.ends_on:%d/%m/%Y}, couvre déjà une partie de ces jours."
        )


# --- Services ----------------------------------------------------------------------------------------------


def add_service(service: Service, *, sites: Collection[Site], today: datetime.date) -> Service:
    with _organising(prefecture_of(service)):
        state = State(service.name, service.short_name, service.parent, frozenset(sites))
        _check(service, state, since=today)
        service.full_clean()
        service.save()
        service.sites.set(sites)
    return service


def correct(service: Service, state: State, *, seen: str, today: datetime.date) -> Service:
    """Mend a slip in what a service is called today: it was never called otherwise."""
    with _organising(prefecture_of(service)):
        held = _as_read(service, seen)
        _check(held, state, since=today)
        in_force_today = held.on(today)
        if isinstance(in_force_today, Designation):
            _write(in_force_today, state)
        _write(held, state)
    return held


def rename(service: Service, state: State, *, on: datetime.date, seen: str, today: datetime.date) -> Service:
    """From a day on, the service has another name, parent or place. A day to come waits for `take_effect`."""
    with _organising(prefecture_of(service)):
        held = _as_read(service, seen)
        if State.of(held.on(on)) == state:
            raise ValidationError("Rien ne change\xa0: le service porte déjà ce nom, à cette place.")
        if held.ends_on and on > held.ends_on:
            raise ValidationError({"starts_on": f"Le service prend fin le {held.ends_on:%d/%m/%Y}."})
        _check(held, state, since=on)
        change = Designation(service=held, starts_on=on)
        if not held.designations.exists():
            _write(Designation(service=held), State.of(held))
        _write(change, state)
        _apply(held, today)
    return held


def cancel(change: Designation, *, seen: str, today: datetime.date) -> Service:
    """Forget a change of a service, as if it had not been: to come, or written with the wrong day."""
    with _organising(change.service.unit.prefecture):
        held = _as_read(change.service, seen)
        if change.starts_on is None:
            raise ValidationError("La première désignation d’un service ne s’annule pas.")
        before = held.on(change.starts_on - datetime.timedelta(days=1))
        _check(held, State.of(before), since=change.starts_on)
        change.delete()
        _apply(held, today)
    return held


def end(service: Service, *, on: datetime.date | None, seen: str) -> Service:
    """The last day of a service; None gives it back an open end."""
    with _organising(prefecture_of(service)):
        held = _as_read(service, seen)
        if on:
            if held.designations.filter(starts_on__gt=on).exists():
                raise ValidationError(
                    {"ends_on": "Un changement est prévu après ce jour\xa0: l’annuler d’abord."}
                )
            eve = on + datetime.timedelta(days=1)
            others = _services(prefecture_of(held)).open_on(eve).exclude(pk=held.pk)
            if left := [other.short_name for other in others if held in _parents(other, since=eve)]:
                raise ValidationError(
                    {"ends_on": f"Rattacher d’abord ailleurs, ou terminer\xa0: {', '.join(left)}."}
                )
        held.ends_on = on
        held.full_clean()
        held.save()
    return held


@dataclass(frozen=True)
class Span:
    """What a service is called and where it is, between two days; an empty day is open."""

    held: Service | Designation
    starts_on: datetime.date | None
    ends_on: datetime.date | None
    is_current: bool


def spans(service: Service, today: datetime.date) -> list[Span]:
    """The whole life of a service, the latest state first; one span if it never changed."""
    changes = service.designations.select_related("parent").prefetch_related("sites")
    states: list[Service | Designation] = [*changes] or [service]
    starts = [getattr(held, "starts_on", None) for held in states]
    ends = [start and start - datetime.timedelta(days=1) for start in starts[1:]] + [service.ends_on]
    current = service.on(today)
    return [
        Span(held, start, last, held == current)
        for held, start, last in zip(reversed(states), reversed(starts), reversed(ends), strict=True)
    ]


@dataclass
class Effects:
    """The services that took their new designation, and why others could not."""

    changed: list[Service] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def take_effect(prefecture: Prefecture, today: datetime.date) -> Effects:
    """Bring each service in line with its designation of the day. Safe to run twice; a missed night is caught
    up. Services that exchange a sigle wait for each other."""
    effects = Effects()
    with _organising(prefecture):
        waiting = list(_services(prefecture).exclude(designations=None))
        while waiting:
            blocked = []
            for service in waiting:
                try:
                    if _apply(service, today):
                        effects.changed.append(service)
                except ValidationError as error:
                    blocked.append((service, error))
            if len(blocked) == len(waiting):
                effects.refused += [f"{service}\xa0: {' '.join(why.messages)}" for service, why in blocked]
                break
            waiting = [type(service).objects.get(pk=service.pk) for service, _ in blocked]
    return effects


def _apply(service: Service, today: datetime.date) -> bool:
    """Write what the designation of the day says into the service, if it says something else."""
    state = State.of(service.on(today))
    if state == State.of(service):
        return False
    _write(service, state)
    return True


def _write(held: Service | Designation, state: State) -> None:
    held.name, held.short_name, held.parent = state.name, state.short_name, state.parent
    held.full_clean()
    held.save()
    held.sites.set(state.sites)


def _check(service: Service, state: State, *, since: datetime.date) -> None:
    """Refuse a place outside the préfecture, a loop, or a sigle that another service has on such a day."""
    prefecture = prefecture_of(service)
    others = list(_services(prefecture).exclude(pk=service.pk))
    if state.parent and state.parent.unit.prefecture_id != prefecture.pk:
        raise ValidationError({"parent": "Ce service est d’une autre préfecture."})
    if any(site.unit.prefecture_id != prefecture.pk for site in state.sites):
        raise ValidationError({"sites": "Un de ces sites est d’une autre préfecture."})
    if state.parent and state.parent.ends_on and state.parent.ends_on < since:
        raise ValidationError({"parent": f"Ce service a pris fin le {state.parent.ends_on:%d/%m/%Y}."})
    if service.pk and state.parent and service.pk in _above(state.parent, others, since):
        raise ValidationError({"parent": "Un service ne peut pas être rattaché à un service qui en dépend."})
    for other in others:
        if other.unit_id == service.unit_id and state.short_name in _sigles(other, since):
            raise ValidationError(
                {"short_name": f"Un autre service de l’unité porte ce sigle, ou le portera ({other.name})."}
            )


def _above(service: Service, others: Collection[Service], since: datetime.date) -> set[int]:
    """The services on which a service depends at some time from a day on, itself included."""
    by_pk = {other.pk: other for other in others}
    seen: set[int] = set()
    waiting = [service.pk]
    while waiting:
        pk = waiting.pop()
        if pk not in seen:
            seen.add(pk)
            waiting += [parent.pk for parent in _parents(by_pk[pk], since)] if pk in by_pk else []
    return seen


def _states(service: Service, since: datetime.date) -> list[Service | Designation]:
    """Its states from a day on, those to come included."""
    to_come = [held for held in service.designations.all() if held.starts_on and held.starts_on > since]
    return [service.on(since), *to_come]


def _parents(service: Service, since: datetime.date) -> set[Service]:
    return {held.parent for held in _states(service, since) if held.parent}


def _sigles(service: Service, since: datetime.date) -> set[str]:
    return {held.short_name for held in _states(service, since)}


def _services(prefecture: Prefecture) -> ServiceQuerySet:
    return (
        Service.objects.filter(unit__prefecture=prefecture)
        .select_related("parent", "unit")
        .prefetch_related("designations__parent", "sites")
    )


# --- One writer at a time ----------------------------------------------------------------------------------


@contextmanager
def _organising(prefecture: Prefecture) -> Iterator[None]:
    with transaction.atomic():
        if prefecture.pk:
            prefecture.lock()
        yield


def _as_read(row: AnyRow, seen: str) -> AnyRow:
    """The row as it is stored, if it is still in the version that was read."""
    stored = type(row)._default_manager.filter(pk=row.pk).first()
    if stored is None:
        raise ValidationError("Ceci a été supprimé depuis que vous l’avez ouvert.")
    if (latest := version_of(stored)) != seen:
        raise ConflictError(stored, latest)
    return stored
