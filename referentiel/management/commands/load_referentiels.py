"""Load what was promised: every version that ships with the application, or the given files."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from referentiel.loading import LoadingError, load, version_files


class Command(BaseCommand):
    help = "Charge les référentiels livrés, ou les fichiers donnés. Peut être relancée sans risque."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="*", type=Path, metavar="FICHIER")

    def handle(self, *args: Any, files: list[Path], **options: Any) -> None:
        for path in files or version_files():
            try:
                report = load(path)
            except LoadingError as error:
                raise CommandError(str(error)) from error
            self.stdout.write(report.summary)
