"""Signs of life, given every minute: by the clock as it turns, by the worker of each queue as it takes the
message that the clock sends it, and by each scheduled task once it is done.

A process may run and do nothing; who has given no sign for `SILENCE` is silent.
"""

import datetime

from django.utils import timezone

from jobs.models import Sign

CLOCK = "clock"
SILENCE = datetime.timedelta(minutes=5)  # a PDF may keep its worker for more than one


def of_worker(queue: str) -> str:
    return f"worker {queue}"


def of_task(name: str) -> str:
    return f"task {name}"


def give(name: str) -> None:
    Sign.objects.update_or_create(name=name, defaults={"at": timezone.now()})


def latest() -> dict[str, datetime.datetime]:
    """When each of them last gave a sign; who never did is not there."""
    return dict(Sign.objects.values_list("name", "at"))
