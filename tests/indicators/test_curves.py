"""The chart of an indicator over the years: what it says, that nothing in it touches or leaves the frame."""

import datetime
from fractions import Fraction
from itertools import pairwise

import pytest
from django.template.loader import render_to_string
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators import curves
from indicators.curves import Aim, Series, Value, draw
from indicators.drawing import SMALL_SIZE, width_of
from tests import factories


def value(amount: float, *, is_partial: bool = False) -> Value:
    return Value(Fraction(str(amount)), f"{amount} %", is_partial)


def series(*amounts: float | None, position: int = 0, name: str = "Arles") -> Series:
    return Series(position, name, [None if amount is None else value(amount) for amount in amounts])


def chart(*lines: Series, aims: tuple[Aim, ...] = (), years: int | None = None):
    count = years or len(lines[0].values)
    return draw(range(2015, 2015 + count), lines, aims, unit="percent", title="Titre", name="evolution-1")


def test_years_follow_one_another_at_even_steps():
    dots = chart(series(10, 20, 30)).lines[0].dots

    assert [round(b.x - a.x, 1) for a, b in pairwise(dots)] == [round(dots[1].x - dots[0].x, 1)] * 2
    assert dots[0].y > dots[1].y > dots[2].y


def test_a_year_without_a_figure_breaks_the_line_and_has_a_mark():
    line = chart(series(10, 20, None, 30, 40)).lines[0]

    assert [len(path.split()) for path in line.paths] == [2, 2]
    assert len(line.gaps) == 1
    assert line.gaps[0].y > chart(series(10, 20)).bottom


def test_years_before_the_first_figure_are_no_gaps():
    assert chart(series(None, None, 10, 20)).lines[0].gaps == ()


def test_a_year_that_does_not_count_all_its_months_has_a_hollow_point():
    line = Series(0, "Arles", [value(10), value(20, is_partial=True)])

    assert [dot.is_hollow for dot in chart(line).lines[0].dots] == [False, True]


def test_the_name_and_the_last_value_stand_at_the_end():
    drawn = chart(series(10, 20, None))

    assert drawn.lines[0].end.text == "Arles 20 %"
    assert drawn.lines[0].end.x > drawn.right


def test_a_target_is_drawn_in_the_years_that_it_held():
    aims = (Aim(Fraction(10), "≤ 10 %", [0, 1]), Aim(Fraction(5), "≤ 5 %", [2]))

    first, second = chart(series(4, 5, 6), aims=aims).aims

    assert first.right == second.left
    assert (first.label.text, second.label.text) == ("objectif ≤ 10 %", "objectif ≤ 5 %")
    assert first.y < second.y


def test_a_target_at_the_narrow_end_keeps_its_amount():
    (last,) = chart(series(*range(1, 16)), aims=(Aim(Fraction(5), "≤ 5 %", [14]),)).aims

    assert last.label.text == "≤ 5 %"


def test_a_target_that_came_back_has_two_lines():
    assert len(chart(series(4, 5, 6), aims=(Aim(Fraction(5), "≤ 5 %", [0, 2]),)).aims) == 2


def test_the_scale_starts_from_zero_unless_all_values_are_high():
    low, high = chart(series(3, 60)), chart(series(92, 97))

    assert (low.starts_above_zero, low.ticks[0].label.text) == (False, "0")
    assert (high.starts_above_zero, high.ticks[0].label.text) == (True, "75")


@pytest.mark.parametrize(
    ("counts", "ticks"),
    [((2, 4), ["0", "1", "2", "3", "4"]), ((0, 9), ["0", "5", "10"]), ((1, 1), ["0", "1"])],
)
def test_what_is_counted_one_by_one_has_whole_steps(counts, ticks):
    drawn = draw(range(2015, 2017), [series(*counts)], (), unit="count", title="Titre", name="evolution-1")

    assert [tick.label.text for tick in drawn.ticks] == ticks


def test_one_year_alone_is_a_point():
    line = chart(series(10)).lines[0]

    assert (line.paths, len(line.dots)) == ((), 1)


