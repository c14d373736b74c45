"""Malfunctions: what is written, what is refused in a sentence, who sees what."""

import datetime
from dataclasses import replace
from functools import partial

import pytest
from django.db import IntegrityError, transaction

from complaints import malfunctions
from complaints.malfunctions import Description
from complaints.models import Malfunction
from referentiel import changes
from sites.access import access_of
from sites.conflicts import ConflictError, RefusedError
from sites.models import Agent, Membership
from tests.factories import MalfunctionFactory, MembershipFactory, ServiceFactory, SiteFactory, UnitFactory
from tests.races import at_once

TODAY = datetime.date(2021, 3, 31)


@pytest.fixture
def said(accueil):
    return Description(
        noticed_on=TODAY, subject="La borne n’imprime plus", unit=accueil.unit, service=accueil
    )


@pytest.fixture
def report(prefecture, said, basile):
    """Basile reports it, on the last day of March 2021."""

    def _report(on=TODAY, by=basile, **columns) -> Malfunction:
        return malfunctions.report(prefecture, replace(said, **columns), by=by, on=on)

    return _report


# --- writing -----------------------------------------------------------------------------------------------


def test_each_year_has_its_numbers_without_a_gap(report):
    numbers = [str(report(subject=f"Panne {n}")) for n in range(2)]
    numbers += [str(report(on=datetime.date(2022, 1, 3))), str(report(subject="Autre panne"))]

    assert numbers == ["D\xa02021-0001", "D\xa02021-0002", "D\xa02022-0001", "D\xa02021-0003"]


@pytest.mark.django_db(transaction=True)
def test_two_agents_at_once_leave_no_gap_in_the_numbers(report):
    def three(name):
        for n in range(3):
            report(subject=f"Panne {n} vue par {name}")

    assert at_once(*(partial(three, name) for name in "abc")) == [None] * 3
    assert sorted(Malfunction.objects.values_list("number", flat=True)) == list(range(1, 10))


def test_the_same_one_sent_twice_is_reported_once(report, claire):
    assert report() == report()
    assert report(by=claire) != report()


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"noticed_on": datetime.date(2021, 4, 1)}, "Le 01/04/2021 est à venir"),
        ({"subject": ""}, "Ce champ ne peut pas être vide"),
    ],
)
def test_what_cannot_be_is_refused(columns, sentence, report):
    with pytest.raises(RefusedError, match=sentence):
        report(**columns)

    assert not Malfunction.objects.exists()


def test_a_place_is_of_the_unit_and_the_unit_of_the_prefecture(report, arles, elsewhere):
    for columns in (
        {"unit": arles},
        {"service": None, "site": SiteFactory(unit=arles)},
        {"unit": UnitFactory(prefecture=elsewhere), "service": None},
    ):
        with pytest.raises(RefusedError, match="n’appartient pas à"):
            report(**columns)


def test_the_life_of_a_malfunction_is_told_in_its_history_without_its_words(report, claire, basile, said):
    held = report()
    held = malfunctions.correct(held, replace(said, service=None), seen=1, by=basile, on=TODAY)
    held = malfunctions.take(held, answer="Commandée.", seen=2, by=claire, on=TODAY)
    held = malfunctions.close(held, state="solved", answer="Réparée.", seen=3, by=claire, on=TODAY)
    held = malfunctions.reopen(held, answer="Elle est retombée.", seen=4, by=claire, on=TODAY)

    told = [
        (moment.author, [(one.label, one.before, one.after) for one in moment.differences])
        for moment in reversed(changes.history_of(held))
    ]

    assert told == [
        ("Basile Roux", []),
        ("Basile Roux", [("Service", "BA", "rien")]),
        ("Claire Martin", [("État", "signalé", "pris en charge"), ("Suite donnée", "rien", "Commandée.")]),
        (
            "Claire Martin",
            [
                ("État", "pris en charge", "résolu"),
                ("Suite donnée", "Commandée.", "Réparée."),
                ("Clos le", "rien", "31/03/2021"),
            ],
        ),
        (
            "Claire Martin",
            [
                ("État", "résolu", "pris en charge"),
                ("Suite donnée", "Réparée.", "Elle est retombée."),
                ("Clos le", "31/03/2021", "rien"),
            ],
        ),
    ]
    assert not {"subject", "text"} & {field.name for field in Malfunction.history.model._meta.fields}


