"""The digest: one mail a person and working day, each stage once, none lost, whoever runs it and how often.

The days are those of March 2026: the 2nd is a Monday; Easter Monday is the 6th of April.
"""

import datetime
import threading
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from jobs import mail, queue
from jobs.models import Job
from qualepref import digest, tasks
from qualepref.celery import app
from sites import accounts, reminders
from sites.dues import Due
from sites.models import Agent, Membership, Prefecture, Reminder, Unit, in_force
from sites.workdays import calendar_for
from tests import factories
from tests.races import at_once
from tests.smtp import Box, serving

Role = Membership.Role
METROPOLE = calendar_for("metropole")
PROVIDERS = digest.PROVIDERS  # of the application, before the fixture that takes their place


def march(day: int) -> datetime.date:
    return datetime.date(2026, 3, day)


class App:
    """An app of the suite, which has things to do: for an agent, or for the référent of a unit of the day."""

    def __init__(self) -> None:
        self.dues: list[Due] = []
        self.of_referents: list[tuple[Unit, datetime.date]] = []

    def has(
        self, agent: Agent, prefecture: Prefecture, due_on: datetime.date, subject: str = "Visite"
    ) -> Due:
        due = Due(
            agent_id=agent.pk,
            prefecture_id=prefecture.pk,
            key=f"test:{subject}",
            subject=subject,
            due_on=due_on,
            url="/agents/",
            why="vous êtes le référent d’Arles",
        )
        self.dues.append(due)
        return due

    def __call__(self, prefecture: Prefecture, on: datetime.date) -> Iterator[Due]:
        yield from (due for due in self.dues if due.prefecture_id == prefecture.pk)
        for unit, due_on in self.of_referents:
            held = Membership.objects.filter(in_force(on), role=Role.REFERENT, unit=unit)
            for agent_id in held.values_list("agent", flat=True):
                yield Due(
                    agent_id, prefecture.pk, f"month:{unit.pk}", "Chiffres", due_on, "/agents/", "Vous."
                )


@pytest.fixture(autouse=True)
def todo(monkeypatch: pytest.MonkeyPatch) -> App:
    own = App()
    monkeypatch.setattr(digest, "PROVIDERS", (own,))
    app.loader.import_default_modules()
    return own


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """`clock(3)`: it is the 3rd of March, at half past seven in Paris, for préfectures and for jobs."""

    def set_to(day: int, hour: int = 7, minute: int = 30) -> None:
        now = datetime.datetime(2026, 3, day, hour, minute, tzinfo=ZoneInfo("Europe/Paris"))
        monkeypatch.setattr(timezone, "now", lambda: now)
        for name in ("created_at", "queued_at"):  # their default was bound when the model was read
            monkeypatch.setattr(Job._meta.get_field(name), "_get_default", lambda: now)

    set_to(2)
    return set_to


@pytest.fixture
def box(settings: Settings) -> Iterator[Box]:
    """A real SMTP server, which the settings name."""
    with serving() as box:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", box.port, False
        yield box


def beat() -> None:
    tasks.send_digest()


def work() -> None:
    """A worker takes what waits until nothing does, as the sweeper posts it again and again."""
    for _ in range(2 * queue.MAX_ATTEMPTS):
        for pk in Job.objects.filter(state=Job.State.QUEUED).order_by("pk").values_list("pk", flat=True):
            queue.run(pk)


@pytest.fixture
def morning(clock: Callable[..., None], prefecture: Prefecture) -> Callable[[int], None]:
    """`morning(3)`: the mails of the 3rd are ordered, and leave."""

    def order(day: int) -> None:
        clock(day)
        digest.send(prefecture, march(day))
        work()

    return order


def told() -> list[tuple[str, str, int]]:
    """Who was told of what at which stage, in the order of the mails."""
    rows = Reminder.objects.order_by("pk")
    return list(rows.values_list("recipient__full_name", "subject", "stage"))


def text(sent: EmailMessage) -> str:
    return " ".join(sent.get_content().split())


