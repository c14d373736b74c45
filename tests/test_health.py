"""What the machines that watch are told."""

import pytest
from django.db import OperationalError, connection
from redis import Redis, RedisError

pytestmark = pytest.mark.django_db

READY = {"base de données": "ok", "migrations": "ok", "messagerie des tâches": "ok"}


@pytest.fixture
def without_database(monkeypatch):
    def refuse():
        raise OperationalError("connection refused at 10.0.0.1")

    monkeypatch.setattr(connection, "cursor", refuse)


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
    assert response.json() == READY | {"base de données": "injoignable", "migrations": "inconnu"}


def test_not_ready_while_migrations_wait(client, monkeypatch):
    monkeypatch.setattr(
        "django.db.migrations.executor.MigrationExecutor.migration_plan", lambda *_: ["one", "two"]
    )

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


def test_health_is_stored_nowhere(client):
    assert "no-store" in client.get("/healthz").headers["Cache-Control"]
    assert "no-store" in client.get("/readyz").headers["Cache-Control"]
