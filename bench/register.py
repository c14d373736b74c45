"""Goals 1 to 6, 9, 10 and 15: the register at 100 000 cases, then at a million, over 120 préfectures.

What is looked at, the cases of one préfecture and all that is open, is the same at both sizes: what must not
grow is found by that. There is no import of cases: goal 3 has none to measure.
"""

import datetime
import math
import statistics
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from typing import Any
from unittest import mock

from celery import current_app
from django.db import connection, transaction
from django.db.models import QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench import cases, derived, world
from bench.cases import LAST
from bench.goals import Measured, least, median, seconds
from complaints import compliance, register, worklists
from complaints.judging import Judge
from complaints.models import Case, Event, Requester
from complaints.register import Description, Identity
from jobs import queue
from jobs.models import Job
from qualepref import tasks
from sites.models import Agent, Closure, Prefecture, Service

FEW, MANY = 100_000, 1_000_000
ON = LAST
YEAR = datetime.date(2022, 1, 1), datetime.date(2022, 12, 1)
CLOSED_ON = LAST - datetime.timedelta(days=10)  # a Thursday, amid the days of open cases
BY = ("service", "channel", "month")

FLOOR = "SELECT service_id, channel, month, COUNT(*) FROM complaints_case GROUP BY 1, 2, 3"
# The rows that a statement reads, and no more than their number.
FLOOR_OF_A_YEAR = (
    "SELECT service_id, channel, month, COUNT(*) FROM complaints_case"
    " WHERE prefecture_id = %(place)s AND month BETWEEN %(first)s AND %(last)s GROUP BY 1, 2, 3"
)
# What the night does to due dates, as one statement that knows the other derivation's days.
RECKON = """
    UPDATE complaints_case c SET due_on = d.day
    FROM calendar_of p, calendar_day r, allowed l, calendar_day d
    WHERE c.state IN ('open', 'paused') AND c.is_answerable AND NOT c.needs_examination
        AND p.prefecture_id = c.prefecture_id AND r.calendar = p.calendar AND r.day = c.received_on
        AND l.kind = c.kind AND l.channel = c.channel AND l.requester = c.requester_kind
        AND l.milestone = 'reply' AND c.received_on BETWEEN l.first AND l.last
        AND d.calendar = p.calendar AND d.is_working AND d.ord = r.ord + l.days
"""
# The window of a case is the days after its receipt, up to its due date.
COVERED = """
    SELECT c.id FROM complaints_case c
    JOIN qualepref_sites_prefecture p ON p.id = c.prefecture_id
    LEFT JOIN complaints_appointment m ON m.case_id = c.id
    WHERE p.zone = %(zone)s AND c.state IN ('open', 'paused')
        AND c.received_on < %(day)s AND (%(day)s <= c.due_on OR %(day)s <= m.due_on)
"""
REWRITTEN = "SELECT id FROM complaints_case WHERE xmin::text::bigint >= %(before)s"
UPDATE = "UPDATE complaints_case SET version = version WHERE id % 20 = 0"
COLUMNS = [one for one in Case._meta.concrete_fields if not (one.generated or one.primary_key or one.unique)]


@dataclass(frozen=True)
class Sized:
    """What is measured at each size, by name: seconds, statements, and the pages that they touch."""

    seconds: dict[str, float]
    queries: dict[str, int]
    pages: dict[str, int]

    def beside(self, name: str) -> float:
        """Against a page that reads no case: the machine was not as busy at one size as at the other."""
        return self.seconds[name] / self.seconds["no case"]


def measure() -> Iterator[Measured]:
    looked_at = cases.build()
    send = current_app.send_task
    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(Prefecture, "today", lambda _: ON))
        sent = stack.enter_context(mock.patch.object(current_app, "send_task"))
        cases.fill(looked_at, FEW)
        derived.prepare(cases.places(), cases.delays(), cases.FIRST, LAST + datetime.timedelta(days=60))
        few = _sized(looked_at)
        cases.fill(looked_at, MANY)
        many = _sized(looked_at)
        yield from _compliance(few, many)
        yield from _lists(few, many)
        yield from _writes(looked_at)
        yield from _night(sent, send)
        yield from _calendar(looked_at)


# --- What is measured at both sizes ------------------------------------------------------------------------


