"""The bilan as a PDF, and the one way from HTML to PDF: tagged, in Marianne, without a network.

A document is made of the frozen content and of our own static files, so that an edition has the same bytes in
every process of a release. What people typed is bounded and made fit for print here, once, for all templates.
"""

import ctypes
import datetime
import html
import importlib
import io
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import pikepdf
from django.template.loader import render_to_string
from django.utils.text import slugify

from publications import bilan as contents
from publications import reading, richtext
from publications.formats import Data
from publications.models import Bilan, Part
from referentiel.measures import Verdict, in_french
from referentiel.models import Indicator

Report = Callable[[int, str], None]

# What WeasyPrint opens, and the Debian package that brings it.
LIBRARIES = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
}

# Whatever is written within these bounds, a bilan takes less than a minute and less than 512 MB.
PART_CHARACTERS = 20_000
PART_LINES = 300
PART_MARKS = 300  # words in bold, in italic, in links
NOTES = 100
REMARKS_CHARACTERS = 60_000  # of the notes, the reasons and what is missing, together
ERRATUM_CHARACTERS = 2_000
MEETINGS = 20
PERIMETER = 300  # services × modules
UNITS = 24
FIGURES = 500  # indicators × units
RECEIVED = 500  # lines of the tables that the register gives
EXAMPLES = 60

UNITS_PER_TABLE = 4
# A drawing that leaves room for the sentences of its theme beside it, on one landscape page.
BESIDE = 400
NUMERALS = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
LONGEST_WORD = 80
ZERO_WIDTH_SPACE = "\N{ZERO WIDTH SPACE}"
NBSP = "\N{NO-BREAK SPACE}"
# A link as nh3 writes it.
LINK = re.compile(r'<a href="(?P<address>[^"]*)">(?P<words>.*?)</a>', re.DOTALL)


class MissingLibrariesError(Exception):
    """PDFs need libraries of the system that are not there; the message is the command that brings them."""


class TooLongError(Exception):
    """The content is longer than what a document is made for; the message says what to shorten."""


@dataclass(frozen=True)
class Edition:
    """What the title page and the foot of each page say. Provisional content has neither number nor day."""

    number: int | None
    signed_on: datetime.date | None
    sha256: str


@dataclass(frozen=True)
class Chapter:
    """A chapter of the document; `kind` names its template, `shown` is what that template needs."""

    numeral: str
    kind: str
    title: str
    sections: list[str]
    shown: dict[str, Any]

    @property
    def id(self) -> str:
        return slugify(self.title)

    @property
    def template(self) -> str:
        return f"pdf/_{self.kind}.html"


@dataclass(frozen=True)
class Section:
    """A theme on its landscape pages: sentences, drawing, tables."""

    theme: reading.Theme
    tables: list[reading.Theme]
    stands_beside: bool


@dataclass(frozen=True)
class Tally:
    """What became of the results of a unit or of a theme."""

    name: str
    met: int
    missed: int
    no_target: int
    no_result: int


def missing_libraries() -> str:
    """Empty, or a sentence with the command to type: to be asked where PDFs will be made."""
    missing = [package for library, package in LIBRARIES.items() if not _opens(library)]
    if not missing:
        return ""
    return (
        f"Il manque de quoi composer les PDF ({', '.join(missing)}). Taper\xa0: "
        f"apt-get install --no-install-recommends {' '.join(LIBRARIES.values())}"
    )


def _silent(progress: int, step: str) -> None:
    """Where nobody waits for news."""


def render(bilan: Bilan, report: Report = _silent) -> bytes:
    """The PDF of a signed bilan, from its frozen content alone."""
    signed_on = bilan.frozen_at.astimezone(ZoneInfo(bilan.prefecture.time_zone)).date()
    edition = Edition(bilan.edition, signed_on, bilan.sha256)
    return _render(bilan.data, edition, created=bilan.frozen_at, report=report)


def render_provisional(content: contents.Content, report: Report = _silent) -> bytes:
    """The PDF of what would be signed now; each of its pages says that it is not."""
    edition = Edition(None, None, contents.hash_of(content.as_text()))
    return _render(content.as_data(), edition, created=None, report=report)


