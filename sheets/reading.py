"""Read a table from a CSV, ODS or XLSX file, as a person sees it: every cell is a text.

The kind of a file is decided by its content. Percent-typed cells come out as « 94.00% », other numbers with
the digits that they have and at least the decimals that they show. What a spreadsheet shows and does not
compute (an error, a formula without its result) comes out as text too, so that nobody takes it for an empty
cell. Everything is bounded before it is parsed, and XML that declares a document type is refused.
"""

import csv
import io
import math
import os
import re
import time
import unicodedata
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Context
from pathlib import Path
from typing import Any, Final, TypeAlias
from xml.etree import ElementTree
from xml.etree.ElementTree import Element
from xml.parsers import expat

from sheets.words import folded

MAX_FILE_BYTES: Final = 5_000_000
MAX_UNPACKED_BYTES: Final = 20_000_000
MAX_RATIO: Final = 200
MAX_MEMBERS: Final = 1_000
# XML elements of a workbook: a table of 5000 rows and 20 columns has fewer. Styles and texts that no cell
# uses are read all the same, at some microseconds and hundreds of bytes each.
MAX_ELEMENTS: Final = 400_000
MAX_SECONDS: Final = 20.0  # of the processor
MAX_ROWS: Final = 5_000
MAX_LINES: Final = 100_000
MAX_COLUMNS: Final = 100
MAX_CELL_LENGTH: Final = 2_000
# Of the whole table: a run of equal rows is written once, and would fill the memory of who copies it out.
MAX_CHARACTERS: Final = 5_000_000

# A number of a spreadsheet has fifteen digits; what binary adds after them (0.30000000000000004) is noise.
SPREADSHEET = Context(prec=15)
NOT_COMPUTED: Final = "(formule non calculée)"
NEITHER_KIND: Final = (
    "Ce fichier n'est ni un CSV, ni un ODS, ni un XLSX : l'enregistrer sous l'un de ces formats."
)

OLD_OR_LOCKED: Final = (
    "Ce fichier est un ancien classeur (.xls), ou un classeur protégé par un mot de passe : l'ouvrir, "
    "l'enregistrer en ODS ou en XLSX, sans mot de passe."
)
# The first bytes of what holds both, and those of an ODS or an XLSX.
OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
WORKBOOK: Final = b"PK\x03\x04"

OFFICE, STYLE, TABLE, TEXT = (
    f"{{urn:oasis:names:tc:opendocument:xmlns:{name}:1.0}}" for name in ("office", "style", "table", "text")
)

# What `sheets.writing` puts before a text that a spreadsheet would take for a formula.
GUARDED: Final = re.compile(r"'+[=+\-@＝＋－＠]")

# The first line of a CSV that was made for Excel: it is no title.
SEPARATOR: Final = re.compile(r'sep=([^\r\n"])[;,\t]*\r?\n', re.IGNORECASE)

# The number of a line in its file or sheet, and the texts of its cells.
Line: TypeAlias = tuple[int, list[str]]
# The name of a sheet, whether it is hidden, and its lines.
Sheet: TypeAlias = tuple[str, bool, Iterator[Line]]


class TableError(Exception):
    """Why a file cannot be read, and what to do, for the person who gave it."""


class FileMissingError(TableError):
    pass


class FileTooBigError(TableError):
    pass


class ArchiveTooBigError(TableError):
    pass


class UnknownKindError(TableError):
    pass


class DamagedFileError(TableError):
    pass


class ForbiddenXmlError(TableError):
    pass


class TableTooBigError(TableError):
    pass


class TableShapeError(TableError):
    pass


@dataclass(frozen=True)
class Row:
    """A row of data, by the names of its columns, and the line of the file where it begins."""

    line: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


def read_table(path: Path) -> list[Row]:
    """The rows of a file, read in this process: `sheets.child` reads what comes from outside."""
    return rows_of(bytes_of(path))


def rows_of(data: bytes) -> list[Row]:
    """The rows under the header, which is the first line that is not empty. Empty rows are left out."""
    if data.startswith(OLE):
        raise UnknownKindError(OLD_OR_LOCKED)
    lines = _spreadsheet(data) if data.startswith(WORKBOOK) else _bounded(_csv_lines(data))
    if len(lines) < 2:
        raise TableShapeError("Le tableau est vide : une ligne de titres et au moins une ligne de chiffres.")
    (_, titles), *body = lines
    columns = [folded(title).replace(" ", "_") for title in titles]
    for column in columns:
        if column and columns.count(column) > 1:
            raise TableShapeError(f"Deux colonnes s'appellent « {column} » : en renommer une.")
    return [Row(line, _by_column(columns, line, cells)) for line, cells in body]


