"""How lines of the norm are said in a sentence, the same on pages and in files."""

import datetime
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from referentiel.measures import NBSP, with_unit
from referentiel.models import DelayRule, Target
from sheets.words import french_day


class Dated(Protocol):
    @property
    def starts_on(self) -> datetime.date | None: ...
    @property
    def ends_on(self) -> datetime.date | None: ...


def period(row: Dated) -> str:
    """From when to when a row holds."""
    if row.starts_on and row.ends_on:
        return f"du {french_day(row.starts_on)} au {french_day(row.ends_on)}"
    if row.starts_on:
        return f"à partir du {french_day(row.starts_on)}"
    return f"jusqu’au {french_day(row.ends_on)}" if row.ends_on else "sans limite de date"


def target(row: Target, unit: str) -> str:
    """« au moins 95 % »."""
    return f"{row.get_comparator_display()} {with_unit(row.value.normalize(), unit)}"


def targets(rows: Iterable[Target], unit: str) -> str:
    return f"{NBSP}; ".join(f"{target(row, unit)}, {period(row)}" for row in rows) or "sans objectif"


def delay(rule: DelayRule) -> str:
    return f"{rule}, jusqu’à la date du rendez-vous" if rule.milestone == "dated" else str(rule)


def merged(lines: Sequence[tuple[tuple[str, ...], ...]]) -> list[tuple[Any, ...]]:
    """Lines that say the same thing on one line: those that differ in their first part alone, then in their
    second, and so on. The last part of a line is what it says; it never merges."""
    parts = len(lines[0]) - 1 if lines else 0
    for part in range(parts):
        found: dict[Any, tuple[str, ...]] = {}
        for line in lines:
            rest = line[:part] + line[part + 1 :]
            found[rest] = found.get(rest, ()) + line[part]
        lines = [(*rest[:part], labels, *rest[part:]) for rest, labels in found.items()]
    return list(lines)
