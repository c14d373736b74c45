"""What everybody may read of figures: frozen content of published editions, and nothing else.

A page is always asked for again (`no-cache`), so that what was withdrawn is gone at once; the answer is short
where nothing has changed. The ETag of a page is the hash of what it shows: its words come from the frozen
content, but its header, its style sheets and its foot may change without it.
"""

import datetime
import logging
from collections.abc import Callable, Iterable

from django.contrib.auth.decorators import login_not_required
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import get_conditional_response
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page, require_safe

from publications import espace, reading, table
from publications.models import Bilan, BilanQuerySet, Document, Entry, Presentation
from referentiel.models import Adoption
from sheets.writing import KINDS
from sites import files
from sites.models import Prefecture, Site, in_force

logger = logging.getLogger(__name__)

Page = Callable[..., HttpResponse]


def file_for_everybody(page: Page) -> Page:
    """One whose answer has its ETag: the hash of its bytes."""
    return login_not_required(require_safe(cache_control(no_cache=True)(page)))


def for_everybody(page: Page) -> Page:
    return file_for_everybody(conditional_page(page))


@for_everybody
def home(request: HttpRequest) -> HttpResponse:
    """The only préfecture's home; a list where there are several."""
    years = Bilan.objects.shown().filter(prefecture=OuterRef("pk")).values("year")
    prefectures = list(Prefecture.objects.annotate(latest=Subquery(years.order_by("-year")[:1])))
    if len(prefectures) == 1:
        return _home_of(request, prefectures[0])
    return render(request, "public/home.html", {"prefectures": prefectures})


@for_everybody
def prefecture(request: HttpRequest, slug: str) -> HttpResponse:
    return _home_of(request, get_object_or_404(Prefecture, slug=slug))


def _home_of(request: HttpRequest, prefecture: Prefecture) -> HttpResponse:
    on, entries = prefecture.today(), Entry.of_the_public()
    bilans = list(Bilan.objects.shown().filter(prefecture=prefecture).defer("content"))
    read = reading.read(bilans[0].data) if bilans else None
    adoptions = Adoption.objects.filter(in_force(on), prefecture=prefecture)
    return render(
        request,
        "public/prefecture.html",
        {
            "prefecture": prefecture,
            "adoptions": adoptions.select_related("referentiel"),
            "bilans": bilans,
            "reading": read,
            "headlines": reading.headlines(read) if read else [],
            "shelves": espace.shelves(prefecture, Document.objects.for_everybody(), on=on, entries=entries),
            "sites": Site.objects.filter(unit__prefecture=prefecture).select_related("unit"),
            "updated_at": espace.updated_at(prefecture, entries),
        },
    )


@for_everybody
def bilan(request: HttpRequest, slug: str, year: int) -> HttpResponse:
    """The edition of a year that is shown."""
    return _page_of(request, _shown(slug, year))


@for_everybody
def edition(request: HttpRequest, slug: str, year: int, edition: int) -> HttpResponse:
    """An edition under its own address, with a banner once another one has replaced it."""
    return _page_of(request, _public(slug, year, edition))


def _page_of(request: HttpRequest, bilan: Bilan) -> HttpResponse:
    return render(
        request,
        "public/bilan.html",
        {
            "prefecture": bilan.prefecture,
            "bilan": bilan,
            "editions": _editions(bilan),
            "meetings": meetings(Presentation.objects.of(bilan), bilan.prefecture.today()),
            "pdf_size": files.size_of(bilan.pdf_name),
            "reading": reading.read(bilan.data),
        },
    )


@file_for_everybody
def bilan_pdf(request: HttpRequest, slug: str, year: str) -> HttpResponse:
    return pdf_response(request, _shown(slug, year))


@file_for_everybody
def edition_pdf(request: HttpRequest, slug: str, year: str, edition: str) -> HttpResponse:
    """The bytes that were kept when the edition was signed, also after another one has replaced it."""
    return pdf_response(request, _public(slug, year, edition))


@for_everybody
def bilan_csv(request: HttpRequest, slug: str, year: str) -> HttpResponse:
    """The figures for a spreadsheet."""
    shown = _shown(slug, year)
    response = HttpResponse(table.as_csv(shown), content_type=KINDS["csv"])
    response["Content-Disposition"] = f'attachment; filename="bilan-{shown.year}-{slug}.csv"'
    response["ETag"] = f'"{shown.sha256}-{shown.edition}-{table.FORMAT}"'
    return response


def pdf_response(request: HttpRequest, bilan: Bilan) -> HttpResponse:
    """What is shown has a name for ever; what it replaced is never mistaken for it once it is on a disk."""
    edition = "" if bilan.is_shown else f"-edition-{bilan.edition}"
    name = f"bilan-{bilan.year}-{bilan.prefecture.slug}{edition}.pdf"
    return file_response(request, bilan.prefecture, bilan.pdf_name, bilan.pdf_sha256, shown_as=name)


def file_response(
    request: HttpRequest, prefecture: Prefecture, name: str, sha256: str, *, shown_as: str
) -> HttpResponse:
    """A PDF out of the private folder, byte for byte as it was kept, or a clear « not now ».

    `shown_as` is its name for the reader, made by us: letters without accents, figures, hyphens.
    """
    etag = f'"{sha256}"'
    response = get_conditional_response(request, etag=etag)
    if response is None:
        try:
            body = files.read(name, sha256)
        except files.LostError:
            logger.exception("a published file cannot be shown", extra={"file": name})
            return render(request, "public/pdf_unavailable.html", {"prefecture": prefecture}, status=503)
        response = HttpResponse(body, content_type="application/pdf")
        response["Content-Disposition"] = f'inline; filename="{shown_as}"'
    response["ETag"] = etag
    return response


def meetings(presentations: Iterable[Presentation], today: datetime.date) -> list[reading.Meeting]:
    """Where a bilan was shown, as far as it is known today."""
    return [
        reading.Meeting(each.get_body_display(), each.held_on, each.remark, each.held_on > today)
        for each in presentations
    ]


def _editions(bilan: Bilan) -> list[Bilan]:
    """Every edition of the year that the public has read; those that were withdrawn lead nowhere."""
    editions = Bilan.objects.filter(prefecture=bilan.prefecture, year=bilan.year, published_at__isnull=False)
    return list(editions.select_related("replaced_by").defer("content", "replaced_by__content"))


def _shown(slug: str, year: int | str) -> Bilan:
    return get_object_or_404(_with_prefecture(Bilan.objects.shown()), prefecture__slug=slug, year=year)


def _public(slug: str, year: int | str, edition: int | str) -> Bilan:
    public = _with_prefecture(Bilan.objects.public())
    return get_object_or_404(public, prefecture__slug=slug, year=year, edition=edition)


def _with_prefecture(bilans: BilanQuerySet) -> BilanQuerySet:
    return bilans.select_related("prefecture", "replaced_by").defer("replaced_by__content")
