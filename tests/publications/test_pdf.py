"""The bilan of 2018 on paper: its structure read back cell by cell, what it refuses, and what it costs."""

import dataclasses
import datetime
import hashlib
import io
import json
import os
import re
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pdfua
import pikepdf
import pypdf
import pytest
from django.db import transaction

from publications import bilan as contents
from publications import pdf, reading, richtext, weasy
from publications.bilan import Content
from publications.models import Bilan
from qualepref.demo import content as demo
from sites.models import Prefecture

pytestmark = pytest.mark.django_db  # for the content of 2018 alone; no document asks the database

Data = dict[str, Any]

MM = 72 / 25.4


# --- The document of 2018, made once -----------------------------------------------------------------------


@pytest.fixture(scope="session")
def content_2018(django_db_setup: None, django_db_blocker: Any) -> Content:
    """The real figures of 2018, as the demonstration loads them."""
    with django_db_blocker.unblock(), transaction.atomic():
        content = contents.assemble(demo.load(), demo.YEAR)
        transaction.set_rollback(True)
    return content


def bilan_of(content: Content, **changes: Any) -> Bilan:
    """A bilan with this content, which no table keeps."""
    text = content.as_text()
    return Bilan(
        prefecture=Prefecture(time_zone="Europe/Paris"),
        year=content.year,
        content=text,
        sha256=contents.hash_of(text),
        frozen_at=datetime.datetime(2019, 2, 28, 23, 30, tzinfo=datetime.UTC),
        **{"edition": 1, **changes},
    )


@pytest.fixture(scope="session")
def body(content_2018: Content) -> bytes:
    return pdf.render(bilan_of(content_2018))


@pytest.fixture(scope="session")
def document(body: bytes) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(body))


@pytest.fixture(scope="session")
def pages(body: bytes) -> list[str]:
    return texts_of(body)


def texts_of(body: bytes) -> list[str]:
    """The text of each page, with ordinary spaces and without hyphenation."""
    return [plain(page.extract_text()) for page in pypdf.PdfReader(io.BytesIO(body)).pages]


def plain(text: str) -> str:
    return " ".join(text.replace("\N{ZERO WIDTH SPACE}", "").split())


def with_parts(content: Content, text: str) -> Content:
    parts = [{**part, "text": text, "html": richtext.to_html(text)} for part in content.parts]
    return dataclasses.replace(content, parts=parts)


# --- Reading a tagged PDF ----------------------------------------------------------------------------------


def elements(node: Any, tag: str) -> Iterator[Any]:
    """The structure elements of a tag below a node, in the order of reading."""
    for child in node.get("/K", []):
        if isinstance(child, pikepdf.Dictionary) and "/S" in child:
            if str(child.S) == f"/{tag}":
                yield child
            yield from elements(child, tag)


def all_of(document: pikepdf.Pdf, tag: str) -> list[Any]:
    return list(elements(document.Root.StructTreeRoot.K[0], tag))


def marked_texts(page: pikepdf.Page) -> dict[int, str]:
    """mcid → the text that is drawn under it."""
    fonts = {name: unicode_of(font) for name, font in page.obj.Resources.Font.items()}
    texts: dict[int, str] = {}
    mcid, font = -1, {}
    for operands, operator in pikepdf.parse_content_stream(page):
        match str(operator):
            case "BDC":
                mcid = (
                    int(operands[1].get("/MCID", -1)) if isinstance(operands[1], pikepdf.Dictionary) else -1
                )
            case "EMC":
                mcid = -1
            case "Tf":
                font = fonts[str(operands[0])]
            case "Tj" | "TJ":
                runs = operands[0] if str(operator) == "TJ" else [operands[0]]
                drawn = b"".join(bytes(run) for run in runs if isinstance(run, pikepdf.String))
                codes = [drawn[at : at + 2] for at in range(0, len(drawn), 2)]
                texts[mcid] = texts.get(mcid, "") + "".join(font.get(code, "") for code in codes)
    return texts