def test_a_unit_has_the_same_colour_and_dash_wherever_it_stands():
    alone = chart(series(10, 20, position=2, name="Istres")).lines[0]
    among = chart(series(5, 6), series(10, 20, position=2, name="Istres")).lines[1]

    assert (alone.colour, alone.dash) == (among.colour, among.dash)
    assert len({curves.DASHES[number] for number in range(12)}) == 12


def test_without_any_result_there_is_no_chart():
    assert chart(series(None, None)) is None


def test_the_description_gives_the_values():
    said = chart(series(10, None), aims=(Aim(Fraction(5), "≤ 5 %", [0, 1]),)).description

    assert said == "Arles\xa0: 10 % en 2015, pas de résultat en 2016. Objectif ≤ 5 % de 2015 à 2016."


amounts = st.one_of(st.none(), st.fractions(0, 100, max_denominator=1000))


@st.composite
def drawings(draw_one):
    years = draw_one(st.integers(1, 15))
    lines = [
        Series(
            place,
            draw_one(st.text(max_size=40)),
            [
                None if (amount := draw_one(amounts)) is None else Value(amount, f"{float(amount):.2f} %")
                for _ in range(years)
            ],
        )
        for place in range(draw_one(st.integers(1, 12)))
    ]
    return years, lines


@settings(max_examples=60, deadline=None)
@given(drawings())
def test_no_name_touches_another_and_nothing_leaves_the_frame(drawn):
    years, lines = drawn
    made = draw(range(2000, 2000 + years), lines, [], unit="percent", title="T", name="e")
    if made is None:
        return

    ends = sorted(line.end.y for line in made.lines)
    assert all(lower - upper >= SMALL_SIZE for upper, lower in pairwise(ends))
    for line in made.lines:
        assert line.end.x + width_of(line.end.text, SMALL_SIZE) <= made.width
        assert line.end.y <= made.height
        for dot in line.dots:
            assert made.left <= dot.x <= made.right
            assert 0 < dot.y <= made.bottom
    assert all(
        a.x + width_of(a.text, a.size) / 2 <= b.x - width_of(b.text, b.size) / 2
        for a, b in pairwise(made.years)
    )


@pytest.mark.parametrize("name", ["<script>", "A & B"])
def test_names_are_text_and_coordinates_have_decimal_points(name):
    svg = render_to_string("components/chart_lines.html", {"chart": chart(series(10.5, 20.5, name=name))})

    assert "<script>" not in svg
    assert "style=" not in svg
    assert not any("," in part for part in svg.split('cx="')[1:] for part in [part.split('"')[0]])


# --- From the figures to the chart -------------------------------------------------------------------------


@pytest.fixture
def trend_page(prefecture, figures, claire, client_of):
    """`trend_page()` is Claire's page of the first indicator of the figures of 2018 and 2019."""

    def get():
        return client_of(claire).get(
            f"/agents/{prefecture.slug}/indicateurs/evolution/{figures[0].indicator.pk}/"
        )

    return get


def test_each_unit_has_its_line_and_its_row(trend_page):
    trend = trend_page().context["trend"]

    assert trend.course.years == [2018, 2019]
    assert [line.end.text.split()[0] for line in trend.chart.lines] == ["Siège", "Arles"]
    assert [[result.shown for _, result in results] for _, results in trend.rows] == [[92, 92], [92, 92]]


def test_the_title_is_the_conclusion(trend_page, figures):
    assert trend_page().context["trend"].conclusion == (
        "En 2019, aucune des 2 unités n’atteint l’objectif, contre aucune sur 2 en 2018"
    )

    figures[1].numerator = 99  # the siège, in 2019
    figures[1].save()

    assert trend_page().context["trend"].conclusion == (
        "En 2019, une unité sur 2 atteint l’objectif, contre aucune sur 2 en 2018"
    )


def test_a_missing_year_between_two_is_a_gap(trend_page, figures):
    figures[1].period_start = datetime.date(2021, 1, 1)
    figures[1].save()

    trend = trend_page().context["trend"]

    assert trend.course.years == [2018, 2019, 2020, 2021]
    assert [len(line.gaps) for line in trend.chart.lines] == [2, 2]
    assert "année sans chiffre" in trend_page().content.decode()


