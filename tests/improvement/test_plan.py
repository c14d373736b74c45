"""The action plan: what is written, what is refused in a sentence, what the history says, who sees what."""

import datetime

import pytest
from django.db import IntegrityError, transaction

from improvement import history, plan
from improvement.models import Action
from improvement.plan import Description
from improvement.proofs import Proof
from indicators import results
from indicators.periods import Period
from referentiel.measures import Verdict
from sites import files
from sites.access import Access
from sites.conflicts import ConflictError, RefusedError
from sites.models import Membership
from tests.factories import ActionFactory, AgentFactory, MembershipFactory, UnitFactory
from tests.sites.test_attachments import image

TODAY = datetime.date(2019, 3, 12)
SOON = datetime.date(2019, 4, 30)
SAID = Description(title="Former les agents", due_on=SOON, origin="audit interne")


def opened(prefecture, by, owner=None, **said):
    return plan.open_action(prefecture, Description(**vars(SAID) | said), owner=owner or by, by=by, on=TODAY)


def access_of(agent, prefecture):
    held = agent.memberships.select_related("prefecture", "unit", "service__unit")
    return Access(prefecture, tuple(held), TODAY)


# --- writing -----------------------------------------------------------------------------------------------


def test_actions_are_numbered_without_a_gap_in_each_prefecture(prefecture, elsewhere, claire, zoe):
    numbers = [opened(prefecture, claire, title=f"Action {n}").number for n in range(3)]

    assert numbers == [1, 2, 3]
    assert opened(elsewhere, zoe).number == 1


def test_the_same_action_sent_twice_is_opened_once(prefecture, claire):
    assert opened(prefecture, claire) == opened(prefecture, claire)
    assert Action.objects.count() == 1


def test_an_action_is_given_to_somebody_who_works_here(prefecture, claire, zoe):
    with pytest.raises(RefusedError, match="Zoe Keller n’est pas agent de la préfecture aujourd’hui"):
        opened(prefecture, claire, owner=zoe)

    assert not Action.objects.exists()


def test_an_invited_agent_is_nobody_yet(prefecture, claire, organised):
    sami = Membership.objects.get(pk=9102).agent

    with pytest.raises(RefusedError):
        opened(prefecture, claire, owner=sami)


def test_who_has_left_is_given_nothing(prefecture, claire, rachid):
    rachid.memberships.update(ends_on=TODAY - datetime.timedelta(days=1))

    with pytest.raises(RefusedError):
        opened(prefecture, claire, owner=rachid)


def test_a_deadline_is_not_past_when_the_action_is_opened(prefecture, claire):
    with pytest.raises(RefusedError, match="échéance est passée"):
        opened(prefecture, claire, due_on=TODAY - datetime.timedelta(days=1))

    assert opened(prefecture, claire, due_on=TODAY).due_on == TODAY


def test_the_life_of_an_action_is_told_in_its_history(prefecture, claire, rachid):
    action = opened(prefecture, claire)
    plan.change(action, Description(**vars(SAID) | {"due_on": TODAY}), seen_version=1, by=claire)
    plan.hand(action, rachid, by=claire, on=TODAY, reason="Il tient le standard.")
    plan.start(action, by=rachid)
    plan.finish(action, Proof("Feuille signée."), done_on=TODAY, by=rachid, on=TODAY)
    action.refresh_from_db()
    plan.reopen(action, reason="Un agent manquait.", by=claire)
    action.refresh_from_db()
    plan.abandon(action, reason="Le guichet ferme.", by=claire)
    action.refresh_from_db()

    told = [
        (moment.author, moment.kind, [(d.label, d.before, d.after) for d in moment.differences])
        for moment in reversed(history.of_action(action))
    ]

    assert told == [
        ("Claire Martin", "Ouverture", []),
        ("Claire Martin", "Modification", [("Échéance", "30/04/2019", "12/03/2019")]),
        (
            "Claire Martin",
            "Confiée à une autre personne\xa0: Il tient le standard.",
            [("Responsable", "Claire Martin", "Rachid Benali")],
        ),
        ("Rachid Benali", "Commencée", []),
        ("Rachid Benali", "Faite le 12/03/2019", [("Preuve", "rien", "Feuille signée.")]),
        ("Claire Martin", "Rouverte\xa0: Un agent manquait.", []),
        ("Claire Martin", "Abandonnée\xa0: Le guichet ferme.", []),
    ]
    assert (action.state, action.done_on, action.proof) == ("abandoned", None, "Feuille signée.")