def unicode_of(font: Any) -> dict[bytes, str]:
    """glyph → text, from a font's ToUnicode map as WeasyPrint writes it."""
    pairs = re.findall(rb"<([0-9a-fA-F]+)> <([0-9a-fA-F]+)>", font.ToUnicode.read_bytes())
    return {
        bytes.fromhex(code.decode()): bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in pairs
    }


class Reader:
    """The text below a structure element."""

    def __init__(self, document: pikepdf.Pdf) -> None:
        self.texts = {page.obj.objgen: marked_texts(page) for page in document.pages}

    def text(self, node: Any) -> str:
        return plain(" ".join(self._runs(node)))

    def _runs(self, node: Any) -> Iterator[str]:
        for child in node.get("/K", []):
            if isinstance(child, int):
                yield self.texts[node.Pg.objgen].get(child, "")
            elif "/S" in child:
                yield from self._runs(child)

    def rows(self, table: Any) -> list[list[str]]:
        """The rows of the body of a table."""
        return [
            [self.text(cell) for cell in row.K]
            for part in elements(table, "TBody")
            for row in elements(part, "TR")
        ]


@pytest.fixture(scope="session")
def reader(document: pikepdf.Pdf) -> Reader:
    return Reader(document)


# --- What is printed ---------------------------------------------------------------------------------------


def test_every_cell_of_the_2018_tables_is_printed_in_its_place(
    content_2018: Content, document: pikepdf.Pdf, reader: Reader
) -> None:
    data = content_2018.as_data()
    landscape = {page.obj.objgen for page in document.pages if page.mediabox[2] > page.mediabox[3]}

    results = [table for table in all_of(document, "Table") if table.Pg.objgen in landscape]

    printed = [[unbroken(text) for text in row] for table in results for row in reader.rows(table)]
    assert printed == list(rows_of(data))
    assert len(results) == len(data["bands"])


def rows_of(data: Data) -> Iterator[list[str]]:
    """The rows of the tables of the themes, as the content says them."""
    for band in data["bands"]:
        for line in band["lines"]:
            cells = line["cells"]
            targets = {cell["target_label"] for cell in cells if cell["value"] or cell["target_label"]}
            code = f"({line['engagement']})" if line["engagement"] else ""
            one = targets.pop() if len(targets) == 1 else ""
            row = [french(f"{line['title']} {code}"), french(one or ("selon l’unité" if targets else "–"))]
            for cell in cells:
                row += cells_of(cell, shows_target=bool(targets))
            yield row


def unbroken(text: str) -> str:
    """« rendez-vous », also where the line ends after its hyphen."""
    return text.replace("rendez- vous", "rendez-vous")


def cells_of(cell: Data, *, shows_target: bool) -> list[str]:
    words = {"met": "atteint", "missed": "non atteint", "no_target": "", "no_result": ""}
    calls = " ".join(f"({number})" for number in cell["notes"])
    said = [cell["shown_label"], calls, cell["base_label"], cell["months_label"], words[cell["verdict"]]]
    if shows_target and cell["target_label"]:
        said.append(f"objectif {cell['target_label']}")
    previous = cell["previous"]
    then = [previous["shown_label"], words[previous["verdict"]]] if previous else ["–"]
    if previous and previous["caution"]:
        then = [previous["caution"], f"({previous['shown_label']})"]
    return [french(" ".join(said)), french(" ".join(then))]


def french(text: str) -> str:
    return plain(text).replace("'", "’")


RECEIVED = {
    "Arles": ["1 037", "1 351", "76,44 %", "99,42 %"],
    "Istres": ["1 019", "1 699", "55,2 %", "87,6 %"],
}


