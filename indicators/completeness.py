"""Who has sent which month: services × months, how much of it is there, and who has how much to do."""

import datetime
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from django.db import models
from django.utils.functional import cached_property

from indicators import periods, returns
from indicators.expected import Owed
from indicators.models import EntrySchedule, MonthlyReturn
from indicators.shares import shares
from referentiel.models import Indicator
from sheets.writing import Cell as SheetCell
from sheets.writing import Sheet
from sites import absences
from sites.access import Access
from sites.models import Agent, Membership, Prefecture, Service, Unit, in_force

State = MonthlyReturn.State


class Mark(models.TextChoices):
    """Where a month of a service stands, as one word and one shape."""

    ON_TIME = "on_time", "transmis à temps"
    SENT_LATE = "sent_late", "transmis en retard"
    AWAITED = "awaited", "attendu"
    LATE = "late", "en retard"
    NOT_EXPECTED = "not_expected", "non attendu"
    SUSPENDED = "suspended", "suspendu"

    @property
    def shape(self) -> str:
        return SHAPES[self]


SHAPES = {
    Mark.ON_TIME: "●",
    Mark.SENT_LATE: "◐",
    Mark.AWAITED: "○",
    Mark.LATE: "▲",
    Mark.NOT_EXPECTED: "–",
    Mark.SUSPENDED: "‖",
}

EXPECTED = (Mark.ON_TIME, Mark.SENT_LATE, Mark.AWAITED, Mark.LATE)

# What a second word says of a month that somebody has handled since.
SECOND = {
    State.VALIDATED: "validé",
    State.CLOSED: "clos",
    State.RETURNED: "renvoyé",
    State.REOPENED: "rouvert",
}


def mark_of(found: MonthlyReturn, on: datetime.date, *, is_owed: bool, is_suspended: bool) -> Mark:
    """What is not owed is neither awaited nor late, whatever was sent of it. Who was given longer is not late
    before that day."""
    if not is_owed:
        return Mark.SUSPENDED if is_suspended else Mark.NOT_EXPECTED
    if found.entered_on:
        return Mark.SENT_LATE if found.is_late else Mark.ON_TIME
    return Mark.LATE if on > found.awaited_until else Mark.AWAITED


@dataclass(frozen=True)
class Cell:
    """A month of a service, with what it has to enter."""

    found: MonthlyReturn
    mark: Mark
    owed: list[Indicator]

    @property
    def service(self) -> Service:
        return self.found.service

    @property
    def month(self) -> datetime.date:
        return self.found.month

    @property
    def slug(self) -> str:
        return f"{self.month:%Y-%m}"

    @property
    def month_label(self) -> str:
        return periods.in_words(self.month)

    @property
    def second(self) -> str:
        """« validé », « clos », « renvoyé », « rouvert »; empty while it simply waits."""
        return SECOND.get(State(self.found.state), "")

    @property
    def words(self) -> str:
        return ", ".join(filter(None, (self.mark.label, self.second)))

    @property
    def is_expected(self) -> bool:
        return self.mark in EXPECTED

    @property
    def is_awaited(self) -> bool:
        """Its figures were never sent, and can be."""
        return self.mark in (Mark.AWAITED, Mark.LATE) and self.found.state != State.CLOSED

    @property
    def is_late(self) -> bool:
        return self.is_awaited and self.mark == Mark.LATE

    @property
    def is_to_correct(self) -> bool:
        return self.is_expected and self.found.state == State.RETURNED

    @property
    def is_to_validate(self) -> bool:
        return self.is_expected and self.found.state == State.ENTERED

    def answers(self, state: str) -> bool:
        """Whether it is in a state that one looks for: a mark, a state of the month, or « to_validate »."""
        return state in (self.mark, self.found.state) or (state == "to_validate" and self.is_to_validate)


@dataclass(frozen=True)
class Line:
    """A service, month by month; None is a cell that was left out by a filter."""

    service: Service
    cells: list[Cell | None]

    @property
    def is_late(self) -> bool:
        return any(cell and cell.is_late for cell in self.cells)


@dataclass(frozen=True)
class Share:
    """A line of the legend; without a share it is out of the base."""

    mark: Mark
    count: int
    percent: int | None


@dataclass(frozen=True)
class Load:
    """What one référent has to do; without an agent, what nobody has."""

    agent: Agent | None
    services: list[Service]
    awaited: int
    late: int
    to_correct: int


@dataclass(frozen=True)
class Board:
    """The months of some services. `unit` and `state` leave out what one does not look for."""

    prefecture: Prefecture
    on: datetime.date
    months: list[datetime.date]
    whole: list[Cell]
    unit: Unit | None = None
    state: str = ""

    @cached_property
    def cells(self) -> list[Cell]:
        return [cell for cell in self.whole if self._is_wanted(cell)]

    @property
    def lines(self) -> list[Line]:
        found = []
        for service, cells in groupby(self.whole, key=lambda cell: cell.service):
            line = [cell if self._is_wanted(cell) else None for cell in cells]
            found += [Line(service, line)] if any(line) else []
        return found

    @property
    def legend(self) -> list[Share]:
        """The expected months in parts of 100, and beside them how many are not."""
        counted = Counter(cell.mark for cell in self.cells)
        parts = shares([counted[mark] for mark in EXPECTED])
        expected = [Share(mark, counted[mark], part) for mark, part in zip(EXPECTED, parts, strict=True)]
        return expected + [Share(mark, counted[mark], None) for mark in Mark if mark not in EXPECTED]

    @property
    def expected_count(self) -> int:
        return sum(cell.is_expected for cell in self.cells)

    @property
    def late(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.is_late]

    @property
    def units(self) -> list[Unit]:
        return list(dict.fromkeys(cell.service.unit for cell in self.whole))

    def sheet(self, title: str) -> Sheet:
        return Sheet(title, COLUMNS, [_row(cell) for cell in self.cells])

    def loads(self) -> list[Load]:
        """Who has how much to do, who has most first; nobody where there is nothing. Three queries."""
        cells = [cell for cell in self.whole if self.unit in (None, cell.service.unit)]
        services = dict.fromkeys(cell.service for cell in cells)
        found = []
        for agent, own in _by_referent(referents(self.prefecture, services, self.on)):
            held = [cell for cell in cells if cell.service in own]
            awaited, late = (sum(cell.is_awaited for cell in held), sum(cell.is_late for cell in held))
            load = Load(agent, own, awaited - late, late, sum(cell.is_to_correct for cell in held))
            found += [load] if agent or awaited or load.to_correct else []
        return sorted(found, key=lambda load: (-load.late, -load.to_correct, -load.awaited))

    def _is_wanted(self, cell: Cell) -> bool:
        return self.unit in (None, cell.service.unit) and (not self.state or cell.answers(self.state))