def test_a_suspended_year_says_so_and_is_no_gap(trend_page, figures, prefecture):
    figures[1].period_start = datetime.date(2021, 1, 1)
    figures[1].save()
    year = {"first_month": datetime.date(2020, 1, 1), "last_month": datetime.date(2020, 12, 1)}
    factories.SuspensionFactory(prefecture=prefecture, **year)

    page = trend_page()
    known = "92,00\xa0%"
    trend, (siege, arles) = page.context["trend"], [results for _, results in page.context["trend"].rows]

    assert [result and result.shown_label for _, result in siege] == [known, None, "suivi suspendu", known]
    assert [result and result.shown_label for _, result in arles] == [known, known, "suivi suspendu", None]
    assert [len(line.gaps) for line in trend.chart.lines] == [1, 1]
    assert len(trend.chart.bands) == 1
    assert "Suivi suspendu en 2020." in trend.chart.description
    assert "Les années hachurées sont suspendues." in page.text


def test_eleven_suspended_months_are_a_year_without_a_figure(trend_page, figures, prefecture):
    figures[1].period_start = datetime.date(2021, 1, 1)
    figures[1].save()
    factories.SuspensionFactory(
        prefecture=prefecture, first_month=datetime.date(2020, 1, 1), last_month=datetime.date(2020, 11, 1)
    )

    trend = trend_page().context["trend"]

    assert [result and result.shown for _, result in trend.rows[0][1]] == [92, None, None, 92]
    assert trend.chart.bands == ()


def test_unlike_spans_are_pointed_out(trend_page, figures):
    figures[1].first_month = 4
    figures[1].save()

    page = trend_page().content.decode()

    assert "avec 2018, non comparable\xa0: autres mois (année entière)" in page.replace("&nbsp;", "\xa0")
    assert "Un point creux" in page


def test_a_target_of_a_later_year_is_dated(trend_page, figures):
    figures[0].indicator.targets.update(starts_on=datetime.date(2019, 1, 1))

    (aim,) = trend_page().context["trend"].chart.aims

    assert aim.left > trend_page().context["trend"].chart.lines[0].dots[0].x


def test_all_indicators_cost_the_same_whatever_their_number(
    prefecture, figures, arles, claire, client_of, django_assert_num_queries
):
    url = f"/agents/{prefecture.slug}/indicateurs/evolution/"
    browser = client_of(claire)
    with django_assert_num_queries(3 + 6):
        browser.get(url)
    for year in (2016, 2020):
        figures[0].pk = None
        figures[0].period_start = datetime.date(year, 1, 1)
        figures[0].save()
    with django_assert_num_queries(3 + 6):
        page = browser.get(url)

    assert page.context["years"] == [2016, 2017, 2018, 2019, 2020]


def test_a_referent_sees_the_own_unit_in_its_own_colour(prefecture, figures, rachid, claire, client_of):
    url = f"/agents/{prefecture.slug}/indicateurs/evolution/{figures[0].indicator.pk}/"

    own = client_of(rachid).get(url).context["trend"]
    every = client_of(claire).get(url).context["trend"]

    assert [unit.short_name for unit, _ in own.rows] == ["Arles"]
    assert own.chart.lines[0].colour == every.chart.lines[1].colour


def test_filters_of_all_indicators(prefecture, figures, arles, claire, client_of):
    url = f"/agents/{prefecture.slug}/indicateurs/evolution/"

    page = client_of(claire).get(url, {"unite": arles.pk})
    none = client_of(claire).get(url, {"theme": "Rien"})

    units = {unit for _, trends in page.context["bands"] for _, rows in trends for unit, _ in rows}
    assert units == {arles}
    assert none.context["filters"].errors


def test_before_the_first_figure_the_page_says_what_to_do(prefecture, claire, client_of):
    page = client_of(claire).get(f"/agents/{prefecture.slug}/indicateurs/evolution/").content.decode()

    assert "Aucun chiffre n’est encore enregistré" in page


def test_an_indicator_without_figures_of_ours_is_not_found(prefecture, elsewhere, claire, client_of):
    theirs = factories.MeasurementFactory(unit=factories.UnitFactory(prefecture=elsewhere))

    url = f"/agents/{prefecture.slug}/indicateurs/evolution/{theirs.indicator.pk}/"

    assert client_of(claire).get(url).status_code == 404
