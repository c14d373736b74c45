"""The demo: what it refuses before it writes anything, and what a second run leaves alone."""

import socket

import pytest
from django.core.management import CommandError, call_command

from complaints.models import Malfunction
from improvement.models import Action, Duty, DutyDone
from indicators.models import Measurement
from publications.models import Document, Part
from qualepref.demo import content, malfunctions
from sites.models import Agent, Membership


def test_it_is_never_run_in_production(settings):
    settings.MODE = "production"

    with pytest.raises(CommandError, match="jamais en production"):
        call_command("demo")


def test_a_port_that_is_taken_is_said():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        with pytest.raises(CommandError, match=f"Le port {port} est déjà pris"):
            call_command("demo", port=port)


@pytest.mark.parametrize("port", [-1, 0, 65536])
def test_a_port_that_does_not_exist_is_said(port):
    with pytest.raises(CommandError, match=f"Le port {port} n'existe pas"):
        call_command("demo", port=port)


def test_a_second_run_leaves_alone_what_people_did(db):
    content.load()
    odile = Agent.objects.get(email="odile.tranchant@demo.example")
    odile.set_password("un mot de passe à elle")
    odile.save()
    Part.objects.filter(section="summary").update(text="Une autre phrase.", version=2)
    before = [model.objects.count() for model in (Agent, Membership, Measurement, Part)]

    content.load()

    assert [model.objects.count() for model in (Agent, Membership, Measurement, Part)] == before
    assert Part.objects.get(section="summary").text == "Une autre phrase."
    assert Agent.objects.get(pk=odile.pk).check_password("un mot de passe à elle")


def test_its_plan_and_its_calendar_are_fictitious_and_not_made_twice(db):
    prefecture = content.load()

    for _ in range(2):
        content.improve(prefecture)

    assert [(action.number, action.state) for action in Action.objects.order_by("number")] == [
        (1, "to_do"),
        (2, "to_do"),
        (3, "done"),
    ]
    assert Action.objects.get(number=1).origin.startswith("Arles, ")
    assert all("données fictives" in action.title for action in Action.objects.all())
    assert (Duty.objects.count(), DutyDone.objects.count()) == (9, 5)


def test_its_malfunctions_are_fictitious_and_not_made_twice(db):
    prefecture = content.load()

    for _ in range(2):
        malfunctions.enter(prefecture)

    states = Malfunction.objects.order_by("number").values_list("state", flat=True)
    assert list(states) == ["new", "new", "taken", "solved", "dropped"]
    assert all("données fictives" in one.subject for one in Malfunction.objects.all())


def test_its_documents_are_published_tagged_and_not_made_twice(db):
    prefecture = content.load()

    for _ in range(2):
        content.shelve(prefecture)

    assert [(document.state, document.lacks) for document in Document.objects.order_by("number")] == [
        ("replaced", []),
        ("published", []),
        ("published", []),
        ("published", []),
    ]
    assert all("données fictives" in document.title for document in Document.objects.all())
