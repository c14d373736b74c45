"""`import_figures`, as a person types it: a report to read or to parse, and a sentence where it cannot."""

import io
import json
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from indicators.models import FigureImport, Measurement, MonthlyReturn
from referentiel.models import Indicator
from sites.models import Service
from tests.factories import MonthFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shipped")]

DEMO = Path(settings.BASE_DIR) / "qualepref" / "demo"
TABLE = str(DEMO / "annual_results_2018.csv")
ANSWERS = str(DEMO / "answers-2018.toml")
FOR_2018 = ("--prefecture", "13", "--year", "2018")


def run(*arguments: str) -> str:
    output = io.StringIO()
    call_command("import_figures", *arguments, stdout=output)
    return output.getvalue()


def failing(*arguments: str) -> tuple[str, str]:
    """What a failing command printed, and the sentence that it ended with."""
    output = io.StringIO()
    with pytest.raises(CommandError) as failure:
        call_command("import_figures", *arguments, stdout=output)
    assert failure.value.returncode == 1
    return output.getvalue(), str(failure.value)


def test_json_has_exactly_what_was_promised():
    report = json.loads(run(TABLE, *FOR_2018, "--answers", ANSWERS, "--format", "json"))

    assert list(report) == ["rows", "imported", "unchanged", "problems"]
    assert (report["rows"], report["imported"], report["unchanged"]) == (64, 60, 0)
    assert {tuple(problem) for problem in report["problems"]} == {
        ("row", "column", "unit", "indicator", "code", "blocking", "message")
    }
    assert report["problems"][0] == {
        "row": 2,
        "column": "printed_mood",
        "unit": "Préfecture",
        "indicator": "Taux de réponse aux courriers dans les 15 jours ouvrés",
        "code": "verdict_missing",
        "blocking": False,
        "message": "Aucun visage n'est imprimé (100% pour 95%) : les chiffres disent « objectif atteint ».",
    }
    assert report["problems"][-1]["row"] is None
    assert report["problems"][-1]["column"] is None


def test_french_letters_are_not_escaped():
    assert "Sous-préfecture d'Istres" in run(TABLE, *FOR_2018, "--answers", ANSWERS, "--format", "json")


def test_the_same_file_twice_is_unchanged():
    run(TABLE, *FOR_2018, "--answers", ANSWERS)

    again = run(TABLE, *FOR_2018, "--answers", ANSWERS)

    assert again.startswith(
        "annual_results_2018.csv : 64 lignes lues. Chiffres et notes importés : 0 ; inchangés : 60.\n"
    )


@pytest.mark.parametrize("style", ["text", "json"])
def test_unanswered_problems_are_shown_and_the_command_fails(style):
    shown, sentence = failing(TABLE, *FOR_2018, "--format", style)

    assert "« <16j » est trop loin de l'objectif" in shown
    assert sentence.startswith("6 problèmes sans réponse : rien n'a été importé.")
    assert not FigureImport.objects.exists()


def test_a_trial_of_unanswered_problems_does_not_fail():
    report = json.loads(run(TABLE, *FOR_2018, "--dry-run", "--format", "json"))

    assert (report["imported"], sum(problem["blocking"] for problem in report["problems"])) == (0, 6)


def test_a_trial_says_what_would_be_imported_and_writes_nothing():
    report = json.loads(run(TABLE, *FOR_2018, "--answers", ANSWERS, "--dry-run", "--format", "json"))

    assert report["imported"] == 60
    assert not Measurement.objects.exists()


def test_the_text_groups_blocking_problems_and_warnings(tmp_path):
    path = tmp_path / "essai.csv"
    path.write_text(
        "unit;engagement;indicator;printed_result_2018;printed_remark\n"
        "Arles;E10;Taux d'appels perdus;3 j;\n"
        "Istres;E10;Taux d'appels perdus;;\n"
    )
    answers = tmp_path / "reponses.toml"
    answers.write_text(
        '[[answer]]\nrow = 2\ncolumn = "printed_result_2018"\nleft_out = true\nreason = "illisible"\n'
    )

    unanswered = """\
essai.csv : 2 lignes lues. Chiffres et notes importés : 0 ; inchangés : 0.

Problèmes bloquants : 1, dont 0 avec leur réponse
  ligne 2, printed_result_2018 : Arles, Taux d'appels perdus
    « 3 j » ne peut pas être un pourcentage. Donner la bonne valeur, ou la laisser de côté. \
(value_does_not_fit_indicator) [sans réponse]

Avertissements : 1
  ligne 3, printed_result_2018 : Istres, Taux d'appels perdus
    Pas de résultat et pas de motif : dire pourquoi. (no_result_without_reason)
"""
    assert run(str(path), *FOR_2018, "--dry-run") == unanswered
    assert run(str(path), *FOR_2018, "--answers", str(answers)) == unanswered.replace(
        "dont 0", "dont 1"
    ).replace(" [sans réponse]", "")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "Indiquez le fichier à importer."),
        ((TABLE,), "Indiquez la préfecture"),
        ((TABLE, "--prefecture", "13"), "Indiquez l'année"),
        ((TABLE, "--prefecture", "99", "--year", "2018"), "Aucune préfecture n'a le code « 99 »"),
        ((TABLE, "--prefecture", "13", "--year", "l'an dernier"), "Année illisible : « l'an dernier »"),
        ((TABLE, "--prefecture", "13", "--year", "99999"), "Année illisible : « 99999 »"),
        ((TABLE, "--prefecture", "13", "--year", "2019"), "Le fichier a la colonne « Résultat 2018 »"),
        ((TABLE, *FOR_2018, "--format", "xml"), "Format inconnu : « xml »"),
        (("absent.csv", *FOR_2018), "« absent.csv » n'est pas un fichier"),
        ((str(DEMO), *FOR_2018), "« demo » n'est pas un fichier"),
        ((ANSWERS, *FOR_2018), "n'est sous aucun titre de colonne"),
        ((TABLE, *FOR_2018, "--answers", "absent.toml"), "absent.toml : fichier introuvable ou illisible."),
        (
            (TABLE, *FOR_2018, "--answers", TABLE),
            "annual_results_2018.csv, ligne 1 : ce n'est pas du TOML valide.",
        ),
    ],
)
def test_what_cannot_be_done_ends_in_a_sentence(arguments, sentence):
    shown, said = failing(*arguments)

    assert shown == ""
    assert sentence in said


def test_a_yearly_table_changes_no_month_closed_or_not():
    service = Service.objects.filter(perimeters__isnull=False).first()
    indicator = Indicator.objects.filter(unit="percent").first()
    month = MonthFactory(service=service, indicator=indicator)
    MonthlyReturn.objects.create(
        prefecture=month.prefecture,
        service=service,
        month=month.period_start,
        state="closed",
        due_on="2018-02-05",
    )

    run(TABLE, *FOR_2018, "--answers", ANSWERS)

    (kept,) = Measurement.objects.filter(period="month")
    assert (kept, kept.numerator, kept.denominator, kept.history.count()) == (month, 92, 100, 1)
    assert MonthlyReturn.objects.get().state == "closed"
