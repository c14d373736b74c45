"""The board of any period, against a year added up by hand."""

import datetime

import pytest
from django.urls import reverse

from indicators import entry, results, returns
from indicators.models import Measurement
from indicators.periods import Period
from referentiel.measures import NBSP
from referentiel.models import Indicator
from tests import factories
from tests.indicators.monthly import MARCH, Monthly

# (year, month, service, of, out of). March to June 2020 are suspended; the reserve of February stays out.
COUNTED = [
    (2019, 1, 0, 5, 10),
    (2019, 2, 0, 6, 10),
    (2019, 3, 0, 0, 10),
    (2019, 7, 0, 4, 10),
    (2019, 12, 0, 10, 10),
    (2020, 1, 0, 9, 10),
    (2020, 1, 1, 3, 4),
    (2020, 2, 0, 8, 10),
    (2020, 3, 0, 1, 10),
    (2020, 7, 0, 10, 10),
]


@pytest.fixture
def world(db):
    world = Monthly()
    for year, month, service, numerator, denominator in COUNTED:
        count(world, year, month, service, numerator, denominator)
    count(world, 2020, 2, 1, 0, 5, reserve="compteur en panne")
    world.suspend(MARCH, datetime.date(2020, 6, 1))
    return world


def count(world, year, month, service, numerator, denominator, **said):
    factories.MonthFactory(
        service=world.services[service],
        indicator=world.rate,
        year=year,
        month=month,
        numerator=numerator,
        denominator=denominator,
        **said,
    )


def cell(world, period):
    board = results.of_period(world.prefecture, Period.parse(period))
    return next(line.results[0] for line in board.lines if line.indicator == world.rate)


def said(result):
    return (result.shown_label.replace(NBSP, " "), result.base_label, result.coverage.label)


@pytest.mark.parametrize(
    ("period", "now", "before"),
    [
        # 9 + 3 + 8 + 10 of 10 + 4 + 10 + 10; the year before: 5 + 6 + 4 of 30, in January, February and July.
        (
            "2020",
            ("88,24 %", "30 sur 34", "janvier, février, juillet"),
            ("50,00 %", "15 sur 30", "janvier, février, juillet"),
        ),
        # March is suspended, the year before does not count it either.
        (
            "2020-T1",
            ("83,33 %", "20 sur 24", "janvier, février"),
            ("55,00 %", "11 sur 20", "janvier, février"),
        ),
        ("2020-S2", ("100,00 %", "10 sur 10", "juillet"), ("40,00 %", "4 sur 10", "juillet")),
        ("2020-01", ("85,71 %", "12 sur 14", "janvier"), ("50,00 %", "5 sur 10", "janvier")),
    ],
)
def test_a_period_is_added_up_over_the_months_that_count(world, period, now, before):
    result = cell(world, period)

    assert (said(result), said(result.previous)) == (now, before)
    assert result.caution == ""


def test_twelve_rolling_months_cross_the_new_year(world):
    """From July 2019 to June 2020: 4 + 10 + 9 + 3 + 8 of 10 + 10 + 10 + 4 + 10."""
    result = cell(world, "2020-06-glissants")

    assert (result.shown_label, result.base_label) == (f"77,27{NBSP}%", "34 sur 44")


def test_unlike_spans_are_not_compared_and_say_why(world, client_of):
    Measurement.objects.filter(period_start__year=2019).exclude(first_month=1).delete()

    result = cell(world, "2020-T1")
    page = client_of(world.manager).get(address(world, "2020-T1")).content.decode()

    assert result.caution == f"non comparable{NBSP}: autres mois (janvier)"
    assert f'<span class="figure figure--absent">non comparable{NBSP}: autres mois (janvier)</span>' in page


def address(world, period):
    return reverse("board_period", args=[world.prefecture.slug, Period.parse(period)])


def test_the_page_of_a_quarter_names_both_periods_and_what_stayed_out(world, client_of):
    page = client_of(world.manager).get(address(world, "2020-T1")).content.decode().replace("&nbsp;", NBSP)

    assert f"<h1>Tableau de bord 1er trimestre{NBSP}2020</h1>" in page
    assert f'<th scope="col">Rappel 1er trimestre{NBSP}2019</th>' in page
    assert f"Suivi suspendu de mars{NBSP}2020 à juin{NBSP}2020 (toute la préfecture)" in page
    assert f"Titres, février{NBSP}2020, sous réserve{NBSP}: compteur en panne" in page
    assert "janvier, février" in page


@pytest.mark.parametrize("slug", ["2020", "2020-T2", "2020-S1", "2020-12", "2020-11-glissants"])
def test_the_periods_beside_are_one_click_away(world, client_of, slug):
    period = Period.parse(slug)
    url = reverse("board", args=[world.prefecture.slug, 2020]) if period.is_year else address(world, slug)

    page = client_of(world.manager).get(url)

    beside = [(label, side) for _, label, side in page.context["neighbours"]]
    assert beside == [(period.previous.label, "left"), (period.next.label, "right")]
    assert all(client_of(world.manager).get(to).status_code == 200 for to, _, _ in page.context["neighbours"])


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ({"annee": 2020, "partie": ""}, "2020/"),
        ({"annee": 2020, "partie": "T1"}, "periode/2020-T1/"),
        ({"annee": 2020, "partie": "03"}, "periode/2020-03/"),
        ({"annee": 2020, "partie": "03-glissants"}, "periode/2020-03-glissants/"),
        ({"annee": 2020, "partie": "12-glissants"}, "2020/"),
        ({"annee": "x", "partie": "T1"}, "2020/"),
        ({"annee": 2020, "partie": "T9"}, "2020/"),
    ],
)
def test_a_period_is_chosen_by_its_year_and_its_part(world, client_of, chosen, found):
    latest = reverse("board_latest", args=[world.prefecture.slug])

    answer = client_of(world.manager).get(latest, chosen)

    assert answer.headers["Location"] == latest + found


