"""What agents report that does not work: every write to it.

It is reported, corrected, taken up, closed with what was done or why nothing is, reopened. Each is one
transaction, with who did it in its history. Who read another version than the one that stands is told.
"""

import datetime
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from complaints.models import Malfunction
from sheets.words import french_day
from sites import attachments, files
from sites.conflicts import ConflictError, RefusedError
from sites.models import Agent, Prefecture, Service, Site, Unit

State = Malfunction.State


@dataclass(frozen=True)
class Description:
    """What is said of a malfunction. A service belongs to the unit, a site too."""

    noticed_on: datetime.date
    subject: str
    unit: Unit
    service: Service | None = None
    site: Site | None = None
    text: str = ""


def report(
    prefecture: Prefecture, said: Description, *, by: Agent, on: datetime.date, body: bytes = b""
) -> Malfunction:
    """Number and keep it, with the bytes of a photo or of a document if there is one; the same one, sent
    twice, is kept once, with the file that came last."""
    with _keeping(prefecture, body) as file, transaction.atomic():
        prefecture.lock()
        own = Malfunction.objects.filter(prefecture=prefecture)
        if twice := own.new().filter(**vars(said), reported_by=by).first():
            return _save(twice, by) if _refile(twice, file) else twice
        malfunction = Malfunction(prefecture=prefecture, year=on.year, reported_by=by)
        last = own.filter(year=on.year).aggregate(last=Max("number"))["last"]
        malfunction.number = (last or 0) + 1
        _describe(malfunction, said, on)
        vars(malfunction).update(file)
        return _save(malfunction, by)


def correct(
    malfunction: Malfunction,
    said: Description,
    *,
    seen: int,
    by: Agent,
    on: datetime.date,
    body: bytes = b"",
) -> Malfunction:
    """Correct what was reported, or where; a file takes the place of the one that is kept. The same words
    and the same file again change nothing, whoever wrote them."""
    with _keeping(malfunction.prefecture, body) as file, _held(malfunction) as held:
        is_other = _refile(held, file)
        if not is_other and _says(held, vars(said)):
            return held
        _check_seen(held, seen)
        _check_open(held)
        _describe(held, said, on)
        return _save(held, by)


def take(
    malfunction: Malfunction, *, seen: int, by: Agent, on: datetime.date, answer: str = ""
) -> Malfunction:
    """Say that somebody deals with it, and what is being done if that is known."""
    return _move(malfunction, _check_new, seen=seen, by=by, state=State.TAKEN, answer=answer)


def close(
    malfunction: Malfunction, *, state: str, answer: str, seen: int, by: Agent, on: datetime.date
) -> Malfunction:
    """Say what was done, or why nothing is."""
    if state not in Malfunction.CLOSED:
        raise RefusedError("Choisir si le dysfonctionnement est résolu ou reste sans suite.")
    if not answer:
        raise RefusedError("Écrire ce qui a été fait, ou pourquoi rien ne l’est.")
    return _move(malfunction, _check_open, seen=seen, by=by, state=state, answer=answer, closed_on=on)


def reopen(malfunction: Malfunction, *, answer: str, seen: int, by: Agent, on: datetime.date) -> Malfunction:
    """Take up again what was closed, and say why: the former answer stays in the history."""
    if not answer:
        raise RefusedError("Dire pourquoi le dysfonctionnement est rouvert.")
    columns = {"state": State.TAKEN, "answer": answer, "closed_on": None}
    return _move(malfunction, _check_closed, seen=seen, by=by, **columns)


def _move(
    malfunction: Malfunction, check: Callable[[Malfunction], None], *, seen: int, by: Agent, **columns: Any
) -> Malfunction:
    """Write what a step changes. Its button pressed twice, by one agent on one page, takes it once."""
    with _held(malfunction) as held:
        if held.version == seen + 1 and _says(held, columns) and held.history.first().history_user == by:
            return held
        _check_seen(held, seen)
        check(held)
        vars(held).update(columns)
        return _save(held, by)


@contextmanager
def _keeping(prefecture: Prefecture, body: bytes) -> Iterator[dict[str, str]]:
    """The columns of a file, which goes where its row does not land."""
    if not body:
        yield {}
        return
    try:
        with attachments.kept(body, f"dysfonctionnements/{prefecture.slug}") as (name, sha256):
            yield {"file_name": name, "file_sha256": sha256}
    except attachments.UnsafeError as error:
        raise RefusedError(str(error)) from error


@contextmanager
def _held(malfunction: Malfunction) -> Iterator[Malfunction]:
    """The row as it stands, which nobody else writes meanwhile."""
    with transaction.atomic():
        rows = Malfunction.objects.select_for_update(of=("self",)).select_related("prefecture")
        yield rows.get(pk=malfunction.pk)


def _says(malfunction: Malfunction, columns: Mapping[str, Any]) -> bool:
    return all(getattr(malfunction, name) == value for name, value in columns.items())


def _refile(malfunction: Malfunction, file: dict[str, str]) -> bool:
    """Have a file take the place of the one that is kept; whether it is another one."""
    if not file:
        return False
    former = malfunction.file_name
    if file["file_sha256"] == malfunction.file_sha256:
        files.remove(file["file_name"])
        return False
    if former:
        transaction.on_commit(lambda: files.remove(former))
    vars(malfunction).update(file)
    return True


def _check_seen(malfunction: Malfunction, seen: int) -> None:
    if malfunction.version != seen:
        raise ConflictError(malfunction)


def _check_new(malfunction: Malfunction) -> None:
    if malfunction.state != State.NEW:
        raise RefusedError(f"Ce dysfonctionnement est déjà {malfunction.get_state_display()}.")


def _check_closed(malfunction: Malfunction) -> None:
    if malfunction.is_open:
        raise RefusedError("Ce dysfonctionnement n’est pas clos.")


def _check_open(malfunction: Malfunction) -> None:
    if not malfunction.is_open:
        raise RefusedError(
            f"Ce dysfonctionnement est clos ({malfunction.get_state_display()})\xa0: le rouvrir d’abord."
        )


def _describe(malfunction: Malfunction, said: Description, on: datetime.date) -> None:
    if said.noticed_on > on:
        raise RefusedError(f"Le {french_day(said.noticed_on)} est à venir\xa0: donner le jour du constat.")
    if said.unit.prefecture_id != malfunction.prefecture_id:
        raise RefusedError(f"«\xa0{said.unit}\xa0» n’appartient pas à {malfunction.prefecture}.")
    for place in (said.service, said.site):
        if place and place.unit_id != said.unit.pk:
            raise RefusedError(f"«\xa0{place.name}\xa0» n’appartient pas à {said.unit}.")
    for name, value in vars(said).items():
        setattr(malfunction, name, value)


def _save(malfunction: Malfunction, by: Agent) -> Malfunction:
    if malfunction.pk:
        malfunction.version += 1
    try:
        malfunction.full_clean()
    except ValidationError as error:
        raise RefusedError(" ".join(error.messages)) from error
    vars(malfunction).update(_history_user=by)
    malfunction.save()
    return malfunction
