"""The duties that come back: every write to them. What is due next follows from the last time it was done."""

import datetime
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from improvement.models import Duty, DutyDone
from improvement.proofs import Proof, keeping
from improvement.recurrence import after
from indicators.signing import sign
from referentiel.models import Certainty
from sheets.words import typeset
from sites import agents, files
from sites.conflicts import ConflictError, RefusedError
from sites.models import Agent, Prefecture

USUAL = Path(__file__).parent / "usual_duties.toml"


@dataclass(frozen=True)
class Description:
    """What is said of a duty; `first_due_on` counts until it has been done once."""

    title: str
    months: int
    first_due_on: datetime.date
    source: str = ""
    certainty: Certainty = Certainty.UNKNOWN
    responsible: Agent | None = None
    is_active: bool = True


def usual() -> list[dict[str, Any]]:
    """The duties of the usual calendar: key, title, months, source, certainty."""
    rows: list[dict[str, Any]] = tomllib.loads(USUAL.read_text("utf-8"))["duty"]
    return [row | {name: typeset(row[name]) for name in ("title", "source")} for row in rows]


def missing(prefecture: Prefecture) -> list[dict[str, Any]]:
    """What the calendar of a préfecture lacks of the usual one."""
    known = set(Duty.objects.filter(prefecture=prefecture).values_list("key", flat=True))
    return [row for row in usual() if row["key"] not in known]


def create_usual(prefecture: Prefecture, *, by: Agent, on: datetime.date) -> list[Duty]:
    """Add what the calendar lacks of the usual one, each first due after one of its periods. Twice, it adds
    nothing more."""
    with transaction.atomic():
        prefecture.lock()
        return [
            _save(Duty(prefecture=prefecture, first_due_on=after(on, row["months"]), **row), by)
            for row in missing(prefecture)
        ]


def add(prefecture: Prefecture, description: Description, *, by: Agent, on: datetime.date) -> Duty:
    """A duty of the préfecture's own; the same one, sent twice, is added once."""
    said = vars(description)
    with transaction.atomic():
        prefecture.lock()
        if twice := Duty.objects.filter(prefecture=prefecture, **said).first():
            return twice
        _check_responsible(description.responsible, prefecture, on)
        return _save(Duty(prefecture=prefecture, **said), by)


def change(duty: Duty, description: Description, *, seen_version: int, by: Agent, on: datetime.date) -> Duty:
    """Correct a duty, or put it aside. The same words again change nothing."""
    with transaction.atomic():
        held = _held(duty)
        said = vars(description)
        if all(getattr(held, name) == value for name, value in said.items()):
            return held
        if held.version != seen_version:
            raise ConflictError(held)
        if description.responsible != held.responsible:
            _check_responsible(description.responsible, held.prefecture, on)
        for name, value in said.items():
            setattr(held, name, value)
        return _save(held, by)


def do(
    duty: Duty, proof: Proof, *, done_on: datetime.date, by: Agent, on: datetime.date, remark: str = ""
) -> DutyDone:
    """Note a time that a duty was done."""
    if done_on > on:
        raise RefusedError("Une obligation est faite aujourd’hui ou un jour passé.")
    with keeping(proof, duty.prefecture) as columns, transaction.atomic():
        held = _held(duty)
        if held.times.filter(done_on=done_on).exists():
            raise RefusedError(
                f"Cette obligation est déjà notée comme faite le {done_on:%d/%m/%Y}\xa0: "
                "retirer d’abord cette ligne de son historique."
            )
        done = DutyDone(duty=held, done_on=done_on, done_by=by, remark=remark, **columns)
        sign(done, by).save()
        _renew(held)
    return done


def undo(done: DutyDone, *, reason: str, by: Agent) -> None:
    """Take back a time that was noted by mistake, with its file."""
    if not reason:
        raise RefusedError("Indiquer pourquoi cette ligne est retirée.")
    with transaction.atomic():
        held = _held(done.duty)
        noted = held.times.filter(pk=done.pk).first()
        if noted is None:
            raise RefusedError("Cette ligne est déjà retirée.")
        if name := noted.proof_file:
            transaction.on_commit(lambda: files.remove(name))
        sign(noted, by, reason).delete()
        _renew(held)


def _held(duty: Duty) -> Duty:
    rows = Duty.objects.select_for_update(of=("self",)).select_related("prefecture", "responsible")
    return rows.get(pk=duty.pk)


def _check_responsible(agent: Agent | None, prefecture: Prefecture, on: datetime.date) -> None:
    if agent and not agents.at_work(prefecture, on).filter(pk=agent.pk).exists():
        raise RefusedError(
            f"{agent} n’est pas agent de la préfecture aujourd’hui\xa0: choisir quelqu’un d’autre."
        )


def _save(duty: Duty, by: Agent) -> Duty:
    duty.due_on = _next(duty)
    if duty.pk:
        duty.version += 1
    try:
        duty.clean_fields()
        duty.validate_constraints()
    except ValidationError as error:
        raise RefusedError(" ".join(error.messages)) from error
    sign(duty, by).save()
    return duty


def _renew(duty: Duty) -> None:
    """After a time that it was done, or was not after all: nothing that somebody wrote of it has changed."""
    duty.due_on = _next(duty)
    duty.save(update_fields=["due_on"])


def _next(duty: Duty) -> datetime.date:
    last = duty.times.aggregate(last=Max("done_on"))["last"] if duty.pk else None
    return after(last, duty.months) if last else duty.first_due_on
