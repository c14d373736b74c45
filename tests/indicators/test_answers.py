"""The file of answers, as a person writes it."""

import pytest

from indicators.answers import read_answers
from sites.conflicts import RefusedError

GOOD = 'row = 2\ncolumn = "unit"\nreason = "r"\n'


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[[answer]\n", "reponses.toml, ligne 1 : ce n'est pas du TOML valide"),
        ("[answer]\nrow = 2\n", "ne contient que des tables"),
        ("[[answers]]\nrow = 2\n", "ne contient que des tables"),
        ("answer = [1]\n", "ne contient que des tables"),
        (f"[[answer]]\n{GOOD}", "soit « corrected », soit « left_out = true »"),
        (f'[[answer]]\n{GOOD}left_out = true\ncorrected = "x"\n', "soit « corrected »"),
        (f"[[answer]]\n{GOOD}left_out = false\n", "soit « corrected »"),
        (f'[[answer]]\n{GOOD}corrected = " "\n', "soit « corrected »"),
        (f"[[answer]]\n{GOOD}corrected = 3\n", "« corrected » est un texte entre guillemets"),
        (f'[[answer]]\n{GOOD}left_out = true\nnote = "x"\n', "« note » n'est pas une clé connue"),
        (f'[[answer]]\n{GOOD}left_out = true\ncode = "partial_year"\n', "« partial_year » n'est pas le code"),
        ('[[answer]]\nrow = 2\ncolumn = "unit"\nleft_out = true\n', "il manque le motif"),
        ('[[answer]]\nrow = 2\ncolumn = "unit"\nleft_out = true\nreason = " "\n', "il manque le motif"),
        ('[[answer]]\nrow = "2"\ncolumn = "unit"\nleft_out = true\nreason = "r"\n', "donner la ligne"),
        ('[[answer]]\nrow = true\ncolumn = "unit"\nleft_out = true\nreason = "r"\n', "donner la ligne"),
        ('[[answer]]\nrow = 2\nleft_out = true\nreason = "r"\n', "donner la ligne"),
        (f"[[answer]]\n{GOOD}left_out = true\n" * 2, "2 réponses pour la ligne 2, colonne « unit »"),
    ],
)
def test_answers_that_leave_a_doubt_are_refused_in_a_sentence(tmp_path, text, sentence):
    path = tmp_path / "reponses.toml"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(RefusedError, match=sentence):
        read_answers(path)


def test_answers_that_cannot_be_read_are_refused_in_a_sentence(tmp_path):
    latin = tmp_path / "latin.toml"
    latin.write_bytes("[[answer]]\nreason = 'é'".encode("latin-1"))

    for path in (tmp_path / "absent.toml", tmp_path, latin):
        with pytest.raises(RefusedError, match=f"{path.name} : "):
            read_answers(path)


def test_answers_saved_by_notepad_are_read(tmp_path):
    path = tmp_path / "reponses.toml"
    path.write_text(f"[[answer]]\r\n{GOOD}left_out = true\r\n", encoding="utf-8-sig")

    assert [(one.row, one.column, one.corrected, one.reason) for one in read_answers(path)] == [
        (2, "unit", None, "r")
    ]