def _render(data: Data, edition: Edition, *, created: datetime.datetime | None, report: Report) -> bytes:
    if sentences := too_long(data):
        raise TooLongError(" ".join(sentences))
    report(10, "Préparation des tableaux et des graphiques")
    content = _prepared(data)
    read = reading.read(content)
    title = f"Bilan annuel {content['year']} de la démarche qualité – {content['prefecture']['name']}"
    if not edition.number:
        title += " (document provisoire)"
    page = render_to_string(
        "pdf/bilan.html",
        {
            "title": title,
            "edition": edition,
            "meetings": reading.meetings(content, edition.signed_on) if edition.signed_on else [],
            "content": content,
            "year_before": content["year"] - 1,
            "reading": read,
            "chapters": _chapters(content, read),
        },
    )
    return write_pdf(page, title=title, created=created, report=report)


def write_pdf(
    page: str,
    *,
    title: str,
    created: datetime.datetime | None = None,
    report: Report = _silent,
) -> bytes:
    """Tagged PDF/UA-1, in French. Whatever the page asks for, only our own static files are read.

    The page names them `static:<path>`; its fonts are declared in its style sheet.
    """
    report(15, "Mise en page")
    body = _weasyprint().write(
        page,
        title=title,
        lang="fr",
        created=created.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if created else None,
        on_laid_out=lambda pages: report(60, f"Écriture des {pages} pages"),
    )
    report(85, "Balisage pour les lecteurs d’écran")
    return _with_scopes(body)


def too_long(data: Data) -> list[str]:
    """What a document would not hold, as sentences: it is refused before the work, never cut in silence."""
    cells = [cell for band in data["bands"] for line in band["lines"] for cell in line["cells"]]
    remarks = [
        *(note["text"] for note in data["notes"]),
        *(cell["reason"] for cell in cells),
        *(cell["target_reason"] for cell in cells),
        *(cell["previous"]["reason"] for cell in cells if cell["previous"]),
        *(each["remark"] for each in data["presentations"]),
        *data["missing"],
    ]
    found: list[tuple[str, int, str, int]] = []
    for part in data["parts"]:
        named, text, markup = f"La partie «\xa0{part['title']}\xa0»", part["text"], part["html"]
        found += [
            (named, len(text), "caractères", PART_CHARACTERS),
            (named, text.count("\n") + 1, "lignes", PART_LINES),
            (named, richtext.marks(markup), "mises en forme", PART_MARKS),
            (named, richtext.depth(markup), "niveaux", richtext.DEEPEST),
        ]
    found += [
        ("Le bilan", len(data["notes"]), "notes", NOTES),
        (
            "L'ensemble des notes, des motifs, des remarques et des manques",
            sum(map(len, remarks)),
            "caractères",
            REMARKS_CHARACTERS,
        ),
        ("Le bilan", len(data["presentations"]), "présentations", MEETINGS),
        ("Le bilan", len(data["perimeter"]), "lignes de périmètre", PERIMETER),
        ("L'erratum", len((data["erratum"] or {"text": ""})["text"]), "caractères", ERRATUM_CHARACTERS),
        ("Le bilan", len(data["units"]), "unités", UNITS),
        *_of_register(data["complaints"]),
        ("Le bilan", len(cells), "chiffres", FIGURES),
    ]
    return [
        f"{what} compte {in_french(count)} {of}\xa0: le PDF en admet {in_french(most)} au plus."
        for what, count, of, most in found
        if count > most
    ]


def _of_register(said: Data | None) -> list[tuple[str, int, str, int]]:
    if said is None:
        return []
    lines = sum(len(table["lines"]) for table in said["tables"])
    return [
        ("Le bilan", lines + len(said["deadlines"]), "lignes de réclamations et de délais", RECEIVED),
        ("Le bilan", len(said["examples"]), "exemples de réclamations", EXAMPLES),
        ("Le bilan", len(said["actions"]), "actions nées des réclamations", EXAMPLES),
    ]


def _chapters(content: Data, read: reading.Reading) -> list[Chapter]:
    """In the order of reading. A part that nobody wrote is no chapter: the last page says it is missing."""
    year = content["year"]
    found: list[tuple[str, str, list[str], dict[str, Any]]] = []
    summary = read.summary if read.summary and read.summary.html else None
    if read.themes or summary:
        title = summary.title if summary else f"{year} en quelques chiffres"
        found.append(("overview", title, [], {"part": summary, "tallies": _tallies(content)}))
    if read.themes:
        titles = [theme.title for theme in read.themes]
        sections = [_section(theme) for theme in read.themes]
        found.append(("results", f"Résultats {year} par thème", titles, {"sections": sections}))
    for part in read.parts:
        if part.section == Part.Section.COMPLAINTS and read.register:
            found.append(("received", part.title, [], {"part": part, "register": read.register}))
        elif part.html:
            found.append(("part", part.title, [], {"part": part}))
    found.append(("method", "Méthode et sources", [], {"measured": _measured(content)}))
    return [Chapter(numeral, *chapter) for numeral, chapter in zip(NUMERALS, found, strict=False)]


