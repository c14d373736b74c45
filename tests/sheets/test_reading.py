"""Tables as people keep them: three formats, three separators, four encodings, merged and repeated cells."""

import datetime
import io
import random
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from odf.opendocument import OpenDocumentSpreadsheet, OpenDocumentText
from odf.style import Style, TableProperties
from odf.table import Table, TableCell, TableRow
from odf.text import P
from openpyxl.styles import numbers

from sheets import reading as tables
from sheets.reading import (
    NOT_COMPUTED,
    ArchiveTooBigError,
    DamagedFileError,
    FileMissingError,
    FileTooBigError,
    ForbiddenXmlError,
    Row,
    TableError,
    TableShapeError,
    TableTooBigError,
    UnknownKindError,
    read_table,
)


@pytest.fixture
def saved(tmp_path: Path) -> Callable[..., Path]:
    """`saved(content)` is a file of that content; its name says nothing of its kind."""

    def save(content: bytes | str, encoding: str = "utf-8") -> Path:
        path = tmp_path / "tableau"
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return save


def cells(rows: list[Row]) -> list[dict[str, str]]:
    return [dict(row.cells) for row in rows]


# --- CSV ---


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_csv_is_the_same_in_every_separator_encoding_and_line_end(saved, separator, encoding, end):
    lines = [["unit", "indicator"], ["Sous-préfecture d'Arles", '"94,00; %"'], ["Préfecture", "reçus"]]
    path = saved("".join(separator.join(line) + end for line in lines), encoding)

    assert cells(read_table(path)) == [
        {"unit": "Sous-préfecture d'Arles", "indicator": "94,00; %"},
        {"unit": "Préfecture", "indicator": "reçus"},
    ]


def test_a_word_processor_s_quotes_in_cp1252_are_read(saved):
    assert cells(read_table(saved("unit;x\nl’année – reçus;œ\n", "cp1252"))) == [
        {"unit": "l’année – reçus", "x": "œ"}
    ]


def test_titles_are_matched_whatever_their_case_accents_and_spaces(saved):
    rows = read_table(saved(" Unit ;PRINTED_Target;Printed result 2018;Préfecture\na;b;c;d\n"))

    assert cells(rows) == [
        {"unit": "a", "printed_target": "b", "printed_result_2018": "c", "prefecture": "d"}
    ]


def test_a_row_says_on_which_line_of_the_file_it_begins(saved):
    rows = read_table(saved('unit,note\n\nA,"deux\r\nlignes"\n,\nB,une\n'))

    assert [(row.line, row["unit"], row["note"]) for row in rows] == [
        (3, "A", "deux\nlignes"),
        (6, "B", "une"),
    ]


def test_a_short_row_ends_in_empty_cells_and_an_unknown_column_is_empty(saved):
    (row,) = read_table(saved("unit,theme,period\nA\n"))

    assert (row["theme"], row["period"], row["elsewhere"]) == ("", "", "")


@pytest.mark.parametrize("first", ["sep=;\r\n", "SEP=;\n", "sep=;;\r\n", "\ufeffsep=;\r\n"])
def test_the_line_that_tells_excel_its_separator_is_no_title(saved, first):
    (row,) = read_table(saved(f"{first}unit;x\nA;1,5\n"))

    assert (row.line, row.cells) == (3, {"unit": "A", "x": "1,5"})


def test_trailing_separators_are_no_columns(saved):
    assert cells(read_table(saved("unit;x;;\nA;1;;\n"))) == [{"unit": "A", "x": "1"}]


def test_a_decimal_comma_without_quotes_is_pointed_at(saved):
    with pytest.raises(TableShapeError, match="Ligne 2 : la cellule 3 "):
        read_table(saved("unit,result\nA,94,00\n"))


@pytest.mark.parametrize("content", ["", "\n\n", "unit,result\n", "unit;x\n;\n"])
def test_a_table_without_rows_is_refused(saved, content):
    with pytest.raises(TableShapeError, match="vide"):
        read_table(saved(content))


def test_two_columns_of_the_same_name_are_refused(saved):
    with pytest.raises(TableShapeError, match="Deux colonnes s'appellent « unit »"):
        read_table(saved("unit,Unit\na,b\n"))


