"""Count working days from the command line: a due date (--add), or the delay of a reply (--to)."""

import json
import re
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.formats import date_format

from sites import arguments
from sites.workdays import ZONE_LABELS, WorkdaysError, calendar_for

DAY = "l j F Y"


class Command(BaseCommand):
    help = (
        "Calcule une échéance (--add) ou un délai (--to) en jours ouvrés, sans les fermetures locales. "
        "Le jour de réception est le jour zéro."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        # Checked in handle and not by argparse, whose messages are in English.
        parser.add_argument("--zone", help="code du département (13, 2A, 971) ou zone (alsace-moselle)")
        parser.add_argument("--from", metavar="JOUR", help="jour de réception : 2026-05-12 ou 12/05/2026")
        parser.add_argument("--add", metavar="N", help="nombre de jours ouvrés à ajouter")
        parser.add_argument("--to", metavar="JOUR", help="jour de la réponse, au lieu de --add")
        parser.add_argument("--format", default="text", help="text (une phrase, par défaut) ou json")

    def handle(self, *args: Any, **options: Any) -> None:
        zone, start, add, end = (options[name] for name in ("zone", "from", "add", "to"))
        if zone is None or start is None:
            raise CommandError("Indiquez la zone (--zone) et le jour de réception (--from).")
        if (add is None) == (end is None):
            raise CommandError(
                "Indiquez soit un nombre de jours ouvrés (--add), soit le jour de la réponse (--to)."
            )
        if options["format"] not in ("text", "json"):
            raise CommandError(f"Format inconnu : « {options['format']} ». Choisissez text ou json.")

        received = arguments.day(start)
        try:
            calendar = calendar_for(zone)
            if add is not None:
                days = _number(add)
                until = calendar.due(received, days)
                answer = {"add": days, "due": until.isoformat()}
            else:
                until = arguments.day(end)
                days = calendar.delay(received, until)
                answer = {"to": until.isoformat(), "delay": days}
            explanation = calendar.explain(received, until)
        except WorkdaysError as error:
            raise CommandError(str(error)) from error

        if options["format"] == "json":
            content = {
                "zone": calendar.zone,
                "from": received.isoformat(),
                **answer,
                "counted": [day.isoformat() for day in explanation.counted],
                "skipped": [
                    {"day": day.isoformat(), "reason": reason} for day, reason in explanation.skipped
                ],
            }
            self.stdout.write(json.dumps(content, ensure_ascii=False))
        else:
            verb = "échéance" if end is None else "répondu"
            plural = "s" if days > 1 else ""
            sentence = (
                f"Reçu le {date_format(received, DAY)}, {verb} le {date_format(until, DAY)} : "
                f"{days} jour{plural} ouvré{plural} ({ZONE_LABELS[calendar.zone]})."
            )
            if explanation.skipped:
                days_off = ", ".join(f"{day:%d/%m/%Y} ({reason})" for day, reason in explanation.skipped)
                sentence += f" Ne comptent pas : {days_off}."
            self.stdout.write(sentence)


def _number(text: str | int) -> int:
    # Not int() alone, which takes « 1_0 » for ten. Code passes a number.
    if not re.fullmatch("[+-]?[0-9]{1,99}", str(text).strip()):
        raise CommandError(f"Nombre de jours illisible : « {text} ». Écrivez un entier, par exemple 10.")
    return int(text)
