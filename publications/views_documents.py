"""The agents' Espace Qualité: read it, deposit a document, publish it, replace it, withdraw it."""

import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from publications import documents, espace, public
from publications.forms_documents import (
    DepositForm,
    DescriptionForm,
    IntroductionForm,
    NoticesForm,
    ReadAgainForm,
    WithdrawDocumentForm,
)
from publications.models import Bilan, Document, Entry
from publications.tables import DocumentFilters, DocumentTable
from sheets.words import french_day
from sites import lists, trace
from sites.access import Access, Action, AgentRequest, enter
from sites.asking import asks_first, sent
from sites.conflicts import ConflictError, RefusedError
from sites.models import TraceEntry


@require_safe
def home(request: AgentRequest, slug: str) -> HttpResponse:
    """The entries, with how much stands under each."""
    access = enter(request, slug)
    shelves = espace.shelves(access.prefecture, Document.objects.all(), on=access.on, entries=Entry)
    drafts = Document.objects.readable_by(access).filter(published_at=None)
    context = {
        "slug": slug,
        "shelves": shelves,
        "bilans": Bilan.objects.readable_by(access).shown().defer("content"),
        "drafts": drafts,
        "notices": documents.notices_of(access.prefecture),
    }
    return render(request, "publications/espace.html", context)


@require_safe
def entry(request: AgentRequest, slug: str, entry: Entry) -> HttpResponse:
    """One entry: the documents of the public beside those of the agents."""
    access = enter(request, slug)
    (shelf,) = espace.shelves(access.prefecture, Document.objects.all(), on=access.on, entries=[entry])
    drafts = Document.objects.readable_by(access).filter(published_at=None, entry=entry)
    context = {
        "slug": slug,
        "shelf": shelf,
        "drafts": drafts,
        "promises": espace.promises(access.prefecture, access.on) if entry == Entry.ENGAGEMENTS else [],
        "bilans": Bilan.objects.readable_by(access).shown().defer("content") if entry == Entry.BILAN else [],
    }
    return render(request, "publications/entry.html", context)


@require_safe
def document_list(request: AgentRequest, slug: str) -> HttpResponse:
    access = enter(request, slug)
    return lists.show(
        request,
        "publications/documents.html",
        table=DocumentTable,
        rows=Document.objects.readable_by(access).select_related("prefecture"),
        filters=DocumentFilters,
        title="Documents",
        context={"slug": slug},
    )


@asks_first
def deposit(request: AgentRequest, slug: str) -> HttpResponse:
    """Send a file and say what it is: a draft, read again on its own page before anybody sees it."""
    access = enter(request, slug, Action.PUBLISH)
    replaces = _replaced(access, request.GET.get("remplace", ""))
    blank = _blank(access, replaces, request.GET.get("rubrique", ""))
    if request.method != "POST":
        return _deposit_page(request, DepositForm(instance=blank), replaces)
    form = DepositForm(request.POST, request.FILES, instance=blank)
    if not form.is_valid():
        return _deposit_page(request, form, replaces)
    body = form.cleaned_data["file"].read()
    try:
        document = documents.draft(
            access.prefecture, form.description, body, by=request.user, replaces=replaces
        )
    except RefusedError as refused:
        form.add_error("file", str(refused))
        return _deposit_page(request, form, replaces)
    trace.record(request, TraceEntry.Event.WROTE, f"{document}, déposé")
    messages.success(request, "Le document est déposé. Relisez-le, puis publiez-le.")
    return redirect("document", slug, document.number)


@require_safe
def document(request: AgentRequest, slug: str, number: int) -> HttpResponse:
    """A document as its readers see it, and what may be done with it."""
    access = enter(request, slug)
    held = _readable(access, number)
    (shelf,) = espace.shelves(
        access.prefecture, Document.objects.filter(pk=held.pk), on=access.on, entries=[Entry(held.entry)]
    )
    shown = [*shelf.current, *shelf.history]
    context = {
        "slug": slug,
        "document": held,
        "item": shown[0] if shown else espace.Item(held, []),
        "replacement": held.replacements.released().first(),
        "waiting": held.replacements.filter(published_at=None).first() if access.may_publish else None,
    }
    return render(request, "publications/document.html", context)