def name_of(path: Path) -> str:
    """The name of a file as a text, even where an old system wrote it in Latin-1."""
    return os.fsencode(path.name).decode("utf-8", "replace")


def bytes_of(path: Path) -> bytes:
    """What a file holds, once its size is known to be reasonable."""
    name = name_of(path)
    try:
        if not path.is_file():
            raise FileMissingError(f"« {name} » n'est pas un fichier : vérifier son chemin.")
        if path.stat().st_size > MAX_FILE_BYTES:
            raise FileTooBigError(f"« {name} » dépasse {MAX_FILE_BYTES // 1_000_000} Mo : le découper.")
        return path.read_bytes()
    except OSError as error:
        raise FileMissingError(f"« {name} » ne peut pas être lu : vérifier ses droits.") from error


def _by_column(columns: list[str], line: int, cells: list[str]) -> dict[str, str]:
    for number, cell in enumerate(cells, 1):
        if cell and not "".join(columns[number - 1 : number]):
            raise TableShapeError(
                f"Ligne {line} : la cellule {number} (« {cell[:30]} ») n'est sous aucun titre de colonne. "
                "Une virgule décimale est peut-être sans guillemets."
            )
    filled = cells + [""] * (len(columns) - len(cells))
    return {column: cell for column, cell in zip(columns, filled, strict=False) if column}


def _bounded(lines: Iterable[Line], *, until: float = math.inf) -> list[Line]:
    """The lines that hold something, once they are known to be reasonable, and read before a time of the
    processor: a busy machine is no fault of the table."""
    kept: list[Line] = []
    characters = 0
    for line, cells in lines:
        if time.process_time() > until:
            raise TableTooBigError("Le classeur est trop long à lire : n'en garder que le tableau.")
        trimmed = [cell.replace("\r\n", "\n").strip() for cell in cells]
        while trimmed and not trimmed[-1]:
            trimmed.pop()
        if len(kept) > MAX_ROWS:
            raise TableTooBigError(f"Le tableau dépasse {MAX_ROWS} lignes : le découper.")
        if line > MAX_LINES:
            raise TableTooBigError(
                f"La feuille dépasse {MAX_LINES} lignes : supprimer celles qui sont vides sous le tableau."
            )
        if len(trimmed) > MAX_COLUMNS:
            raise TableTooBigError(f"Ligne {line} : plus de {MAX_COLUMNS} colonnes.")
        for cell in trimmed:
            if len(cell) > MAX_CELL_LENGTH:
                raise TableTooBigError(
                    f"Ligne {line} : une cellule dépasse {MAX_CELL_LENGTH} caractères (« {cell[:30]}… »)."
                )
            if any(unicodedata.category(letter) in ("Cc", "Cs") and letter not in "\n\t" for letter in cell):
                raise DamagedFileError(f"Ligne {line} : une cellule contient un caractère de contrôle.")
        characters += sum(map(len, trimmed))
        if characters > MAX_CHARACTERS:
            raise TableTooBigError("Le tableau contient trop de texte : n'en garder que les chiffres.")
        if trimmed:
            kept.append((line, trimmed))
    return kept


# --- CSV ---------------------------------------------------------------------------------------------------


def _csv_lines(data: bytes) -> Iterator[Line]:
    text = _decoded(data)
    first_line = text.partition("\n")[0]
    separator, above = max(";,\t", key=first_line.count), 0
    if declared := SEPARATOR.match(text):
        separator, above = declared[1], 1
        text = text[declared.end() :]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    start = above + 1
    try:
        for cells in reader:
            yield start, [cell[1:] if GUARDED.match(cell) else cell for cell in cells]
            start = above + reader.line_num + 1
    except csv.Error as error:
        raise DamagedFileError(
            f"Ligne {start} : des guillemets mal fermés, ou une cellule sans fin."
        ) from error


def _decoded(data: bytes) -> str:
    encodings = ["utf-16"] if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-8-sig", "cp1252", "latin-1"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        # A PDF, or the HTML or flat XML that some programs save under the name of a workbook.
        if "\0" in text or text.lstrip().startswith(("%PDF", "<")):
            break
        return text
    raise UnknownKindError(NEITHER_KIND)


