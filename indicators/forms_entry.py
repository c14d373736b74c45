"""A month as it is typed: a small form a cell, read in French, refused in a sentence, kept as typed."""

import datetime
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django import forms
from dsfr.forms import DsfrBaseForm

from indicators import entry
from indicators.entry import Said, Typed
from indicators.forms import SentenceField, WholeNumberField, names_of
from indicators.grid import Grid, Row
from indicators.models import Measurement
from sites.fields import VersionField
from sites.models import Agent

FIGURE, NOTHING, UNMEASURED = "figure", "nothing", "unmeasured"
MINE = re.compile("mine-([0-9]{1,18})")
THEIRS = "theirs"
SENT = re.compile("c([0-9]{1,9})-version")


@dataclass(frozen=True)
class Told:
    """A conflict in words: who saved what, and when; what was typed, and the answer that keeps it."""

    by: Agent | None
    at: datetime.datetime
    saved: str
    typed: str
    mine: str


def mine(version: int) -> str:
    """The answer to a conflict that puts what is typed in the place of that version."""
    return f"mine-{version}"


class CellForm(forms.Form):
    """What somebody says of an indicator for the month. `keep` answers a conflict: « mine-12 » puts what is
    typed in the place of version 12, « theirs » leaves what is saved."""

    use_required_attribute = False

    numerator = WholeNumberField(required=False)
    denominator = WholeNumberField(required=False)
    answer = forms.ChoiceField(label="Réponse")
    reason = SentenceField(label="Motif", required=False)
    reserve = SentenceField(label="Sous réserve, parce que…", required=False)
    instead_numerator = WholeNumberField(required=False)
    instead_denominator = WholeNumberField(required=False)
    comment = SentenceField(label="Note", required=False)
    version = VersionField()
    keep = forms.RegexField(re.compile(rf"\A(|{THEIRS}|{MINE.pattern})\Z"), required=False)

    def __init__(self, row: Row, data: Mapping[str, Any] | None = None, *, asks_reason: bool) -> None:
        prefix = f"c{row.indicator.pk}"
        sent = data if data is not None and f"{prefix}-version" in data else None
        super().__init__(sent, prefix=prefix, initial=_initial(row))
        self.row, self.asks_reason = row, asks_reason
        self.clash: Told | None = None
        is_count = row.shape == Measurement.Shape.COUNT
        answers = [(FIGURE, "un chiffre"), (NOTHING, "aucun cas"), (UNMEASURED, "non mesurable")]
        self.answers = answers[::2] if is_count else answers
        self.fields["answer"].choices = self.answers  # type: ignore[attr-defined]
        for which, name in zip(("numerator", "denominator"), names_of(row.indicator), strict=True):
            self.fields[which].label = name
            self.fields[f"instead_{which}"].label = f"À compter à la place\xa0: {name[0].lower()}{name[1:]}"
        if is_count:
            del self.fields["denominator"], self.fields["instead_denominator"]
        if asks_reason:
            self.fields["reason"].label = "Pourquoi ce chiffre change, ou manque"
        for name, field in self.fields.items():
            self._dress(name, field)

    def _dress(self, name: str, field: forms.Field) -> None:
        """As the DSFR draws it, and described by what the page says of the cell."""
        look = "fr-select" if name == "answer" else "fr-input"
        field.widget.attrs |= {"class": look, "aria-describedby": f"{self.prefix}-message"}
        if isinstance(field.widget, forms.Textarea):
            field.widget.attrs["rows"] = 2

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not self.errors and (problem := self._problem(data)):
            self.add_error(*problem)
        return data

    def _problem(self, data: Mapping[str, Any]) -> tuple[str, str] | None:
        """Where two things that were typed do not go together: nothing of them is left out in silence."""
        answer, numbers = data["answer"], (data["numerator"], data.get("denominator"))
        is_typed = numbers != (None, None)
        if (answer == NOTHING and any(numbers)) or (answer == UNMEASURED and is_typed):
            return "answer", "Un nombre est tapé\xa0: l’effacer, ou choisir «\xa0un chiffre\xa0»."
        if answer == UNMEASURED and not data["reason"]:
            return "reason", "Indiquer pourquoi il n’a pas pu être mesuré."
        instead = data["instead_numerator"], data.get("instead_denominator")
        if answer == UNMEASURED and (data["reserve"] or instead != (None, None)):
            return "reserve", "Seul un chiffre est sous réserve\xa0: dire pourquoi dans le motif."
        if instead != (None, None) and not data["reserve"]:
            return "reserve", entry.WITHOUT_RESERVE
        if answer == FIGURE and not is_typed and data["comment"] and not data["reserve"]:
            return "numerator", "Donner ce chiffre, ou dire pourquoi il manque."
        is_explained = self.asks_reason or answer == UNMEASURED or "reason" not in self.changed_data
        if data["reason"] and not is_explained:
            return "reason", "Un motif va avec «\xa0non mesurable\xa0»\xa0: l’écrire plutôt dans la note."
        return None

    @property
    def said(self) -> Said | None:
        """None where the cell was left empty."""
        data = self.cleaned_data
        beside: dict[str, Any] = {
            name: data.get(name)
            for name in ("reserve", "comment", "instead_numerator", "instead_denominator")
        }
        reason = data["reason"] if self.asks_reason else ""
        match data["answer"]:
            case "nothing":
                return Said(0, 0, reason, **beside)
            case "unmeasured":
                return Said(reason=data["reason"], comment=data["comment"])
        numbers = data["numerator"], data.get("denominator")
        is_empty = numbers == (None, None) and not data["reserve"]
        return None if is_empty else Said(*numbers, reason, **beside)

    @property
    def is_left_to_others(self) -> bool:
        return bool(self.cleaned_data["keep"] == THEIRS)

    @property
    def typed(self) -> Typed:
        mine = MINE.fullmatch(self.cleaned_data["keep"])
        seen = int(mine[1]) if mine else self.cleaned_data["version"]
        return Typed(self.row.indicator, self.said, seen)

    @property
    def sentences(self) -> list[str]:
        """What is wrong with the cell."""
        if "version" in self.errors or "keep" in self.errors:
            return ["Cette ligne est incomplète\xa0: recharger la page et la remplir de nouveau."]
        return [str(sentence) for sentences in self.errors.values() for sentence in sentences]

    @property
    def as_typed(self) -> str:
        """« 12 sur 13, note\xa0: … », whatever was typed, possible or not."""
        numbers = [self[name].value() for name in ("numerator", "denominator") if name in self.fields]
        answer, *texts = self.more
        parts = [" sur ".join(number for number in numbers if number)]
        parts += [label for value, label in self.answers if value == answer.value() != FIGURE]
        parts += [f"{text.label.lower()}\xa0: {text.value()}" for text in texts if text.value()]
        return ", ".join(part for part in parts if part) or "rien"

    @property
    def is_typed(self) -> bool:
        """It says something else than what is saved."""
        return bool(set(self.changed_data) - {"version", "keep"})

    @property
    def more(self) -> list[forms.BoundField]:
        """What stands behind the fold of the row."""
        names = ("answer", "reason", "reserve", "instead_numerator", "instead_denominator", "comment")
        return [self[name] for name in names if name in self.fields]

    @property
    def has_more(self) -> bool:
        answer, *texts = self.more
        return answer.value() != FIGURE or any(text.value() for text in texts)


