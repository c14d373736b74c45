"""The public Espace Qualité: its entries, their documents, and the notices that the law asks for.

As in `public`, a page is asked for again each time: what was withdrawn is gone at the next request.
"""

import datetime
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from publications import documents, espace, public
from publications.models import Bilan, Document, Entry
from publications.public import file_for_everybody, for_everybody
from sites.models import Prefecture, Site


@for_everybody
def entry(request: HttpRequest, slug: str, entry: Entry) -> HttpResponse:
    prefecture = get_object_or_404(Prefecture, slug=slug)
    on = prefecture.today()
    (shelf,) = espace.shelves(prefecture, Document.objects.for_everybody(), on=on, entries=[entry])
    context = {
        "prefecture": prefecture,
        "shelf": shelf,
        "promises": espace.promises(prefecture, on) if entry == Entry.ENGAGEMENTS else [],
        "bilans": _bilans(prefecture) if entry == Entry.BILAN else [],
        "updated_at": espace.updated_at(prefecture, [entry]),
    }
    return render(request, "public/entry.html", context)


@file_for_everybody
def document(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """The file itself, the former ones of the history too."""
    shown = Document.objects.for_everybody().select_related("prefecture")
    held = get_object_or_404(shown, prefecture__slug=slug, number=number)
    return public.file_response(request, held.prefecture, held.file_name, held.sha256, shown_as=held.pdf_name)


@for_everybody
def legal(request: HttpRequest, slug: str) -> HttpResponse:
    return _notice(request, slug, "public/legal.html")


@for_everybody
def privacy(request: HttpRequest, slug: str) -> HttpResponse:
    return _notice(request, slug, "public/privacy.html")


@for_everybody
def accessibility(request: HttpRequest, slug: str) -> HttpResponse:
    """What was checked; and how many of the documents that are shown lack something."""
    prefecture = get_object_or_404(Prefecture, slug=slug)
    shown = Document.objects.for_everybody().filter(prefecture=prefecture)
    lacks = list(shown.values_list("lacks", flat=True))
    counted = {"documents": len(lacks), "faulty": sum(map(bool, lacks))}
    return _notice(request, slug, "public/accessibility.html", **counted)


@for_everybody
def contact(request: HttpRequest, slug: str) -> HttpResponse:
    sites = Site.objects.filter(unit__prefecture__slug=slug).select_related("unit")
    return _notice(request, slug, "public/contact.html", sites=sites)


@for_everybody
def site_map(request: HttpRequest, slug: str) -> HttpResponse:
    prefecture = get_object_or_404(Prefecture, slug=slug)
    context = {"entries": Entry.of_the_public(), "bilans": _bilans(prefecture)}
    return _notice(request, slug, "public/site_map.html", **context)


@for_everybody
def security_txt(request: HttpRequest) -> HttpResponse:
    """Whom to tell about a weakness (RFC 9116); nothing where the installation names nobody."""
    if not settings.SECURITY_CONTACT:
        raise Http404
    expires = datetime.datetime.combine(settings.SECURITY_CONTACT_UNTIL, datetime.time(), datetime.UTC)
    lines = [
        f"Contact: {settings.SECURITY_CONTACT}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: fr, en",
        f"Canonical: {settings.BASE_URL}/.well-known/security.txt",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


def _notice(request: HttpRequest, slug: str, template: str, **more: Any) -> HttpResponse:
    prefecture = get_object_or_404(Prefecture, slug=slug)
    context = {"prefecture": prefecture, "notices": documents.notices_of(prefecture), **more}
    return render(request, template, context)


def _bilans(prefecture: Prefecture) -> Any:
    return Bilan.objects.shown().filter(prefecture=prefecture).defer("content")