@pytest.mark.parametrize("content", ['unit,x\nA,"1\nB,2\n', 'unit,x\n"A"B,1\n'])
def test_quotes_that_do_not_close_are_refused(saved, content):
    with pytest.raises(DamagedFileError, match="Ligne 2 : des guillemets mal fermés"):
        read_table(saved(content))


def test_a_formula_of_a_csv_is_the_text_that_it_is(saved):
    assert cells(read_table(saved("unit,x\n=cmd|'/c calc'!A1,=1+1\n"))) == [
        {"unit": "=cmd|'/c calc'!A1", "x": "=1+1"}
    ]


# --- Spreadsheets ---


def xlsx(
    *sheets: list[list[object]],
    merged: str = "",
    formats: dict[str, str] | None = None,
    hidden: int | None = None,
) -> bytes:
    book = openpyxl.Workbook()
    for number, lines in enumerate(sheets):
        sheet = book.active if number == 0 else book.create_sheet()
        sheet.title = f"Feuille{number}"
        sheet.sheet_state = "hidden" if number == hidden else "visible"
        for line in lines:
            sheet.append(line)
    for cell, number_format in (formats or {}).items():
        book.active[cell].number_format = number_format
    if merged:
        book.active.merge_cells(merged)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def ods_cell(value: object, **attributes: object) -> TableCell:
    """A text as it is; a number typed; `(0.94, "94,00 %")` a percentage with what it shows."""
    match value:
        case None:
            return TableCell(**attributes)
        case (raw, shown):
            cell = TableCell(valuetype="percentage", value=raw, **attributes)
        case bool():
            shown = "VRAI" if value else "FAUX"
            cell = TableCell(valuetype="boolean", booleanvalue=str(value).lower(), **attributes)
        case int() | float():
            shown = f"{value:g}".replace(".", ",")
            cell = TableCell(valuetype="float", value=value, **attributes)
        case _:
            shown = str(value)
            cell = TableCell(valuetype="string", **attributes)
    for paragraph in shown.split("\n"):
        cell.addElement(P(text=paragraph))
    return cell


def ods(*sheets: list[list[object]], hidden: int | None = None) -> bytes:
    """A cell is a value, or an element already made."""
    document = OpenDocumentSpreadsheet()
    unseen = Style(name="cachee", family="table")
    unseen.addElement(TableProperties(display="false"))
    document.automaticstyles.addElement(unseen)
    for number, lines in enumerate(sheets):
        table = Table(name=f"Feuille{number}", **({"stylename": unseen} if number == hidden else {}))
        for line in lines:
            row = TableRow()
            for value in line:
                row.addElement(value if hasattr(value, "qname") else ods_cell(value))
            table.addElement(row)
        document.spreadsheet.addElement(table)
    file = io.BytesIO()
    document.write(file)
    return file.getvalue()


def libreoffice(rows: str) -> bytes:
    """An ODS as LibreOffice writes it, by the XML of its rows."""
    names = ("office", "table", "text", "style", "number")
    spaces = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in names)
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces} '
        'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0" '
        'office:version="1.3"><office:body><office:spreadsheet>'
        '<table:calculation-settings table:automatic-find-labels="false"/>'
        '<table:table table:name="Feuille1"><table:table-column table:number-columns-repeated="16384"/>'
        f"{rows}</table:table><table:named-expressions/></office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    return packed({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": content})