@pytest.mark.parametrize(
    ("unit", "printed"),
    [
        ("Siège", ["100 %", "94,00 %", "2 511", "20 769", "86,94 %", "74,16 %"]),
        ("Aix", ["6,49 %", "1,22 %", "95,00 %", "89,58 %", "870", "4 522", "82,9 %", "95,6 %"]),
        ("Arles", ["3,27 %", "1,05 %", "77,78 %", "3 j ouvrés", "97,56 %", *RECEIVED["Arles"]]),
        ("Istres", ["12,83 %", "0,79 %", "100,00 %", "1,5 j ouvré", "58,3 %", *RECEIVED["Istres"]]),
    ],
)
def test_the_results_of_the_printed_table_of_2018(
    content_2018: Content, unit: str, printed: list[str]
) -> None:
    """As typed from the published document, so that the test above does not only repeat the content."""
    data = content_2018.as_data()
    place = [known["short_name"] for known in data["units"]].index(unit)
    cells = [line["cells"][place] for band in data["bands"] for line in band["lines"]]

    assert [plain(cell["shown_label"]) for cell in cells if cell["shown"]] == printed


def test_typed_parts_keep_their_paragraphs_and_lists(content_2018: Content) -> None:
    text = "Un paragraphe\nsur deux lignes.\n\n- premier point\n- second point\n\nLa fin."
    document = pikepdf.open(io.BytesIO(pdf.render(bilan_of(with_parts(content_2018, text)))))
    reader = Reader(document)

    paragraphs = [reader.text(p) for p in all_of(document, "P")]
    items = [reader.text(body) for body in all_of(document, "LBody")]

    assert paragraphs.count("Un paragraphe sur deux lignes.") == len(content_2018.parts)
    assert items.count("premier point") == items.count("second point") == len(content_2018.parts)


def test_a_part_that_nobody_wrote_is_no_chapter_and_is_said_to_be_missing(content_2018: Content) -> None:
    content = dataclasses.replace(
        with_parts(content_2018, ""), missing=["La partie « Perspectives » n'est pas rédigée."]
    )

    body = pdf.render(bilan_of(content))

    assert chapters_of(body) == [
        "Sommaire",
        "I. 2018 en quelques chiffres",
        "II. Résultats 2018 par thème",
        "III. Méthode et sources",
    ]
    assert "La partie « Perspectives » n’est pas rédigée." in " ".join(texts_of(body)[-2:])


RICH = """## Un sous-titre

Voir **la charte** et [la page](https://exemple.test/?a=1&b=2) :

1. un point
   - dessous *encore*
2. <b>pas une balise</b>

### Plus bas

Écrire à <qualite@exemple.test>."""


def test_a_corrected_edition_with_all_that_can_be_typed(content_2018: Content, tmp_path: Path) -> None:
    content = dataclasses.replace(
        with_parts(content_2018, RICH).corrects(1, "Istres : 9,5 %.\n\nRelevé <b>repris</b>."),
        presentations=[
            {"body": "steering", "body_label": "comité de pilotage", "held_on": held_on, "remark": "avis"}
            for held_on in ("2019-02-01", "2019-03-02")
        ],
    )

    body = pdf.render(bilan_of(content, edition=2))

    path = tmp_path / "bilan.pdf"
    path.write_bytes(body)
    texts = texts_of(body)
    document = pikepdf.open(io.BytesIO(body))
    reader = Reader(document)
    assert list(pdfua.validate(str(path)).findings) == []
    assert "Elle remplace l’édition 1" in texts[0]
    assert "Comité de pilotage, le 1er février 2019 Comité de pilotage, prévu le 2 mars 2019" in texts[0]
    assert texts[1].startswith("Erratum Cette édition 2 corrige et remplace l’édition 1. Istres : 9,5 %.")
    assert "Relevé <b>repris</b>." in texts[1]
    assert [reader.text(h) for h in all_of(document, "H4")] == ["Plus bas"] * len(content.parts)
    links = {str(a.A.URI) for page in document.pages for a in page.obj.get("/Annots", []) if "/A" in a}
    assert links == {"https://exemple.test/?a=1&b=2", "mailto:qualite@exemple.test"}
    printed = " ".join(texts)
    assert "la page (https://exemple.test/?a=1&b=2) :" in printed
    assert "Écrire à qualite@exemple.test." in printed
    assert "<b>pas une balise</b>" in printed
    assert "Comité de pilotage, le 1er février 2019 : avis" in printed