COLUMNS = ("Unité", "Service", "Mois", "Situation", "État", "Attendu pour le", "Transmis le", "Transmis par")


def _row(cell: Cell) -> list[SheetCell]:
    found = cell.found
    return [
        cell.service.unit.short_name,
        cell.service.name,
        f"{cell.month:%m/%Y}",
        cell.mark.label,
        cell.second,
        found.due_on if cell.is_expected else None,
        found.entered_on,
        found.entered_by.full_name if found.entered_by else "",
    ]


def of(
    prefecture: Prefecture,
    first: datetime.date,
    last: datetime.date,
    on: datetime.date,
    *,
    services: Collection[int] | None = None,
    unit: Unit | None = None,
    state: str = "",
) -> Board:
    """The months of the services that keep a promise, from one month to another, as they stand on a day; of
    some services where they are named. Months that have not begun are left out, and nothing is expected
    before the first month that the préfecture follows. At most eight queries, whatever there is."""
    known = returns.calendar(prefecture)
    last = min(last, periods.month_of(on))
    months = list(periods.between(first, last))
    if known is None or not months:
        return Board(prefecture, on, [], [])
    owed = Owed(prefecture, first, last)
    rows = MonthlyReturn.objects.filter(prefecture=prefecture, month__range=(first, last))
    saved = {(row.service_id, row.month): row for row in rows.select_related("entered_by")}
    due = {month: known.due_on(month) for month in months}
    cells = []
    for service in owed.services:
        if services is not None and service.pk not in services:
            continue
        for month in months:
            found = saved.get((service.pk, month)) or MonthlyReturn(month=month, due_on=due[month])
            found.prefecture, found.service = prefecture, service
            is_followed = month >= known.schedule.first_month
            asked = owed.of(service, month) if is_followed else []
            is_suspended = is_followed and not asked and bool(owed.suspended(service, month))
            mark = mark_of(found, on, is_owed=bool(asked), is_suspended=is_suspended)
            cells.append(Cell(found, mark, asked))
    return Board(prefecture, on, months, cells, unit, state)


def all_months(
    prefecture: Prefecture, on: datetime.date, *, services: Collection[int] | None = None
) -> Board:
    """Every month that the préfecture follows, up to the one of a day."""
    known = returns.calendar(prefecture)
    if known is None:
        return Board(prefecture, on, [], [])
    return of(prefecture, known.schedule.first_month, periods.month_of(on), on, services=services)


@dataclass(frozen=True)
class Pending:
    """What the months ask of a quality manager: how many are late, and which have services to validate."""

    late: int
    to_validate: list[tuple[str, str, int]]
    """The address of a month, its name, and how many of its services are sent; the oldest first."""


def pending(accesses: Iterable[Access]) -> dict[int, Pending]:
    """By préfecture, where something pends. One query, and those of a board for each préfecture that follows
    its figures month by month."""
    held = {access.prefecture.pk: access for access in accesses}
    found = {}
    for pk in EntrySchedule.objects.filter(prefecture__in=held).values_list("prefecture", flat=True):
        board = all_months(held[pk].prefecture, held[pk].on)
        sent = Counter(cell.month for cell in board.cells if cell.is_to_validate)
        months = [(f"{month:%Y-%m}", periods.in_words(month), sent[month]) for month in sorted(sent)]
        if board.late or months:
            found[pk] = Pending(len(board.late), months)
    return found


def referents(
    prefecture: Prefecture, services: Iterable[Service], on: datetime.date
) -> dict[Service, list[Agent]]:
    """Who answers for the figures of each service on a day: its référents, by its unit or by itself; their
    deputies where it has none. Each has its `shown_name`. Three queries."""
    held = Membership.objects.filter(in_force(on), prefecture=prefecture, role=Membership.Role.REFERENT)
    members = list(held.order_by("pk"))
    people = absences.present(prefecture, on).in_bulk([one.agent_id for one in members])
    found = {}
    for service in services:
        own = [one for one in members if one.service_id == service.pk or one.unit_id == service.unit_id]
        own = [one for one in own if one.agent_id in people]
        first = [one for one in own if not one.is_deputy] or own
        found[service] = [people[pk] for pk in dict.fromkeys(one.agent_id for one in first)]
    return found


def _by_referent(held: dict[Service, list[Agent]]) -> Iterator[tuple[Agent | None, list[Service]]]:
    agents = dict.fromkeys(agent for people in held.values() for agent in people)
    for agent in agents:
        yield agent, [service for service, people in held.items() if agent in people]
    if alone := [service for service, people in held.items() if not people]:
        yield None, alone
