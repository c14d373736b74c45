"""Measure every goal in a database of its own: `make bench`, or `python -m bench board` for one of them."""

import logging
import os
import sys
from collections.abc import Callable, Iterator

import django
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qualepref.settings")
settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = "qualepref_bench"
django.setup()

from django.db import connection  # noqa: E402

from bench import board, document, register  # noqa: E402
from bench.goals import Measured  # noqa: E402

MEASURES: dict[str, Callable[[], Iterator[Measured]]] = {
    "board": board.measure,
    "document": document.measure,
    "register": register.measure,
}


def main() -> int:
    wanted = sys.argv[1:] or list(MEASURES)
    if unknown := [name for name in wanted if name not in MEASURES]:
        sys.exit(f"bench: {', '.join(unknown)}? Known: {', '.join(MEASURES)}.")
    if connection.vendor != "postgresql":
        sys.exit("bench: the figures stand in PostgreSQL; « make bench » starts one.")
    logging.disable(logging.WARNING)
    measured = []
    for name in wanted:
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            print(f"--- {name}", flush=True)
            for one in MEASURES[name]():
                measured.append(one)
                print(one, flush=True)
        finally:
            connection.creation.destroy_test_db("postgres", verbosity=0)
    missed = sum(not one.is_reached for one in measured)
    print(f"{len(measured) - missed} goals reached out of {len(measured)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
