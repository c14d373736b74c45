"""The geometry of charts that compare units: where each bar, line and word stands. Pure: no Django, no font.

What is drawn is said as a bilan says it. One chart per theme: horizontal bars from zero, one for each unit,
grouped by indicator, all on one axis. Only indicators of one measuring unit share a chart. A unit has the
same colour and the same hatching everywhere, so that a black-and-white print reads as well. Words are cut to
the room they have: the table says them whole.

Distances are in the units of the drawing, WIDTH across. A chart too tall for a page is cut into sheets.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby, pairwise
from typing import Any

from indicators.drawing import (
    FILLINGS,
    GAP,
    SIZE,
    SMALL_SIZE,
    TITLE_SIZE,
    Words,
    clean,
    fit,
    round_above,
    short_months,
    tick_label,
    width_of,
    wrap,
)
from referentiel.measures import Coverage, Verdict

WIDTH = 640.0
TALLEST = 700.0  # of a sheet: with its title it fits a portrait page

NAMES = 130.0  # room for the names of the units, at most
VALUES = 110.0  # room for a value at the end of its bar, at most
REMARKS = 120.0
TARGETS = 260.0
TITLE_LINES = 2
TITLE_PITCH = 15.0
TARGET_PITCH = 14.0
ROW_PITCH = 17.0
MARK = 12.0  # what stands for a missing bar
BAR_HEIGHT = 11.0
GROUP_GAP = 12.0
AXIS_HEIGHT = 24.0


@dataclass(frozen=True)
class Filling:
    """How the bars of a unit are filled; `id` is unique in the page, `path` is empty where it is solid."""

    id: str
    colour: str
    path: str
    thickness: float


@dataclass(frozen=True)
class Bar:
    """A unit's result. Where there is none, an empty mark stands there and `value` says why."""

    x: float
    y: float
    width: float
    height: float
    filling: Filling | None
    name: Words
    value: Words
    remark: Words | None
    is_missing: bool


@dataclass(frozen=True)
class TargetLine:
    x: float
    top: float
    bottom: float
    label: Words


@dataclass(frozen=True)
class Group:
    """One indicator: its title, its bars, and the targets that they are held against."""

    title: tuple[Words, ...]
    bars: tuple[Bar, ...]
    targets: tuple[TargetLine, ...]
    axis_x: float
    top: float
    bottom: float


@dataclass(frozen=True)
class Tick:
    x: float
    bottom: float
    label: Words


@dataclass(frozen=True)
class Sheet:
    """One drawing. `title` is unique among the sheets of a chart."""

    id: str
    title: str
    description: str
    width: float
    height: float
    groups: tuple[Group, ...]
    fillings: tuple[Filling, ...]
    ticks: tuple[Tick, ...]
    axis_left: float
    axis_right: float
    axis_y: float


@dataclass(frozen=True)
class Chart:
    """The drawing of a theme. `title` is its conclusion, to be written above it."""

    title: str
    sheets: tuple[Sheet, ...]


@dataclass(frozen=True)
class _Row:
    """What the content says of one bar."""

    position: int
    name: str
    value: Fraction | None
    value_label: str
    remark: str
    target: Fraction | None
    target_label: str


@dataclass(frozen=True)
class _Frame:
    """Where the axis starts and ends, and what its end is worth."""

    left: float
    right: float
    top_value: Fraction

    def at(self, value: Fraction) -> float:
        return round(self.left + (self.right - self.left) * float(value / self.top_value), 2)


def chart_of(band: dict[str, Any], units: Sequence[dict[str, Any]]) -> Chart | None:
    """The chart of a theme of a frozen bilan, or None where no unit has a result.

    Percentages are drawn where there are any; otherwise the measuring unit with most results.
    """
    results = Counter(
        line["unit"] for line in band["lines"] for cell in line["cells"] if cell["shown"] is not None
    )
    if not results:
        return None
    unit = "percent" if results["percent"] else results.most_common(1)[0][0]
    lines = [
        line
        for line in band["lines"]
        if line["unit"] == unit and any(cell["shown"] is not None for cell in line["cells"])
    ]
    indicators = [(clean(line["title"]), _rows(line, units)) for line in lines]
    title = _conclusion(clean(band["theme"]), lines)
    digest = hashlib.sha256("\n".join([band["theme"], *(line["key"] for line in lines)]).encode())
    return Chart(title, _sheets(indicators, unit, title, f"graphique-{digest.hexdigest()[:8]}"))


