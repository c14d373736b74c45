"""The charts: what they say, and that nothing in them overlaps or leaves the frame, whatever the figures."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators import drawing
from indicators.bars import Chart, Sheet, chart_of
from indicators.drawing import Words
from referentiel.measures import Comparator, Target, judge, with_unit

Data = dict[str, Any]


def unit(name: str) -> Data:
    return {"name": f"Sous-préfecture de {name}", "short_name": name, "kind": "subprefecture"}


UNITS = [unit("Aix"), unit("Arles"), unit("Istres")]


def cell(
    value: str | None,
    *,
    target: str = "≥ 95",
    unit: str = "percent",
    absence: str = "missing",
    months: str = "",
) -> Data:
    """A cell of the content; `months` are « 4-12 »."""
    comparator, _, wanted = target.partition(" ")
    held = Target(Comparator(comparator), Fraction(wanted)) if target else None
    exact = None if value is None else Fraction(value)
    first, _, last = months.partition("-")
    return {
        "value": None if exact is None else str(exact),
        "shown": value,
        "shown_label": "non renseigné" if value is None else with_unit(Decimal(value), unit),
        "months": list(range(int(first), int(last) + 1)) if months else list(range(1, 13)),
        "months_label": months,
        "target": str(held.value) if held else None,
        "target_label": f"{comparator} {wanted} %" if held else "",
        "verdict": judge(exact, held).value,
        "absence": absence if value is None else None,
    }


def line(*cells: Data, title: str = "Taux de réponse aux courriels", unit: str = "percent") -> Data:
    return {"key": title, "title": title, "unit": unit, "cells": list(cells)}


def band(*lines: Data, theme: str = "Accueil") -> Data:
    return {"theme": theme, "lines": list(lines)}


def drawn(*lines: Data, units: list[Data] | None = None) -> Sheet:
    """The only sheet of a chart."""
    chart = chart_of(band(*lines), units or UNITS)
    assert chart
    (sheet,) = chart.sheets
    return sheet


# --- What is said ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "conclusion"),
    [
        (["96", "97", "94"], "Accueil : 2 résultats sur 3 atteignent l’objectif"),
        (["96", "97", "99"], "Accueil : 3 résultats sur 3 atteignent l’objectif"),
        (["96", "90", "94"], "Accueil : 1 résultat sur 3 atteint l’objectif"),
        (["91", "90", "94"], "Accueil : aucun résultat sur 3 n’atteint l’objectif"),
        (["96", None, None], "Accueil : le résultat atteint l’objectif"),
        (["90", None, None], "Accueil : le résultat n’atteint pas l’objectif"),
    ],
)
def test_the_title_is_the_conclusion(values: list[str | None], conclusion: str) -> None:
    chart = chart_of(band(line(*map(cell, values))), UNITS)

    assert chart
    assert chart.title.replace("\N{NO-BREAK SPACE}", " ") == conclusion


def test_results_without_a_target_are_counted_as_such() -> None:
    chart = chart_of(band(line(*(cell("870", target="", unit="count") for _ in UNITS), unit="count")), UNITS)

    assert chart
    assert chart.title == "Accueil\N{NO-BREAK SPACE}: 3 résultats, sans objectif"


def test_no_result_no_chart() -> None:
    assert chart_of(band(line(cell(None), cell(None), cell(None))), UNITS) is None


def test_percentages_are_drawn_rather_than_counts() -> None:
    counts = line(*(cell("870", unit="count") for _ in UNITS), title="Usagers reçus", unit="count")

    sheet = drawn(counts, counts, line(cell("96"), cell(None), cell(None)))

    assert [words.text for group in sheet.groups for words in group.title] == [
        "Taux de réponse aux courriels"
    ]


def test_without_percentages_the_unit_with_most_results_is_drawn() -> None:
    delays = line(*(cell("3", unit="days") for _ in UNITS), title="Délai moyen", unit="days")
    counts = line(cell("870", unit="count"), cell(None), cell(None), title="Usagers reçus", unit="count")

    sheet = drawn(counts, delays)

    assert [words.text for group in sheet.groups for words in group.title] == ["Délai moyen"]


def test_bars_start_from_zero_and_are_in_proportion() -> None:
    bars = drawn(line(cell("50"), cell("100"), cell("0"))).groups[0].bars

    assert bars[0].x == bars[1].x == bars[2].x
    assert bars[0].width == pytest.approx(bars[1].width / 2, abs=0.01)
    assert bars[2].width == 0


def test_the_value_stands_at_the_end_of_its_bar() -> None:
    bar = drawn(line(cell("58.3"), cell("100"), cell("80"))).groups[0].bars[0]

    assert bar.value.text == "58,3\N{NO-BREAK SPACE}%"
    assert bar.value.x == bar.x + bar.width + drawing.GAP


def test_words_that_the_target_line_would_cross_stand_behind_it() -> None:
    group = drawn(line(cell("94"), cell("90"), cell("50"))).groups[0]

    assert [bar.value.x for bar in group.bars[:2]] == [group.targets[0].x + drawing.GAP] * 2
    assert group.bars[2].value.x < group.targets[0].x


def test_a_missing_result_is_a_mark_and_says_why() -> None:
    bar = drawn(line(cell("96"), cell(None), cell("97"))).groups[0].bars[1]

    assert (bar.is_missing, bar.filling, bar.value.text) == (True, None, "non renseigné")


def test_a_unit_of_which_nothing_is_expected_has_no_row() -> None:
    bars = drawn(line(cell("96"), cell(None, absence="not_expected"), cell("97"))).groups[0].bars

    assert [bar.name.text for bar in bars] == ["Aix", "Istres"]


def test_months_that_are_not_the_whole_year_and_a_missed_target_are_said() -> None:
    bars = drawn(line(cell("74.16", months="4-12"), cell("99", months="3-3"), cell("94"))).groups[0].bars

    assert [bar.remark and bar.remark.text for bar in bars] == [
        "avr. à déc., non atteint",
        "mars",
        "non atteint",
    ]


def test_months_with_gaps_are_counted() -> None:
    gaps = {**cell("96", months="1-12"), "months": [1, 3, 5]}

    assert drawn(line(gaps, cell("96"), cell("96"))).groups[0].bars[0].remark.text == "3 mois"


def test_one_line_for_one_target_and_one_for_each_where_they_differ() -> None:
    same = drawn(line(cell("96"), cell("96"), cell("96"))).groups[0]
    different = drawn(line(cell("96"), cell("96", target="≥ 90"), cell("96"))).groups[0]

    assert [target.label.text for target in same.targets] == ["objectif ≥ 95 %"]
    assert [target.label.text for target in different.targets] == [
        "objectif ≥ 95 %",
        "objectif ≥ 90 %",
        "objectif ≥ 95 %",
    ]


def test_a_unit_is_filled_alike_everywhere() -> None:
    all_units = drawn(line(cell("96"), cell("97"), cell("98")), line(cell("96"), cell("97"), cell("98")))
    without_aix = drawn(line(cell(None, absence="not_expected"), cell("97"), cell("98")))

    def fillings(sheet: Sheet) -> set[tuple[str, str, str]]:
        return {
            (bar.name.text, bar.filling.colour, bar.filling.path)
            for group in sheet.groups
            for bar in group.bars
            if bar.filling
        }

    assert len(fillings(all_units)) == 3
    assert fillings(without_aix) < fillings(all_units)


def test_every_filling_is_told_without_its_colour() -> None:
    hatchings = {(path, thickness) for _, path, thickness in drawing.FILLINGS}

    assert len(hatchings) == len(drawing.FILLINGS) == 12


def test_the_axis_is_round_and_says_zero() -> None:
    ticks = [
        tick.label.text for tick in drawn(line(cell("12.83"), cell("6"), cell("3.27", target="≤ 10"))).ticks
    ]

    assert ticks == ["0", "25", "50", "75", "100\N{NO-BREAK SPACE}%"]


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [
        ("0", 1),
        ("0.03", "0.03"),
        ("0.9", 1),
        ("1.2", "1.5"),
        ("12.83", 15),
        ("99.42", 100),
        ("20769", 30_000),
    ],
)
def test_the_end_of_the_axis_is_the_next_round_number(amount: str, rounded: str | int) -> None:
    assert drawing.round_above(Fraction(amount))[0] == Fraction(rounded)


def test_a_chart_too_tall_for_a_page_is_cut_between_indicators() -> None:
    units = [unit(f"U{number}") for number in range(12)]
    lines = [line(*(cell("96") for _ in units), title=f"Taux {number}") for number in range(8)]

    chart = chart_of(band(*lines), units)

    assert chart
    assert len(chart.sheets) == 4
    assert [words.text for sheet in chart.sheets for group in sheet.groups for words in group.title] == [
        f"Taux {number}" for number in range(8)
    ]
    assert [sheet.title.rpartition("(")[2] for sheet in chart.sheets] == [
        f"{number} sur 4)" for number in (1, 2, 3, 4)
    ]
    assert len({tick.x for sheet in chart.sheets for tick in sheet.ticks}) == len(chart.sheets[0].ticks)


def test_the_description_gives_the_values() -> None:
    sheet = drawn(line(cell("96"), cell(None), cell("94")))

    assert sheet.description.replace("\N{NO-BREAK SPACE}", " ") == (
        "Taux de réponse aux courriels (objectif ≥ 95 %) : "
        "Aix 96 %, Arles non renseigné, Istres 94 % (non atteint)."
    )


# --- Whatever the figures ----------------------------------------------------------------------------------

TEXTS = st.text(max_size=60) | st.sampled_from(
    ["M" * 60, "œ" * 40, "Wagram-" * 9, "i", "", "漢字" * 30, "\x00\n", "a b " * 40]
)
AMOUNTS = st.decimals(0, 10**12, places=2, allow_nan=False) | st.integers(0, 130).map(Decimal)


@st.composite
def bands(draw: st.DrawFn) -> tuple[Data, list[Data]]:
    units = draw(st.lists(TEXTS.map(unit), min_size=1, max_size=12))
    measured = draw(st.sampled_from(["percent", "days", "count", "working_days"]))
    lines = []
    for number in range(draw(st.integers(1, 4))):
        cells = []
        for _ in units:
            value, target = draw(st.none() | AMOUNTS), draw(st.none() | AMOUNTS)
            made = cell(
                None if value is None else str(value),
                target="" if target is None else f"{draw(st.sampled_from('≥<'))} {target}",
                unit=measured,
                absence=draw(st.sampled_from(["missing", "not_measurable", "not_expected"])),
                months=draw(st.sampled_from(["", "4-12", "2-2"])),
            )
            if value is None:
                made["shown_label"] = draw(TEXTS)
            cells.append(made)
        lines.append({**line(*cells, title=draw(TEXTS), unit=measured), "key": str(number)})
    return band(*lines, theme=draw(TEXTS)), units


@dataclass(frozen=True)
class Box:
    what: str
    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: "Box") -> bool:
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


def box_of(words: Words) -> Box:
    width = drawing.width_of(words.text, words.size)
    left = words.x - {"start": 0, "middle": width / 2, "end": width}[words.anchor]
    return Box(words.text, left, words.y - 0.78 * words.size, left + width, words.y + 0.2 * words.size)


def boxes_of(sheet: Sheet) -> list[Box]:
    """All that a sheet draws, but for axes and target lines, which bars touch on purpose."""
    boxes = [box_of(tick.label) for tick in sheet.ticks]
    for group in sheet.groups:
        boxes += [box_of(words) for words in group.title]
        boxes += [box_of(target.label) for target in group.targets]
        for bar in group.bars:
            boxes += [box_of(words) for words in (bar.name, bar.value, bar.remark) if words and words.text]
            boxes.append(Box("bar", bar.x, bar.y, bar.x + bar.width, bar.y + bar.height))
    return boxes


@settings(max_examples=300, deadline=None)
@given(bands())
def test_nothing_overlaps_and_nothing_leaves_the_frame(drawn: tuple[Data, list[Data]]) -> None:
    chart = chart_of(*drawn)
    for sheet in chart.sheets if chart else ():
        boxes = boxes_of(sheet)
        for box in boxes:
            assert -0.01 <= box.left <= box.right <= sheet.width + 0.01, box
            assert -0.01 <= box.top <= box.bottom <= sheet.height + 0.01, box
        for one, other in combinations(boxes, 2):
            assert not one.overlaps(other), (one, other)


@settings(max_examples=150, deadline=None)
@given(bands())
def test_no_word_is_crossed_by_a_target_line(drawn: tuple[Data, list[Data]]) -> None:
    chart = chart_of(*drawn)
    for group in (group for sheet in (chart.sheets if chart else ()) for group in sheet.groups):
        for target in group.targets:
            line = Box("line", target.x, target.top, target.x, target.bottom)
            for bar in group.bars:
                for words in (bar.name, bar.value, bar.remark):
                    assert not (words and words.text and box_of(words).overlaps(line)), (words, target)


@settings(max_examples=100, deadline=None)
@given(bands())
def test_every_coordinate_is_a_float_and_every_id_its_own(drawn: tuple[Data, list[Data]]) -> None:
    chart = chart_of(*drawn)
    for sheet in chart.sheets if chart else ():
        assert all(type(number) is float for number in numbers_of(sheet))
    ids = ids_of(chart) if chart else []
    assert len(ids) == len(set(ids))


def numbers_of(sheet: Sheet) -> list[object]:
    numbers: list[object] = [sheet.width, sheet.height, sheet.axis_y, sheet.axis_left, sheet.axis_right]
    for group in sheet.groups:
        numbers += [group.axis_x, group.top, group.bottom]
        numbers += [number for t in group.targets for number in (t.x, t.top, t.bottom, t.label.x, t.label.y)]
        for bar in group.bars:
            numbers += [bar.x, bar.y, bar.width, bar.height, bar.value.x, bar.value.y, bar.name.x, bar.name.y]
    return numbers


def ids_of(chart: Chart) -> list[str]:
    return [
        name for sheet in chart.sheets for name in (sheet.id, *(filling.id for filling in sheet.fillings))
    ]


def test_two_themes_of_a_page_share_no_id() -> None:
    cells = [cell("96") for _ in UNITS]
    one, other = (chart_of(band(line(*cells), theme=theme), UNITS) for theme in ("Accueil", "Réclamations"))

    assert one
    assert other
    assert not set(ids_of(one)) & set(ids_of(other))


# --- Words and room ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("face", ["Regular", "Bold", "Regular_Italic"])
def test_no_letter_of_marianne_is_wider_than_the_room_it_is_given(face: str) -> None:
    font = TTFont(finders.find(f"dsfr/dist/fonts/Marianne-{face}.woff2"))
    advances, per_em = font["hmtx"], font["head"].unitsPerEm

    too_wide = {
        chr(code): advances[glyph][0] / per_em
        for code, glyph in font.getBestCmap().items()
        if advances[glyph][0] / per_em > drawing.width_of(chr(code), 1)
    }

    assert too_wide == {}


def test_a_text_that_fits_is_not_cut() -> None:
    assert drawing.fit("Arles", 100, 10) == "Arles"


def test_a_text_that_does_not_fit_is_cut_with_an_ellipsis() -> None:
    cut = drawing.fit("Sous-préfecture de Saint-Jean-de-Maurienne", 60, 10)

    assert cut.endswith("…")
    assert drawing.width_of(cut, 10) <= 60


def test_a_long_title_stands_on_two_lines() -> None:
    title = "Taux de rendez-vous fixés par une réponse donnée dans les quatre jours ouvrés " * 3

    lines = [
        words.text for words in drawn(line(cell("96"), cell("96"), cell("96"), title=title)).groups[0].title
    ]

    assert len(lines) == 2
    assert lines[1].endswith("…")


# --- The drawing -------------------------------------------------------------------------------------------


def test_the_drawing_has_attributes_alone_and_decimal_points() -> None:
    sheet = drawn(line(cell("96.5"), cell(None), cell("94", months="4-12")))

    svg = render_to_string("components/chart_bars.html", {"sheet": sheet})

    assert " style=" not in svg
    assert 'role="img"' in svg
    assert svg.count("<title ") == svg.count("<desc ") == 1
    assert f'viewBox="0 0 640.0 {sheet.height}"' in svg
    assert "non renseigné" in svg


def test_names_are_text_and_never_markup() -> None:
    units = [unit("<script>alert(1)</script>"), unit('"onload="'), unit("A&B")]

    svg = render_to_string(
        "components/chart_bars.html", {"sheet": drawn(line(*map(cell, "123")), units=units)}
    )

    assert "<script>" not in svg
    assert '"onload="' not in svg
    assert "A&amp;B" in svg
