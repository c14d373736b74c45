"""The pages of a figure and of its evolution, as the printed table of 2018 fills them, in a real browser."""

import pytest

from indicators import collection
from indicators.collection import Cell, Entry
from indicators.models import Measurement
from qualepref.demo import content
from tests import factories
from tests.browser.test_pages import faults_of

pytestmark = pytest.mark.browser


@pytest.fixture
def prefecture(db):
    return content.load()


@pytest.fixture
def cell(prefecture):
    row = Measurement.objects.filter(period_start__year=2018, target_comparator__gt="").earliest("pk")
    return Cell(row.unit, row.indicator, 2018)


def test_its_pages_are_accessible_quiet_and_fit_a_phone(cell, claire, window_of):
    collection.write(cell, Entry(12, 13, reason="Recompté."), seen=cell.version, by=claire)
    factories.NoteFactory(prefecture=cell.prefecture, unit=cell.unit, indicator=cell.indicator)
    indicators = f"/agents/{cell.prefecture.slug}/indicateurs"
    figure = f"{indicators}/2018/{cell.unit.pk}/{cell.indicator.pk}/"
    pages = [
        *(
            figure,
            f"{figure}chiffre/",
            f"{figure}objectif/",
            f"{figure}retirer/",
            f"{indicators}/2018/notes/",
        ),
        *(f"{indicators}/2018/?resultat=missed", f"{indicators}/evolution/{cell.indicator.pk}/"),
    ]
    window = window_of(claire)

    faults = [fault for page in pages for fault in faults_of(window, page)]

    assert "\n".join(faults) == ""


def test_only_the_fields_that_an_answer_asks_for_are_shown(cell, claire, window_of):
    window = window_of(claire)
    window.open(
        f"/agents/{cell.prefecture.slug}/indicateurs/2018/{cell.unit.pk}/{cell.indicator.pk}/chiffre/"
    )

    shown = {}
    for kind in ("pair", "value", "nothing", "unmeasured"):
        window.page.check(f'[name="kind"][value="{kind}"]', force=True)
        names = ("numerator", "denominator", "value", "reason")
        shown[kind] = [name for name in names if window.page.is_visible(f'[name="{name}"]')]

    assert shown == {
        "pair": ["numerator", "denominator", "reason"],
        "value": ["value", "reason"],
        "nothing": ["reason"],
        "unmeasured": ["reason"],
    }


def test_a_refused_figure_says_so_to_everybody(cell, claire, window_of):
    window = window_of(claire)
    url = f"/agents/{cell.prefecture.slug}/indicateurs/2018/{cell.unit.pk}/{cell.indicator.pk}/chiffre/"
    window.open(url)
    window.page.check('[name="kind"][value="pair"]', force=True)
    window.page.fill('[name="numerator"]', "14")
    window.page.fill('[name="denominator"]', "13")
    window.page.click('main button[type="submit"]')
    window.settle()

    assert window.page.title().startswith("Erreur")
    assert window.page.input_value('[name="numerator"]') == "14"
    assert [*window.faults, *window.axe()] == []