def test_a_state_allows_its_own_steps_alone(report, claire, said):
    held = report()
    how = {"by": claire, "on": TODAY}
    with pytest.raises(RefusedError, match="n’est pas clos"):
        malfunctions.reopen(held, answer="Encore.", seen=1, **how)
    malfunctions.take(held, seen=1, **how)
    with pytest.raises(RefusedError, match="déjà pris en charge"):
        malfunctions.take(held, seen=2, **how)
    malfunctions.close(held, state="dropped", answer="Le guichet ferme.", seen=2, **how)
    for write in (
        lambda: malfunctions.take(held, seen=3, **how),
        lambda: malfunctions.close(held, state="solved", answer="Réparée.", seen=3, **how),
        lambda: malfunctions.correct(held, replace(said, subject="Autre"), seen=3, **how),
    ):
        with pytest.raises(RefusedError):
            write()


@pytest.mark.parametrize("how", [{"state": "solved", "answer": ""}, {"state": "taken", "answer": "Réparée."}])
def test_what_is_closed_says_what_was_done_or_why_not(how, report, claire):
    held = report()

    with pytest.raises(RefusedError):
        malfunctions.close(held, seen=1, by=claire, on=TODAY, **how)
    for columns in ({"state": "solved"}, {"closed_on": TODAY}, {"state": "dropped", "closed_on": TODAY}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Malfunction.objects.update(**columns)


def test_who_comes_second_is_told_what_stands(report, claire, said):
    held = report()
    malfunctions.take(held, answer="Commandée.", seen=1, by=claire, on=TODAY)

    with pytest.raises(ConflictError) as conflict:
        malfunctions.close(held, state="dropped", answer="Rien à faire.", seen=1, by=claire, on=TODAY)

    assert conflict.value.saved.answer == "Commandée."
    assert Malfunction.objects.get().state == "taken"


def test_a_button_pressed_twice_takes_its_step_once(report, claire, basile, said):
    held = report()
    steps = [
        partial(malfunctions.correct, held, replace(said, text="Depuis lundi.")),
        partial(malfunctions.take, held, answer="Commandée."),
        partial(malfunctions.close, held, state="solved", answer="Réparée."),
        partial(malfunctions.reopen, held, answer="Encore."),
    ]

    for seen, step in enumerate(steps, 1):
        assert [step(seen=seen, by=claire, on=TODAY).version for _ in range(2)] == [seen + 1] * 2

    with pytest.raises(ConflictError):
        steps[-1](seen=len(steps), by=basile, on=TODAY)
    assert held.history.count() == 1 + len(steps)


# --- who sees what -----------------------------------------------------------------------------------------


def test_everybody_sees_their_own_and_what_their_roles_cover(
    prefecture, arles, accueil, siege, elsewhere, claire, rachid, basile, helene, ines, odile, zoe
):
    MembershipFactory(
        agent=(guest := MembershipFactory(prefecture=elsewhere).agent),
        role=Membership.Role.AGENT,
        prefecture=prefecture,
        service=ServiceFactory(unit=arles),
    )
    reported = {
        "in the service of Basile": MalfunctionFactory(unit=siege, service=accueil, reported_by=claire),
        "elsewhere in the siège": MalfunctionFactory(unit=siege, reported_by=claire),
        "by Basile in Arles": MalfunctionFactory(unit=arles, reported_by=basile),
        "by Odile": MalfunctionFactory(unit=siege, reported_by=odile),
        "in another préfecture": MalfunctionFactory(
            unit=UnitFactory(prefecture=elsewhere), reported_by=guest
        ),
    }

    def seen(agent: Agent) -> set[str]:
        visible = set(Malfunction.objects.visible_to(agent, access_of(agent, prefecture)))
        return {name for name, one in reported.items() if one in visible}

    everything = set(reported) - {"in another préfecture"}
    assert [seen(agent) for agent in (claire, helene, ines)] == [everything] * 3
    assert seen(rachid) == {"by Basile in Arles"}
    assert seen(basile) == {"in the service of Basile", "by Basile in Arles"}
    assert seen(odile) == {"by Odile"}
    assert seen(guest) == set()
    assert seen(zoe) == set()
