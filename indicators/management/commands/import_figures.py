"""Take the printed results of a year from a CSV, ODS or XLSX file, with the answers to its problems; or
figures of its months, from a table that was taken away to be filled in."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from indicators import month_import, month_table
from indicators.answers import Problem
from indicators.imports import Report, UnansweredError, import_file
from indicators.month_import import ProblemsError
from sheets.child import read_apart
from sheets.reading import TableError, bytes_of, name_of
from sites.access import Action, access_of
from sites.conflicts import RefusedError
from sites.models import Agent, Prefecture

YEARS = range(2000, 2101)


class Command(BaseCommand):
    help = (
        "Importe les résultats imprimés d'une année, ou des chiffres de ses mois (CSV, ODS ou XLSX), et "
        "liste ce qui n'y va pas. Sans réponse à tous les problèmes bloquants, rien n'est importé."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        # Checked in handle and not by argparse, whose messages are in English.
        parser.add_argument("file", nargs="?", metavar="FICHIER", help="le tableau à importer")
        parser.add_argument("--prefecture", metavar="CODE", help="code du département : 13, 2A, 971")
        parser.add_argument("--year", metavar="ANNÉE", help="année des résultats : 2018")
        parser.add_argument("--answers", metavar="FICHIER", help="réponses aux problèmes bloquants (TOML)")
        parser.add_argument("--by", metavar="ADRESSE", help="agent qui importe des chiffres de mois")
        parser.add_argument("--dry-run", action="store_true", help="tout vérifier, ne rien écrire")
        parser.add_argument("--format", default="text", help="text (par défaut) ou json")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["file"]:
            raise CommandError("Indiquez le fichier à importer.")
        if options["format"] not in ("text", "json"):
            raise CommandError(f"Format inconnu : « {options['format']} ». Choisissez text ou json.")
        path = Path(options["file"])
        show = _as_json if options["format"] == "json" else _as_text
        prefecture, year = _prefecture(options["prefecture"]), _year(options["year"])
        try:
            is_monthly = month_table.is_monthly(read_apart(bytes_of(path)))
            import_it = _import_months if is_monthly else _import_year
            report = import_it(path, prefecture, year, options)
        except (UnansweredError, ProblemsError) as error:
            self.stdout.write(show(name_of(path), error.report))
            raise CommandError(str(error)) from error
        except (TableError, RefusedError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(show(name_of(path), report))


def _import_year(path: Path, prefecture: Prefecture, year: int, options: dict[str, Any]) -> Report:
    answers = Path(options["answers"]) if options["answers"] else None
    return import_file(path, prefecture=prefecture, year=year, answers=answers, dry_run=options["dry_run"])


def _import_months(path: Path, prefecture: Prefecture, year: int, options: dict[str, Any]) -> Report:
    if options["answers"]:
        raise CommandError("Un tableau de mois n'a pas de réponses : le corriger, puis recommencer.")
    agent = _agent(options["by"])
    services = access_of(agent, prefecture).services_for(Action.ENTER_FIGURES)
    examined = month_import.import_file(
        path, prefecture=prefecture, year=year, services=services, by=agent, dry_run=options["dry_run"]
    )
    return examined.report


def _agent(address: str | None) -> Agent:
    if not address:
        raise CommandError("Indiquez l'agent qui importe ces chiffres (--by prenom.nom@exemple.fr).")
    agent = Agent.objects.filter(email__iexact=address, is_active=True).first()
    if agent is None:
        raise CommandError(f"Aucun agent actif n'a l'adresse « {address} » : vérifiez-la.")
    return agent


def _prefecture(code: str | None) -> Prefecture:
    if not code:
        raise CommandError("Indiquez la préfecture par le code de son département (--prefecture 13).")
    prefecture = Prefecture.objects.filter(code__iexact=code).first()
    if prefecture is None:
        raise CommandError(f"Aucune préfecture n'a le code « {code} » : vérifiez-le, ou chargez-la d'abord.")
    return prefecture


def _year(text: str | None) -> int:
    if not text:
        raise CommandError("Indiquez l'année des résultats (--year 2018).")
    if not text.isdecimal() or int(text) not in YEARS:
        raise CommandError(f"Année illisible : « {text} ». Écrivez-la en quatre chiffres, 2018 par exemple.")
    return int(text)


def _as_json(_: str, report: Report) -> str:
    content = {
        "rows": report.rows,
        "imported": report.imported,
        "unchanged": report.unchanged,
        "problems": [asdict(problem) for problem in report.problems],
    }
    return json.dumps(content, ensure_ascii=False)


def _as_text(file_name: str, report: Report) -> str:
    blocking = [problem for problem in report.problems if problem.blocking]
    warnings = [problem for problem in report.problems if not problem.blocking]
    parts = [
        f"{file_name} : {report.rows} lignes lues. "
        f"Chiffres et notes importés : {report.imported} ; inchangés : {report.unchanged}."
    ]
    if blocking:
        unanswered = set(report.unanswered)
        answered = len(blocking) - len(report.unanswered)
        parts.append(f"\nProblèmes bloquants : {len(blocking)}, dont {answered} avec leur réponse")
        parts += [
            _line(problem) + (" [sans réponse]" if problem in unanswered else "") for problem in blocking
        ]
    if warnings:
        parts.append(f"\nAvertissements : {len(warnings)}")
        parts += map(_line, warnings)
    return "\n".join(parts)


def _line(problem: Problem) -> str:
    cell = f"ligne {problem.row}, {problem.column} : " if problem.row else ""
    owner = ", ".join(name for name in (problem.unit, problem.indicator) if name)
    return f"  {cell}{owner}\n    {problem.message} ({problem.code})"
