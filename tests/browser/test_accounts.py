"""The states of account pages that the access matrix does not reach: a code expected, codes, errors."""

import re
import time
from binascii import unhexlify

import pytest
from django_otp.oath import TOTP
from playwright.sync_api import expect

from sites import accounts, passwords, second_factor
from tests.factories import PASSWORD

pytestmark = pytest.mark.browser

PHONE = 320


def code_of(key):
    clock = TOTP(unhexlify(key))
    clock.time = time.time()
    return f"{clock.token():06}"


def faults_of(window, name):
    """What axe finds in the page as it is, wide and on a phone, and what scrolls sideways there."""
    found = [*window.faults, *window.axe(), *window.overflow(PHONE), *window.axe()]
    window.faults.clear()
    window.page.set_viewport_size({"width": 1280, "height": 800})
    return [f"{name}: {fault}" for fault in found]


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_signing_in_with_a_code_then_printing_new_ones(claire, window_of, script):
    key = second_factor.new_key()
    printed = accounts.enrol(claire, key, second_factor.matches(key, code_of(key)))
    window = window_of(None, script=script)
    page = window.page

    window.open("/agents/")
    page.get_by_label("Adresse électronique").fill(claire.email)
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Code de connexion")
    faults = faults_of(window, "code") if script else []
    page.get_by_label("Code").fill("AAAA-AAAA-AAAA")
    page.keyboard.press("Enter")
    expect(page).to_have_title("Erreur\xa0: Code de connexion — Qualepref")
    faults += faults_of(window, "code, error") if script else []
    time.sleep(1.1)  # the wait after a first wrong code
    page.get_by_label("Code").fill(printed[0])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("À faire")

    window.open("/agents/compte/second-facteur/codes-de-secours/")
    page.get_by_label("Votre mot de passe actuel").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("listitem").filter(has=page.locator("code"))).to_have_count(10)
    faults += faults_of(window, "recovery codes") if script else []

    assert "\n".join(faults) == ""


def test_taking_a_telephone_choosing_a_password_and_a_form_full_of_errors(claire, helene, window_of):
    window, visitor = window_of(claire), window_of(None)

    window.open("/agents/compte/second-facteur/")
    expect(window.page.get_by_role("img", name="Code QR à scanner")).to_be_visible()
    faults = faults_of(window, "telephone")
    window.page.get_by_label("Code affiché par l’application").fill("12")
    window.page.keyboard.press("Enter")
    expect(window.page).to_have_title(re.compile("^Erreur"))
    faults += faults_of(window, "telephone, error")

    visitor.open(f"/connexion/choisir/{passwords.token_for(helene, passwords.Link.RESET)}/")
    faults += faults_of(visitor, "password")
    visitor.page.get_by_label("Nouveau mot de passe").fill("court")
    visitor.page.keyboard.press("Enter")
    expect(visitor.page).to_have_title(re.compile("^Erreur"))
    faults += faults_of(visitor, "password, error")

    window.open("/agents/bouches-du-rhone/organisation/agents/inviter/")
    window.page.get_by_role("button", name="Envoyer l’invitation").click()
    expect(window.page).to_have_title(re.compile("^Erreur"))
    faults += faults_of(window, "invitation, error")

    assert "\n".join(faults) == ""
