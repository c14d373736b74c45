"""By when something must be answered in a préfecture, and why; was it? The clock of the register, at the
command line."""

import datetime
import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from complaints.clock import Allowed, Clock, Pause
from referentiel.delays import Asked, Rulebook
from referentiel.models import DelayRule
from sheets.words import french_day
from sites import arguments, closures
from sites.workdays import WorkdaysError

Milestone = DelayRule.Milestone


class Command(BaseCommand):
    help = "Dit l'échéance d'une demande, les jours comptés, et si une réponse est dans les délais."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--prefecture", metavar="CODE", required=True)
        parser.add_argument("--kind", required=True, choices=DelayRule.Kind.values)
        parser.add_argument("--channel", required=True, choices=DelayRule.Channel.values)
        parser.add_argument("--received", metavar="JOUR", required=True, help="2026-05-12 ou 12/05/2026")
        parser.add_argument("--requester", choices=DelayRule.Requester.values, default="citizen")
        parser.add_argument("--answered", metavar="JOUR")
        parser.add_argument("--dated", metavar="JOUR", help="jour du rendez-vous donné à une collectivité")
        parser.add_argument(
            "--pause",
            metavar="DU:AU",
            action="append",
            default=[],
            help="jours suspendus, compris ; sans AU, le délai l'est encore ; peut être répété",
        )
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, **options: Any) -> None:
        prefecture = arguments.prefecture(options["prefecture"])
        received = arguments.day(options["received"])
        pauses = tuple(_pause(text) for text in options["pause"])
        asked = Asked(options["kind"], options["channel"], options["requester"])
        rules = Rulebook.of(prefecture)
        try:
            clock = Clock(received, closures.calendar(prefecture), pauses)
            said = _said(clock, rules.in_force(asked, received), _optional(options["answered"]))
            if asked.has_two_promises:
                rule = rules.in_force(asked._replace(milestone=Milestone.DATED), received)
                said["dated"] = _said(clock, rule, _optional(options["dated"]))
        except WorkdaysError as error:
            raise CommandError(str(error)) from error
        except OverflowError as error:  # a day beyond 31/12/9999
            raise CommandError("Le compte dépasse la fin du calendrier.") from error
        if options["format"] == "json":
            self.stdout.write(json.dumps(said, ensure_ascii=False))
            return
        self.stdout.write(_sentence(received, said))
        if "dated" in said:
            self.stdout.write(f"Date du rendez-vous. {_sentence(received, said['dated'])}")


def _said(clock: Clock, rule: DelayRule | None, kept_on: datetime.date | None) -> dict[str, Any]:
    """What is printed of a promise; the days are those that lead to its due date."""
    if rule is None or rule.days is None:
        nothing = dict.fromkeys(["rule", "allowed", "due", "delay", "is_within"])
        return nothing | {"counted": [], "skipped": [], "sentence": "aucune règle"}
    clock = clock.ended_by(kept_on) if kept_on else clock
    due, delay, is_within = clock.judge(Allowed(rule.days, rule.day_kind), kept_on)
    counted, skipped = clock.explain(due, rule.day_kind) if due else ((), ())
    return {
        "rule": str(rule),
        "allowed": rule.days,
        "due": due.isoformat() if due else None,
        "delay": delay,
        "is_within": is_within,
        "counted": [day.isoformat() for day in counted],
        "skipped": [{"day": day.isoformat(), "reason": reason} for day, reason in skipped],
    }


def _sentence(received: datetime.date, said: dict[str, Any]) -> str:
    if said["rule"] is None:
        return "Aucune règle : rien n'est dû à une date."
    start = f"Reçu le {french_day(received)}, à tenir en {said['rule']}"
    if said["due"] is None:
        return f"{start} : le délai est suspendu, sans échéance."
    days_off = "".join(f"\n  {_french(off['day'])} : {off['reason']}" for off in said["skipped"])
    sentence = f"{start} : échéance le {_french(said['due'])}."
    if said["delay"] is not None:
        verdict = "dans les délais" if said["is_within"] else "hors délai"
        sentence += f" Délai de {said['delay']} : {verdict}."
    return f"{sentence} Ne comptent pas :{days_off}" if days_off else sentence


def _optional(text: str | None) -> datetime.date | None:
    return arguments.day(text) if text else None


def _pause(text: str) -> Pause:
    first, _, last = text.partition(":")
    return Pause(arguments.day(first), _optional(last))


def _french(iso: str) -> str:
    return french_day(datetime.date.fromisoformat(iso))
