from celery import shared_task
from django.utils import timezone

from jobs import queue


@shared_task(name="jobs.run")
def run(job_id: int) -> None:
    queue.run(job_id)


@shared_task(name="jobs.sweep")
def sweep() -> None:
    queue.sweep(timezone.now())
