"""What every chart is drawn with: how much room words take, round scales, the colours of the units. Pure: no
Django, no font.

A unit has the same colour and the same hatching everywhere, so that a black-and-white print reads as well.
Distances are in the units of the drawing.
"""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from referentiel.measures import Coverage, with_unit

SIZE = 10.5
TITLE_SIZE = 11.5
SMALL_SIZE = 9.0
GAP = 6.0

# How the bars of each unit are filled, in the order of the units: colour, hatching drawn in a square of 6,
# thickness of its lines ("" is solid). Twelve fillings, each different without its colour too.
RISING, FALLING = "M-1 1L1 -1M0 6L6 0M5 7L7 5", "M-1 5L1 7M0 0L6 6M5 -1L7 1"
FILLINGS = (
    ("#000091", "", 0.0),
    ("#009081", RISING, 1.6),
    ("#a558a0", "M3 0V6", 1.8),
    ("#695240", FALLING, 1.6),
    ("#417dc4", "M0 3H6", 1.8),
    ("#447049", RISING + FALLING, 1.0),
    ("#a94645", "M2 3H4", 2.0),
    ("#3a3a3a", "M3 0V6M0 3H6", 1.0),
    ("#716043", RISING, 0.7),
    ("#6a6af4", "M3 0V6", 0.7),
    ("#6e445a", FALLING, 0.7),
    ("#6a6a6a", "M0 3H6", 0.7),
)

# Advances of the Marianne typeface in em, rounded up by family; a test holds them against the font.
ADVANCES = {
    **dict.fromkeys("iíìîïlĺľj.,:;'’‘‚ ·\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}", 0.3),
    **dict.fromkeys('frt()[]{}-/\\!*«»1"°²³I', 0.55),
    **dict.fromkeys("«»abcdeghknopqsuvxyzàâäáãåçéèêëñóòôöõúùûüýÿ023456789?+=<>≤≥–_JLFEPSÉÈÊËßø$€", 0.67),
    **dict.fromkeys("ABCDGHKNOQRTUVXYZÀÂÄÁÃÅÇÎÏÍÌÔÖÓÒÕÙÛÜÚÑØ&%#@w…", 0.87),
}
WIDEST = 1.3
SHORT_MONTHS = (
    "janv.",
    "févr.",
    "mars",
    "avr.",
    "mai",
    "juin",
    *("juil.", "août", "sept.", "oct.", "nov.", "déc."),
)
BREAKS = " \t\n\r\f\v"
UNPRINTABLE = {"Cc", "Cf", "Cn", "Co", "Cs"}


@dataclass(frozen=True)
class Words:
    """A line of text: `x` is its start, its middle or its end, `y` its baseline."""

    x: float
    y: float
    text: str
    size: float
    anchor: str = "start"


def width_of(text: str, size: float) -> float:
    """How much room a text takes, rather more than less."""
    return size * sum(ADVANCES.get(character, _advance(character)) for character in text)


def fit(text: str, room: float, size: float) -> str:
    """The text, cut with an ellipsis where it would not fit."""
    if width_of(text, size) <= room:
        return text
    kept = ""
    for character in text:
        if width_of(kept + character + "…", size) > room:
            break
        kept += character
    return kept.rstrip() + "…"


def wrap(text: str, room: float, size: float, lines: int) -> list[str]:
    """The text on at most so many lines, the last one cut."""
    wrapped: list[str] = []
    words = text.split(" ")
    while words and len(wrapped) < lines - 1:
        line = words.pop(0)
        while words and width_of(f"{line} {words[0]}", size) <= room:
            line += " " + words.pop(0)
        wrapped.append(fit(line, room, size))
    if words:
        wrapped.append(fit(" ".join(words), room, size))
    return wrapped


def short_months(coverage: Coverage) -> str:
    """« avr. à déc. », « 3 mois »."""
    first, last = min(coverage.months, default=1), max(coverage.months, default=0)
    if len(coverage.months) != last - first + 1:
        return f"{len(coverage.months)} mois"
    start, end = SHORT_MONTHS[first - 1], SHORT_MONTHS[last - 1]
    return start if first == last else f"{start} à {end}"


def round_above(amount: Fraction) -> tuple[Fraction, int]:
    """The nearest round number at or above an amount, and into how many even steps it falls."""
    if amount <= 0:
        return Fraction(1), 1
    unit = Fraction(1)
    while unit > amount:
        unit /= 10
    while unit * 10 <= amount:
        unit *= 10
    rounds = ((1, 4), (Fraction(3, 2), 3), (2, 4), (3, 3), (4, 4), (5, 5), (6, 3), (8, 4), (10, 4))
    return next((unit * times, steps) for times, steps in rounds if unit * times >= amount)


def tick_label(amount: Fraction, unit: str) -> str:
    return with_unit((Decimal(amount.numerator) / Decimal(amount.denominator)).normalize(), unit)


def clean(text: str) -> str:
    """One line, without what has no shape. Spaces that do not break are kept."""
    shown = "".join(c for c in text if c in BREAKS or unicodedata.category(c) not in UNPRINTABLE)
    return " ".join(re.split(f"[{BREAKS}]+", shown)).strip()


def _advance(character: str) -> float:
    return 1.1 if character < "\u0250" else WIDEST
