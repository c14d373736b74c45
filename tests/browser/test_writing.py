"""The buttons above a typed text, by mouse and by keyboard; nothing of it is needed to write."""

import pytest
from django.urls import reverse

from tests import factories

pytestmark = pytest.mark.browser


@pytest.fixture
def address(prefecture):
    return reverse("bilan_part", args=[prefecture.slug, 2018, "summary"])


def test_the_buttons_put_their_marks_around_and_before_what_is_selected(claire, address, window_of):
    window = window_of(claire)
    window.open(address)
    area = window.page.get_by_label("Texte")

    def press(name):
        window.page.get_by_role("button", name=name, exact=True).click()

    area.fill("Une bonne année")
    area.evaluate("area => area.setSelectionRange(4, 9)")
    press("Gras")
    assert area.input_value() == "Une **bonne** année"

    area.fill("un\ndeux")
    area.evaluate("area => area.setSelectionRange(0, 7)")
    press("Liste")
    assert area.input_value() == "- un\n- deux"

    area.fill("")
    press("Lien")
    assert area.input_value() == "[mots du lien](https://)"
    area.press("Control+z")
    assert area.input_value() == ""
    assert window.faults == []


def test_a_page_with_the_text_of_the_year_before_and_a_preview_is_accessible(
    claire, prefecture, address, window_of
):
    factories.PartFactory(prefecture=prefecture, year=2017, text="## En 2017\n\n- [un site](https://a.test)")
    window = window_of(claire)
    window.open(address)
    window.page.get_by_role("link", name="Reprendre le texte de 2017").click()
    window.page.get_by_role("button", name="Voir l’aperçu").click()
    window.settle()

    assert window.page.get_by_role("heading", name="En 2017").count() == 2
    assert window.axe() == []
    assert window.overflow(320) == []


def test_the_buttons_are_one_stop_of_the_tab_key(claire, address, window_of):
    window = window_of(claire)
    window.open(address)
    window.page.get_by_role("button", name="Gras").focus()

    window.page.keyboard.press("ArrowRight")
    assert window.focused == "Italique"
    window.page.keyboard.press("ArrowLeft")
    window.page.keyboard.press("ArrowLeft")
    assert window.focused == "Lien"
    window.page.keyboard.press("Tab")
    assert window.focused == "text"


def test_without_scripts_the_text_is_typed_previewed_and_saved(claire, address, window_of):
    window = window_of(claire, script=False)
    window.open(address)

    assert not window.page.get_by_role("toolbar").is_visible()
    window.page.get_by_label("Texte").fill("Une **bonne** année")
    window.page.get_by_role("button", name="Voir l’aperçu").click()
    assert window.page.locator("section strong").inner_text() == "bonne"
    window.page.get_by_role("button", name="Enregistrer").click()
    assert "est enregistré" in window.page.content()
