"""When figures are not followed, by decision: the home of what is written of it."""

import datetime
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet

from indicators.models import Measurement, Suspension
from indicators.signing import sign, version_of
from referentiel.models import Indicator
from sites import files, inspection
from sites.attachments import LARGEST, too_large
from sites.conflicts import ConflictError, RefusedError
from sites.models import Agent, Prefecture, Service, Site, Unit


def over(prefecture: Prefecture, first: datetime.date, last: datetime.date) -> list[Suspension]:
    """The suspensions of some months, with what tells their scope: one query where they are the préfecture's,
    a few more, however many they are, where some are of a part of it."""
    found = Suspension.objects.over(first, last).filter(prefecture=prefecture)
    scopes = "unit", "site__unit", "site__services", "service__unit", "indicator__engagement"
    return list(found.prefetch_related(*scopes))


def without(rows: QuerySet[Measurement], suspensions: list[Suspension]) -> QuerySet[Measurement]:
    """The rows that count though these suspensions hold."""
    if not suspensions:
        return rows
    held = Q()
    for suspension in suspensions:
        held |= suspension.rows
    return rows.exclude(held)


def holding(
    suspensions: Iterable[Suspension], *, unit: int, service: int, indicator: int, month: datetime.date
) -> Suspension | None:
    """The first that relieves a service of an indicator in a month."""
    where = {"unit": unit, "service": service, "indicator": indicator}
    return next((one for one in suspensions if one.holds(**where, month=month)), None)


# --- Writes ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Terms:
    """What a decision says: which months, and of what; without a place, of the whole préfecture."""

    first_month: datetime.date
    last_month: datetime.date | None
    reason: str
    decided_on: datetime.date | None = None
    place: Unit | Site | Service | None = None
    indicator: Indicator | None = None

    @property
    def fields(self) -> Mapping[str, Any]:
        return {
            "first_month": self.first_month,
            "last_month": self.last_month,
            "reason": self.reason,
            "decided_on": self.decided_on,
            "unit": self.place if isinstance(self.place, Unit) else None,
            "site": self.place if isinstance(self.place, Site) else None,
            "service": self.place if isinstance(self.place, Service) else None,
            "indicator": self.indicator,
        }


def left_out(prefecture: Prefecture, terms: Terms) -> int:
    """How many figures were entered for the months of a decision, and would count in no result."""
    rows = Measurement.objects.filter(prefecture=prefecture)
    return rows.filter(Suspension(prefecture=prefecture, **terms.fields).rows).count()


def version(suspension: Suspension) -> int:
    return version_of(Suspension.history.filter(id=suspension.pk))


@transaction.atomic
def decide(prefecture: Prefecture, terms: Terms, *, by: Agent) -> Suspension:
    prefecture.lock()
    return _save(Suspension(prefecture=prefecture, **terms.fields), "", by)


def change(suspension: Suspension, terms: Terms, why: str, *, seen: int, by: Agent) -> Suspension:
    """Have it hold for other months, or for something else, and say why."""
    if not why:
        raise RefusedError("Indiquer pourquoi la suspension est modifiée.")
    with _held(suspension, seen) as held:
        for name, value in terms.fields.items():
            setattr(held, name, value)
        return _save(held, why, by)


def lift(suspension: Suspension, why: str, *, seen: int, by: Agent) -> None:
    """As if it had never been decided: its months are awaited again, and their figures count."""
    if not why:
        raise RefusedError("Indiquer pourquoi la suspension est levée.")
    with _held(suspension, seen) as held:
        sign(held, by, why).delete()
        if held.stored_as:
            transaction.on_commit(lambda: files.remove(held.stored_as))


def attach(suspension: Suspension, name: str, body: bytes, *, seen: int, by: Agent) -> Suspension:
    """Keep the PDF of the decision, in the place of the one that is there."""
    if len(body) > LARGEST:
        raise RefusedError(too_large())
    try:
        inspection.inspect(body)
    except inspection.UnsafeError as error:
        raise RefusedError(str(error)) from error
    stored = f"suspensions/{suspension.prefecture.slug}/{secrets.token_hex(16)}.pdf"
    sha256 = files.keep(stored, body)
    try:
        with _held(suspension, seen) as held:
            former = held.stored_as
            held.document_name, held.stored_as, held.sha256 = name, stored, sha256
            _save(held, "", by)
            if former:
                transaction.on_commit(lambda: files.remove(former))
    except BaseException:
        files.remove(stored)
        raise
    return held


@contextmanager
def _held(suspension: Suspension, seen: int) -> Iterator[Suspension]:
    """The row as it stands, where nobody wrote it since it was read in the version `seen`."""
    with transaction.atomic():
        suspension.prefecture.lock()
        held = Suspension.objects.select_related("prefecture").filter(pk=suspension.pk).first()
        if held is None or version(held) != seen:
            raise ConflictError(held, version(suspension))
        yield held


def _save(suspension: Suspension, why: str, by: Agent) -> Suspension:
    try:
        suspension.full_clean()
    except ValidationError as error:
        raise RefusedError(" ".join(error.messages)) from error
    sign(suspension, by, why).save()
    return suspension