@pytest.mark.parametrize(
    "slug", ["2020", "2020-T5", "2020-13", "2020-T1-glissants", "1999-T1", "2000-01-glissants", "9999-01"]
)
def test_a_period_that_is_none_or_out_of_reach_is_not_found(world, client_of, slug):
    url = f"/agents/{world.prefecture.slug}/indicateurs/periode/{slug}/"

    assert client_of(world.manager).get(url).status_code == 404


@pytest.mark.parametrize("period", ["2020", "2020-T1"])
def test_six_queries_at_most_whatever_the_period(world, client_of, django_assert_max_num_queries, period):
    board = Period.parse(period)
    url = reverse("board", args=[world.prefecture.slug, 2020]) if board.is_year else address(world, period)
    browser = client_of(world.manager)

    with django_assert_max_num_queries(3 + 6):  # session, agent, memberships
        browser.get(url)


def test_an_export_names_its_period(world, client_of):
    answer = client_of(world.manager).get(address(world, "2020-S1"), {"export": "csv"})

    assert "1er%20semestre" in answer.headers["Content-Disposition"]


# --- What may still change ---------------------------------------------------------------------------------


def close(world, month, *services):
    returns.close(world.prefecture, month, services or world.services, by=world.manager)


def test_a_period_is_provisional_until_its_last_month_is_closed(world, client_of):
    quarter = Period.parse("2020-T1")
    close(world, quarter.first)
    close(world, datetime.date(2020, 2, 1), world.services[0])

    board = results.of_period(world.prefecture, quarter)
    page = client_of(world.manager).get(address(world, "2020-T1")).content.decode()

    # March is suspended: nobody owes it.
    assert (board.is_provisional, board.awaited) == (True, 1)
    assert "Chiffres provisoires au" in page
    assert "1 mois de service reste à clore." in page.replace("&nbsp;", " ")

    close(world, datetime.date(2020, 2, 1))

    board = results.of_period(world.prefecture, quarter)
    assert (board.is_provisional, board.awaited) == (False, 0)


def test_a_year_that_is_not_followed_month_by_month_is_settled(world):
    world.schedule.delete()

    assert not results.of_year(world.prefecture, 2020).is_provisional


def test_months_before_the_first_one_followed_are_settled(world):
    assert not results.of_period(world.prefecture, Period.parse("2018-12")).is_provisional
    assert results.of_period(world.prefecture, Period.parse("2019-01")).is_provisional


def test_months_in_which_nothing_is_promised_are_settled(world):
    world.prefecture.adoptions.update(starts_on=datetime.date(2020, 2, 10))
    Indicator.objects.update(ends_on=datetime.date(2020, 2, 29))

    boards = [
        results.of_period(world.prefecture, Period.parse(f"2020-{month}")) for month in ("01", "02", "07")
    ]

    assert [board.is_provisional for board in boards] == [False, True, False]


def test_a_late_correction_shows_on_the_board_at_once(world):
    close(world, datetime.date(2020, 7, 1))
    before = said(cell(world, "2020"))
    returns.reopen(world.services[0], datetime.date(2020, 7, 1), "Une liste oubliée.", by=world.manager)
    month = datetime.date(2020, 7, 1)
    typed = world.typed(world.rate, 6, 10, month=month, reason="Une liste oubliée.")
    entry.save(world.services[0], month, [typed], by=world.manager)

    assert before[:2] == ("88,24 %", "30 sur 34")
    assert said(cell(world, "2020"))[:2] == ("76,47 %", "26 sur 34")


# --- Unit beside unit --------------------------------------------------------------------------------------


def compared(world, agent, client_of, period="2020-T1"):
    args = [world.prefecture.slug, Period.parse(period), world.rate.pk]
    return client_of(agent).get(reverse("comparison_period", args=args))


@pytest.fixture
def two_units(world):
    other = factories.UnitFactory(prefecture=world.prefecture, short_name="Autre", position=9)
    service = factories.ServiceFactory(unit=other)
    factories.MonthFactory(service=service, indicator=world.rate, year=2020, numerator=5, denominator=5)
    factories.TargetFactory(indicator=world.rate, value=90)
    return other


def test_the_units_are_compared_by_bars_from_zero(world, two_units, client_of):
    page = compared(world, world.manager, client_of)

    (sheet,) = page.context["comparison"].chart.sheets
    assert [bar.name.text for bar in sheet.groups[0].bars] == [world.unit.short_name, "Autre"]
    assert sheet.title == f"{world.rate.short_title}{NBSP}: 1 résultat sur 2 atteint l’objectif"
    assert f"100,00{NBSP}%" in page.content.decode()


def test_a_unit_keeps_its_colour_where_the_others_are_hidden(world, two_units, client_of):
    agent = factories.AgentFactory()
    factories.MembershipFactory(agent=agent, prefecture=world.prefecture, role="referent", unit=two_units)

    (every,) = compared(world, world.manager, client_of).context["comparison"].chart.sheets
    (own,) = compared(world, agent, client_of).context["comparison"].chart.sheets

    (bar,) = own.groups[0].bars
    assert bar.name.text == "Autre"
    assert bar.filling.colour == every.groups[0].bars[1].filling.colour


def test_an_indicator_that_nobody_owes_is_compared_nowhere(world, client_of):
    other = factories.IndicatorFactory()
    args = [world.prefecture.slug, Period.parse("2020-T1"), other.pk]

    assert client_of(world.manager).get(reverse("comparison_period", args=args)).status_code == 404
