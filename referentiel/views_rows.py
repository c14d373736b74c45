"""Correct a line of the norm: add, correct, end, remove, and read its history.

Each page exists twice: for the national rows (the administrator's), and for those that a préfecture keeps for
itself (its quality manager's).
"""

import re
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from referentiel import editing, kinds
from referentiel.changes import Moment, history_of
from referentiel.forms import NormForm
from referentiel.models import Adoption, Perimeter, Target
from sites import trace
from sites.access import Action, AgentRequest, administer, enter
from sites.asking import asks_first, sent
from sites.conflicts import ConflictError, RefusedError
from sites.filling import retype
from sites.models import Prefecture, TraceEntry


@dataclass(frozen=True)
class Desk:
    """Who writes which kind of row: a préfecture its own, the administrator the national ones."""

    kind: kinds.Kind
    word: str
    prefecture: Prefecture | None

    def row(self, pk: int) -> Any:
        return get_object_or_404(self.kind.rows(self.prefecture), pk=pk)

    def url(self, route: str, number: int) -> str:
        if self.prefecture is None:
            return reverse(f"norm_{route}", args=[self.word, number])
        return reverse(f"own_{route}", args=[self.prefecture.slug, self.word, number])

    def page_of(self, row: Any) -> str:
        """Where one reads the row."""
        slug = self.prefecture.slug if self.prefecture else ""
        match row:
            case Adoption():
                return reverse("followed", args=[slug])
            case Perimeter():
                return reverse("module_perimeter", args=[slug, row.module_id])
            case Target() if self.prefecture:
                year = (row.starts_on or row.ends_on or self.prefecture.today()).year
                return f"{reverse('own_targets', args=[slug])}?annee={year}"
        return kinds.address_of(row)


@asks_first
def correct(request: AgentRequest, kind: str, pk: int, slug: str | None = None) -> HttpResponse:
    """Correct a row. Who comes second sees what the first one changed, and keeps what was typed."""
    desk = _writing(request, kind, slug)
    row = desk.row(pk)
    page = Page(desk, f"Corriger {desk.kind.the}", kinds.name_of(row), row)
    if request.method != "POST":
        return page.render(request, desk.kind.form(instance=row, prefecture=desk.prefecture))
    form = desk.kind.form(request.POST, instance=desk.row(pk), prefecture=desk.prefecture)
    if not form.is_valid():
        return page.render(request, form)
    try:
        editing.save(form.instance, seen=form.cleaned_data["seen"])
    except RefusedError as refused:
        form.add_error(None, str(refused))
        return page.render(request, form)
    except ConflictError as conflict:
        since = history_of(conflict.saved, since=form.cleaned_data["seen"])
        retype(form, seen=conflict.version)
        return page.render(request, form, since=since, status=409)
    return _done(request, desk, row, f"{desk.kind.the} corrigé", page.name)


@asks_first
def add(request: AgentRequest, kind: str, parent: int, slug: str | None = None) -> HttpResponse:
    desk = _writing(request, kind, slug)
    above = get_object_or_404(desk.kind.above(desk.prefecture), pk=parent)
    new = desk.kind.new(above, desk.prefecture)
    page = Page(desk, desk.kind.add, kinds.name_of(above), new)
    typed = sent(request)
    make = desk.kind.add_form or desk.kind.form
    form = make(typed, instance=new, prefecture=desk.prefecture, initial=_proposed(request, new))
    if not form.is_valid():
        return page.render(request, form)
    try:
        desk.kind.write(form)
    except RefusedError as refused:
        form.add_error(None, str(refused))
        return page.render(request, form)
    name = kinds.name_of(new) if new.pk else page.name  # several at once have no name of their own
    answer = _done(request, desk, new, f"{desk.kind.the} ajouté", name)
    return redirect(request.get_full_path()) if "again" in request.POST else answer


