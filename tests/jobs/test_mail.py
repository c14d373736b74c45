"""Mails: one job each, written as they leave, tried again while the server says no, never sent twice."""

import smtplib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from pytest_django.fixtures import Settings

from jobs import mail, queue
from jobs.models import Job
from tests.smtp import Box, serving

KIND = "tests.letter"

pytestmark = pytest.mark.django_db


@pytest.fixture
def box(settings: Settings) -> Iterator[Box]:
    """A real SMTP server, which the settings name."""
    with serving() as box:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", box.port, False
        settings.DEFAULT_FROM_EMAIL = "Qualepref <ne-pas-repondre@qualite.test>"
        yield box


@pytest.fixture(autouse=True)
def _letters() -> Iterator[None]:
    @mail.writer(KIND)
    def write(*, to: str, subject: str = "Bonjour", **headers: str) -> mail.Mail | None:
        return mail.Mail(to=to, subject=subject, body="Une ligne.\n", **headers) if to else None

    yield
    del queue.HANDLERS[KIND]


def order(cause: str = "1", **payload: Any) -> Job:
    return mail.order(KIND, recipient="agent-1", cause=cause, **{"to": "agent@prefecture.test"} | payload)


def run(job: Job) -> Job:
    queue.run(job.pk)
    job.refresh_from_db()
    return job


def test_a_mail_leaves_with_its_sender_its_subject_and_where_to_reply(box: Box) -> None:
    job = run(order(subject="Échéance", sender="Préfecture de l’Ain", reply_to="qualite@ain.test"))

    (sent,) = box.mails
    assert job.state == "done"
    assert {name: sent[name] for name in ("From", "To", "Subject", "Reply-To")} == {
        "From": "Préfecture de l’Ain <ne-pas-repondre@qualite.test>",
        "To": "agent@prefecture.test",
        "Subject": "Échéance",
        "Reply-To": "qualite@ain.test",
    }
    assert sent.get_content() == "Une ligne.\r\n"


def test_a_mail_that_has_no_reason_any_more_does_not_leave(box: Box) -> None:
    assert run(order(to="")).state == "done"
    assert box.mails == []


@pytest.mark.parametrize("name", ["subject", "sender"])
def test_a_header_is_one_line_whatever_is_put_in_it(box: Box, name: str) -> None:
    job = run(order(**{name: "Bonjour\r\nBcc: pirate@pirate.test"}))

    (sent,) = box.mails
    assert job.state == "done"
    assert (sent["Bcc"], sent["To"]) == (None, "agent@prefecture.test")


@pytest.mark.parametrize(
    "address", ["agent@prefecture.test\nBcc: pirate@pirate.test", "a@b.fr, c@d.fr", "agent"]
)
def test_an_address_is_one_address(address: str) -> None:
    with pytest.raises(ValidationError):
        mail.Mail(to=address, subject="Bonjour", body="")
    with pytest.raises(ValidationError):
        mail.Mail(to="agent@prefecture.test", subject="Bonjour", body="", reply_to=address)


@pytest.mark.parametrize("answer", ["451 later", "550 no such user"])
def test_a_server_that_refuses_is_tried_three_times_then_the_mail_has_failed(box: Box, answer: str) -> None:
    box.answer = answer
    job = order()

    states = [run(job).state for _ in range(3)]

    assert states == ["queued", "queued", "failed"]
    assert answer[:3] in job.last_error
    assert box.mails == []


def test_a_server_that_accepts_at_last_gets_the_mail_once(box: Box) -> None:
    job = order()
    box.answer = "451 later"
    run(job)
    box.answer = "250 OK"
    run(job)
    run(job)

    assert (job.state, job.attempts, len(box.mails)) == ("done", 2, 1)


def test_a_server_out_of_reach_is_tried_again(box: Box, settings: Settings) -> None:
    settings.EMAIL_PORT = 1

    assert run(order()).state == "queued"


def test_a_mail_interrupted_while_it_is_given_is_to_be_checked_and_never_sent_again(box: Box) -> None:
    box.answer = None
    job = run(order())
    box.answer = "250 OK"

    queue.sweep(timezone.now() + 10 * queue.PATIENCE)
    run(job)

    assert (job.get_state_display(), job.attempts, job.may_be_done) == ("à vérifier", 1, True)
    assert job.is_over
    assert box.mails == []


def test_a_worker_killed_while_it_gives_the_mail_leaves_it_to_be_checked(box: Box) -> None:
    job = order()
    Job.objects.update(
        state="running", attempts=1, may_be_done=True, lease_until=timezone.now() - queue.LEASE
    )

    run(job)
    posted = queue.sweep(timezone.now())
    run(job)

    assert (posted, job.state, job.last_error) == (0, "to_check", "Interrompue pendant son effet.")
    assert box.mails == []


def test_whoever_has_looked_sends_it_again_or_says_that_it_has_arrived(box: Box) -> None:
    box.answer = None
    lost, arrived = run(order("1")), run(order("2"))
    box.answer = "250 OK"

    assert (queue.retry(lost), queue.confirm(arrived), queue.confirm(arrived)) == (True, True, False)

    assert (run(lost).state, run(arrived).state, len(box.mails)) == ("done", "done", 1)


def test_a_server_that_hangs_up_after_its_yes_changes_nothing(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hang_up(self: smtplib.SMTP) -> None:
        raise smtplib.SMTPServerDisconnected

    monkeypatch.setattr(smtplib.SMTP, "quit", hang_up)

    assert run(order()).state == "done"


def test_the_same_cause_makes_one_mail(box: Box) -> None:
    assert order("1") == order("1") != order("2")


def test_a_person_gets_so_many_mails_a_day_and_no_more(db: None) -> None:
    for number in range(mail.MAX_A_DAY):
        order(str(number))

    with pytest.raises(mail.TooManyError, match="Déjà 10 courriels en un jour pour cette personne"):
        order("one more")
    assert order("0")  # the same again is no new mail
    assert mail.order(KIND, recipient="agent-12", cause="1", to="other@prefecture.test")
    Job.objects.update(created_at=timezone.now() - timezone.timedelta(days=1))
    assert order("tomorrow")


def test_the_database_holds_no_text_of_a_mail(box: Box) -> None:
    job = run(order())

    assert job.payload == {"to": "agent@prefecture.test"}
    assert "Une ligne" not in str(Job.objects.values())


def test_without_a_server_each_mail_is_a_file(settings: Settings, tmp_path: Path) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "mails"

    run(order())

    (file,) = (tmp_path / "mails").iterdir()
    assert "Une ligne." in file.read_text("utf-8")
