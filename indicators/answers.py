"""The problems of a printed document, and what a person answers to those that block its import.

The answers stand in a small TOML file:

    [[answer]]
    row = 53
    column = "printed_target"
    corrected = "< 5j"
    reason = "Objectif étiré d'une ligne à l'autre."

`left_out = true` instead of `corrected` leaves the cell (or, for a unit, an indicator or a préfecture, the
whole row) out. `code` tells two problems of the same cell apart. A target that is far from the référentiel's
and right all the same is confirmed by a `corrected` that repeats it.
"""

from collections import Counter
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from referentiel.toml_files import TomlError, read_toml
from sheets.reading import Row
from sites.conflicts import RefusedError


class Code(StrEnum):
    VALUE_DOES_NOT_FIT = "value_does_not_fit_indicator"
    TARGET_DOES_NOT_FIT = "target_does_not_fit_indicator"
    UNKNOWN_INDICATOR = "unknown_indicator"
    UNKNOWN_UNIT = "unknown_unit"
    OTHER_PREFECTURE = "other_prefecture"
    TWO_VALUES = "two_values_for_one_fact"
    MOOD_CONTRADICTS_TARGET = "mood_contradicts_target"
    VERDICT_MISSING = "verdict_missing"
    TARGET_DIFFERS = "target_differs_between_units"
    PARTIAL_YEAR = "partial_year"
    NO_RESULT = "no_result_without_reason"
    INDICATOR_ABSENT = "expected_indicator_absent"


BLOCKING = frozenset(
    {
        Code.VALUE_DOES_NOT_FIT,
        Code.TARGET_DOES_NOT_FIT,
        Code.UNKNOWN_INDICATOR,
        Code.UNKNOWN_UNIT,
        Code.OTHER_PREFECTURE,
        Code.TWO_VALUES,
    }
)

LABELS = {
    Code.VALUE_DOES_NOT_FIT: "Valeur illisible ou impossible",
    Code.TARGET_DOES_NOT_FIT: "Objectif qui ne convient pas",
    Code.UNKNOWN_INDICATOR: "Indicateur inconnu",
    Code.UNKNOWN_UNIT: "Unité inconnue",
    Code.OTHER_PREFECTURE: "Autre préfecture",
    Code.TWO_VALUES: "Deux valeurs pour un même chiffre",
    Code.MOOD_CONTRADICTS_TARGET: "Visage contraire aux chiffres",
    Code.VERDICT_MISSING: "Visage absent",
    Code.TARGET_DIFFERS: "Objectif différent de celui des autres unités",
    Code.PARTIAL_YEAR: "Année incomplète",
    Code.NO_RESULT: "Ni résultat, ni motif",
    Code.INDICATOR_ABSENT: "Indicateur attendu, sans ligne",
}

# What to do about a blocking problem.
ADVICE = {
    Code.VALUE_DOES_NOT_FIT: "Donner la bonne valeur, ou la laisser de côté.",
    Code.TARGET_DOES_NOT_FIT: "Donner le bon objectif, le confirmer, ou le laisser de côté.",
    Code.UNKNOWN_INDICATOR: "Donner un libellé connu, ou laisser la ligne de côté.",
    Code.UNKNOWN_UNIT: "Donner le nom d'une unité, ou laisser la ligne de côté.",
    Code.OTHER_PREFECTURE: "Laisser la ligne de côté.",
    Code.TWO_VALUES: "Donner la valeur à garder, ou laisser de côté celle de cette ligne.",
}


@dataclass(frozen=True)
class Problem:
    """What is wrong in a cell; without row and column, in what the file does not say."""

    row: int | None
    column: str | None
    unit: str
    indicator: str
    code: str
    blocking: bool
    message: str


@dataclass(frozen=True)
class Answer:
    """What a person says about a blocking problem. Without a correction the cell, or the row, is left out."""

    row: int
    column: str
    code: str
    corrected: str | None
    reason: str


def read_answers(path: Path) -> list[Answer]:
    """The answers of a TOML file: `[[answer]]`, then `row`, `column`, `reason`, either `corrected = "…"` or
    `left_out = true`, and `code` where a cell has two problems."""
    try:
        content = read_toml(path)
    except TomlError as error:
        raise RefusedError(str(error)) from error
    entries = content.pop("answer", [])
    if content or not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise RefusedError(f"« {path.name} » ne contient que des tables [[answer]].")
    answers = [_answer(entry, f"« {path.name} », réponse {n}") for n, entry in enumerate(entries, 1)]
    cells = Counter((answer.row, answer.column, answer.code) for answer in answers)
    for (row, column, _), times in cells.items():
        if times > 1:
            raise RefusedError(
                f"« {path.name} » : {times} réponses pour la ligne {row}, colonne « {column} »."
            )
    return answers


