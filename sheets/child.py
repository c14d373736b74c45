"""Read a table in a process of its own, under limits that the system keeps.

The parser of a hostile workbook may take all the memory or never end: it does so alone, without our secrets
in its environment, and what stops it is a sentence for the person who gave the file. `multiprocessing` would
not do: the workers of Celery are daemons, which may have no children of that kind.
"""

import codecs
import json
import logging
import resource
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, Final

from sheets import reading
from sheets.reading import WORKBOOK, DamagedFileError, Row, TableError, TableTooBigError, rows_of

logger = logging.getLogger(__name__)

MAX_MEMORY_BYTES: Final = 512_000_000
MAX_CPU_SECONDS: Final = 25
MAX_WALL_SECONDS: Final = 40

TOO_HEAVY: Final = "Le fichier demande trop de mémoire ou de temps pour être lu : n'en garder que le tableau."
UNREADABLE: Final = "Le fichier ne peut pas être lu : l'ouvrir, l'enregistrer à nouveau, puis recommencer."

ROOT: Final = Path(__file__).resolve().parent.parent

# What the parent writes to the child is the file; what it reads back is JSON: [line, cells] for each row, or
# the name of a TableError and its sentence.


def read_apart(data: bytes) -> list[Row]:
    """The rows of a file, as `reading.rows_of` gives them. Raises a TableError, whatever happens."""
    try:
        ended = subprocess.run(  # noqa: S603 - our own module, and nothing else on the command line
            [sys.executable, "-m", __name__],
            input=data,
            capture_output=True,
            cwd=ROOT,
            env={},
            timeout=MAX_WALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise TableTooBigError(TOO_HEAVY) from error
    if ended.returncode < 0:  # stopped by a signal: a limit, or what keeps the machine alive
        raise TableTooBigError(TOO_HEAVY)
    if ended.returncode:
        logger.error("the reader of tables failed: %s", ended.stderr.decode(errors="replace")[-2_000:])
        raise DamagedFileError(UNREADABLE)
    answer = json.loads(ended.stdout)
    if "error" in answer:
        raise getattr(reading, answer["error"])(answer["sentence"])
    return rows_from_json(answer["rows"])


def rows_as_json(rows: list[Row]) -> list[Any]:
    return [[row.line, dict(row.cells)] for row in rows]


def rows_from_json(content: list[Any]) -> list[Row]:
    return [Row(line, cells) for line, cells in content]


def main(source: BinaryIO, out: BinaryIO) -> None:
    """In the child: limits first, then one file is parsed, then one answer."""
    data = source.read()
    if data.startswith(WORKBOOK):
        import_module("openpyxl")  # a limited process opens no module any more
    _limit_this_process()
    answer: dict[str, Any]
    try:
        answer = {"rows": rows_as_json(rows_of(data))}
    except MemoryError:
        answer = {"error": TableTooBigError.__name__, "sentence": TOO_HEAVY}
    except TableError as error:
        answer = {"error": type(error).__name__, "sentence": str(error)}
    out.write(json.dumps(answer).encode())


def _limit_this_process() -> None:
    for encoding in ("utf-8-sig", "utf-16", "cp1252", "latin-1", "cp437"):
        codecs.lookup(encoding)  # these are files too, found when they are first used
    limits = {
        resource.RLIMIT_AS: MAX_MEMORY_BYTES,
        resource.RLIMIT_CPU: MAX_CPU_SECONDS,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: 0,
        resource.RLIMIT_CORE: 0,
    }
    for limit, value in limits.items():
        resource.setrlimit(limit, (value, value))


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)
