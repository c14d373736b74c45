"""One PDF from the HTML on standard input, as a worker makes it: prints its pages, seconds and MiB."""

import io
import os
import sys
from pathlib import Path

import django
import pikepdf

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qualepref.settings")
django.setup()

from bench.goals import seconds  # noqa: E402
from publications import pdf  # noqa: E402


def _most_memory() -> float:
    """MiB. Not of getrusage, which counts what the parent had when it forked."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    html = sys.stdin.read()
    made: list[bytes] = []
    pdf.write_pdf("<p>un</p>", title="premier")  # imports and fonts, once a worker
    taken = min(seconds(lambda: made.append(pdf.write_pdf(html, title="Bilan"))) for _ in range(3))
    print(len(pikepdf.open(io.BytesIO(made[0])).pages), taken, _most_memory())
