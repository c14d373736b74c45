"""After the calendar or a rule has changed, the open cases that it touches move, and nothing else.

The letter of Monday 1 March 2021 is due on Monday 15 March, its e-mail on Monday 8 March.
"""

from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.urls import reverse

from complaints import recomputing, register
from complaints.models import Case, Event
from jobs import queue
from jobs.models import Job
from qualepref import tasks
from qualepref.celery import app
from referentiel.models import DelayRule
from sites import organisation
from sites.models import Closure
from tests.complaints.conftest import MONDAY, TODAY
from tests.factories import AdoptionFactory, ClosureFactory, DelayRuleFactory


@pytest.fixture
def work():
    """Do the jobs that wait."""
    app.loader.import_default_modules()

    def do():
        for job in Job.objects.filter(state=Job.State.QUEUED):
            queue.run(job.pk)

    return do


def close(prefecture, first, last=None, **columns):
    columns = {"stops_the_clock": True, "ends_on": last or first, **columns}
    return ClosureFactory(prefecture=prefecture, starts_on=first, **columns)


def due(case):
    case.refresh_from_db()
    return case.due_on


def test_a_closure_moves_the_open_cases_whose_days_it_takes_and_no_other(prefecture, basile, receive, work):
    """Counted by hand: a case moves if the closed day is after its receipt, and not after its due date."""
    closed_on = date(2021, 3, 10)
    cases = [
        receive(received_on=MONDAY + timedelta(day), channel=channel)
        for day in range(20)
        for channel in ("letter", "email")
    ]
    for case in cases[::5]:
        register.answer(case, answered_on=date(2021, 3, 25), seen=1, by=basile, on=TODAY)
    before = {case.pk: due(case) for case in cases}
    covered = {
        case.pk for case in cases if case.state == "open" and case.received_on < closed_on <= before[case.pk]
    }

    close(prefecture, closed_on)
    work()

    moved = {case.pk for case in cases if due(case) != before[case.pk]}
    told = Event.objects.filter(kind="reckoned")
    assert moved == covered == set(told.values_list("case", flat=True))
    assert 10 < len(moved) < len(cases)
    assert set(Case.objects.filter(pk__in=moved).values_list("version", flat=True)) == {2}


def test_the_event_tells_the_date_before_and_after_and_a_removal_takes_it_back(prefecture, receive, work):
    case = receive()

    day = date(2021, 3, 4)
    closure = organisation.save(
        Closure(prefecture=prefecture, starts_on=day, ends_on=day, reason="pont", stops_the_clock=True)
    )
    work()
    organisation.remove(closure)
    work()

    assert due(case) == date(2021, 3, 15)
    assert list(case.events.filter(kind="reckoned").values_list("facts", flat=True)) == [
        {"due_on": ["2021-03-15", "2021-03-16"]},
        {"due_on": ["2021-03-16", "2021-03-15"]},
    ]


def test_a_closure_that_stops_no_clock_moves_nothing(prefecture, receive, work):
    case = receive()

    close(prefecture, date(2021, 3, 4), stops_the_clock=False)
    work()

    assert (due(case), case.version) == (date(2021, 3, 15), 1)


def test_a_day_inside_a_pause_that_is_over_moves_nothing(prefecture, basile, receive, work):
    case = receive()
    case = register.pause(case, starts_on=date(2021, 3, 3), reason="other", seen=1, by=basile, on=TODAY)
    case = register.resume(case, ends_on=date(2021, 3, 5), seen=2, by=basile, on=TODAY)

    close(prefecture, date(2021, 3, 4))
    work()
    assert (due(case), case.version) == (date(2021, 3, 18), 3)

    close(prefecture, date(2021, 3, 9))
    work()
    assert due(case) == date(2021, 3, 19)


def test_the_holidays_of_alsace_move_it_when_good_friday_is_worked(prefecture, receive, work):
    prefecture.zone = "alsace-moselle"
    prefecture.save()
    case = receive(received_on=date(2021, 3, 26))
    assert due(case) == date(2021, 4, 13)  # Good Friday is the 2nd, Easter Monday the 5th

    prefecture.good_friday_is_off = False
    prefecture.save()
    work()

    assert due(case) == date(2021, 4, 12)


