"""Fill in the figures that the register counts: what the clock does each night, for the night when it did
not; or of one month."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from indicators import from_register
from indicators.arguments import month as month_of
from indicators.periods import in_words
from sites import arguments
from sites.conflicts import RefusedError


class Command(BaseCommand):
    help = "Calcule les chiffres mensuels depuis le registre ; deux fois ne font rien de plus."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--prefecture", metavar="CODE", required=True)
        parser.add_argument("--month", metavar="MOIS", help="ce mois seul : 2020-05 ; tous par défaut")
        parser.add_argument(
            "--on", metavar="JOUR", help="comme ce jour-là (2020-06-03) ; aujourd'hui par défaut"
        )

    def handle(self, **options: Any) -> None:
        prefecture = arguments.prefecture(options["prefecture"])
        if from_register.since(prefecture) is None:
            raise CommandError(f"{prefecture} : ses chiffres ne sont pas suivis dans le registre.")
        month = month_of(options["month"]) if options["month"] else None
        on = arguments.day(options["on"]) if options["on"] else prefecture.today()
        try:
            changed = from_register.collect(prefecture, on, month=month)
        except RefusedError as error:
            raise CommandError(str(error)) from error
        when = in_words(month) if month else "tous les mois"
        self.stdout.write(f"{prefecture}, {when} : {changed} chiffres calculés depuis le registre.")
