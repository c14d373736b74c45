"""Real Celery workers, in processes of their own, on the broker of the suite: a folder, or Redis where
CELERY_BROKER_URL names one (make services)."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from celery import Celery
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from indicators import uploads
from indicators.models import FigureImport
from jobs import queue
from jobs.models import Job
from publications import publish
from publications.models import Bilan, Part
from qualepref.celery import app
from sites import accounts
from sites.models import Agent, Membership, Prefecture, Unit
from tests import databases, factories, smtp

WORKER = [
    sys.executable,
    "-m",
    "celery",
    "-A",
    "qualepref",
    "worker",
    "-c",
    "1",
    "-Q",
    "pdf,default",
    "-l",
    "WARNING",
]
QUIET = ["--without-gossip", "--without-mingle", "--without-heartbeat"]

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    """Where this test keeps its messages and files, so that workers of other tests take none of them."""
    settings.FILES_DIR = tmp_path / "files"
    if not settings.CELERY_BROKER_URL.startswith("filesystem"):
        yield tmp_path
        return
    messages = tmp_path / "broker" / "messages"
    messages.mkdir(parents=True)
    own = Celery("own", broker="filesystem://")
    own.conf.broker_transport_options = {
        "data_folder_in": str(messages),
        "data_folder_out": str(messages),
        "control_folder": str(tmp_path / "broker" / "control"),
    }
    own.set_current()
    yield tmp_path
    app.set_current()


@pytest.fixture
def start_worker(folder: Path) -> Iterator[Start]:
    """`start_worker("a")` starts a worker of both queues on the database of the suite."""
    with contextlib.ExitStack() as stack:

        def start(name: str, **more: str) -> "subprocess.Popen[bytes]":
            log = stack.enter_context((folder / f"{name}.log").open("wb"))
            environment = {
                **os.environ,
                **more,
                "DJANGO_SETTINGS_MODULE": "qualepref.settings",
                "DATABASE_URL": databases.url_of(connection.settings_dict["NAME"]),
                "QUALEPREF_VAR": str(folder),
            }
            worker = subprocess.Popen(
                [*WORKER, *QUIET, "-n", f"{name}@%h"],
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            stack.callback(end, worker)
            return worker

        yield start


@pytest.mark.django_db(transaction=True)
def test_a_pdf_whose_worker_is_killed_in_the_middle_is_made_by_another_and_nothing_is_doubled(
    prefecture: Prefecture, siege: Unit, claire: Agent, start_worker: Start
) -> None:
    factories.MeasurementFactory(unit=siege)
    factories.PartFactory(prefecture=prefecture, section=Part.Section.OUTLOOK, text="Une phrase. " * 1_000)
    first = start_worker("first")
    bilan = publish.freeze(prefecture, 2018, by=claire)
    job = Job.objects.get()
    wait_until(lambda: state_of(job) == "running", "no worker has begun")

    kill_children(first)

    job.refresh_from_db()
    assert (job.state, job.attempts, pdf_of(bilan)) == ("running", 1, "")
    assert first.poll() is None
    end(first)

    Job.objects.update(lease_until=timezone.now())  # a minute and a half later
    assert queue.sweep(timezone.now()) == 1
    assert queue.sweep(timezone.now()) == 1
    start_worker("second")
    wait_until(lambda: state_of(job) == "done", "the other worker has not finished")

    job.refresh_from_db()
    bilan.refresh_from_db()
    assert (job.attempts, job.progress, job.last_error) == (2, 100, "")
    assert publish.read_pdf(bilan).startswith(b"%PDF-")
    assert [file.name for file in publish.pdf_path(bilan).parent.iterdir()] == [publish.pdf_path(bilan).name]
    assert (Job.objects.count(), Bilan.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_a_table_is_read_by_a_worker_in_a_process_of_its_own(
    prefecture: Prefecture, claire: Agent, start_worker: Start
) -> None:
    """A workbook saved by LibreOffice, and a PDF under the name of one."""
    workbook = Path(__file__).parents[1] / "data" / "annual_results_2018_libreoffice.ods"
    results = FigureImport.Contents.RESULTS
    start_worker("reader")
    drafts = [
        uploads.bring(prefecture, data, year=2018, contents=results, file_name="2018.ods", by=claire)
        for data in (workbook.read_bytes(), b"%PDF-1.7")
    ]

    wait_until(
        lambda: not FigureImport.objects.filter(state=FigureImport.State.READING).exists(),
        "the files are not read",
    )

    for draft in drafts:
        draft.refresh_from_db()
    assert [draft.state for draft in drafts] == ["to_check", "failed"]
    assert len(uploads.rows_of(drafts[0])) == 64


@pytest.mark.django_db(transaction=True)
def test_an_invitation_reaches_a_real_mail_server_and_its_link_opens_the_account(
    prefecture: Prefecture, claire: Agent, start_worker: Start, client: Client
) -> None:
    membership = Membership(prefecture=prefecture, role=Membership.Role.DIRECTOR)
    with smtp.serving() as box:
        start_worker("mail", EMAIL_HOST="127.0.0.1", EMAIL_PORT=str(box.port), EMAIL_SECURITY="none")
        accounts.invite(membership, email="noe@prefecture.test", full_name="Noé Perrin", by=claire)
        job = Job.objects.get()
        wait_until(lambda: state_of(job) == "done", "the mail has not left")

    (mail,) = box.mails
    assert mail["To"] == "noe@prefecture.test"
    assert str(mail["From"]).startswith("Préfecture des Bouches-du-Rhône <")
    link = re.search(r"http://127\.0\.0\.1:8000(/connexion/choisir/\S+)", mail.get_content())
    assert link
    client.get(link[1])
    assert "noe@prefecture.test" in client.get("/connexion/choisir/").content.decode()


@pytest.mark.parametrize("is_frozen", [False, True], ids=["refused", "frozen"])
def test_a_broker_out_of_reach_keeps_a_page_waiting_for_less_than_five_seconds(is_frozen: bool) -> None:
    code = (
        "import django, time; django.setup()\n"
        "from jobs import models, queue\n"
        "start = time.monotonic()\n"
        "assert not queue._post(models.Job(pk=1, queue='pdf'))\n"
        "print(time.monotonic() - start)\n"
    )

    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        if is_frozen:
            silent.listen()
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "qualepref.settings",
            "CELERY_BROKER_URL": f"redis://127.0.0.1:{silent.getsockname()[1]}/0",
        }
        asked = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=30
        )

    assert asked.returncode == 0, asked.stderr
    assert float(asked.stdout) < 5


def state_of(job: Job) -> str:
    return Job.objects.values_list("state", flat=True).get(pk=job.pk)


def pdf_of(bilan: Bilan) -> str:
    return Bilan.objects.values_list("pdf_name", flat=True).get(pk=bilan.pk)


def wait_until(is_so: Callable[[], bool], otherwise: str, seconds: int = 120) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.01)


def kill_children(worker: "subprocess.Popen[bytes]") -> None:
    """kill -9 of the process that does the work; its parent stays."""
    children = Path(f"/proc/{worker.pid}/task/{worker.pid}/children").read_text().split()
    assert children
    for child in children:
        os.kill(int(child), signal.SIGKILL)


def end(worker: "subprocess.Popen[bytes]") -> None:
    """The worker and whatever it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(worker.pid, signal.SIGKILL)
    worker.wait(timeout=10)
