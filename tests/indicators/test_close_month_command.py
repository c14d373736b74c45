"""`close_month`: what the clock does, by hand."""

import datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from indicators.models import MonthlyReturn
from tests import factories
from tests.indicators.monthly import MARCH, Monthly

State = MonthlyReturn.State


@pytest.fixture
def world(db):
    world = Monthly()
    world.schedule.first_month, world.schedule.closes_after = datetime.date(2020, 2, 1), 20
    world.schedule.save()
    return world


def close(world, **options):
    said = StringIO()
    call_command("close_month", prefecture=world.prefecture.code, stdout=said, **options)
    return said.getvalue()


def test_it_closes_what_is_due_on_a_day_and_nothing_the_second_time(world):
    assert "2 mois de service clos" in close(world, on="2020-03-21")
    assert "0 mois de service clos" in close(world, on="21/03/2020")
    assert set(MonthlyReturn.objects.values_list("month", "state")) == {
        (datetime.date(2020, 2, 1), State.CLOSED)
    }


def test_it_closes_one_month_before_its_day(world):
    assert "mars\xa02020 : 2 mois de service clos" in close(world, month="2020-03")
    assert MonthlyReturn.history.filter(history_user=None, month=MARCH).count() == 2


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"month": "2020-13"}, "Mois illisible"),
        ({"month": "2020"}, "Mois illisible"),
        ({"on": "hier"}, "Date illisible"),
    ],
)
def test_what_is_no_day_is_refused_in_a_sentence(world, options, sentence):
    with pytest.raises(CommandError, match=sentence):
        close(world, **options)


def test_a_month_that_runs_is_refused(world):
    with pytest.raises(CommandError, match="n’est pas fini"):
        close(world, month=f"{world.prefecture.today():%Y-%m}")


def test_a_prefecture_that_follows_no_month_says_so(db):
    prefecture = factories.PrefectureFactory()

    with pytest.raises(CommandError, match="pas suivis mois par mois"):
        call_command("close_month", prefecture=prefecture.code)
    with pytest.raises(CommandError, match="Aucune préfecture"):
        call_command("close_month", prefecture="nulle part")
