"""`manage.py working_days`: what it prints and refuses. How days are counted is in test_workdays.py."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command


def run(*arguments):
    out = StringIO()
    call_command("working_days", *arguments, stdout=out)
    return out.getvalue()


def test_a_due_date_in_json():
    printed = run("--zone", "13", "--from", "2026-05-12", "--add", "5", "--format", "json")

    assert json.loads(printed) == {
        "zone": "metropole",
        "from": "2026-05-12",
        "add": 5,
        "due": "2026-05-20",
        "counted": ["2026-05-13", "2026-05-15", "2026-05-18", "2026-05-19", "2026-05-20"],
        "skipped": [
            {"day": "2026-05-14", "reason": "Ascension"},
            {"day": "2026-05-16", "reason": "samedi"},
            {"day": "2026-05-17", "reason": "dimanche"},
        ],
    }


def test_json_keeps_its_order_and_its_accents():
    printed = run("--zone", "metropole", "--from", "2026-04-05", "--add", "1", "--format", "json")

    assert printed == (
        '{"zone": "metropole", "from": "2026-04-05", "add": 1, "due": "2026-04-07", '
        '"counted": ["2026-04-07"], "skipped": [{"day": "2026-04-06", "reason": "Lundi de Pâques"}]}\n'
    )


def test_the_delay_of_a_reply_on_a_day_off_in_json():
    printed = run("--zone", "67", "--from", "2025-12-24", "--to", "2025-12-26", "--format", "json")

    assert json.loads(printed) == {
        "zone": "alsace-moselle",
        "from": "2025-12-24",
        "to": "2025-12-26",
        "delay": 1,
        "counted": ["2025-12-29"],
        "skipped": [
            {"day": "2025-12-25", "reason": "Jour de Noël"},
            {"day": "2025-12-26", "reason": "2ème jour de Noël"},
            {"day": "2025-12-27", "reason": "samedi"},
            {"day": "2025-12-28", "reason": "dimanche"},
        ],
    }


def test_the_delay_of_a_reply_on_the_saturday_of_receipt_in_json():
    printed = run("--zone", "2A", "--from", "16/05/2026", "--to", "16/05/2026", "--format", "json")

    assert json.loads(printed) == {
        "zone": "metropole",
        "from": "2026-05-16",
        "to": "2026-05-16",
        "delay": 0,
        "counted": [],
        "skipped": [],
    }


def test_no_day_to_add_is_due_on_the_day_of_receipt():
    printed = run("--zone", "la-reunion", "--from", "2026-12-20", "--add", "0", "--format", "json")

    assert json.loads(printed) == {
        "zone": "la-reunion",
        "from": "2026-12-20",
        "add": 0,
        "due": "2026-12-20",
        "counted": [],
        "skipped": [],
    }


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["--zone", "13", "--from", "12/05/2026", "--add", "5"],
            "Reçu le mardi 12 mai 2026, échéance le mercredi 20 mai 2026 : 5 jours ouvrés (Métropole). "
            "Ne comptent pas : 14/05/2026 (Ascension), 16/05/2026 (samedi), 17/05/2026 (dimanche).\n",
        ),
        (
            ["--zone", "974", "--from", "2026-05-12", "--to", "2026-05-13", "--format", "text"],
            "Reçu le mardi 12 mai 2026, répondu le mercredi 13 mai 2026 : 1 jour ouvré (La Réunion).\n",
        ),
        (
            ["--zone", "974", "--from", "2026-05-12", "--to", "2026-05-12"],
            "Reçu le mardi 12 mai 2026, répondu le mardi 12 mai 2026 : 0 jour ouvré (La Réunion).\n",
        ),
    ],
    ids=["due date", "delay", "same day"],
)
def test_a_person_reads_a_sentence(arguments, sentence):
    assert run(*arguments) == sentence


def test_it_can_be_called_from_code_with_the_names_of_its_options():
    out = StringIO()

    call_command("working_days", zone="13", add=5, format="json", stdout=out, **{"from": "2026-05-12"})

    assert json.loads(out.getvalue())["due"] == "2026-05-20"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["--from", "2026-05-12", "--add", "5"],
            "Indiquez la zone (--zone) et le jour de réception (--from).",
        ),
        (["--zone", "13", "--add", "5"], "Indiquez la zone (--zone) et le jour de réception (--from)."),
        (
            ["--zone", "13", "--from", "2026-05-12"],
            "Indiquez soit un nombre de jours ouvrés (--add), soit le jour de la réponse (--to).",
        ),
        (
            ["--zone", "13", "--from", "2026-05-12", "--add", "5", "--to", "2026-05-20"],
            "Indiquez soit un nombre de jours ouvrés (--add), soit le jour de la réponse (--to).",
        ),
        (
            ["--zone", "13", "--from", "2026-02-30", "--add", "5"],
            "Date illisible : « 2026-02-30 ». Écrivez-la 2026-05-12 ou 12/05/2026.",
        ),
        (
            ["--zone", "13", "--from", "2026-05-12", "--to", "demain"],
            "Date illisible : « demain ». Écrivez-la 2026-05-12 ou 12/05/2026.",
        ),
        (
            ["--zone", "13", "--from", "2026-05-12", "--add", "2,5"],
            "Nombre de jours illisible : « 2,5 ». Écrivez un entier, par exemple 10.",
        ),
        (
            ["--zone", "13", "--from", "2026-05-12", "--add", "1_0"],
            "Nombre de jours illisible : « 1_0 ». Écrivez un entier, par exemple 10.",
        ),
        (
            ["--zone", "13", "--from", "0001-01-01", "--add", "1"],
            "Le 01/01/0001 est hors du calendrier des jours ouvrés, qui va de 2000 à 2050.",
        ),
        (
            ["--zone", "13", "--from", "2026-05-12", "--add", "-1"],
            "Un délai en jours ouvrés ne peut pas être négatif : -1.",
        ),
        (
            ["--zone", "13", "--from", "2026-05-12", "--to", "2026-05-11"],
            "La réponse du 11/05/2026 est antérieure à la réception du 12/05/2026.",
        ),
        (
            ["--zone", "13", "--from", "1999-12-31", "--add", "5"],
            "Le 31/12/1999 est hors du calendrier des jours ouvrés, qui va de 2000 à 2050.",
        ),
        (
            ["--zone", "13", "--from", "2026-05-12", "--add", "99999"],
            "Le compte dépasse la fin du calendrier des jours ouvrés, le 31/12/2050.",
        ),
        (
            ["--zone", "13", "--from", "2026-05-12", "--add", "5", "--format", "xml"],
            "Format inconnu : « xml ». Choisissez text ou json.",
        ),
    ],
)
def test_what_cannot_be_answered_is_refused_with_a_sentence(arguments, sentence):
    with pytest.raises(CommandError) as refusal:
        run(*arguments)

    assert str(refusal.value) == sentence


def test_an_unknown_zone_is_refused_with_what_is_accepted():
    with pytest.raises(CommandError, match=r"^Zone inconnue : « 99 »\. Indiquez le code d’un département"):
        run("--zone", "99", "--from", "2026-05-12", "--add", "5")
