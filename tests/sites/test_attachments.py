"""Files that agents join: told by their content, made harmless or refused."""

import io
import zipfile

import pytest
from PIL import Image

from sites import attachments
from sites.attachments import KINDS, UnsafeError, inspect
from tests.sites.test_inspection import blank, opens_with, script, written


def image(kind, size=(40, 20), **options):
    drawn = io.BytesIO()
    Image.new("RGB", size, "navy").save(drawn, kind, **options)
    return drawn.getvalue()


def packed(parts):
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return body.getvalue()


def odf(kind, **parts):
    return packed({"mimetype": KINDS[kind][1], "META-INF/manifest.xml": "<manifest/>"} | parts)


def ooxml(kind, **parts):
    types = f'<Types><Override ContentType="{KINDS[kind][1]}.main+xml"/></Types>'
    return packed({"[Content_Types].xml": types} | parts)


@pytest.mark.parametrize(
    ("body", "extension"),
    [
        (image("PNG"), "png"),
        (image("JPEG"), "jpg"),
        *((odf(kind), kind) for kind in ("odt", "ods", "odp")),
        *((ooxml(kind), kind) for kind in ("docx", "xlsx", "pptx")),
    ],
)
def test_a_file_is_what_it_holds(body, extension):
    assert inspect(body).extension == extension


def test_a_pdf_is_kept_as_it_came():
    body = written(blank())

    assert inspect(body) == attachments.Attachment("pdf", body)


def test_a_pdf_with_a_program_is_refused():
    hostile = blank()
    opens_with(hostile, script())

    with pytest.raises(UnsafeError, match="contient un programme"):
        inspect(written(hostile))


def test_an_image_loses_its_place_and_what_was_hidden_behind_it():
    where = Image.Exif()
    where[0x010E] = "au domicile de"
    where[0x0112] = 6  # the camera was held upright
    body = image("JPEG", exif=where) + b"<script>alert(1)</script>"

    kept = inspect(body).body

    assert b"domicile" not in kept
    assert b"script" not in kept
    with Image.open(io.BytesIO(kept)) as drawn:
        assert drawn.size == (20, 40)
        assert not drawn.getexif()


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "ni un PDF, ni une image"),
        (b"<html><script>alert(1)</script></html>", "ni un PDF, ni une image"),
        (b"MZ\x90\x00", "ni un PDF, ni une image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "ni un PDF, ni une image"),
        (packed({"a.exe": "MZ"}), "ni un PDF, ni une image"),
        (packed({"mimetype": "application/x-evil"}), "ni un PDF, ni une image"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 50, "abîmé"),
        (image("JPEG")[:200], "abîmé"),
        (b"PK\x03\x04" + b"x" * 50, "abîmé"),
        (b"\xd0\xcf\x11\xe0" + b"x" * 50, "d’avant 2007"),
        (ooxml("docx", **{"word/vbaProject.bin": "x"}), "macro"),
        (ooxml("xlsx", **{"xl/activeX/a.xml": "x"}), "macro"),
        (odf("odt", **{"Basic/Standard/m.xml": "x"}), "macro"),
        (odf("ods", **{"META-INF/manifest.xml": "<encryption-data/>"}), "mot de passe"),
        (ooxml("docx", **{"word/media/big": "0" * (attachments.UNPACKED + 1)}), "dépasse 10"),
        (b"0" * (attachments.LARGEST + 1), "dépasse 10"),
    ],
)
def test_what_is_not_accepted_is_refused_with_what_to_do(body, sentence):
    with pytest.raises(UnsafeError, match=sentence):
        inspect(body)


def test_an_image_of_too_many_points_is_refused_before_it_is_drawn(monkeypatch):
    monkeypatch.setattr(attachments, "PIXELS", 799)

    with pytest.raises(UnsafeError, match="trop grande"):
        inspect(image("PNG"))
