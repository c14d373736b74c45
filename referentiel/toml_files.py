"""Read a file that a person wrote in TOML. What is wrong with it is said in a sentence, with its line."""

import re
import tomllib
import unicodedata
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

MAX_BYTES: Final = 1_000_000


class TomlError(Exception):
    """Why a file cannot be read, for the person who wrote it."""


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a file. Their texts hold no control character, which PostgreSQL or a PDF would refuse."""
    try:
        if not path.is_file():
            raise TomlError(f"{path} : fichier introuvable ou illisible.")
        if path.stat().st_size > MAX_BYTES:
            raise TomlError(f"{path.name} : le fichier dépasse {MAX_BYTES // 1_000_000} Mo.")
        content = tomllib.loads(path.read_text("utf-8-sig"), parse_float=Decimal)
    except OSError as error:
        raise TomlError(f"{path} : fichier introuvable ou illisible.") from error
    except UnicodeDecodeError as error:
        raise TomlError(f"{path.name} : le fichier n'est pas en UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        place = f"ligne {line[1]}" if line else "fin du fichier"
        raise TomlError(f"{path.name}, {place} : ce n'est pas du TOML valide.") from error
    except (ValueError, RecursionError) as error:  # a number of 5000 digits, tables nested without end
        raise TomlError(f"{path.name} : ce n'est pas du TOML raisonnable.") from error
    if _holds_control(content):
        raise TomlError(f"{path.name} : un texte contient un caractère de contrôle.")
    return content


def _holds_control(value: Any) -> bool:
    match value:
        case str():
            return any(unicodedata.category(letter) == "Cc" and letter not in "\n\r\t" for letter in value)
        case list():
            return any(map(_holds_control, value))
        case dict():
            return any(map(_holds_control, [*value.keys(), *value.values()]))
    return False
