"""Goals 11 and 12: the PDF of a bilan, against WeasyPrint alone."""

import copy
import math
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import weasyprint
from django.contrib.staticfiles import finders
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcherResponse

from bench.goals import Measured, least
from publications import bilan as contents
from publications import pdf, weasy
from qualepref.demo import content as demo
from sites.models import Prefecture

SHEET = "pdf/bilan.css"


class AutoTables(weasy.StaticFiles):
    """Our own static files, with tables whose columns the engine measures."""

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        found = super().fetch(url, headers)
        if not url.endswith(SHEET):
            return found
        css = _sheet().replace("table-layout: fixed", "table-layout: auto")
        return URLFetcherResponse(url, css.encode(), {"Content-Type": "text/css"})


def measure() -> Iterator[Measured]:
    prefecture = demo.load()
    html = html_of(contents.assemble(prefecture, demo.YEAR).as_data())

    whole, bare, data = least(
        lambda: pdf.render_provisional(contents.assemble(prefecture, demo.YEAR)),
        lambda: _bare(html, weasy.StaticFiles()),
        lambda: html_of(contents.assemble(prefecture, demo.YEAR).as_data()),
    )
    yield Measured("11", "a bilan end to end, against bare write_pdf of the same HTML", whole / bare, 1.35)
    yield Measured("11", "its data and HTML, against bare write_pdf", data / bare, 0.08)

    fixed, auto, sheet = least(
        lambda: _bare(html, weasy.StaticFiles()),
        lambda: _bare(html, AutoTables()),
        lambda: weasyprint.CSS(string=_sheet(), url_fetcher=weasy.StaticFiles(), base_url=weasy.NOWHERE),
    )
    yield Measured("12", "its template, against auto-layout tables", fixed / auto, 0.85)
    yield Measured("12", "parsing its print CSS, against the whole", sheet / fixed, 0.03)

    small, large = (_in_a_process(prefecture, times) for times in (1, 10))
    exponent = math.log(large.seconds / small.seconds) / math.log(large.pages / small.pages)
    print(
        f"      {small.pages} pages in {small.seconds:.1f} s and {small.mib:.0f} MiB,"
        f" {large.pages} pages in {large.seconds:.1f} s and {large.mib:.0f} MiB"
    )
    span = f"from {small.pages} to {large.pages} pages"
    yield Measured("12", f"growth of the time {span}, exponent", exponent, 1.15, "")
    for size in (small, large):
        limit = 130 + 5 * size.pages
        yield Measured("12", f"memory of {size.pages} pages", size.mib, limit, "MiB")


class Size(NamedTuple):
    """What a document took in a process of its own."""

    pages: int
    seconds: float
    mib: float


def html_of(data: dict[str, Any]) -> str:
    """The HTML of a content, taken on its way to the PDF, whatever its length."""
    kept: list[str] = []

    def keep(html: str, **_: Any) -> bytes:
        kept.append(html)
        return b""

    edition = pdf.Edition(None, None, "0" * 64)
    with mock.patch.object(pdf, "write_pdf", keep), mock.patch.object(pdf, "too_long", lambda data: []):
        pdf._render(data, edition, created=None, report=pdf._silent)
    return kept[0]


def lengthened(data: dict[str, Any], times: int) -> dict[str, Any]:
    """The same bilan with each theme and each written part several times over."""
    longer = copy.deepcopy(data)
    longer["bands"] = [
        {**band, "theme": f"{band['theme']} {turn}"} for turn in range(times) for band in data["bands"]
    ]
    for part in longer["parts"]:
        for kept, between in (("text", "\n\n"), ("html", "\n")):
            part[kept] = between.join([part[kept]] * times)
    return longer


def _bare(html: str, files: weasy.StaticFiles) -> bytes:
    page = weasyprint.HTML(string=html, base_url=weasy.NOWHERE, url_fetcher=files)
    body: bytes = page.write_pdf(font_config=FontConfiguration())
    return body


def _sheet() -> str:
    return Path(str(finders.find(SHEET))).read_text("utf-8")


def _in_a_process(prefecture: Prefecture, times: int) -> Size:
    """Time and memory of a process that makes one document: those of a worker."""
    html = html_of(lengthened(contents.assemble(prefecture, demo.YEAR).as_data(), times))
    done = subprocess.run(
        [sys.executable, "-m", "bench.one_document"], input=html, capture_output=True, text=True, check=True
    )
    pages, seconds, mib = done.stdout.split()
    return Size(int(pages), float(seconds), float(mib))
