"""Run what the image runs, without Docker: its packages alone, its static files, its processes, in production
mode, on a real PostgreSQL and a real Redis. To be run under with_services.py (`make image`).
"""

import contextlib
import hashlib
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg2
from with_services import free_port

ROOT = Path(__file__).resolve().parent.parent
HOST = "qualite.example.org"
VISITOR = {"Host": HOST, "X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https"}

SIGN = """
from qualepref.demo import content
print(content.sign(content.load()).sha256)
"""
STATE = """
from jobs.models import Job
print(Job.objects.get(kind="publications.attach_pdf").state)
"""
SHOW = """
from qualepref.demo import content
from publications.models import Bilan
content.show(Bilan.objects.get())
"""


class Installation:
    """A folder with its environment, its static files and its database, as the image has them."""

    def __init__(self, folder: Path, database: str) -> None:
        self.folder = folder
        self.python = folder / "venv" / "bin" / "python"
        self.port = free_port()
        self.environment = {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
            "QUALEPREF_MODE": "production",
            "QUALEPREF_VAR": str(folder / "var"),
            "QUALEPREF_STATIC_ROOT": str(folder / "static"),
            "SECRET_KEY": secrets.token_urlsafe(64),
            "ALLOWED_HOSTS": HOST,
            "QUALEPREF_BASE_URL": f"https://{HOST}",
            "DATABASE_URL": database,
            # its own messages, where others use the same Redis
            "CELERY_BROKER_URL": f"{os.environ['CELERY_BROKER_URL'].rpartition('/')[0]}/8",
            "EMAIL_HOST": "127.0.0.1",
            "DEFAULT_FROM_EMAIL": "qualite@example.org",
            "TRUSTED_PROXIES": "1",
            "WEB_ADDRESS": f"127.0.0.1:{self.port}",
        }

    def manage(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [str(self.python), "manage.py", *arguments]
        return subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True)

    def managed(self, *arguments: str) -> str:
        done = self.manage(*arguments)
        check(done.returncode == 0, f"manage.py {arguments[0]} : {done.stderr[-2000:]}")
        return done.stdout.strip()

    @contextlib.contextmanager
    def started(self, process: str) -> Iterator[None]:
        with (self.folder / f"{process}.log").open("wb") as log:
            running = subprocess.Popen(
                [self.python, "manage.py", "start", process],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        try:
            yield
            check(running.poll() is None, f"{process} s'est arrêté : {self.log(process)[-2000:]}")
        finally:
            running.terminate()
            running.wait(90)

    def log(self, process: str) -> str:
        return (self.folder / f"{process}.log").read_text("utf-8")

    def get(self, path: str, **headers: str) -> "tuple[int, dict[str, str], bytes]":
        asked = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers={**VISITOR, **headers})
        try:
            with urllib.request.build_opener(NoRedirect).open(asked, timeout=30) as answer:
                return answer.status, dict(answer.headers), answer.read()
        except urllib.error.HTTPError as answer:
            return answer.code, dict(answer.headers), answer.read()

    def answers(self, path: str) -> bool:
        try:
            return self.get(path)[0] == 200
        except OSError:
            return False


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object, **__: object) -> None:
        return None


def check(is_so: object, otherwise: str) -> None:
    if not is_so:
        sys.exit(f"✗ {otherwise}")


def wait_for(is_so: Callable[[], bool], otherwise: str, seconds: int = 60) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        check(time.monotonic() < deadline, otherwise)
        time.sleep(0.5)


def say(sentence: str) -> None:
    print(f"→ {sentence}", flush=True)


def build(folder: Path) -> None:
    say("Paquets de requirements.lock, seuls, dans un environnement neuf")
    subprocess.run(["scripts/image", "packages", folder / "venv"], cwd=ROOT, check=True)
    say("Fichiers statiques, nommés par leur empreinte et comprimés")
    subprocess.run(["scripts/image", "static", folder / "venv", folder / "static"], cwd=ROOT, check=True)


def refuses_before_the_migrations(installation: Installation) -> None:
    say("Sans migrations, rien ne démarre, et c'est dit en une phrase")
    for process in ("web", "worker", "worker-pdf", "beat"):
        refused = installation.manage("start", process)
        check(refused.returncode == 1, f"{process} démarre sur une base vide.")
        sentence = refused.stderr.strip()
        expected = r"Migrations : \d+ à appliquer\. Lancer d'abord : python manage\.py migrate\."
        check(re.fullmatch(expected, sentence), f"{process} refuse autrement : {sentence}")


