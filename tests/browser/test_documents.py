"""A document on its way to the public, in a real browser without script, and with the keyboard."""

import pytest
from playwright.sync_api import expect

from publications import pdf

pytestmark = pytest.mark.browser

HERE = "/agents/bouches-du-rhone/espace-qualite/"


@pytest.fixture(scope="module")
def policy(tmp_path_factory):
    path = tmp_path_factory.mktemp("sent") / "politique.pdf"
    path.write_bytes(pdf.write_pdf("<h1>Politique</h1><p>Nous accueillons.</p>", title="Politique"))
    return path


@pytest.mark.parametrize("width", [1280, 320])
def test_from_the_file_to_the_visitor_without_script(width, claire, policy, window_of):
    window = window_of(claire, width=width, script=False)
    page = window.page

    window.open(HERE)
    page.get_by_role("link", name="Déposer un document").click()
    page.get_by_role("button", name="Déposer et relire").click()
    expect(page.get_by_text("Choisir le fichier PDF.")).to_be_visible()
    expect(page.get_by_text("Écrire le titre du document.")).to_be_visible()
    assert window.overflow(width) == []
    page.get_by_label("Fichier PDF").set_input_files(policy)
    page.get_by_label("Rubrique").select_option(label="Politique de qualité")
    page.get_by_label("Titre").fill("Politique de qualité 2021")
    page.get_by_label("Date du document").fill("2021-01-15")
    page.get_by_role("button", name="Déposer et relire").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Politique de qualité 2021")
    page.get_by_role("button", name="Publier ce document").click()
    expect(page.get_by_role("status")).to_have_text("Le document est publié\xa0: chacun peut le lire.")

    visitor = window_of(None, width=width, script=False)
    visitor.open("/bouches-du-rhone/")
    visitor.page.get_by_role("link", name="Politique de qualité", exact=True).click()
    expect(visitor.page.get_by_role("link", name="Politique de qualité 2021")).to_be_visible()
    assert visitor.page.context.cookies() == []


def test_pages_that_ask_again_are_accessible(claire, shelved, window_of):
    """The form with its errors, and the page of who comes second."""
    window = window_of(claire)
    other = window_of(claire)
    faults = []

    window.open(HERE + "documents/deposer/")
    window.page.get_by_role("button", name="Déposer et relire").click()
    window.settle()
    faults += window.axe()
    for each in (window, other):
        each.open(HERE + "documents/2/corriger/")
    for each, title in ((other, "Politique, relue"), (window, "Notre politique")):
        each.page.get_by_label("Titre").fill(title)
        each.page.get_by_role("button", name="Enregistrer").click()
        each.settle()
    expect(window.page.get_by_role("alert")).to_contain_text("Votre saisie n’est pas encore enregistrée")
    expect(window.page.get_by_label("Titre")).to_have_value("Notre politique")
    faults += window.axe()
    for width in (640, 320):
        faults += window.overflow(width)

    assert "\n".join(faults) == ""
