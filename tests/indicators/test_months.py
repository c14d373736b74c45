"""From the figure of a period down to its months and services, and their chart."""

import datetime

import pytest
from django.urls import reverse

from indicators import months, results, returns
from indicators.periods import Period
from indicators.results import Absence
from referentiel.measures import NBSP
from tests import factories
from tests.indicators.monthly import MARCH, Monthly


@pytest.fixture
def world(db):
    """2020: two services in January, one in February, March and April suspended, a reserve in May, nothing in
    June, then 10 of 10 in July. 2019: half of ten in each month but December."""
    world = Monthly()
    factories.TargetFactory(indicator=world.rate, value=90)
    for month in range(1, 12):
        count(world, 2019, month, 0, 5, 10)
    count(world, 2020, 1, 0, 9, 10)
    count(world, 2020, 1, 1, 10, 10, comment="Un guichet de plus.")
    count(world, 2020, 2, 0, 8, 10)
    count(world, 2020, 3, 0, 1, 10)
    count(world, 2020, 5, 0, 2, 10, reserve="compteur en panne")
    count(world, 2020, 7, 0, 10, 10)
    world.suspend(MARCH, datetime.date(2020, 4, 1))
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


def months_of(world, period="2020"):
    period = Period.parse(period)
    return months.of(results.of_cell(world.unit, world.rate, period), period)


def test_a_replaced_figure_counts_and_tells_what_it_replaces(world):
    count(world, 2020, 8, 0, 9, 10, doubt="compteur en panne", doubted_numerator=1, doubted_denominator=10)

    august = months_of(world).months[7]

    assert (august.result.figure.base, august.parts[0].set_aside) == ((9, 10), "")
    assert august.parts[0].said == (
        f"90,00{NBSP}% (9 sur 10), chiffre de remplacement{NBSP}; sous réserve{NBSP}: 10,00{NBSP}% "
        "(1 sur 10), compteur en panne"
    )


def page_of(world, client_of, period="2020"):
    parsed = Period.parse(period)
    route, of = ("figure", parsed.first.year) if parsed.is_year else ("figure_period", parsed)
    url = reverse(route, args=[world.prefecture.slug, of, world.unit.pk, world.rate.pk])
    return client_of(world.manager).get(url)


def test_each_month_adds_up_its_services_beside_the_same_month_of_the_year_before(world):
    january, february, *_, december = months_of(world).months

    assert (january.result.shown_label, january.result.base_label) == (f"95,00{NBSP}%", "19 sur 20")
    assert (january.result.previous.base_label, january.is_partial) == ("5 sur 10", False)
    assert (february.result.base_label, february.is_partial) == ("8 sur 10", True)
    assert december.result.previous.value is None


def test_the_months_add_up_to_the_year(world):
    counted = [month.result.figure.base for month in months_of(world).months if month.result.figure]

    assert (
        tuple(map(sum, zip(*counted, strict=True)))
        == results.of_cell(world.unit, world.rate, Period.year(2020)).figure.base
    )


def test_a_month_without_a_value_says_why(world):
    said = [month.result.absence for month in months_of(world).months[2:7]]

    assert said == [
        Absence.SUSPENDED,
        Absence.SUSPENDED,
        Absence.UNDER_RESERVE,
        Absence.MISSING,
        None,
    ]


def test_a_suspended_month_is_awaited_of_nobody(world):
    march, june = (months_of(world).months[place] for place in (2, 5))

    assert [part.state for part in march.parts] == ["", ""]
    assert [part.state for part in june.parts] == ["attendu", "attendu"]


def test_what_does_not_count_is_still_shown_with_its_reason(world):
    march, _, may = months_of(world).months[2:5]

    assert [(part.said, part.set_aside) for part in march.parts] == [
        (f"10,00{NBSP}% (1 sur 10)", "suivi suspendu"),
        ("suivi suspendu", ""),
    ]
    assert may.parts[0].set_aside == f"sous réserve{NBSP}: compteur en panne"