@require_safe
def document_file(request: AgentRequest, slug: str, number: int) -> HttpResponse:
    access = enter(request, slug)
    held = _readable(access, number)
    if not held.is_shown or held.audience == Document.Audience.INTERNAL:
        trace.record(request, TraceEntry.Event.READ, str(held))
    return public.file_response(
        request, access.prefecture, held.file_name, held.sha256, shown_as=held.pdf_name
    )


@asks_first
def document_amend(request: AgentRequest, slug: str, number: int) -> HttpResponse:
    """Correct what is said of a draft. Who comes second sees what was saved and keeps what they typed."""
    access = enter(request, slug, Action.PUBLISH)
    held = _draft(access, number)
    form = DescriptionForm(sent(request), instance=held)
    context = {"slug": slug, "number": number, "form": form}
    if not form.is_valid():
        return render(request, "publications/document_amend.html", context)
    try:
        documents.amend(held, form.description, seen_version=form.cleaned_data["version"])
    except ConflictError as conflict:
        return _conflict(request, "publications/document_amend.html", context, conflict)
    except RefusedError as refused:
        form.add_error(None, str(refused))
        return render(request, "publications/document_amend.html", context)
    trace.record(request, TraceEntry.Event.WROTE, f"Document n° {number}, corrigé avant sa publication")
    messages.success(request, "Les renseignements du document sont enregistrés.")
    return redirect("document", slug, number)


@require_POST
def document_publish(request: AgentRequest, slug: str, number: int) -> HttpResponse:
    """Twice, it publishes once and says so."""
    access = enter(request, slug, Action.PUBLISH)
    held = _readable(access, number)
    form = ReadAgainForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Relire le document, puis le publier.")
        return redirect("document", slug, number)
    try:
        held = documents.publish(held, by=request.user, seen_version=form.cleaned_data["version"])
    except RefusedError as refused:
        messages.error(request, str(refused))
        return redirect("document", slug, number)
    trace.record(request, TraceEntry.Event.WROTE, f"{held}, publié pour\xa0: {held.get_audience_display()}")
    readers = "chacun" if held.audience == Document.Audience.PUBLIC else "chaque agent de la préfecture"
    messages.success(request, f"Le document est publié\xa0: {readers} peut le lire.")
    return redirect("document", slug, number)


@asks_first
def document_withdraw(request: AgentRequest, slug: str, number: int) -> HttpResponse:
    access = enter(request, slug, Action.PUBLISH)
    held = _readable(access, number)
    if held.is_draft:
        raise Http404
    form = WithdrawDocumentForm(sent(request))
    context = {"slug": slug, "document": held, "form": form}
    if not form.is_valid():
        return render(request, "publications/document_withdraw.html", context)
    try:
        documents.withdraw(held, by=request.user, reason=form.cleaned_data["reason"])
    except RefusedError as refused:
        form.add_error(None, str(refused))
        return render(request, "publications/document_withdraw.html", context)
    trace.record(request, TraceEntry.Event.WROTE, f"{held}, retiré")
    messages.success(request, "Le document est retiré\xa0: personne ne peut plus le lire.")
    return redirect("document", slug, number)


@asks_first
def document_discard(request: AgentRequest, slug: str, number: int) -> HttpResponse:
    access = enter(request, slug, Action.PUBLISH)
    held = _draft(access, number)
    if request.method != "POST":
        return render(request, "publications/document_discard.html", {"slug": slug, "document": held})
    try:
        documents.discard(held)
    except RefusedError as refused:
        messages.error(request, str(refused))
        return redirect("documents", slug)
    trace.record(request, TraceEntry.Event.WROTE, f"Document n° {number}, brouillon supprimé")
    messages.success(request, f"Le brouillon «\xa0{held.title}\xa0» est supprimé.")
    return redirect("documents", slug)


