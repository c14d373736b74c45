"""Effects as rows: queued once, claimed once, taken over when their worker is lost, given up loudly."""

import datetime
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from jobs import queue
from jobs.models import Job
from tests import factories
from tests.races import at_once

KIND = "tests.effect"
NOON = datetime.datetime(2019, 11, 28, 12, tzinfo=datetime.UTC)
SECOND = datetime.timedelta(seconds=1)

Commits = Callable[..., object]


@pytest.fixture
def done() -> Iterator[list[str]]:
    """What the effect of these tests has done; its handler reports once, then writes here."""
    written: list[str] = []

    def handle(report: queue.Report, *, word: str) -> None:
        report(50, "À mi-chemin")
        written.append(word)

    queue.HANDLERS[KIND] = handle
    yield written
    del queue.HANDLERS[KIND]


@pytest.fixture
def posted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str]]:
    """The messages that left: which row, to which queue. The broker itself is tested in test_worker.py."""
    sent: list[tuple[int, str]] = []

    def send_task(name: str, *, args: list[int], queue: str, retry: bool) -> None:
        assert (name, retry) == ("jobs.run", False)
        sent.append((args[0], queue))

    monkeypatch.setattr(queue.current_app, "send_task", send_task)
    return sent


def fail(report: queue.Report, **payload: object) -> None:
    raise ValueError("le tableau est vide")


# --- queued once -------------------------------------------------------------------------------------------