def test_the_chart_breaks_hatches_and_marks(world):
    chart = months_of(world).chart
    past, now = chart.lines

    assert len(now.paths) == 1  # January and February; July stands alone
    assert [len(dots) for dots in (now.dots, past.dots)] == [3, 11]
    assert len(now.gaps) == 7  # May, June, August to December: not the two suspended months
    assert len(chart.bands) == 1
    assert [dot.is_hollow for dot in now.dots] == [False, True, True]
    assert now.end.text == f"2020 100,00{NBSP}%"
    assert (past.colour, past.end.text) == ("#666666", f"2019 50,00{NBSP}%")
    assert f"Objectif ≥{NBSP}90{NBSP}% de janvier à décembre." in chart.description
    assert "Suivi suspendu de mars à avril." in chart.description
    assert "pas de résultat en juin" in chart.description


@pytest.mark.parametrize(
    ("until", "conclusion"),
    [
        (12, f"{{}} repasse dans l’objectif en juillet{NBSP}2020"),
        (6, f"{{}} n’atteint plus l’objectif en février{NBSP}2020"),
        (1, f"{{}} atteint l’objectif en janvier{NBSP}2020"),
    ],
)
def test_the_title_says_what_the_last_month_changes(world, until, conclusion):
    period = Period(datetime.date(2020, 1, 1), until)
    found = months.of(results.of_cell(world.unit, world.rate, period), period)

    assert found.conclusion == conclusion.format(world.unit.short_name)


def test_without_target_the_title_says_the_last_value(world):
    world.rate.targets.all().delete()

    assert months_of(world).conclusion == (
        f"{world.unit.short_name}{NBSP}: 100,00{NBSP}% en juillet{NBSP}2020, contre 50,00{NBSP}% "
        "un an plus tôt"
    )


def test_the_page_of_a_year_shows_its_months_which_lead_to_their_own_page(world, client_of):
    returns.close(world.prefecture, datetime.date(2020, 1, 1), world.services, by=world.manager)

    page = page_of(world, client_of)
    text = page.content.decode().replace("&nbsp;", NBSP)

    january = reverse(
        "figure_period",
        args=[world.prefecture.slug, Period.parse("2020-01"), world.unit.pk, world.rate.pk],
    )
    assert f'href="{january}">Janvier</a>' in text
    assert "Les mois hachurés sont suspendus." in text
    assert "Un guichet de plus." in text
    assert f"non compté, sous réserve{NBSP}: compteur en panne" in text
    assert text.count("<td>clos</td>") == 2
    assert "suspendu" in text
    assert client_of(world.manager).get(january).status_code == 200


def test_who_types_a_month_goes_there_from_its_figure(world, client_of):
    to_enter = [
        reverse("entry_month", args=[world.prefecture.slug, service.pk, "2020-02"])
        for service in world.services
    ]

    def links(agent):
        page = client_of(agent).get(url).content.decode()
        return [address in page for address in to_enter]

    url = reverse(
        "figure_period",
        args=[world.prefecture.slug, Period.parse("2020-02"), world.unit.pk, world.rate.pk],
    )
    assert links(world.manager) == [True, True]
    assert links(world.referent) == [True, False]


@pytest.mark.parametrize("period", ["2020-T1", "2020-07", "2020-06-glissants"])
def test_a_shorter_period_has_its_page(world, client_of, period):
    page = page_of(world, client_of, period)

    assert page.status_code == 200
    assert len(page.context["months"].months) == Period.parse(period).length


def test_an_indicator_of_another_prefecture_has_no_page(world, client_of):
    other = factories.IndicatorFactory()
    args = [world.prefecture.slug, Period.parse("2020-T1"), world.unit.pk, other.pk]

    assert client_of(world.manager).get(reverse("figure_period", args=args)).status_code == 404


def test_a_year_of_printed_figures_has_no_months(client_of, siege, claire):
    figure = factories.MeasurementFactory(unit=siege)
    args = [siege.prefecture.slug, 2018, siege.pk, figure.indicator.pk]

    page = client_of(claire).get(reverse("figure", args=args))

    assert "Mois par mois" not in page.content.decode()


def test_the_page_costs_the_same_for_one_service_and_for_many(
    world, client_of, django_assert_max_num_queries
):
    with django_assert_max_num_queries(40) as before:
        page_of(world, client_of, "2020-S1")
    for number in range(3):
        service = factories.ServiceFactory(unit=world.unit, name=f"Bureau {number}")
        factories.PerimeterFactory(service=service, module=world.module)
        factories.MonthFactory(service=service, indicator=world.rate, year=2020, month=1)

    with django_assert_max_num_queries(len(before)):
        page_of(world, client_of, "2020-S1")
