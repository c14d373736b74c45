"""The only module that imports WeasyPrint, which opens Pango while it is imported.

`publications.pdf` loads it at its first document, once the libraries have been found: the pages, the commands
and the worker of the mails start without them, and half a second earlier.
"""

import mimetypes
from collections.abc import Callable
from pathlib import Path

import weasyprint
from django.contrib.staticfiles import finders
from django.core.exceptions import SuspiciousFileOperation
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

SCHEME = "static:"
# What an address without a scheme is completed to: nothing is there, and the fetcher refuses it.
NOWHERE = "http://nowhere.invalid/"


class RefusedAddressError(Exception):
    """A document asked for something that is not one of our own static files."""


class StaticFiles(URLFetcher):
    """Serves `static:<path>`, found by Django's finders, and nothing else: no network, no other file.

    A `data:` address is taken where one of these very style sheets holds it (the State's mark does).
    """

    def __init__(self) -> None:
        super().__init__(allowed_protocols={"static", "data"}, allow_redirects=False, fail_on_errors=True)
        self.sheets: list[str] = []
        self.refused: list[str] = []

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        if url.startswith("data:") and any(url in sheet for sheet in self.sheets):
            return super().fetch(url, headers)
        path = _find(url)
        if path is None:
            self.refused.append(url)
            raise RefusedAddressError(_sentence(url))
        body = path.read_bytes()
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        if kind == "text/css":
            self.sheets.append(body.decode())
        return URLFetcherResponse(url, body, {"Content-Type": kind})


def write(
    html: str, *, title: str, lang: str, created: str | None, on_laid_out: Callable[[int], None]
) -> bytes:
    """A tagged PDF/UA-1 document. `created` is a W3C date; `on_laid_out` is told how many pages there are."""
    files = StaticFiles()
    try:
        document = weasyprint.HTML(string=html, base_url=NOWHERE, url_fetcher=files).render(
            FontConfiguration()
        )
        on_laid_out(len(document.pages))
        document.metadata.title = title
        document.metadata.lang = lang
        document.metadata.created = created
        body: bytes = document.write_pdf(pdf_variant="pdf/ua-1")
    except FatalURLFetchingError as error:  # no Exception: a worker that does not know it would die of it
        raise RefusedAddressError(str(error.__cause__ or error)) from error
    if files.refused:  # inside a drawing WeasyPrint goes on without what was refused
        raise RefusedAddressError(_sentence(files.refused[0]))
    return body


def _find(url: str) -> Path | None:
    if not url.startswith(SCHEME):
        return None
    try:
        found = finders.find(url.removeprefix(SCHEME))
    except SuspiciousFileOperation:
        return None
    return Path(found) if found else None


def _sentence(url: str) -> str:
    return f"Adresse refusée dans un document : {url[:200]}"
