"""Response rates and delays of a préfecture's register, service by service, at the command line."""

import json
from argparse import ArgumentParser
from fractions import Fraction
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from complaints.compliance import APART, Figures, Kept
from complaints.models import Case
from indicators import responses
from indicators.periods import Period
from referentiel.measures import Rate, rounded
from sites import arguments
from sites.models import Service, Unit

ALWAYS = ["unit", "service", "kind", "channel"]
COLUMNS = [
    "Mois",
    "Unité",
    "Service",
    "Nature",
    "Reçues",
    "Hors suivi",
    "Répondues",
    "À temps",
    "En retard",
    "En cours",
]
COLUMNS += ["En suspens", "À ce jour", "Soldé", "Délai moyen", "Médian"]
MORE = {"month": "month", "requester": "requester_kind"}


class Command(BaseCommand):
    help = (
        "Dit les taux de réponse et les délais du registre d'une année, par service, nature et canal. Un "
        "taux porte ses deux nombres (12/13) ; « so_far » compte ce qui est répondu ou échu, « settled » les "
        "mois où plus rien ne peut changer. Les mois au suivi suspendu sont hors des taux."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--prefecture", metavar="CODE", required=True)
        parser.add_argument("--year", metavar="ANNÉE", required=True, help="année de réception : 2019")
        parser.add_argument("--by", action="append", choices=[*MORE], default=[], help="détailler aussi par")
        parser.add_argument("--on", metavar="JOUR", help="comme ce jour-là ; aujourd'hui par défaut")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, **options: Any) -> None:
        prefecture = arguments.prefecture(options["prefecture"])
        on = arguments.day(options["on"]) if options["on"] else prefecture.today()
        more = dict.fromkeys(MORE[name] for name in options["by"])
        by = [*ALWAYS, *more]
        found = responses.of(prefecture, Case.objects.all(), _year(options["year"]), by, on)
        units = {unit.pk: unit for unit in Unit.objects.filter(prefecture=prefecture)}
        services = Service.objects.filter(unit__prefecture=prefecture).in_bulk()

        def said(key: tuple[Any, ...], figures: Figures) -> dict[str, Any]:
            unit, service, kind, channel, *rest = key
            where = {
                "unit": units[unit].short_name,
                "service": services[service].short_name if service else None,
                "kind": kind,
                "channel": channel,
            }
            for name, value in zip(more, rest, strict=True):
                is_month = name == "month"
                where["month" if is_month else "requester"] = f"{value:%Y-%m}" if is_month else value
            return where | _said(figures)

        order = {unit: unit_row.position for unit, unit_row in units.items()}
        rows = [
            said(key, figures)
            for key, figures in sorted(
                found.items(), key=lambda one: (order[one[0][0]], one[0][1] or 0, *map(str, one[0][2:]))
            )
        ]
        if options["format"] == "json":
            self.stdout.write(json.dumps(rows, ensure_ascii=False))
            return
        if not rows:
            self.stdout.write(f"{prefecture} : rien n'est enregistré pour {options['year']}.")
            return
        table = [COLUMNS, *map(_cells, rows)]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        for line in table:
            cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
            self.stdout.write("  ".join(cells).rstrip())


def _said(figures: Figures) -> dict[str, Any]:
    said: dict[str, Any] = {"received": figures.received, "suspended": figures.suspended}
    said |= _kept(figures.reply, figures.settled)
    said |= {
        "median_delay": None if figures.median is None else str(figures.median),
        "held": figures.held,
        "rate_first_reply": _exact(figures.first_rate),
    }
    said |= {reason: figures.apart[reason] for reason in APART}
    if figures.dated.counted:
        said["dated"] = _kept(figures.dated, figures.settled_dated)
    return said


def _kept(promise: Kept, settled: Kept) -> dict[str, Any]:
    mean = promise.mean
    return {
        "counted": promise.counted,
        "answered": promise.answered,
        "on_time": promise.on_time,
        "late": promise.late,
        "open": promise.open,
        "paused": promise.paused,
        "rate_so_far": _exact(promise.rate),
        "base_so_far": promise.rate.denominator,
        "percent_so_far": _decimal(promise.rate.value),
        "rate_settled": _exact(settled.rate),
        "base_settled": settled.rate.denominator,
        "percent_settled": _decimal(settled.rate.value),
        "mean_delay": f"{mean.total}/{mean.count}" if mean.count else None,
        "mean_delay_decimal": _decimal(mean.value),
    }


def _exact(rate: Rate) -> str | None:
    return f"{rate.numerator}/{rate.denominator}" if rate.denominator else None


def _decimal(value: Fraction | None) -> str | None:
    return None if value is None else str(rounded(value))


def _cells(row: dict[str, Any]) -> list[str]:
    where = [row.get("month", ""), row["unit"], row["service"] or "sans service"]
    what = [Case.Kind(row["kind"]).label, Case.Channel(row["channel"]).label]
    if "requester" in row:
        what.append(Case.RequesterKind(row["requester"]).label)
    numbers = [
        row[name] for name in ("received", "suspended", "answered", "on_time", "late", "open", "paused")
    ]
    rates = [
        f"{row[f'percent_{name}']} % ({row[f'rate_{name}']})" if row[f"base_{name}"] else "-"
        for name in ("so_far", "settled")
    ]
    delays = [row["mean_delay_decimal"] or "-", row["median_delay"] or "-"]
    return [*where, ", ".join(what), *map(str, numbers), *rates, *delays]


def _year(text: str) -> Period:
    if not text.isdecimal() or not 2000 <= int(text) <= 2100:
        raise CommandError(f"Année illisible : « {text} ». Écrivez-la en quatre chiffres, 2019 par exemple.")
    return Period.year(int(text))
