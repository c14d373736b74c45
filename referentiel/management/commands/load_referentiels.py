"""Load what was promised: everything that ships with the application, or the given versions."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from referentiel.loading import LoadingError, load_shipped, shipped_files


class Command(BaseCommand):
    help = "Charge les référentiels livrés, ou les fichiers donnés. Peut être relancée sans risque."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="*", type=Path, metavar="FICHIER")
        parser.add_argument(
            "--dry-run", action="store_true", help="dit ce qui changerait, ligne par ligne, sans rien écrire"
        )

    def handle(self, *args: Any, files: list[Path], dry_run: bool, **options: Any) -> None:
        if dry_run:
            self.stdout.write("Essai : rien n'est écrit.")
        for path in files or shipped_files():
            try:
                report = load_shipped(path, dry=dry_run)
            except LoadingError as error:
                raise CommandError(str(error)) from error
            self.stdout.write(report.details if dry_run else report.summary)
