"""The state of the installation, for its administrator: what runs, waits, failed, and comes next."""

import datetime
import platform
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import django
from celery import current_app
from django.conf import settings
from django.db import connection
from django.db.models import Count, Min
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import localize
from django.utils.timesince import timesince
from django.views.decorators.http import require_safe

import qualepref
from jobs import signs
from jobs.models import Job
from qualepref import failures, health
from sites.access import AgentRequest, administer

GB = 1_000_000_000
FAILURES_SHOWN = 50
MINUTE = datetime.timedelta(minutes=1)

# What to do about a fact that is not well; docs/exploitation.md says more.
ADVICE = {
    "base de données": "Les pages ne marchent plus\xa0: relancer PostgreSQL.",
    "migrations": "Terminer la mise à jour\xa0: python manage.py migrate.",
    "heure": "Régler les deux machines sur le même serveur de temps (NTP).",
    "fichiers": "Libérer de la place, ou agrandir le volume des fichiers.",
    "messagerie des tâches": "Relancer Redis. Rien n’est perdu\xa0: les tâches attendent dans la base.",
    "horloge": "Relancer l’horloge (beat). Les tâches planifiées manquées se rattrapent.",
    "ouvrier ordinaire": "Relancer l’ouvrier (worker). Les courriels attendent.",
    "ouvrier PDF": "Relancer l’ouvrier PDF (worker-pdf). Les PDF attendent.",
}

# Scheduled tasks and what each does; the signs of life are shown with the workers.
TASKS = {
    "jobs.sweep": "Reprendre les tâches interrompues ou oubliées",
    "take_effect": "Appliquer les changements d’organisation à leur date",
    "close_month": "Clore les mois dont le jour est venu",
    "reckon_cases": "Vérifier les échéances des affaires en cours",
    "collect_month": "Calculer les chiffres du mois depuis le registre",
    "send_digest": "Envoyer les rappels du matin",
}


@dataclass(frozen=True)
class Part:
    """Something that runs. `advice` says what to do where it does not."""

    name: str
    is_well: bool
    detail: str
    advice: str

    @property
    def title(self) -> str:
        return self.name[0].upper() + self.name[1:]

    @property
    def sentence(self) -> str:
        """What is wrong: « L’ouvrier PDF n’a pas donné signe depuis 12 minutes. »"""
        return (
            f"L’{self.name} {self.detail}."
            if self.name in health.SIGNS
            else f"{self.title}\xa0: {self.detail}."
        )


@dataclass(frozen=True)
class Line:
    """A queue, and how many of its jobs stand where."""

    label: str
    waiting: int
    running: int
    failed: int
    oldest: datetime.datetime | None


@dataclass(frozen=True)
class Scheduled:
    label: str
    last: datetime.datetime | None
    next: datetime.datetime


@require_safe
def installation_state(request: AgentRequest) -> HttpResponse:
    administer(request)
    parts = _parts()
    failed = failures.jobs()
    return render(
        request,
        "installation_state.html",
        {
            "now": timezone.now(),
            "parts": parts,
            "unwell": [part for part in parts if not part.is_well],
            "queues": _queues(),
            "failures": [failures.Failure(job) for job in failed[:FAILURES_SHOWN]],
            "failure_count": failed.count(),
            "scheduled": _scheduled(),
        },
    )


def _parts() -> list[Part]:
    """The application itself, then each fact: what there is to say of it, or what is wrong and what to do."""
    seen, now = signs.latest(), timezone.now()

    def last_sign(name: str) -> str:
        ago = now - seen[health.SIGNS[name]]
        return f"dernier signe il y a {'moins d’une minute' if ago < MINUTE else timesince(now - ago, now)}"

    details: dict[str, Callable[[], str]] = {
        "base de données": _database,
        "migrations": lambda: "toutes appliquées",
        "heure": lambda: "la même que celle de la base de données",
        "fichiers": _space,
        "messagerie des tâches": lambda: "joignable",
        **{name: partial(last_sign, name) for name in health.SIGNS},
    }
    versions = (
        f"version {qualepref.__version__} (Django {django.__version__}, Python {platform.python_version()})"
    )
    return [Part("application", True, versions, "")] + [
        Part(name, fact == health.OK, details[name]() if fact == health.OK else fact, ADVICE[name])
        for name, fact in health.facts().items()
    ]


def _database() -> str:
    if connection.vendor != "postgresql":
        return f"SQLite {sqlite3.sqlite_version}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), pg_database_size(current_database())")
        version, size = cursor.fetchone()
    return f"PostgreSQL {version.split()[0]}, {size // 1_000_000} Mo"


def _space() -> str:
    disk = shutil.disk_usage(settings.FILES_DIR)
    return f"{localize(round(disk.free / GB, 1))} Go libres sur {localize(round(disk.total / GB, 1))} Go"


def _queues() -> list[Line]:
    stands = Job.objects.order_by().values_list("queue", "state")
    counts = {(queue, state): count for queue, state, count in stands.annotate(Count("pk"))}
    waiting = Job.objects.order_by().filter(state=Job.State.QUEUED).values_list("queue")
    oldest = dict(waiting.annotate(Min("queued_at")))

    def count(queue: str, *states: Job.State) -> int:
        return sum(counts.get((queue, state), 0) for state in states)

    return [
        Line(
            label=label,
            waiting=count(queue, Job.State.QUEUED),
            running=count(queue, Job.State.RUNNING),
            failed=count(queue, Job.State.FAILED, Job.State.TO_CHECK),
            oldest=oldest.get(queue),
        )
        for queue, label in Job.Queue.choices
    ]


def _scheduled() -> list[Scheduled]:
    """When each scheduled task was last done, and when it comes next."""
    seen, now = signs.latest(), current_app.now()
    return [
        Scheduled(
            label=TASKS[entry["task"]],
            last=seen.get(signs.of_task(entry["task"])),
            next=_to_the_minute(now + entry["schedule"].remaining_estimate(now)),
        )
        for entry in settings.CELERY_BEAT_SCHEDULE.values()
        if entry["task"] in TASKS
    ]


def _to_the_minute(at: datetime.datetime) -> datetime.datetime:
    """The nearest one: what was estimated from now is some thousandths of a second away from it."""
    return (at + MINUTE / 2).replace(second=0, microsecond=0)
