"""What directions read of a month, the words of the quality manager, and the weekly point."""

import datetime

import pytest
from django.urls import reverse

from indicators import briefing, remarks
from indicators.models import Measurement
from indicators.periods import Period
from referentiel.measures import NBSP
from sites import access
from sites.conflicts import ConflictError
from sites.models import Membership
from tests import factories
from tests.indicators.monthly import MARCH, Monthly


@pytest.fixture
def world(db):
    """March 2020: a rate that misses its target in one unit, and reaches it in the other."""
    world = Monthly()
    world.schedule.first_month = MARCH
    world.schedule.save()
    factories.TargetFactory(indicator=world.rate, value=90)
    world.other = factories.UnitFactory(prefecture=world.prefecture, short_name="Autre", position=9)
    service = factories.ServiceFactory(unit=world.other, short_name="Loin")
    factories.PerimeterFactory(service=service, module=world.module)
    for year, counting, numerator in [
        (2020, world.services[0], 8),
        (2019, world.services[0], 9),
        (2020, service, 10),
    ]:
        factories.MonthFactory(
            service=counting, indicator=world.rate, year=year, month=3, numerator=numerator, denominator=10
        )
    world.director = factories.AgentFactory()
    factories.MembershipFactory(
        agent=world.director, prefecture=world.prefecture, role=Membership.Role.DIRECTOR
    )
    return world


def page(world, client_of, agent=None, month="2020-03", route="direction"):
    return client_of(agent or world.director).get(reverse(route, args=[world.prefecture.slug, month]))


def test_what_is_red_comes_first_then_what_is_late_then_the_rest_folded(world, client_of):
    text = page(world, client_of).content.decode()

    red, late, rest = (
        text.index(word) for word in ("Objectifs non atteints</h2>", "Mois en retard", "<details")
    )
    assert red < text.index("80,00") < late < rest < text.index("100,00")


def test_a_suspended_month_is_not_said_to_be_awaited(world, client_of):
    world.suspend(MARCH, MARCH)

    direction = page(world, client_of).text
    board = client_of(world.director).get(
        reverse("board_period", args=[world.prefecture.slug, Period.month(MARCH)])
    )
    april = page(world, client_of, month="2020-04").text

    assert "Le suivi de mars&nbsp;2020 est suspendu&nbsp;: aucun chiffre" in direction.replace(
        "\xa0", "&nbsp;"
    )
    assert "n’est encore connu" not in direction
    assert "Derniers chiffres saisis" not in direction
    assert "La note sous le tableau dit pourquoi." in board.text
    assert "Les résultats paraîtront ici" not in board.text
    assert "n’est encore connu" in april


def test_what_is_to_be_known_of_a_figure_stands_under_the_results(world, client_of):
    Measurement.objects.filter(service=world.services[0], period_start=MARCH).update(doubt="Panne.")

    for name, month in (("direction", "2020-03"), ("direction", "2020-04")):
        text = page(world, client_of, month=month, route=name).text
        assert ("chiffre de remplacement\xa0: Panne." in text) == (month == "2020-03")


def test_a_month_is_held_against_the_same_month_of_the_year_before(world, client_of):
    brief = page(world, client_of).context["brief"]

    assert [(score.unit, score.met, score.judged) for score in brief.board.scores] == [
        (world.unit, 0, 1),
        (world.other, 1, 1),
    ]
    assert (brief.board.scores[0].met_before, brief.board.scores[0].judged_before) == (1, 1)
    assert (brief.board.scores[1].met_before, brief.board.scores[1].judged_before) == (0, 0)


def test_the_late_months_are_those_due_and_not_sent_up_to_this_one(world, client_of):
    late = page(world, client_of).context["brief"].late

    assert {cell.month for cell in late} == {MARCH}
    assert [cell.service.short_name for cell in late] == ["Accueil", "Titres", "Loin"]


def test_the_late_services_of_a_unit_stand_on_one_line(world, client_of):
    march = page(world, client_of).context["brief"].late_lines
    april = page(world, client_of, month="2020-04").context["brief"].late_lines

    assert march[0] == (world.unit, f"Accueil{NBSP}; Titres")
    assert march[1][0] == world.other
    assert april[0][1].startswith(f"Accueil (2 mois depuis mars{NBSP}2020)")


