"""The silences and the local targets, with the months of the demo, in a real browser."""

import pytest
from django.urls import reverse

from qualepref.demo import content, months
from referentiel import yearly
from sites.models import Agent
from tests.browser.test_pages import faults_of

pytestmark = pytest.mark.browser


@pytest.fixture
def prefecture(db):
    prefecture = content.load()
    months.enter(prefecture)
    yearly.take_over(prefecture, 2020)
    return prefecture


@pytest.fixture
def window(prefecture, window_of):
    return window_of(Agent.objects.get(email="claire.vasseur@demo.example"))


def test_their_pages_are_accessible_quiet_and_fit_a_phone(prefecture, window):
    istres = prefecture.units.get(short_name="Istres")
    complaints = istres.measurements.filter(indicator__key="reclamations-dans-les-delais").first().indicator
    pages = [
        reverse("silences", args=[prefecture.slug]),
        reverse("silence_explain", args=[prefecture.slug, istres.pk, complaints.pk]),
        reverse("own_targets", args=[prefecture.slug]) + "?annee=2020",
        reverse("own_targets_year", args=[prefecture.slug, 2020]),
    ]

    faults = [fault for page in pages for fault in faults_of(window, page)]

    assert "\n".join(faults) == ""


def test_a_refused_target_is_told_where_it_was_typed(prefecture, window):
    window.open(reverse("own_targets_year", args=[prefecture.slug, 2020]))
    window.page.locator('[name$="-value"]').first.fill("120")
    window.page.get_by_role("button", name="Enregistrer").click()

    said = window.page.get_by_text("Un taux ne dépasse pas 100")
    field = window.page.locator('[name$="-value"]').first
    assert field.input_value() == "120"
    assert said.get_attribute("id") in (field.get_attribute("aria-describedby") or "")
    assert window.axe() == []
