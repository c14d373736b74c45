"""Notes written, corrected and removed on a page."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from indicators.models import Note
from tests import factories

YEAR = 2018


@pytest.fixture
def note(prefecture, arles, figures):
    return factories.NoteFactory(
        prefecture=prefecture, unit=arles, text="En juin, réponse en 7 jours.", indicator=figures[0].indicator
    )


def address(prefecture, page, *which):
    return reverse(page, args=[prefecture.slug, YEAR, *which])


def test_a_note_is_added_to_a_cell_from_its_page(prefecture, arles, figures, claire, client_of):
    indicator = figures[0].indicator
    browser = client_of(claire)
    url = address(prefecture, "note_new")

    form = browser.get(f"{url}?unite={arles.pk}&indicateur={indicator.pk}").context["form"]
    browser.post(url, {"unit": arles.pk, "indicator": indicator.pk, "text": "Guichet fermé en août."})

    assert (form["unit"].value(), form["indicator"].value()) == (str(arles.pk), str(indicator.pk))
    added = Note.objects.get()
    assert (added.unit, added.indicator, added.year) == (arles, indicator, YEAR)
    assert added.history.get().history_user == claire


def test_a_double_click_adds_a_note_once(prefecture, arles, figures, claire, client_of):
    url, browser = address(prefecture, "note_new"), client_of(claire)

    for unit in (arles.pk, arles.pk, ""):
        added = browser.post(url, {"unit": unit, "indicator": "", "text": "Guichet fermé en août."})

    assert added.status_code == 302
    assert list(Note.objects.order_by("pk").values_list("unit", flat=True)) == [arles.pk, None]


def test_a_note_on_an_indicator_is_marked_on_its_line(prefecture, figures, claire, client_of):
    browser = client_of(claire)
    fields = {"unit": "", "indicator": figures[0].indicator.pk, "text": "Compteur changé en mars."}

    browser.post(address(prefecture, "note_new"), fields)

    board = browser.get(reverse("board", args=[prefecture.slug, YEAR])).context["board"]
    assert [line.notes for line in board.lines] == [(1,), ()]


def test_an_empty_note_is_refused(prefecture, figures, claire, client_of):
    page = client_of(claire).post(address(prefecture, "note_new"), {"text": "  "})

    assert "Écrire la note." in page.content.decode()
    assert not Note.objects.exists()


def test_a_unit_of_another_prefecture_takes_no_note(prefecture, elsewhere, figures, claire, client_of):
    theirs = factories.UnitFactory(prefecture=elsewhere)

    page = client_of(claire).post(address(prefecture, "note_new"), {"unit": theirs.pk, "text": "Chez eux."})

    assert page.status_code == 200
    assert not Note.objects.exists()


def test_a_correction_and_a_removal_are_told_with_who_and_why(prefecture, note, claire, client_of):
    browser = client_of(claire)

    edit = address(prefecture, "note_edit", note.pk)
    browser.post(edit, {"text": "En juillet, réponse en 7 jours.", "version": note.history.latest().pk})
    remove = address(prefecture, "note_remove", note.pk)
    version = note.history.latest().pk
    unexplained = browser.post(remove, {"reason": "", "version": version})
    browser.post(remove, {"reason": "Doublon.", "version": version})

    assert "Indiquer le motif." in unexplained.content.decode()
    events = browser.get(address(prefecture, "notes")).context["events"]
    june, july = "En juin, réponse en 7 jours.", "En juillet, réponse en 7 jours."
    told = [(event.who, event.what.split(",")[0], event.before, event.after, event.why) for event in events]
    assert told == [
        ("Claire Martin", "retirée", july, "", "Doublon."),
        ("Claire Martin", "corrigée", june, july, ""),
        ("l’application", "ajoutée", "", june, ""),
    ]


def test_who_comes_second_sees_both_texts(prefecture, note, claire, client_of):
    seen = note.history.latest().pk
    note.text = "Réponse en 6 jours."
    note.save()
    fields = {"text": "Réponse en 5 jours.", "version": seen}

    conflict = client_of(claire).post(address(prefecture, "note_edit", note.pk), fields)

    text = conflict.content.decode()
    assert conflict.status_code == 409
    assert "Réponse en 6 jours." in text
    assert "Réponse en 5 jours." in text
    note.refresh_from_db()
    assert note.text == "Réponse en 6 jours."


def test_the_hour_of_another_writing_is_that_of_the_prefecture(prefecture, note, claire, client_of):
    prefecture.time_zone = "Indian/Reunion"
    prefecture.save()
    note.save()
    first, second = note.history.order_by("history_id")
    note.history.filter(pk=second.pk).update(history_date=datetime(2019, 3, 5, 21, 30, tzinfo=UTC))
    fields = {"text": "Réponse en 5 jours.", "version": first.pk}

    conflict = client_of(claire).post(address(prefecture, "note_edit", note.pk), fields)

    assert "le 6 mars 2019 à 01:30" in conflict.text


def test_a_referent_reads_the_notes_of_the_own_unit_and_of_all(prefecture, siege, note, rachid, client_of):
    factories.NoteFactory(prefecture=prefecture, unit=siege, text="Au siège.")
    factories.NoteFactory(prefecture=prefecture, text="Partout.")

    page = client_of(rachid).get(address(prefecture, "notes"))

    assert {one.text for one in page.context["notes"]} == {note.text, "Partout."}
    assert "Au siège." not in page.content.decode()


def test_those_who_read_do_not_write(prefecture, note, rachid, helene, ines, client_of):
    for reader in (rachid, helene, ines):
        for page, which in (("note_new", ()), ("note_edit", (note.pk,)), ("note_remove", (note.pk,))):
            assert client_of(reader).get(address(prefecture, page, *which)).status_code == 403
            assert client_of(reader).post(address(prefecture, page, *which)).status_code == 403


def test_a_note_of_another_prefecture_is_not_reached_through_ones_own(
    prefecture, elsewhere, claire, client_of
):
    theirs = factories.NoteFactory(prefecture=elsewhere)

    assert client_of(claire).get(address(prefecture, "note_edit", theirs.pk)).status_code == 404


def test_a_hostile_text_is_shown_as_text(prefecture, note, claire, client_of):
    fields = {"text": "<script>alert(1)</script>", "version": note.history.latest().pk}
    client_of(claire).post(address(prefecture, "note_edit", note.pk), fields)

    page = client_of(claire).get(address(prefecture, "notes")).content.decode()

    assert "<script>alert(1)" not in page
