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
from indicators.collection import keep_beside
from indicators.expected import Owed
from indicators.models import FigureImport, Measurement, MonthlyReturn
from indicators.periods import in_words
from indicators.signing import sign
from referentiel.measures import in_french
from referentiel.models import Indicator
from sites.models import Agent, Service

MOST = 10**12  # of anything that a service counts in a month
WITHOUT_RESERVE = "Un chiffre en remplace un autre\xa0: indiquer pourquoi celui-ci est sous réserve."
Origin, Period, Shape = Measurement.Origin, Measurement.Period, Measurement.Shape


@dataclass(frozen=True)
class Said:
    """What somebody says of a figure. Without a numerator it is under reserve, or could not be measured and
    `reason` says why; otherwise `reason` says why it is changed in a month that was closed. 0 out of 0:
    nothing happened. Another figure may count in the place of one under reserve (`instead_…`)."""

    numerator: int | None = None
    denominator: int | None = None
    reason: str = ""
    reserve: str = ""
    comment: str = ""
    instead_numerator: int | None = None
    instead_denominator: int | None = None

    @classmethod
    def of(cls, row: Measurement) -> "Said":
        counted = row.numerator, row.denominator
        if row.doubt:
            doubted = row.doubted_numerator, row.doubted_denominator
            return cls(*doubted, row.reason, row.doubt, row.comment, *counted)
        return cls(*counted, row.reason, row.reserve, row.comment)

    @property
    def is_replaced(self) -> bool:
        return self.instead_numerator is not None

    @property
    def counted(self) -> tuple[int | None, int | None]:
        """The two numbers that count, unless they are under reserve."""
        if self.is_replaced:
            return self.instead_numerator, self.instead_denominator
        return self.numerator, self.denominator

    @property
    def figure(self) -> tuple[Any, ...]:
        """What tells two of them apart: the reason of a change does not."""
        own = self.numerator, self.denominator, self.why_unmeasured, self.reserve, self.comment
        return *own, self.instead_numerator, self.instead_denominator

    @property
    def why_unmeasured(self) -> str:
        return self.reason if self.numerator is None and not self.reserve else ""


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


class ClashesError(Exception):
    """Not one row but some of many: each cell that somebody else wrote tells both sides."""

    def __init__(self, clashes: Sequence[Clash]) -> None:
        super().__init__("Un chiffre a été enregistré depuis que vous avez ouvert cette page.")
        self.clashes = clashes


@dataclass(frozen=True)
class Weighed:
    """What becomes of cells beside what is stored: those that change with their row, those that cannot say
    that, those that somebody else wrote meanwhile."""

    changed: list[tuple[Typed, Measurement | None]]
    problems: dict[Indicator, str]
    clashes: list[Clash]


@dataclass(frozen=True)
class Standing:
    """What stands in the cells of a month: indicator → row, indicator → version, and what earlier versions
    said, by their number."""

    found: MonthlyReturn
    rows: Mapping[int, Measurement]
    versions: Mapping[int, int]
    past: Mapping[int, Any]


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
    service: Service,
    month: datetime.date,
    cells: Iterable[Typed],
    *,
    by: Agent,
    owed: Owed | None = None,
    source: FigureImport | None = None,
) -> int:
    """Keep what was typed of a month, on a page or in the file of an import; how many cells it changed. Said
    again, a figure changes nothing.

    Raises LockedError where the month is validated, closed or to come; ImpossibleError and ClashesError with
    all their cells. Nothing is kept then.
    """
    prefecture = service.unit.prefecture
    prefecture.lock()
    found = returns.of(service, month)
    returns.refuse_if_locked(found)
    cells = list(cells)
    latest = versions(service, month)
    past = said_before(cell.seen for cell in cells if cell.seen != latest.get(cell.indicator.pk, 0))
    standing = Standing(found, figures(service, month), latest, past)
    weighed = weigh(cells, standing, owed or Owed(prefecture, month, month))
    if weighed.problems:
        raise ImpossibleError(weighed.problems)
    if weighed.clashes:
        raise ClashesError(weighed.clashes)
    if found.pk is None and weighed.changed:
        sign(found, by).save()
    is_reopened = found.state == MonthlyReturn.State.REOPENED
    for cell, row in weighed.changed:
        _write(service, month, cell, row, by, is_correction=is_reopened, source=source)
    return len(weighed.changed)


def said_before(seen: Iterable[int]) -> dict[int, Any]:
    """What some versions said, by their number. No query where there is none."""
    numbers = {number for number in seen if number}
    if not numbers:
        return {}
    return {row.history_id: row for row in Measurement.history.filter(history_id__in=numbers)}


