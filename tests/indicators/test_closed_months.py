"""No path changes a figure of a closed month. The pages and the tables of entry have theirs in
`test_entry_pages`, `test_month_table` and `test_month_pages`; a table of a year, in
`test_import_figures_command`."""

import datetime

import pytest

from indicators import collection, entry, returns, suspensions
from indicators.models import Measurement, MonthlyReturn
from sites.conflicts import RefusedError
from tests.indicators.monthly import MARCH, Monthly

State = MonthlyReturn.State


@pytest.fixture
def world(db):
    world = Monthly()
    entry.save(world.services[0], MARCH, world.whole, by=world.referent)
    returns.send(world.services[0], MARCH, by=world.referent)
    returns.close(world.prefecture, MARCH, world.services, by=None)
    return world


def figures():
    return list(Measurement.objects.filter(period="month").order_by("pk").values())


def state(world):
    return returns.of(world.services[0], MARCH).state


@pytest.mark.parametrize("who", ["referent", "manager"])
def test_a_figure_is_refused_to_everybody_and_says_who_opens_the_month(world, who):
    before = figures()

    with pytest.raises(returns.LockedError, match=r"ce mois est clos.*responsable de la qualité le rouvre"):
        entry.save(world.services[0], MARCH, [world.typed(world.count, 5)], by=getattr(world, who))

    assert figures() == before


def test_a_month_without_any_figure_takes_none_once_it_is_closed(world):
    typed = world.typed(world.count, 5)

    with pytest.raises(returns.LockedError):
        entry.save(world.services[1], MARCH, [typed], by=world.manager)


def test_it_is_neither_sent_nor_sent_back_nor_left_open_nor_validated(world):
    service, today = world.services[0], world.prefecture.today()

    with pytest.raises(RefusedError):
        returns.send(service, MARCH, by=world.referent)
    with pytest.raises(RefusedError):
        returns.send_back(service, MARCH, "À revoir.", by=world.manager)
    with pytest.raises(RefusedError):
        returns.keep_open(service, MARCH, today, "Panne.", by=world.manager)
    assert returns.validate(world.prefecture, MARCH, world.services, by=world.manager) == 0
    assert state(world) == State.CLOSED


def test_the_corrected_figure_of_a_year_leaves_the_months_below_it(world):
    before = figures()
    cell = collection.Cell(world.unit, world.count, 2020)
    said = collection.Entry(numerator=9, reason="Recompté.")

    collection.write(cell, said, seen=cell.version, by=world.manager)

    assert figures() == before


def test_a_suspension_leaves_the_figures_out_and_changes_none(world):
    before = figures()
    terms = suspensions.Terms(MARCH, datetime.date(2020, 6, 1), "Crise.")

    held = suspensions.decide(world.prefecture, terms, by=world.manager)
    suspensions.lift(held, "Annulée.", seen=suspensions.version(held), by=world.manager)

    assert (figures(), state(world)) == (before, State.CLOSED)
