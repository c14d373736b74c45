"""What leaves the application in a spreadsheet comes back unchanged, and runs nothing on its way."""

import datetime
import zipfile
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheets.reading import MAX_CELL_LENGTH, read_table
from sheets.writing import KINDS, Sheet, write

SHEET = Sheet(
    "Résultats [2018]",
    ["unité", "résultat", "base", "le", "note"],
    [
        ["Arles", Decimal("77.78"), 9, datetime.date(2018, 12, 31), "=1+1"],
        ["Aix", None, 0, None, "-2 points\nsur deux lignes"],
        ["Istres", Decimal("-0.50"), 12, None, "'=déjà protégé"],
    ],
)


def read_back(content, tmp_path):
    path = tmp_path / "export"
    path.write_bytes(content)
    return [dict(row.cells) for row in read_table(path)]


@pytest.mark.parametrize("kind", KINDS)
def test_an_export_is_read_back_unchanged(kind, tmp_path):
    rows = read_back(write(SHEET, kind), tmp_path)

    days = {"csv": "31/12/2018", "ods": "31/12/2018", "xlsx": "2018-12-31 00:00:00"}
    mark = "," if kind == "csv" else "."
    assert [row.get("note", "") for row in rows] == [
        "=1+1",
        "-2 points\nsur deux lignes",
        "'=déjà protégé",
    ]
    assert rows[0] | {"note": ""} == {
        "unite": "Arles",
        "resultat": f"77{mark}78",
        "base": "9",
        "le": days[kind],
        "note": "",
    }
    assert rows[1]["resultat"] == ""
    assert rows[2]["resultat"] == f"-0{mark}50"


def test_nothing_is_a_formula(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(write(SHEET, "xlsx"))
    (tmp_path / "a.ods").write_bytes(write(SHEET, "ods"))

    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    types = {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None}
    with zipfile.ZipFile(tmp_path / "a.ods") as archive:
        content = archive.read("content.xml").decode()

    assert types == {"s", "n", "d"}
    assert "table:formula" not in content
    for line in write(SHEET, "csv").decode("utf-8-sig").splitlines():
        assert not any(cell.strip('"').startswith(("=", "@")) for cell in line.split(";"))


TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), max_size=60)


@pytest.mark.parametrize("kind", KINDS)
@given(texts=st.lists(TEXTS, min_size=1, max_size=5))
def test_any_text_comes_back(kind, texts, tmp_path_factory):
    content = write(Sheet("t", ["n", "texte"], [[1, text] for text in texts]), kind)

    rows = read_back(content, tmp_path_factory.mktemp("sheets"))

    assert [row.get("texte", "") for row in rows] == [text.strip()[:MAX_CELL_LENGTH] for text in texts]


def test_control_characters_stay_inside():
    text = write(Sheet("t", ["a"], [["x\x00y\x1b[31m"]]), "csv").decode("utf-8-sig")

    assert text == "a\r\nx y [31m\r\n"


def test_yes_and_no_are_words():
    assert write(Sheet("t", ["a"], [[True], [False]]), "csv").decode("utf-8-sig") == "a\r\noui\r\nnon\r\n"
