"""The deadline of the shipped rules at the command line: expected days were counted on a wall calendar."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shipped")]


def ask(*, text=False, **options):
    printed = StringIO()
    options = {"kind": "enquiry", "channel": "letter", "pause": [], **options}
    call_command("due_date", prefecture="13", format="text" if text else "json", stdout=printed, **options)
    return printed.getvalue() if text else json.loads(printed.getvalue())


@pytest.mark.parametrize(
    ("kind", "channel", "requester", "until_2018", "in_2019", "from_2020"),
    [
        ("enquiry", "letter", "citizen", 15, 10, 10),
        ("enquiry", "email", "citizen", 5, 5, 5),
        ("enquiry", "form", "citizen", 5, 5, 5),
        ("enquiry", "qr", "citizen", 5, 5, 5),
        ("complaint", "letter", "citizen", 15, 10, 10),
        ("complaint", "box", "citizen", 15, 10, 10),
        ("suggestion", "phone", "citizen", 15, 10, 10),
        ("complaint", "counter", "authority", 15, 10, 10),
        ("complaint", "email", "citizen", 15, 5, 5),
        ("suggestion", "form", "authority", 15, 5, 5),
        ("enquiry", "letter", "authority", 15, 15, 15),
        ("enquiry", "email", "authority", 5, 5, 5),
        ("appointment", "phone", "authority", 4, 4, 4),
        ("enquiry", "phone", "citizen", None, None, None),
        ("complaint", "social", "citizen", None, None, None),
    ],
)
def test_rules_of_the_bouches_du_rhone(kind, channel, requester, until_2018, in_2019, from_2020):
    asked = {"kind": kind, "channel": channel, "requester": requester}
    days = [ask(**asked, received=day)["allowed"] for day in ("2018-12-31", "2019-01-01", "2020-01-01")]
    assert days == [until_2018, in_2019, from_2020]


def test_everything_is_printed():
    said = ask(received="2020-05-18", channel="email", answered="2020-05-27")
    assert said == {
        "rule": "5 jours ouvrés",
        "allowed": 5,
        "due": "2020-05-26",
        "delay": 6,
        "is_within": False,
        "counted": ["2020-05-19", "2020-05-20", "2020-05-22", "2020-05-25", "2020-05-26"],
        "skipped": [
            {"day": "2020-05-21", "reason": "Ascension"},
            {"day": "2020-05-23", "reason": "samedi"},
            {"day": "2020-05-24", "reason": "dimanche"},
        ],
    }


def test_no_rule_is_said():
    said = ask(received="2020-05-18", channel="phone")
    assert (said["rule"], said["due"], said["sentence"]) == (None, None, "aucune règle")
    assert ask(received="2020-05-18", channel="phone", text=True).startswith("Aucune règle")


def test_appointment_of_an_authority_has_two_due_dates():
    said = ask(
        kind="appointment",
        requester="authority",
        received="2021-03-01",
        answered="2021-03-05",
        dated="2021-03-16",
    )
    assert (said["due"], said["is_within"]) == ("2021-03-05", True)
    assert (said["dated"]["due"], said["dated"]["delay"], said["dated"]["is_within"]) == (
        "2021-03-15",
        11,
        False,
    )


def test_pauses_move_the_due_date():
    assert ask(received="2021-03-01", channel="email", pause=["2021-03-03:2021-03-08"])["due"] == "2021-03-12"
    lasting = ask(received="2021-03-01", channel="email", pause=["2021-03-03:"])
    assert (lasting["rule"], lasting["due"]) == ("5 jours ouvrés", None)
    ended = ask(received="2021-03-01", channel="email", pause=["2021-03-03:"], answered="2021-03-10")
    assert (ended["due"], ended["delay"], ended["is_within"]) == ("2021-03-15", 2, True)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"received": "2020-13-01"}, "Date illisible : « 2020-13-01 »"),
        ({"received": "2021-03-02", "answered": "2021-03-01"}, "antérieure à la réception"),
        ({"received": "2021-03-02", "pause": ["2021-03-05:2021-03-04"]}, "La pause finirait"),
        ({"received": "2050-12-30"}, "fin du calendrier"),
        ({"received": "2021-03-02", "pause": ["2021-03-05:9999-12-31"]}, "fin du calendrier"),
    ],
)
def test_wrong_input_is_a_sentence(options, sentence):
    with pytest.raises(CommandError, match=sentence):
        ask(**options)
