"""Set up a préfecture from one file: its organisation, what it follows, its own delays."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from referentiel.loading import LoadingError, load_prefecture


class Command(BaseCommand):
    help = "Crée une préfecture d'après un fichier. Les référentiels qu'il cite sont chargés avant."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FICHIER")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            report = load_prefecture(file)
        except LoadingError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(report.summary)
