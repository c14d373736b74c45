"""What an open question concerns: rows of the norm, told by the file that asks the question.

A concern is a table `{rows = "engagement", referentiel = "qual-e-pref-2019", code = "", title = "…"}`: the
kind of the rows, the version (all of them without it), and fields with the value, or one of the values, that
the rows have. `title` says in French which rows these are.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models

from referentiel.models import (
    Certainty,
    DelayRule,
    Engagement,
    Indicator,
    Module,
    Question,
    Referentiel,
    Target,
    national_or_own,
)
from sites.models import Prefecture

# The kind of a row, and the way from it to its référentiel.
ROWS: dict[str, tuple[type[models.Model], str]] = {
    "referentiel": (Referentiel, "slug"),
    "module": (Module, "referentiel__slug"),
    "engagement": (Engagement, "referentiel__slug"),
    "indicator": (Indicator, "engagement__referentiel__slug"),
    "target": (Target, "indicator__engagement__referentiel__slug"),
    "delay_rule": (DelayRule, "referentiel__slug"),
}
OWNED = (Indicator, Target, DelayRule)


class WrongConcernError(Exception):
    """What is wrong in a concern, in a sentence for the person who wrote the file."""


@dataclass(frozen=True)
class Concern:
    """The rows of a concern that an agent may read, and how many of them are not certain."""

    title: str
    kind: str
    rows: list[Any]

    @property
    def unknown(self) -> int:
        return sum(row.certainty == Certainty.UNKNOWN for row in self.rows)

    @property
    def inferred(self) -> int:
        return sum(row.certainty == Certainty.INFERRED for row in self.rows)


def check(concerns: Any) -> None:
    """Raises WrongConcernError for a concern that could not be looked up."""
    if not isinstance(concerns, list) or not all(isinstance(one, dict) for one in concerns):
        raise WrongConcernError("écrire [[question.concerns]], avec deux crochets.")
    for concern in concerns:
        if concern.get("rows") not in ROWS:
            raise WrongConcernError(f"« rows » est l'un de {', '.join(ROWS)}.")
        if not concern.get("title"):
            raise WrongConcernError("chaque « concerns » a un « title ».")
        for name in _asked(concern):
            try:
                ROWS[concern["rows"]][0]._meta.get_field(name)
            except FieldDoesNotExist as error:
                raise WrongConcernError(f"« {name} » n'est pas une colonne de ces lignes.") from error


def concerns_of(question: Question, prefectures: Iterable[Prefecture]) -> list[Concern]:
    own = list(prefectures)
    return [
        Concern(concern["title"], concern["rows"], list(_rows(concern, own))) for concern in question.concerns
    ]


def _rows(concern: dict[str, Any], prefectures: list[Prefecture]) -> models.QuerySet[Any]:
    model, to_referentiel = ROWS[concern["rows"]]
    rows = model._default_manager.all()
    if "referentiel" in concern:
        rows = rows.filter(**{to_referentiel: concern["referentiel"]})
    for name, value in _asked(concern).items():
        rows = rows.filter(**{f"{name}__in": value if isinstance(value, list) else [value]})
    if model in OWNED:
        rows = rows.filter(national_or_own(prefectures)).select_related("prefecture")
    if model is Target:
        rows = rows.select_related("indicator__engagement__referentiel")
    elif model is Indicator:
        rows = rows.select_related("engagement__referentiel")
    elif model is not Referentiel:
        rows = rows.select_related("referentiel")
    return rows


def _asked(concern: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in concern.items() if name not in ("rows", "referentiel", "title")}
