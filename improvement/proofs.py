"""Keeping what shows that something was done; serving it is for views, which check rights."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import transaction

from improvement.models import Proven
from sites import attachments, files
from sites.conflicts import RefusedError
from sites.models import Prefecture


@dataclass(frozen=True)
class Proof:
    """What somebody gives: a sentence, the bytes of a file, or both."""

    text: str = ""
    body: bytes = b""


@contextmanager
def keeping(proof: Proof, prefecture: Prefecture) -> Iterator[dict[str, str]]:
    """The columns that a proof fills in its row (`Proven`). Its file goes where the row does not land."""
    columns = {"proof": proof.text}
    if not proof.body:
        yield columns
        return
    try:
        with attachments.kept(proof.body, f"preuves/{prefecture.slug}") as (name, sha256):
            yield columns | {"proof_file": name, "proof_sha256": sha256}
    except attachments.UnsafeError as error:
        raise RefusedError(str(error)) from error


def fill(row: Proven, columns: dict[str, str]) -> None:
    """Put a proof in its row; a file that it takes the place of goes, once all is written."""
    if "proof_file" in columns and (former := row.proof_file):
        transaction.on_commit(lambda: files.remove(former))
    for name, value in columns.items():
        setattr(row, name, value)
