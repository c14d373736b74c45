"""The register of the demo in 2019 and 2020: invented cases that amount to its months.

Each service received as many cases, answered as many on time and in as many days, as the figures of
`months_2019_2020.csv` say. During the suspension it received less, and no figure counts it. A few cases are
of no rate: handed on to another body, or without a name.
"""

import datetime
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from random import Random
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from django.db import transaction

from complaints import examples, themes
from complaints.judging import Judge
from complaints.models import Appointment, Case, Event, Requester, Theme
from complaints.register import Body, Dropped
from indicators import periods
from qualepref.demo import months
from referentiel.delays import Asked
from sites.models import Agent, Membership, Prefecture, Service, Site

Kind, Channel, Asker, State, Happened = Case.Kind, Case.Channel, Case.RequesterKind, Case.State, Event.Kind

MARK = "Données fictives de la démonstration."
BY_WIRE = (Channel.EMAIL, Channel.FORM)  # these arrive on days off too
SUSPENDED = (datetime.date(2020, 3, 1), datetime.date(2020, 6, 1))
DEFENDER = 9  # a complaint with such a number comes from a delegate of the Défenseur des droits
LATEST = 15  # days that an answer takes at most beyond its delay


@dataclass(frozen=True)
class Stream:
    """What an indicator counts: kinds of cases of a kind of requester, by some channels."""

    kinds: tuple[str, ...]
    requester: str
    channels: tuple[str, ...]


APPOINTMENTS, DATES_GIVEN = "rct-rendez-vous-reponse", "rct-rendez-vous-date"  # two promises of one case
STREAMS = {
    "courriers": Stream((Kind.ENQUIRY,), Asker.CITIZEN, (Channel.LETTER,)),
    "courriels": Stream((Kind.ENQUIRY,), Asker.CITIZEN, (Channel.EMAIL, Channel.EMAIL, Channel.FORM)),
    "reclamations": Stream(
        (Kind.COMPLAINT, Kind.COMPLAINT, Kind.SUGGESTION),
        Asker.CITIZEN,
        (Channel.EMAIL, Channel.LETTER, Channel.COUNTER, Channel.FORM, Channel.BOX),
    ),
    "rct-courriers": Stream((Kind.ENQUIRY,), Asker.AUTHORITY, (Channel.LETTER,)),
    "rct-courriels": Stream((Kind.ENQUIRY,), Asker.AUTHORITY, (Channel.EMAIL,)),
    APPOINTMENTS: Stream((Kind.APPOINTMENT,), Asker.AUTHORITY, (Channel.EMAIL, Channel.LETTER)),
}


