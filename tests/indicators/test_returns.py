"""The months of the services, from awaited to closed."""

import datetime

import pytest

from indicators import entry, returns
from indicators.models import MonthlyReturn
from sites.conflicts import RefusedError
from tests.indicators.monthly import MARCH, Monthly

State = MonthlyReturn.State


@pytest.fixture
def world(db):
    return Monthly()


@pytest.fixture
def filled(world):
    entry.save(world.services[0], MARCH, world.whole, by=world.referent)
    return world


def state(world, service=0):
    return returns.of(world.services[service], MARCH).state


def test_a_month_is_awaited_until_it_is_sent(filled):
    assert state(filled) == State.AWAITED

    sent = returns.send(filled.services[0], MARCH, by=filled.referent)

    assert (sent.state, sent.entered_by, sent.entered_on) == (
        State.ENTERED,
        filled.referent,
        filled.prefecture.today(),
    )


def test_a_month_that_lacks_figures_is_not_sent_and_says_which(world):
    entry.save(world.services[0], MARCH, [world.typed(world.rate, 9, 10)], by=world.referent)

    with pytest.raises(RefusedError, match=f"{world.mean.short_title}\xa0; {world.count.short_title}"):
        returns.send(world.services[0], MARCH, by=world.referent)


def test_a_month_that_is_not_over_is_filled_and_not_sent(filled, monkeypatch):
    """The last day of May 2020 is a Sunday: the month is sent from Friday 29."""
    may = datetime.date(2020, 5, 1)
    whole = [
        filled.typed(filled.rate, 9, 10, month=may),
        filled.typed(filled.mean, 30, 10, month=may),
        filled.typed(filled.count, 4, month=may),
    ]
    entry.save(filled.services[0], may, whole, by=filled.referent)
    monkeypatch.setattr(type(filled.prefecture), "today", lambda self: datetime.date(2020, 5, 28))

    with pytest.raises(RefusedError, match="à partir du vendredi 29 mai 2020"):
        returns.send(filled.services[0], may, by=filled.referent)

    monkeypatch.setattr(type(filled.prefecture), "today", lambda self: datetime.date(2020, 5, 29))
    assert returns.send(filled.services[0], may, by=filled.referent).state == State.ENTERED


def test_what_is_suspended_is_not_lacking(world):
    world.suspend(MARCH, MARCH, indicator=world.mean)
    entry.save(
        world.services[0],
        MARCH,
        [world.typed(world.rate, 9, 10), world.typed(world.count, 1)],
        by=world.referent,
    )

    assert returns.send(world.services[0], MARCH, by=world.referent).state == State.ENTERED


def test_only_what_is_sent_is_validated(filled):
    assert returns.validate(filled.prefecture, MARCH, filled.services, by=filled.manager) == 0

    returns.send(filled.services[0], MARCH, by=filled.referent)

    assert returns.validate(filled.prefecture, MARCH, filled.services, by=filled.manager) == 1
    assert (state(filled), state(filled, 1)) == (State.VALIDATED, State.AWAITED)


def test_a_month_sent_back_says_why_until_it_is_sent_again(filled):
    returns.send(filled.services[0], MARCH, by=filled.referent)
    with pytest.raises(RefusedError):
        returns.send_back(filled.services[0], MARCH, "", by=filled.manager)

    back = returns.send_back(filled.services[0], MARCH, "Le nombre paraît double.", by=filled.manager)
    again = returns.send(filled.services[0], MARCH, by=filled.referent)

    assert (back.state, back.comment) == (State.RETURNED, "Le nombre paraît double.")
    assert (again.state, again.comment) == (State.ENTERED, "")


def test_a_closed_month_is_reopened_with_a_reason_and_nothing_else(filled):
    with pytest.raises(RefusedError):
        returns.reopen(filled.services[0], MARCH, "Erreur.", by=filled.manager)
    assert returns.close(filled.prefecture, MARCH, filled.services, by=filled.manager) == 2
    with pytest.raises(RefusedError):
        returns.reopen(filled.services[0], MARCH, "", by=filled.manager)

    assert returns.reopen(filled.services[0], MARCH, "Erreur.", by=filled.manager).state == State.REOPENED
    assert state(filled, 1) == State.CLOSED


def test_a_month_that_runs_is_not_closed(world):
    month = world.prefecture.today().replace(day=1)

    with pytest.raises(RefusedError, match="n’est pas fini"):
        returns.close(world.prefecture, month, world.services, by=world.manager)


def test_figures_are_due_on_a_working_day(world):
    due = returns.calendar(world.prefecture).due_on

    assert due(datetime.date(2020, 2, 1)) == datetime.date(2020, 3, 5)
    assert due(MARCH) == datetime.date(2020, 4, 6)  # 5 April is a Sunday
    assert due(datetime.date(2020, 7, 1)) == datetime.date(2020, 8, 5)


def test_months_close_by_themselves_but_for_who_was_given_longer(world):
    world.schedule.first_month, world.schedule.closes_after = datetime.date(2020, 2, 1), 20
    world.schedule.save()
    entry.save(world.services[0], MARCH, world.whole, by=world.referent)
    today = world.prefecture.today()
    returns.keep_open(world.services[0], MARCH, today, "Panne du serveur.", by=world.manager)

    assert returns.close_what_is_due(world.prefecture, datetime.date(2020, 3, 20)) == 0
    assert returns.close_what_is_due(world.prefecture, datetime.date(2020, 3, 21)) == 2  # February
    assert returns.close_what_is_due(world.prefecture, datetime.date(2020, 4, 21)) == 1  # March, but for one
    assert returns.close_what_is_due(world.prefecture, datetime.date(2020, 4, 21)) == 0
    assert (state(world), state(world, 1)) == (State.AWAITED, State.CLOSED)


def test_an_exception_expires(world):
    world.schedule.first_month, world.schedule.closes_after = MARCH, 20
    world.schedule.save()
    MonthlyReturn.objects.create(
        prefecture=world.prefecture,
        service=world.services[0],
        month=MARCH,
        due_on=datetime.date(2020, 4, 6),
        open_until=datetime.date(2020, 5, 4),
        open_because="Panne.",
    )

    assert returns.close_what_is_due(world.prefecture, datetime.date(2020, 5, 4)) == 1  # of the other service
    assert state(world) == State.AWAITED
    returns.close_what_is_due(world.prefecture, datetime.date(2020, 5, 5))
    assert state(world) == State.CLOSED


def test_what_a_person_reopened_does_not_close_by_itself(filled):
    filled.schedule.first_month, filled.schedule.closes_after = MARCH, 20
    filled.schedule.save()
    returns.close(filled.prefecture, MARCH, filled.services, by=filled.manager)
    returns.reopen(filled.services[0], MARCH, "Erreur.", by=filled.manager)

    returns.close_what_is_due(filled.prefecture, datetime.date(2020, 4, 21))

    assert state(filled) == State.REOPENED


def test_a_month_without_anything_owed_is_left_alone(world):
    world.schedule.first_month, world.schedule.closes_after = MARCH, 20
    world.schedule.save()
    world.suspend(MARCH, MARCH)

    assert returns.close_what_is_due(world.prefecture, datetime.date(2020, 4, 21)) == 0


@pytest.mark.parametrize("reason", ["Déménagement", "Déménagement."])
def test_the_sentence_of_a_suspension_has_its_full_stop(world, reason):
    held = world.suspend(MARCH, MARCH)
    held.reason = reason

    assert held.sentence.endswith("\xa0: Déménagement.")
