"""How two spellings of a word are the same word."""

import re
import unicodedata


def plain(text: str) -> str:
    """Without regard to case and accents: « Œuvré » is "oeuvre"."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe").replace("æ", "ae"))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def folded(text: str) -> str:
    """The words of a label, without regard to case, accents, apostrophes, guillemets, hyphens and spaces."""
    return " ".join(re.findall(r"[^\W_]+", plain(text)))
