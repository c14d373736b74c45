"""Reckon the due dates of open cases anew: what a job does after a change, and the clock each night."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from complaints import recomputing
from sheets.words import french_day
from sites import arguments


class Command(BaseCommand):
    help = "Recalcule les échéances des affaires à traiter ; deux fois ne font rien de plus."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--prefecture", metavar="CODE", required=True)

    def handle(self, **options: Any) -> None:
        prefecture = arguments.prefecture(options["prefecture"])
        moved = recomputing.reckon(prefecture, prefecture.today())
        for one in moved:
            due = french_day(one.case.due_on) if one.case.due_on else "sans échéance"
            self.stdout.write(f"{one.case} : {due}")
        self.stdout.write(f"{prefecture} : {len(moved)} échéances recalculées.")
