import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.models import Job
from publications import pdf, publish
from publications.models import Bilan
from qualepref.demo import content
from sites.models import Agent

CELERY = [sys.executable, "-m", "celery", "-A", "qualepref"]
WORKERS = {
    "l'ouvrier ordinaire": [
        *CELERY,
        "worker",
        "-Q",
        "default",
        "-c",
        "1",
        "-n",
        "default@%h",
        "-l",
        "WARNING",
    ],
    "l'ouvrier des PDF": [*CELERY, "worker", "-Q", "pdf", "-c", "1", "-n", "pdf@%h", "-l", "WARNING"],
    "l'horloge": [*CELERY, "beat", "-l", "WARNING"],
}


class Command(BaseCommand):
    help = "Montre l'application avec les chiffres publiés de 2018. Peut être relancée sans risque."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--no-server", action="store_true", help="tout faire, sauf servir les pages")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--wait", type=int, default=180, help="secondes accordées au PDF")

    def handle(self, *, no_server: bool, port: int, wait: int, **options: object) -> None:
        if settings.MODE == "production":
            raise CommandError("La démonstration crée des comptes connus de tous : jamais en production.")
        if missing := pdf.missing_libraries():
            raise CommandError(missing)
        settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
        self._say("Base de données et chiffres de 2018")
        call_command("migrate", verbosity=0)
        prefecture = content.load()
        with self._workers():
            self._say("Bilan 2018 : l'ouvrier prépare le PDF")
            bilan = content.sign(prefecture)
            copy = self._wait_for_pdf(bilan, wait)
            content.show(bilan)
            self._say(f"Bilan publié, copie dans {copy}")
            self._print_accounts()
            if not no_server:
                self._serve(port)

    @contextlib.contextmanager
    def _workers(self) -> Iterator[None]:
        """The two workers and the clock, ended whatever happens, with all that they started."""
        (settings.VAR_DIR / "broker" / "messages").mkdir(parents=True, exist_ok=True)
        (settings.VAR_DIR / "log").mkdir(exist_ok=True)
        signal.signal(signal.SIGTERM, _leave)
        with contextlib.ExitStack() as stack:
            for name, command in WORKERS.items():
                self._say(f"Démarrage de {name}")
                log = stack.enter_context((settings.VAR_DIR / "log" / f"{command[-3]}.log").open("ab"))
                stack.callback(
                    _end, subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
                )
            yield

    def _wait_for_pdf(self, bilan: Bilan, seconds: int) -> Path:
        job = publish.order_pdf(bilan)
        said = ""
        for _ in range(seconds * 2):
            job.refresh_from_db()
            if job.is_over:
                break
            if job.step and job.step != said:
                said = job.step
                self._say(f"  {job.progress} % : {said}")
            time.sleep(0.5)
        if job.state != Job.State.DONE:
            raise CommandError(
                f"Le PDF n'est pas prêt ({job.get_state_display()}). {job.last_error} "
                f"Le détail est dans {settings.VAR_DIR / 'log'}."
            )
        bilan.refresh_from_db()
        copy = settings.VAR_DIR / "demo" / f"bilan-{bilan.year}.pdf"
        copy.parent.mkdir(exist_ok=True)
        shutil.copyfile(publish.pdf_path(bilan), copy)
        return Path(copy)

    def _print_accounts(self) -> None:
        self.stdout.write(
            "\nComptes de la démonstration (données fictives), mot de passe " + content.PASSWORD
        )
        agents = Agent.objects.filter(email__endswith="@demo.example").prefetch_related("memberships")
        for agent in agents:
            roles = ", ".join(held.get_role_display() for held in agent.memberships.all())
            self.stdout.write(f"  {agent.email:<34} {agent.full_name:<20} {roles}")

    def _serve(self, port: int) -> None:
        self.stdout.write(f"\nPages publiques : http://127.0.0.1:{port}/")
        self.stdout.write(f"Espace agents   : http://127.0.0.1:{port}/agents/")
        self.stdout.write("Ctrl-C arrête tout.\n")
        command = ["gunicorn", "qualepref.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "2"]
        server = subprocess.Popen(
            [
                sys.executable,
                "-m",
                *command,
                "--threads",
                "4",
                "--no-control-socket",
                "--log-level",
                "warning",
            ],
            start_new_session=True,
        )
        try:
            if server.wait() != 0:
                raise CommandError(f"Le serveur s'est arrêté : le port {port} est peut-être déjà pris.")
        except KeyboardInterrupt:
            self._say("Arrêt")
        finally:
            _end(server)

    def _say(self, sentence: str) -> None:
        self.stdout.write(f"→ {sentence}")
        self.stdout.flush()


def _leave(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and its children; insist after ten seconds."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
            return