def _rows(line: dict[str, Any], units: Sequence[dict[str, Any]]) -> list[_Row]:
    """One row for each unit of which a result is expected."""
    return [
        _Row(
            position,
            clean(unit["short_name"]),
            None if cell["value"] is None else max(Fraction(0), Fraction(cell["value"])),
            clean(cell["shown_label"]),
            _remark(cell),
            max(Fraction(0), Fraction(cell["target"])) if cell["target"] is not None else None,
            clean(cell["target_label"]),
        )
        for position, (unit, cell) in enumerate(zip(units, line["cells"], strict=True))
        if cell["absence"] != "not_expected"
    ]


def _remark(cell: dict[str, Any]) -> str:
    """What follows the value: the months counted where they are not the year's, a target that is missed."""
    if cell["value"] is None:
        return ""
    remarks = []
    if cell["months_label"]:
        coverage = Coverage(frozenset(cell["months"]))
        remarks.append(short_months(coverage))
    if cell["verdict"] == Verdict.MISSED:
        remarks.append("non atteint")
    return ", ".join(remarks)


def _conclusion(theme: str, lines: list[dict[str, Any]]) -> str:
    """« Points numériques : 3 résultats sur 4 atteignent l'objectif »."""
    verdicts = Counter(
        cell["verdict"] for line in lines for cell in line["cells"] if cell["value"] is not None
    )
    met, judged = verdicts[Verdict.MET], verdicts[Verdict.MET] + verdicts[Verdict.MISSED]
    if not judged:
        total = verdicts.total()
        said = f"{total} résultat{'s' if total > 1 else ''}, sans objectif"
    elif judged == 1:
        said = "le résultat atteint l’objectif" if met else "le résultat n’atteint pas l’objectif"
    elif met > 1:
        said = f"{met} résultats sur {judged} atteignent l’objectif"
    else:
        said = f"{'1' if met else 'aucun'} résultat sur {judged} {'' if met else 'n’'}atteint l’objectif"
    return f"{theme}\N{NO-BREAK SPACE}: {said}" if theme else said[0].upper() + said[1:]


def _sheets(indicators: list[tuple[str, list[_Row]]], unit: str, title: str, name: str) -> tuple[Sheet, ...]:
    rows = [row for _, rows in indicators for row in rows]
    frame, ticks = _scale(rows, unit)
    pages = list(_pages(indicators))
    sheets = []
    for number, page in enumerate(pages, start=1):
        sheet_id = f"{name}-{number}"
        y, groups = 0.0, []
        for indicator in page:
            group = _group(indicator, frame, y, sheet_id)
            groups.append(group)
            y = group.bottom + GROUP_GAP
        axis_y = groups[-1].bottom + 4
        sheets.append(
            Sheet(
                id=sheet_id,
                title=title if len(pages) == 1 else f"{title} ({number} sur {len(pages)})",
                description=_description(page),
                width=WIDTH,
                height=axis_y + AXIS_HEIGHT,
                groups=tuple(groups),
                fillings=tuple(
                    _filling(position, sheet_id)
                    for position in sorted({row.position % len(FILLINGS) for _, rows in page for row in rows})
                ),
                ticks=tuple(
                    Tick(x, axis_y + 4, Words(at, axis_y + 14, label, SMALL_SIZE, anchor))
                    for x, at, label, anchor in ticks
                ),
                axis_left=frame.left,
                axis_right=frame.right,
                axis_y=axis_y,
            )
        )
    return tuple(sheets)


def _pages(indicators: list[tuple[str, list[_Row]]]) -> Iterator[list[tuple[str, list[_Row]]]]:
    """The indicators of each sheet: as many as its height holds, and never fewer than one."""
    page: list[tuple[str, list[_Row]]] = []
    used = 0.0
    for indicator in indicators:
        height = _height(indicator) + GROUP_GAP
        if page and used + height > TALLEST - AXIS_HEIGHT:
            yield page
            page, used = [], 0.0
        page.append(indicator)
        used += height
    yield page


def _scale(rows: list[_Row], unit: str) -> tuple[_Frame, list[tuple[float, float, str, str]]]:
    """The axis, from zero to a round number that no value and no target exceeds, and its labels."""
    left = round(max(width_of(fit(row.name, NAMES, SIZE), SIZE) for row in rows) + GAP, 2)
    top, steps = round_above(max(_reach(row) for row in rows))
    width = min(
        (WIDTH - left - _words_width(row) - 3 * GAP) * float(top / reach) if (reach := _reach(row)) else WIDTH
        for row in rows
    )
    frame = _Frame(left, round(min(left + width, WIDTH - 3 * GAP), 2), top)
    labels = [tick_label(top * step / steps, unit if step == steps else "count") for step in range(steps + 1)]
    places = []
    for step, label in enumerate(labels):
        x, width = frame.at(top * step / steps), width_of(label, SMALL_SIZE)
        if x + width / 2 <= WIDTH:
            places.append((x - width / 2, x + width / 2, (x, x, label, "middle")))
        else:
            places.append((WIDTH - width, WIDTH, (x, WIDTH, label, "end")))
    is_crowded = any(left - GAP < right for (_, right, _), (left, _, _) in pairwise(places))
    ticks = [tick for _, _, tick in (places[::steps] if is_crowded else places)]
    return frame, ticks


