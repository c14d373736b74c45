"""How one looks for lines of the norm: by words, and by how sure we are of them."""

from referentiel.models import Certainty
from sheets.words import folded

TO_CHECK = "a-verifier"
CERTAINTIES = [(TO_CHECK, "à vérifier (déduit ou inconnu)"), *Certainty.choices]


def certainties(chosen: str) -> list[str]:
    """The certainties that a choice of the filters stands for."""
    return [Certainty.INFERRED, Certainty.UNKNOWN] if chosen == TO_CHECK else [chosen]


def speaks_of(words: str, *texts: str) -> bool:
    """Every word asked for begins a word of the texts, whatever the accents and the case."""
    said = folded(" ".join(texts)).split()
    return all(any(word.startswith(asked) for word in said) for asked in folded(words).split())
