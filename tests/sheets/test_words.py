"""Two spellings of the same words."""

import pytest

from sheets.words import folded

NBSP = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    "text",
    [
        "Nombre d'utilisateurs reçus (« très satisfait »)",
        "NOMBRE D’UTILISATEURS REÇUS (“Très satisfait”)",
        f"Nombre  d'utilisateurs{NBSP}reçus\n(«{NBSP}tres satisfait{NBSP}»)",
    ],
)
def test_a_label_is_the_same_whatever_its_case_accents_and_marks(text):
    assert folded(text) == "nombre d utilisateurs recus tres satisfait"


def test_a_ligature_is_its_two_letters():
    assert folded("Cœur") == folded("coeur")
