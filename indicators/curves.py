"""The geometry of the chart of an indicator over the years: where each line, point and word stands. Pure: no
Django, no font.

One line a unit, told from the others by its name at its end, by its dash and by its colour, which are the
same everywhere. A year without a figure breaks the line and has a mark on the axis; one that does not count
all its months has a hollow point. Distances are in the units of the drawing, WIDTH across.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from indicators.drawing import FILLINGS, GAP, SMALL_SIZE, Words, clean, fit, round_above, tick_label, width_of

WIDTH = 720.0
PLOT_HEIGHT = 220.0
TOP = 22.0
YEARS_HEIGHT = 34.0
ENDS = 190.0  # room for the name and the last value of a line, at most
PITCH = 13.0  # between two names that would touch
PADDING = 26.0
DIVISIONS = 5

# In the order of the units; the first is a full line.
DASHES = (
    "",
    "7 3",
    "2 3",
    "9 3 2 3",
    "12 4",
    "5 2 1 2",
    "3 2",
    "14 3 3 3",
    "1 2",
    "8 2 2 2 2 2",
    "6 6",
    "10 2",
)


@dataclass(frozen=True)
class Value:
    """A result of a year; partial where it does not count all the months of the year."""

    amount: Fraction
    label: str
    is_partial: bool = False


@dataclass(frozen=True)
class Series:
    """A unit, by its place among those of the préfecture, and its result in each year, or None."""

    position: int
    name: str
    values: Sequence[Value | None]


@dataclass(frozen=True)
class Aim:
    """A target, and the years that it held in, as their places in the list of years."""

    amount: Fraction
    label: str
    places: Sequence[int]


@dataclass(frozen=True)
class Dot:
    x: float
    y: float
    is_hollow: bool


@dataclass(frozen=True)
class Gap:
    """A year without a figure, marked on the axis."""

    x: float
    y: float


@dataclass(frozen=True)
class Line:
    """`paths` are its unbroken stretches, as SVG points; `end` is its name and its last value."""

    colour: str
    dash: str
    paths: tuple[str, ...]
    dots: tuple[Dot, ...]
    gaps: tuple[Gap, ...]
    end: Words
    end_y: float  # of the last point, from which a thread leads to a name that had to move


@dataclass(frozen=True)
class AimLine:
    left: float
    right: float
    y: float
    label: Words


@dataclass(frozen=True)
class Tick:
    y: float
    label: Words


@dataclass(frozen=True)
class Curve:
    id: str
    title: str
    description: str
    width: float
    height: float
    left: float
    right: float
    bottom: float
    lines: tuple[Line, ...]
    aims: tuple[AimLine, ...]
    ticks: tuple[Tick, ...]
    years: tuple[Words, ...]
    starts_above_zero: bool

    @property
    def has_gaps(self) -> bool:
        return any(line.gaps for line in self.lines)

    @property
    def has_partial_years(self) -> bool:
        return any(dot.is_hollow for line in self.lines for dot in line.dots)


@dataclass(frozen=True)
class _Frame:
    left: float
    right: float
    low: Fraction
    high: Fraction
    count: int

    def x(self, place: float) -> float:
        if self.count == 1:
            return round((self.left + self.right) / 2, 2)
        step = (self.right - self.left - 2 * PADDING) / (self.count - 1)
        return round(self.left + PADDING + place * step, 2)

    def y(self, amount: Fraction) -> float:
        share = (amount - self.low) / (self.high - self.low)
        return round(TOP + PLOT_HEIGHT * (1 - float(share)), 2)


def draw(
    years: Sequence[int], series: Sequence[Series], aims: Sequence[Aim], *, unit: str, title: str, name: str
) -> Curve | None:
    """The chart of a list of years without a break; None where no unit has a result in any of them."""
    drawn = [one for one in series if any(one.values)]
    if not drawn:
        return None
    amounts = [value.amount for one in drawn for value in one.values if value] + [aim.amount for aim in aims]
    low, high, steps = _scale(min(amounts), max(amounts))
    labels = [
        tick_label(low + (high - low) * step / steps, unit if step == steps else "count")
        for step in range(steps + 1)
    ]
    left = max(width_of(label, SMALL_SIZE) for label in labels) + GAP
    ends = [fit(f"{clean(one.name)} {_last(one).label}", ENDS, SMALL_SIZE) for one in drawn]
    right = WIDTH - max(width_of(end, SMALL_SIZE) for end in ends) - 2 * GAP
    frame = _Frame(round(left, 2), round(right, 2), low, high, len(years))
    places = _spread([frame.y(_last(one).amount) for one in drawn])
    lines = tuple(_line(one, end, y, frame) for one, end, y in zip(drawn, ends, places, strict=True))
    bottom = TOP + PLOT_HEIGHT
    return Curve(
        id=name,
        title=title,
        description=_description(years, drawn, aims),
        width=WIDTH,
        height=max(bottom + YEARS_HEIGHT, max(places) + PITCH),
        left=frame.left,
        right=frame.right,
        bottom=bottom,
        lines=lines,
        aims=tuple(line for aim in aims for line in _aim(aim, frame)),
        ticks=tuple(
            Tick(
                frame.y(low + (high - low) * step / steps),
                Words(
                    frame.left - GAP, frame.y(low + (high - low) * step / steps) + 3, label, SMALL_SIZE, "end"
                ),
            )
            for step, label in enumerate(labels)
        ),
        years=tuple(
            Words(frame.x(place), bottom + 26, str(year), SMALL_SIZE, "middle")
            for place, year in enumerate(years)
            if place % _every(len(years), frame) == 0
        ),
        starts_above_zero=low > 0,
    )


def _scale(least: Fraction, most: Fraction) -> tuple[Fraction, Fraction, int]:
    """From zero, or from a round number where all values stand in the upper part of the scale."""
    high, steps = round_above(most)
    low = high * math.floor(least * steps / high) / steps
    if low == high:
        low -= high / steps
    return (low, high, DIVISIONS) if low * 2 >= high else (Fraction(0), high, steps)


def _line(series: Series, end: str, end_y: float, frame: _Frame) -> Line:
    known = [place for place, value in enumerate(series.values) if value]
    stretches: list[list[str]] = []
    dots, gaps = [], []
    for place in range(known[0], len(series.values)):
        value = series.values[place]
        if value is None:
            gaps.append(Gap(round(frame.x(place) + _aside(series.position), 2), TOP + PLOT_HEIGHT + 7))
            continue
        x, y = frame.x(place), frame.y(value.amount)
        dots.append(Dot(x, y, value.is_partial))
        if place == known[0] or series.values[place - 1] is None:
            stretches.append([])
        stretches[-1].append(f"{x},{y}")
    number = series.position % len(FILLINGS)
    return Line(
        colour=FILLINGS[number][0],
        dash=DASHES[number],
        paths=tuple(" ".join(stretch) for stretch in stretches if len(stretch) > 1),
        dots=tuple(dots),
        gaps=tuple(gaps),
        end=Words(round(frame.right + GAP, 2), round(end_y + 3, 2), end, SMALL_SIZE),
        end_y=dots[-1].y,
    )


def _aside(position: int) -> float:
    """The marks of several units in one year stand beside each other."""
    return (position % 6 - 2.5) * 6


def _aim(aim: Aim, frame: _Frame) -> list[AimLine]:
    """One line for each run of years that the target held in."""
    runs: list[list[int]] = []
    for place in sorted(aim.places):
        if runs and runs[-1][-1] == place - 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    lines = []
    for run in runs:
        left = max(frame.left, frame.x(run[0] - 0.5))
        right = min(frame.right, frame.x(run[-1] + 0.5))
        if frame.count == 1:
            left, right = frame.left, frame.right
        y = frame.y(aim.amount)
        text = fit(f"objectif {aim.label}", frame.right - left, SMALL_SIZE)
        above = y - 4 if y - SMALL_SIZE - 4 > 0 else y + SMALL_SIZE + 2
        lines.append(AimLine(left, right, y, Words(round(left + 2, 2), round(above, 2), text, SMALL_SIZE)))
    return lines


def _spread(places: Sequence[float]) -> list[float]:
    """The heights of the names, moved down as little as needed so that none touches another."""
    spread = list(places)
    lowest = -math.inf
    for number in sorted(range(len(places)), key=lambda one: places[one]):
        spread[number] = lowest = max(places[number], lowest + PITCH)
    return spread


def _every(count: int, frame: _Frame) -> int:
    """One year in how many is written, so that they do not touch."""
    if count == 1:
        return 1
    return math.ceil((width_of("2000", SMALL_SIZE) + GAP) / (frame.x(1) - frame.x(0)))


def _last(series: Series) -> Value:
    return next(value for value in reversed(series.values) if value)


def _description(years: Sequence[int], series: Sequence[Series], aims: Sequence[Aim]) -> str:
    """The values, for those who hear the chart."""
    sentences = [
        f"{clean(one.name)}\N{NO-BREAK SPACE}: "
        + ", ".join(
            f"{value.label}{' (année incomplète)' if value.is_partial else ''} en {year}"
            if value
            else f"pas de résultat en {year}"
            for year, value in zip(years, one.values, strict=True)
        )
        + "."
        for one in series
    ]
    wanted = [
        f"Objectif {aim.label} {_said([years[place] for place in sorted(aim.places)])}." for aim in aims
    ]
    return " ".join(sentences + wanted)


def _said(years: Sequence[int]) -> str:
    if years[-1] - years[0] == len(years) - 1 and len(years) > 1:
        return f"de {years[0]} à {years[-1]}"
    return "en " + ", ".join(map(str, years))
