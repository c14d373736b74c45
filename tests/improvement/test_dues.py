"""What each person is told to do: at home, and by whoever reminds."""

import datetime

import pytest

from improvement import dues
from sites.access import Access
from sites.dues import Due
from sites.models import Agent, Membership
from tests.factories import ActionFactory, AgentFactory, DutyFactory, MembershipFactory

ON = datetime.date(2019, 3, 12)


def day(offset):
    return ON + datetime.timedelta(days=offset)


def told(prefecture):
    names = dict(Agent.objects.values_list("pk", "full_name"))
    return {(names[due.agent_id], due.key.rpartition(":")[0]) for due in dues.due(prefecture, ON)}


def test_a_due_says_whose_it_is_what_until_when_and_why(prefecture, rachid):
    action = ActionFactory(prefecture=prefecture, owner=rachid, number=4, title="Former", due_on=day(2))

    assert list(dues.due(prefecture, ON)) == [
        Due(
            agent_id=rachid.pk,
            prefecture_id=prefecture.pk,
            key=f"improvement.action:{action.pk}:2019-03-14",
            subject="Action\xa0: Former",
            due_on=day(2),
            url="/agents/bouches-du-rhone/amelioration/actions/4/",
            why="vous êtes responsable de cette action",
        )
    ]


def test_what_is_late_or_due_within_the_week_is_told_and_what_is_over_is_not(prefecture, rachid):
    own = {"prefecture": prefecture, "owner": rachid}
    late, soon = (ActionFactory(due_on=day(offset), **own) for offset in (-300, 7))
    ActionFactory(due_on=day(8), **own)
    ActionFactory(due_on=day(0), is_done=True, **own)
    ActionFactory(due_on=day(0), is_abandoned=True, **own)

    assert told(prefecture) == {("Rachid Benali", f"improvement.action:{one.pk}") for one in (late, soon)}


def test_a_duty_is_told_to_who_answers_for_it_or_to_every_quality_manager(prefecture, claire, basile, zoe):
    second = AgentFactory(full_name="Sara Morel")
    MembershipFactory(agent=second, prefecture=prefecture)
    of_all = DutyFactory(prefecture=prefecture, first_due_on=day(1))
    of_one = DutyFactory(prefecture=prefecture, first_due_on=day(1), responsible=basile)
    DutyFactory(prefecture=prefecture, first_due_on=day(1), is_active=False)
    DutyFactory(prefecture=zoe.memberships.get().prefecture, first_due_on=day(1))

    assert told(prefecture) == {
        ("Claire Martin", f"improvement.duty:{of_all.pk}"),
        ("Sara Morel", f"improvement.duty:{of_all.pk}"),
        ("Basile Roux", f"improvement.duty:{of_one.pk}"),
    }


@pytest.mark.parametrize("change", [{"ends_on": day(-1)}, {"starts_on": day(1)}])
def test_who_does_not_work_here_that_day_is_told_nothing(change, prefecture, claire):
    ActionFactory(prefecture=prefecture, owner=claire, due_on=ON)
    DutyFactory(prefecture=prefecture, first_due_on=ON)
    claire.memberships.update(**change)

    assert told(prefecture) == set()


def test_a_duty_that_comes_back_has_another_key(prefecture, claire):
    duty = DutyFactory(prefecture=prefecture, first_due_on=ON)
    (first,) = [due.key for due in dues.due(prefecture, ON)]
    duty.due_on = day(5)
    duty.save()

    assert [due.key for due in dues.due(prefecture, ON)] != [first]


def test_the_home_tells_ones_own_what_is_late_and_the_next_three_duties(
    prefecture, elsewhere, claire, rachid
):
    own = {"prefecture": prefecture}
    ActionFactory(owner=claire, due_on=day(40), title="la mienne", **own)
    ActionFactory(owner=rachid, due_on=day(-3), title="en retard", **own)
    ActionFactory(owner=rachid, due_on=day(3), **own)
    ActionFactory(prefecture=elsewhere, owner=rachid, due_on=day(-3))
    for offset in (-40, -2, 1, 2, 3, 4):
        DutyFactory(title=f"{offset}", first_due_on=day(offset), **own)

    def agenda(agent):
        held = tuple(Membership.objects.filter(agent=agent).select_related("prefecture", "unit"))
        return dues.agendas(agent, [Access(prefecture, held, ON)])[prefecture.pk]

    managers, referents = agenda(claire), agenda(rachid)
    assert [line.title for line in managers.own] == ["la mienne"]
    assert [(line.title, line.who, line.when) for line in managers.late] == [
        ("en retard", "Rachid Benali", "en retard de 3\xa0jours")
    ]
    assert [line.title for line in managers.duties] == ["-40", "-2", "1", "2", "3"]
    assert (len(referents.own), referents.late, referents.duties) == (2, [], [])