def _reach(row: _Row) -> Fraction:
    """How far the bar and its target go: its words may stand behind either."""
    return max(row.value or Fraction(0), row.target or Fraction(0))


def _words_width(row: _Row) -> float:
    """The room of a value and its remark."""
    width = width_of(fit(row.value_label, VALUES, SIZE), SIZE)
    return width + (GAP + width_of(fit(row.remark, REMARKS, SMALL_SIZE), SMALL_SIZE) if row.remark else 0)


def _group(indicator: tuple[str, list[_Row]], frame: _Frame, top: float, sheet_id: str) -> Group:
    title, rows = indicator
    y = top
    lines = []
    for line in wrap(title, WIDTH, TITLE_SIZE, TITLE_LINES):
        y += TITLE_PITCH
        lines.append(Words(0.0, y - 4, line, TITLE_SIZE))
    first = y
    bars, targets = [], []
    for (target, label), run in groupby(rows, key=lambda row: (row.target, row.target_label)):
        start = y
        if target is not None:
            y += TARGET_PITCH
        for row in run:
            bars.append(_bar(row, frame, y, sheet_id))
            y += ROW_PITCH
        if target is not None:
            targets.append(_target(target, label, frame, start, y))
    return Group(tuple(lines), tuple(bars), tuple(targets), frame.left, first, y)


def _height(indicator: tuple[str, list[_Row]]) -> float:
    title, rows = indicator
    runs = [target for target, _ in groupby(rows, key=lambda row: (row.target, row.target_label))]
    labels = sum(target is not None for target, _ in runs)
    title_lines = len(wrap(title, WIDTH, TITLE_SIZE, TITLE_LINES))
    return title_lines * TITLE_PITCH + labels * TARGET_PITCH + len(rows) * ROW_PITCH


def _bar(row: _Row, frame: _Frame, y: float, sheet_id: str) -> Bar:
    width = MARK if row.value is None else frame.at(row.value) - frame.left
    baseline = y + (ROW_PITCH + SIZE) / 2 - 2
    value = fit(row.value_label, VALUES, SIZE)
    remark = fit(row.remark, REMARKS, SMALL_SIZE)
    line = None if row.target is None else frame.at(row.target)
    value_x = _clear_of(line, frame.left + width + GAP, width_of(value, SIZE))
    remark_x = _clear_of(line, value_x + width_of(value, SIZE) + GAP, width_of(remark, SMALL_SIZE))
    return Bar(
        x=frame.left,
        y=y + (ROW_PITCH - BAR_HEIGHT) / 2,
        width=width,
        height=BAR_HEIGHT,
        filling=_filling(row.position, sheet_id) if row.value is not None else None,
        name=Words(frame.left - GAP, baseline, fit(row.name, NAMES, SIZE), SIZE, "end"),
        value=Words(value_x, baseline, value, SIZE),
        remark=Words(remark_x, baseline, remark, SMALL_SIZE) if remark else None,
        is_missing=row.value is None,
    )


def _clear_of(line: float | None, x: float, width: float) -> float:
    """Where words start so that no target line crosses them: in their place, or behind the line."""
    return line + GAP if line is not None and x - GAP / 2 < line < x + width + GAP / 2 else x


def _target(target: Fraction, label: str, frame: _Frame, top: float, bottom: float) -> TargetLine:
    x = frame.at(target)
    text = fit(f"objectif {label}".strip(), TARGETS, SMALL_SIZE)
    half = width_of(text, SMALL_SIZE) / 2
    middle = min(max(x, half), WIDTH - half)
    return TargetLine(x, top + TARGET_PITCH - 2, bottom, Words(middle, top + 10, text, SMALL_SIZE, "middle"))


def _filling(position: int, sheet_id: str) -> Filling:
    number = position % len(FILLINGS)
    return Filling(f"{sheet_id}-{number}", *FILLINGS[number])


def _description(page: list[tuple[str, list[_Row]]]) -> str:
    """The values, for those who hear the chart."""
    sentences = []
    for title, rows in page:
        said = ", ".join(
            f"{row.name} {row.value_label}{f' ({row.remark})' if row.remark else ''}" for row in rows
        )
        targets = dict.fromkeys(row.target_label for row in rows if row.target_label)
        wanted = f" (objectif {' ou '.join(targets)})" if targets else ""
        sentences.append(f"{title}{wanted}\N{NO-BREAK SPACE}: {said}.")
    return " ".join(sentences)