def _answer(entry: dict[str, Any], where: str) -> Answer:
    texts = {key: entry.get(key, "") for key in ("column", "code", "corrected", "reason")}
    for key, text in texts.items():
        if not isinstance(text, str):
            raise RefusedError(f"{where} : « {key} » est un texte entre guillemets.")
    if unknown := entry.keys() - texts.keys() - {"row", "left_out"}:
        raise RefusedError(f"{where} : « {min(unknown)} » n'est pas une clé connue.")
    if type(entry.get("row")) is not int or not texts["column"]:
        raise RefusedError(f'{where} : donner la ligne (row = 4) et la colonne (column = "printed_target").')
    if texts["code"] and texts["code"] not in BLOCKING:
        raise RefusedError(f"{where} : « {texts['code']} » n'est pas le code d'un problème bloquant.")
    if not texts["reason"].strip():
        raise RefusedError(f"{where} : il manque le motif (reason).")
    if entry.get("left_out", True) is not True or ("left_out" in entry) == bool(texts["corrected"].strip()):
        raise RefusedError(f"{where} : donner soit « corrected », soit « left_out = true ».")
    return Answer(
        row=entry["row"],
        column=texts["column"],
        code=texts["code"],
        corrected=texts["corrected"].strip() or None,
        reason=texts["reason"].strip(),
    )


class Desk:
    """Where problems are laid down, and the answers to them fetched."""

    def __init__(self, answers: list[Answer], *, earlier: list[list[dict[str, Any]]]) -> None:
        self.problems: list[Problem] = []
        self.unanswered: list[Problem] = []
        self.record: list[dict[str, Any]] = []
        self._answers = {(answer.row, answer.column, answer.code): answer for answer in answers}
        self._served: dict[Answer, Code] = {}
        self._earlier = earlier

    def ask(self, code: Code, row: Row, column: str, message: str) -> Answer | None:
        """The answer to a problem, which is unanswered without one. An answer that has no code serves the
        first problem of its cell alone: its author had not seen the next one."""
        problem = self.warn(code, row, column, message)
        keys = ((row.line, column, code.value), (row.line, column, ""))
        answer = next((self._answers[key] for key in keys if key in self._answers), None)
        if answer is None or self._served.get(answer, code) != code:
            self.unanswered.append(problem)
            return None
        self._served[answer] = code
        return answer

    def insist(self, code: Code, row: Row, column: str, message: str) -> None:
        """A problem to which the answer is itself wrong."""
        self.unanswered.append(self.warn(code, row, column, message))

    def warn(self, code: Code, row: Row, column: str, message: str) -> Problem:
        return self.add(code, row.line, column, row["unit"], row["indicator"], message)

    def add(
        self, code: Code, line: int | None, column: str | None, unit: str, indicator: str, message: str
    ) -> Problem:
        problem = Problem(line, column, unit, indicator, code.value, code in BLOCKING, message)
        self.problems.append(problem)
        return problem

    @property
    def sorted_problems(self) -> list[Problem]:
        """By row; what the file does not say comes last."""
        return sorted(self.problems, key=lambda problem: (problem.row is None, problem.row or 0))

    def keep_record(self, *, refuse_idle: bool) -> None:
        """The answers that served, for whoever asks later. In a file of answers all must serve, but for one
        that chose this file's value over another's: it is stored since, and does not contradict itself."""
        chosen = [entry for record in self._earlier for entry in record if entry["code"] == Code.TWO_VALUES]
        for answer in self._answers.values():
            entry = asdict(answer) | {"code": self._served.get(answer, Code.TWO_VALUES).value}
            if answer not in self._served and entry not in chosen:
                if not refuse_idle:
                    continue
                raise RefusedError(
                    f"La réponse pour la ligne {answer.row}, colonne « {answer.column} », ne correspond à "
                    "aucun problème bloquant de ce fichier : la retirer, ou corriger sa ligne et sa colonne."
                )
            self.record.append(entry)

    @property
    def is_repeated(self) -> bool:
        """Whether this file was taken in before, with the same answers."""
        return self.record in self._earlier
