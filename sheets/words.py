"""How two spellings of a word are the same word, and how French sets words and days."""

import datetime
import re
import unicodedata


def plain(text: str) -> str:
    """Without regard to case and accents: « Œuvré » is "oeuvre"."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe").replace("æ", "ae"))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def folded(text: str) -> str:
    """The words of a label, without regard to case, accents, apostrophes, guillemets, hyphens and spaces."""
    return " ".join(re.findall(r"[^\W_]+", plain(text)))


def visible(text: str) -> str:
    """Without the marks that nobody sees: those that turn the direction of a text, spaces without width."""
    return re.sub("[\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]", "", text)


def typeset(text: str) -> str:
    """The no-break spaces and the apostrophes of French, in a sentence that was written without them."""
    text = re.sub(r" (?=[:;?!»%](?:\W|$))", "\N{NO-BREAK SPACE}", text).replace("« ", "«\N{NO-BREAK SPACE}")
    return text.replace("'", "’")


def french_day(day: datetime.date) -> str:
    """« 26/11/2026 »; « %Y » would write the year 1 without its zeros."""
    return f"{day:%d/%m}/{day.year:04}"