def packed(members: dict[str, str | bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


LINES = [["unit", "result", "target"], ["Arles", "77.78 %", 3], ["Istres", 0.1 + 0.2, 2511.0]]


@pytest.mark.parametrize("write", [xlsx, ods])
def test_a_spreadsheet_gives_texts_and_its_numbers_without_noise(saved, write):
    assert cells(read_table(saved(write(LINES)))) == [
        {"unit": "Arles", "result": "77.78 %", "target": "3"},
        {"unit": "Istres", "result": "0.3", "target": "2511"},
    ]


@pytest.mark.parametrize("write", [xlsx, ods])
def test_rows_have_the_numbers_of_the_sheet_and_empty_ones_are_counted(saved, write):
    rows = read_table(saved(write([["unit", "x"], ["A", 1], [None, None], ["B", 2]])))

    assert [(row.line, row["unit"]) for row in rows] == [(2, "A"), (4, "B")]


@pytest.mark.parametrize("write", [xlsx, ods])
@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "vrai"), (False, "faux"), (12345678901234, "12345678901234"), (1e300, "1e+300")],
)
def test_truths_and_long_numbers_are_written_out(saved, write, value, text):
    assert cells(read_table(saved(write([["x"], [value]])))) == [{"x": text}]


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (0.94, numbers.FORMAT_PERCENTAGE_00, "94.00%"),
        (0.94, numbers.FORMAT_PERCENTAGE, "94%"),
        (1, numbers.FORMAT_PERCENTAGE, "100%"),
        (0.7416, numbers.FORMAT_PERCENTAGE, "74.16%"),
        (7 / 12, "0.0%", "58.3333333333333%"),
        (0.9, '0.0" %"', "0.9"),
        (2.5, "0.00", "2.50"),
        (20769, "# ##0", "20769"),
    ],
)
def test_a_cell_of_a_xlsx_keeps_the_decimals_and_the_sign_that_it_shows(saved, value, number_format, text):
    path = saved(xlsx([["x"], [value]], formats={"A2": number_format}))

    assert cells(read_table(path)) == [{"x": text}]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ((0.94, "94,00 %"), "94.00%"),
        ((0.94, "94 %"), "94%"),
        ((1, "100%"), "100%"),
        ((0.7416, "74 %"), "74.16%"),
        ((7 / 12, "58,3 %"), "58.3333333333333%"),
        ((0.30000000000000004, ""), "30%"),
    ],
)
def test_a_percentage_of_an_ods_keeps_the_decimals_that_it_shows(saved, value, text):
    assert cells(read_table(saved(ods([["x"], [value]])))) == [{"x": text}]


def test_a_mark_between_thousands_is_no_decimal_mark(saved):
    cell = TableCell(valuetype="float", value=2511)
    cell.addElement(P(text="2,511"))

    assert cells(read_table(saved(ods([["x"], [cell]])))) == [{"x": "2511"}]


def test_what_was_never_computed_and_what_went_wrong_are_no_empty_cells(saved):
    book = openpyxl.load_workbook(io.BytesIO(xlsx([["x", "y"], ["=A1/0", "=1+1"], ["#DIV/0!", "fin"]])))
    book.active["A3"].data_type = "e"
    file = io.BytesIO()
    book.save(file)

    assert cells(read_table(saved(file.getvalue()))) == [
        {"x": NOT_COMPUTED, "y": NOT_COMPUTED},
        {"x": "#DIV/0!", "y": "fin"},
    ]


def test_a_computed_formula_of_a_xlsx_is_its_result_even_an_empty_one(saved):
    content = unpacked(xlsx([["x", "y"], ["=B9", "=1"]]))
    sheet = content["xl/worksheets/sheet1.xml"]
    sheet = sheet.replace(b'<c r="A2"><f>', b'<c r="A2" t="str"><f>')
    content["xl/worksheets/sheet1.xml"] = re.sub(b"<f>1</f><v.*?</c>", b"<f>1</f><v>0.855</v></c>", sheet)

    assert cells(read_table(saved(packed(content)))) == [{"x": "", "y": "0.855"}]


def said(text: str, **attributes: str) -> str:
    """A cell of LibreOffice that holds a text."""
    return said_as("string", text, **attributes)


def said_as(kind: str, shown: str, tag: str = "table-cell", **attributes: str) -> str:
    written = "".join(
        f' {name.replace("__", ":").replace("_", "-")}="{value}"' for name, value in attributes.items()
    )
    return f'<table:{tag} office:value-type="{kind}"{written}><text:p>{shown}</text:p></table:{tag}>'


EMPTY = '<table:table-cell table:number-columns-repeated="16370"/>'
GAP = '<table:table-cell table:number-columns-repeated="1000000000"/>'


