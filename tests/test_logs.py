"""What the logs say: enough to find what happened, nothing of what somebody typed or is called."""

import io
import json
import logging
from importlib import import_module

import pytest
from django.test import Client
from django.urls import path, reverse

from jobs import queue
from jobs.models import Job
from qualepref import logs
from qualepref.urls import urlpatterns as ours
from tests.factories import JobFactory

ADDRESS, NAME, TYPED = "jeanne.dupont@exemple.test", "Jeanne Dupont", "une phrase que personne ne doit lire"
PRIVATE = (ADDRESS, "jeanne", NAME, "Dupont", TYPED, "personne")


class SecretError(Exception):
    pass


def fail(request):
    queue.enqueue("tests.effect", key="tests.effect", text=TYPED)
    raise SecretError(f"{NAME} <{ADDRESS}> : {TYPED}")


urlpatterns = [path("fail/", fail, name="fail"), *ours]


@pytest.fixture
def written():
    """What the loggers write, as production formats it: `written()` gives the lines so far."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter(as_json=True))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream.getvalue
    root.removeHandler(handler)
    root.setLevel(level)


def formatter(*, as_json):
    given = dict(logs.config("DEBUG", as_json=as_json)["formatters"]["line"])
    return given.pop("()")(**given)


def lines(text, **those):
    read = [json.loads(line) for line in text.splitlines()]
    return [line for line in read if those.items() <= line.items()]


def nothing_private(text):
    return [word for word in PRIVATE if word.lower() in text.lower()]


# --- one line a request ------------------------------------------------------------------------------------


def test_a_request_is_one_line_with_the_number_that_its_answer_carries(claire, client_of, written):
    response = client_of(claire).get("/agents/bouches-du-rhone/bilans/")

    (line,) = lines(written(), event="request")
    assert line.pop("ms") >= 0
    assert line.pop("at").endswith("+00:00")
    assert line == {
        "level": "info",
        "logger": "qualepref.middleware",
        "event": "request",
        "request_id": response.headers["X-Request-ID"],
        "route": "bilans",
        "method": "GET",
        "status": 200,
        "agent": claire.pk,
    }


def test_each_request_has_a_number_of_its_own(client, db):
    assert client.get("/").headers["X-Request-ID"] != client.get("/").headers["X-Request-ID"]


def test_probes_and_files_are_not_told_while_they_succeed(client, db, written):
    logging.getLogger().setLevel(logging.INFO)

    for url in ("/healthz", "/static/css/site.css"):
        client.get(url).getvalue()

    assert lines(written(), event="request") == []


# --- nothing private ---------------------------------------------------------------------------------------


def test_a_refused_sign_in_says_neither_who_nor_what(client, db, written):
    for _ in range(6):
        client.post("/connexion/", {"username": ADDRESS, "password": TYPED})

    assert {line["status"] for line in lines(written(), route="login")} == {200, 429}
    assert nothing_private(written()) == []


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"path": f"/{ADDRESS}/{TYPED}/", "query_string": f"q={NAME}"}, 404),
        ({"path": f"/connexion/%00{TYPED}"}, 400),
        ({"path": "/", "headers": {"host": "jeanne.test", "user-agent": NAME, "referer": ADDRESS}}, 400),
        ({"path": "/", "headers": {"cookie": f"sessionid={TYPED}"}}, 200),
        ({"path": "/", "method": "DUPONT"}, 405),
    ],
)
def test_an_address_and_its_headers_are_not_told(sent, status, client, db, written):
    response = client.generic(sent.pop("method", "GET"), sent.pop("path"), **sent)

    assert response.status_code == status
    assert [line["status"] for line in lines(written(), event="request")] == [status]
    assert nothing_private(written()) == []


def test_a_text_that_is_written_is_not_told(claire, client_of, prefecture, written):
    address = reverse("bilan_part", args=[prefecture.slug, 2018, "summary"])

    client_of(claire).post(address, {"text": TYPED, "version": 0})

    assert lines(written(), route="bilan_part")[0]["status"] == 302
    assert nothing_private(written()) == []


@pytest.mark.urls(__name__)
def test_a_failure_tells_its_kind_and_its_place_but_not_its_words(claire, written):
    browser = Client(raise_request_exception=False)
    browser.force_login(claire, backend="django.contrib.auth.backends.ModelBackend")

    response = browser.get("/fail/")

    (line,) = lines(written(), logger="django.request")
    assert line["error"] == "SecretError"
    assert line["where"][0].startswith("tests/test_logs.py:")
    assert line["request_id"] == response.headers["X-Request-ID"]
    assert lines(written(), event="request")[0]["status"] == 500
    assert nothing_private(written()) == []


# --- jobs --------------------------------------------------------------------------------------------------


@pytest.fixture
def failing():
    def handle(report, **payload):
        try:
            raise KeyError(ADDRESS)
        except KeyError as error:
            raise SecretError(f"{NAME} : {payload}") from error

    queue.HANDLERS["tests.effect"] = handle
    yield
    del queue.HANDLERS["tests.effect"]


@pytest.mark.urls(__name__)
def test_a_job_has_the_number_of_the_request_that_caused_it_however_late_it_runs(claire, failing, written):
    browser = Client(raise_request_exception=False)
    browser.force_login(claire, backend="django.contrib.auth.backends.ModelBackend")
    response = browser.get("/fail/")
    job = Job.objects.get()

    queue.run(job.pk)

    (line,) = lines(written(), event="job failed")
    del line["at"], line["where"]
    assert line == {
        "level": "error",
        "logger": "jobs.queue",
        "event": "job failed",
        "request_id": response.headers["X-Request-ID"],
        "job": job.pk,
        "kind": "tests.effect",
        "attempts": 1,
        "error": "SecretError < KeyError",
    }
    assert nothing_private(written()) == []


def test_what_a_job_has_bound_does_not_stay_for_the_next_line(db, failing, written):
    queue.run(JobFactory(request_id="a" * 32).pk)
    logging.getLogger("after").warning("the next line")

    (line,) = lines(written(), event="the next line")
    assert set(line) == {"at", "level", "logger", "event"}


# --- the line itself ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("as_json", [True, False])
def test_a_line_is_one_line_whatever_it_holds(as_json):
    hostile = "a\nb\r\x1b[31m\x85\u2028c"
    record = logging.makeLogRecord({"name": hostile, "msg": hostile, "levelno": 30, "route": hostile})

    line = formatter(as_json=as_json).format(record)

    assert [found for found in line if logs.CONTROL.match(found)] == []


def test_neither_arguments_nor_unknown_facts_are_told():
    record = logging.makeLogRecord(
        {"name": "mail", "msg": "Sent to %s", "args": (ADDRESS,), "text": TYPED, "status": 200}
    )

    line = json.loads(formatter(as_json=True).format(record))

    assert (line["event"], line["status"]) == ("Sent to …", 200)
    assert nothing_private(json.dumps(line)) == []


def test_in_words_a_line_reads_from_left_to_right():
    record = logging.makeLogRecord(
        {"name": "jobs.queue", "msg": "job done", "levelname": "INFO", "created": 0, "job": 5, "kind": "a.b"}
    )

    assert formatter(as_json=False).format(record) == (
        "1970-01-01T00:00:00.000+00:00 info jobs.queue job done job=5 kind=a.b"
    )


def test_celery_leaves_our_logging_alone(monkeypatch):
    app = import_module("qualepref.celery").app
    before = logging.getLogger().handlers[:]

    app.log.setup(loglevel="DEBUG")

    assert logging.getLogger().handlers == before
