"""The private folder of what is published: a file is whole or not there, and its hash stands in its row."""

import hashlib
import os
import tempfile
from pathlib import Path

from django.conf import settings


class LostError(Exception):
    """The file of a document is not there as it was kept."""


def path_of(name: str) -> Path:
    return Path(settings.FILES_DIR / name)


def keep(name: str, body: bytes) -> str:
    """Write to a temporary name, then rename. Returns the hash of what was written."""
    path = path_of(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    Path(temporary).replace(path)
    return hashlib.sha256(body).hexdigest()


def read(name: str, sha256: str) -> bytes:
    """The bytes that were kept; a file that is gone, cut or changed is not ours."""
    try:
        body = path_of(name).read_bytes()
    except OSError as error:
        raise LostError(f"Le fichier {name} ne peut pas être lu.") from error
    if hashlib.sha256(body).hexdigest() != sha256:
        raise LostError(f"Le fichier {name} n'a plus son empreinte.")
    return body


def size_of(name: str) -> int | None:
    """In thousands of bytes; None where the file cannot be read."""
    try:
        return -(-path_of(name).stat().st_size // 1000)
    except OSError:
        return None


def remove(name: str) -> None:
    path_of(name).unlink(missing_ok=True)
