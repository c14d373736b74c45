"""The month of a service, typed by its référent: cell by cell where scripts run, as a plain form anywhere."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from indicators import bounds, chores, entry, grid, history, returns
from indicators.entry import Clash, ClashesError, ImpossibleError
from indicators.forms_entry import CellForm, Told, UsualForm, cells_of, mine
from indicators.grid import Grid
from indicators.models import Bounds, Measurement, MonthlyReturn
from indicators.periods import FIRST_YEAR, in_words, month_of, of_month, shifted
from indicators.returns import LockedError
from indicators.tables_entry import ChoreTable
from indicators.views import month_of_address
from indicators.writing import ask
from referentiel.measures import in_french
from referentiel.models import Indicator
from sites import lists
from sites.access import Access, Action, AgentRequest, enter
from sites.asking import asks_first, resumed_by, sent
from sites.conflicts import RefusedError
from sites.filling import Page, say
from sites.models import Service, lasting


@require_safe
def entry_list(request: AgentRequest, slug: str) -> HttpResponse:
    """The months that the agent has to send, one click from each."""
    access = enter(request, slug, Action.ENTER_FIGURES)
    services = access.services_for(Action.ENTER_FIGURES)
    return lists.show(
        request,
        "indicators/entry_list.html",
        table=ChoreTable,
        rows=chores.of(access.prefecture, services, access.on),
        title="Mois à saisir",
        context={
            "slug": slug,
            "is_followed": returns.calendar(access.prefecture) is not None,
            "services": services.filter(lasting(access.on)),
            "month": f"{access.on:%Y-%m}",
            "month_label": in_words(month_of(access.on)),
        },
    )


# --- A month -----------------------------------------------------------------------------------------------


@resumed_by("entry_resume")
@asks_first
def entry_month(request: AgentRequest, slug: str, service: int, month: str) -> HttpResponse:
    """Read it, type it, send it. What is wrong in one cell keeps all of them from being saved, and everything
    that was typed stays."""
    access = enter(request, slug, Action.ENTER_FIGURES)
    place = _Place(access, *_of_address(access, service, month))
    if request.method == "POST":
        return _receive(request, place)
    shown = place.grid()
    return _show(request, place, shown, cells_of(shown))


@resumed_by("entry_resume")
@csrf_exempt
@require_POST
def entry_resume(request: AgentRequest, slug: str, service: int, month: str) -> HttpResponse:
    """What was typed when the session ended, on its page again for who has signed in since. Nothing is
    written, so that the token of the session that ended is not asked."""
    access = enter(request, slug, Action.ENTER_FIGURES)
    place = _Place(access, *_of_address(access, service, month))
    shown = place.grid()
    cells = cells_of(shown, request.POST)
    if shown.lock:
        return _too_late(request, place, [cell for cell in cells.values() if cell.is_bound])
    return _show(request, place, shown, cells, is_resumed=True)


@require_POST
def entry_cell(request: AgentRequest, slug: str, service: int, month: str, indicator: int) -> JsonResponse:
    """Save one cell, and answer what its row has to show. Refusals are answers too: what was typed stays in
    the page."""
    access = enter(request, slug, Action.ENTER_FIGURES)
    place = _Place(access, *_of_address(access, service, month))
    shown = place.grid()
    row = shown.row(indicator) or next(iter(shown.dropped([indicator])), None)
    if row is None:
        raise Http404
    form = CellForm(row, request.POST, asks_reason=shown.asks_reason(row))
    said: dict[str, Any] = {"state": "refused"}
    if not form.is_valid():
        return JsonResponse(said | {"sentence": " ".join(form.sentences)})
    try:
        if not form.is_left_to_others:
            entry.save(place.service, place.month, [form.typed], by=request.user)
    except LockedError as locked:
        return JsonResponse(said | {"sentence": str(locked)})
    except ImpossibleError as impossible:
        return JsonResponse(said | {"sentence": str(impossible)})
    except ClashesError as conflict:
        (clash,) = conflict.clashes
        context = {"cell": form, "clash": _told([clash], {indicator: form})[indicator]}
        html = render_to_string("indicators/_entry_clash.html", context, request)
        sentence = "Cette case a changé depuis que vous avez ouvert la page\xa0: choisir ce qui est à garder."
        return JsonResponse({"state": "clash", "sentence": sentence, "html": html})
    after = place.grid()
    row = after.row(indicator) or row
    said = {"state": "saved", "version": row.version, "result": row.result, "question": row.question}
    if form.is_left_to_others:
        as_stored = CellForm(row, asks_reason=after.asks_reason(row))
        said["fields"] = {bound.html_name: bound.value() for bound in as_stored if bound.name != "keep"}
    return JsonResponse(said | {"left": after.left_sentence})


@dataclass(frozen=True)
class _Place:
    """Where one types."""

    access: Access
    service: Service
    month: datetime.date

    @property
    def url(self) -> str:
        return self.url_of(self.month)

    def url_of(self, month: datetime.date) -> str:
        return reverse("entry_month", args=[self.access.prefecture.slug, self.service.pk, f"{month:%Y-%m}"])

    def grid(self) -> Grid:
        return Grid(self.service, self.month)


def _of_address(access: Access, service: int, month: str) -> tuple[Service, datetime.date]:
    """404 for the service of others, and for what is no month that has begun."""
    period = month_of_address(access, month)
    return get_object_or_404(access.services_for(Action.ENTER_FIGURES), pk=service), period.first


def _receive(request: AgentRequest, place: _Place) -> HttpResponse:
    shown = place.grid()
    cells = cells_of(shown, request.POST)
    sent_cells = [cell for cell in cells.values() if cell.is_bound]
    status = 200
    if shown.lock:
        return _too_late(request, place, sent_cells)
    if all(cell.is_valid() for cell in sent_cells):
        kept = [cell.typed for cell in sent_cells if not cell.is_left_to_others]
        try:
            entry.save(place.service, place.month, kept, by=request.user)
        except LockedError:
            return _too_late(request, place, sent_cells)
        except ImpossibleError as impossible:
            for indicator, sentence in impossible.problems.items():
                cells[indicator.pk].add_error(None, sentence)
        except ClashesError as conflict:
            status = 409
            for pk, told in _told(conflict.clashes, cells).items():
                cells[pk].clash = told
        else:
            return _send(request, place) if "send" in request.POST else _saved(request, place)
    else:
        _say_impossible(sent_cells)
    return _show(request, place, shown, cells, status=status)


def _say_impossible(cells: Iterable[CellForm]) -> None:
    """What cannot be, beside what cannot be read: all that is wrong is said at once."""
    for cell in cells:
        said = None if cell.errors or cell.is_left_to_others else cell.typed.said
        if said and (sentence := entry.impossible(said, cell.row.indicator)):
            cell.add_error(None, sentence)


def _too_late(request: AgentRequest, place: _Place, cells: Iterable[CellForm]) -> HttpResponse:
    """The month takes nothing any more: what was typed is given back, as it was."""
    lost = [(cell.row.indicator, cell.as_typed) for cell in cells if cell.is_typed]
    return _show(request, place, place.grid(), {}, lost=lost, status=409)


def _saved(request: AgentRequest, place: _Place) -> HttpResponse:
    say(request, f"Les chiffres {of_month(place.month)} sont enregistrés.")
    return redirect(place.url)


def _send(request: AgentRequest, place: _Place) -> HttpResponse:
    """What was typed is saved already; the month goes if nothing is missing."""
    try:
        returns.send(place.service, place.month, by=request.user)
    except RefusedError as refused:
        shown = place.grid()
        return _show(request, place, shown, cells_of(shown), refusal=str(refused))
    name = place.service.name
    say(request, f"Merci. Les chiffres {of_month(place.month)} sont transmis ({name}).")
    return redirect(place.url)


def _show(
    request: AgentRequest,
    place: _Place,
    shown: Grid,
    cells: dict[int, CellForm],
    *,
    lost: Iterable[tuple[Indicator, str]] = (),
    refusal: str = "",
    is_resumed: bool = False,
    status: int = 200,
) -> HttpResponse:
    access, month = place.access, place.month
    dropped = [cell for pk, cell in cells.items() if cell.is_typed and shown.row(pk) is None]
    earlier, later = shifted(month, -1), shifted(month, 1)
    is_sent = shown.record.state in (MonthlyReturn.State.ENTERED, MonthlyReturn.State.VALIDATED)
    services = access.services_for(Action.ENTER_FIGURES)
    waiting = chores.of(access.prefecture, services, access.on) if is_sent else []
    context = {
        "slug": access.prefecture.slug,
        "grid": shown,
        "bands": [
            (engagement, [(row, cells.get(row.indicator.pk)) for row in rows])
            for engagement, rows in shown.bands
        ],
        "month": f"{month:%Y-%m}",
        "url": place.url,
        "month_label": in_words(month),
        "months_before": [in_words(one) for one in shown.months_before],
        "earlier": (in_words(earlier), place.url_of(earlier)),
        "later": (in_words(later), place.url_of(later)) if later <= access.on else None,
        "is_sent": is_sent,
        "why_not_yet": "" if is_sent or refusal else returns.why_not_yet(access.prefecture, month),
        "next": waiting[0] if waiting else None,
        "waiting": len(waiting),
        "has_errors": any(cell.errors for cell in cells.values() if cell.is_bound),
        "has_clashes": any(cell.clash for cell in cells.values()),
        "lost": list(lost),
        "dropped": dropped,
        "is_resumed": is_resumed,
        "refusal": refusal,
    }
    return render(request, "indicators/entry_month.html", context, status=status)


def _told(clashes: Iterable[Clash], cells: dict[int, CellForm]) -> dict[int, Told]:
    """By indicator. One query."""
    held = {clash.indicator.pk: clash for clash in clashes}
    written = Measurement.history.filter(history_id__in=[clash.version for clash in held.values()])
    last = {record.history_id: record for record in written.select_related("history_user")}
    told = {}
    for pk, clash in held.items():
        row, record = cells[pk].row, last.get(clash.version)
        if record is None:
            raise BadRequest  # a version that no page has shown
        saved = entry.Said.of(clash.saved) if clash.saved else None
        told[pk] = Told(
            by=record.history_user,
            at=timezone.localtime(record.history_date),
            saved=row.said_in_words(saved),
            typed=row.said_in_words(clash.typed),
            mine=mine(clash.version),
        )
    return told


# --- What is usual -----------------------------------------------------------------------------------------


@asks_first
def entry_usual(request: AgentRequest, slug: str, service: int, indicator: int) -> HttpResponse:
    """Say between what and what a figure usually is, where its past months do not say it well."""
    access = enter(request, slug, Action.WRITE_FIGURES)
    held = get_object_or_404(access.services_for(Action.WRITE_FIGURES), pk=service)
    ever = datetime.date(FIRST_YEAR, 1, 1), access.on
    followed = Indicator.objects.followed_between(access.prefecture, *ever)
    of = get_object_or_404(followed, pk=indicator)
    known = Bounds.objects.filter(service=held, indicator=of).first()
    initial = {"low": known.low.normalize(), "high": known.high.normalize()} if known else {}
    form = UsualForm(sent(request), initial=initial | {"version": bounds.version(held, of)})
    page = Page(
        "Valeurs habituelles",
        "Saisie du mois",
        reverse("entry_list", args=[slug]),
        lead=f"{held.name}\xa0: {of.title}",
    )
    usual = grid.usual_after(held, of, month_of(access.on))

    def write() -> str:
        said = form.cleaned_data
        low, high = said["low"], said["high"]
        bounds.say_usual(held, of, low, high, seen=said["version"], by=request.user)
        if low is None:
            return f"Les mois passés disent de nouveau ce qui est habituel ({of.short_title})."
        ends = f"{in_french(low)} à {in_french(high)}"
        return f"D’habitude\xa0: {ends} ({held.short_name}, {of.short_title})."

    return ask(
        request,
        page,
        form,
        write,
        last=lambda: history.of_bounds(held, of),
        template="indicators/entry_usual.html",
        unit=of.get_unit_display(),
        learned=usual.label(of.unit) if usual else "",
    )
