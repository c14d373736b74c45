"""The action plan: every write to it, and the targets missed that no action answers.

An action is opened, changed, handed to another owner, begun, done with its proof, or abandoned with a reason;
what is over is reopened with a reason. Each is one transaction, with who did it in the action's history.
"""

import datetime
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.urls import reverse

from improvement.models import SOURCES, Action
from improvement.origins import Origin
from improvement.proofs import Proof, fill, keeping
from indicators import results
from indicators.periods import Period
from indicators.results import Result
from indicators.signing import sign
from referentiel.measures import Verdict
from referentiel.models import Indicator
from sites import agents
from sites.conflicts import ConflictError, RefusedError
from sites.models import Agent, Prefecture, Unit

State = Action.State


@dataclass(frozen=True)
class Missed:
    """A figure that misses its target: what an action may come from."""

    unit: Unit
    indicator: Indicator
    first_month_on: datetime.date
    last_month_on: datetime.date
    sentence: str

    @property
    def columns(self) -> dict[str, Any]:
        return {
            "indicator": self.indicator,
            "unit": self.unit,
            "first_month_on": self.first_month_on,
            "last_month_on": self.last_month_on,
            "origin": self.sentence,
        }


@dataclass(frozen=True)
class Description:
    """What is said of an action. `origin` and `unit` are those of the figure where it comes from one."""

    title: str
    due_on: datetime.date
    description: str = ""
    origin: str = ""
    unit: Unit | None = None


@dataclass(frozen=True)
class Suggestion:
    """A target missed without an action, and where one is opened."""

    sentence: str
    url: str


def open_action(
    prefecture: Prefecture,
    description: Description,
    *,
    owner: Agent,
    by: Agent,
    on: datetime.date,
    source: Missed | Origin | None = None,
) -> Action:
    """Open an action, from what calls for it if anything does; the same one, sent twice, is opened once."""
    if description.due_on < on:
        raise RefusedError("Cette échéance est passée\xa0: choisir aujourd’hui ou un jour à venir.")
    said = dict.fromkeys(SOURCES) | vars(description) | (source.columns if source else {})
    with transaction.atomic():
        prefecture.lock()
        own = Action.objects.filter(prefecture=prefecture)
        if twice := own.open().filter(**said, owner=owner, opened_by=by).first():
            return twice
        _check_owner(owner, prefecture, on)
        action = Action(prefecture=prefecture, owner=owner, opened_by=by, **said)
        action.number = (own.aggregate(last=Max("number"))["last"] or 0) + 1
        return _save(action, by)


def change(action: Action, description: Description, *, seen_version: int, by: Agent) -> Action:
    """Correct what is said of an open action. The same words again change nothing."""
    said = vars(description)
    if action.indicator_id:
        said = {name: value for name, value in said.items() if name not in ("origin", "unit")}
    with transaction.atomic():
        held = _held(action)
        _check_open(held)
        if all(getattr(held, name) == value for name, value in said.items()):
            return held
        if held.version != seen_version:
            raise ConflictError(held)
        for name, value in said.items():
            setattr(held, name, value)
        return _save(held, by)


def hand(action: Action, owner: Agent, *, by: Agent, on: datetime.date, reason: str = "") -> Action:
    """Give an open action to somebody else."""
    with transaction.atomic():
        held = _held(action)
        _check_open(held)
        if held.owner == owner:
            raise RefusedError(f"{owner} est déjà responsable de cette action.")
        _check_owner(owner, held.prefecture, on)
        held.owner = owner
        return _save(held, by, reason)


def start(action: Action, *, by: Agent) -> Action:
    with transaction.atomic():
        held = _held(action)
        _check_open(held)
        if held.state == State.IN_PROGRESS:
            raise RefusedError("Cette action est déjà commencée.")
        held.state = State.IN_PROGRESS
        return _save(held, by)


