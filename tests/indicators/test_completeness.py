"""Who has sent which month."""

import datetime

import pytest

from indicators import completeness, entry, returns
from indicators.completeness import Mark
from indicators.models import MonthlyReturn
from tests import factories
from tests.indicators.monthly import MARCH, Monthly

State = MonthlyReturn.State
DUE = datetime.date(2020, 4, 6)


@pytest.fixture
def world(db):
    return Monthly()


def board(world, on, first=MARCH, last=MARCH, **asked):
    return completeness.of(world.prefecture, first, last, on, **asked)


def marks(found):
    return [[cell.mark if cell else None for cell in line.cells] for line in found.lines]


def sent(world, on, state=State.ENTERED, service=0, **more):
    return MonthlyReturn.objects.create(
        prefecture=world.prefecture,
        service=world.services[service],
        month=MARCH,
        state=state,
        due_on=DUE,
        entered_on=on,
        **more,
    )


def test_a_month_is_awaited_to_the_end_of_its_day_and_late_from_the_next(world):
    assert marks(board(world, DUE)) == [[Mark.AWAITED], [Mark.AWAITED]]
    assert marks(board(world, DUE + datetime.timedelta(days=1))) == [[Mark.LATE], [Mark.LATE]]


def test_what_was_sent_says_whether_it_was_in_time(world):
    sent(world, DUE)
    sent(world, DUE + datetime.timedelta(days=1), service=1)

    assert marks(board(world, datetime.date(2020, 5, 4))) == [[Mark.ON_TIME], [Mark.SENT_LATE]]


def test_who_was_given_longer_is_not_late_before_that_day(world):
    longer = datetime.date(2020, 4, 20)
    sent(world, None, State.AWAITED, open_until=longer, open_because="Panne.")

    assert marks(board(world, longer)) == [[Mark.AWAITED], [Mark.LATE]]
    assert marks(board(world, longer + datetime.timedelta(days=1))) == [[Mark.LATE], [Mark.LATE]]


def test_a_suspended_month_is_neither_awaited_nor_late(world):
    world.suspend(MARCH, MARCH, service=world.services[0])

    assert marks(board(world, datetime.date(2020, 5, 4))) == [[Mark.SUSPENDED], [Mark.LATE]]


def test_a_month_with_one_suspended_indicator_is_still_owed(world):
    world.suspend(MARCH, MARCH, indicator=world.rate)

    assert marks(board(world, DUE)) == [[Mark.AWAITED], [Mark.AWAITED]]


def test_nothing_is_expected_before_the_first_month_nor_shown_of_months_to_come(world):
    world.schedule.first_month = MARCH
    world.schedule.save()
    found = board(
        world, datetime.date(2020, 4, 1), first=datetime.date(2020, 1, 1), last=datetime.date(2020, 12, 1)
    )

    assert [month.month for month in found.months] == [1, 2, 3, 4]
    assert marks(found)[0] == [Mark.NOT_EXPECTED, Mark.NOT_EXPECTED, Mark.AWAITED, Mark.AWAITED]


def test_a_second_word_says_what_was_done_with_a_month_since(world):
    sent(world, DUE, State.RETURNED, comment="Le nombre paraît double.")
    sent(world, None, State.CLOSED, service=1)

    cells = board(world, datetime.date(2020, 5, 4)).cells

    assert [cell.words for cell in cells] == ["transmis à temps, renvoyé", "en retard, clos"]
    assert [cell.is_to_correct for cell in cells] == [True, False]
    assert [cell.is_late for cell in cells] == [False, False]  # nobody may send it any more


def test_the_legend_counts_what_is_expected_in_parts_of_a_hundred(world):
    sent(world, DUE)
    factories.PerimeterFactory(service=factories.ServiceFactory(unit=world.unit), module=world.module)
    world.suspend(MARCH, MARCH, service=world.services[1])

    legend = {share.mark: (share.count, share.percent) for share in board(world, DUE).legend}

    assert legend == {
        Mark.ON_TIME: (1, 50),
        Mark.SENT_LATE: (0, 0),
        Mark.AWAITED: (1, 50),
        Mark.LATE: (0, 0),
        Mark.NOT_EXPECTED: (0, None),
        Mark.SUSPENDED: (1, None),
    }


def test_one_looks_for_a_unit_or_for_a_state(world):
    elsewhere = factories.UnitFactory(prefecture=world.prefecture)
    factories.PerimeterFactory(service=factories.ServiceFactory(unit=elsewhere), module=world.module)
    sent(world, DUE)

    assert len(board(world, DUE, unit=elsewhere).lines) == 1
    assert [line.service for line in board(world, DUE, state="to_validate").lines] == world.services[:1]
    assert len(board(world, DUE, state=Mark.AWAITED).lines) == 2


def test_each_referent_has_what_their_services_have_and_the_rest_is_nobodys(world):
    sent(world, DUE, State.RETURNED, comment="À revoir.")

    loads = board(world, datetime.date(2020, 5, 4), last=datetime.date(2020, 4, 1)).loads()

    assert [(load.agent, load.late, load.awaited, load.to_correct) for load in loads] == [
        (None, 1, 1, 0),
        (world.referent, 0, 1, 1),
    ]


def test_a_deputy_answers_where_there_is_no_referent(world):
    deputy = factories.AgentFactory()
    for service in world.services:
        factories.MembershipFactory(
            agent=deputy, role="referent", prefecture=world.prefecture, service=service, is_deputy=True
        )

    found = completeness.referents(world.prefecture, world.services, DUE)

    assert found == {world.services[0]: [world.referent], world.services[1]: [deputy]}


@pytest.mark.parametrize("more", [0, 4])
def test_a_board_costs_the_same_whatever_there_is(world, more, django_assert_num_queries):
    for _ in range(more):
        factories.PerimeterFactory(service=factories.ServiceFactory(unit=world.unit), module=world.module)
    sent(world, DUE)

    with django_assert_num_queries(10):
        found = board(
            world,
            datetime.date(2020, 5, 4),
            first=datetime.date(2020, 1, 1),
            last=datetime.date(2020, 1 + more, 1),
        )
        found.loads()


def test_what_a_service_sends_through_its_own_way_is_on_the_board(world):
    entry.save(world.services[0], MARCH, world.whole, by=world.referent)
    returns.send(world.services[0], MARCH, by=world.referent)

    (first, _) = board(world, world.prefecture.today()).cells

    assert (first.mark, first.is_to_validate) == (Mark.SENT_LATE, True)