# --- when --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("due_on", "on", "stage"),
    [
        (march(13), march(5), None),  # six working days before
        (march(13), march(6), -5),  # a week before
        (march(13), march(11), -5),
        (march(13), march(12), -1),  # the eve
        (march(13), march(13), -1),  # the day
        (march(16), march(13), -1),  # a Monday: its eve is the Friday
        (march(15), march(13), -1),  # a Sunday: the last day to do it is the Friday
        (march(13), march(16), 1),  # late on Monday
        (march(14), march(16), 1),
        (march(13), march(17), 1),
        (march(13), march(18), 3),
        (datetime.date(2026, 4, 3), datetime.date(2026, 4, 7), 1),  # Easter Monday does not count
        (march(13), datetime.date(2027, 12, 31), 318),
        (datetime.date(1900, 1, 1), march(13), 318),
        (datetime.date(9999, 12, 31), march(13), None),
    ],
)
def test_the_stage_of_a_deadline(due_on: datetime.date, on: datetime.date, stage: int | None) -> None:
    assert digest.stage_of(due_on, on, METROPOLE) == stage


@given(st.dates(datetime.date(2020, 1, 1), datetime.date(2028, 12, 31)), st.integers(0, 600))
def test_a_stage_never_goes_back(due_on: datetime.date, later: int) -> None:
    days = [due_on + datetime.timedelta(later + step) for step in (-30, -29)]
    before, after = (digest.stage_of(due_on, day, METROPOLE) for day in days)

    assert (before or digest.STAGES[0] - 1) <= (after or digest.STAGES[0] - 1)


@pytest.mark.parametrize(
    ("due_on", "words"),
    [
        (march(1), "en retard de 4 jours, depuis le dimanche 1er mars"),
        (march(4), "en retard d’un jour, depuis le mercredi 4 mars"),
        (datetime.date(2017, 1, 31), "en retard de 3\u202f320 jours, depuis le mardi 31 janvier 2017"),
        (march(5), "aujourd’hui, jeudi 5 mars"),
        (march(6), "demain, vendredi 6 mars"),
        (march(12), "jeudi 12 mars"),
        (datetime.date(2027, 1, 4), "lundi 4 janvier 2027"),
    ],
)
def test_a_deadline_in_words(due_on: datetime.date, words: str) -> None:
    assert digest.when(due_on, march(5)) == words


def test_the_morning_comes_where_the_prefecture_is(prefecture: Prefecture) -> None:
    reunion = factories.PrefectureFactory(code="974", zone="la-reunion", time_zone="Indian/Reunion")
    marquises = factories.PrefectureFactory(
        code="987", zone="polynesie-francaise", time_zone="Pacific/Marquesas"
    )

    def waiting(*at: int) -> set[Prefecture]:
        """Whose digest of the 3rd is to be ordered; in the Marquises, that of the 2nd waits until then."""
        now = datetime.datetime(2026, 3, *at, tzinfo=datetime.UTC)
        return {place for place, on in digest.waiting(now) if on == march(3)}

    assert waiting(3, 2, 59) == set()
    assert waiting(3, 3, 0) == {reunion}
    assert waiting(3, 6, 0) == {reunion, prefecture}
    assert waiting(3, 16, 29) == {reunion, prefecture}
    assert waiting(3, 16, 30) == {reunion, prefecture, marquises}


def test_no_morning_on_a_day_off(prefecture: Prefecture) -> None:
    factories.ClosureFactory(
        prefecture=prefecture, starts_on=march(4), ends_on=march(4), stops_the_clock=True
    )

    days = [
        day
        for day in range(1, 10)
        if digest.waiting(datetime.datetime(2026, 3, day, 10, tzinfo=datetime.UTC))
    ]

    assert days == [2, 3, 5, 6, 9]


# --- one mail ----------------------------------------------------------------------------------------------