def test_an_effect_is_queued_with_its_cause_and_its_message_leaves_after_the_commit(
    db: None, posted: list[tuple[int, str]], django_capture_on_commit_callbacks: Commits
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        job = queue.enqueue(KIND, key="a", queue=Job.Queue.PDF, word="un")
        assert posted == []

    assert posted == [(job.pk, "pdf")]
    assert (job.state, job.payload, job.attempts) == ("queued", {"word": "un"}, 0)


def test_the_same_effect_is_queued_once(
    db: None, posted: list[tuple[int, str]], django_capture_on_commit_callbacks: Commits
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        first = queue.enqueue(KIND, key="a", word="un")
        second = queue.enqueue(KIND, key="a", word="deux")

    assert first == second
    assert Job.objects.get().payload == {"word": "un"}
    assert len(posted) == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_effect_queued_twice_at_once_is_one_job() -> None:
    first, second = at_once(*[partial(queue.enqueue, KIND, key="a", word="un")] * 2)

    assert first == second == Job.objects.get()


@pytest.mark.django_db(transaction=True)
def test_a_cause_that_is_rolled_back_leaves_no_job_and_no_message(posted: list[tuple[int, str]]) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        queue.enqueue(KIND, key="a", word="un")
        raise ZeroDivisionError

    assert not Job.objects.exists()
    assert posted == []


@pytest.mark.parametrize("error", [OperationalError("refused"), OSError("disk full"), TimeoutError("frozen")])
def test_a_broker_out_of_reach_is_no_error_and_the_sweeper_posts_the_row(
    db: None,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    django_capture_on_commit_callbacks: Commits,
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise error

    with monkeypatch.context() as broken, django_capture_on_commit_callbacks(execute=True):
        broken.setattr(queue.current_app, "send_task", refuse)
        job = queue.enqueue(KIND, key="a", word="un")

    sent: list[int] = []
    monkeypatch.setattr(queue.current_app, "send_task", lambda name, *, args, **_: sent.append(args[0]))
    assert queue.sweep(job.queued_at + queue.PATIENCE + SECOND) == 1
    assert sent == [job.pk]


# --- done once ---------------------------------------------------------------------------------------------


def test_a_job_is_done_and_says_so(db: None, done: list[str]) -> None:
    job = factories.JobFactory(payload={"word": "un"})

    queue.run(job.pk)

    job.refresh_from_db()
    assert done == ["un"]
    assert (job.state, job.progress, job.step, job.attempts) == ("done", 100, "", 1)
    assert job.finished_at is not None


def test_a_message_that_comes_twice_is_done_once(db: None, done: list[str]) -> None:
    job = factories.JobFactory(payload={"word": "un"})

    queue.run(job.pk)
    queue.run(job.pk)

    assert done == ["un"]


def test_a_message_about_a_row_that_is_gone_is_ignored(db: None) -> None:
    queue.run(404)

    assert not Job.objects.exists()


def test_while_it_runs_a_job_is_reserved_and_tells_its_step(db: None) -> None:
    seen: list[Job] = []

    def look(report: queue.Report, *, word: str) -> None:
        report(50, "À mi-chemin")
        seen.append(Job.objects.get())

    queue.HANDLERS[KIND] = look
    before = timezone.now()
    queue.run(factories.JobFactory(payload={"word": "un"}).pk)
    del queue.HANDLERS[KIND]

    (running,) = seen
    assert (running.state, running.progress, running.step) == ("running", 50, "À mi-chemin")
    assert running.lease_until is not None
    assert running.lease_until >= before + queue.LEASE


@pytest.mark.django_db(transaction=True)
def test_the_work_is_done_with_no_transaction_open() -> None:
    seen: list[bool] = []

    def look(report: queue.Report, *, word: str) -> None:
        seen.append(connection.in_atomic_block)

    queue.HANDLERS[KIND] = look
    queue.run(factories.JobFactory(payload={"word": "un"}).pk)
    del queue.HANDLERS[KIND]

    assert seen == [False]


@pytest.mark.django_db(transaction=True)
def test_two_workers_claim_a_job_once(done: list[str]) -> None:
    job = factories.JobFactory(payload={"word": "un"})

    assert at_once(*[partial(queue.run, job.pk)] * 2) == [None, None]

    job.refresh_from_db()
    assert done == ["un"]
    assert (job.state, job.attempts) == ("done", 1)


# --- a worker is lost --------------------------------------------------------------------------------------


def test_a_reserved_job_is_left_to_its_worker(db: None, done: list[str]) -> None:
    job = factories.JobFactory(state="running", attempts=1, lease_until=timezone.now() + 10 * SECOND)

    queue.run(job.pk)

    assert done == []


def test_a_job_whose_worker_is_silent_for_too_long_is_taken_over(db: None, done: list[str]) -> None:
    job = factories.JobFactory(
        state="running", attempts=1, lease_until=timezone.now() - SECOND, payload={"word": "un"}
    )

    queue.run(job.pk)

    job.refresh_from_db()
    assert done == ["un"]
    assert (job.state, job.attempts) == ("done", 2)


def test_a_worker_that_comes_back_after_it_was_replaced_cannot_finish(
    db: None, caplog: pytest.LogCaptureFixture
) -> None:
    job = factories.JobFactory(payload={"word": "un"})
    reached: list[str] = []

    def sleep_too_long(report: queue.Report, *, word: str) -> None:
        Job.objects.update(attempts=2)  # another worker has begun
        reached.append("asleep")
        report(50, "À mi-chemin")
        reached.append("awake")

    queue.HANDLERS[KIND] = sleep_too_long
    queue.run(job.pk)
    del queue.HANDLERS[KIND]

    job.refresh_from_db()
    assert reached == ["asleep"]
    assert (job.state, job.progress, job.finished_at) == ("running", 0, None)
    assert "job taken over by another worker" in caplog.messages


def test_a_replaced_worker_that_reports_nothing_more_does_not_settle_the_job(db: None) -> None:
    job = factories.JobFactory()

    def come_late(report: queue.Report) -> None:
        Job.objects.update(attempts=2)

    queue.HANDLERS[KIND] = come_late
    queue.run(job.pk)
    del queue.HANDLERS[KIND]

    job.refresh_from_db()
    assert (job.state, job.attempts, job.finished_at) == ("running", 2, None)


# --- the sweeper -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "is_posted"),
    [
        ({"state": "queued", "queued_at": NOON - queue.PATIENCE - SECOND}, True),
        ({"state": "queued", "queued_at": NOON - queue.PATIENCE + SECOND}, False),
        ({"state": "running", "attempts": 1, "lease_until": NOON - SECOND}, True),
        ({"state": "running", "attempts": 1, "lease_until": NOON + SECOND}, False),
        ({"state": "done", "queued_at": NOON - 10 * queue.PATIENCE}, False),
        ({"state": "failed", "queued_at": NOON - 10 * queue.PATIENCE}, False),
    ],
)
def test_the_sweeper_posts_what_lost_its_message_or_its_worker(
    db: None, posted: list[tuple[int, str]], state: dict[str, object], is_posted: bool
) -> None:
    job = factories.JobFactory(**state)

    assert queue.sweep(NOON) == int(is_posted)
    assert posted == ([(job.pk, "default")] if is_posted else [])


def test_sweeping_twice_does_no_harm(db: None, done: list[str], posted: list[tuple[int, str]]) -> None:
    job = factories.JobFactory(payload={"word": "un"}, queued_at=NOON - 10 * queue.PATIENCE)

    queue.sweep(NOON)
    queue.sweep(NOON)
    for row, _ in posted:
        queue.run(row)

    assert [row for row, _ in posted] == [job.pk, job.pk]
    assert done == ["un"]


def test_what_was_interrupted_too_often_is_given_up_and_says_so(
    db: None, posted: list[tuple[int, str]]
) -> None:
    job = factories.JobFactory(state="running", attempts=queue.MAX_ATTEMPTS, lease_until=NOON - SECOND)

    assert queue.sweep(NOON) == 0

    job.refresh_from_db()
    assert (job.state, job.last_error) == ("failed", "Interrompue 3 fois avant la fin.")
    assert job.finished_at == NOON
    assert posted == []


def test_the_sweeper_does_not_wait_again_and_again_for_a_broker_out_of_reach(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.JobFactory.create_batch(3, queued_at=NOON - 10 * queue.PATIENCE)
    tried: list[int] = []

    def refuse(name: str, *, args: list[int], **_: object) -> None:
        tried.append(args[0])
        raise OperationalError("refused")

    monkeypatch.setattr(queue.current_app, "send_task", refuse)

    assert queue.sweep(NOON) == 0
    assert len(tried) == 1


# --- failures ----------------------------------------------------------------------------------------------


def test_a_failure_goes_back_to_the_queue_with_its_message(
    db: None, posted: list[tuple[int, str]], caplog: pytest.LogCaptureFixture
) -> None:
    job = factories.JobFactory(queued_at=NOON)
    queue.HANDLERS[KIND] = fail

    queue.run(job.pk)
    del queue.HANDLERS[KIND]

    job.refresh_from_db()
    assert (job.state, job.attempts, job.last_error) == ("queued", 1, "ValueError : le tableau est vide")
    assert job.queued_at > NOON
    assert "job failed" in caplog.messages


def test_after_three_failures_the_job_says_echec_and_why(db: None, posted: list[tuple[int, str]]) -> None:
    job = factories.JobFactory()
    queue.HANDLERS[KIND] = fail

    for _ in range(4):
        queue.run(job.pk)
    del queue.HANDLERS[KIND]

    job.refresh_from_db()
    assert (job.get_state_display(), job.attempts) == ("échec", 3)
    assert job.last_error == "ValueError : le tableau est vide"
    assert queue.sweep(timezone.now() + 10 * queue.PATIENCE) == 0


def test_a_message_of_failure_is_kept_within_bounds(db: None) -> None:
    job = factories.JobFactory()

    def fail_at_length(report: queue.Report) -> None:
        raise ValueError("\x00é" * 5_000)

    queue.HANDLERS[KIND] = fail_at_length
    queue.run(job.pk)
    del queue.HANDLERS[KIND]

    job.refresh_from_db()
    assert job.last_error == ("ValueError : " + "é" * 2_000)[:2_000]


def test_a_kind_that_nobody_handles_fails_visibly(db: None) -> None:
    job = factories.JobFactory(kind="tests.unknown")

    queue.run(job.pk)

    job.refresh_from_db()
    assert (job.state, job.last_error) == ("queued", "KeyError : 'tests.unknown'")


def test_a_failed_job_is_retried_as_if_it_were_new(
    db: None,
    done: list[str],
    posted: list[tuple[int, str]],
    django_capture_on_commit_callbacks: Commits,
) -> None:
    job = factories.JobFactory(
        state="failed", attempts=3, last_error="x", finished_at=NOON, payload={"word": "un"}
    )

    with django_capture_on_commit_callbacks(execute=True):
        assert queue.retry(job)
    queue.run(job.pk)

    job.refresh_from_db()
    assert posted == [(job.pk, "default")]
    assert done == ["un"]
    assert (job.state, job.attempts, job.last_error) == ("done", 1, "")
    assert job.finished_at is not None
    assert job.finished_at > NOON


@pytest.mark.parametrize("state", ["queued", "running", "done"])
def test_only_a_failed_job_is_retried(db: None, posted: list[tuple[int, str]], state: str) -> None:
    job = factories.JobFactory(state=state, attempts=1, lease_until=NOON)

    assert not queue.retry(job)

    job.refresh_from_db()
    assert (job.state, job.attempts) == (state, 1)


@pytest.mark.django_db(transaction=True)
def test_two_people_who_retry_at_once_retry_once(posted: list[tuple[int, str]]) -> None:
    job = factories.JobFactory(state="failed", attempts=3)

    assert sorted(at_once(*[partial(queue.retry, job)] * 2)) == [False, True]

    assert len(posted) == 1


# --- what the database holds by itself ---------------------------------------------------------------------


@pytest.mark.parametrize("changes", [{"progress": 101}, {"state": "running", "lease_until": None}])
def test_the_database_refuses_an_impossible_job(db: None, changes: dict[str, object]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.JobFactory(**changes)
