import sys
from http.client import HTTPConnection, HTTPException

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from qualepref import health, processes

NAMES = {"worker": "ouvrier ordinaire", "worker-pdf": "ouvrier PDF", "beat": "horloge"}


class Command(BaseCommand):
    help = "Dit si un processus vit : le serveur des pages répond, les autres ont donné signe."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("process", choices=processes.ALL)

    def handle(self, *, process: str, **options: object) -> None:
        answer = _web() if process == "web" else health.processes()[NAMES[process]]
        self.stdout.write(f"{process} : {answer}")
        if answer != health.OK:
            sys.exit(1)


def _web() -> str:
    """What /healthz answers on this machine, asked for by a name that the server knows as its own."""
    port = int(settings.WEB_ADDRESS.rpartition(":")[2])
    asked = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        asked.request("GET", "/healthz", headers={"Host": settings.ALLOWED_HOSTS[0].lstrip(".")})
        return asked.getresponse().read().decode()
    except (OSError, HTTPException):
        return health.OUT_OF_REACH
    finally:
        asked.close()
