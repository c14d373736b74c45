"""A letter registered by the keyboard alone, and the pages of its case as axe and a telephone see them."""

from datetime import date

import pytest
from playwright.sync_api import expect

from complaints import keeping, worklists
from complaints.models import Case, Theme
from indicators.models import EntrySchedule
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


def test_lists_rates_and_gaps_hold_on_a_telephone_and_lose_nothing(
    prefecture, siege, accueil, claire, window_of
):
    """Each row of a list is stacked there: its table does not scroll sideways either."""
    received = {"unit": siege, "received_on": date(2020, 3, 2), "due_on": date(2020, 3, 9), "allowed_days": 5}
    CaseFactory(service=accueil, number=1, subject="Une attente sans fin au guichet des titres", **received)
    CaseFactory(number=2, **received)
    keeping.keep(claire, prefecture, "Retards de mon unité", worklists.LATE, {"unit": str(siege.pk)})
    EntrySchedule.objects.create(
        prefecture=prefecture, first_month=date(2020, 1, 1), due_after=5, register_since=date(2020, 1, 1)
    )
    rates = CASES.replace("affaires/", "indicateurs/registre")
    window, faults = window_of(claire), []
    for path in (
        *(f"{CASES}liste/{each.slug}/" for each in worklists.WORKLISTS),
        *(f"{CASES}?q=rien", f"{CASES}confier/", f"{CASES}vues/", f"{CASES}recalculees/"),
        *(f"{rates}/taux/?annee=2020", f"{rates}/rapprocher/?annee=2020"),
    ):
        window.open(path)
        for summary in window.page.locator("main details summary").all():
            summary.click()
        faults += [f"{path}: {one}" for one in (*window.axe(), *window.overflow(PHONE), *window.axe())]
        window.page.set_viewport_size({"width": 1280, "height": 800})

    assert "\n".join([*faults, *window.faults]) == ""
    window.page.set_viewport_size({"width": PHONE, "height": 800})
    window.open(f"{CASES}liste/en-retard/")
    box = window.page.locator(".list .fr-table__container")
    assert box.evaluate("box => box.scrollWidth <= box.clientWidth")
    row = window.page.get_by_role("row", name="2020-0001")
    expect(row).to_contain_text("Une attente sans fin au guichet des titres")
    window.page.get_by_role("link", name="Échéance").click()
    expect(window.page.get_by_role("columnheader", name="Échéance")).to_have_attribute(
        "aria-sort", "descending"
    )


def test_paper_shows_what_a_page_says_and_cuts_no_table(siege, accueil, claire, window_of):
    received = {"received_on": date(2020, 3, 2), "due_on": date(2020, 3, 9), "allowed_days": 5}
    case = CaseFactory(unit=siege, service=accueil, **received)
    window = window_of(claire, width=1032)  # a sheet of A4 in landscape, less its margins
    window.page.emulate_media(media="print")
    for path in (CASES, CASES.replace("affaires/", "indicateurs/registre/taux/?annee=2020")):
        window.open(path)
        expect(window.page.get_by_role("columnheader", name="Choisir")).to_be_hidden()
        expect(window.page.get_by_text("1 ligne", exact=True)).to_be_visible()
        for clicked in (".beside", ".tabs", ".exports", ".bulk", ".fr-footer"):
            for one in window.page.locator(clicked).all():
                expect(one).to_be_hidden()
        edge = "cells => Math.max(...cells.map(cell => cell.getBoundingClientRect().right))"
        assert window.page.locator(".list th").evaluate_all(edge) <= 1032

    window.open(f"{CASES}{case.year}/{case.number}/")
    expect(window.page.get_by_role("heading", name=case.subject)).to_be_visible()
    expect(window.page.get_by_role("link", name="Noter la réponse")).to_be_hidden()


def test_ticked_cases_are_given_by_the_keyboard_alone(siege, accueil, claire, window_of):
    CaseFactory(unit=siege, number=1)
    window = window_of(claire)
    window.open(CASES)
    window.page.get_by_role("checkbox", name="Choisir n°").focus()
    window.page.keyboard.press("Space")
    window.page.get_by_role("button", name="Confier les affaires cochées").focus()
    window.page.keyboard.press("Enter")
    window.page.wait_for_url("**/confier/**")
    window.page.get_by_label("Confier à").focus()
    window.page.keyboard.type("Bureau de l")
    tab_to(window, "remark")
    window.page.keyboard.press("Tab")
    window.page.keyboard.press("Enter")

    expect(window.page.get_by_role("status").first).to_contain_text("Une affaire est confiée à")
    assert Case.objects.get().service == accueil


def test_step_sent_by_a_double_click_lands_on_its_case(siege, claire, window_of):
    case, window = CaseFactory(unit=siege), window_of(claire)
    window.open(f"{CASES}{case.year}/{case.number}/suite/repondre/")
    window.page.get_by_role("button", name="Noter la réponse").dblclick()

    expect(window.page.get_by_role("heading", level=1)).to_have_text(case.subject)
    expect(window.page.get_by_role("heading", level=2).first).to_contain_text("Répondue le")
    assert case.events.filter(kind="answered").count() == 1
