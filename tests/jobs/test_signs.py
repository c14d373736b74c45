"""Signs of life: the clock's, those of the workers, those of the scheduled tasks."""

import contextlib

import pytest
from celery.beat import PersistentScheduler
from django.conf import settings
from django.db import OperationalError

from jobs import signs, tasks
from jobs.clock import Clock
from jobs.models import Job, Sign
from qualepref.celery import app


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock of which `clock.wait` is the next answer of Celery's own turn."""
    clock = Clock.__new__(Clock)
    monkeypatch.setattr(PersistentScheduler, "tick", lambda self: self.wait)
    monkeypatch.setattr("jobs.clock.close_old_connections", lambda: None)  # the suite keeps its own open
    return clock


def test_a_sign_replaces_the_one_before(db: None) -> None:
    signs.give("a")
    first = signs.latest()["a"]
    signs.give("a")

    assert list(signs.latest()) == ["a"]
    assert signs.latest()["a"] > first


def test_the_clock_gives_a_sign_when_it_has_turned(db: None, clock: Clock) -> None:
    clock.wait = 0
    assert (clock.tick(), signs.latest()) == (0, {})

    clock.wait = 30
    assert (clock.tick(), list(signs.latest())) == (30, [signs.CLOCK])


def test_a_database_out_of_reach_does_not_stop_the_clock(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(name: str) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(signs, "give", refuse)
    clock.wait = 30

    assert clock.tick() == 30
    assert caplog.messages == ["the clock could not give its sign of life"]


def test_the_worker_of_each_queue_is_asked_for_a_sign_each_minute() -> None:
    entries = [e for e in settings.CELERY_BEAT_SCHEDULE.values() if e["task"] == "jobs.sign"]

    assert [(e["args"], e["options"]["queue"]) for e in entries] == [([q], q) for q in Job.Queue.values]


def test_a_worker_signs_for_its_queue(db: None) -> None:
    tasks.sign("pdf")

    assert list(signs.latest()) == [signs.of_worker("pdf")]


@pytest.mark.parametrize("name", sorted(tasks.SCHEDULED))
def test_every_scheduled_task_exists(name: str) -> None:
    app.loader.import_default_modules()

    assert name in app.tasks


def test_a_scheduled_task_that_is_done_says_so_and_another_does_not(db: None) -> None:
    app.tasks["jobs.sweep"].apply()
    app.tasks["jobs.run"].apply(args=[404])

    assert [sign.name for sign in Sign.objects.all()] == [signs.of_task("jobs.sweep")]


def test_a_scheduled_task_that_fails_gives_no_sign(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.queue.sweep", lambda now: 1 / 0)

    with contextlib.suppress(ZeroDivisionError):
        app.tasks["jobs.sweep"].apply()

    assert signs.latest() == {}
