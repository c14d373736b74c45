"""A letter registered by the keyboard alone, and the pages of its case as axe and a telephone see them."""

import pytest
from playwright.sync_api import expect

from complaints.models import Case, Theme
from tests.factories import AdoptionFactory, CaseFactory, DelayRuleFactory

pytestmark = pytest.mark.browser

CASES = "/agents/bouches-du-rhone/affaires/"
PHONE = 320


@pytest.fixture(autouse=True)
def _ten_days(prefecture):
    referentiel = AdoptionFactory(prefecture=prefecture).referentiel
    DelayRuleFactory(referentiel=referentiel, kind="complaint", days=10)


def focused(window):
    """The name of the field that has the keyboard; of a list to choose from, `Window` reads the words."""
    return window.page.evaluate("document.activeElement.name")


def tab_to(window, name):
    """As many Tabs as it takes: a field of a date has one for each of its parts."""
    for _ in range(8):
        window.page.keyboard.press("Tab")
        if focused(window) == name:
            return
    pytest.fail(f"{name}: le clavier n'y vient pas")


def fill(window, **texts):
    for name, text in texts.items():
        tab_to(window, name)
        window.page.keyboard.type(text)


def test_letter_is_registered_by_the_keyboard_alone(basile, accueil, window_of):
    window = window_of(basile)
    window.open(f"{CASES}nouvelle/")
    assert focused(window) == "received_on"
    tab_to(window, "kind")
    window.page.keyboard.type("réc")
    fill(window, name="Dominique Petit")
    tab_to(window, "organisation")
    fill(window, address="1 rue des Essais, 13000 Essaiville")
    for name in ("email", "phone", "place"):
        tab_to(window, name)
    fill(window, subject="Attente au guichet")
    window.page.keyboard.press("Enter")

    expect(window.page.get_by_role("status")).to_contain_text("est enregistrée. Réponse due le")
    assert focused(window) == "channel"
    case = Case.objects.get()
    assert (case.kind, case.channel, case.service) == ("complaint", "letter", accueil)
    assert window.faults == []


def test_pages_of_a_case_hold_on_a_telephone(prefecture, siege, claire, window_of):
    case, window = CaseFactory(unit=siege), window_of(claire)
    Theme.objects.create(prefecture=prefecture, title="Accueil")
    file = f"{CASES}{case.year}/{case.number}/"
    faults = []
    for path in (file, f"{file}suite/repondre/", f"{file}corriger/", f"{CASES}nouvelle/", f"{CASES}themes/"):
        window.open(path)
        for summary in window.page.locator("main details summary").all():
            summary.click()
        faults += [f"{path}: {one}" for one in (*window.axe(), *window.overflow(PHONE), *window.axe())]
        window.page.set_viewport_size({"width": 1280, "height": 800})
    assert "\n".join([*faults, *window.faults]) == ""