# --- Spreadsheets ------------------------------------------------------------------------------------------


def _spreadsheet(data: bytes) -> list[Line]:
    """The lines of the only sheet that holds something, and that one sees."""
    until = time.process_time() + MAX_SECONDS
    try:
        sheets = [(name, hidden, _bounded(lines, until=until)) for name, hidden, lines in _sheets(data)]
    except (TableError, MemoryError):
        raise
    except Exception as error:  # a damaged file makes the parsers fail in any way
        raise DamagedFileError(
            "Le classeur est abîmé ou protégé par un mot de passe : l'ouvrir et l'enregistrer à nouveau."
        ) from error
    filled = [sheet for sheet in sheets if sheet[-1]]
    if len(filled) > 1:
        names = ", ".join(f"« {name} »{', masquée' * is_hidden}" for name, is_hidden, _ in filled)
        raise TableShapeError(f"Plusieurs feuilles du classeur sont remplies : n'en garder qu'une ({names}).")
    for name, is_hidden, lines in filled:
        if is_hidden:
            raise TableShapeError(
                f"La feuille remplie (« {name} ») est masquée dans le classeur : l'afficher, vérifier que "
                "c'est bien le tableau, enregistrer, puis recommencer."
            )
        return lines
    return []


def _sheets(data: bytes) -> Iterator[Sheet]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        _refuse_bombs(archive.infolist())
        if "xl/workbook.xml" in archive.namelist():
            _refuse_hostile_xml(map(archive.read, archive.namelist()))
            yield from _xlsx_sheets(data)
        elif "content.xml" in archive.namelist():
            # The only part that is read: others may declare types, as macros of LibreOffice do.
            content = archive.read("content.xml")
            _refuse_hostile_xml([content])
            yield from _ods_sheets(content)
        else:
            raise UnknownKindError(NEITHER_KIND)


def _refuse_bombs(members: list[zipfile.ZipInfo]) -> None:
    """By the sizes that the archive declares; nothing beyond them is ever unpacked."""
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if unpacked > MAX_UNPACKED_BYTES or unpacked > MAX_RATIO * packed or len(members) > MAX_MEMBERS:
        raise ArchiveTooBigError("Le classeur décompressé serait démesuré : il n'a pas été ouvert.")


def _refuse_hostile_xml(parts: Iterable[bytes]) -> None:
    """Entities are declared in a document type, which no spreadsheet program writes in its sheets; elements
    without end would fill the memory of those who keep them."""
    elements = 0

    def refuse(*_: Any) -> None:
        raise ForbiddenXmlError(
            "Le classeur déclare un type de document XML (dans une image SVG, peut-être) : "
            "l'enregistrer à nouveau, sans image."
        )

    def count(*_: Any) -> None:
        nonlocal elements
        elements += 1
        if elements > MAX_ELEMENTS:
            raise ArchiveTooBigError("Le classeur est démesuré : n'en garder que le tableau.")

    for part in parts:
        parser = expat.ParserCreate()
        parser.StartDoctypeDeclHandler = refuse
        parser.StartElementHandler = count
        # What is no XML ends here; a part that should be some fails where it is read.
        with suppress(expat.ExpatError):
            parser.Parse(part, True)


def _number(raw: str, *, is_percent: bool, shown_places: int) -> str:
    number = SPREADSHEET.create_decimal(raw).scaleb(2 if is_percent else 0).normalize()
    if not number.is_finite() or abs(number.adjusted()) > SPREADSHEET.prec:
        return raw
    places = max(shown_places, -int(number.as_tuple().exponent))
    return f"{number:.{places}f}" + "%" * is_percent


def _truth(value: bool) -> str:
    return "vrai" if value else "faux"


# --- XLSX --------------------------------------------------------------------------------------------------


def _xlsx_sheets(data: bytes) -> Iterator[Sheet]:
    """Each sheet is read twice: once for what Excel computed, once for what was written."""
    import openpyxl  # noqa: PLC0415 - longer than all of a CSV, which most files are

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles and extensions that do not matter here
        computed, written = (
            openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=data_only, keep_links=False)
            for data_only in (True, False)
        )
        for sheet, same in zip(computed.worksheets, written.worksheets, strict=True):
            yield sheet.title, sheet.sheet_state != "visible", _xlsx_lines(sheet, same)


