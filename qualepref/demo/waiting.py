"""What waits in the register of the demo today: invented cases of the last weeks, in each state of a case."""

import datetime
from typing import Any

from django.db import transaction

from complaints import register
from complaints.models import Case, Pause
from complaints.register import Description, Identity
from qualepref.demo import months
from qualepref.demo.cases import MARK, Office, somebody
from referentiel.delays import Asked
from sites.models import Prefecture, Unit
from sites.workdays import WorkCalendar

ONE_DAY = datetime.timedelta(days=1)


@transaction.atomic
def enter(prefecture: Prefecture) -> None:
    """Where something was registered since those two years, it stays as it is."""
    if Case.objects.filter(prefecture=prefecture, year__gt=months.LAST.year).exists():
        return
    office = Office(prefecture)
    received = sorted(
        ((_received_on(office, row, when), row) for row in office.told["waiting"] for when in row["when"]),
        key=lambda one: one[0],
    )
    for number, (received_on, row) in enumerate(received, 1):
        case = _receive(office, row, received_on, number)
        _follow(office, row, case)


def _received_on(office: Office, row: dict[str, Any], when: int) -> datetime.date:
    """The day of receipt of what is due in so many working days, or was received so many before."""
    today, days = office.prefecture.today(), office.judge.calendar
    day = _working_day(days, today, when)
    rule = office.judge.rules.in_force(_asked(row), day)
    if row.get("is_over") or rule is None or rule.days is None:
        return day
    received_on = _working_day(days, today, 0)
    while received_on > today or days.due(received_on, rule.days) > day:
        received_on = _working_day(days, received_on, -1)
    return received_on


def _working_day(days: WorkCalendar, day: datetime.date, by: int) -> datetime.date:
    """So many working days later, or earlier; the next one of a day off, for 0."""
    if by >= 0:
        return days.due(day - ONE_DAY, by + 1)
    while by:
        day -= ONE_DAY
        by += days.is_working(day)
    return day


def _asked(row: dict[str, Any]) -> Asked:
    return Asked(row["kind"], row["channel"], row.get("requester", Case.RequesterKind.CITIZEN))


def _receive(office: Office, row: dict[str, Any], received_on: datetime.date, number: int) -> Case:
    unit = Unit.objects.get(prefecture=office.prefecture, short_name=row["unit"])
    asked = _asked(row)
    subject, theme = office.matter(asked.kind, asked.requester)
    who = {} if row.get("is_anonymous") else somebody(asked.requester, asked.channel, number)
    said = Description(
        kind=asked.kind,
        channel=asked.channel,
        requester_kind=asked.requester,
        received_on=received_on,
        subject=subject,
        text=MARK,
        unit=unit,
        service=office.services[row["unit"], row["service"]] if "service" in row else None,
        site=office.site(unit.pk) if theme else None,
        theme=theme,
        requester=Identity(**who),
    )
    return register.receive(office.prefecture, said, by=office.writer(unit.pk), on=received_on)


def _follow(office: Office, row: dict[str, Any], case: Case) -> None:
    """What happened to it since."""
    today, days = office.prefecture.today(), office.judge.calendar
    by = office.writer(case.unit_id)

    def ago(number: int) -> datetime.date:
        return max(case.received_on, _working_day(days, today, -number))

    if "held" in row:
        case = register.hold(case, sent_on=ago(row["held"]), seen=case.version, by=by, on=today)
    if "asked" in row:
        service = office.services[row["unit"], row["asked"]]
        case = register.ask(case, service, seen=case.version, by=by, on=today)
    if "paused" in row:
        reason = Pause.Reason.REQUESTER
        register.pause(case, starts_on=ago(row["paused"]), reason=reason, seen=case.version, by=by, on=today)
    if "handed_on_to" in row:
        register.hand_on(case, body=row["handed_on_to"], sent_on=ago(1), seen=case.version, by=by, on=today)
    if "answered" in row:
        register.answer(case, answered_on=ago(row["answered"]), seen=case.version, by=by, on=today)