def test_an_ods_of_libreoffice_with_repeated_merged_and_grouped_cells(saved):
    titles = "".join(said(title) for title in ("unit", "a", "b", "c", "d", "e"))
    name = "Sous-préfecture<text:s/><text:span>d'</text:span>Arles"
    note = "<office:annotation><text:p>vu avec le bureau</text:p></office:annotation>"
    percent = said_as("percentage", "90,0 %", office__value="0.9").replace("</text:p>", f"</text:p>{note}")
    path = saved(
        libreoffice(
            f"<table:table-header-rows><table:table-row>{titles}{EMPTY}</table:table-row></table:table-header-rows>"
            # 85,5 three times, an empty cell, 90 %: other readers lose some of them.
            f"<table:table-row>{said(name, table__number_rows_spanned='3')}"
            f"{said_as('float', '85,5', office__value='85.5', table__number_columns_repeated='3')}"
            f"<table:table-cell/>{percent}{EMPTY}</table:table-row>"
            f'<table:table-row-group><table:table-row table:number-rows-repeated="2">'
            f"{said_as('string', 'caché', tag='covered-table-cell')}"
            f"{said('#DIV/0!', calcext__value_type='error')}"
            f"{said_as('float', 'Err:502', office__value='0')}"
            '<table:table-cell table:formula="of:=[.A9]" office:value-type="string" office:string-value=""/>'
            '<table:table-cell table:formula="of:=[.A9]"/>'
            f"{said('un<text:line-break/>deux</text:p><text:p>trois')}</table:table-row></table:table-row-group>"
            f'<table:table-row table:number-rows-repeated="1000">{EMPTY}</table:table-row>'
            f"<table:table-row>{said('fin')}</table:table-row>"
            f'<table:table-row table:number-rows-repeated="1047570">{EMPTY}</table:table-row>'
        )
    )

    errors = {"unit": "", "a": "#DIV/0!", "b": "Err:502", "c": "", "d": NOT_COMPUTED, "e": "un\ndeux\ntrois"}
    assert [(row.line, dict(row.cells)) for row in read_table(path)] == [
        (
            2,
            {"unit": "Sous-préfecture d'Arles", "a": "85.5", "b": "85.5", "c": "85.5", "d": "", "e": "90.0%"},
        ),
        (3, errors),
        (4, errors),
        (1005, {"unit": "fin", "a": "", "b": "", "c": "", "d": "", "e": ""}),
    ]


@pytest.mark.parametrize("write", [xlsx, ods])
def test_empty_sheets_are_ignored_and_a_second_filled_one_is_refused(saved, write):
    assert cells(read_table(saved(write([], [["x"], ["1"]], [[None]])))) == [{"x": "1"}]
    with pytest.raises(TableShapeError, match="Plusieurs feuilles"):
        read_table(saved(write([["x"], ["1"]], [["x"], ["2"]])))


@pytest.mark.parametrize("write", [xlsx, ods])
def test_a_hidden_sheet_is_neither_read_nor_left_out_in_silence(saved, write):
    table = [["x"], ["1"]]
    assert cells(read_table(saved(write(table, [[None]], hidden=1)))) == [{"x": "1"}]
    with pytest.raises(TableShapeError, match=r"\(« Feuille0 », « Feuille1 », masquée\)"):
        read_table(saved(write(table, table, hidden=1)))
    with pytest.raises(TableShapeError, match=r"« Feuille1 ».* est masquée dans le classeur : l'afficher"):
        read_table(saved(write([[None]], table, hidden=1)))


def test_a_merged_block_of_a_xlsx_is_its_first_cell_and_empty_ones(saved):
    path = saved(xlsx([["unit", "x"], ["Arles", 1], [None, 2]], merged="A2:A3"))

    assert [row["unit"] for row in read_table(path)] == ["Arles", ""]


def test_a_date_of_a_spreadsheet_is_a_text(saved):
    assert cells(read_table(saved(xlsx([["x"], [datetime.date(2018, 4, 1)]])))) == [
        {"x": "2018-04-01 00:00:00"}
    ]


# --- Hostile or hopeless files ---

LAUGHS = (
    '<!DOCTYPE lol [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><x>&c;</x>'
)
OUTSIDE = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'


