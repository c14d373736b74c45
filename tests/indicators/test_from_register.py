"""What the register counts: filled in, settled, corrected; never in the place of what was typed."""

from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from complaints import register
from complaints.register import Description, Identity
from indicators import entry, from_register, returns, schedules
from indicators import tasks as own_tasks
from indicators.entry import ImpossibleError
from indicators.models import Measurement
from jobs import queue
from jobs.models import Job
from qualepref import tasks
from referentiel.counting import Counting
from referentiel.models import Indicator
from sites.conflicts import RefusedError
from tests.factories import DelayRuleFactory
from tests.indicators.monthly import MARCH, Monthly

LETTERS = {"kinds": ["enquiry"], "requesters": ["citizen"], "channels": ["letter"]}
APRIL_1, APRIL_6, APRIL_30 = date(2020, 4, 1), date(2020, 4, 6), date(2020, 4, 30)


@pytest.fixture
def world(db):
    """Its rate and its mean count the letters of citizens, to be answered in five days, since February."""
    made = Monthly()
    DelayRuleFactory(referentiel=made.referentiel, days=5)
    for indicator in (made.rate, made.mean):
        indicator.counted_from = LETTERS
        indicator.save()
    made.schedule.register_since = date(2020, 2, 1)
    made.schedule.save()
    return made


@pytest.fixture
def receive(world):
    """A letter to the first service, registered and answered later."""

    def _receive(received, answered=None, on=APRIL_30, **columns):
        service = world.services[0]
        said = Description(
            **{"kind": "enquiry", "channel": "letter", "subject": "Horaires", **columns},
            received_on=received,
            unit=service.unit,
            service=service,
            requester=Identity(name="Dominique Petit", address="1 rue des Essais, 13000 Essaiville"),
        )
        case = register.receive(world.prefecture, said, by=world.referent, on=on)
        return answer(case, answered) if answered else case

    def answer(case, answered):
        return register.answer(case, answered_on=answered, seen=case.version, by=world.referent, on=APRIL_30)

    _receive.answer = answer
    return _receive


def numbers(world, month=MARCH, service=0):
    """Those of the rate, then those of the mean."""
    rows = Measurement.objects.filter(service=world.services[service], period_start=month)
    return [(row.numerator, row.denominator) for row in rows.order_by("indicator__position")]


def test_month_is_filled_in_once_it_is_over(world, receive):
    receive(date(2020, 3, 2), date(2020, 3, 4))
    receive(date(2020, 3, 16), date(2020, 3, 25))
    receive(date(2020, 3, 31), channel="email")
    receive(date(2020, 3, 31))
    from_register.collect(world.prefecture, date(2020, 3, 31))
    assert numbers(world) == []
    assert numbers(world, date(2020, 2, 1)) == [(0, 0), (0, 0)]

    assert from_register.collect(world.prefecture, APRIL_1) == 4
    assert numbers(world) == [(1, 2), (9, 2)]
    assert numbers(world, service=1) == [(0, 0), (0, 0)]
    written = Measurement.history.count()
    assert from_register.collect(world.prefecture, APRIL_1) == 0
    assert Measurement.history.count() == written
    last = Measurement.history.filter(service=world.services[0], period_start=MARCH).first()
    assert last.history_change_reason.startswith("calculé depuis le registre, à ce jour")


def test_what_a_person_typed_stays(world, receive):
    receive(date(2020, 3, 2), date(2020, 3, 4))
    typed = [world.typed(world.rate, 7, 8), world.typed(world.mean, reason="Registre perdu.")]
    entry.save(world.services[0], MARCH, typed, by=world.referent)
    from_register.collect(world.prefecture, APRIL_30)
    assert numbers(world) == [(7, 8), (None, None)]


def test_computed_figure_is_corrected_with_a_reason_and_stays_so(world, receive):
    receive(date(2020, 3, 2), date(2020, 3, 4))
    from_register.collect(world.prefecture, APRIL_30)

    with pytest.raises(ImpossibleError, match="calculé depuis le registre"):
        entry.save(world.services[0], MARCH, [world.typed(world.rate, 1, 2)], by=world.referent)
    noted = world.typed(world.mean, 2, 1, comment="Une seule lettre.")
    why = world.typed(world.rate, 1, 2, reason="Une lettre n’a pas été enregistrée.")
    entry.save(world.services[0], MARCH, [noted, why], by=world.referent)

    from_register.collect(world.prefecture, APRIL_30)
    rate, mean = Measurement.objects.filter(service=world.services[0], period_start=MARCH).order_by(
        "indicator__position"
    )
    assert (rate.origin, rate.numerator, rate.denominator) == ("corrected", 1, 2)
    assert (rate.former_origin, rate.former_numerator, rate.former_denominator) == ("computed", 1, 1)
    assert (mean.origin, mean.comment) == ("computed", "Une seule lettre.")


