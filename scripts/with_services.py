"""Run a command with a real PostgreSQL and a real Redis: `with_services.py COMMAND ARG…`.

Servers that already run on this machine are used as they are; those that do not are started for the time of
the command, on free ports and in a temporary folder, and stopped after it. Run by root, PostgreSQL is started
as its own user, since it refuses root.
"""

import contextlib
import getpass
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import redis

REDIS_DATABASE = 9  # of a Redis that was already there: not the default one


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str, answers: "type[Postgres] | type[Redis]") -> None:
    for _ in range(150):
        if answers.runs(url):
            return
        time.sleep(0.2)
    sys.exit(f"{url} ne répond pas au bout de 30 secondes.")


class Postgres:
    @staticmethod
    def runs(url: str) -> bool:
        """Whether a server answers there and lets this user create databases."""
        try:
            connection = psycopg2.connect(url)
        except psycopg2.OperationalError:
            return False
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")
            return bool(cursor.fetchone()[0])

    @classmethod
    @contextlib.contextmanager
    def url(cls, folder: Path) -> Iterator[str]:
        user = getpass.getuser()
        for running in ("postgres:///postgres", f"postgres://{user}@127.0.0.1:5432/postgres"):
            if cls.runs(running):
                yield running
                return
        binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
        owner = "postgres" if user == "root" else user
        home = folder / "postgresql"
        home.mkdir()
        os.chown(home, pwd.getpwnam(owner).pw_uid, -1)
        become = ["runuser", "-u", owner, "--"] if user == "root" else []
        port = free_port()
        subprocess.run(
            [*become, binaries / "initdb", "-D", home / "data", "-A", "trust", "-E", "UTF8", "-N"],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd="/",
        )
        settings = f"-p {port} -h 127.0.0.1 -k {home} -c fsync=off -c full_page_writes=off"
        server = subprocess.Popen(
            [*become, binaries / "postgres", "-D", home / "data", *settings.split()],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
        )
        try:
            url = f"postgres://{owner}@127.0.0.1:{port}/postgres"
            wait_for(url, cls)
            yield url
        finally:
            server.terminate()
            server.wait(20)


class Redis:
    @staticmethod
    def runs(url: str) -> bool:
        try:
            return bool(redis.Redis.from_url(url, socket_timeout=2).ping())
        except redis.RedisError:
            return False

    @classmethod
    @contextlib.contextmanager
    def url(cls, folder: Path) -> Iterator[str]:
        running = f"redis://127.0.0.1:6379/{REDIS_DATABASE}"
        if cls.runs(running):
            yield running
            return
        port = free_port()
        server = subprocess.Popen(
            ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder],
            stdout=subprocess.DEVNULL,
        )
        try:
            url = f"redis://127.0.0.1:{port}/0"
            wait_for(url, cls)
            yield url
        finally:
            server.terminate()
            server.wait(20)


def main() -> int:
    folder = Path(tempfile.mkdtemp(prefix="qualepref-services-"))
    folder.chmod(0o755)  # PostgreSQL's own user passes through it
    try:
        with Postgres.url(folder) as database, Redis.url(folder) as broker:
            print(f"PostgreSQL : {database}\nRedis      : {broker}", flush=True)
            urls = {"DATABASE_URL": database, "CELERY_BROKER_URL": broker}
            return subprocess.run(sys.argv[1:], env=os.environ | urls).returncode
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