def _sized(looked_at: Prefecture) -> Sized:
    browser, address = _signed_in(looked_at), f"/agents/{looked_at.slug}/affaires/liste/tous/"
    year = Case.objects.filter(prefecture=looked_at, month__range=YEAR)
    (of_a_year,) = _statements(lambda: list(compliance.counts(year, ON, BY)))
    last_page = {"page": 1 + (cases.OWN - 1) // 50}
    slow: dict[str, Callable[[], object]] = {
        "compliance": _national,
        "derivation": lambda: _ask(derived.statement()),
    }
    quick: dict[str, Callable[[], object]] = {
        "year": lambda: _ask(of_a_year),
        "rows of a year": lambda: _ask(FLOOR_OF_A_YEAR, place=looked_at.pk, first=YEAR[0], last=YEAR[1]),
        "first page": lambda: browser.get(address),
        "last page": lambda: browser.get(address, last_page),
        "overdue": lambda: list(_overdue(looked_at)),
        "no case": lambda: browser.get(f"/agents/{looked_at.slug}/affaires/nouvelle/"),
    }
    found = [*least(*slow.values(), rounds=3), *least(*quick.values(), rounds=20)]
    asked = {name: _statements(quick[name]) for name in ("first page", "last page", "overdue")}
    return Sized(
        dict(zip((*slow, *quick), found, strict=True)),
        {name: len(statements) for name, statements in asked.items()},
        {name: world.blocks_of(statements) for name, statements in asked.items()},
    )


def _national() -> list[Any]:
    return list(compliance.counts(Case.objects.all(), ON, BY))


def _overdue(prefecture: Prefecture) -> QuerySet[Case]:
    """The overdue queue, whole."""
    rows = worklists.LATE.of(Case.objects.filter(prefecture=prefecture), ON)
    return rows.order_by(worklists.LATE.order, "id")


def _signed_in(prefecture: Prefecture) -> Client:
    browser = Client()
    browser.force_login(_agent(prefecture), backend="django.contrib.auth.backends.ModelBackend")
    return browser


def _agent(prefecture: Prefecture) -> Agent:
    return Agent.objects.get(memberships__prefecture=prefecture)


# --- 1 to 4: rates -----------------------------------------------------------------------------------------


def _compliance(few: Sized, many: Sized) -> Iterator[Measured]:
    (statement,) = _statements(_national)
    raw, floor, orm, check = median(
        lambda: _ask(statement), lambda: _ask(FLOOR), _national, lambda: _ask(derived.statement())
    )
    server, server_floor = (_on_the_server(one) for one in (statement, FLOOR))
    wrong = sum(map(len, derived.differences()))
    print(f"      floor {floor:.3f} s, its statement {raw:.3f} s, through the ORM {orm:.3f} s")
    yield Measured("1", "national monthly compliance, against the raw GROUP BY", raw / floor, 1.5)
    yield Measured("1", "the same, without sending the answer", server / server_floor, 1.3)
    yield Measured("2", "the same through the ORM", orm / floor, 1.7)
    for name in ("compliance", "derivation"):
        grown = many.seconds[name] / few.seconds[name]
        exponent = math.log(grown) / math.log(MANY / FEW)
        yield Measured("3", f"exponent of growth, {name}", exponent, 1.05, "")
    for size in (few, many):
        of_a_year = size.seconds["year"] / size.seconds["rows of a year"]
        yield Measured("3", "a year of a préfecture, against the count of its rows", of_a_year, 1.5)
    yield Measured("4", "differences between what is kept and what is derived", wrong, 0, "")
    yield Measured("4", "the derivation, against the raw GROUP BY", check / floor, 5)


# --- 9 and 10: lists ---------------------------------------------------------------------------------------


def _lists(few: Sized, many: Sized) -> Iterator[Measured]:
    for name in ("first page", "last page"):
        print(f"      {name}: {1000 * few.seconds[name]:.0f} ms then {1000 * many.seconds[name]:.0f} ms")
        yield Measured("9", f"{name} of the list", many.beside(name) / few.beside(name), 1.3)
        yield Measured("9", f"{name}, its buffers", many.pages[name] / few.pages[name], 1.1)
        yield Measured("9", f"{name}, its queries", many.queries[name], 8, "queries")
    yield Measured("10", "the overdue queue", many.beside("overdue") / few.beside("overdue"), 1.5)
    yield Measured("10", "its buffers", many.pages["overdue"], 1.1 * cases.OPEN + 30, "pages")


# --- 6: writes ---------------------------------------------------------------------------------------------


def _writes(looked_at: Prefecture) -> Iterator[Measured]:
    """What the clock adds to the insert of a case. A whole reception does more than that, and is told beside:
    it waits for its turn to be numbered, reads the rules and the closures, has each row checked by its
    constraints one by one, and writes the requester and the event too."""
    agent, judge = _agent(looked_at), Judge.of(looked_at)
    service = Service.objects.filter(unit__prefecture=looked_at).select_related("unit__prefecture")[0]
    said = Description(
        kind="enquiry",
        channel="letter",
        received_on=ON,
        subject="Horaires",
        unit=service.unit,
        service=service,
        requester=Identity(name="Dominique Petit", address="1 rue des Essais, 13000 Essaiville"),
    )
    model = register.receive(looked_at, said, by=agent, on=ON)
    numbers = count(10 * MANY, -1)  # a reception takes the next one after the last

    def insert(judge: Judge | None = None) -> Case:
        case = Case(**{field.attname: getattr(model, field.attname) for field in COLUMNS})
        case.number, case.entry_key = next(numbers), None
        if judge:
            judge.choose_rules(case, None)
            judge.reckon(case, None)
        case.save(force_insert=True)
        return case

    def plain() -> None:
        with transaction.atomic():
            case = insert()
            Requester.objects.create(case=case, **vars(said.requester))
            Event.objects.create(case=case, kind=Event.Kind.REGISTERED, on=ON, by=agent, to_service=service)

    ready, judged, three, received = least(
        insert,
        lambda: insert(judge),
        plain,
        lambda: register.receive(looked_at, said, by=agent, on=ON),
        rounds=40,
    )
    yield Measured("6", "insert of a case that is judged, against its insert alone", judged / ready, 1.15)
    print(
        f"      a reception {1000 * received:.1f} ms, {received / three:.1f} × the insert of its three rows"
    )


# --- 15: the night -----------------------------------------------------------------------------------------


def _night(sent: mock.Mock, send: Callable[..., object]) -> Iterator[Measured]:
    """A night in which no due date is wrong, and no figure another than the night before."""
    current_app.loader.import_default_modules()
    _collect()  # the first time, it fills in a year
    Job.objects.all().delete()
    sent.reset_mock()
    tasks.reckon_cases()
    tasks.collect_month()
    published = len(("reckon_cases", "collect_month")) + sent.call_count
    yield Measured("15", "tasks published in a night", published, world.PREFECTURES + 5, "tasks")

    reckoned, collected, update = least(
        tasks.reckon_cases, _collect, lambda: connection.cursor().execute(RECKON), rounds=3
    )
    numbers = list(Case.objects.open().values_list("pk", flat=True))
    tried = numbers[:: len(numbers) // 200]
    one_by_one = seconds(lambda: _reckon_one_by_one(tried, send)) * len(numbers) / len(tried)
    print(
        f"      {len(numbers):,} open: due dates {reckoned:.2f} s, one UPDATE of them {update:.2f} s,"
        f" a task a case {one_by_one:.0f} s; figures {collected:.2f} s"
    )
    yield Measured("15", "due dates of a night, against one UPDATE", reckoned / update, 2)
    yield Measured("15", "the same, against a hundredth of a task a case", 100 * reckoned / one_by_one, 1)


def _collect() -> None:
    Job.objects.all().delete()
    tasks.collect_month()
    _work()


def _work() -> None:
    """Do the jobs that wait, as a worker does."""
    for number in Job.objects.filter(state=Job.State.QUEUED).values_list("pk", flat=True):
        queue.run(number)


def _reckon_one_by_one(numbers: Iterable[int], send: Callable[..., object]) -> None:
    """What a task a case would do, its message sent and taken; the loop of the worker is left out."""
    with current_app.connection_for_write() as link, link.SimpleQueue("bench") as waiting:
        for number in numbers:
            send("jobs.run", args=[number], queue="bench")
        for _ in numbers:
            message = waiting.get()
            message.ack()
            case = Case.objects.select_related("prefecture").get(pk=message.payload[0][0])
            judge = Judge.of(case.prefecture)
            judge.choose_rules(case, None)
            judge.reckon(case, None)


# --- 5: a day more that is closed --------------------------------------------------------------------------


def _calendar(looked_at: Prefecture) -> Iterator[Measured]:
    """A day on which all préfectures of a zone are closed."""
    covered = {number for (number,) in _ask(COVERED, zone=looked_at.zone, day=CLOSED_ON)}
    ((before,),) = _ask("SELECT txid_current()")
    Job.objects.all().delete()
    for prefecture in Prefecture.objects.filter(zone=looked_at.zone):
        Closure.objects.create(
            prefecture=prefecture, starts_on=CLOSED_ON, ends_on=CLOSED_ON, reason="Banc", stops_the_clock=True
        )
    taken = seconds(_work)
    rewritten = {number for (number,) in _ask(REWRITTEN, before=before)}
    print(f"      {len(covered):,} cases covered, {len(rewritten):,} rewritten, in {taken:.2f} s")
    yield Measured(
        "5", "rows rewritten that were not covered, or the reverse", len(covered ^ rewritten), 0, ""
    )
    with transaction.atomic():
        twentieth = seconds(lambda: connection.cursor().execute(UPDATE))
        transaction.set_rollback(True)
    yield Measured("5", "time, against the UPDATE of a row in twenty", taken / twentieth, 1)


# --- Statements --------------------------------------------------------------------------------------------


def _ask(statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return cursor.fetchall()


def _statements(action: Callable[[], object]) -> list[str]:
    with CaptureQueriesContext(connection) as asked:
        action()
    return [query["sql"] for query in asked.captured_queries]


def _on_the_server(statement: str) -> float:
    """Seconds of its execution, without the way of its answer."""
    explain = f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}"
    return statistics.median(_ask(explain)[0][0][0]["Execution Time"] for _ in range(5)) / 1000
