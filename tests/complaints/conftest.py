"""A préfecture whose letters are answered in ten working days, its e-mails in five, and a letter."""

from dataclasses import replace
from datetime import date

import pytest

from complaints import register
from complaints.models import Case
from complaints.register import Description, Identity
from tests.factories import AdoptionFactory, DelayRuleFactory

MONDAY = date(2021, 3, 1)
TODAY = date(2021, 3, 31)
SOMEBODY = Identity(name="Dominique Petit", address="1 rue des Essais, 13000 Essaiville")


@pytest.fixture
def rules(prefecture):
    referentiel = AdoptionFactory(prefecture=prefecture).referentiel
    for kind in ("enquiry", "complaint", "suggestion"):
        DelayRuleFactory(referentiel=referentiel, kind=kind, days=10)
        DelayRuleFactory(referentiel=referentiel, kind=kind, channel="email", days=5)
    for milestone, days in (("reply", 4), ("dated", 10)):
        DelayRuleFactory(
            referentiel=referentiel,
            kind="appointment",
            requester="authority",
            milestone=milestone,
            days=days,
        )
    return referentiel


@pytest.fixture
def letter(accueil):
    """A letter to the bureau de l’accueil, received on Monday 1 March 2021."""
    return Description(
        kind="enquiry",
        channel="letter",
        received_on=MONDAY,
        subject="Horaires d’ouverture",
        unit=accueil.unit,
        service=accueil,
        requester=SOMEBODY,
    )


@pytest.fixture
def receive(prefecture, rules, letter, basile):
    """Registers the letter, or something else by its columns, on the last day of March 2021."""

    def _receive(on=TODAY, **columns) -> Case:
        return register.receive(prefecture, replace(letter, **columns), by=basile, on=on)

    return _receive
