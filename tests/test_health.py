"""What the machines that watch are told."""

import datetime
import re
import time

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from redis import Redis, RedisError

from jobs.models import Sign
from qualepref import health

pytestmark = pytest.mark.usefixtures("running")

NAMES = [
    *("base de données", "migrations", "heure", "fichiers", "messagerie des tâches"),
    *("horloge", "ouvrier ordinaire", "ouvrier PDF"),
]
READY = dict.fromkeys(NAMES, "ok")
SIGNS = {"horloge": "clock", "ouvrier ordinaire": "worker default", "ouvrier PDF": "worker pdf"}


@pytest.fixture
def without_database(running, monkeypatch):
    def refuse():
        raise OperationalError("connection refused at 10.0.0.1")

    with monkeypatch.context() as broken:
        broken.setattr(connection, "cursor", refuse)
        yield


@pytest.fixture
def redis_broker(settings):
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"


def test_alive(client):
    response = client.get("/healthz")

    assert (response.status_code, response.content) == (200, b"ok")


def test_alive_costs_one_query_and_no_session(client, django_assert_num_queries):
    with django_assert_num_queries(1):
        response = client.get("/healthz")

    assert "Set-Cookie" not in response.headers


def test_not_alive_without_its_database(client, without_database):
    response = client.get("/healthz")

    assert (response.status_code, response.content.decode()) == (503, "injoignable")


def test_ready(client):
    response = client.get("/readyz")

    assert (response.status_code, response.json()) == (200, READY)


def test_not_ready_without_its_database(client, without_database):
    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json() == dict.fromkeys(NAMES, "inconnu") | {
        "base de données": "injoignable",
        "fichiers": "ok",
        "messagerie des tâches": "ok",
    }


def test_not_ready_while_migrations_wait(client):
    recorder = MigrationRecorder(connection)
    recorder.record_unapplied("jobs", "0001_initial")
    recorder.record_unapplied("qualepref_sites", "0001_initial")

    response = client.get("/readyz")

    assert (response.status_code, response.json()) == (503, READY | {"migrations": "2 à appliquer"})


def test_not_ready_without_the_folder_of_messages(client, settings, tmp_path):
    settings.CELERY_BROKER_URL, settings.BROKER_DIR = "filesystem://", tmp_path / "gone"

    response = client.get("/readyz")

    assert (response.status_code, response.json()) == (503, READY | {"messagerie des tâches": "injoignable"})


def test_not_ready_without_redis(client, redis_broker):
    response = client.get("/readyz")

    assert (response.status_code, response.json()) == (503, READY | {"messagerie des tâches": "injoignable"})


def test_ready_with_a_redis_that_answers(client, redis_broker, monkeypatch):
    monkeypatch.setattr(Redis, "ping", lambda redis: True)

    assert client.get("/readyz").json() == READY


def test_a_redis_that_does_not_answer_is_waited_for_two_seconds_at_most(client, redis_broker, monkeypatch):
    waited = {}

    def never(redis):
        waited.update(redis.connection_pool.connection_kwargs)
        raise RedisError("timeout")

    monkeypatch.setattr(Redis, "ping", never)

    assert client.get("/readyz").status_code == 503
    assert (waited["socket_connect_timeout"], waited["socket_timeout"]) == (2, 2)


@pytest.mark.parametrize("name", SIGNS)
def test_not_ready_while_somebody_is_silent(name, client):
    Sign.objects.filter(name=SIGNS[name]).update(
        at=timezone.now() - datetime.timedelta(minutes=12, seconds=5)
    )

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json() == READY | {name: "n’a pas donné signe depuis 12\xa0minutes"}


@pytest.mark.parametrize("name", SIGNS)
def test_not_ready_before_the_first_sign(name, client):
    Sign.objects.filter(name=SIGNS[name]).delete()

    assert client.get("/readyz").json() == READY | {name: "n’a encore jamais donné signe"}


def test_a_long_pdf_is_no_silence(client):
    Sign.objects.update(at=timezone.now() - datetime.timedelta(minutes=4))

    assert client.get("/readyz").json() == READY


def test_not_ready_where_files_cannot_be_written(client, settings, tmp_path):
    settings.FILES_DIR = tmp_path / "file"
    settings.FILES_DIR.write_text("no folder")

    assert client.get("/readyz").json() == READY | {"fichiers": "dossier fermé à l’écriture"}


def test_not_ready_on_a_full_disk(client, monkeypatch):
    monkeypatch.setattr("qualepref.health.free_space", lambda: 12)

    assert client.get("/readyz").json() == READY | {"fichiers": "plus que 12 Mo libres"}


def test_not_ready_when_the_clocks_of_two_machines_differ(client, monkeypatch):
    if connection.vendor != "postgresql":
        pytest.skip("a file has no clock of its own")
    now = time.time()
    monkeypatch.setattr("qualepref.health.time.time", lambda: now - 90)

    assert re.fullmatch("(89|90|91) secondes d’écart avec la base de données", health.hour())


def test_being_ready_costs_few_queries_and_no_second_look_at_the_migrations(
    client, django_assert_max_num_queries
):
    client.get("/readyz")

    with django_assert_max_num_queries(5):
        client.get("/readyz")


def test_health_is_stored_nowhere(client):
    assert "no-store" in client.get("/healthz").headers["Cache-Control"]
    assert "no-store" in client.get("/readyz").headers["Cache-Control"]
