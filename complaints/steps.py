"""What may be done with a case: for each step its words, its form, the verb of the register, and when it is
offered."""

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from complaints import register
from complaints.forms import (
    AcknowledgementForm,
    AnswerForm,
    AskingForm,
    AssignmentForm,
    DroppingForm,
    HandingOnForm,
    HelpForm,
    HoldingForm,
    JoiningForm,
    NoteForm,
    PauseForm,
    ReopeningForm,
    ResumptionForm,
    StepForm,
    WithdrawalForm,
    place_key,
)
from complaints.models import Case, Event
from complaints.register import Joined
from sites.models import Agent, Service, Unit


@dataclass(frozen=True)
class Step:
    """`label` is its button and the title of its page, `done` what is said once it is written. Who is asked
    for a part may take the steps that are `for_helpers`."""

    slug: str
    label: str
    done: str
    form: type[StepForm]
    verb: Callable[..., Any]
    is_offered: Callable[[Case], bool]
    for_helpers: bool = False


def _assign(case: Case, *, place: tuple[Unit, Service | None], seen: int, **how: Any) -> None:
    unit, service = place
    register.assign([case], unit=unit, service=service, seen={case.pk: seen}, **how)


def _note(case: Case, *, text: str, seen: int, by: Agent, on: datetime.date) -> None:
    register.note(case, text, by=by, on=on)


def _join(case: Case, *, files: list[Joined], seen: int, by: Agent, on: datetime.date) -> None:
    register.attach(case, files, by=by, on=on)


def _is_open(case: Case) -> bool:
    return case.is_open


def _is_closed(case: Case) -> bool:
    return not case.is_open


def _may_pause(case: Case) -> bool:
    return case.state == Case.State.OPEN and case.has_clock


def _is_paused(case: Case) -> bool:
    return case.state == Case.State.PAUSED


def _may_ask(case: Case) -> bool:
    return case.is_open and not case.asked_service_id


def _is_asked(case: Case) -> bool:
    return case.asked_service_id is not None


def _always(case: Case) -> bool:
    return True


# In the order in which they are offered: the first that is offered of those that lead a case on is its main
# action.
STEPS: Mapping[str, Step] = {
    step.slug: step
    for step in (
        Step("repondre", "Noter la réponse", "réponse notée", AnswerForm, register.answer, _is_open),
        Step("reprendre", "Reprendre le délai", "délai repris", ResumptionForm, register.resume, _is_paused),
        Step(
            "contribution",
            "Noter la contribution reçue",
            "contribution notée",
            HelpForm,
            register.receive_help,
            _is_asked,
        ),
        Step(
            "accuser-reception",
            "Noter l’accusé de réception",
            "accusé de réception noté",
            AcknowledgementForm,
            register.acknowledge,
            _is_open,
        ),
        Step(
            "attente",
            "Noter une réponse d’attente",
            "réponse d’attente notée",
            HoldingForm,
            register.hold,
            _is_open,
        ),
        Step("confier", "Confier à un service", "affaire confiée", AssignmentForm, _assign, _is_open),
        Step(
            "solliciter",
            "Demander une contribution",
            "contribution demandée",
            AskingForm,
            register.ask,
            _may_ask,
        ),
        Step("suspendre", "Suspendre le délai", "délai suspendu", PauseForm, register.pause, _may_pause),
        Step(
            "transmettre",
            "Transmettre à un autre organisme",
            "affaire transmise",
            HandingOnForm,
            register.hand_on,
            _is_open,
        ),
        Step(
            "retrait",
            "Noter le retrait par l’usager",
            "retrait noté",
            WithdrawalForm,
            register.withdraw,
            _is_open,
        ),
        Step(
            "classer",
            "Classer sans suite",
            "affaire classée sans suite",
            DroppingForm,
            register.drop,
            _is_open,
        ),
        Step("rouvrir", "Rouvrir l’affaire", "affaire rouverte", ReopeningForm, register.reopen, _is_closed),
        Step("note", "Ajouter une note", "note ajoutée", NoteForm, _note, _always, for_helpers=True),
        Step(
            "joindre",
            "Joindre des fichiers",
            "fichiers joints",
            JoiningForm,
            _join,
            _always,
            for_helpers=True,
        ),
    )
}

Happened = Event.Kind
LEAVES: Mapping[str, Event.Kind] = {
    "repondre": Happened.ANSWERED,
    "reprendre": Happened.RESUMED,
    "contribution": Happened.HELPED,
    "accuser-reception": Happened.ACKNOWLEDGED,
    "attente": Happened.HELD,
    "confier": Happened.ASSIGNED,
    "solliciter": Happened.ASKED,
    "suspendre": Happened.PAUSED,
    "transmettre": Happened.HANDED_ON,
    "retrait": Happened.WITHDRAWN,
    "classer": Happened.DROPPED,
    "rouvrir": Happened.REOPENED,
}
"""The line that a step which moves a case leaves in its trail."""


def is_sent_again(step: Step, case: Case, typed: Mapping[str, Any], *, seen: int, by: Agent) -> bool:
    """Whether this step is what was last written to a case, by the same agent, from the same page and with
    the same words: its button was pressed twice."""
    last = register.last_step(case)
    if last is None or (case.version, last.kind, last.by) != (seen + 1, LEAVES[step.slug], by):
        return False
    remark = last.remark.text if hasattr(last, "remark") else ""
    told = {str(one) for one in (last.on, case.unit, last.to_service, remark, *last.facts.values())}
    parts = (part for value in typed.values() for part in (value if isinstance(value, tuple) else [value]))
    return told.issuperset(str(part) for part in parts if part)


def is_just_given(case: Case, place: str, *, seen: str, by: Agent) -> bool:
    """The same of a case given to a place, which its former service reads no more."""
    last = register.last_step(case)
    if last is None or (last.kind, last.by) != (Happened.ASSIGNED, by):
        return False
    return (place, seen) == (place_key(case.unit, case.service), str(case.version - 1))
