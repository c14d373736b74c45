"""Figures typed for a month, by the service that counts them: every write of a monthly figure by a person.

Cell by cell or all at once, typed on a page or read from a spreadsheet: what is saved together is saved whole
or not at all. What two people typed in one cell is never lost: whoever comes second is told, with both.
"""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max

from indicators import returns
from indicators.collection import keep_beside, sign
from indicators.expected import Owed
from indicators.models import Measurement, MonthlyReturn
from indicators.periods import in_words
from referentiel.measures import in_french
from referentiel.models import Indicator
from sites.models import Agent, Service

MOST = 10**12  # of anything that a service counts in a month
Origin, Period, Shape = Measurement.Origin, Measurement.Period, Measurement.Shape


@dataclass(frozen=True)
class Said:
    """What somebody says of a figure. Without a numerator it could not be measured, and `reason` says why;
    with one, `reason` says why it is changed in a month that was closed. 0 out of 0: nothing happened."""

    numerator: int | None = None
    denominator: int | None = None
    reason: str = ""
    reserve: str = ""
    comment: str = ""

    @classmethod
    def of(cls, row: Measurement) -> "Said":
        return cls(row.numerator, row.denominator, row.reason, row.reserve, row.comment)

    @property
    def figure(self) -> tuple[Any, ...]:
        """What tells two of them apart: the reason of a change does not."""
        why = self.reason if self.numerator is None else ""
        return self.numerator, self.denominator, why, self.reserve, self.comment


@dataclass(frozen=True)
class Typed:
    """A cell as its author left it: None where it was emptied. `seen` is the version that they had read."""

    indicator: Indicator
    said: Said | None
    seen: int


