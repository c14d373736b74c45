"""A second préfecture set up from nothing, as the guide says, in two windows: the administrator's and that of
the quality manager whom the préfecture names."""

import pytest
from playwright.sync_api import expect

from sites.models import Membership, Prefecture, Service
from tests.factories import AgentFactory, MembershipFactory

pytestmark = pytest.mark.browser


def fill(page, button, **typed):
    for label, value in typed.items():
        field = page.get_by_label(label.replace("_", " "), exact=False).first
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(label=value)
        else:
            field.fill(value)
    page.get_by_role("button", name=button).click()


def test_a_prefecture_is_set_up_by_following_the_guide(prefecture, paul, window_of):
    window = window_of(paul)
    page = window.page
    window.open("/agents/")
    page.get_by_role("link", name="Voir les préfectures").click()
    page.get_by_role("link", name="Ajouter une préfecture").click()

    fill(page, "Créer la préfecture", Code="99", Nom="Préfecture du Bas-Rhin")
    expect(page.get_by_text("Ce code n’est celui d’aucun département")).to_be_visible()
    expect(page.locator("[name=name]")).to_have_value("Préfecture du Bas-Rhin")
    assert window.axe() == []
    fill(page, "Créer la préfecture", Code="67", Territoire="Bas-Rhin", Intitulé="Préfet du Bas-Rhin")
    expect(page.get_by_text("Invitez sa personne responsable de la qualité.")).to_be_visible()

    created = Prefecture.objects.get(code="67")
    nina = AgentFactory(full_name="Nina Weber")
    MembershipFactory(agent=nina, prefecture=created)
    window = window_of(nina)
    page = window.page
    window.open("/agents/")
    page.get_by_role("link", name="Décrire les unités").click()
    page.get_by_role("link", name="Ajouter une unité").click()
    fill(page, "Ajouter l’unité", Nom="Préfecture", Nom_court="Siège")
    page.get_by_role("link", name="Vue d’ensemble").click()
    page.get_by_role("link", name="Ajouter un site").click()
    fill(page, "Ajouter le site", Nom="Place Broglie")
    page.get_by_role("link", name="Vue d’ensemble").click()
    page.get_by_role("link", name="Ajouter un service").click()
    fill(page, "Ajouter le service", Nom="Direction du numérique", Sigle="DIDSIC")
    page.get_by_role("link", name="Renommer ou déplacer").click()
    fill(
        page,
        "Enregistrer le changement",
        À_partir_du="2021-01-01",
        Nom="Service du numérique",
        Sigle="SINSIC",
    )
    expect(page.get_by_role("heading", level=1)).to_have_text("SINSIC")
    expect(page.get_by_text("Jusqu’au 31 décembre 2020")).to_be_visible()
    assert window.axe() == []
    MembershipFactory(
        prefecture=created, role=Membership.Role.REFERENT, service=Service.objects.get(short_name="SINSIC")
    )

    page.get_by_role("link", name="Organisation").first.click()
    page.get_by_role("link", name="Premiers pas").click()

    expect(page.get_by_text("Étapes faites : 3 sur 7")).to_be_visible()
    expect(page.get_by_role("link", name="Choisir un référentiel")).to_be_visible()
    assert window.axe() == []
    assert window.faults == []


def test_two_windows_on_the_same_unit_lose_nothing(claire, siege, window_of):
    first, second = window_of(claire), window_of(claire)
    url = f"/agents/bouches-du-rhone/organisation/unites/{siege.pk}/"
    first.open(url)
    second.open(url)

    fill(first.page, "Enregistrer", Nom="Préfecture")
    fill(second.page, "Enregistrer", Nom="Siège central")

    expect(second.page.get_by_text("Votre saisie n’est pas encore enregistrée")).to_be_visible()
    expect(second.page.locator("[name=name]")).to_have_value("Siège central")
    assert second.axe() == []
    assert second.overflow(320) == []
    second.page.get_by_role("button", name="Enregistrer").click()
    expect(second.page.get_by_text("est enregistrée.")).to_be_visible()
