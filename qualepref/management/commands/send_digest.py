"""Send the reminders of a day: what the clock does each working morning, for the day when it did not."""

import datetime
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from qualepref import digest
from sites import arguments, closures
from sites.models import Prefecture
from sites.workdays import WorkdaysError


class Command(BaseCommand):
    help = "Envoie les rappels d'un jour ouvré ; ceux qui sont déjà partis ne repartent pas."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--on", metavar="JOUR", help="aujourd'hui par défaut : 2026-05-12 ou 12/05/2026")
        parser.add_argument("--prefecture", metavar="CODE", help="toutes par défaut")
        parser.add_argument(
            "--dry-run", action="store_true", help="dire qui recevrait quoi, sans rien envoyer"
        )

    def handle(self, **options: Any) -> None:
        on = arguments.day(options["on"]) if options["on"] else None
        code = options["prefecture"]
        for prefecture in [arguments.prefecture(code)] if code else Prefecture.objects.all():
            self._send(prefecture, on or prefecture.today(), is_dry=options["dry_run"])

    def _send(self, prefecture: Prefecture, on: datetime.date, *, is_dry: bool) -> None:
        title = f"{prefecture}, {on:%d/%m/%Y} :"
        try:
            is_working = closures.calendar(prefecture).is_working(on)
        except WorkdaysError as error:
            raise CommandError(str(error)) from error
        if not is_working:
            self.stdout.write(f"{title} jour non ouvré, aucun rappel.")
            return
        digests = digest.compose(prefecture, on) if is_dry else digest.send(prefecture, on)
        count = f"{len(digests)} courriel{'s' if len(digests) > 1 else ''}"
        self.stdout.write(f"{title} {count}{', rien n’est envoyé' if is_dry else ''}.")
        for agent, lines in digests.items():
            self.stdout.write(f"  {agent.email}")
            for line in lines:
                place = f" (à la place de {line.absent})" if line.absent else ""
                self.stdout.write(f"    {line.due.subject} : {line.when}{place}")
