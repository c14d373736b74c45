"""Close the months whose day has come: what the clock does each hour, for the day when it did not; or one
month, whose day has come or not."""

import datetime
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from indicators import completeness, periods, returns
from indicators.arguments import month as month_of
from sites import arguments
from sites.conflicts import RefusedError
from sites.models import Prefecture


class Command(BaseCommand):
    help = "Clôt les mois dont le jour est venu, ou un mois donné ; deux fois ne font rien de plus."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--prefecture", metavar="CODE", required=True)
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--month", metavar="MOIS", help="ce mois, transmis ou non : 2026-05")
        which.add_argument("--on", metavar="JOUR", help="comme ce jour-là ; aujourd'hui par défaut")

    def handle(self, **options: Any) -> None:
        prefecture = arguments.prefecture(options["prefecture"])
        if returns.calendar(prefecture) is None:
            raise CommandError(f"{prefecture} : les chiffres n'y sont pas suivis mois par mois.")
        if options["month"]:
            month = month_of(options["month"])
            closed, what = _close(prefecture, month), periods.in_words(month)
        else:
            on = arguments.day(options["on"]) if options["on"] else prefecture.today()
            closed, what = returns.close_what_is_due(prefecture, on), f"au {on:%d/%m/%Y}"
        self.stdout.write(f"{prefecture}, {what} : {closed} mois de service clos.")


def _close(prefecture: Prefecture, month: datetime.date) -> int:
    board = completeness.of(prefecture, month, month, prefecture.today())
    owing = [cell.service for cell in board.cells if cell.is_expected]
    try:
        return returns.close(prefecture, month, owing, by=None)
    except RefusedError as error:
        raise CommandError(str(error)) from error
