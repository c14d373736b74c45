"""Periods, months, what directions read and the flash info, in a real browser: with figures, and on paper."""

import datetime
import io

import pypdf
import pytest
from django.urls import reverse

from indicators import remarks, returns
from indicators.periods import Period
from publications import flash as flashes
from tests import factories
from tests.indicators.monthly import MARCH, Monthly

pytestmark = pytest.mark.browser

PAPER = 1047  # pixels of a landscape A4 between its margins


@pytest.fixture
def world(db):
    """2019 and 2020 of two services: months missing, suspended and under reserve, a note, a target missed; a
    flash info of March and its correction."""
    world = Monthly()
    factories.TargetFactory(indicator=world.rate, value=90)
    for year in (2019, 2020):
        for month in (1, 2, 3, 6, 9):
            factories.MonthFactory(
                service=world.services[month % 2],
                indicator=world.rate,
                year=year,
                month=month,
                numerator=80 + month,
                comment="Un guichet de plus." if month == 1 else "",
                reserve="compteur en panne" if (year, month) == (2020, 6) else "",
            )
    world.suspend(datetime.date(2020, 4, 1), datetime.date(2020, 5, 1))
    returns.close(world.prefecture, MARCH, world.services, by=world.manager)
    remarks.write(remarks.of(world.prefecture, MARCH), text="Deux absents.", seen=0, by=world.manager)
    for correction in ("", "Le mot du mois manquait."):
        read = flashes.assemble(world.prefecture, MARCH).sha256
        flashes.publish(world.prefecture, MARCH, by=world.manager, read=read, correction=correction)
        held = remarks.of(world.prefecture, MARCH)
        remarks.write(held, text="Deux absents en mars.", seen=held.version, by=world.manager)
    factories.ActionFactory(prefecture=world.prefecture, owner=world.manager)
    return world


def addresses(world):
    quarter, cell = Period.parse("2020-T1"), (world.unit.pk, world.rate.pk)
    own = world.prefecture.slug
    return {
        name: reverse(route, args=[own, *values])
        for name, route, values in [
            ("board", "board_period", [quarter]),
            ("year", "figure", [2020, *cell]),
            ("quarter", "figure_period", [quarter, *cell]),
            ("month", "figure_period", [Period.parse("2020-02"), *cell]),
            ("comparison", "comparison_year", [2020, world.rate.pk]),
            ("direction", "direction", ["2020-03"]),
            ("remark", "remark", ["2020-03"]),
            ("point", "weekly_point", []),
            ("flashes", "flashes", []),
            ("flash", "flash", ["2020-03"]),
            ("former flash", "flash_edition", ["2020-03", 1]),
            ("flash to come", "flash_prepare", ["2020-03"]),
        ]
    }


def test_pages_with_months_are_accessible_quiet_and_fit_a_phone(world, window_of):
    window = window_of(world.manager)

    faults = []
    for name, url in addresses(world).items():
        window.faults.clear()
        window.page.set_viewport_size({"width": 1280, "height": 800})
        window.open(url)
        found = [*window.faults, *window.axe(), *window.overflow(640), *window.overflow(320), *window.axe()]
        faults += [f"{name}: {fault}" for fault in found]

    assert "\n".join(faults) == ""


@pytest.mark.parametrize("name", ["direction", "point", "flash"])
def test_what_directions_read_is_one_sheet_of_paper(world, window_of, name):
    window = window_of(world.manager)
    window.open(addresses(world)[name])

    paper = pypdf.PdfReader(io.BytesIO(window.page.pdf(prefer_css_page_size=True)))

    assert len(paper.pages) == 1
    box = paper.pages[0].mediabox
    assert (round(box.width), round(box.height)) == (595, 842)
    assert "Mon compte" not in paper.pages[0].extract_text()


@pytest.mark.parametrize(
    ("route", "values", "query"),
    [
        ("board", [2020], ""),
        ("completeness", [], "?annee=2020"),
        ("entry_month", ["Accueil", "2020-03"], ""),
    ],
)
def test_a_printed_table_has_all_its_columns_and_no_menu(world, window_of, route, values, query):
    for place in range(3):
        factories.UnitFactory(prefecture=world.prefecture, position=place, short_name=f"Unité {place}")
    values = [world.services[0].pk if value == "Accueil" else value for value in values]
    window = window_of(world.manager)
    window.page.set_viewport_size({"width": PAPER, "height": 720})
    window.page.emulate_media(media="print")
    window.open(reverse(route, args=[world.prefecture.slug, *values]) + query)

    right = "Math.max(...[...document.querySelectorAll('main td')].map(e => e.getBoundingClientRect().right))"
    assert window.page.evaluate(right) <= PAPER
    assert not window.page.is_visible("#navigation")
    assert not window.page.is_visible("footer")


def test_a_period_is_chosen_without_a_script(world, window_of):
    window = window_of(world.manager)
    window.open(reverse("board", args=[world.prefecture.slug, 2020]))
    window.page.select_option('[name="partie"]', "T1")
    window.page.click(".periods button")
    window.settle()

    assert window.page.inner_text("h1") == "Tableau de bord 1er trimestre\xa02020"
    assert window.page.input_value('[name="partie"]') == "T1"
