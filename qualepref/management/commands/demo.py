import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.models import Job
from publications import pdf, publish
from publications.models import Bilan
from qualepref import processes
from qualepref.demo import cases, content, malfunctions, months, waiting
from sites.models import Agent

# Ctrl-C even where the shell that started us in the background had it ignored, `kill`, a closed terminal.
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Process = subprocess.Popen[bytes]


class Command(BaseCommand):
    help = (
        "Montre l'application avec les chiffres publiés de 2018 et des mois fictifs. "
        "Peut être relancée sans risque."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--no-server", action="store_true", help="tout faire, sauf servir les pages")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--wait", type=int, default=180, help="secondes accordées au PDF")

    def handle(self, *, no_server: bool, port: int, wait: int, **options: object) -> None:
        if settings.MODE == "production":
            raise CommandError("La démonstration crée des comptes connus de tous : jamais en production.")
        if missing := pdf.missing_libraries():
            raise CommandError(missing)
        if not 1 <= port <= 65535:
            raise CommandError(f"Le port {port} n'existe pas : choisir --port entre 1 et 65535.")
        if not no_server and _is_taken(port):
            raise CommandError(f"Le port {port} est déjà pris : arrêter l'autre serveur, ou choisir --port.")
        for sign in ENDINGS:
            signal.signal(sign, _leave)
        try:
            # Where the links of its mails lead: the workers and the server read it as they start.
            os.environ.setdefault("QUALEPREF_BASE_URL", f"http://127.0.0.1:{port}")
            self._run(port=None if no_server else port, wait=wait)
        except KeyboardInterrupt:
            self._say("Arrêt demandé : tout est arrêté.")

    def _run(self, *, port: int | None, wait: int) -> None:
        self._say("Base de données, référentiels et chiffres de 2018")
        call_command("migrate", verbosity=0)
        prefecture = content.load()
        self._say("Chiffres mensuels de 2019 et 2020 : données fictives")
        months.enter(prefecture)
        self._say("Registre de 2019, de 2020 et d'aujourd'hui : affaires fictives")
        cases.enter(prefecture)
        waiting.enter(prefecture)
        malfunctions.enter(prefecture)
        self._say("Espace Qualité : documents fictifs")
        content.shelve(prefecture)
        self._say("Plan d'actions et calendrier : données fictives")
        content.improve(prefecture)
        with self._background():
            self._say("Bilan 2018 : un ouvrier prépare le PDF")
            bilan = content.sign(prefecture)
            copy = self._wait_for_pdf(bilan, wait)
            content.show(bilan)
            self._say(f"Bilan publié, copie dans {copy}")
            self._print_accounts()
            if port is not None:
                self._serve(port)

    @contextlib.contextmanager
    def _background(self) -> Iterator[None]:
        """The two workers and the clock, ended whatever happens, with all that they started."""
        logs = settings.VAR_DIR / "log"
        logs.mkdir(exist_ok=True)
        self._say("Démarrage de deux ouvriers Celery et de l'horloge")
        started: list[Process] = []
        try:
            for name, command in processes.BACKGROUND.items():
                with (logs / f"{name}.log").open("ab") as log:
                    started.append(_start(command, stdout=log, stderr=log))
            yield
        finally:
            _end(started)

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
        self.stdout.write("\nComptes de la démonstration (données fictives)")
        self.stdout.write(f"Mot de passe de tous : {content.PASSWORD}\n")
        agents = Agent.objects.filter(email__endswith="@demo.example").prefetch_related("memberships")
        for agent in agents:
            roles = ", ".join(held.get_role_display() for held in agent.memberships.all())
            self.stdout.write(f"  {agent.email:<34} {agent.full_name:<20} {roles}")

    def _serve(self, port: int) -> None:
        self.stdout.write(f"\nPages publiques : http://127.0.0.1:{port}/")
        self.stdout.write(f"Espace agents   : http://127.0.0.1:{port}/agents/")
        self.stdout.write(f"Courriels       : un fichier chacun dans {settings.EMAIL_FILE_PATH}")
        self.stdout.write("Ctrl-C arrête tout.\n")
        self.stdout.flush()
        server = _start([*processes.WEB, "--bind", f"127.0.0.1:{port}"])
        try:
            server.wait()
        finally:
            _end([server])
        raise CommandError("Le serveur s'est arrêté de lui-même : voir le message au-dessus.")

    def _say(self, sentence: str) -> None:
        self.stdout.write(f"→ {sentence}")
        self.stdout.flush()


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _leave(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _start(command: list[str], **options: Any) -> Process:
    """In a session of its own: our Ctrl-C reaches it through us, once."""
    return subprocess.Popen(command, start_new_session=True, **options)


def _end(processes: list[Process]) -> None:
    """Ask all of them to end, then insist, children included; a job that is cut short is taken up again."""
    for sign in ENDINGS:
        signal.signal(sign, signal.SIG_IGN)
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + 5
    for process in processes:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0.1, deadline - time.monotonic()))
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