@asks_first
def introduction(request: AgentRequest, slug: str, entry: Entry) -> HttpResponse:
    """Write what stands at the head of an entry; everybody reads it once it is saved."""
    access = enter(request, slug, Action.PUBLISH)
    held = documents.introduction_of(access.prefecture, entry)
    form = IntroductionForm(sent(request), instance=held)
    context = {"slug": slug, "entry": entry, "form": form}
    if not form.is_valid():
        return render(request, "publications/introduction.html", context)
    try:
        documents.introduce(held, text=form.cleaned_data["text"], seen_version=form.cleaned_data["version"])
    except ConflictError as conflict:
        return _conflict(request, "publications/introduction.html", context, conflict)
    trace.record(request, TraceEntry.Event.WROTE, f"Présentation de la rubrique «\xa0{entry.label}\xa0»")
    messages.success(request, f"La présentation de «\xa0{entry.label}\xa0» est enregistrée.")
    return redirect("entry", slug, entry)


@asks_first
def notices(request: AgentRequest, slug: str) -> HttpResponse:
    """Who makes the site, who hosts it, whom to write to: read on every public page's foot."""
    access = enter(request, slug, Action.PUBLISH)
    held = documents.notices_of(access.prefecture)
    missing = held.missing
    form = NoticesForm(sent(request), instance=held)
    context = {"slug": slug, "missing": missing, "form": form}
    if not form.is_valid():
        return render(request, "publications/notices.html", context)
    try:
        documents.notify(held, form.said, seen_version=form.cleaned_data["version"])
    except ConflictError as conflict:
        return _conflict(request, "publications/notices.html", context, conflict)
    trace.record(request, TraceEntry.Event.WROTE, "Mentions et contact des pages publiques")
    messages.success(request, "Les mentions sont enregistrées\xa0: les pages publiques les disent.")
    return redirect("notices", slug)


def _conflict(
    request: AgentRequest, template: str, context: dict[str, Any], conflict: ConflictError
) -> HttpResponse:
    """The form as it was typed, beside what somebody else saved; sent again, it takes its place."""
    form = context["form"]
    form.data = form.data.copy()
    form.data["version"] = conflict.saved.version
    saved = [(field.label, _said(conflict.saved, field.name)) for field in form.visible_fields()]
    return render(request, template, context | {"saved": saved, "conflict": str(conflict)}, status=409)


def _said(row: Any, name: str) -> str:
    if choice := getattr(row, f"get_{name}_display", None):
        return str(choice())
    value = getattr(row, name)
    return french_day(value) if isinstance(value, datetime.date) else value or ""


def _deposit_page(request: AgentRequest, form: DepositForm, replaces: Document | None) -> HttpResponse:
    context = {"slug": request.access.prefecture.slug, "form": form, "replaces": replaces}
    return render(request, "publications/deposit.html", context)


def _blank(access: Access, replaces: Document | None, entry: str) -> Document:
    """What the form begins with: the words of the document to replace, or the entry that one came from."""
    if replaces is not None:
        return Document(
            prefecture=access.prefecture,
            entry=replaces.entry,
            audience=replaces.audience,
            title=replaces.title,
            remark=replaces.remark,
        )
    known = entry if entry in Entry else ""
    audience = Document.Audience.INTERNAL if known == Entry.INTERNAL else Document.Audience.PUBLIC
    return Document(prefecture=access.prefecture, entry=known, audience=audience)


def _replaced(access: Access, number: str) -> Document | None:
    if not number:
        return None
    if not number.isascii() or not number.isdigit() or len(number) > 9:
        raise Http404
    return _readable(access, int(number))


def _readable(access: Access, number: int) -> Document:
    everyone = ("created_by", "published_by", "withdrawn_by", "replaces", "prefecture")
    readable = Document.objects.readable_by(access).select_related(*everyone)
    return get_object_or_404(readable, number=number)


def _draft(access: Access, number: int) -> Document:
    return get_object_or_404(Document, prefecture=access.prefecture, number=number, published_at=None)
