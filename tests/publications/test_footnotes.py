"""What stayed out of a year is said in its bilan, and stays said there."""

import datetime
import io

import pypdf
import pytest
from django.urls import reverse

from indicators.models import Measurement
from publications import bilan as contents
from publications import pdf, publish
from tests import factories
from tests.indicators.monthly import MARCH, Monthly

SUSPENDED = (
    "Suivi suspendu de mars\xa02020 à juin\xa02020 (toute la préfecture, décision du 17/03/2020)"
    "\xa0: Crise sanitaire."
)
RESERVED = "Titres, février\xa02020, sous réserve\xa0: compteur en panne"


@pytest.fixture
def world(db):
    """January and July 2020 count: 9 of 10 and 3 of 10."""
    world = Monthly()
    figures = [(1, 0, 9, ""), (2, 1, None, "compteur en panne"), (3, 0, 1, ""), (7, 0, 3, "")]
    for month, service, numerator, reserve in figures:
        factories.MonthFactory(
            service=world.services[service],
            indicator=world.rate,
            year=2020,
            month=month,
            numerator=numerator,
            denominator=None if numerator is None else 10,
            reserve=reserve,
        )
    world.suspend(MARCH, datetime.date(2020, 6, 1), decided_on=datetime.date(2020, 3, 17))
    return world


@pytest.fixture
def bilan(world):
    for section in ("summary", "complaints", "digital_points", "actions", "outlook"):
        factories.PartFactory(prefecture=world.prefecture, year=2020, section=section, text="Une phrase.")
    return publish.freeze(world.prefecture, 2020, by=world.manager)


def rate_of(data):
    return next(line["cells"][0] for line in data["bands"][0]["lines"] if line["key"] == "taux")


def plain(text):
    return " ".join(text.replace("\xa0", " ").replace("’", "'").split())


def test_the_signed_text_says_what_stayed_out_and_which_months_count(bilan):
    notes = {note["text"]: note["number"] for note in bilan.data["notes"]}
    cell = rate_of(bilan.data)

    assert set(notes) == {SUSPENDED, RESERVED}
    assert cell["notes"] == [notes[RESERVED]]
    assert (cell["base_label"], cell["months_label"]) == ("12 sur 20", "janvier, juillet")
    assert cell["months"] == [1, 7]


def test_its_page_and_its_pdf_say_the_same(bilan, world, client_of):
    url = reverse("bilan_edition", args=[world.prefecture.slug, 2020, 1])
    page = plain(client_of(world.manager).get(url).content.decode().replace("&nbsp;", " "))
    document = pypdf.PdfReader(io.BytesIO(pdf.render(bilan)))
    printed = plain(" ".join(sheet.extract_text() for sheet in document.pages))

    for text in (SUSPENDED, RESERVED, "janvier, juillet"):
        assert plain(text) in page
        assert plain(text) in printed


def test_a_late_correction_changes_the_next_bilan_and_not_the_signed_one(bilan, world):
    signed = bilan.content
    Measurement.objects.filter(first_month=7).update(numerator=8)

    bilan.refresh_from_db()

    assert bilan.content == signed
    assert rate_of(bilan.data)["base_label"] == "12 sur 20"
    again = contents.assemble(world.prefecture, 2020)
    cells = {line.key: line.cells[0] for band in again.bands for line in band.lines}
    assert cells["taux"].base_label == "17 sur 20"