@pytest.mark.parametrize(
    ("made", "sentence"),
    [({"is_done": True}, "Cette action est faite"), ({"is_abandoned": True}, "Cette action est abandonnée")],
)
def test_what_is_over_is_reopened_first(made, sentence, prefecture, claire, rachid):
    action = ActionFactory(prefecture=prefecture, owner=claire, **made)
    writes = [
        lambda: plan.change(action, SAID, seen_version=1, by=claire),
        lambda: plan.hand(action, rachid, by=claire, on=TODAY),
        lambda: plan.start(action, by=claire),
        lambda: plan.finish(action, Proof("Faite."), done_on=TODAY, by=claire, on=TODAY),
        lambda: plan.abandon(action, reason="Autre.", by=claire),
    ]

    for write in writes:
        with pytest.raises(RefusedError, match=f"{sentence}\xa0: la rouvrir d’abord."):
            write()


def test_what_makes_no_sense_is_refused(prefecture, claire):
    action = opened(prefecture, claire)
    tomorrow = TODAY + datetime.timedelta(days=1)
    refused = {
        "Donner une preuve": lambda: plan.finish(action, Proof(), done_on=TODAY, by=claire, on=TODAY),
        "ou un jour passé": lambda: plan.finish(action, Proof("x"), done_on=tomorrow, by=claire, on=TODAY),
        "pourquoi l’action est abandonnée": lambda: plan.abandon(action, reason="", by=claire),
        "rien à rouvrir": lambda: plan.reopen(action, reason="Oups.", by=claire),
        "déjà responsable": lambda: plan.hand(action, claire, by=claire, on=TODAY),
    }

    for sentence, write in refused.items():
        with pytest.raises(RefusedError, match=sentence):
            write()
    assert Action.objects.get().version == 1


def test_who_comes_second_does_not_write_over_the_first(prefecture, claire):
    action = opened(prefecture, claire)
    first = Description(**vars(SAID) | {"title": "Former deux agents"})
    second = Description(**vars(SAID) | {"title": "Former trois agents"})
    plan.change(action, first, seen_version=1, by=claire)

    with pytest.raises(ConflictError) as conflict:
        plan.change(action, second, seen_version=1, by=claire)

    assert conflict.value.saved.title == "Former deux agents"
    assert plan.change(action, first, seen_version=1, by=claire).version == 2  # the same words again


@pytest.mark.parametrize(
    "columns",
    [
        {"state": "done", "done_on": TODAY},
        {"state": "done", "proof": "Faite."},
        {"done_on": TODAY},
        {"state": "abandoned"},
        {"abandon_reason": "Autre."},
        {"origin": ""},
        {"first_month_on": TODAY},
        {"proof_file": "preuves/a.pdf"},
    ],
)
def test_the_database_holds_what_an_action_must_say(columns, db):
    with pytest.raises(IntegrityError), transaction.atomic():
        ActionFactory(**columns)


# --- the file of a proof -----------------------------------------------------------------------------------


def test_a_file_is_kept_and_another_takes_its_place(prefecture, claire, django_capture_on_commit_callbacks):
    action = opened(prefecture, claire)
    plan.finish(action, Proof(body=image("PNG")), done_on=TODAY, by=claire, on=TODAY)
    action.refresh_from_db()
    former = action.proof_file
    assert files.read(former, action.proof_sha256).startswith(b"\x89PNG")
    plan.reopen(action, reason="Illisible.", by=claire)

    with django_capture_on_commit_callbacks(execute=True):
        plan.finish(action, Proof(body=image("JPEG")), done_on=TODAY, by=claire, on=TODAY)

    action.refresh_from_db()
    assert action.proof_file.endswith(".jpg")
    assert files.size_of(former) is None
    assert files.size_of(action.proof_file)


def test_a_file_whose_action_does_not_land_leaves_nothing(prefecture, claire, tmp_path):
    action = ActionFactory(prefecture=prefecture, owner=claire, is_done=True)

    with pytest.raises(RefusedError):
        plan.finish(action, Proof(body=image("PNG")), done_on=TODAY, by=claire, on=TODAY)

    assert not [path for path in (tmp_path / "files").rglob("*") if path.is_file()]