def test_closed_month_settles_by_itself_until_its_last_due_date_and_never_after(world, receive):
    waiting = receive(date(2020, 3, 31))
    from_register.collect(world.prefecture, APRIL_1)
    returns.close(world.prefecture, MARCH, world.services, by=None)
    assert numbers(world) == [(0, 0), (0, 0)]

    receive.answer(waiting, date(2020, 4, 3))
    from_register.collect(world.prefecture, APRIL_6)  # due on the 7th: the nights between were missed
    assert numbers(world) == [(1, 1), (3, 1)]
    late = receive(date(2020, 3, 30))
    from_register.collect(world.prefecture, date(2020, 4, 9))
    assert numbers(world) == [(1, 2), (3, 1)]

    receive.answer(late, date(2020, 4, 20))
    receive(date(2020, 3, 2))
    assert from_register.collect(world.prefecture, APRIL_30) == 0
    assert numbers(world) == [(1, 2), (3, 1)]
    returns.reopen(world.services[0], MARCH, "Une lettre retrouvée.", by=world.manager)
    from_register.collect(world.prefecture, APRIL_30)
    assert numbers(world) == [(1, 3), (17, 2)]


def test_closed_month_takes_no_new_figure(world):
    returns.close(world.prefecture, MARCH, world.services[:1], by=None)
    from_register.collect(world.prefecture, APRIL_30)
    assert (numbers(world), numbers(world, service=1)) == ([], [(0, 0), (0, 0)])


def test_suspended_month_is_left_out(world, receive):
    receive(date(2020, 3, 2))
    world.suspend(MARCH, MARCH, service=world.services[0])
    from_register.collect(world.prefecture, APRIL_30)
    assert (numbers(world), numbers(world, service=1)) == ([], [(0, 0), (0, 0)])


def test_as_many_queries_for_any_number_of_months_and_cases(world, receive, django_assert_num_queries):
    receive(date(2020, 3, 2))
    with django_assert_num_queries(6):
        list(from_register.read(world.prefecture, MARCH, MARCH, APRIL_30))
    for day in (3, 4, 5):
        receive(date(2020, 3, day))
    with django_assert_num_queries(6):
        list(from_register.read(world.prefecture, date(2019, 1, 1), MARCH, APRIL_30))


def test_each_night_one_job_a_prefecture_that_may_be_doubled_killed_or_missed(world, receive):
    world.schedule.closes_after = 20
    world.schedule.save()
    Monthly()  # another préfecture, which follows no register
    receive(date(2020, 3, 2), date(2020, 3, 4))
    for _ in range(2):
        tasks.collect_month()
    job = Job.objects.get(kind=from_register.JOB)
    assert queue.HANDLERS[job.kind] == own_tasks.collect
    for _ in range(2):
        queue.run(job.pk)
        Job.objects.filter(pk=job.pk).update(state=Job.State.QUEUED)
    assert numbers(world) == [(1, 1), (2, 1)]
    assert Measurement.history.filter(service=world.services[0], period_start=MARCH).count() == 2


def test_register_that_is_followed_anew_is_counted_at_once(world):
    own = {
        "first_month": world.schedule.first_month,
        "due_after": 5,
        "closes_after": None,
        "by": world.manager,
    }
    for since, orders in ((None, 0), (MARCH, 1), (MARCH, 1)):
        seen = schedules.version(world.schedule)
        schedules.save(world.prefecture, **own, register_since=since, seen=seen)
        assert Job.objects.filter(kind=from_register.JOB).count() == orders


def test_command_counts_a_month(world, receive):
    receive(date(2020, 3, 2), date(2020, 3, 4))
    code, out = world.prefecture.code, StringIO()
    call_command("collect_month", prefecture=code, month="2020-03", on="2020-04-01", stdout=out)
    assert "mars\xa02020 : 4 chiffres" in out.getvalue()
    assert numbers(world, date(2020, 2, 1)) == []
    for month, sentence in (("2020-01", "pas suivi"), ("2020-04", "n’est pas fini"), ("x", "illisible")):
        with pytest.raises(CommandError, match=sentence):
            call_command("collect_month", prefecture=code, month=month, on="2020-04-01")
    with pytest.raises(RefusedError):
        from_register.collect(Monthly().prefecture, APRIL_30, month=MARCH)


@pytest.mark.parametrize(
    ("case", "counted_by"),
    [
        (("enquiry", "letter", "citizen"), "courriers"),
        (("appointment", "letter", "citizen"), "courriers"),
        (("enquiry", "qr", "citizen"), "courriels"),
        (("enquiry", "phone", "citizen"), ""),
        (("complaint", "box", "citizen"), "reclamations"),
        (("suggestion", "social", "authority"), "reclamations"),
        (("enquiry", "letter", "authority"), "rct-courriers"),
        (("enquiry", "form", "authority"), "rct-courriels"),
        (("appointment", "phone", "authority"), "rct-rendez-vous-reponse rct-rendez-vous-date"),
    ],
)
def test_each_case_counts_in_the_indicators_that_the_norm_names(shipped, case, counted_by):
    kind, channel, requester = case
    shipped_here = Indicator.objects.filter(engagement__referentiel__slug="qual-e-pref-2019")
    counted = [(one.key, Counting.of(one)) for one in shipped_here.exclude(counted_from={})]
    keys = {
        key
        for key, counting in counted
        if kind in counting.kinds and channel in counting.channels and requester in counting.requesters
    }
    wanted = {f"{name}-{what}" for name in counted_by.split() for what in ("dans-les-delais", "delai-moyen")}
    assert keys == wanted
