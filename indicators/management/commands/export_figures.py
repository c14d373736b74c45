"""Write the monthly figures of a préfecture in a file: the rows that are entered, with their states."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from indicators import month_table
from indicators.periods import Period
from sheets.writing import KINDS, write
from sites.conflicts import RefusedError
from sites.models import Prefecture, Service


class Command(BaseCommand):
    help = (
        "Écrit les chiffres mensuels d'une préfecture, avec leur état, leur origine et leurs réserves. Le "
        "fichier est écrit sur la sortie, ou à l'endroit indiqué par --output."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        # Checked in handle and not by argparse, whose messages are in English.
        parser.add_argument("--prefecture", metavar="CODE", help="code du département : 13, 2A, 971")
        parser.add_argument("--period", metavar="PÉRIODE", help="2020, 2020-03, 2020-T1, 2020-S2")
        parser.add_argument("--format", default="csv", help="csv (par défaut), ods ou xlsx")
        parser.add_argument("--output", metavar="FICHIER", help="où écrire le fichier")

    def handle(self, *args: Any, **options: Any) -> None:
        kind = options["format"]
        if kind not in KINDS:
            raise CommandError(f"Format inconnu : « {kind} ». Choisissez csv, ods ou xlsx.")
        prefecture = Prefecture.objects.filter(code__iexact=options["prefecture"] or "").first()
        if prefecture is None:
            raise CommandError("Indiquez la préfecture par le code de son département (--prefecture 13).")
        try:
            period = Period.parse(options["period"] or "")
        except ValueError as error:
            raise CommandError("Indiquez la période (--period 2020, 2020-03, 2020-T1 ou 2020-S2).") from error
        services = Service.objects.filter(unit__prefecture=prefecture).select_related("unit")
        try:
            content = write(month_table.sheet(prefecture, period, services, is_whole=True), kind)
        except RefusedError as error:
            raise CommandError(str(error)) from error
        if not options["output"]:
            sys.stdout.buffer.write(content)
            return
        path = Path(options["output"])
        try:
            path.write_bytes(content)
        except OSError as error:
            raise CommandError(f"« {path} » ne peut pas être écrit : vérifiez son dossier.") from error
        self.stdout.write(f"Chiffres de {prefecture}, {period.label} : {path.name}.")
