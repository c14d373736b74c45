import os
import sys

from django.conf import settings
from django.core import checks
from django.core.management.base import BaseCommand, CommandParser

from publications import pdf
from qualepref import health, processes


class Command(BaseCommand):
    help = "Vérifie ce dont un processus de production a besoin, puis le lance."
    requires_system_checks: list[str] = []  # they are run below, and told in one sentence each

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("process", choices=processes.ALL, help="le processus à lancer")

    def handle(self, *, process: str, **options: object) -> None:
        if refusals := _refusals(process):
            self.stderr.write("\n".join(refusals))
            sys.exit(1)
        command = processes.ALL[process]
        os.execv(command[0], command)  # noqa: S606 - it takes our place: signals reach it directly


def _refusals(process: str) -> list[str]:
    """What forbids to start, each with what to do."""
    issues = checks.run_checks(include_deployment_checks=settings.IN_PRODUCTION)
    found = [str(issue.msg) for issue in issues]
    if health.database() != health.OK:
        return [*found, "La base de données ne répond pas : vérifier DATABASE_URL et le serveur PostgreSQL."]
    if (migrations := health.migrations()) != health.OK:
        found.append(f"Migrations : {migrations}. Lancer d'abord : python manage.py migrate.")
    if (files := health.files()) != health.OK:
        found.append(
            f"Fichiers, {settings.FILES_DIR} : {files}. Voir QUALEPREF_VAR et les droits du dossier."
        )
    if (hour := health.hour()) != health.OK:
        found.append(f"Heure : {hour}. Régler les deux machines sur le même serveur de temps (NTP).")
    if process == "web" and settings.STATIC_ROOT and not (settings.STATIC_ROOT / "staticfiles.json").exists():
        found.append("Les fichiers statiques manquent. Lancer d'abord : python manage.py collectstatic.")
    if process == "worker-pdf" and (missing := pdf.missing_libraries()):
        found.append(missing)
    return found
