"""Write a table as CSV, ODS or XLSX: the one way out of every list and every figure.

Numbers stay numbers and dates stay dates. Text comes from people: none of it may act as a formula where the
file is opened, and no control character goes out. `sheets.reading` reads back unchanged what is written here.
"""

import csv
import datetime
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, TypeAlias
from unicodedata import category

import openpyxl
from odf.namespaces import OFFICENS
from odf.number import DateStyle, Day, Month, Number, NumberStyle, Text, Year
from odf.opendocument import OpenDocumentSpreadsheet
from odf.style import Style, TableColumnProperties, TextProperties
from odf.table import Table as OdsTable
from odf.table import TableCell, TableColumn, TableHeaderRows, TableRow
from odf.text import P
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from sheets.words import french_day

Cell: TypeAlias = str | int | Decimal | datetime.date | bool | None

# What makes a formula of a text.
FORMULA_SIGNS: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠")

KINDS: Final = {
    "csv": "text/csv; charset=utf-8",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
MAX_SHEET_NAME: Final = 31
COLUMN_WIDTH: Final = 20
MOST_CHARACTERS: Final = 32_000  # of a cell, for Excel


@dataclass(frozen=True)
class Sheet:
    """A table: the titles of its columns, then its rows. `title` names the sheet of a workbook."""

    title: str
    columns: Sequence[str]
    rows: Iterable[Sequence[Cell]]

    @property
    def cleaned(self) -> Iterable[list[Cell]]:
        """The rows with their titles, as they go out: bounded texts without control characters."""
        yield [_clean(title) for title in self.columns]
        for row in self.rows:
            yield [_fit(cell) for cell in row]


def write(sheet: Sheet, kind: str) -> bytes:
    """The bytes of a file of one of the `KINDS`. KeyError for another kind."""
    return {"csv": _csv, "ods": _ods, "xlsx": _xlsx}[kind](sheet)


def _fit(cell: Cell) -> Cell:
    match cell:
        case bool():
            return "oui" if cell else "non"
        case str():
            return _clean(cell)
    return cell


def _clean(text: str) -> str:
    kept = (
        letter if letter in "\n\t" or category(letter) not in ("Cc", "Cs", "Cn") else " " for letter in text
    )
    return "".join(kept).strip()[:MOST_CHARACTERS]


# --- CSV ---------------------------------------------------------------------------------------------------


def _csv(sheet: Sheet) -> bytes:
    """French: semicolons, decimal commas, dates 26/11/2026, and the BOM that spreadsheets look for."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
    for row in sheet.cleaned:
        writer.writerow([_csv_text(cell) for cell in row])
    return file.getvalue().encode("utf-8-sig")


def _csv_text(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case str():
            return f"'{cell}" if cell.lstrip("'").startswith(FORMULA_SIGNS) else cell
        case Decimal():
            return f"{cell:f}".replace(".", ",")
        case datetime.date():
            return _shown(cell)
    return str(cell)


def _shown(day: datetime.date) -> str:
    return french_day(day) + (f" {day:%H:%M}" if isinstance(day, datetime.datetime) else "")


# --- XLSX --------------------------------------------------------------------------------------------------


def _xlsx(sheet: Sheet) -> bytes:
    workbook = openpyxl.Workbook(write_only=True)
    page = workbook.create_sheet(_sheet_name(sheet.title))
    page.freeze_panes = "A2"
    for number in range(1, len(sheet.columns) + 1):
        page.column_dimensions[get_column_letter(number)].width = COLUMN_WIDTH
    for number, row in enumerate(sheet.cleaned):
        page.append([_xlsx_cell(page, cell, is_title=number == 0) for cell in row])
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


def _xlsx_cell(page: Any, value: Cell, *, is_title: bool) -> Any:
    cell = WriteOnlyCell(page)
    match value:
        case str():
            cell.value = value
            cell.data_type = "s"  # typed as text: « =1+1 » is no formula
        case Decimal():
            cell.value = value
            cell.number_format = _places_format(value)
        case datetime.datetime():
            cell.value = value.replace(tzinfo=None)
            cell.number_format = "dd/mm/yyyy hh:mm"
        case datetime.date():
            cell.value = value
            cell.number_format = "dd/mm/yyyy"
        case _:
            cell.value = value
    if is_title:
        cell.font = Font(bold=True)
    return cell


def _places(value: Decimal) -> int:
    return max(0, -int(value.as_tuple().exponent))


def _places_format(value: Decimal) -> str:
    places = _places(value)
    return "0." + "0" * places if places else "0"


def _sheet_name(title: str) -> str:
    """Excel refuses some characters and long names."""
    return "".join(" " if letter in "[]:*?/\\'" else letter for letter in _clean(title))[:MAX_SHEET_NAME]


# --- ODS ---------------------------------------------------------------------------------------------------


def _ods(sheet: Sheet) -> bytes:
    document = OpenDocumentSpreadsheet()
    styles = _OdsStyles(document)
    table = OdsTable(name=_sheet_name(sheet.title))
    table.addElement(TableColumn(stylename=styles.column, numbercolumnsrepeated=max(1, len(sheet.columns))))
    for number, row in enumerate(sheet.cleaned):
        line = TableRow()
        for value in row:
            line.addElement(_ods_cell(value, styles, is_title=number == 0))
        if number == 0:
            head = TableHeaderRows()
            head.addElement(line)
            table.addElement(head)
        else:
            table.addElement(line)
    document.spreadsheet.addElement(table)
    file = io.BytesIO()
    document.write(file)
    return file.getvalue()


def _ods_cell(value: Cell, styles: "_OdsStyles", *, is_title: bool) -> Any:
    match value:
        case None | "":
            return TableCell()
        case str():
            cell = TableCell(valuetype="string", **({"stylename": styles.title} if is_title else {}))
            for line in value.split("\n"):
                cell.addElement(P(text=line))
            return cell
        case datetime.date():
            cell = TableCell(valuetype="date", stylename=styles.day)
            cell.setAttrNS(OFFICENS, "date-value", value.isoformat()[:19])
            cell.addElement(P(text=_shown(value)))
            return cell
    decimal = Decimal(value)
    cell = TableCell(valuetype="float", value=f"{decimal:f}", stylename=styles.of_places(_places(decimal)))
    cell.addElement(P(text=f"{decimal:f}".replace(".", ",")))
    return cell


class _OdsStyles:
    """The few styles of a document: wide columns, bold titles, French days, numbers with their decimals."""

    def __init__(self, document: Any) -> None:
        self._automatic = document.automaticstyles
        self._of_places: dict[int, Any] = {}
        self.column = Style(name="colonne", family="table-column")
        self.column.addElement(TableColumnProperties(columnwidth="4cm"))
        self.title = Style(name="titre", family="table-cell")
        self.title.addElement(TextProperties(fontweight="bold"))
        shape = DateStyle(name="forme-jour")
        for part in (Day(style="long"), "/", Month(style="long"), "/", Year(style="long")):
            shape.addElement(Text(text=part) if isinstance(part, str) else part)
        self.day = Style(name="jour", family="table-cell", datastylename=shape)
        for style in (shape, self.column, self.title, self.day):
            self._automatic.addElement(style)

    def of_places(self, places: int) -> Any:
        if places not in self._of_places:
            shape = NumberStyle(name=f"forme-{places}")
            shape.addElement(Number(decimalplaces=places, minintegerdigits=1))
            style = Style(name=f"nombre-{places}", family="table-cell", datastylename=shape)
            self._automatic.addElement(shape)
            self._automatic.addElement(style)
            self._of_places[places] = style
        return self._of_places[places]