def _xlsx_lines(computed: Any, written: Any) -> Iterator[Line]:
    for sheet in (computed, written):
        sheet.reset_dimensions()  # what a file declares is often wrong
    rows = zip(*(sheet.iter_rows(max_col=MAX_COLUMNS + 1) for sheet in (computed, written)), strict=True)
    for line, cells in enumerate(rows, 1):
        yield line, [_xlsx_text(*pair) for pair in zip(*cells, strict=True)]


def _xlsx_text(cell: Any, written: Any) -> str:
    match cell.value:
        case None:
            # A formula whose result is the empty text has another type than one that was never computed.
            return NOT_COMPUTED if written.value is not None and cell.data_type == "n" else ""
        case bool():
            return _truth(cell.value)
        case int() | float():
            shape = re.sub(r'"[^"]*"|\\.', "", cell.number_format.partition(";")[0])
            decimals = re.search(r"0\.(0+)", shape)
            places = len(decimals[1]) if decimals else 0
            return _number(repr(cell.value), is_percent="%" in shape, shown_places=places)
    return str(cell.value)


# --- ODS ---------------------------------------------------------------------------------------------------


def _ods_sheets(content: bytes) -> Iterator[Sheet]:
    root = ElementTree.fromstring(content)  # noqa: S314 - document types were refused above
    spreadsheet = root.find(f"{OFFICE}body/{OFFICE}spreadsheet")
    if spreadsheet is None:
        raise UnknownKindError(NEITHER_KIND)
    for tag, space in (("s", " "), ("tab", " "), ("line-break", "\n")):
        for element in spreadsheet.iter(f"{TEXT}{tag}"):
            element.text = space
    hidden = {
        style.get(f"{STYLE}name")
        for style in root.iterfind(f"{OFFICE}automatic-styles/{STYLE}style")
        for look in style.iterfind(f"{STYLE}table-properties")
        if look.get(f"{TABLE}display") == "false"
    }
    for table in spreadsheet.findall(f"{TABLE}table"):
        is_hidden = table.get(f"{TABLE}style-name") in hidden
        yield table.get(f"{TABLE}name", ""), is_hidden, _ods_lines(table)


def _ods_lines(table: Element) -> Iterator[Line]:
    """A run of equal rows is written once with its length; an empty run may be a million rows long."""
    line = 1
    for row in table.iter(f"{TABLE}table-row"):
        times = int(row.get(f"{TABLE}number-rows-repeated", 1))
        if cells := _ods_cells(row):
            for repeated in range(min(times, MAX_ROWS + 2)):
                yield line + repeated, cells
        line += times


def _ods_cells(row: Element) -> list[str]:
    """The texts up to the last one that is not empty; equal cells are a run too."""
    cells: list[str] = []
    position = 0
    for cell in row:
        length = int(cell.get(f"{TABLE}number-columns-repeated", 1))
        # A covered cell lies under a merged one: nobody sees what it holds.
        if cell.tag == f"{TABLE}table-cell" and (text := _ods_text(cell)):
            cells += [""] * (min(position, MAX_COLUMNS) - len(cells))
            cells += [text] * min(length, MAX_COLUMNS + 1)
        if len(cells) > MAX_COLUMNS:
            break
        position += length
    return cells


def _ods_text(cell: Element) -> str:
    shown = "\n".join("".join(paragraph.itertext()) for paragraph in cell.findall(f"{TEXT}p"))
    kind, raw = cell.get(f"{OFFICE}value-type"), cell.get(f"{OFFICE}value")
    if kind is None and not shown and cell.get(f"{TABLE}formula"):
        return NOT_COMPUTED
    if kind == "boolean":
        return _truth(cell.get(f"{OFFICE}boolean-value") == "true")
    if raw is None or re.match("#|Err:", shown):
        return shown or cell.get(f"{OFFICE}string-value", "")
    decimals = re.search(r"[.,]([0-9]+)\D*$", shown)
    exact, padded = (
        _number(raw, is_percent=kind == "percentage", shown_places=places)
        for places in (0, len(decimals[1]) if decimals else 0)
    )
    # « 2,511 » may show 2511 with a mark between thousands: then its digits are those of the number alone.
    return padded if re.sub(r"\D", "", padded) == re.sub(r"\D", "", shown) else exact
