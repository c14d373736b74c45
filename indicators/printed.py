"""Read what old documents print: « 94,00% », « < 5j », « juill-déc », « oui », a smiley. Pure: no database.

An amount is in the unit of its indicator (85,5 % is 85.5), exact, and keeps the decimals that were printed.
What cannot be read as what it should be raises `MisfitError`, in a sentence for the person who answers it.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from referentiel.measures import MONTHS, Comparator
from sheets.words import folded, plain

# What may follow a number, by the unit of its indicator. « jours ouvrables » are another kind of days, and a
# référentiel that says « jours » does not say which.
_WORKING_DAYS = frozenset({"j", "jo", "jour", "jours", "jouvre", "jouvres", "jourouvre", "joursouvres"})
MARKS: Final = {
    "percent": frozenset({"%", "pourcent"}),
    "working_days": _WORKING_DAYS,
    "days": _WORKING_DAYS | {"jourcalendaire", "jourscalendaires"},
    "minutes": frozenset({"mn", "min", "minute", "minutes"}),
    "count": frozenset(),
    "score": frozenset({"pt", "pts", "point", "points", "/5", "/10", "/20", "/100"}),
}
UNIT_NAMES: Final = {
    "percent": "un pourcentage",
    "working_days": "un nombre de jours ouvrés",
    "days": "un nombre de jours",
    "minutes": "un nombre de minutes",
    "count": "un nombre de cas",
    "score": "une note",
}

COMPARATORS: Final = {
    "": None,
    "<": Comparator.LT,
    "moinsde": Comparator.LT,
    "inferieura": Comparator.LT,
    "<=": Comparator.LE,
    "≤": Comparator.LE,
    "auplus": Comparator.LE,
    "maximum": Comparator.LE,
    ">=": Comparator.GE,
    "≥": Comparator.GE,
    "aumoins": Comparator.GE,
    "minimum": Comparator.GE,
    ">": Comparator.GT,
    "plusde": Comparator.GT,
    "superieura": Comparator.GT,
}

# Words that print "no result" and give no reason for it. « 0 » and « aucun » are something else: a result.
NO_RESULT: Final = frozenset(
    {"neant", "nc", "nd", "na", "n/a", "so", "sansobjet"}
    | {f"non{word}" for word in ("communique", "concerne", "disponible", "mesure", "renseigne", "suivi")}
)

YES_OR_NO: Final = {"oui": True, "vrai": True, "non": False, "faux": False}
MOODS: Final = {
    **dict.fromkeys(("happy", "😊", "🙂", "😀", "😃", "☺", ":)", ":-)"), True),
    **dict.fromkeys(("unhappy", "😞", "🙁", "😟", "😢", "☹", ":(", ":-("), False),
}

# Of a figure with its unit; what is longer is a sentence.
MAX_LENGTH: Final = 60
MAX_DIGITS: Final = 18
TOO_BIG: Final = 10**8

# Groups of thousands are separated by spaces (French), by points (before a comma) or by commas (before a
# point). « 1,234 » and « 1.234 » are decimals: these documents are French, and a count would refuse them.
_NUMBER = r"""
      [0-9]{1,3} (?:\s[0-9]{3})+ (?:[.,][0-9]+)?
    | [0-9]{1,3} (?:\.[0-9]{3})+ ,[0-9]+     | [0-9]{1,3} (?:\.[0-9]{3}){2,}
    | [0-9]{1,3} (?: ,[0-9]{3})+ \.[0-9]+    | [0-9]{1,3} (?: ,[0-9]{3}){2,}
    | [0-9]+ (?:[.,][0-9]+)?
