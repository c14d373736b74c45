"""What is kept on a register drawn by lot is what another derivation finds, in one statement, day by day."""

from datetime import date, timedelta
from random import Random

import pytest
from django.db.models import F

from bench import derived
from bench.derived import Delay, Place
from complaints.judging import Judge
from complaints.models import Appointment, Case
from tests.factories import (
    AdoptionFactory,
    ClosureFactory,
    DelayRuleFactory,
    PrefectureFactory,
    ServiceFactory,
)

FIRST, LAST = date(2018, 1, 1), date(2022, 12, 31)
BRIDGE = date(2019, 5, 31)
# kind, channel, requester, milestone: days until 2019, days from 2020
RULES = {
    ("enquiry", "letter", "citizen", "reply"): (15, 10),
    ("enquiry", "email", "citizen", "reply"): (5, 5),
    ("complaint", "form", "citizen", "reply"): (15, 5),
    ("appointment", "email", "authority", "reply"): (4, 4),
    ("appointment", "email", "authority", "dated"): (10, 10),
}
NO_RULE = ("enquiry", "phone", "citizen")


@pytest.fixture
def places(db):
    """The same rules in three zones; one préfecture is closed on the bridge of Ascension Day 2019."""
    referentiel = AdoptionFactory().referentiel
    change = date(2020, 1, 1)
    for (kind, channel, requester, milestone), (before, after) in RULES.items():
        for days, dates in ((before, {"ends_on": change - timedelta(1)}), (after, {"starts_on": change})):
            DelayRuleFactory(
                referentiel=referentiel,
                kind=kind,
                channel=channel,
                requester=requester,
                milestone=milestone,
                days=days,
                **dates,
            )
    found = []
    zones = {"metropole": "Métropole", "alsace-moselle": "Alsace-Moselle", "la-reunion": "La Réunion"}
    for zone, name in zones.items():
        prefecture = PrefectureFactory(zone=zone)
        AdoptionFactory(prefecture=prefecture, referentiel=referentiel)
        closed = frozenset({BRIDGE} if zone == "metropole" else ())
        for day in closed:
            ClosureFactory(prefecture=prefecture, starts_on=day, ends_on=day, stops_the_clock=True)
        found.append((prefecture, Place(prefecture.pk, name, closed)))
    return found


def fill(prefecture, number, dice, since=FIRST, days=4 * 365):
    """Cases on any day, a day off too, answered on any day, or not; judged as the register does."""
    service = ServiceFactory(unit__prefecture=prefecture)
    judge = Judge.of(prefecture)
    asked = [rule[:3] for rule in RULES if rule[3] == "reply"] + [NO_RULE]
    cases, appointments = [], []
    for at in range(1, number + 1):
        kind, channel, requester = dice.choice(asked)
        received_on = since + timedelta(dice.randrange(days))
        case = Case(
            prefecture=prefecture,
            unit=service.unit,
            service=service,
            year=received_on.year,
            number=at,
            kind=kind,
            channel=channel,
            requester_kind=requester,
            received_on=received_on,
            subject="Essai",
            is_answerable=dice.random() < 0.95,
            needs_examination=dice.random() < 0.05,
        )
        if dice.random() < 0.85:
            case.answered_on = case.closed_on = received_on + timedelta(
                min(dice.randrange(40), dice.randrange(40))
            )
            case.state = Case.State.ANSWERED
        appointment = None
        if kind == "appointment":
            appointment = Appointment(case=case)
            if case.answered_on:
                appointment.takes_place_on = case.answered_on + timedelta(dice.randrange(12))
            appointments.append(appointment)
        judge.choose_rules(case, appointment)
        judge.reckon(case, appointment)
        cases.append(case)
    Case.objects.bulk_create(cases)
    for appointment in appointments:
        appointment.case_id = appointment.case.pk
    Appointment.objects.bulk_create(appointments)


def prepare(places):
    change = date(2020, 1, 1)
    delays = [
        Delay(kind, channel, requester, milestone, first, last, days)
        for (kind, channel, requester, milestone), (before, after) in RULES.items()
        for first, last, days in ((FIRST, change - timedelta(1), before), (change, LAST, after))
    ]
    derived.prepare([place for _, place in places], delays, FIRST, LAST)


@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_kept_is_what_is_derived(places, seed):
    for prefecture, _ in places:
        fill(prefecture, 700, Random(f"{seed} {prefecture.zone}"))
    prepare(places)

    assert derived.differences() == ([], [])
    assert Case.objects.filter(is_within=False).count() > 100
    assert Case.objects.filter(due_on=None).count() > 100


@pytest.mark.parametrize(
    "change",
    [
        {"delay_days": F("delay_days") + 1},
        {"due_on": F("received_on"), "is_within": False},
        {"delay_days": None, "is_within": None, "due_on": None},
    ],
)
def test_what_is_kept_wrong_is_found(places, change):
    fill(places[0][0], 60, Random(3))
    prepare(places)
    case = Case.objects.filter(is_within=True, answered_on__gt=F("received_on")).first()

    Case.objects.filter(pk=case.pk).update(**change)

    assert derived.differences() == ([case.pk], [])


def test_a_closure_that_is_not_known_to_one_of_them_is_found(places):
    """The two ways read the days from two places."""
    prefecture = places[0][0]
    fill(prefecture, 40, Random(4), since=date(2019, 5, 1), days=60)
    prepare([(prefecture, Place(prefecture.pk, "Métropole"))])

    (found, _) = derived.differences()

    assert found
    assert all(case.received_on < BRIDGE for case in Case.objects.filter(pk__in=found))