@asks_first
def remove(request: AgentRequest, kind: str, pk: int, slug: str | None = None) -> HttpResponse:
    """Ask, with what depends on the row; then remove it."""
    desk = _writing(request, kind, slug)
    row = desk.row(pk)
    name, reason = kinds.name_of(row), editing.why_it_stays(row)
    if request.method == "POST":
        seen = request.POST.get("seen", "")
        try:
            editing.remove(row, seen=int(seen) if seen.isdecimal() and len(seen) < 19 else -1)
        except RefusedError as refused:
            reason = str(refused)
        except ConflictError:
            messages.warning(
                request, "Cette ligne vient d’être corrigée\xa0: la relire avant de la supprimer."
            )
            return redirect(desk.url("row", pk))
        else:
            return _done(request, desk, row, f"{desk.kind.the} supprimé", name)
    context = {**_places(desk, row), "name": name, "reason": reason, "seen": editing.version_of(row)}
    return render(request, "referentiel/remove.html", context)


@require_safe
def history(request: AgentRequest, kind: str, pk: int, slug: str | None = None) -> HttpResponse:
    """Who changed what in a row, and when; the national norm is everybody's to read."""
    desk = _desk(kind, enter(request, slug, Action.READ).prefecture if slug else None)
    row = desk.row(pk)
    context = {**_places(desk, row), "name": kinds.name_of(row), "moments": history_of(row)}
    return render(request, "referentiel/history.html", context)


def _writing(request: AgentRequest, kind: str, slug: str | None) -> Desk:
    if slug is None:
        administer(request)
        return _desk(kind, None)
    return _desk(kind, enter(request, slug, Action.ADAPT_NORM).prefecture)


def _desk(word: str, prefecture: Prefecture | None) -> Desk:
    kind = (kinds.NATIONAL if prefecture is None else kinds.OWN).get(word)
    if kind is None:
        raise Http404
    return Desk(kind, word, prefecture)


@dataclass(frozen=True)
class Page:
    """The page of a form: a row to correct, or a new one that stands under `name`."""

    desk: Desk
    title: str
    name: str
    row: Any

    def render(
        self,
        request: AgentRequest,
        form: NormForm,
        *,
        since: list[Moment] | None = None,
        status: int = 200,
    ) -> HttpResponse:
        said = {"title": self.title, "name": self.name, "form": form, "since": since}
        offers_another = self.row.pk is None and self.desk.word == "indicateur"
        context = {**_places(self.desk, self.row), **said, "offers_another": offers_another}
        return render(request, "referentiel/row.html", context, status=status)


def _places(desk: Desk, row: Any) -> dict[str, Any]:
    """The row and the addresses of its pages; a new one has none of its own."""
    routes = ("row", "row_remove", "row_history")
    urls = {f"{route}_url": desk.url(route, row.pk) if row.pk else "" for route in routes}
    return {**urls, "the": desk.kind.the, "page": desk.page_of(row), "prefecture": desk.prefecture}


def _proposed(request: AgentRequest, new: Any) -> dict[str, Any]:
    """What a new target most likely says: the sense of its indicator, and the year that the page was on."""
    if not isinstance(new, Target):
        return {}
    senses = {"up": Target.Comparator.GE, "down": Target.Comparator.LE}
    proposed: dict[str, Any] = {"comparator": senses.get(new.indicator.direction)}
    year = request.GET.get("annee", "")
    if re.fullmatch("[0-9]{4}", year):
        proposed |= {"starts_on": f"{year}-01-01", "ends_on": f"{year}-12-31"}
    return proposed


def _done(request: AgentRequest, desk: Desk, row: Any, what: str, name: str) -> HttpResponse:
    where = desk.prefecture.name if desk.prefecture else "référentiel national"
    trace.record(request, TraceEntry.Event.WROTE, f"{what[:1].upper()}{what[1:]} ({where})")
    messages.success(request, f"C’est fait\xa0: {what}, «\xa0{name}\xa0».")
    return redirect(desk.page_of(row))
