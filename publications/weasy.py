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


class RefusedAddressError(Exception):
    """A document asked for something that is not one of our own static files."""


class StaticFiles(URLFetcher):
    """Serves `static:<path>`, found by Django's finders, and nothing else: no network, no other file.

    A `data:` address is taken where one of these very style sheets holds it (the State's mark does).
    """

    def __init__(self) -> None:
        super().__init__(allowed_protocols={"static", "data"}, allow_redirects=False, fail_on_errors=True)
        self.sheets: list[str] = []

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        if url.startswith("data:") and any(url in sheet for sheet in self.sheets):
            return super().fetch(url, headers)
        path = self._path(url)
        body = path.read_bytes()
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        if kind == "text/css":
            self.sheets.append(body.decode())
        return URLFetcherResponse(url, body, {"Content-Type": kind})

    def _path(self, url: str) -> Path:
        try:
            found = finders.find(url.removeprefix(SCHEME)) if url.startswith(SCHEME) else None
        except SuspiciousFileOperation:
            found = None
        if not found:
            raise RefusedAddressError(f"Adresse refusée dans un document : {url[:200]}")
        return Path(found)


def write(
    html: str, *, title: str, lang: str, created: str | None, on_laid_out: Callable[[int], None]
) -> bytes:
    """A tagged PDF/UA-1 document. `created` is a W3C date; `on_laid_out` is told how many pages there are."""
    try:
        document = weasyprint.HTML(string=html, url_fetcher=StaticFiles()).render(FontConfiguration())
    except FatalURLFetchingError as error:  # no Exception of Python's: a worker would die of it
        raise RefusedAddressError(str(error.__cause__ or error)) from error
    on_laid_out(len(document.pages))
    document.metadata.title = title
    document.metadata.lang = lang
    document.metadata.created = created
    body: bytes = document.write_pdf(pdf_variant="pdf/ua-1")
    return body