def chapters_of(body: bytes) -> list[str]:
    outline = pypdf.PdfReader(io.BytesIO(body)).outline
    return [str(entry.title) for entry in outline if not isinstance(entry, list)]


def test_the_title_page_says_who_when_and_what_was_followed(pages: list[str]) -> None:
    """It was the 1st of March in Paris, still February in London."""
    assert pages[0].replace("2018de", "2018 de") == (  # the year is set too large for pypdf's idea of a space
        "PRÉFET DES BOUCHES- DU-RHÔNE Bilan annuel 2018 de la démarche qualité "
        "Préfecture des Bouches-du-Rhône Édition 1 arrêtée le 1er mars 2019 "
        "Référentiel Qual-e-Pref (version du 4 février 2019) suivi en 2018"
    )


def test_every_other_page_carries_its_number_the_edition_and_the_hash(
    content_2018: Content, pages: list[str]
) -> None:
    foot = "Bilan 2018 – Préfecture des Bouches-du-Rhône – édition 1 Empreinte du contenu : "
    foot += contents.hash_of(content_2018.as_text())

    for number, page in enumerate(pages[1:], start=2):
        assert foot in page
        assert f"page {number} / {len(pages)}" in page


def test_a_document_that_nobody_signed_says_so_on_every_page(content_2018: Content) -> None:
    body = pdf.render_provisional(content_2018)

    assert all("Document provisoire" in page for page in texts_of(body))
    assert "/CreationDate" not in pikepdf.open(io.BytesIO(body)).docinfo


def test_a_signed_document_is_not_called_provisional(pages: list[str]) -> None:
    assert not any("provisoire" in page.lower() for page in pages)


def test_nothing_of_ours_shows_through(pages: list[str]) -> None:
    assert not re.search(r"\b(None|N/A|nan|True|False|undefined|no_target|percent)\b|\{[{%]", " ".join(pages))


# --- Accessible, printable ---------------------------------------------------------------------------------


def test_language_title_and_marks(document: pikepdf.Pdf) -> None:
    assert str(document.Root.Lang) == "fr"
    assert bool(document.Root.MarkInfo.Marked)
    assert bool(document.Root.ViewerPreferences.DisplayDocTitle)
    title = "Bilan annuel 2018 de la démarche qualité – Préfecture des Bouches-du-Rhône"
    assert str(document.docinfo["/Title"]) == title
    with document.open_metadata() as metadata:
        assert metadata["dc:title"] == title
        assert metadata["pdfuaid:part"] == "1"


def test_the_date_is_that_of_the_signature(document: pikepdf.Pdf) -> None:
    assert str(document.docinfo["/CreationDate"]) == "D:20190228233000+00'00"