def weigh(cells: Iterable[Typed], standing: Standing, owed: Owed) -> Weighed:
    """What these cells would change, and why they cannot. Nothing is asked of the database."""
    found = standing.found
    is_reopened = found.state == MonthlyReturn.State.REOPENED
    weighed = Weighed([], {}, [])
    for cell in cells:
        row, latest = standing.rows.get(cell.indicator.pk), standing.versions.get(cell.indicator.pk, 0)
        if _is_same(cell.said, row):
            continue
        if cell.seen != latest:
            if _was_only_read(found, cell, standing.past.get(cell.seen)):
                continue
            weighed.clashes.append(Clash(cell.indicator, row, cell.said, latest))
        weighed.changed.append((cell, row))
        if sentence := _problem(cell, row, found, owed, is_reopened=is_reopened):
            weighed.problems[cell.indicator] = sentence
    return weighed


def _is_same(said: Said | None, row: Measurement | None) -> bool:
    if said is None or row is None:
        return said is None and row is None
    return said.figure == Said.of(row).figure


def _counts_the_same(said: Said, row: Measurement) -> bool:
    return said.counted == (row.numerator, row.denominator)


def _was_only_read(found: MonthlyReturn, cell: Typed, read: Any) -> bool:
    """A page sends all its cells: one that says what it said when it was read was not typed."""
    place = found.service_id, cell.indicator.pk, found.month
    if read is None or (read.service_id, read.indicator_id, read.period_start) != place:
        return cell.said is None
    if read.history_type == "-":
        return cell.said is None
    return cell.said is not None and cell.said.figure == Said.of(read.instance).figure


def _problem(
    cell: Typed, row: Measurement | None, found: MonthlyReturn, owed: Owed, *, is_reopened: bool
) -> str:
    """Why the cell cannot say that, as a sentence; empty where it can."""
    said, indicator, service, month = cell.said, cell.indicator, found.service, found.month
    if suspension := owed.suspension(service, indicator, month):
        return f"Rien à saisir\xa0: {suspension.sentence}"
    if said is None:
        return ""
    if indicator not in owed.of(service, month):
        return f"Ce service n’a pas à saisir cet indicateur en {in_words(month)}."
    if is_reopened and not said.reason:
        return "Ce mois a été clos\xa0: indiquer pourquoi ce chiffre change."
    if row and row.is_of_the_register and not said.reason and not _counts_the_same(said, row):
        return "Ce chiffre est calculé depuis le registre\xa0: indiquer pourquoi il est corrigé."
    is_empty = said.numerator is None and not said.is_replaced
    if is_empty and said.reserve and said.reason and not is_reopened:
        return "Un chiffre qui n’a pas pu être mesuré n’est pas sous réserve."
    return impossible(said, indicator)


def impossible(said: Said, indicator: Indicator) -> str:
    """Why numbers cannot be, as a sentence, whatever the month; empty where they can."""
    shape = Shape.of(indicator)
    instead = said.instead_numerator, said.instead_denominator
    if instead != (None, None):
        if not said.reserve:
            return WITHOUT_RESERVE
        if sentence := _impossible(*instead, shape):
            return f"Chiffre de remplacement\xa0: {sentence}"
    if (said.numerator, said.denominator) == (None, None):
        return "" if said.reason or said.reserve else "Indiquer pourquoi il n’a pas pu être mesuré."
    return _impossible(said.numerator, said.denominator, shape)


def _impossible(numerator: int | None, denominator: int | None, shape: Measurement.Shape) -> str:
    if not all(0 <= number <= MOST for number in (numerator, denominator) if number is not None):
        return f"Donner un nombre de 0 à {in_french(MOST)}."
    if numerator is None:
        return "Donner les deux nombres, ou dire pourquoi le chiffre manque."
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
    source: FigureImport | None,
) -> None:
    if cell.said is None:
        if row is not None:
            row.source = source
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
    elif (
        (is_correction or row.origin == Origin.COMPUTED)
        and row.measure is not None
        and not _counts_the_same(said, row)
    ):
        keep_beside(row, None)
    row.numerator, row.denominator = said.counted
    row.reserve, row.doubt = ("", said.reserve) if said.is_replaced else (said.reserve, "")
    doubted = (said.numerator, said.denominator) if said.is_replaced else (None, None)
    row.doubted_numerator, row.doubted_denominator = doubted
    row.comment, row.source = said.comment, source
    kept = (said.reason or row.reason) if row.origin == Origin.CORRECTED else ""
    row.reason = said.why_unmeasured or kept
    sign(row, by, said.reason).save()
