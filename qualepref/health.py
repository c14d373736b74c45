"""For the machines that watch: is the process alive, is the service ready."""

import tempfile
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis import Redis, RedisError

BROKER_PATIENCE = 2  # seconds


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Alive: the process answers and its database too."""
    answer = database()
    return HttpResponse(
        answer, content_type="text/plain; charset=utf-8", status=200 if answer == "ok" else 503
    )


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Ready: what a page or a task needs is there; each line says « ok » or what is wrong."""
    answers = {"base de données": database()}
    answers["migrations"] = migrations() if answers["base de données"] == "ok" else "inconnu"
    answers["messagerie des tâches"] = broker()
    is_ready = set(answers.values()) == {"ok"}
    return JsonResponse(answers, status=200 if is_ready else 503, json_dumps_params={"ensure_ascii": False})


def database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "injoignable"
    return "ok"


def migrations() -> str:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return f"{len(missing)} à appliquer" if missing else "ok"


def broker() -> str:
    """A folder that can be written to, or a Redis that answers soon."""
    reach: Callable[[], None] = _write if settings.CELERY_BROKER_URL.startswith("filesystem") else _ping
    try:
        reach()
    except (OSError, RedisError):
        return "injoignable"
    return "ok"


def _write() -> None:
    with tempfile.TemporaryFile(dir=settings.BROKER_DIR / "messages") as file:
        file.write(b"ok")


def _ping() -> None:
    client = Redis.from_url(
        settings.CELERY_BROKER_URL,
        socket_connect_timeout=BROKER_PATIENCE,
        socket_timeout=BROKER_PATIENCE,
    )
    with client:
        client.ping()
