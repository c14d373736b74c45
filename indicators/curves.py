"""The geometry of the chart of an indicator over the years, or over the months of a period: where each line,
point and word stands. Pure: no Django, no font.

One line a unit, told from the others by its name at its end, by its dash and by its colour, which are the
same everywhere; the months of the year before are grey. A year or a month without a figure breaks the line
and has a mark on the axis; one that is not whole has a hollow point; what was suspended is hatched. Distances
are in the units of the drawing, WIDTH across.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from indicators.drawing import (
    FILLINGS,
    GAP,
    RISING,
    SMALL_SIZE,
    Words,
    clean,
    fit,
    round_above,
    tick_label,
    width_of,
)
from referentiel.measures import of

WIDTH = 720.0
PLOT_HEIGHT = 220.0
TOP = 22.0
YEARS_HEIGHT = 34.0
ENDS = 190.0  # room for the name and the last value of a line, at most
PITCH = 13.0  # between two names that would touch
PADDING = 26.0
DIVISIONS = 5
PAST = ("#666666", "3 3")  # colour and dash of what came before
HATCHING = RISING

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
    """A result of a year, or of a month; partial where it does not count all the months, or services."""

    amount: Fraction
    label: str
    is_partial: bool = False


@dataclass(frozen=True)
class Series:
    """A unit, by its place among those of the préfecture, and its result in each year, or None.

    `missing` are the places that lack one; left out, those without a result after the first one that has one.
    """

    position: int
    name: str
    values: Sequence[Value | None]
    missing: Sequence[int] | None = None
    is_past: bool = False


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
    """A year or a month without a figure, marked on the axis."""

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
class Band:
    """Months that were suspended."""

    left: float
    width: float


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
    bands: tuple[Band, ...] = ()
    top: float = TOP
    plot_height: float = PLOT_HEIGHT
    hatching: str = HATCHING

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
    years: Sequence[object],
    series: Sequence[Series],
    aims: Sequence[Aim],
    *,
    unit: str,
    title: str,
    name: str,
    short: Sequence[str] = (),
    suspended: Sequence[int] = (),
    partial: str = "année incomplète",
) -> Curve | None:
    """The chart of a list of years without a break; None where no unit has a result in any of them.

    For months, `years` are their names, `short` what the axis says of them, `suspended` the places of those
    that are out of the count, and `partial` what is said of a month in which a service is lacking.
    """
    ticks = [str(year) for year in short or years]
    drawn = [one for one in series if any(one.values)]
    if not drawn:
        return None
    amounts = [value.amount for one in drawn for value in one.values if value] + [aim.amount for aim in aims]
    low, high, steps = _scale(min(amounts), max(amounts), unit)
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
        description=_description([str(year) for year in years], drawn, aims, suspended, partial),
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
            Words(frame.x(place), bottom + 26, tick, SMALL_SIZE, "middle")
            for place, tick in enumerate(ticks)
            if place % _every(ticks, frame) == 0
        ),
        starts_above_zero=low > 0,
        bands=tuple(
            Band(left, round(right - left, 2))
            for left, right in (_around(run, frame) for run in _runs(suspended))
        ),
    )


def _scale(least: Fraction, most: Fraction, unit: str) -> tuple[Fraction, Fraction, int]:
    """From zero, or from a round number where all values stand in the upper part of the scale. Steps of what
    is counted one by one are whole."""
    high, steps = round_above(most)
    low = high * math.floor(least * steps / high) / steps
    if low == high:
        low -= high / steps
    is_counted = unit == "count"
    if low * 2 >= high and not (is_counted and (high - low) % DIVISIONS):
        return low, high, DIVISIONS
    if is_counted:
        steps = next((number for number in range(steps, 0, -1) if high % number == 0), steps)
    return Fraction(0), high, steps


def _line(series: Series, end: str, end_y: float, frame: _Frame) -> Line:
    known = {place: value for place, value in enumerate(series.values) if value}
    missing = series.missing
    if missing is None:
        missing = [place for place in range(min(known), len(series.values)) if place not in known]
    gaps = [
        Gap(round(frame.x(place) + _aside(series.position), 2), TOP + PLOT_HEIGHT + 7) for place in missing
    ]
    stretches: list[list[str]] = []
    dots = []
    for place, value in known.items():
        x, y = frame.x(place), frame.y(value.amount)
        dots.append(Dot(x, y, value.is_partial))
        if place - 1 not in known:
            stretches.append([])
        stretches[-1].append(f"{x},{y}")
    number = series.position % len(FILLINGS)
    colour, dash = PAST if series.is_past else (FILLINGS[number][0], DASHES[number])
    return Line(
        colour=colour,
        dash=dash,
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
    lines = []
    for left, right in (_around(run, frame) for run in _runs(aim.places)):
        y = frame.y(aim.amount)
        room = frame.right - left
        said = f"objectif {aim.label}"
        text = fit(said if width_of(said, SMALL_SIZE) <= room else aim.label, room, SMALL_SIZE)
        above = y - 4 if y - SMALL_SIZE - 4 > 0 else y + SMALL_SIZE + 2
        lines.append(AimLine(left, right, y, Words(round(left + 2, 2), round(above, 2), text, SMALL_SIZE)))
    return lines


def _runs(places: Sequence[int]) -> list[list[int]]:
    """The places, those that follow one another together."""
    runs: list[list[int]] = []
    for place in sorted(places):
        if runs and runs[-1][-1] == place - 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    return runs


def _around(run: Sequence[int], frame: _Frame) -> tuple[float, float]:
    """From where to where some places stand, with half of what is between them and their neighbours."""
    if frame.count == 1:
        return frame.left, frame.right
    return max(frame.left, frame.x(run[0] - 0.5)), min(frame.right, frame.x(run[-1] + 0.5))


def _spread(places: Sequence[float]) -> list[float]:
    """The heights of the names, moved down as little as needed so that none touches another."""
    spread = list(places)
    lowest = -math.inf
    for number in sorted(range(len(places)), key=lambda one: places[one]):
        spread[number] = lowest = max(places[number], lowest + PITCH)
    return spread


def _every(ticks: Sequence[str], frame: _Frame) -> int:
    """One year in how many is written, so that they do not touch."""
    if len(ticks) == 1:
        return 1
    widest = max(width_of(tick, SMALL_SIZE) for tick in ticks)
    return math.ceil((widest + GAP) / (frame.x(1) - frame.x(0)))


def _last(series: Series) -> Value:
    return next(value for value in reversed(series.values) if value)


def _description(
    years: Sequence[str],
    series: Sequence[Series],
    aims: Sequence[Aim],
    suspended: Sequence[int],
    partial: str,
) -> str:
    """The values, for those who hear the chart."""
    sentences = [
        f"{clean(one.name)}\N{NO-BREAK SPACE}: "
        + ", ".join(
            f"{value.label}{f' ({partial})' if value.is_partial else ''} en {year}"
            if value
            else f"pas de résultat en {year}"
            for year, value in zip(years, one.values, strict=True)
        )
        + "."
        for one in series
    ]
    wanted = [f"Objectif {aim.label} {_said(years, aim.places)}." for aim in aims]
    if suspended:
        wanted.append(f"Suivi suspendu {_said(years, suspended)}.")
    return " ".join(sentences + wanted)


def _said(years: Sequence[str], places: Sequence[int]) -> str:
    held = sorted(places)
    if len(held) > 1 and len(_runs(held)) == 1:
        return f"{of(years[held[0]])} à {years[held[-1]]}"
    return "en " + ", ".join(years[place] for place in held)