def test_a_morning(
    prefecture: Prefecture, rachid: Agent, claire: Agent, todo: App, clock: Any, box: Box
) -> None:
    prefecture.reply_to = "qualite@prefecture.test"
    prefecture.save()
    todo.has(rachid, prefecture, march(6), "Visite mystère")
    todo.has(rachid, prefecture, march(1), "Chiffres de janvier")
    todo.has(rachid, prefecture, march(30), "Bilan")
    clock(5)

    beat()
    work()

    (sent,) = box.mails
    assert (sent["To"], sent["Subject"]) == (rachid.email, "2 choses à faire, dont 1 en retard")
    assert sent["From"].startswith("Préfecture des Bouches-du-Rhône <")
    assert sent["Reply-To"] == "qualite@prefecture.test"
    assert sent["Auto-Submitted"] == "auto-generated"
    said = text(sent)
    assert said.index("Chiffres de janvier En retard de 4 jours") < said.index("Visite mystère Demain")
    assert "http://127.0.0.1:8000/agents/ Vous le recevez parce que vous êtes le référent d’Arles." in said
    assert "Bilan" not in said
    assert told() == [("Rachid Benali", "Chiffres de janvier", 3), ("Rachid Benali", "Visite mystère", -1)]


def test_one_mail_says_in_its_headers_how_to_stop(
    prefecture: Prefecture, rachid: Agent, todo: App, clock: Any, box: Box
) -> None:
    """RFC 8058: the mail program posts by itself, without a sign-in, without a cookie."""
    todo.has(rachid, prefecture, march(3))
    beat()
    work()
    (sent,) = box.mails
    link = sent["List-Unsubscribe"].strip(" <>")
    browser = Client(enforce_csrf_checks=True)

    asked = browser.get(urlsplit(link).path)
    assert not rachid.reminder_choices.exists()
    stopped = browser.post(urlsplit(link).path, {"List-Unsubscribe": "One-Click"})

    assert sent["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link in text(sent)
    assert "Ne plus recevoir de rappels" in asked.content.decode()
    assert "Vous ne recevrez plus de rappels" in stopped.content.decode()
    assert rachid.reminder_choices.get().wanted == "none"
    clock(4)
    beat()
    work()
    assert len(box.mails) == 1


def test_somebody_who_has_nothing_new_gets_nothing(
    prefecture: Prefecture, rachid: Agent, todo: App, clock: Any, box: Box
) -> None:
    todo.has(rachid, prefecture, march(13))

    for day in range(2, 32):
        clock(day)
        beat()
        work()

    assert [(row.on.day, row.stage) for row in Reminder.objects.order_by("on")] == [
        (6, -5),
        (12, -1),
        (16, 1),
        (18, 3),
        (25, 8),
    ]
    assert len(box.mails) == 5


def test_what_comes_up_during_the_day_waits_for_the_next_morning(
    prefecture: Prefecture, rachid: Agent, todo: App, clock: Any, box: Box
) -> None:
    todo.has(rachid, prefecture, march(2), "Une chose")
    beat()
    work()
    todo.has(rachid, prefecture, march(2), "Une autre")
    clock(2, 14)
    beat()
    work()
    call_command("send_digest", on="2026-03-02")
    work()
    clock(3)
    beat()
    work()

    assert [sent["Subject"] for sent in box.mails] == [
        "Une chose à faire",
        "2 choses à faire, dont 2 en retard",
    ]


def test_a_deadline_that_is_put_off_is_reminded_of_anew(
    prefecture: Prefecture, rachid: Agent, todo: App, morning: Any
) -> None:
    todo.has(rachid, prefecture, march(2))
    morning(5)
    todo.dues.clear()
    todo.has(rachid, prefecture, march(25))

    morning(18)

    assert told() == [("Rachid Benali", "Visite", 3), ("Rachid Benali", "Visite", -5)]


def test_what_was_done_before_the_mail_left_is_not_in_it(
    prefecture: Prefecture, rachid: Agent, todo: App, clock: Any, box: Box
) -> None:
    done = todo.has(rachid, prefecture, march(2), "Faite")
    todo.has(rachid, prefecture, march(3), "À faire")
    digest.send(prefecture, march(2))
    todo.dues.remove(done)

    work()

    assert "Faite" not in text(box.mails[0])
    assert told() == [("Rachid Benali", "À faire", -1)]


def test_who_works_in_two_prefectures_hears_from_each(
    prefecture: Prefecture, elsewhere: Prefecture, rachid: Agent, todo: App, clock: Any, box: Box
) -> None:
    factories.MembershipFactory(agent=rachid, prefecture=elsewhere)
    todo.has(rachid, prefecture, march(2), "Ici")
    todo.has(rachid, elsewhere, march(2), "Ailleurs")
    reminders.choose(rachid, elsewhere, "none")
    beat()
    work()
    reminders.choose(rachid, elsewhere, "every_day")
    clock(3)
    beat()
    work()

    assert [sent["From"].partition(" <")[0] for sent in box.mails] == [
        "Préfecture des Bouches-du-Rhône",
        "Préfecture des Bouches-du-Rhône",
        "Préfecture du Bas-Rhin",
    ]


@pytest.mark.parametrize(("wanted", "stages"), [("every_day", [-5, -1, 1]), ("late", [1]), ("none", [])])
def test_who_wants_which_reminders(
    prefecture: Prefecture, rachid: Agent, todo: App, morning: Any, wanted: str, stages: list[int]
) -> None:
    todo.has(rachid, prefecture, march(10))
    reminders.choose(rachid, prefecture, wanted)

    for day in (3, 9, 11):
        morning(day)

    assert [stage for _, _, stage in told()] == stages


def test_nobody_is_reminded_who_has_left_or_whose_account_is_closed(
    prefecture: Prefecture, rachid: Agent, basile: Agent, odile: Agent, todo: App, clock: Any
) -> None:
    for agent in (rachid, basile, odile):
        todo.has(agent, prefecture, march(2), agent.full_name)
    rachid.memberships.update(ends_on=march(1))
    Agent.objects.filter(pk=basile.pk).update(is_active=False)

    assert [agent.full_name for agent in digest.send(prefecture, march(2))] == ["Odile Petit"]


# --- when something stood still ----------------------------------------------------------------------------


def test_after_three_days_without_worker_one_mail_has_everything_once(
    prefecture: Prefecture, rachid: Agent, todo: App, clock: Any, box: Box
) -> None:
    """The clock turned, its orders waited; what each had reached meanwhile is the latest stage."""
    todo.has(rachid, prefecture, march(4), "Passe en retard")
    todo.has(rachid, prefecture, march(9), "Semaine d’avant")
    for day in (3, 4, 5):
        clock(day)
        beat()
    clock(6)
    beat()

    work()
    work()

    assert [sent["Subject"] for sent in box.mails] == ["2 choses à faire, dont 1 en retard"]
    assert told() == [("Rachid Benali", "Passe en retard", 1), ("Rachid Benali", "Semaine d’avant", -1)]


def test_after_three_days_without_clock_one_mail_has_everything_once(
    prefecture: Prefecture, rachid: Agent, todo: App, clock: Any, box: Box
) -> None:
    todo.has(rachid, prefecture, march(3))
    clock(2)
    beat()
    work()
    clock(6)
    beat()
    work()
    beat()
    work()

    assert told() == [("Rachid Benali", "Visite", -1), ("Rachid Benali", "Visite", 3)]
    assert len(box.mails) == 2


def test_mails_that_no_server_took_are_in_the_one_that_leaves(
    prefecture: Prefecture, rachid: Agent, todo: App, clock: Any, box: Box
) -> None:
    todo.has(rachid, prefecture, march(9), "Semaine d’avant")
    todo.has(rachid, prefecture, march(3), "Demain")
    box.answer = "451 later"
    beat()
    work()
    failed = Job.objects.get(kind=digest.MAIL)
    clock(4)
    box.answer = "250 OK"
    beat()
    work()
    queue.retry(failed)
    work()

    assert failed.state == Job.State.FAILED
    (sent,) = box.mails
    assert (text(sent).count("Semaine d’avant"), text(sent).count("Demain")) == (1, 1)
    assert told() == [("Rachid Benali", "Demain", 1), ("Rachid Benali", "Semaine d’avant", -5)]


def test_a_mail_that_waited_until_the_next_day_gives_way_to_its_digest(
    prefecture: Prefecture, rachid: Agent, todo: App, clock: Any, box: Box
) -> None:
    """The worker comes back in the night, before the digest of the morning."""
    todo.has(rachid, prefecture, march(3))
    digest.send(prefecture, march(2))
    clock(3, 4)
    work()
    before = len(box.mails)
    clock(3)
    beat()
    work()

    assert (before, len(box.mails)) == (0, 1)
    assert told() == [("Rachid Benali", "Visite", -1)]


def test_a_mail_in_doubt_is_never_sent_again(
    prefecture: Prefecture, rachid: Agent, todo: App, clock: Any, box: Box
) -> None:
    todo.has(rachid, prefecture, march(6))
    box.answer = None
    beat()
    work()
    box.answer = "250 OK"
    for day in (3, 4):
        clock(day)
        beat()
        work()

    assert Job.objects.get(kind=digest.MAIL).state == Job.State.TO_CHECK
    assert box.mails == []
    assert told() == [("Rachid Benali", "Visite", -5)]


def test_a_digest_whose_app_fails_is_tried_again_and_shown(
    prefecture: Prefecture, claire: Agent, clock: Any, monkeypatch: pytest.MonkeyPatch, client_of: Any
) -> None:
    def broken(prefecture: Prefecture, on: datetime.date) -> list[Due]:
        raise ZeroDivisionError

    monkeypatch.setattr(digest, "PROVIDERS", (broken,))
    beat()
    work()

    assert Job.objects.get().state == Job.State.FAILED
    assert "rappels du matin" in client_of(claire).get(reverse("home")).content.decode().lower()


def test_who_has_had_too_many_mails_today_gets_the_next_digest(
    prefecture: Prefecture, rachid: Agent, basile: Agent, todo: App, morning: Any
) -> None:
    todo.has(rachid, prefecture, march(2), "La sienne")
    todo.has(basile, prefecture, march(2), "Une autre")
    for number in range(mail.MAX_A_DAY):
        factories.JobFactory(key=f"mail:agent-{rachid.pk}:tests:{number}")
    morning(2)
    morning(4)

    assert told() == [
        ("Basile Roux", "Une autre", -1),
        ("Basile Roux", "Une autre", 1),
        ("Rachid Benali", "La sienne", 1),
    ]


# --- two at once -------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_digests_at_once_are_one(prefecture: Prefecture, rachid: Agent, claire: Agent, todo: App) -> None:
    """Two clocks, or a clock and a command."""
    for number in range(20):
        todo.has(rachid if number % 2 else claire, prefecture, march(3), f"Chose {number}")

    sent = at_once(*[partial(digest.send, prefecture, march(2))] * 2)

    assert sorted(map(len, sent)) == [0, 2]
    assert (Job.objects.count(), Reminder.objects.count()) == (2, 20)


@pytest.mark.django_db(transaction=True)
def test_a_worker_begins_no_mail_that_a_digest_is_taking_back(
    prefecture: Prefecture, rachid: Agent, todo: App, clock: Any, box: Box
) -> None:
    """The old mail and the new digest at the same moment: its reminders leave once."""
    todo.has(rachid, prefecture, march(3))
    digest.send(prefecture, march(2))
    old = Job.objects.get()
    begun = threading.Event()

    def run() -> None:
        begun.set()
        queue.run(old.pk)
        connection.close()

    worker = threading.Thread(target=run)
    with transaction.atomic():
        digest.send(prefecture, march(3))
        worker.start()
        begun.wait()
    worker.join()
    work()

    old.refresh_from_db()
    assert old.state == Job.State.DONE
    assert len(box.mails) == 1
    assert [row.job_id != old.pk for row in Reminder.objects.all()] == [True]


def test_a_mail_and_its_reminders_are_written_together_or_not_at_all(
    prefecture: Prefecture, rachid: Agent, todo: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    todo.has(rachid, prefecture, march(3))

    def broken(prefecture: Prefecture, line: digest.Line, job: Job) -> Reminder:
        raise ZeroDivisionError

    monkeypatch.setattr(digest, "_reminder", broken)
    with pytest.raises(ZeroDivisionError):
        digest.send(prefecture, march(2))

    assert not Job.objects.exists()


# --- who stands in, who takes over -------------------------------------------------------------------------


def test_during_an_absence_the_deputy_reads_in_whose_place(
    prefecture: Prefecture, rachid: Agent, basile: Agent, todo: App, clock: Any, box: Box
) -> None:
    factories.AbsenceFactory(
        prefecture=prefecture, agent=rachid, deputy=basile, starts_on=march(3), ends_on=march(5)
    )
    todo.has(rachid, prefecture, march(5))
    for day in (2, 4, 6):
        clock(day)
        beat()
        work()

    assert [
        (sent["To"], "à la place de Rachid Benali, pendant son absence jusqu’au 5 mars 2026" in text(sent))
        for sent in box.mails
    ] == [
        (rachid.email, False),
        (basile.email, True),
        (rachid.email, False),
    ]
    assert [row.agent for row in Reminder.objects.all()] == [rachid] * 3


def test_a_deputy_who_has_the_same_to_do_reads_it_once(
    prefecture: Prefecture, rachid: Agent, basile: Agent, todo: App, clock: Any, box: Box
) -> None:
    factories.AbsenceFactory(
        prefecture=prefecture, agent=rachid, deputy=basile, starts_on=march(2), ends_on=march(2)
    )
    todo.has(rachid, prefecture, march(3))
    todo.has(basile, prefecture, march(3))
    beat()
    work()

    (sent,) = box.mails
    assert sent["Subject"] == "Une chose à faire"
    assert text(sent).count("Visite") == 1
    assert Reminder.objects.count() == 2


def test_a_deputy_who_is_away_too_has_a_deputy(
    prefecture: Prefecture, rachid: Agent, basile: Agent, claire: Agent, todo: App
) -> None:
    days = {"prefecture": prefecture, "starts_on": march(2), "ends_on": march(6)}
    factories.AbsenceFactory(agent=rachid, deputy=basile, **days)
    factories.AbsenceFactory(agent=basile, deputy=claire, **days)
    todo.has(rachid, prefecture, march(3))

    assert list(digest.send(prefecture, march(2))) == [claire]


def test_where_nobody_stands_in_the_reminder_waits(
    prefecture: Prefecture, rachid: Agent, basile: Agent, todo: App
) -> None:
    days = {"prefecture": prefecture, "starts_on": march(2), "ends_on": march(6)}
    factories.AbsenceFactory(agent=rachid, deputy=basile, **days)
    factories.AbsenceFactory(agent=basile, deputy=rachid, **days)
    todo.has(rachid, prefecture, march(3))

    assert digest.send(prefecture, march(5)) == {}
    assert list(digest.send(prefecture, march(9))) == [rachid]


def test_a_referent_who_is_replaced_hands_the_reminders_over(
    prefecture: Prefecture, rachid: Agent, claire: Agent, arles: Unit, todo: App, morning: Any
) -> None:
    todo.of_referents.append((arles, march(6)))
    morning(2)
    morning(3)
    accounts.replace(
        rachid, prefecture, email="nadia@prefecture.test", full_name="Nadia Caron", on=march(5), by=claire
    )
    morning(4)
    morning(5)
    morning(9)

    assert told() == [
        ("Rachid Benali", "Chiffres", -5),
        ("Nadia Caron", "Chiffres", -1),
        ("Nadia Caron", "Chiffres", 1),
    ]


def test_who_replaces_a_deputy_stands_in_too(
    prefecture: Prefecture, rachid: Agent, basile: Agent, claire: Agent, todo: App, clock: Any
) -> None:
    factories.AbsenceFactory(
        prefecture=prefecture, agent=rachid, deputy=basile, starts_on=march(2), ends_on=march(20)
    )
    accounts.replace(
        basile, prefecture, email="nadia@prefecture.test", full_name="Nadia Caron", on=march(5), by=claire
    )
    todo.has(rachid, prefecture, march(5))

    recipients = [[str(agent) for agent in digest.send(prefecture, march(day))] for day in (4, 6)]

    assert recipients == [["Basile Roux"], ["Nadia Caron"]]


# --- what apps say -----------------------------------------------------------------------------------------


def test_the_plan_and_the_calendar_remind(
    prefecture: Prefecture,
    elsewhere: Prefecture,
    rachid: Agent,
    claire: Agent,
    zoe: Agent,
    clock: Any,
    box: Box,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(digest, "PROVIDERS", PROVIDERS)
    factories.ActionFactory(
        prefecture=prefecture, owner=rachid, title="Afficher les horaires", due_on=march(3)
    )
    factories.DutyFactory(prefecture=prefecture, title="Contrôle du site", due_on=march(2))
    factories.DutyFactory(prefecture=elsewhere, title="Enquête", responsible=zoe, due_on=march(20))
    beat()
    work()

    said = {sent["To"]: text(sent) for sent in box.mails}
    assert set(said) == {rachid.email, claire.email}
    assert "Afficher les horaires Demain, mardi 3 mars." in said[rachid.email]
    assert "Vous le recevez parce que vous êtes responsable de cette action." in said[rachid.email]


def test_the_action_of_somebody_who_has_left_comes_to_the_quality_manager(
    prefecture: Prefecture, rachid: Agent, claire: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digest, "PROVIDERS", PROVIDERS)
    factories.ActionFactory(prefecture=prefecture, owner=rachid, due_on=march(3))
    factories.DutyFactory(prefecture=prefecture, responsible=rachid, due_on=march(3))
    rachid.memberships.update(ends_on=march(1))

    digests = digest.send(prefecture, march(2))

    assert {str(agent): len(lines) for agent, lines in digests.items()} == {"Claire Martin": 2}


# --- by hand -----------------------------------------------------------------------------------------------


def test_the_command_says_who_would_get_what(
    prefecture: Prefecture, elsewhere: Prefecture, rachid: Agent, todo: App, capsys: Any
) -> None:
    todo.has(rachid, prefecture, march(3))

    call_command("send_digest", on="02/03/2026", prefecture="13", dry_run=True)
    call_command("send_digest", on="2026-03-01", prefecture="13")

    assert capsys.readouterr().out == (
        "Préfecture des Bouches-du-Rhône, 02/03/2026 : 1 courriel, rien n’est envoyé.\n"
        "  rachid@prefecture.test\n"
        "    Visite : demain, mardi 3 mars\n"
        "Préfecture des Bouches-du-Rhône, 01/03/2026 : jour non ouvré, aucun rappel.\n"
    )
    assert not Job.objects.exists()


def test_the_command_run_twice_sends_once(
    prefecture: Prefecture, rachid: Agent, todo: App, settings: Settings, tmp_path: Path
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)
    todo.has(rachid, prefecture, march(3))

    for _ in range(2):
        call_command("send_digest", on="2026-03-02")
        work()

    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"on": "hier"}, "Date illisible"),
        ({"on": "2199-01-01"}, "hors du calendrier"),
        ({"prefecture": "99"}, "Aucune préfecture n'a le code « 99 »"),
    ],
)
def test_the_command_says_what_it_does_not_understand(
    prefecture: Prefecture, options: dict[str, str], sentence: str
) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("send_digest", **options)


def test_the_queries_of_a_digest_do_not_grow_with_what_is_due(
    prefecture: Prefecture, todo: App, django_assert_num_queries: Any
) -> None:
    def dues(count: int) -> None:
        for number in range(count):
            agent = factories.AgentFactory(full_name=f"Agent {number}")
            factories.MembershipFactory(agent=agent, prefecture=prefecture)
            todo.has(agent, prefecture, march(3), f"{count} {number}")

    dues(1)
    with django_assert_num_queries(7):
        digest.compose(prefecture, march(2))
    dues(5)
    with django_assert_num_queries(7):
        digest.compose(prefecture, march(2))
