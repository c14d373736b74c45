"""PDFs that people send: ours, those of an office scanner, broken ones, and those made to harm."""

import io
import time

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from publications import pdf
from sites import inspection
from sites.inspection import Lack, UnsafeError


def blank(*, with_font: bool = True) -> pikepdf.Pdf:
    """A page as an office program prints it: text, and nothing for a screen reader."""
    document = pikepdf.new()
    document.add_blank_page()
    if with_font:
        font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        document.pages[0].Resources = Dictionary(Font=Dictionary(F1=document.make_indirect(font)))
    return document


def written(document: pikepdf.Pdf, **options: object) -> bytes:
    body = io.BytesIO()
    document.save(body, **options)
    return body.getvalue()


def refusal(body: bytes) -> str:
    with pytest.raises(UnsafeError) as refused:
        inspection.inspect(body)
    return str(refused.value)


# --- what everybody can read, and what not -----------------------------------------------------------------


def test_a_document_of_ours_lacks_nothing() -> None:
    body = pdf.write_pdf("<h1>Politique</h1><p>Nous accueillons.</p>", title="Politique de qualité")

    assert inspection.inspect(body) == inspection.Inspection(1, "Politique de qualité", [])


def test_what_an_office_program_prints_lacks_tags_language_and_title() -> None:
    assert inspection.inspect(written(blank())).lacks == ["tags", "language", "title"]


def test_a_scanned_page_has_no_text_at_all() -> None:
    assert inspection.inspect(written(blank(with_font=False))).lacks == ["text", "tags", "language", "title"]


def test_a_tree_of_tags_that_is_not_declared_counts_for_nothing() -> None:
    document = blank()
    document.Root.StructTreeRoot = Dictionary(Type=Name.StructTreeRoot)
    document.Root.MarkInfo = Dictionary(Marked=False)

    assert Lack.TAGS.value in inspection.inspect(written(document)).lacks


def test_a_title_in_the_metadata_is_a_title() -> None:
    document = blank()
    with document.open_metadata() as metadata:
        metadata["dc:title"] = "Synthèse 2018"

    assert inspection.inspect(written(document)).title == "Synthèse 2018"


# --- what is refused ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body", [b"", b"PK\x03\x04 un classeur", b"<html>%PD", b"MZ" + b"\0" * 2000 + b"%PDF-1.7"]
)
def test_another_file_is_no_pdf_whatever_its_name(body: bytes) -> None:
    assert refusal(body) == inspection.NO_PDF


def test_a_file_that_is_cut_is_refused_or_read_to_its_end() -> None:
    assert refusal(b"%PDF-1.7\n") == inspection.BROKEN


def test_a_document_without_a_page_is_refused() -> None:
    assert refusal(written(pikepdf.new())) == inspection.EMPTY


def test_a_document_that_nobody_can_open_is_refused() -> None:
    locked = pikepdf.Encryption(owner="secret", user="secret")

    assert refusal(written(blank(), encryption=locked)) == inspection.LOCKED


def script() -> Dictionary:
    return Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))


def launch() -> Dictionary:
    return Dictionary(S=Name.Launch, F=String("cmd.exe"))


def opens_with(document: pikepdf.Pdf, action: Dictionary) -> None:
    document.Root.OpenAction = action


def is_clicked(document: pikepdf.Pdf, action: Dictionary) -> None:
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 9, 9]), A=action)
    document.pages[0].Annots = Array([document.make_indirect(link)])


def is_named(document: pikepdf.Pdf, action: Dictionary) -> None:
    names = Dictionary(Names=Array([String("a"), document.make_indirect(action)]))
    document.Root.Names = Dictionary(JavaScript=names)


def closes_a_page(document: pikepdf.Pdf, action: Dictionary) -> None:
    document.pages[0].AA = Dictionary(C=action)


def comes_next(document: pikepdf.Pdf, action: Dictionary) -> None:
    document.Root.OpenAction = Dictionary(S=Name.GoTo, D=Array([]), Next=Array([action]))


@pytest.mark.parametrize("action", [script, launch])
@pytest.mark.parametrize("place", [opens_with, is_clicked, is_named, closes_a_page, comes_next])
@pytest.mark.parametrize("is_packed", [False, True], ids=["plain", "packed"])
def test_a_program_is_refused_wherever_it_hides(action, place, is_packed) -> None:
    document = blank()
    place(document, action())
    mode = pikepdf.ObjectStreamMode.generate if is_packed else pikepdf.ObjectStreamMode.disable

    assert refusal(written(document, object_stream_mode=mode)) == inspection.ACTIVE


def test_an_address_that_opens_by_itself_is_refused_and_a_link_is_not() -> None:
    by_itself, on_click = blank(), blank()
    for document, place in ((by_itself, opens_with), (on_click, is_clicked)):
        place(document, Dictionary(S=Name.URI, URI=String("https://www.service-public.gouv.fr")))

    assert refusal(written(by_itself)) == inspection.ACTIVE
    assert inspection.inspect(written(on_click)).pages == 1


def test_a_form_that_runs_is_refused() -> None:
    document = blank()
    document.Root.AcroForm = Dictionary(Fields=Array([]), XFA=String("<xdp/>"))

    assert refusal(written(document)) == inspection.ACTIVE


def test_a_file_inside_is_refused() -> None:
    document = blank()
    document.attachments["facture.xml"] = pikepdf.AttachedFileSpec(document, b"<xml/>")

    assert refusal(written(document)) == inspection.ATTACHED


def test_a_place_for_files_without_a_file_is_no_reason_to_refuse() -> None:
    document = blank()
    document.Root.Names = Dictionary(EmbeddedFiles=Dictionary(Names=Array([])))

    assert inspection.inspect(written(document)).pages == 1


# --- what is made to hang ----------------------------------------------------------------------------------


def test_a_document_nested_without_end_is_refused_soon() -> None:
    nested = b"<<" + b"/A <<" * 60_000 + b">>" * 60_000 + b">>"
    body = b"%PDF-1.7\n1 0 obj\n" + nested + b"\nendobj\ntrailer <</Root 1 0 R>>\n%%EOF"
    started = time.monotonic()

    assert refusal(body) in (inspection.BROKEN, inspection.TOO_HARD, inspection.EMPTY)
    assert time.monotonic() - started < 2 * inspection.SECONDS


def test_pages_that_lead_back_to_themselves_are_refused_soon() -> None:
    document = blank()
    document.Root.Pages.Kids.append(document.Root.Pages)
    started = time.monotonic()

    assert refusal(written(document)) in (inspection.BROKEN, inspection.TOO_HARD)
    assert time.monotonic() - started < 2 * inspection.SECONDS


def test_what_takes_too_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection, "SECONDS", 0)

    assert refusal(written(blank())) == inspection.TOO_HARD


def test_what_takes_too_much_memory_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection, "MEMORY", 8 * 1024**2)

    assert refusal(written(blank())) == inspection.TOO_HARD