def cells_of(grid: Grid, data: Mapping[str, Any] | None = None) -> dict[int, CellForm]:
    """indicator → its form. What was not sent is as it is stored. An indicator that was suspended, or left
    the perimeter, while somebody typed it has one too: nothing of it goes in silence."""
    sent = [int(found[1]) for name in data or () if (found := SENT.fullmatch(name))]
    rows = [*grid.all, *grid.dropped(sent)]
    cells = {row.indicator.pk: CellForm(row, data, asks_reason=grid.asks_reason(row)) for row in rows}
    return {pk: cell for pk, cell in cells.items() if cell.is_bound or not cell.row.suspension}


def _initial(row: Row) -> dict[str, Any]:
    stored = row.stored
    if stored is None:
        return {"answer": FIGURE, "version": row.version}
    said, answer = Said.of(stored), FIGURE
    if stored.why_unmeasured:
        answer = UNMEASURED
    elif said.denominator == 0:
        answer = NOTHING
    return asdict(said) | {"answer": answer, "reason": stored.why_unmeasured, "version": row.version}


class UsualField(forms.DecimalField):
    """« 3,5 », in the unit of the indicator."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            required=False, localize=True, min_value=0, max_digits=14, decimal_places=4, **options
        )


class UsualForm(DsfrBaseForm):
    """Between what and what the value of an indicator usually is; both empty, its past months say it."""

    low = UsualField(label="D’habitude, au moins")
    high = UsualField(label="D’habitude, au plus")
    version = VersionField()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if self.errors:
            return data
        low, high = data["low"], data["high"]
        if (low is None) != (high is None):
            self.add_error("high" if high is None else "low", "Donner les deux valeurs, ou aucune.")
        elif low is not None and low > high:
            self.add_error("low", "La première valeur ne dépasse pas la seconde.")
        return data
