"""manage.py start: a look at what a process needs, in sentences, then the process itself. manage.py alive."""

import datetime
import http.server
import threading

import pytest
from django.core import checks
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from jobs import signs
from jobs.models import Sign
from qualepref import processes
from tests.test_house import in_production


@pytest.fixture
def started(monkeypatch):
    """The command that has taken our place."""
    commands = []
    monkeypatch.setattr("os.execv", lambda program, command: commands.append(command))
    return commands


def refused(process, capsys):
    with pytest.raises(SystemExit) as ended:
        call_command("start", process)
    assert ended.value.code == 1
    return capsys.readouterr().err.strip()


@pytest.mark.parametrize("process", processes.ALL)
def test_a_process_whose_needs_are_met_is_started(process, db, started):
    call_command("start", process)

    assert started == [processes.ALL[process]]


def test_a_process_that_does_not_exist_is_refused(db, started):
    with pytest.raises(CommandError, match="invalid choice"):
        call_command("start", "wrong")

    assert started == []


@pytest.mark.parametrize("process", processes.ALL)
def test_nothing_starts_before_the_migrations(process, db, started, capsys):
    MigrationRecorder(connection).record_unapplied("jobs", "0001_initial")

    assert refused(process, capsys) == (
        "Migrations : 1 à appliquer. Lancer d'abord : python manage.py migrate."
    )
    assert started == []


def test_nothing_starts_without_a_folder_for_its_files(db, started, capsys, settings, tmp_path):
    settings.FILES_DIR = tmp_path / "file"
    settings.FILES_DIR.write_text("no folder")

    assert refused("web", capsys) == (
        f"Fichiers, {settings.FILES_DIR} : dossier fermé à l’écriture."
        " Voir QUALEPREF_VAR et les droits du dossier."
    )


def test_pages_are_not_served_without_their_static_files(db, started, capsys, settings, tmp_path):
    settings.STATIC_ROOT = tmp_path

    assert refused("web", capsys).startswith("Les fichiers statiques manquent.")
    call_command("start", "beat")
    assert started == [processes.ALL["beat"]]


def test_no_pdf_is_begun_without_its_libraries(db, started, capsys, monkeypatch):
    monkeypatch.setattr("publications.pdf.missing_libraries", lambda: "Il manque libpango.")

    assert refused("worker-pdf", capsys) == "Il manque libpango."
    call_command("start", "worker")
    assert started == [processes.ALL["worker"]]


def test_what_django_itself_finds_unsafe_is_told(db, started, capsys, monkeypatch):
    monkeypatch.setattr(checks, "run_checks", lambda **_: [checks.Warning("Les cookies voyagent en clair.")])

    assert refused("web", capsys) == "Les cookies voyagent en clair."


def test_a_database_out_of_reach_is_told_in_one_sentence_without_its_address():
    started = in_production("manage.py", "start", "web", DATABASE_URL="postgres://127.0.0.1:1/qualepref")

    assert started.returncode == 1
    assert started.stderr.strip() == (
        "La base de données ne répond pas : vérifier DATABASE_URL et le serveur PostgreSQL."
    )


# --- alive -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("process", "sign"), [("worker", "worker default"), ("worker-pdf", "worker pdf"), ("beat", signs.CLOCK)]
)
def test_a_process_is_alive_while_it_gives_signs(process, sign, db, capsys):
    signs.give(sign)
    call_command("alive", process)
    assert capsys.readouterr().out == f"{process} : ok\n"

    Sign.objects.update(at=timezone.now() - datetime.timedelta(minutes=6, seconds=1))
    with pytest.raises(SystemExit):
        call_command("alive", process)
    assert capsys.readouterr().out == f"{process} : n’a pas donné signe depuis 6\xa0minutes\n"


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"{self.headers['Host']} {self.path}".encode())

    def log_message(self, *_):
        pass


def test_the_web_server_is_asked_by_a_name_of_its_own(settings, capsys):
    with http.server.HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.handle_request).start()
        settings.WEB_ADDRESS = f"0.0.0.0:{server.server_port}"
        settings.ALLOWED_HOSTS = [".qualite.test", "other.test"]
        with pytest.raises(SystemExit):
            call_command("alive", "web")

    assert capsys.readouterr().out == "web : qualite.test /healthz\n"


def test_a_web_server_that_does_not_answer_is_not_alive(settings, capsys):
    settings.WEB_ADDRESS = "127.0.0.1:1"

    with pytest.raises(SystemExit):
        call_command("alive", "web")

    assert capsys.readouterr().out == "web : injoignable\n"