def test_a_file_that_is_refused_says_why(prefecture, claire):
    with pytest.raises(RefusedError, match="ni un PDF, ni une image"):
        plan.finish(opened(prefecture, claire), Proof(body=b"MZ"), done_on=TODAY, by=claire, on=TODAY)


# --- targets missed ----------------------------------------------------------------------------------------


def test_a_target_missed_is_a_sentence_that_opens_an_action(figures, prefecture, claire, arles):
    board = results.of_year(prefecture, 2018)
    result = next(one for one in board.results if one.unit == arles and one.verdict == Verdict.MISSED)

    missed = plan.missed(result, Period.year(2018))
    action = plan.open_action(prefecture, SAID, owner=claire, by=claire, on=TODAY, source=missed)

    assert missed.sentence == (
        f"Arles, {result.indicator.short_title}, 2018\xa0: 92,00\xa0%, objectif ≥\xa095\xa0% non atteint"
    )
    assert (action.origin, action.unit, action.indicator) == (missed.sentence, arles, result.indicator)
    assert (action.first_month_on, action.last_month_on) == (
        datetime.date(2018, 1, 1),
        datetime.date(2018, 12, 1),
    )


def test_the_unit_of_a_figure_stays_that_of_its_action(figures, prefecture, claire, siege, arles):
    result = next(iter(results.of_year(prefecture, 2018).results))
    action = plan.open_action(
        prefecture, SAID, owner=claire, by=claire, on=TODAY, source=plan.missed(result, Period.year(2018))
    )
    origin, unit = action.origin, action.unit

    said = Description(**vars(SAID) | {"origin": "autre", "unit": None, "title": "Autrement"})
    changed = plan.change(action, said, seen_version=1, by=claire)

    assert (changed.origin, changed.unit, changed.title) == (origin, unit, "Autrement")


def test_only_missed_targets_that_nothing_answers_are_suggested(figures, prefecture, claire):
    board = results.of_year(prefecture, 2018)
    found = [plan.missed(result, Period.year(2018)) for result in board.results]
    before = plan.suggestions(prefecture, 2018)
    first, second, *rest = found
    plan.open_action(prefecture, SAID, owner=claire, by=claire, on=TODAY, source=first)
    dropped = plan.open_action(prefecture, SAID, owner=claire, by=claire, on=TODAY, source=second)
    plan.abandon(dropped, reason="Trop tard.", by=claire)

    assert [one.sentence for one in before] == [one.sentence for one in found]
    assert [one.sentence for one in plan.suggestions(prefecture, 2018)] == [
        one.sentence for one in (second, *rest)
    ]
    assert len(plan.suggestions(prefecture, 2019)) == len(found)


def test_a_figure_that_reaches_its_target_calls_for_nothing(figures, prefecture):
    for figure in figures:
        figure.numerator = 95
        figure.save()

    assert plan.suggestions(prefecture, 2018) == []


# --- who sees what -----------------------------------------------------------------------------------------


def test_each_role_sees_its_own_part_of_the_plan(
    prefecture, elsewhere, siege, arles, claire, rachid, basile, helene, ines, odile
):
    scoped = AgentFactory()
    MembershipFactory(agent=scoped, prefecture=prefecture, role=Membership.Role.DIRECTOR, unit=siege)
    of_all = ActionFactory(prefecture=prefecture, owner=claire, number=1)
    of_siege = ActionFactory(prefecture=prefecture, owner=claire, unit=siege, number=2)
    of_arles = ActionFactory(prefecture=prefecture, owner=basile, unit=arles, number=3)
    ActionFactory(prefecture=elsewhere, owner=rachid, unit=UnitFactory(prefecture=elsewhere))

    def seen(agent):
        return set(Action.objects.visible_to(agent, access_of(agent, prefecture)))

    everything = {of_all, of_siege, of_arles}
    assert [seen(agent) for agent in (claire, helene, ines)] == [everything] * 3
    assert seen(scoped) == {of_siege}
    assert seen(rachid) == {of_arles}
    assert seen(basile) == {of_arles}  # his own, and not what else concerns his unit
    assert seen(odile) == set()