def test_the_checker_of_pdf_ua_finds_nothing(body: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bilan.pdf"
    path.write_bytes(body)

    assert list(pdfua.validate(str(path)).findings) == []


def test_one_title_then_chapters_then_sections(document: pikepdf.Pdf, reader: Reader) -> None:
    assert [reader.text(h) for h in all_of(document, "H1")] == ["Bilan annuel 2018 de la démarche qualité"]
    assert [reader.text(h) for h in all_of(document, "H2")] == [
        "Sommaire",
        "I. L’année en quelques phrases",
        "II. Résultats 2018 par thème",
        "III. Réclamations et suggestions",
        "IV. Points numériques",
        "V. Actions réalisées",
        "VI. Perspectives",
        "VII. Méthode et sources",
    ]


def test_bookmarks_are_the_chapters(document: pikepdf.Pdf, reader: Reader, body: bytes) -> None:
    assert chapters_of(body) == [reader.text(h) for h in all_of(document, "H2")]


def test_the_contents_give_the_right_pages(pages: list[str]) -> None:
    entries = re.findall(r"([IVX]+\. [^.]+?) ?\.{3,} ?(\d+)", pages[1])

    assert len(entries) == 7
    for title, page in entries:
        assert title in pages[int(page) - 1]


def test_header_cells_say_what_they_head_and_none_is_empty(document: pikepdf.Pdf, reader: Reader) -> None:
    for table in all_of(document, "Table"):
        heads = [cell for head in elements(table, "THead") for cell in elements(head, "TH")]
        others = [cell for part in elements(table, "TBody") for cell in elements(part, "TH")]
        assert heads
        assert others
        assert {str(cell.A.Scope) for cell in heads} == {"/Column"}
        assert {str(cell.A.Scope) for cell in others} == {"/Row"}
        assert all(reader.text(cell) for cell in [*heads, *others])


def test_every_table_has_its_caption(document: pikepdf.Pdf, reader: Reader) -> None:
    captions = [
        reader.text(caption) for table in all_of(document, "Table") for caption in elements(table, "Caption")
    ]

    units = "résultats 2018 et rappel 2017 – Siège, Aix, Arles, Istres"
    assert captions == [
        "Résultats 2018 qui n’atteignent pas leur objectif",
        "Résultats 2018 face à leur objectif, par unité",
        "Résultats 2018 face à leur objectif, par thème",
        f"Accueil téléphonique : {units}",
        f"Accueil dématérialisé : {units}",
        f"Réclamations : {units}",
        f"Relations avec les collectivités territoriales : {units}",
        f"Points numériques : {units}",
        "Ce que compte chaque indicateur",
        "Services et modules suivis en 2018",
        "Fichiers d’où viennent les chiffres",
    ]


def test_every_chart_says_its_conclusion_to_those_who_do_not_see_it(document: pikepdf.Pdf) -> None:
    assert [plain(str(figure.Alt)) for figure in all_of(document, "Figure")] == [
        "Accueil téléphonique : 5 résultats sur 6 atteignent l’objectif",
        "Accueil dématérialisé : 1 résultat sur 2 atteint l’objectif",
        "Relations avec les collectivités territoriales : 3 résultats sur 6 atteignent l’objectif",
        "Points numériques : 3 résultats sur 4 atteignent l’objectif",
    ]


def test_everything_drawn_is_marked_as_content_or_as_decoration(document: pikepdf.Pdf) -> None:
    drawing = {"Tj", "TJ", "f", "F", "f*", "S", "s", "B", "B*", "b", "b*", "sh", "Do"}
    for page in document.pages:
        depth = 0
        for _, operator in pikepdf.parse_content_stream(page):
            depth += {"BDC": 1, "BMC": 1, "EMC": -1}.get(str(operator), 0)
            assert depth or str(operator) not in drawing


def test_marianne_alone_and_embedded(document: pikepdf.Pdf) -> None:
    fonts = [font for page in document.pages for font in page.obj.Resources.Font.values()]

    assert {str(font.BaseFont).partition("+")[2] for font in fonts} == {
        "Marianne",
        "Marianne-Bold",
        "Marianne-Italic",
    }
    assert all("/FontFile3" in font.DescendantFonts[0].FontDescriptor for font in fonts)


def test_a4_upright_but_for_the_tables(document: pikepdf.Pdf) -> None:
    sizes = [tuple(round(float(side) / MM) for side in page.mediabox[2:]) for page in document.pages]

    assert set(sizes) == {(210, 297), (297, 210)}
    wide = [number for number, size in enumerate(sizes) if size == (297, 210)]
    assert wide == list(range(wide[0], wide[-1] + 1))


@pytest.mark.parametrize(
    ("units", "tables"),
    [(1, [1]), (4, [4]), (5, [2, 3]), (7, [4, 3]), (24, [4, 4, 4, 4, 4, 4])],
)
def test_units_are_shared_evenly_between_tables_of_four(
    content_2018: Content, units: int, tables: list[int]
) -> None:
    (theme, *_) = reading.read(with_units(content_2018.as_data(), units)).themes

    assert [len(table.units) for table in theme.tables(pdf.UNITS_PER_TABLE)] == tables
    assert [unit for table in theme.tables(pdf.UNITS_PER_TABLE) for unit in table.units] == theme.units


def with_units(data: Data, count: int) -> Data:
    """The same results for another number of units."""
    data["units"] = [{**data["units"][n % 4], "name": f"Sous-préfecture n° {n}"} for n in range(count)]
    for line in (line for band in data["bands"] for line in band["lines"]):
        line["cells"] = [line["cells"][n % 4] for n in range(count)]
    return data


def test_a_note_stands_under_the_table_that_calls_it_or_with_those_on_the_whole_year(
    content_2018: Content,
) -> None:
    data = content_2018.as_data()
    line = data["bands"][0]["lines"][0]
    names = [unit["name"] for unit in data["units"]]
    where = [(None, None), (names[2], None), (None, line["title"]), (names[0], line["title"])]
    data["notes"] = [
        {"number": number, "text": f"Note {number}", "unit": unit, "indicator": indicator}
        for number, (unit, indicator) in enumerate(where, start=1)
    ]
    for each in (cell for band in data["bands"] for row in band["lines"] for cell in row["cells"]):
        each["notes"] = []
    line["cells"][0]["notes"] = [4]

    read = reading.read(data)

    assert [note["number"] for note in read.notes] == [1, 2]
    assert [[note["number"] for note in theme.notes] for theme in read.themes] == [[3, 4], [], [], [], []]
    assert read.themes[0].lines[0].notes == [3]


# --- The same bytes, always --------------------------------------------------------------------------------


def test_the_same_bytes_twice(content_2018: Content, body: bytes) -> None:
    assert pdf.render(bilan_of(content_2018)) == body


RENDER = """
import datetime, hashlib, json, resource, sys
import django
django.setup()
from publications import pdf
from publications.models import Bilan
from sites.models import Prefecture
text = sys.stdin.read()
bilan = Bilan(
    prefecture=Prefecture(time_zone="Europe/Paris"), year=2018, edition=1, content=text,
    sha256=hashlib.sha256(text.encode()).hexdigest(),
    frozen_at=datetime.datetime(2019, 2, 28, 23, 30, tzinfo=datetime.UTC),
)
sha256 = hashlib.sha256(pdf.render(bilan)).hexdigest()
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"sha256": sha256, "seconds": used.ru_utime + used.ru_stime, "kib": used.ru_maxrss}))
"""


def render_elsewhere(text: str) -> Data:
    """In a process of its own, with another hash seed: the hash of the document, and what it cost."""
    printed = subprocess.run(
        [sys.executable, "-c", RENDER],
        input=text,
        capture_output=True,
        text=True,
        timeout=170,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONHASHSEED": "7"},
    )
    assert printed.returncode == 0, printed.stderr
    made: Data = json.loads(printed.stdout)
    return made


def test_the_same_bytes_in_another_process(content_2018: Content, body: bytes) -> None:
    assert render_elsewhere(content_2018.as_text())["sha256"] == hashlib.sha256(body).hexdigest()


# --- No network, no other file -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "html",
    [
        '<img alt="" src="http://127.0.0.1:1/x.png">',
        '<img alt="" src="https://prefecture.test/x.png">',
        '<img alt="" src="file:///etc/hostname">',
        '<img alt="" src="/etc/hostname">',
        '<img alt="" src="ftp://127.0.0.1/x.png">',
        '<img alt="" src="data:image/svg+xml,<svg/>">',
        '<img alt="" src="static:../qualepref/settings.py">',
        '<img alt="" src="static:/etc/hostname">',
        '<img alt="" src="static:pdf/absent.svg">',
        '<link rel="stylesheet" href="http://127.0.0.1:1/x.css">',
        '<link rel="attachment" href="file:///etc/hostname">',
        '<object data="file:///etc/hostname"></object>',
        '<embed src="file:///etc/hostname">',
        '<style>@import "http://127.0.0.1:1/x.css";</style>',
        '<style>@font-face { font-family: X; src: url("file:///etc/hostname") }</style><p>x',
        '<p style="background: url(http://127.0.0.1:1/x.png)">x',
        '<p style="background: url(x.png)">x',
        "<style>p::before { content: url(file:///etc/hostname) }</style><p>x",
        '<svg width="9" height="9"><image href="file:///etc/hostname" width="9" height="9"/></svg>',
        '<base href="file:///etc/"><img alt="" src="hostname">',
    ],
)
def test_a_document_reads_nothing_but_our_static_files(html: str) -> None:
    with pytest.raises(weasy.RefusedAddressError, match="Adresse refusée"):
        pdf.write_pdf(f"<p>texte</p>{html}", title="x")


