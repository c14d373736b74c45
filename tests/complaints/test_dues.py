"""Who is reminded of which case, and when. The letter of 1 March 2021 is due on Monday 15 March."""

from datetime import date

import pytest

from complaints import dues, register
from jobs.models import Job
from qualepref import digest
from sites import closures
from sites.models import Membership, Reminder
from tests import factories

Role = Membership.Role


def march(day: int) -> date:
    return date(2021, 3, day)


@pytest.fixture
def told(prefecture):
    """`told(15)`: who is told of what on that day of March, by first name and stage."""

    def send(day: int) -> list[tuple[str, int]]:
        digest.send(prefecture, march(day))
        Job.objects.update(state=Job.State.DONE)  # each mail leaves
        rows = Reminder.objects.filter(on=march(day)).order_by("recipient__full_name")
        return [(name.split()[0], stage) for name, stage in rows.values_list("recipient__full_name", "stage")]

    return send


def test_a_case_comes_back_on_the_eve_on_the_day_and_late_once_each(claire, receive, told):
    receive()

    mails = {day: told(day) for day in range(10, 26)}

    assert {day: people for day, people in mails.items() if people} == {
        12: [("Basile", -1)],  # the Friday before
        15: [("Basile", 0)],
        16: [("Basile", 1)],
        18: [("Basile", 3), ("Claire", 3)],
        25: [("Basile", 8), ("Claire", 8)],
    }


def test_the_mail_names_no_person_and_leads_to_the_case(prefecture, basile, receive):
    receive(subject="Plainte de Dominique Petit", kind="complaint")

    (due,) = dues.due(prefecture, march(15))

    assert due.subject == "Réclamation n°\xa02021-0001, reçue le 01/03/2021"
    assert (due.agent_id, due.url.rsplit("/", 3)[1:3]) == (basile.pk, ["2021", "1"])


def test_what_is_closed_paused_or_without_a_clock_is_due_from_nobody(prefecture, basile, receive):
    on = march(31)
    answered, paused = receive(), receive()
    receive(needs_examination=True)
    register.answer(answered, answered_on=march(3), seen=1, by=basile, on=on)
    register.pause(paused, starts_on=march(3), reason="requester", seen=1, by=basile, on=on)

    assert list(dues.due(prefecture, march(15))) == []


def test_who_is_told_where_the_service_has_nobody(prefecture, siege, claire, basile, receive):
    """First the unit, then the quality manager; who left or may only read is told of nothing."""

    def asked() -> list[tuple[int, str]]:
        found = dues.due(prefecture, march(15))
        return [(due.agent_id, due.why) for due in found if due.why != dues.STILL_LATE]

    receive()
    Membership.objects.filter(agent=basile).update(ends_on=march(14))
    factories.MembershipFactory(role=Role.DIRECTOR, prefecture=prefecture, unit=siege)
    assert asked() == [(claire.pk, dues.NOBODY)]

    referent = factories.MembershipFactory(role=Role.REFERENT, prefecture=prefecture, unit=siege).agent
    assert asked() == [(referent.pk, dues.OF_UNIT)]


def test_a_case_given_to_no_service_is_its_unit_s(prefecture, siege, basile, receive):
    receive(service=None)
    referent = factories.MembershipFactory(role=Role.REFERENT, prefecture=prefecture, unit=siege).agent

    assert [(due.agent_id, due.why) for due in dues.due(prefecture, march(15))] == [
        (referent.pk, dues.UNASSIGNED)
    ]


def test_one_person_is_asked_once_for_a_case(prefecture, claire, basile, accueil, receive):
    """Basile is référent and agent of the service, Claire its quality manager and its agent."""
    for agent in (basile, claire):
        factories.MembershipFactory(agent=agent, role=Role.REFERENT, prefecture=prefecture, service=accueil)
    receive()

    asked = [due.agent_id for due in dues.due(prefecture, march(25))]

    assert sorted(asked) == sorted([basile.pk, claire.pk])


def test_the_service_that_is_asked_for_its_part_is_told_too_until_it_is_given(
    prefecture, arles, basile, rachid, receive, told
):
    """Nobody is there in the service that is asked: it is the référent of its unit who is told."""
    case = receive()
    titres = factories.ServiceFactory(unit=arles)
    register.ask(case, titres, seen=1, by=basile, on=march(10))

    assert [told(day) for day in (12, 15, 15)] == [[("Basile", -1), ("Rachid", -1)]] + [
        [("Basile", 0), ("Rachid", 0)]
    ] * 2
    asked = Reminder.objects.filter(agent=rachid)
    assert set(asked.values_list("subject", flat=True)) == {
        "Contribution à donner\xa0: courrier n°\xa02021-0001, reçu le 01/03/2021"
    }
    register.receive_help(case, received_on=march(15), seen=2, by=basile, on=march(15))
    assert told(16) == [("Basile", 1)]


def test_who_handles_a_case_is_not_asked_for_a_part_of_it(prefecture, siege, basile, receive):
    case = receive()
    titres = factories.ServiceFactory(unit=siege)
    factories.MembershipFactory(agent=basile, role=Role.AGENT, prefecture=prefecture, service=titres)
    register.ask(case, titres, seen=1, by=basile, on=march(10))

    assert [(due.agent_id, due.why) for due in dues.due(prefecture, march(15))] == [
        (basile.pk, dues.OF_SERVICE)
    ]


def test_the_digest_asks_a_few_questions_however_many_the_cases(
    prefecture, claire, receive, django_assert_num_queries
):
    for _ in range(3):
        receive()

    with django_assert_num_queries(3):
        assert len(list(dues.due(prefecture, march(25)))) == 6


def test_a_due_date_on_a_day_off_is_told_before_it(prefecture, rules, receive):
    """Calendar days may end on a Sunday: Friday is its eve, Monday is late."""
    rules.delay_rules.filter(channel="letter", kind="enquiry").update(days=13, day_kind="calendar")
    case = receive()

    days = closures.calendar(prefecture)
    assert case.due_on == march(14)
    assert [
        digest.stage_of(case.due_on, day, days, dues.STAGES) for day in (march(11), march(12), march(15))
    ] == [None, -1, 1]
