from typing import Any

from celery import Task, shared_task
from celery.signals import task_success
from django.conf import settings
from django.utils import timezone

from jobs import queue, signs

SCHEDULED = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}


@shared_task(name="jobs.run")
def run(job_id: int) -> None:
    queue.run(job_id)


@shared_task(name="jobs.sweep")
def sweep() -> None:
    queue.sweep(timezone.now())


@shared_task(name="jobs.sign")
def sign(queue: str) -> None:
    signs.give(signs.of_worker(queue))


@task_success.connect
def a_scheduled_task_is_done(sender: Task, **_: Any) -> None:
    if sender.name in SCHEDULED:
        signs.give(signs.of_task(sender.name))
