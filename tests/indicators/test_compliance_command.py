"""`compliance`: the rates of a register as they are printed."""

import json
from dataclasses import replace
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from complaints import register
from complaints.register import Description, Identity
from tests.factories import AdoptionFactory, DelayRuleFactory, SuspensionFactory

TODAY = date(2020, 12, 31)


@pytest.fixture
def answered(prefecture, accueil, basile):
    """Registers a letter to the bureau de l’accueil, to be answered in five days, and its reply."""
    referentiel = AdoptionFactory(prefecture=prefecture).referentiel
    DelayRuleFactory(referentiel=referentiel, kind="enquiry", days=5)
    letter = Description(
        kind="enquiry",
        channel="letter",
        received_on=TODAY,
        subject="Horaires",
        unit=accueil.unit,
        service=accueil,
        requester=Identity(name="Dominique Petit", address="1 rue des Essais, 13000 Essaiville"),
    )

    def _answered(received, answered_on=None, **columns):
        said = replace(letter, received_on=received, **columns)
        case = register.receive(prefecture, said, by=basile, on=TODAY)
        if answered_on:
            register.answer(case, answered_on=answered_on, seen=case.version, by=basile, on=TODAY)

    return _answered


def printed(**options):
    out = StringIO()
    options = {"prefecture": "13", "year": "2020", "format": "json", "by": [], "on": "2020-12-31", **options}
    call_command("compliance", stdout=out, **options)
    return json.loads(out.getvalue()) if options["format"] == "json" else out.getvalue()


def test_rates_are_exact_and_suspended_months_are_out_of_them(answered, prefecture):
    answered(date(2020, 2, 3), date(2020, 2, 5))
    answered(date(2020, 2, 3), date(2020, 2, 12))
    answered(date(2020, 3, 16))
    answered(date(2020, 12, 29))
    answered(date(2020, 12, 30), requester=Identity())
    SuspensionFactory(prefecture=prefecture, first_month=date(2020, 3, 1), last_month=date(2020, 6, 1))

    (row,) = printed()
    assert row == {
        "unit": "Siège",
        "service": "BA",
        "kind": "enquiry",
        "channel": "letter",
        "received": 5,
        "suspended": 1,
        "counted": 3,
        "answered": 2,
        "on_time": 1,
        "late": 1,
        "open": 1,
        "paused": 0,
        "rate_so_far": "1/2",
        "base_so_far": 2,
        "percent_so_far": "50.00",
        "rate_settled": "1/2",
        "base_settled": 2,
        "percent_settled": "50.00",
        "mean_delay": "9/2",
        "mean_delay_decimal": "4.50",
        "median_delay": "9/2",
        "held": 0,
        "rate_first_reply": "1/2",
        "transferred": 0,
        "withdrawn": 0,
        "dropped": 0,
        "anonymous": 1,
        "to_examine": 0,
        "no_rule": 0,
    }
    months = printed(by=["month"])
    assert [(row["month"], row["rate_so_far"], row["suspended"]) for row in months] == [
        ("2020-02", "1/2", 0),
        ("2020-03", None, 1),
        ("2020-12", None, 0),
    ]
    assert "50.00 % (1/2)" in printed(format="text")


def test_wrong_input_is_a_sentence(prefecture):
    with pytest.raises(CommandError, match="Aucune préfecture"):
        printed(prefecture="99")
    with pytest.raises(CommandError, match="Année illisible"):
        printed(year="20")
    assert "rien n'est enregistré pour 2019" in printed(year="2019", format="text")