def finish(action: Action, proof: Proof, *, done_on: datetime.date, by: Agent, on: datetime.date) -> Action:
    """Say that an open action is done, since when, and what shows it."""
    if done_on > on:
        raise RefusedError("Une action est faite aujourd’hui ou un jour passé.")
    with keeping(proof, action.prefecture) as columns, transaction.atomic():
        held = _held(action)
        _check_open(held)
        fill(held, columns)
        if not held.proof and not held.proof_file:
            raise RefusedError("Donner une preuve\xa0: une phrase, un fichier, ou les deux.")
        held.state, held.done_on = State.DONE, done_on
        return _save(held, by)


def abandon(action: Action, *, reason: str, by: Agent) -> Action:
    if not reason:
        raise RefusedError("Indiquer pourquoi l’action est abandonnée.")
    with transaction.atomic():
        held = _held(action)
        _check_open(held)
        held.state, held.abandon_reason = State.ABANDONED, reason
        return _save(held, by, reason)


def reopen(action: Action, *, reason: str, by: Agent) -> Action:
    """Take up again what was done or abandoned. Its proof stays, until another one takes its place."""
    if not reason:
        raise RefusedError("Indiquer pourquoi l’action est rouverte.")
    with transaction.atomic():
        held = _held(action)
        if held.is_open:
            raise RefusedError("Cette action n’est pas terminée\xa0: il n’y a rien à rouvrir.")
        held.state, held.done_on, held.abandon_reason = State.IN_PROGRESS, None, ""
        return _save(held, by, reason)


def missed(result: Result, period: Period) -> Missed | None:
    """The figure of a cell in a period as an action would come from it; None where it misses no target."""
    figure = result.figure
    if result.verdict != Verdict.MISSED or figure is None:
        return None
    counted = (figure.coverage or period.coverage).months
    months = [month for month in period if month.month in counted]
    when = f"{period.label} ({result.months_label})" if result.months_label else period.label
    target = f"objectif {result.target_label} non atteint" if result.target else "objectif non atteint"
    place = f"{result.unit.short_name}, {result.indicator.short_title}, {when}"
    return Missed(
        unit=result.unit,
        indicator=result.indicator,
        first_month_on=months[0],
        last_month_on=months[-1],
        sentence=f"{place}\xa0: {result.shown_label}, {target}",
    )


def suggestions(prefecture: Prefecture, year: int) -> list[Suggestion]:
    """The targets missed in a year that no action answers: one that was abandoned answers nothing."""
    answered = set(
        Action.objects.filter(prefecture=prefecture, first_month_on__year=year, indicator__isnull=False)
        .exclude(state=State.ABANDONED)
        .values_list("unit", "indicator")
    )
    board = results.of_year(prefecture, year)
    found = [missed(result, board.period) for result in board.results]
    new = reverse("action_new", args=[prefecture.slug])
    return [
        Suggestion(one.sentence, f"{new}?periode={year}&unite={one.unit.pk}&indicateur={one.indicator.pk}")
        for one in found
        if one and (one.unit.pk, one.indicator.pk) not in answered
    ]


def _held(action: Action) -> Action:
    return (
        Action.objects.select_for_update(of=("self",)).select_related("prefecture", "owner").get(pk=action.pk)
    )


def _check_open(action: Action) -> None:
    if not action.is_open:
        raise RefusedError(f"Cette action est {action.get_state_display()}\xa0: la rouvrir d’abord.")


def _check_owner(owner: Agent, prefecture: Prefecture, on: datetime.date) -> None:
    if not agents.at_work(prefecture, on).filter(pk=owner.pk).exists():
        raise RefusedError(
            f"{owner} n’est pas agent de la préfecture aujourd’hui\xa0: choisir quelqu’un d’autre."
        )


def _save(action: Action, by: Agent, reason: str = "") -> Action:
    if action.pk:
        action.version += 1
    try:
        action.clean_fields()
        action.validate_constraints()
    except ValidationError as error:
        raise RefusedError(" ".join(error.messages)) from error
    sign(action, by, reason).save()
    return action