def test_a_rule_moves_the_open_cases_that_it_judges(prefecture, rules, basile, receive, work):
    held, email, closed = receive(), receive(channel="email"), receive()
    register.answer(closed, answered_on=date(2021, 3, 15), seen=1, by=basile, on=TODAY)

    rule = DelayRule.objects.get(kind="enquiry", channel="letter")
    rule.days = 15
    rule.save()
    work()

    assert (due(held), held.allowed_days) == (date(2021, 3, 22), 15)
    assert held.events.get(kind="reckoned").facts == {
        "allowed_days": [10, 15],
        "due_on": ["2021-03-15", "2021-03-22"],
    }
    assert (due(email), email.version) == (date(2021, 3, 8), 1)
    assert (due(closed), closed.allowed_days, closed.is_within) == (date(2021, 3, 15), 10, True)


def test_an_own_rule_and_another_referentiel_are_rules_too(prefecture, rules, receive, work):
    case = receive()

    own = DelayRuleFactory(referentiel=rules, prefecture=prefecture, days=3)
    work()
    assert due(case) == date(2021, 3, 4)

    own.delete()
    work()
    assert due(case) == date(2021, 3, 15)

    newer = AdoptionFactory(prefecture=prefecture, starts_on=MONDAY).referentiel
    DelayRuleFactory(referentiel=newer, days=20)
    work()
    assert due(case) == date(2021, 3, 29)


def test_a_row_that_says_the_same_judges_without_an_event(prefecture, rules, receive, work):
    case = receive()

    own = DelayRuleFactory(referentiel=rules, prefecture=prefecture, days=10)
    work()

    case.refresh_from_db()
    assert (case.rule, case.version) == (own, 1)
    assert not case.events.filter(kind="reckoned").exists()


def test_the_second_promise_of_an_appointment_moves_too(prefecture, receive, work):
    case = receive(kind="appointment", requester_kind="authority")

    close(prefecture, date(2021, 3, 10))
    work()

    assert due(case) == date(2021, 3, 5)
    case.appointment.refresh_from_db()
    assert case.appointment.due_on == date(2021, 3, 16)
    assert case.events.get(kind="reckoned").facts == {"dated_due_on": ["2021-03-15", "2021-03-16"]}


def test_nothing_is_ordered_where_nothing_is_open(prefecture, elsewhere, receive):
    receive()

    close(elsewhere, date(2021, 3, 4))

    assert not Job.objects.exists()


def test_the_night_repairs_what_no_job_has_reckoned(prefecture, receive, capsys):
    case = receive()
    Case.objects.update(due_on=date(2021, 3, 1))

    tasks.reckon_cases()
    tasks.reckon_cases()

    assert due(case) == date(2021, 3, 15)
    assert case.events.filter(kind="reckoned").count() == 1
    call_command("reckon_cases", prefecture=prefecture.code)
    assert "0 échéances recalculées" in capsys.readouterr().out


def test_many_cases_are_read_and_written_by_few_statements(
    prefecture, receive, django_assert_max_num_queries
):
    for _ in range(12):
        receive()
    close(prefecture, date(2021, 3, 4))

    with django_assert_max_num_queries(12):  # one UPDATE and one INSERT among them
        assert len(recomputing.reckon(prefecture, TODAY)) == 12
    with django_assert_max_num_queries(5):
        assert recomputing.reckon(prefecture, TODAY) == []


def test_the_page_lists_what_moved_to_whom_may_read_it(prefecture, basile, rachid, receive, work, client_of):
    receive(subject="Horaires")
    close(prefecture, date(2021, 3, 4))
    work()
    address = reverse("cases_reckoned", args=[prefecture.slug])

    shown, elsewhere = (client_of(agent).get(address) for agent in (basile, rachid))

    assert shown.context["listing"]["count"] == 1
    for words in ("Horaires", "15/03/2021", "16/03/2021"):
        assert words in shown.content.decode()
    assert elsewhere.context["listing"]["count"] == 0