@dataclass(frozen=True)
class Told:
    """How many cases a month has, how many of them are on time, and their delays added up."""

    total: int
    on_time: int
    days: int

    def during_suspension(self) -> "Told":
        """Two fifths of them, no later than they were."""
        total = self.total * 2 // 5
        return Told(total, total, min(self.days * 2 // 5, total * 3))


Months: TypeAlias = Mapping[tuple[str, str, str, datetime.date], Told]
"""By unit, service, stream and month."""


@transaction.atomic
def enter(prefecture: Prefecture) -> None:
    """Where something is registered already, what people did with the demo since stays as it is."""
    if Case.objects.filter(prefecture=prefecture).exists():
        return
    office, told = Office(prefecture), _told()
    for year in (months.FIRST.year, months.LAST.year):
        number = 0
        for month in periods.Period.year(year):
            cases = sorted(_received(office, told, month), key=lambda case: case.received_on)
            for case in cases:
                case.number = number = number + 1
                case.is_from_rights_defender = case.kind == Kind.COMPLAINT and number % DEFENDER == 0
            _file(office, cases)
    _tell_some(office)


def _told() -> Months:
    rows = {
        (
            row["unit"],
            row["service"],
            row["indicator"],
            datetime.date.fromisoformat(f"{row['month']}-01"),
        ): row
        for row in months.rows("months_2019_2020.csv")
    }
    return {
        (unit, service, stream, month): Told(
            int(rate["denominator"]),
            int(rate["numerator"]),
            int(rows[unit, service, f"{stream}-delai-moyen", month]["numerator"]),
        )
        for (unit, service, indicator, month), rate in rows.items()
        if indicator.endswith("-dans-les-delais")
        and (stream := indicator.removesuffix("-dans-les-delais")) in (*STREAMS, DATES_GIVEN)
    }


# --- Where it is invented ----------------------------------------------------------------------------------


class Office:
    """The services, sites, themes, rules and calendar of a préfecture, and chance."""

    def __init__(self, prefecture: Prefecture) -> None:
        self.prefecture = prefecture
        self.judge = Judge.of(prefecture)
        self.dice = Random(13)  # noqa: S311 - the same cases at each run
        self.told: dict[str, Any] = tomllib.loads((months.HERE / "affaires.toml").read_text())
        self.services = {
            (service.unit.short_name, service.short_name): service
            for service in Service.objects.filter(unit__prefecture=prefecture).select_related("unit")
        }
        self._sites: dict[int, list[Site]] = defaultdict(list)
        for site in Site.objects.filter(unit__prefecture=prefecture):
            self._sites[site.unit_id].append(site)
        themes.create_usual(prefecture)
        self._themes = {theme.title: theme for theme in Theme.objects.filter(prefecture=prefecture)}
        held = Membership.objects.filter(prefecture=prefecture).select_related("agent")
        self._manager = held.get(role=Membership.Role.QUALITY_MANAGER).agent
        referents = held.filter(role=Membership.Role.REFERENT, unit__isnull=False)
        self._referents = {one.unit_id: one.agent for one in referents}

    def writer(self, unit_id: int) -> Agent:
        return self._referents.get(unit_id, self._manager)

    def matter(self, kind: str, requester: str) -> tuple[str, Theme | None]:
        """A subject, and the theme of a complaint or a suggestion."""
        subjects = self.told["subjects"]
        if kind not in (Kind.COMPLAINT, Kind.SUGGESTION):
            return self.dice.choice(subjects[f"{kind}-{requester}"]), None
        title = self.dice.choice(list(subjects[kind]))
        return self.dice.choice(subjects[kind][title]), self._themes[title]

    def site(self, unit_id: int) -> Site | None:
        return self.dice.choice(self._sites[unit_id]) if self._sites[unit_id] else None

    def day(self, month: datetime.date, channel: str) -> datetime.date:
        """A day of the month on which something may arrive."""
        while True:
            day = month.replace(day=self.dice.randint(1, periods.last_day(month).day))
            if self.judge.calendar.is_working(day) or (channel in BY_WIRE and self.dice.random() < 0.3):
                return day

    def at(self, day: datetime.date) -> datetime.datetime:
        hour = datetime.time(self.dice.randint(9, 16), self.dice.randint(0, 59))
        return datetime.datetime.combine(day, hour, ZoneInfo(self.prefecture.time_zone))


# --- What it received --------------------------------------------------------------------------------------


def _received(office: Office, told: Months, month: datetime.date) -> Iterator[Case]:
    is_suspended = SUSPENDED[0] <= month <= SUSPENDED[1]
    known = periods.shifted(month, -12) if is_suspended else month
    for (unit, name), service in office.services.items():
        for key, stream in STREAMS.items():
            of_month = [told.get((unit, name, one, known)) for one in (key, DATES_GIVEN)]
            replies, dates = [one.during_suspension() if one and is_suspended else one for one in of_month]
            if replies:
                yield from _answered(
                    office, service, stream, month, replies, dates if key == APPOINTMENTS else None
                )
    welcome = office.services["Siège", "BAAS"]
    elsewhere = _case(office, welcome, month, Kind.ENQUIRY, Channel.EMAIL, Asker.CITIZEN)
    elsewhere.state = State.TRANSFERRED
    nameless = _case(office, welcome, month, Kind.SUGGESTION, Channel.BOX, Asker.CITIZEN)
    nameless.state, nameless.is_answerable = State.DROPPED, False
    for case in (elsewhere, nameless):
        case.closed_on = office.judge.calendar.due(case.received_on, 1)
        yield _judged(office, case, None)


def _answered(
    office: Office, service: Service, stream: Stream, month: datetime.date, replies: Told, dates: Told | None
) -> Iterator[Case]:
    """The cases of a stream that a service received in a month."""
    channels, delays = _replies(office, stream, month, replies)
    given: dict[int, int] = {}
    if dates:
        # The later the reply, the later the day that it gives: none is given for a day that is past.
        in_order = sorted(range(replies.total), key=delays.__getitem__)
        given = dict(zip(in_order, sorted(_spread(office.dice, dates, [10] * dates.total)), strict=True))
    due = office.judge.calendar.due
    for at, (channel, delay) in enumerate(zip(channels, delays, strict=True)):
        case = _case(office, service, month, office.dice.choice(stream.kinds), channel, stream.requester)
        case.state = State.ANSWERED
        case.answered_on = case.closed_on = case.first_reply_on = due(case.received_on, delay)
        appointment = None
        if dates:
            appointment = Appointment(case=case, takes_place_on=due(case.received_on, given[at]))
        _judged(office, case, appointment)
        if not case.is_within and channel == Channel.LETTER:
            case.first_reply_on = case.due_on  # by a holding reply
        yield case


def _replies(office: Office, stream: Stream, month: datetime.date, told: Told) -> tuple[list[str], list[int]]:
    """By which channels they came, and in how many days each was answered: the late ones first."""
    allowed = {}
    for channel in stream.channels:
        rule = office.judge.rules.in_force(Asked(stream.kinds[0], channel, stream.requester), month)
        allowed[channel] = (rule and rule.days) or 0
    quickest, slowest = (choice(stream.channels, key=allowed.__getitem__) for choice in (min, max))
    late = told.total - told.on_time
    channels = [quickest] * late + list(islice(cycle(stream.channels), told.on_time))
    for at in range(late, told.total):
        # Where they took long on the whole, most came by a channel that leaves time.
        if sum(allowed[channel] for channel in channels) >= told.days * 4 // 3:
            break
        channels[at] = slowest
    return channels, _spread(office.dice, told, [allowed[channel] for channel in channels])


def _spread(dice: Random, told: Told, allowed: Sequence[int]) -> list[int]:
    """As many days as were told, spread over cases of which the first are late."""
    late = told.total - told.on_time
    delays = [days + 1 if at < late else 0 for at, days in enumerate(allowed)]
    most = [days + LATEST if at < late else days for at, days in enumerate(allowed)]
    if not sum(delays) <= told.days <= sum(most):
        raise ValueError(f"{told} cannot be what cases with these delays amount to: {allowed}")
    left = told.days - sum(delays)
    while left:
        at = dice.randrange(told.total)
        if delays[at] < most[at]:
            delays[at] += 1
            left -= 1
    return delays


def _case(
    office: Office, service: Service, month: datetime.date, kind: str, channel: str, requester: str
) -> Case:
    received_on = office.day(month, channel)
    subject, theme = office.matter(kind, requester)
    return Case(
        prefecture=office.prefecture,
        year=month.year,
        kind=kind,
        channel=channel,
        requester_kind=requester,
        received_on=received_on,
        registered_at=office.at(received_on),
        registered_by=office.writer(service.unit_id),
        unit=service.unit,
        site=office.site(service.unit_id) if theme else None,
        service=service,
        theme=theme,
        subject=subject,
        text=MARK,
        is_answerable=True,
        version=2,
    )


def _judged(office: Office, case: Case, appointment: Appointment | None) -> Case:
    office.judge.choose_rules(case, appointment)
    office.judge.reckon(case, appointment)
    return case


# --- How it is kept ----------------------------------------------------------------------------------------


def _tell_some(office: Office) -> None:
    """A complaint of 2020 a theme, as the quality manager tells it."""
    manager = office.prefecture.memberships.get(role=Membership.Role.QUALITY_MANAGER).agent
    complaints = Case.objects.filter(prefecture=office.prefecture, year=2020, kind=Kind.COMPLAINT)
    for title, text in office.told["examples"].items():
        case = complaints.filter(theme__title=title).order_by("number").first()
        if case:
            examples.keep(case, text, seen=0, by=manager)


def _file(office: Office, cases: Sequence[Case]) -> None:
    """Keep cases with all that the register keeps of them."""
    requesters, appointments = [], []
    for case in cases:
        who = somebody(case.requester_kind, case.channel, case.number) if case.is_answerable else {}
        requesters.append(Requester(case=case, **who))
        case.searchable = case.words(requesters[-1])
        if hasattr(case, "appointment"):
            appointments.append(case.appointment)
    Case.objects.bulk_create(cases)
    for requester in requesters:
        requester.case_id = requester.case.pk
    for appointment in appointments:
        appointment.case_id = appointment.case.pk
    Requester.objects.bulk_create(requesters)
    Appointment.objects.bulk_create(appointments)
    Event.objects.bulk_create([event for case in cases for event in _trail(office, case)])


def somebody(requester: str, channel: str, number: int) -> dict[str, str]:
    """Who asks: nobody, told apart from others by a number."""
    if requester == Asker.CITIZEN:
        who = {"name": f"Usager fictif n°\xa0{number}"}
    else:
        who = {"organisation": f"Commune fictive n°\xa0{number}"}
    if channel in BY_WIRE:
        return who | {"email": f"demandeur-{number}@demo.example"}
    return who | {"address": "1 rue de l’Exemple, 13000 Villefictive"}


def _trail(office: Office, case: Case) -> Iterator[Event]:
    def happened(kind: str, on: datetime.date, **told: Any) -> Event:
        at = case.registered_at if kind == Happened.REGISTERED else office.at(on)
        return Event(case=case, kind=kind, on=on, at=at, by=case.registered_by, **told)

    yield happened(Happened.REGISTERED, case.received_on, to_service=case.service)
    closed_on = case.closed_on or case.received_on
    if case.first_reply_on and case.first_reply_on != case.answered_on:
        yield happened(Happened.HELD, case.first_reply_on)
    if case.state == State.TRANSFERRED:
        yield happened(Happened.HANDED_ON, closed_on, facts={"body": Body.ANTS})
    elif case.state == State.DROPPED:
        yield happened(Happened.DROPPED, closed_on, facts={"reason": Dropped.NOWHERE})
    else:
        given = case.appointment.takes_place_on if hasattr(case, "appointment") else None
        facts = {"takes_place_on": given.isoformat()} if given else {}
        yield happened(Happened.ANSWERED, closed_on, facts=facts)