class ImpossibleError(Exception):
    """Figures that cannot be: a sentence for each indicator."""

    def __init__(self, problems: Mapping[Indicator, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = problems


@dataclass(frozen=True)
class Clash:
    """A cell that somebody else wrote since it was read: what they say, and what was typed."""

    indicator: Indicator
    saved: Measurement | None
    typed: Said | None
    version: int


class ConflictError(Exception):
    def __init__(self, clashes: Sequence[Clash]) -> None:
        super().__init__("Quelqu’un d’autre a enregistré un chiffre depuis que vous avez ouvert cette page.")
        self.clashes = clashes


def figures(service: Service, month: datetime.date) -> dict[int, Measurement]:
    """indicator → what is stored of the month."""
    rows = Measurement.objects.filter(service=service, period=Period.MONTH, period_start=month)
    return {row.indicator_id: row for row in rows}


def versions(service: Service, month: datetime.date) -> dict[int, int]:
    """indicator → a number that grows with each write of its cell, its removal included."""
    written = Measurement.history.filter(service=service, period=Period.MONTH, period_start=month)
    return dict(written.order_by().values_list("indicator").annotate(Max("history_id")))


@transaction.atomic
def save(
    service: Service, month: datetime.date, cells: Iterable[Typed], *, by: Agent, owed: Owed | None = None
) -> int:
    """Keep what was typed of a month; how many cells it changed. Said again, a figure changes nothing.

    Raises LockedError where the month is validated, closed or to come; ImpossibleError and ConflictError with
    all their cells. Nothing is kept then.
    """
    prefecture = service.unit.prefecture
    prefecture.lock()
    found = returns.of(service, month)
    returns.refuse_if_locked(found)
    owed = owed or Owed(prefecture, month, month)
    known, latest = figures(service, month), versions(service, month)
    changed = []
    clashes = []
    for cell in cells:
        row = known.get(cell.indicator.pk)
        if _is_same(cell.said, row):
            continue
        if cell.seen != latest.get(cell.indicator.pk, 0):
            if _was_only_read(service, month, cell):
                continue
            clashes.append(Clash(cell.indicator, row, cell.said, latest.get(cell.indicator.pk, 0)))
        changed.append((cell, row))
    is_reopened = found.state == MonthlyReturn.State.REOPENED
    problems = {
        cell.indicator: sentence
        for cell, _ in changed
        if (sentence := _problem(cell, service, month, owed, is_reopened=is_reopened))
    }
    if problems:
        raise ImpossibleError(problems)
    if clashes:
        raise ConflictError(clashes)
    if found.pk is None and changed:
        sign(found, by).save()
    for cell, row in changed:
        _write(service, month, cell, row, by, is_correction=is_reopened)
    return len(changed)


def _is_same(said: Said | None, row: Measurement | None) -> bool:
    if said is None or row is None:
        return said is None and row is None
    return said.figure == Said.of(row).figure


def _was_only_read(service: Service, month: datetime.date, cell: Typed) -> bool:
    """A page sends all its cells: one that says what it said when it was read was not typed."""
    read = Measurement.history.filter(
        history_id=cell.seen, service=service, indicator=cell.indicator, period_start=month
    ).first()
    if read is None or read.history_type == "-":
        return cell.said is None
    return cell.said is not None and cell.said.figure == Said.of(read.instance).figure


def _problem(cell: Typed, service: Service, month: datetime.date, owed: Owed, *, is_reopened: bool) -> str:
    """Why the cell cannot say that, as a sentence; empty where it can."""
    said, indicator = cell.said, cell.indicator
    if suspension := owed.suspension(service, indicator, month):
        return f"Rien à saisir\xa0: {suspension.sentence}"
    if said is None:
        return ""
    if indicator not in owed.of(service, month):
        return f"Ce service n’a pas à saisir cet indicateur en {in_words(month)}."
    if is_reopened and not said.reason:
        return "Ce mois a été clos\xa0: indiquer pourquoi ce chiffre change."
    return _impossible(said, indicator)


def _impossible(said: Said, indicator: Indicator) -> str:
    numerator, denominator = said.numerator, said.denominator
    shape = Shape.of(indicator)
    if not all(0 <= number <= MOST for number in (numerator, denominator) if number is not None):
        return f"Donner un nombre de 0 à {in_french(MOST)}."
    if numerator is None:
        if denominator is not None:
            return "Donner les deux nombres, ou dire pourquoi le chiffre manque."
        return "" if said.reason else "Indiquer pourquoi il n’a pas pu être mesuré."
    if shape == Shape.COUNT:
        return "" if denominator is None else "Ce chiffre est un nombre seul."
    if denominator is None:
        return "Donner les deux nombres, ou dire pourquoi le chiffre manque."
    if shape == Shape.RATE and numerator > denominator:
        return (
            f"Il y en a {in_french(numerator)} sur {in_french(denominator)}\xa0: le premier nombre ne peut "
            "pas dépasser le second."
        )
    if numerator and not denominator:
        return "Sans aucun cas, le total est zéro lui aussi."
    return ""


def _write(
    service: Service,
    month: datetime.date,
    cell: Typed,
    row: Measurement | None,
    by: Agent,
    *,
    is_correction: bool,
) -> None:
    if cell.said is None:
        if row is not None:
            sign(row, by).delete()
        return
    said = cell.said
    if row is None:
        row = Measurement(
            prefecture=service.unit.prefecture,
            unit=service.unit,
            service=service,
            indicator=cell.indicator,
            period=Period.MONTH,
            period_start=month,
            first_month=month.month,
            last_month=month.month,
            shape=Shape.of(cell.indicator),
            origin=Origin.ENTERED,
        )
    elif is_correction and row.measure is not None and Said.of(row).figure[:2] != said.figure[:2]:
        keep_beside(row, None)
    row.numerator, row.denominator = said.numerator, said.denominator
    row.reserve, row.comment = said.reserve, said.comment
    if said.numerator is None:
        row.reason = said.reason
    else:
        row.reason = (said.reason or row.reason) if row.origin == Origin.CORRECTED else ""
    sign(row, by, said.reason).save()
