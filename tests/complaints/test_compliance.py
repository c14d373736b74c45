"""Rates and delays of a set of cases, against a loop over them one by one."""

from datetime import date, timedelta
from fractions import Fraction
from itertools import count
from statistics import median

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from complaints import compliance
from complaints.compliance import Group
from complaints.models import Appointment, Case
from referentiel.measures import Mean, Rate
from tests.factories import ServiceFactory

ON = date(2021, 3, 10)
BY_SERVICE = ("unit", "service")


@st.composite
def cases(draw):
    """The columns of a case as the register leaves them, whatever happened to it; the day that an appointment
    was given, with its own due date."""
    received = date(2021, 1, 1) + timedelta(draw(st.integers(0, 68)))
    state = draw(st.sampled_from(["answered"] * 3 + ["open"] * 2 + ["paused", "transferred", "dropped"]))
    has_clock = {
        "is_answerable": draw(st.sampled_from([True, True, True, False])),
        "needs_examination": draw(st.sampled_from([False, False, False, True])),
        "allowed_days": draw(st.sampled_from([5, 10, 10, None])),
    }
    is_judged = (
        has_clock["is_answerable"] and not has_clock["needs_examination"] and has_clock["allowed_days"]
    )
    due = received + timedelta(draw(st.integers(5, 20))) if is_judged else None
    if state == "paused" and draw(st.booleans()):
        due = None
    closed = received + timedelta(draw(st.integers(0, 30))) if state not in ("open", "paused") else None
    answered = closed if state == "answered" else None
    first = answered and min(answered, received + timedelta(draw(st.integers(0, 30))))
    if not answered and draw(st.booleans()):
        first = received + timedelta(draw(st.integers(0, 30)))
    columns = {
        **has_clock,
        "received_on": received,
        "month": received.replace(day=1),
        "kind": draw(st.sampled_from(["enquiry", "complaint"])),
        "channel": draw(st.sampled_from(["letter", "email"])),
        "requester_kind": draw(st.sampled_from(["citizen", "authority"])),
        "state": state,
        "due_on": due,
        "closed_on": closed,
        "answered_on": answered,
        "first_reply_on": first,
        "delay_days": (answered - received).days if answered and due else None,
        "is_within": answered <= due if answered and due else None,
    }
    dated = draw(st.none() | st.tuples(st.integers(3, 20), st.none() | st.integers(0, 40)))
    if dated and is_judged:
        due_on, given_on = received + timedelta(dated[0]), None
        if dated[1] is not None:
            given_on = received + timedelta(dated[1])
        return draw(st.integers(0, 2)), columns, (due_on, given_on)
    return draw(st.integers(0, 2)), columns, None


@pytest.fixture
def places(siege, arles):
    """A service of the siège, the siège without a service, a service of Arles."""
    return [(siege, ServiceFactory(unit=siege)), (siege, None), (arles, ServiceFactory(unit=arles))]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=st.lists(cases(), max_size=25), left_out=st.sampled_from([None, 1, 2]))
def test_figures_are_those_of_a_loop_over_the_cases(prefecture, places, made, left_out):
    Appointment.objects.all().delete()
    Case.objects.all().delete()
    numbers = count(1)
    for place, columns, dated in made:
        unit, service = places[place]
        case = Case.objects.create(
            prefecture=prefecture, year=2021, number=next(numbers), unit=unit, service=service, **columns
        )
        if dated:
            due, given_on = dated
            Appointment.objects.create(
                case=case,
                allowed_days=10,
                due_on=due,
                takes_place_on=given_on,
                delay_days=(given_on - case.received_on).days if given_on else None,
                is_within=given_on <= due if given_on else None,
            )

    def is_left_out(group):
        return group.service is None and group.month.month == left_out

    rows = list(Case.objects.select_related("appointment"))
    for by in (Group._fields, BY_SERVICE, (*BY_SERVICE, "month"), ()):
        found = compliance.of(Case.objects.all(), ON, by, is_left_out=is_left_out)
        groups = {}
        for case in rows:
            group = _group(case)
            groups.setdefault(tuple(getattr(group, name) for name in by), []).append(case)
        assert found.keys() == groups.keys()
        for key, own in groups.items():
            _compare(found[key], own, is_left_out)


def _group(case):
    return Group(case.unit_id, case.service_id, case.kind, case.channel, case.requester_kind, case.month)


def _compare(figures, own, is_left_out):
    followed = [case for case in own if not is_left_out(_group(case))]
    assert (figures.received, figures.suspended) == (len(own), len(own) - len(followed))
    counted = [case for case in followed if case.is_counted]
    assert len(followed) == len(counted) + figures.apart.total()
    for reason in ("transferred", "dropped"):
        assert figures.apart[reason] == sum(case.state == reason for case in followed)

    reply = figures.reply
    done = [case for case in counted if case.answered_on]
    waiting = [case for case in counted if not case.answered_on]
    overdue = [case for case in waiting if case.due_on and case.due_on < ON]
    on_time = [case for case in done if case.answered_on <= case.due_on]
    assert reply.rate == Rate(len(on_time), len(done) + len(overdue))
    assert (reply.open, reply.paused) == (len(waiting), sum(case.state == "paused" for case in waiting))
    assert reply.late == sum(case.answered_on > case.due_on for case in done) + len(overdue)
    delays = [(case.answered_on - case.received_on).days for case in done]
    assert reply.mean == Mean(sum(delays), len(delays))
    assert figures.median == (Fraction(median(delays)) if delays else None)

    settled = [case for month in {case.month for case in own} for case in _settled(counted, month)]
    assert figures.settled.rate == Rate(
        sum(case in on_time for case in settled), sum(case in done or case in overdue for case in settled)
    )
    held = [case for case in counted if case.first_reply_on and case.first_reply_on != case.answered_on]
    firsts = [case for case in counted if case.due_on and (case.first_reply_on or case.due_on < ON)]
    in_time = [case for case in firsts if case.first_reply_on and case.first_reply_on <= case.due_on]
    assert (figures.held, figures.first_rate) == (len(held), Rate(len(in_time), len(firsts)))

    promised = [case.appointment for case in counted if hasattr(case, "appointment")]
    given_on = [one for one in promised if one.takes_place_on]
    broken = [one for one in promised if not one.takes_place_on and one.due_on < ON]
    kept = [one for one in given_on if one.takes_place_on <= one.due_on]
    assert figures.dated.rate == Rate(len(kept), len(given_on) + len(broken))
    assert figures.dated.mean == Mean(sum(one.delay_days for one in given_on), len(given_on))


def _settled(counted, month):
    """The cases of a month that is over, once all its due dates have passed."""
    of_month = [case for case in counted if case.month == month]
    is_over = (month.year, month.month) < (ON.year, ON.month)
    return of_month if is_over and all(case.due_on and case.due_on < ON for case in of_month) else []


@pytest.mark.django_db
def test_as_many_statements_for_any_number_of_cases(receive, django_assert_num_queries):
    for channel in ("letter", "email", "phone"):
        receive(channel=channel)
        with django_assert_num_queries(5):
            compliance.of(Case.objects.all(), ON)