def unpacked(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as file:
        return {name: file.read(name) for name in file.namelist()}


def refusal(path: Path) -> tuple[type[TableError], str]:
    with pytest.raises(TableError) as refused:
        read_table(path)
    return type(refused.value), str(refused.value)


@pytest.mark.parametrize("xml", [LAUGHS, OUTSIDE])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize(
    ("workbook", "member"),
    [(ods(LINES), "content.xml"), (xlsx(LINES), "xl/sharedStrings.xml")],
    ids=["ods", "xlsx"],
)
def test_entities_are_refused_before_they_are_read(saved, workbook, member, encoding, xml):
    declared = f'<?xml version="1.0" encoding="{encoding}"?>{xml}'.encode(encoding)

    assert refusal(saved(packed(unpacked(workbook) | {member: declared})))[0] is ForbiddenXmlError


def test_a_macro_of_libreoffice_declares_a_type_and_is_not_read(saved):
    macros = {"Basic/script-lc.xml": '<!DOCTYPE library PUBLIC "-//OpenOffice.org//DTD" "libraries.dtd"><x/>'}

    assert len(read_table(saved(packed(unpacked(ods(LINES)) | macros)))) == 2


@pytest.mark.parametrize(
    "members",
    [
        {"content.xml": b"0" * (tables.MAX_UNPACKED_BYTES + 1)},
        {"content.xml": b"0" * 1_000_000},
        {f"{number}.xml": b"" for number in range(tables.MAX_MEMBERS + 1)},
    ],
    ids=["too big", "too dense", "too many"],
)
def test_a_bomb_is_not_unpacked(saved, members):
    assert refusal(saved(packed(members)))[0] is ArchiveTooBigError


@pytest.mark.parametrize(
    ("workbook", "member", "end", "element"),
    [
        (xlsx(LINES), "xl/styles.xml", "</cellXfs>", "<xf/>"),
        (xlsx(LINES), "xl/worksheets/sheet1.xml", "</sheetData>", "<row/>"),
        (ods(LINES), "content.xml", "</table:table>", "<table:table-row/>"),
    ],
    ids=["styles", "rows of a xlsx", "rows of an ods"],
)
def test_elements_without_end_are_not_kept(saved, workbook, member, end, element):
    members = unpacked(workbook)
    swollen = members[member].decode().replace(end, element * (tables.MAX_ELEMENTS + 1) + end).encode()
    ballast = {"ballast.bin": random.Random(1).randbytes(100_000)}  # no denser than an honest archive

    kind, sentence = refusal(saved(packed(members | {member: swollen} | ballast)))

    assert kind is ArchiveTooBigError
    assert sentence == "Le classeur est démesuré : n'en garder que le tableau."


def test_the_longest_table_of_distinct_texts_has_fewer_elements(saved):
    lines = [[f"{line} {column}" for column in range(13)] for line in range(tables.MAX_ROWS + 1)]

    assert len(read_table(saved(xlsx(lines)))) == tables.MAX_ROWS


def test_a_workbook_that_takes_too_long_is_given_up(saved, monkeypatch):
    monkeypatch.setattr(tables, "MAX_SECONDS", -1)

    assert refusal(saved(xlsx(LINES))) == (
        TableTooBigError,
        "Le classeur est trop long à lire : n'en garder que le tableau.",
    )


def test_an_archive_that_lies_about_its_size_unpacks_no_further(saved):
    bomb = bytearray(packed({"content.xml": b"0" * 50_000_000}))
    directory = bomb.index(b"PK\x01\x02")
    bomb[directory + 24 : directory + 28] = (1_000).to_bytes(4, "little")

    assert refusal(saved(bytes(bomb)))[0] is DamagedFileError


@pytest.mark.parametrize(
    "repetition",
    [
        f'<table:table-row table:number-rows-repeated="1000000000">{said("x")}</table:table-row>',
        f"<table:table-row>{said('x', table__number_columns_repeated='1000000000')}</table:table-row>",
        f"<table:table-row>{GAP}{said('x')}</table:table-row>",
        f'<table:table-row table:number-rows-repeated="1000000"/><table:table-row>{said("x")}'
        "</table:table-row>",
    ],
    ids=["rows", "cells", "gap in a row", "gap between rows"],
)
def test_repetitions_without_end_are_cut_short(saved, repetition):
    rows = f"<table:table-row>{said('x')}</table:table-row>{repetition}"

    assert refusal(saved(libreoffice(rows)))[0] is TableTooBigError


@pytest.mark.parametrize(
    "lines",
    [
        [["x"], *([[str(number)] for number in range(tables.MAX_ROWS + 1)])],
        [[f"c{number}" for number in range(200)], ["texte " * 100] * 200],
        [["x"], ["a" * (tables.MAX_CELL_LENGTH + 1)]],
    ],
    ids=["rows", "columns", "cell"],
)
@pytest.mark.parametrize(
    "write", [xlsx, ods, lambda lines: "\n".join(map(";".join, lines))], ids=["xlsx", "ods", "csv"]
)
def test_a_table_out_of_proportion_is_refused(saved, write, lines):
    assert refusal(saved(write(lines)))[0] is TableTooBigError


def test_a_file_out_of_proportion_is_not_even_opened(saved):
    path = saved(b"")
    with path.open("wb") as file:
        file.truncate(tables.MAX_FILE_BYTES + 1)

    assert refusal(path) == (FileTooBigError, "« tableau » dépasse 5 Mo : le découper.")


def text_document() -> bytes:
    file = io.BytesIO()
    OpenDocumentText().write(file)
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7\n1 0 obj << >> endobj\n",
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
        "unit;x\nA;1\n".encode("utf-16-le"),
        b"unit;x\nA\x00;1\n",
        b"\xff\xfeunit;",
        text_document(),
        packed({"word/document.xml": "<x/>"}),
        b"<html><table><tr><td>unit</td></tr></table></html>",
        b'\xef\xbb\xbf\r\n<?xml version="1.0"?>\n<office:document/>\n',
    ],
    ids=[
        "pdf",
        "png",
        "utf-16 without its mark",
        "nul",
        "half a utf-16",
        "odt",
        "docx",
        "html",
        "flat ods",
    ],
)
def test_another_kind_of_file_is_named_as_such(saved, content):
    kind, sentence = refusal(saved(content))

    assert kind is UnknownKindError
    assert sentence.endswith("l'enregistrer sous l'un de ces formats.")


