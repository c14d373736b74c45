"""What became of an action, the latest first: one entry a change, with its reason and what differs."""

from typing import Any

from improvement.models import Action
from referentiel import changes
from referentiel.changes import Moment
from referentiel.measures import NBSP

State = Action.State
FIELDS = ("title", "origin", "unit", "description", "owner", "due_on", "proof")
WHAT = {
    State.TO_DO: "Ouverture",
    State.IN_PROGRESS: "Commencée",
    State.DONE: "Faite",
    State.ABANDONED: "Abandonnée",
}


def of_action(action: Action) -> list[Moment]:
    fields = [Action._meta.get_field(name) for name in FIELDS]
    entries = list(action.history.select_related("history_user", "owner", "unit"))
    return [
        Moment(
            at=entry.history_date,
            kind=_what(entry, before),
            author=entry.history_user.full_name if entry.history_user else "l’application",
            differences=changes.between(before, entry, fields) if before else (),
        )
        for entry, before in zip(entries, [*entries[1:], None], strict=True)
    ]


def _what(entry: Any, before: Any) -> str:
    """« Abandonnée : le guichet ferme. », « Faite le 12/03/2020, avec un fichier »."""
    if before is None:
        return WHAT[State.TO_DO]
    if entry.state == before.state:
        said = "Confiée à une autre personne" if entry.owner_id != before.owner_id else "Modification"
    elif before.state in (State.DONE, State.ABANDONED):
        said = "Rouverte"
    else:
        said = WHAT[entry.state]
    if entry.state == State.DONE != before.state:
        said += f" le {entry.done_on:%d/%m/%Y}"
        if entry.proof_file != before.proof_file:
            said += ", avec un fichier"
    return f"{said}{NBSP}: {entry.history_change_reason}" if entry.history_change_reason else said
