"""What the months ask of each person, and the reminder sent by hand."""

import datetime

import pytest
from django.core.management import call_command
from django.urls import reverse

from indicators import completeness, dues, entry, reminding, returns
from indicators.models import MonthlyReturn
from jobs.models import Job
from qualepref import digest
from sites import reminders
from sites.models import ReminderChoice
from tests import factories
from tests.indicators.monthly import MARCH, Monthly

State = MonthlyReturn.State
APRIL = datetime.date(2020, 4, 1)
DUE = datetime.date(2020, 4, 6)


@pytest.fixture
def world(db):
    world = Monthly()
    world.schedule.first_month = MARCH
    world.schedule.save()
    return world


@pytest.fixture
def filled(world):
    entry.save(world.services[0], MARCH, world.whole, by=world.referent)
    return returns.send(world.services[0], MARCH, by=world.referent)


def asked(world, on):
    return [(due.agent_id, due.key, due.due_on) for due in dues.due(world.prefecture, on)]


def test_a_month_that_is_over_is_due_from_the_referents_of_its_service(world):
    service = world.services[0]

    assert asked(world, datetime.date(2020, 3, 31)) == []
    assert asked(world, APRIL) == [(world.referent.pk, f"indicators.month:{service.pk}:2020-03", DUE)]


def test_it_leads_to_the_page_where_it_is_typed(world):
    (due,) = dues.due(world.prefecture, APRIL)

    assert due.url == reverse("entry_month", args=[world.prefecture.slug, world.services[0].pk, "2020-03"])
    assert due.subject.startswith("Chiffres à saisir")


def test_what_is_suspended_is_due_from_nobody(world):
    world.suspend(MARCH, MARCH)

    assert asked(world, APRIL) == []


def test_who_was_given_longer_has_that_day(world):
    longer = world.prefecture.today()
    returns.keep_open(world.services[0], MARCH, longer, "Panne.", by=world.manager)

    assert [due_on for _, _, due_on in asked(world, APRIL)] == [longer]


def test_a_month_sent_back_is_due_on_the_day_it_came_back(world, filled):
    returns.send_back(world.services[0], MARCH, "À revoir.", by=world.manager)

    (due,) = [due for due in dues.due(world.prefecture, APRIL) if due.agent_id == world.referent.pk]

    assert (due.due_on, due.key) == (
        world.prefecture.today(),
        f"indicators.correct:{world.services[0].pk}:2020-03",
    )


def test_what_is_sent_is_to_validate_before_the_month_closes(world, filled):
    world.schedule.closes_after = 20
    world.schedule.save()

    assert asked(world, APRIL) == [
        (world.manager.pk, "indicators.validate:2020-03", datetime.date(2020, 4, 20))
    ]


def test_where_no_month_closes_it_is_to_validate_in_the_month_of_entry(world, filled):
    assert [due_on for _, _, due_on in asked(world, APRIL)] == [datetime.date(2020, 4, 30)]


def test_nothing_is_due_where_figures_are_not_followed_month_by_month(world):
    world.schedule.delete()

    assert asked(world, APRIL) == []


def test_the_digest_tells_of_the_figures(world):
    assert dues.due in digest.PROVIDERS

    call_command("remind_figures", on="2020-04-06", prefecture=world.prefecture.code)
    call_command("remind_figures", on="2020-04-06", prefecture=world.prefecture.code)

    assert Job.objects.filter(kind=digest.MAIL, payload__agent_id=world.referent.pk).count() == 1


# --- by hand -----------------------------------------------------------------------------------------------


def remind(world):
    on = world.prefecture.today()
    late = completeness.of(world.prefecture, MARCH, MARCH, on).late
    return reminding.send(world.prefecture, late, on, by=world.manager)


def test_a_reminder_by_hand_leaves_once_a_day_and_says_what_it_did(world):
    world.referent.full_name = "Camille Rey"
    world.referent.save()

    first, second = remind(world), remind(world)

    assert first.sentence.startswith("Rappel envoyé à Camille Rey. Personne à qui écrire")
    assert second.sentence.startswith("Aucun rappel n’est envoyé. Déjà écrit aujourd’hui à Camille Rey.")
    assert Job.objects.filter(kind=reminding.MAIL).count() == 1


def test_who_wants_no_reminder_gets_none(world):
    reminders.choose(world.referent, world.prefecture, ReminderChoice.Wanted.NONE)

    assert [agent.pk for agent in remind(world).unwilling] == [world.referent.pk]
    assert not Job.objects.filter(kind=reminding.MAIL).exists()


def test_the_deputy_is_told_during_an_absence(world):
    today = world.prefecture.today()
    deputy = factories.AgentFactory()
    factories.MembershipFactory(
        agent=deputy, role="referent", prefecture=world.prefecture, service=world.services[1]
    )
    factories.AbsenceFactory(
        prefecture=world.prefecture, agent=world.referent, deputy=deputy, starts_on=today, ends_on=today
    )

    assert [agent.pk for agent in remind(world).told] == [deputy.pk]


def test_the_mail_names_the_late_months_and_nothing_leaves_once_they_are_sent(world):
    remind(world)
    (job,) = Job.objects.filter(kind=reminding.MAIL)

    written = reminding.write(**job.payload)
    world.suspend(MARCH, None)

    assert written is not None
    assert "Accueil, mars\xa02020, attendu pour le 6 avril 2020" in written.body
    assert reminding.write(**job.payload) is None


def test_the_page_says_whom_it_writes_to_then_writes(world, client_of):
    browser = client_of(world.manager)
    address = reverse("completeness_remind", args=[world.prefecture.slug])

    shown = browser.get(address, {"service": world.services[0].pk})
    assert [agent.pk for agent in shown.context["round"].told] == [world.referent.pk]
    assert not Job.objects.exists()

    browser.post(address, {"service": world.services[0].pk})
    assert Job.objects.filter(kind=reminding.MAIL).count() == 1