def serves_pages(installation: Installation) -> None:
    say("Le serveur des pages : vivant, en https seulement, fichiers gardés longtemps")
    wait_for(lambda: installation.answers("/healthz"), "/healthz ne répond pas.")
    check(installation.managed("alive", "web") == "web : ok", "alive web")
    status, headers, _ = installation.get("/connexion/", **{"X-Forwarded-Proto": "http"})
    check(
        (status, headers.get("Location")) == (301, f"https://{HOST}/connexion/"),
        "http n'est pas renvoyé en https.",
    )
    status, headers, body = installation.get("/connexion/")
    check(status == 200, f"La page de connexion répond {status}.")
    check("max-age" in headers.get("Strict-Transport-Security", ""), "HSTS manque.")
    check("__Host-csrf" in headers.get("Set-Cookie", ""), "Le cookie n'est pas celui de la production.")
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', body.decode())
    check(files, "La page n'a pas de fichiers.")
    for file in files:
        status, headers, _ = installation.get(file, **{"Accept-Encoding": "br"})
        kept = headers.get("Cache-Control", "")
        check(
            status == 200 and "immutable" in kept and "max-age=315360000" in kept,
            f"{file} : {status}, {kept}",
        )
        if file.endswith((".css", ".js")):
            check(headers.get("Content-Encoding") == "br", f"{file} n'est pas comprimé.")
    check(installation.get("/connexion/", Host="another.example.org")[0] == 400, "Un autre nom est accepté.")


def does_a_job(installation: Installation) -> None:
    say("Un ouvrier prépare le PDF d'un bilan, que le public lit")
    sha256 = installation.managed("shell", "--no-imports", "-c", SIGN)
    wait_for(
        lambda: installation.managed("shell", "--no-imports", "-c", STATE) == "done",
        "Le PDF n'est pas fait.",
        120,
    )
    installation.managed("shell", "--no-imports", "-c", SHOW)
    status, _, page = installation.get("/bouches-du-rhone/bilans/2018/")
    check(status == 200 and sha256[:12] in page.decode(), "La page du bilan ne dit pas son empreinte.")
    status, _, pdf = installation.get("/bouches-du-rhone/bilans/2018/bilan-2018.pdf")
    check(status == 200 and pdf.startswith(b"%PDF-"), "Le PDF n'est pas servi.")
    kept = next((installation.folder / "var" / "files").rglob("*.pdf")).read_bytes()
    check(
        hashlib.sha256(pdf).digest() == hashlib.sha256(kept).digest(), "Le PDF servi n'est pas celui gardé."
    )


def is_ready(installation: Installation) -> None:
    say("Prêt : la base, la messagerie, les fichiers, l'horloge et les ouvriers ont donné signe")
    wait_for(
        lambda: installation.answers("/readyz"), f"/readyz : {installation.get('/readyz')[2].decode()}", 130
    )
    for process in ("worker", "worker-pdf", "beat"):
        check(installation.managed("alive", process) == f"{process} : ok", f"alive {process}")


def writes_json(installation: Installation) -> None:
    say("Journaux : une ligne JSON par évènement, sans l'adresse du visiteur")
    lines = installation.log("web").splitlines()
    check(lines and all(json.loads(line)["at"] for line in lines), "Une ligne n'est pas en JSON.")
    check("192.0.2.7" not in installation.log("web"), "L'adresse du visiteur est dans le journal.")


@contextlib.contextmanager
def new_database() -> Iterator[str]:
    server = psycopg2.connect(os.environ["DATABASE_URL"])
    server.autocommit = True
    name = f"image_{uuid4().hex}"
    with contextlib.closing(server), server.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        try:
            yield f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{name}"
        finally:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="qualepref-image-"))
    try:
        build(folder)
        with new_database() as database, contextlib.ExitStack() as running:
            installation = Installation(folder, database)
            refuses_before_the_migrations(installation)
            installation.managed("migrate", "--no-input")
            for process in ("web", "worker", "worker-pdf", "beat"):
                running.enter_context(installation.started(process))
            serves_pages(installation)
            does_a_job(installation)
            is_ready(installation)
            writes_json(installation)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    say("L'image sert, travaille et s'arrête comme il faut.")


if __name__ == "__main__":
    main()
