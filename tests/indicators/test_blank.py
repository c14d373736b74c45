"""The blank table: filled in, it is imported as it is, whatever the year before was."""

import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from indicators import blank, imports
from indicators.models import FigureImport, Measurement
from referentiel.models import Indicator
from sheets import writing
from sheets.reading import Row, rows_of
from sites.conflicts import RefusedError
from sites.models import Prefecture
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shipped")]

DEMO = Path(settings.BASE_DIR) / "qualepref" / "demo"


@pytest.fixture
def prefecture(db: None) -> Prefecture:
    return Prefecture.objects.get(code="13")


def filled(sheet: writing.Sheet, values, kind: str = "csv") -> list[Row]:
    """The rows of a blank table in which somebody wrote a result on each row."""
    place = sheet.columns.index("Résultat 2018")
    rows = [list(row) for row in sheet.rows]
    for row, value in zip(rows, values, strict=True):
        row[place] = value
    return rows_of(writing.write(writing.Sheet(sheet.title, sheet.columns, rows), kind))


def examine(prefecture: Prefecture, rows: list[Row]) -> imports.Examination:
    source = FigureImport(prefecture=prefecture, year=2018, sha256="0" * 64)
    return imports.examine(source, rows, [])


def indicators_of(prefecture: Prefecture, sheet: writing.Sheet) -> list[str]:
    """The unit of the indicator of each row, as the import would tell it."""
    rows = filled(sheet, ["3"] * len(list(sheet.rows)))
    reading = imports._Reading(imports.Norm(prefecture, 2018), imports.Desk([], earlier=[]))
    reading.read(imports.columns.in_our_words(rows))
    return [one.measurement.indicator.unit for one in reading.figures if one.column == "printed_result_2018"]


RESULTS = {
    Indicator.Unit.PERCENT: st.decimals(0, 100, places=2).map(lambda n: f"{n} %".replace(".", ",")),
    Indicator.Unit.COUNT: st.integers(0, 10**7).map(str),
    Indicator.Unit.MINUTES: st.decimals(0, 1000, places=1).map(lambda n: f"{n} min".replace(".", ",")),
}
A_DELAY = st.decimals(0, 300, places=1).map(lambda n: f"{n} j".replace(".", ","))


@pytest.mark.parametrize("kind", writing.KINDS)
def test_a_blank_table_has_a_row_for_each_expected_figure(kind, prefecture):
    sheet = blank.sheet(prefecture, 2018)
    rows = rows_of(writing.write(sheet, kind))

    report = examine(prefecture, rows).report
    assert [problem.code for problem in report.problems] == ["no_result_without_reason"] * len(rows)
    assert list(sheet.columns) == [
        *("Préfecture", "Unité", "Thème", "Engagement", "Indicateur"),
        *("Résultat 2017", "Objectif", "Résultat 2018", "Période", "Motif d’absence", "Remarque"),
    ]
    assert (rows[0]["unite"], rows[0]["engagement"], rows[0]["objectif"]) == (
        "Préfecture",
        "E10",
        "≤ 10\xa0%",
    )


FEW = hypothesis_settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@FEW
@given(
    rate=RESULTS[Indicator.Unit.PERCENT],
    number=RESULTS[Indicator.Unit.COUNT],
    minutes=RESULTS[Indicator.Unit.MINUTES],
    delay=A_DELAY,
    kind=st.sampled_from(list(writing.KINDS)),
)
def test_filled_in_it_has_no_problem(prefecture, rate, number, minutes, delay, kind):
    sheet = blank.sheet(prefecture, 2018)
    of_units = {"percent": rate, "count": number, "minutes": minutes}
    values = [of_units.get(unit, delay) for unit in indicators_of(prefecture, sheet)]

    report = examine(prefecture, filled(sheet, values, kind)).report

    assert report.problems == []
    assert report.imported == len(values)


@pytest.mark.parametrize(
    ("value", "base"),
    [
        *((text, None) for text in ("0", "3", "1.5", "94.00", "99.9949", "100")),
        *((None, base) for base in ((0, 7), (2, 3), (94_996, 100_000), (5, 5))),
    ],
)
def test_the_year_before_is_read_back_as_it_stands(prefecture, value, base):
    """Printed with no to four decimals, or counted: nothing of it changes."""
    sheet = blank.sheet(prefecture, 2018)
    answers = ["3"] * len(list(sheet.rows))
    reading = imports._Reading(imports.Norm(prefecture, 2018), imports.Desk([], earlier=[]))
    reading.read(imports.columns.in_our_words(filled(sheet, answers)))
    source = factories.FigureImportFactory(prefecture=prefecture, year=2017, sha256="1" * 64)
    for stored in [one.measurement for one in reading.figures if one.column == "printed_result_2018"]:
        stored.period_start, stored.source = datetime.date(2017, 1, 1), source
        stored.target_comparator, stored.target_value = "", None
        if stored.shape != Measurement.Shape.COUNT and base:
            stored.value, stored.origin = None, Measurement.Origin.ENTERED
            stored.numerator, stored.denominator = base
        elif stored.shape != Measurement.Shape.COUNT:
            stored.value, stored.value_places = Decimal(value), len(value.partition(".")[2])
        stored.save()

    report = examine(prefecture, filled(blank.sheet(prefecture, 2018), answers)).report

    assert [problem.message for problem in report.unanswered] == []
    assert [change for change in report.changes if change.year == 2017] == []


def test_nothing_expected_is_said(elsewhere):
    with pytest.raises(RefusedError, match="Aucun indicateur n'est attendu"):
        blank.sheet(elsewhere, 2018)


def test_what_is_known_stands_in_it(prefecture):
    imports.import_file(
        DEMO / "annual_results_2018.csv",
        prefecture=prefecture,
        year=2018,
        answers=DEMO / "answers-2018.toml",
    )

    rows = [dict(row.cells) for row in rows_of(writing.write(blank.sheet(prefecture, 2018), "csv"))]

    (lost,) = [
        row
        for row in rows
        if row["unite"] == "Sous-préfecture d'Arles" and row["indicateur"] == "Taux d'appels perdus"
    ]
    assert (lost["resultat_2017"], lost["objectif"], lost["resultat_2018"]) == ("1,9\xa0%", "≤ 10\xa0%", "")
    assert Decimal("1.9") in Measurement.objects.values_list("value", flat=True)