def test_an_old_workbook_or_one_with_a_password_is_named_as_such(saved):
    kind, sentence = refusal(saved(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 500))

    assert kind is UnknownKindError
    assert "protégé par un mot de passe" in sentence


@pytest.mark.parametrize(
    "content",
    [
        xlsx(LINES)[:2000],
        packed({"content.xml": "<office:document-content"}),
        packed({"xl/workbook.xml": "<workbook/>"}),
        packed({"content.xml": "".join(f"<a{number}>" for number in range(100_000))}),
        libreoffice('<table:table-row table:number-rows-repeated="beaucoup"/>'),
        b"PK\x03\x04 et puis rien",
    ],
    ids=["cut", "no xml", "no parts", "too deep", "no number", "no archive"],
)
def test_a_damaged_workbook_is_refused_in_a_sentence(saved, content):
    kind, sentence = refusal(saved(content))

    assert kind is DamagedFileError
    assert sentence.startswith("Le classeur est abîmé")


@pytest.mark.parametrize("write", [ods, lambda lines: "\n".join(map(";".join, lines))], ids=["ods", "csv"])
def test_control_characters_are_refused_with_their_line(saved, write):
    content = write([["x"], ["a"], ["b\x1bc" if write is not ods else "b\x85c"]])

    assert refusal(saved(content)) == (
        DamagedFileError,
        "Ligne 3 : une cellule contient un caractère de contrôle.",
    )


def test_a_folder_and_a_missing_file_are_refused(tmp_path):
    assert refusal(tmp_path)[0] is FileMissingError
    assert refusal(tmp_path / "absent.csv")[0] is FileMissingError
    assert refusal(tmp_path / ("x" * 300))[0] is FileMissingError