def test_the_mark_of_the_state_comes_from_its_own_package() -> None:
    files = weasy.StaticFiles()
    sheet = files.fetch("static:dsfr/dist/component/logo/logo.main.min.css").read().decode()
    mark = re.search(r'url\("(data:[^"]+)"\)', sheet)

    assert mark
    assert files.fetch(mark[1]).read().startswith(b"<svg")


# --- Any text ----------------------------------------------------------------------------------------------

HOSTILE = {
    "a word of 20 000 letters": "x" * pdf.PART_CHARACTERS,
    "as many combining marks": "a" + "\N{COMBINING ACUTE ACCENT}" * (pdf.PART_CHARACTERS - 1),
    "spaces that do not break": "a\N{NO-BREAK SPACE}" * (pdf.PART_CHARACTERS // 2),
    "lines": "\n".join(["- mot"] * pdf.PART_LINES),
    "paragraphs": "\n\n".join(["mot"] * (pdf.PART_LINES // 2)),
    "emoji": "😀🏳️‍🌈👩‍👩‍👧" * 1_000,
    "right to left": "\u202eשלום עולم\u2066 " * 1_000,
    "control characters": "".join(map(chr, range(0x300))) * 20 + "\x00\ufffe\udc80\U0010ffff",
    "markup": "</p></section><script>alert(1)</script><img src=http://127.0.0.1/>&#0;{{ x }}{% now 'Y' %}"
    * 100,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_any_text_renders_in_time(content_2018: Content, text: str) -> None:
    content = dataclasses.replace(
        with_parts(content_2018, text[: pdf.PART_CHARACTERS]),
        notes=[{"number": 1, "text": text[:10_000], "unit": None, "indicator": None}],
        prefecture={**content_2018.prefecture, "name": text[:120], "state_title": text[:80]},
        units=[{**unit, "name": text[:120], "short_name": text[:40]} for unit in content_2018.units],
    )
    before = resource.getrusage(resource.RUSAGE_SELF)

    body = pdf._render(
        json.loads(json.dumps(dataclasses.asdict(content))), EDITION, created=None, report=pdf._silent
    )

    after = resource.getrusage(resource.RUSAGE_SELF)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 60
    assert len(pikepdf.open(io.BytesIO(body)).pages) < 300


EDITION = pdf.Edition(1, datetime.date(2019, 3, 1), "0" * 64)


def test_markup_is_printed_as_it_was_typed(content_2018: Content) -> None:
    body = pdf.render(bilan_of(with_parts(content_2018, "Voir <b>ici</b> &amp; {{ year }}")))

    assert any("Voir <b>ici</b> &amp; {{ year }}" in page for page in texts_of(body))


def test_the_largest_document_is_made_within_a_minute_and_512_mb(content_2018: Content) -> None:
    made = render_elsewhere(json.dumps(largest(content_2018.as_data())))

    assert made["seconds"] < 60
    assert made["kib"] < 512 * 1024


def largest(data: Data) -> Data:
    """As much of everything as the bounds admit."""
    units = 12
    line = data["bands"][0]["lines"][0]
    cell = {
        **line["cells"][1],
        "base_label": "19 992 sur 20 000",
        "months_label": "janvier, mars, mai à décembre",
    }
    lines = [
        {**line, "key": f"k{n}", "title": f"{line['title']} n° {n}"} for n in range(pdf.FIGURES // units)
    ]
    for made in lines:
        made["cells"] = [cell] * units
    data["units"] = [data["units"][0], *({**data["units"][1], "name": f"SP {n}"} for n in range(1, units))]
    data["bands"] = [{"theme": f"Thème {n}", "lines": lines[n::4]} for n in range(4)]
    data["notes"] = [
        {
            "number": n,
            "text": "Note " * (pdf.REMARKS_CHARACTERS // pdf.NOTES // 5),
            "unit": None,
            "indicator": None,
        }
        for n in range(1, pdf.NOTES + 1)
    ]
    data["missing"] = []
    for part in data["parts"]:
        part["text"] = "\n".join(["- **mot** " + "mot " * 13] * pdf.PART_LINES)
        part["html"] = richtext.to_html(part["text"])
    return data


def test_what_is_too_long_is_refused_before_the_work(content_2018: Content) -> None:
    with pytest.raises(pdf.TooLongError) as refused:
        pdf.render(bilan_of(with_parts(content_2018, "mot\n" * 10_000)))

    assert "La partie « Perspectives » compte 40 000 caractères : le PDF en admet 20 000 au plus." in plain(
        str(refused.value)
    )


Spoil = Callable[[Data], object]


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda d: d["parts"][0].update(text="x" * 20_001), "compte 20 001 caractères"),
        (lambda d: d["parts"][0].update(text="\n" * 300), "compte 301 lignes"),
        (lambda d: d["parts"][0].update(html="<em>x</em>" * 301), "compte 301 mises en forme"),
        (lambda d: d["parts"][0].update(html="<ul><li>" * 4 + "</li></ul>" * 4), "compte 4 niveaux"),
        (lambda d: d["presentations"].extend([{"remark": ""}] * 21), "21 présentations"),
        (
            lambda d: d.update(erratum={"edition": 1, "text": "x" * 2_001}),
            "L'erratum compte 2 001 caractères",
        ),
        (lambda d: d.update(perimeter=[{}] * 301), "301 lignes de périmètre"),
        (lambda d: d["notes"].extend(d["notes"][:1] * 100), "notes : le PDF en admet 100"),
        (lambda d: d["missing"].append("x" * 60_000), "caractères : le PDF en admet 60 000"),
        (lambda d: d["units"].extend(d["units"][:1] * 24), "28 unités"),
        (lambda d: d["bands"].extend(d["bands"] * 6), "560 chiffres"),
    ],
)
def test_each_bound_says_what_to_shorten(content_2018: Content, spoil: Spoil, sentence: str) -> None:
    data = content_2018.as_data()
    spoil(data)

    assert [sentence in plain(found) for found in pdf.too_long(data)] == [True]


def test_the_bilan_of_2018_is_well_within_the_bounds(content_2018: Content) -> None:
    assert pdf.too_long(content_2018.as_data()) == []


# --- Around the work ---------------------------------------------------------------------------------------


def test_the_work_is_told_step_by_step(content_2018: Content) -> None:
    steps: list[tuple[int, str]] = []

    pdf.render(bilan_of(content_2018), lambda progress, step: steps.append((progress, step)))

    assert [progress for progress, _ in steps] == [10, 15, 60, 85]
    assert steps[2][1] == "Écriture des 11 pages"


def test_missing_libraries_are_named_with_the_command_that_brings_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(pdf.LIBRARIES, "libabsent.so.0", "libabsent0")

    with pytest.raises(pdf.MissingLibrariesError) as refused:
        pdf.write_pdf("<p>x", title="x")

    assert (
        str(refused.value)
        == pdf.missing_libraries()
        == (
            "Il manque de quoi composer les PDF (libabsent0). Taper\xa0: "
            "apt-get install --no-install-recommends "
            "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 libabsent0"
        )
    )


def test_nothing_is_missing_here() -> None:
    assert pdf.missing_libraries() == ""


def test_starting_the_application_does_not_open_pango() -> None:
    loaded = (
        "import django, sys; django.setup(); import publications.publish; print('weasyprint' in sys.modules)"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}

    printed = subprocess.check_output([sys.executable, "-c", loaded], env=environment, text=True)

    assert printed.strip() == "False"
