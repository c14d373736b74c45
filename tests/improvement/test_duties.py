"""The calendar: what is due next, the usual duties, what is refused."""

import datetime

import pytest

from improvement import duties
from improvement.duties import Description
from improvement.models import Duty, DutyDone
from improvement.proofs import Proof
from referentiel import changes
from sites import files
from sites.conflicts import ConflictError, RefusedError
from tests.factories import DutyFactory
from tests.sites.test_attachments import image

TODAY = datetime.date(2019, 3, 12)
SAID = Description(title="Vérifier la boîte à idées", months=3, first_due_on=datetime.date(2019, 6, 1))


def done(duty, day, by):
    return duties.do(duty, Proof("Grille."), done_on=datetime.date.fromisoformat(day), by=by, on=TODAY)


def test_the_usual_calendar_is_there_once_and_says_its_rules(prefecture, claire):
    created = duties.create_usual(prefecture, by=claire, on=datetime.date(2019, 1, 31))

    assert duties.create_usual(prefecture, by=claire, on=TODAY) == []
    assert {duty.key: (duty.months, f"{duty.due_on}") for duty in created} == {
        "chiffres": (1, "2019-02-28"),
        "site-internet": (3, "2019-04-30"),
        "reponses": (3, "2019-04-30"),
        "visites": (6, "2019-07-31"),
        "enquete": (12, "2020-01-31"),
        "clu": (12, "2020-01-31"),
        "copil": (12, "2020-01-31"),
        "bilan": (12, "2020-01-31"),
        "politique": (36, "2022-01-31"),
    }
    assert all(duty.source for duty in created)
    assert {duty.key for duty in created if duty.certainty != "certain"} == {"copil", "politique"}


def test_what_is_missing_alone_is_added(prefecture, claire):
    duties.create_usual(prefecture, by=claire, on=TODAY)
    Duty.objects.filter(key="clu").delete()

    assert [duty.key for duty in duties.create_usual(prefecture, by=claire, on=TODAY)] == ["clu"]


def test_the_next_time_follows_from_the_last_in_whatever_order_they_are_noted(prefecture, claire):
    duty = duties.add(prefecture, SAID, by=claire, on=TODAY)
    due = [duty.due_on]
    for day in ("2018-11-30", "2018-06-15"):
        done(duty, day, claire)
        due.append(Duty.objects.get().due_on)

    assert [f"{day}" for day in due] == ["2019-06-01", "2019-02-28", "2019-02-28"]


def test_what_is_taken_back_makes_the_due_date_what_it_was(
    prefecture, claire, django_capture_on_commit_callbacks
):
    duty = duties.add(prefecture, SAID, by=claire, on=TODAY)
    noted = duties.do(duty, Proof(body=image("PNG")), done_on=TODAY, by=claire, on=TODAY)
    kept = noted.proof_file

    with django_capture_on_commit_callbacks(execute=True):
        duties.undo(noted, reason="C’était un autre site.", by=claire)

    assert Duty.objects.get().due_on == SAID.first_due_on
    assert files.size_of(kept) is None
    assert DutyDone.history.first().history_change_reason == "C’était un autre site."


def test_a_duty_is_done_in_the_past_and_once_a_day(prefecture, claire):
    duty = duties.add(prefecture, SAID, by=claire, on=TODAY)
    done(duty, "2019-03-12", claire)

    with pytest.raises(RefusedError, match="déjà notée comme faite le 12/03/2019"):
        done(duty, "2019-03-12", claire)
    with pytest.raises(RefusedError, match="ou un jour passé"):
        done(duty, "2019-03-13", claire)


def test_another_period_moves_the_next_due_date(prefecture, claire):
    duty = duties.add(prefecture, SAID, by=claire, on=TODAY)
    done(duty, "2019-01-31", claire)

    said = Description(**vars(SAID) | {"months": 1})
    changed = duties.change(duty, said, seen_version=1, by=claire, on=TODAY)

    assert changed.due_on == datetime.date(2019, 2, 28)
    assert [  # that it was done is told by its own lines
        [(one.label, one.before, one.after) for one in moment.differences]
        for moment in changes.history_of(changed)
    ] == [[("Mois entre deux fois", "3", "1")], []]


def test_who_comes_second_does_not_write_over_the_first(prefecture, claire):
    duty = duties.add(prefecture, SAID, by=claire, on=TODAY)
    first, second = (Description(**vars(SAID) | {"months": months}) for months in (6, 12))
    duties.change(duty, first, seen_version=1, by=claire, on=TODAY)

    with pytest.raises(ConflictError) as conflict:
        duties.change(duty, second, seen_version=1, by=claire, on=TODAY)

    assert conflict.value.saved.months == 6


def test_a_duty_is_given_to_somebody_who_works_here(prefecture, claire, zoe):
    with pytest.raises(RefusedError, match="Zoe Keller n’est pas agent"):
        duties.add(prefecture, Description(**vars(SAID) | {"responsible": zoe}), by=claire, on=TODAY)


def test_the_last_time_is_told_with_its_proof(prefecture, claire):
    duty = DutyFactory(prefecture=prefecture)
    DutyFactory(prefecture=prefecture)
    done(duty, "2018-06-15", claire)
    last = done(duty, "2018-12-15", claire)

    told = Duty.objects.with_last_done().order_by("pk").values_list("last_done", "last_done_on", "last_proof")

    assert list(told) == [(last.pk, last.done_on, "Grille."), (None, None, None)]