def _section(theme: reading.Theme) -> Section:
    sheets = theme.chart.sheets if theme.chart else ()
    beside = len(sheets) == 1 and sheets[0].height <= BESIDE
    return Section(theme, list(theme.tables(UNITS_PER_TABLE)), beside)


def _measured(content: Data) -> list[tuple[str, list[tuple[Data, str]]]]:
    """The indicators of each theme, with their measuring unit in words."""
    return [
        (band["theme"], [(line, str(Indicator.Unit(line["unit"]).label)) for line in band["lines"]])
        for band in content["bands"]
    ]


def _tallies(content: Data) -> list[tuple[str, list[Tally]]]:
    """What became of the results, by unit and by theme."""
    rows = [line["cells"] for band in content["bands"] for line in band["lines"]]
    by_unit = [
        _tally(unit["name"], [cells[place] for cells in rows]) for place, unit in enumerate(content["units"])
    ]
    by_theme = [
        _tally(band["theme"] or reading.NO_THEME, [cell for line in band["lines"] for cell in line["cells"]])
        for band in content["bands"]
    ]
    return [("Unité", by_unit), ("Thème", by_theme)]


def _tally(name: str, cells: list[Data]) -> Tally:
    verdicts = [cell["verdict"] for cell in cells if cell["absence"] != "not_expected"]
    return Tally(name, *(verdicts.count(verdict) for verdict in Verdict))


def _prepared(value: Any) -> Any:
    """The content with every text in it fit for print."""
    match value:
        case str():
            return _typeset(value)
        case list():
            return [_prepared(item) for item in value]
        case dict():
            return {
                key: _prepared_markup(item) if key == "html" else _prepared(item)
                for key, item in value.items()
            }
    return value


def _prepared_markup(markup: str) -> str:
    """The words between tags fit for print; beside those of a link its address, since paper has no links."""
    markup = LINK.sub(_with_address, markup)
    return "".join(
        run if run.startswith("<") else html.escape(_typeset(html.unescape(run)), quote=False)
        for run in re.split(r"(<[^>]*>)", markup)
    )


def _with_address(link: re.Match[str]) -> str:
    address = link["address"].removeprefix("mailto:")
    return link[0] if address in link["words"] else f"{link[0]} ({address})"


def _typeset(text: str) -> str:
    """French typography, nothing without a shape, and words that can be broken."""
    text = richtext.UNPRINTABLE.sub("", text)
    text = re.sub(r"(?<=\w)'(?=\w)", "’", text)
    text = re.sub(r" (?=[;:!?»%€])|(?<=«) ", NBSP, text)
    text = re.sub(f"{NBSP}(?=jour|ouvré)", " ", text)  # on two lines where the column is narrow
    return re.sub(rf"[^ \n\t]{{{LONGEST_WORD}}}", rf"\g<0>{ZERO_WIDTH_SPACE}", text)


def _weasyprint() -> Any:
    """WeasyPrint opens Pango as it is imported: an import above would take half a second of every command,
    and stop the web server and the mails of an installation where only the PDF worker has Pango."""
    if missing := missing_libraries():
        raise MissingLibrariesError(missing)
    return importlib.import_module("publications.weasy")


def _with_scopes(body: bytes) -> bytes:
    """The same document with the scope of each header cell, which WeasyPrint leaves out.

    In our templates the cells of a <thead> are heads of columns and all others heads of rows.
    """
    written = io.BytesIO()
    with pikepdf.open(io.BytesIO(body)) as pdf:
        for cell in _header_cells(pdf):
            scope = "/Column" if _is_in_table_head(cell) else "/Row"
            cell.A.Scope = pikepdf.Name(scope)
        pdf.save(written, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return written.getvalue()


def _header_cells(pdf: pikepdf.Pdf) -> Iterable[pikepdf.Object]:
    return (item for item in pdf.objects if isinstance(item, pikepdf.Dictionary) and item.get("/S") == "/TH")


def _is_in_table_head(cell: pikepdf.Object) -> bool:
    element = cell
    while element.get("/S") not in ("/Table", None):
        if element.S == "/THead":
            return True
        element = element.P
    return False


def _opens(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
