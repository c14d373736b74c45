"""The ways through the shell with the keyboard alone, on a phone, and without script."""

import re

import pytest
from playwright.sync_api import expect

from tests.factories import PASSWORD

pytestmark = pytest.mark.browser

MANY = 25  # Tab keys: more than any page needs to reach its content


def tab_to(window, words):
    """Press Tab until something has the keyboard; on the way, everything that has it shows it."""
    window.settle()
    passed = []
    for _ in range(MANY):
        window.page.keyboard.press("Tab")
        style = window.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        passed.append(window.focused)
        assert style == "solid", f"{window.focused} does not show that it has the keyboard"
        if window.focused == words:
            return passed
    raise AssertionError(f"{words} is not reached: {passed}")


def test_from_the_skip_link_to_signing_in_to_the_menu_to_signing_out(claire, window_of):
    window = window_of(None)
    page = window.page

    window.open("/agents/")
    assert tab_to(window, "Contenu") == ["Contenu"]
    page.keyboard.press("Enter")
    assert tab_to(window, "username") == ["username"]
    page.keyboard.type(claire.email)
    assert tab_to(window, "password") == ["password"]
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("À faire")

    assert tab_to(window, "Menu") == ["Contenu", "Menu"]
    page.keyboard.press("Enter")
    assert tab_to(window, "Espace Qualité") == [
        "À faire",
        "Indicateurs",
        "Courriers, courriels et réclamations",
        "Amélioration",
        "Espace Qualité",
    ]
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/espace-qualite/$"))

    tab_to(window, "Se déconnecter")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Se connecter")
    expect(page.get_by_role("status")).to_have_text("Vous êtes déconnecté.")


def test_the_skip_links_land_where_they_say(claire, window_of):
    window = window_of(claire)

    for link, target in (("Contenu", "contenu"), ("Menu", "navigation"), ("Pied de page", "pied-de-page")):
        window.open("/agents/")
        tab_to(window, link)
        window.page.keyboard.press("Enter")
        assert window.page.evaluate("document.activeElement.id") == target


def test_the_menu_of_a_phone_opens_holds_the_keyboard_and_closes(claire, window_of):
    window = window_of(claire, width=320)
    window.open("/agents/")
    menu, entry = window.page.locator("#menu"), window.page.get_by_role("link", name="Espace Qualité")

    expect(entry).to_be_hidden()
    tab_to(window, "Menu")  # the skip link
    window.page.keyboard.press("Enter")
    assert window.page.evaluate("document.activeElement.id") == "bouton-menu"
    window.page.keyboard.press("Enter")
    expect(entry).to_be_visible()
    expect(window.page.get_by_role("dialog", name="Menu")).to_be_visible()
    assert window.axe() == []
    for _ in range(10):
        window.page.keyboard.press("Tab")
        assert menu.evaluate("menu => menu.contains(document.activeElement)")
    window.page.keyboard.press("Escape")

    expect(entry).to_be_hidden()


def test_one_signs_out_from_the_menu_of_a_phone(claire, window_of):
    window = window_of(claire, width=320)
    window.open("/agents/")

    window.page.locator("#bouton-menu").click()
    window.page.locator("#menu").get_by_role("button", name="Se déconnecter").click()

    expect(window.page.get_by_role("heading", level=1)).to_have_text("Se connecter")


@pytest.mark.parametrize("width", [1280, 320])
def test_everything_is_reached_without_script(width, claire, window_of):
    window = window_of(None, width=width, script=False)
    page = window.page

    window.open("/agents/")
    page.get_by_label("Adresse électronique").fill(claire.email)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    page.get_by_role("navigation", name="Menu principal").get_by_role("link", name="Espace Qualité").click()
    expect(page).to_have_url(re.compile("/espace-qualite/$"))
    assert window.overflow(width) == []
    page.get_by_role("navigation", name="Vous êtes ici").get_by_role("link", name="À faire").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("À faire")
    page.get_by_role("button", name="Se déconnecter").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Se connecter")
