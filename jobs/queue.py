"""Background effects: queued as rows, claimed by conditional updates, swept when their worker is lost.

The row is the memory, the broker a post box. A handler is a plain function `(report, **payload)`; it works
with no transaction open around it, and it must be safe to run twice: a worker may die after the effect and
before the row says so. One that cannot be run twice says `report(…, may_be_done=True)` before its effect:
interrupted after that, the job waits for a person to look.
"""

import datetime
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from celery import current_app
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from kombu.exceptions import OperationalError
from structlog.contextvars import bound_contextvars, get_contextvars

from jobs.models import Job

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
# Longer than the hard time limit of a task, so that no living worker outlives its lease.
LEASE = datetime.timedelta(seconds=90)
# What waits longer than this has lost its message.
PATIENCE = datetime.timedelta(minutes=1)
ERROR_MAX = 2_000

Report = Callable[..., None]
Handler = Callable[..., None]

HANDLERS: dict[str, Handler] = {}


class LeaseLostError(Exception):
    """Another worker has taken the job over: whatever this one still does no longer counts."""


def handler(kind: str) -> Callable[[Handler], Handler]:
    """Register the function that does the jobs of a kind; used in the `tasks.py` of an app."""

    def register(function: Handler) -> Handler:
        HANDLERS[kind] = function
        return function

    return register


def enqueue(
    kind: str,
    *,
    key: str,
    queue: Job.Queue = Job.Queue.DEFAULT,
    asked_by_id: int | None = None,
    prefecture_id: int | None = None,
    **payload: Any,
) -> Job:
    """Queue an effect once, in the transaction of its cause: the same key gives the job that exists.

    The quality manager of the préfecture sees its failure; that of a job without one, the administrator.
    """
    job, is_new = Job.objects.get_or_create(
        key=key,
        defaults={
            "kind": kind,
            "payload": payload,
            "queue": queue,
            "asked_by_id": asked_by_id,
            "prefecture_id": prefecture_id,
            "request_id": get_contextvars().get("request_id", ""),
        },
    )
    if is_new:
        transaction.on_commit(partial(_post, job))
    return job


def retry(job: Job) -> bool:
    """Queue again, as if it were new, a job that failed or is to be checked; False if it is neither."""
    with transaction.atomic():
        changed = Job.objects.filter(pk=job.pk, state__in=(Job.State.FAILED, Job.State.TO_CHECK)).update(
            state=Job.State.QUEUED,
            attempts=0,
            progress=0,
            step="",
            may_be_done=False,
            last_error="",
            queued_at=timezone.now(),
            finished_at=None,
        )
        if changed:
            transaction.on_commit(partial(_post, job))
    return bool(changed)


def confirm(job: Job) -> bool:
    """A person has seen that the effect of a job to be checked is there; False if it is not to be checked."""
    to_check = Job.objects.filter(pk=job.pk, state=Job.State.TO_CHECK)
    return bool(to_check.update(state=Job.State.DONE, progress=100, step="", last_error=""))


def run(job_id: int) -> None:
    """Do a job if it is there to be done. Whatever its handler raises becomes the state of the row."""
    job = _claim(job_id, timezone.now())
    if job is None:
        return
    names = {"request_id": job.request_id, "job": job.pk, "kind": job.kind, "attempts": job.attempts}
    with bound_contextvars(**names):
        _do(job)


def _do(job: Job) -> None:
    try:
        HANDLERS[job.kind](partial(_report, job), **job.payload)
    except LeaseLostError:
        logger.warning("job taken over by another worker")
    except Exception as error:  # the boundary of all background work: the failure is kept, shown and retried
        logger.exception("job failed")
        _fail(job, f"{type(error).__name__} : {error}")
    else:
        _settle(job, state=Job.State.DONE, progress=100, step="", last_error="", finished_at=timezone.now())
        logger.info("job done")


def sweep(now: datetime.datetime) -> int:
    """Post again what lost its message or its worker; give up what was interrupted too often.

    Returns how many were posted again. Two sweeps at once do no harm: a job is claimed by one worker.
    """
    dead = Q(state=Job.State.RUNNING, lease_until__lt=now)
    Job.objects.filter(dead, may_be_done=True).update(
        state=Job.State.TO_CHECK, finished_at=now, last_error="Interrompue pendant son effet."
    )
    Job.objects.filter(dead, attempts__gte=MAX_ATTEMPTS).update(
        state=Job.State.FAILED,
        finished_at=now,
        last_error=f"Interrompue {MAX_ATTEMPTS} fois avant la fin.",
    )
    lost = Job.objects.filter(dead | Q(state=Job.State.QUEUED, queued_at__lt=now - PATIENCE))
    posted = 0
    for job in list(lost):
        if not _post(job):  # the others would wait for the same broker, each its time
            break
        posted += 1
    return posted


def _claim(job_id: int, now: datetime.datetime) -> Job | None:
    free = Q(state=Job.State.QUEUED) | Q(state=Job.State.RUNNING, lease_until__lt=now)
    claimed = Job.objects.filter(free, pk=job_id, attempts__lt=MAX_ATTEMPTS, may_be_done=False).update(
        state=Job.State.RUNNING,
        attempts=F("attempts") + 1,
        lease_until=now + LEASE,
        progress=0,
        step="",
    )
    return Job.objects.get(pk=job_id) if claimed else None


def _settle(job: Job, **changes: Any) -> bool:
    """Write to a claimed job, unless another attempt has begun since: `attempts` is the fence."""
    held = Job.objects.filter(pk=job.pk, state=Job.State.RUNNING, attempts=job.attempts)
    return bool(held.update(**changes))


def _report(job: Job, progress: int, step: str, *, may_be_done: bool = False) -> None:
    if not _settle(job, progress=progress, step=step, may_be_done=may_be_done):
        raise LeaseLostError
    job.may_be_done = may_be_done


def _fail(job: Job, error: str) -> None:
    """Back to the queue, where the sweeper takes it a minute later; « échec » after the last attempt, and
    « à vérifier » at once where the effect may be there all the same.
    """
    error = error.replace("\x00", "")[:ERROR_MAX]
    if job.may_be_done:
        _settle(job, state=Job.State.TO_CHECK, last_error=error, finished_at=timezone.now())
    elif job.attempts < MAX_ATTEMPTS:
        _settle(job, state=Job.State.QUEUED, last_error=error, queued_at=timezone.now())
    else:
        _settle(job, state=Job.State.FAILED, last_error=error, finished_at=timezone.now())


def _post(job: Job) -> bool:
    """Tell a worker to look at the row. A broker out of reach is no error: the sweeper posts it again."""
    try:
        current_app.send_task("jobs.run", args=[job.pk], queue=job.queue, retry=False)
    except (OperationalError, OSError):
        logger.warning("the broker is out of reach: the sweeper will post the job", extra={"job": job.pk})
        return False
    return True
