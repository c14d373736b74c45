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
)
from complaints.models import Case
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
