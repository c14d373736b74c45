"""A file written by hand in TOML: read, or refused in a French sentence, whatever it holds."""

import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from referentiel.toml_files import MAX_BYTES, TomlError, read_toml


@pytest.fixture
def saved(tmp_path: Path) -> Callable[[bytes], Path]:
    def save(content: bytes) -> Path:
        path = tmp_path / "essai.toml"
        path.write_bytes(content)
        return path

    return save


def test_numbers_are_exact_and_notepad_is_welcome(saved):
    path = saved("\ufeffvalue = 0.1\r\ntext = '''a\r\n\tb'''\r\n".encode())

    assert read_toml(path) == {"value": Decimal("0.1"), "text": "a\n\tb"}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"a = 1\nb = ", "essai.toml, fin du fichier : ce n'est pas du TOML valide."),
        (b"a = 1\n[b\nc = 2\n", "essai.toml, ligne 2 : ce n'est pas du TOML valide."),
        (b"a = '\xe9'", "essai.toml : le fichier n'est pas en UTF-8."),
        (b"a = " + b"[" * 100_000, "essai.toml : ce n'est pas du TOML raisonnable."),
        (b"a = " + b"{a=" * 50_000, "essai.toml : ce n'est pas du TOML raisonnable."),
        (b"a = " + b"9" * 5_000, "essai.toml : ce n'est pas du TOML raisonnable."),
        (b"a = '" + b"x" * MAX_BYTES + b"'", "essai.toml : le fichier dépasse 1 Mo."),
        (rb'a = "b\u0000"', "essai.toml : un texte contient un caractère de contrôle."),
        (rb'a = [{b = "\u001b[31m"}]', "essai.toml : un texte contient un caractère de contrôle."),
        (rb'"a\u0000" = 1', "essai.toml : un texte contient un caractère de contrôle."),
    ],
    ids=["end", "line", "latin-1", "lists", "tables", "number", "size", "nul", "escape", "key"],
)
def test_what_is_wrong_is_said_in_french(saved, content, sentence):
    with pytest.raises(TomlError) as refusal:
        read_toml(saved(content))

    assert str(refusal.value) == sentence


def test_what_is_no_file_is_not_waited_for(tmp_path):
    pipe = tmp_path / "tube"
    os.mkfifo(pipe)

    for path in (tmp_path / "absent.toml", tmp_path, pipe, Path("/dev/zero")):
        with pytest.raises(TomlError, match=f"{path.name} : fichier introuvable ou illisible"):
            read_toml(path)