def test_a_direction_of_one_unit_reads_its_own_alone(world, client_of):
    own = factories.AgentFactory()
    factories.MembershipFactory(
        agent=own, prefecture=world.prefecture, role=Membership.Role.DIRECTOR, unit=world.other
    )

    shown = page(world, client_of, own)

    assert [unit.short_name for unit in shown.context["brief"].board.units] == ["Autre"]
    assert f"80,00{NBSP}%" not in shown.content.decode()
    assert {cell.service.short_name for cell in shown.context["brief"].late} == {"Loin"}


def test_the_latest_month_that_is_over_opens_first(world, client_of):
    answer = client_of(world.director).get(reverse("direction_latest", args=[world.prefecture.slug]))

    last = world.prefecture.today().replace(day=1) - datetime.timedelta(days=1)
    assert answer.headers["Location"].endswith(f"/direction/{last:%Y-%m}/")


def test_from_a_month_without_figures_one_goes_to_the_last_that_has_some(world, client_of):
    link = f'<a href="{reverse("direction", args=[world.prefecture.slug, "2020-03"])}">mars 2020</a>'

    assert f"Derniers chiffres saisis&nbsp;: {link}" in page(world, client_of, month="2020-05").text


@pytest.mark.parametrize("month", ["2020", "2020-T1", "2020-13", "9999-01", "mars"])
def test_what_is_no_month_is_not_found(world, client_of, month):
    assert page(world, client_of, month=month).status_code == 404


# --- The words of the quality manager ----------------------------------------------------------------------


def test_the_words_of_a_month_are_read_on_its_page(world, client_of):
    manager = client_of(world.manager)
    address = reverse("remark", args=[world.prefecture.slug, "2020-03"])

    manager.post(address, {"text": "Deux agents absents.", "version": "0"})

    held = remarks.of(world.prefecture, MARCH)
    assert (held.text, held.version, held.history.latest().history_user) == (
        "Deux agents absents.",
        1,
        world.manager,
    )
    assert "Deux agents absents." in page(world, client_of).content.decode()
    assert "Deux agents absents." not in page(world, client_of, month="2020-02").content.decode()


def test_who_writes_second_sees_both_texts_and_may_still_decide(world, client_of):
    remarks.write(remarks.of(world.prefecture, MARCH), text="Le premier.", seen=0, by=world.director)
    address = reverse("remark", args=[world.prefecture.slug, "2020-03"])
    browser = client_of(world.manager)

    conflict = browser.post(address, {"text": "Le second.", "version": "0"})
    text = conflict.content.decode()
    browser.post(address, {"text": "Le second.", "version": conflict.context["form"]["version"].value()})

    assert conflict.status_code == 409
    assert f"{world.director.full_name} a enregistré un autre texte le" in text
    assert "Le premier." in text
    assert "Le second." in text
    assert remarks.of(world.prefecture, MARCH).text == "Le second."


def test_the_same_text_again_writes_nothing(world):
    blank = remarks.of(world.prefecture, MARCH)
    first = remarks.write(blank, text="Le mot.", seen=0, by=world.manager)

    again = remarks.write(blank, text="Le mot.", seen=0, by=world.manager)

    assert (again.version, first.history.count()) == (1, 1)
    with pytest.raises(ConflictError):
        remarks.write(blank, text="Un autre.", seen=0, by=world.manager)


# --- The weekly point --------------------------------------------------------------------------------------


def test_the_weekly_point_says_what_is_late_actions_included(world, client_of):
    late = factories.ActionFactory(
        prefecture=world.prefecture, owner=world.director, due_on=datetime.date(2020, 1, 1)
    )
    factories.ActionFactory(
        prefecture=world.prefecture, owner=world.director, due_on=datetime.date(2199, 1, 1), title="Plus tard"
    )

    shown = client_of(world.director).get(reverse("weekly_point", args=[world.prefecture.slug]))

    text = shown.content.decode()
    assert late.title in text
    assert "Plus tard" not in text
    assert shown.context["brief"].late


def test_a_month_costs_the_same_whatever_the_services(world, django_assert_max_num_queries):
    held = access.Access(
        world.prefecture,
        tuple(world.director.memberships.select_related("unit", "service__unit")),
        world.prefecture.today(),
    )
    with django_assert_max_num_queries(40) as before:
        briefing.of(held, MARCH)
    for number in range(3):
        service = factories.ServiceFactory(unit=world.unit, short_name=f"B{number}")
        factories.PerimeterFactory(service=service, module=world.module)

    with django_assert_max_num_queries(len(before)):
        briefing.of(held, MARCH)
