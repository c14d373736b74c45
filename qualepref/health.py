"""Whether what pages and tasks need is there: for the machines that watch, for `manage.py start`, and for the
page of the installation's administrator. Each fact is « ok » or says in words what is wrong.
"""

import datetime
import shutil
import tempfile
import time
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.timesince import timesince
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis import Redis, RedisError

from jobs import signs
from jobs.models import Job

BROKER_PATIENCE = 2  # seconds
OK, UNKNOWN, OUT_OF_REACH = "ok", "inconnu", "injoignable"
HOURS_APART = 20  # seconds
SPACE_NEEDED = 500  # MB: uploads and PDF of some months, and time to react

# The processes that give signs of life.
SIGNS = {
    "horloge": signs.CLOCK,
    "ouvrier ordinaire": signs.of_worker(Job.Queue.DEFAULT),
    "ouvrier PDF": signs.of_worker(Job.Queue.PDF),
}


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Alive: the process answers and its database too."""
    answer = database()
    return HttpResponse(answer, content_type="text/plain; charset=utf-8", status=200 if answer == OK else 503)


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Ready: everything that pages and tasks need is there and works."""
    answers = facts()
    is_ready = set(answers.values()) == {OK}
    return JsonResponse(answers, status=200 if is_ready else 503, json_dumps_params={"ensure_ascii": False})


def facts() -> dict[str, str]:
    """Everything there is to know, by its French name, in the order in which one looks for a cause."""
    has_database = database() == OK
    return {
        "base de données": OK if has_database else OUT_OF_REACH,
        "migrations": migrations() if has_database else UNKNOWN,
        "heure": hour() if has_database else UNKNOWN,
        "fichiers": files(),
        "messagerie des tâches": broker(),
        **(processes() if has_database else dict.fromkeys(SIGNS, UNKNOWN)),
    }


def database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return OUT_OF_REACH
    return OK


def migrations() -> str:
    missing = len(_known_migrations() - set(MigrationRecorder(connection).applied_migrations()))
    return f"{missing} à appliquer" if missing else OK


@cache
def _known_migrations() -> frozenset[tuple[str, str]]:
    """Those of this version, read once: files do not change while a process runs."""
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)


def hour() -> str:
    """This machine and that of the database agree on the time: leases and signs of life compare the two."""
    if connection.vendor != "postgresql":
        return OK
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        apart = round(abs(float(cursor.fetchone()[0]) - time.time()))
    return OK if apart <= HOURS_APART else f"{apart} secondes d’écart avec la base de données"


def files() -> str:
    """The folder of files can be written to, and holds some more."""
    try:
        Path(settings.FILES_DIR).mkdir(parents=True, exist_ok=True)
        _write(settings.FILES_DIR)
    except OSError:
        return "dossier fermé à l’écriture"
    free = free_space()
    return OK if free >= SPACE_NEEDED else f"plus que {free} Mo libres"


def free_space() -> int:
    return shutil.disk_usage(settings.FILES_DIR).free // 1_000_000


def broker() -> str:
    """A folder that can be written to, or a Redis that answers soon."""
    reach: Callable[[], None] = _ping
    if settings.CELERY_BROKER_URL.startswith("filesystem"):
        reach = partial(_write, settings.BROKER_DIR / "messages")
    try:
        reach()
    except (OSError, RedisError):
        return OUT_OF_REACH
    return OK


def processes() -> dict[str, str]:
    """The clock and the worker of each queue, by their signs of life."""
    seen, now = signs.latest(), timezone.now()
    return {french: _silence(seen.get(name), now) for french, name in SIGNS.items()}


def _silence(last: datetime.datetime | None, now: datetime.datetime) -> str:
    if last is None:
        return "n’a encore jamais donné signe"
    if now - last > signs.SILENCE:
        return f"n’a pas donné signe depuis {timesince(last, now, depth=1)}"
    return OK


def _write(folder: Path) -> None:
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"ok")


def _ping() -> None:
    client = Redis.from_url(
        settings.CELERY_BROKER_URL,
        socket_connect_timeout=BROKER_PATIENCE,
        socket_timeout=BROKER_PATIENCE,
    )
    with client:
        client.ping()