"""
_AMOUNT = re.compile(rf"(?P<number>{_NUMBER}) \s* (?P<mark>[^0-9\s].*)?", re.VERBOSE)

_WHOLE_YEAR = {"annee", "annee entiere", "annee complete", "12 mois"}
_SMALL_WORDS = {"a", "au", "d", "de", "du", "en", "et", "l", "la", "le", "fin"}
_ORDINALS = {
    **dict.fromkeys(("premier", "1er"), "1"),
    **dict.fromkeys(("deuxieme", "second", "2e", "2eme", "2nd"), "2"),
    **dict.fromkeys(("troisieme", "3e", "3eme"), "3"),
    **dict.fromkeys(("quatrieme", "4e", "4eme"), "4"),
}


class MisfitError(ValueError):
    """What is printed cannot be what it stands for."""


@dataclass(frozen=True)
class PrintedTarget:
    """A target as printed; without a comparator, « 10% » says neither "at most" nor "at least"."""

    comparator: Comparator | None
    value: Decimal


def is_blank(text: str) -> bool:
    """Whether the document prints nothing there: an empty cell, a dash, or a word for "no result"."""
    said = _squeezed(text)
    return not said.strip("-–—−/") or said in NO_RESULT


def read_result(text: str, unit: str) -> Decimal | None:
    """The figure printed for an indicator of that unit; None where the document prints no result.

    A bare number strictly between 0 and 1 is a rate as a spreadsheet holds it: 0.855 is 85,5 %.
    """
    return None if is_blank(text) else _amount(text, unit, said=text)


def read_target(text: str, unit: str) -> PrintedTarget | None:
    if is_blank(text):
        return None
    first_digit = re.search("[0-9]", text)
    comparator = _squeezed(text[: first_digit.start()]) if first_digit else None
    if first_digit is None or comparator not in COMPARATORS:
        raise MisfitError(f"« {text} » n'est pas un objectif : écrire par exemple « < 5 j » ou « 95 % ».")
    return PrintedTarget(COMPARATORS[comparator], _amount(text[first_digit.start() :], unit, said=text))


def read_period(text: str, year: int) -> tuple[int, int] | None:
    """The first and the last month that a figure of that year counts; None where no period is printed."""
    words = [_ORDINALS.get(word, word) for word in folded(text).split() if word not in _SMALL_WORDS]
    years = [word for word in words if re.fullmatch("(19|20)[0-9]{2}", word)]
    if any(word != str(year) for word in years):
        raise MisfitError(f"La période « {text} » n'est pas dans l'année {year}.")
    said = " ".join(word for word in words if word not in years)
    if not said:
        return (1, 12) if years else None
    span = _span(said)
    if span is None:
        raise MisfitError(f"La période « {text} » ne se lit pas : écrire par exemple « avril-décembre ».")
    return span


def read_yes_or_no(text: str) -> bool | None:
    if is_blank(text):
        return None
    if folded(text) not in YES_OR_NO:
        raise MisfitError(f"« {text} » ne dit ni oui ni non.")
    return YES_OR_NO[folded(text)]


def read_mood(text: str) -> bool | None:
    """Whether the smiley is a happy one. None without a smiley, or with one that takes no side."""
    return MOODS.get(text.strip().casefold().rstrip("\N{VARIATION SELECTOR-16}"))


def _squeezed(text: str) -> str:
    """« J. o. » is "jo"; other signs stay, so that « ≤ » and « % » are told apart."""
    return re.sub(r"[\s.]", "", plain(text))


def _amount(text: str, unit: str, *, said: str) -> Decimal:
    match = _AMOUNT.fullmatch(text.strip().rstrip("* ")) if len(said) <= MAX_LENGTH else None
    if match is None:
        raise MisfitError(f"« {said} » n'est pas un nombre.")
    amount, mark = _decimal(match["number"]), _squeezed(match["mark"] or "")
    if mark and mark not in MARKS[unit]:
        raise MisfitError(f"« {said} » ne peut pas être {UNIT_NAMES[unit]}.")
    if len(amount.as_tuple().digits) > MAX_DIGITS or amount >= TOO_BIG:
        raise MisfitError(f"« {said} » a trop de chiffres.")
    if unit == "percent":
        is_bare = not mark
        if is_bare and amount == 1:
            raise MisfitError(f"« {said} » peut être 1 % ou 100 % : le signe % manque.")
        if is_bare and 0 < amount < 1:
            # Adding zero keeps the exponent from rising above it: 0.9 is 90 %, not 9E+1 %.
            amount = amount.scaleb(2) + 0
        if amount > 100:
            raise MisfitError(f"« {said} » dépasse 100 %.")
    if unit == "count" and amount != amount.to_integral_value():
        raise MisfitError(f"« {said} » n'est pas un nombre entier de cas.")
    if mark.startswith("/") and amount > int(mark[1:]):
        raise MisfitError(f"« {said} » dépasse la note la plus haute.")
    return amount


def _decimal(number: str) -> Decimal:
    """The last mark is the decimal one, unless it stands there twice: then it separates thousands."""
    digits = re.sub(r"\s", "", number)
    point = max(digits.rfind(","), digits.rfind("."))
    if point < 0 or digits.count(digits[point]) > 1:
        return Decimal(re.sub("[.,]", "", digits))
    return Decimal(re.sub("[.,]", "", digits[:point]) + "." + digits[point + 1 :])


def _span(said: str) -> tuple[int, int] | None:
    """« avril dec » is (4, 12), « t2 » (4, 6), « 1 semestre » (1, 6), « partir avril » (4, 12)."""
    if said in _WHOLE_YEAR:
        return 1, 12
    said = re.sub(r"\b([1-4]) ([ts])(?:rim|em)estre\b", r"\2\1", said)
    said = re.sub(r"\b([ts])(?:rim|em)estre ([1-4])\b", r"\1\2", said)
    match [_part(word) or word for word in said.split()]:
        case [(first, last)]:
            return first, last
        case [(first, _), (_, last)] if first <= last:
            return first, last
        case ["depuis" | "partir", (first, _)]:
            return first, 12
    return None


def _part(word: str) -> tuple[int, int] | None:
    """A month, a quarter or a half-year. A month may be cut short as long as it is the only one so begun."""
    if match := re.fullmatch("t([1-4])", word):
        return 3 * int(match[1]) - 2, 3 * int(match[1])
    if match := re.fullmatch("s([12])", word):
        return 6 * int(match[1]) - 5, 6 * int(match[1])
    months = [n for n, month in enumerate(MONTHS) if month and folded(month).startswith(word)]
    return (months[0], months[0]) if len(months) == 1 and len(word) >= 3 else None
