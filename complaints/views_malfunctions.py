"""What agents report that does not work: the list, one of them, and what becomes of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django import forms
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from complaints import malfunctions as register
from complaints.forms import place_key
from complaints.forms_malfunctions import (
    ClosingForm,
    CorrectionForm,
    ReopeningForm,
    ReportForm,
    StepForm,
    TakingForm,
)
from complaints.models import Malfunction
from complaints.tables_malfunctions import MalfunctionFilters, MalfunctionTable
from referentiel import changes
from sheets.words import french_day
from sites import downloads, filling, lists, trace
from sites.access import Access, Action, AgentRequest, enter
from sites.asking import asks_first, sent
from sites.conflicts import RefusedError
from sites.filling import Page
from sites.models import Service, Site, TraceEntry, lasting

Form = TypeVar("Form", bound=forms.Form)

HANDLE = Action.HANDLE_MALFUNCTIONS
SHOWN = ("prefecture", "unit", "service", "site", "reported_by")
TITLE = "Dysfonctionnements"
TAKEN_UP = "Quelqu’un s’en occupe depuis\xa0: lui dire ce qui est à corriger."


@dataclass(frozen=True)
class Step:
    """`label` is its button and begins the title of its page, `done` what is said once it is written."""

    label: str
    done: str
    form: type[StepForm]
    verb: Callable[..., Malfunction]
    states: tuple[str, ...]


STEPS = {
    "prendre-en-charge": Step(
        "Prendre en charge", "pris en charge", TakingForm, register.take, (Malfunction.State.NEW,)
    ),
    "clore": Step("Clore", "clos", ClosingForm, register.close, Malfunction.OPEN),
    "rouvrir": Step("Rouvrir", "rouvert", ReopeningForm, register.reopen, Malfunction.CLOSED),
}


@require_safe
def malfunctions(request: AgentRequest, slug: str) -> HttpResponse:
    """What the agent reported, and what happened where their roles cover."""
    access = enter(request, slug)
    rows = Malfunction.objects.visible_to(request.user, access).waiting_first()
    return lists.show(
        request,
        "complaints/malfunctions.html",
        table=MalfunctionTable,
        rows=rows.select_related(*SHOWN),
        filters=MalfunctionFilters,
        title=TITLE,
        context={"slug": slug, "sees_all": access.scope_for(Action.READ_MALFUNCTIONS) is None},
    )


@require_safe
def malfunction(request: AgentRequest, slug: str, year: int, number: int) -> HttpResponse:
    access = enter(request, slug)
    held = _malfunction(request, access, year, number)
    trace.record(request, TraceEntry.Event.READ, f"Dysfonctionnement {held}")
    handles = access.may(HANDLE)
    context = {
        "slug": slug,
        "malfunction": held,
        "steps": [(key, step) for key, step in STEPS.items() if handles and held.state in step.states],
        "may_correct": held.is_open and _may_correct(request, access, held),
        "moments": changes.history_of(held),
    }
    return render(request, "complaints/malfunction.html", context)


@asks_first
def malfunction_new(request: AgentRequest, slug: str) -> HttpResponse:
    access = enter(request, slug, Action.REPORT_MALFUNCTIONS)
    initial = {"noticed_on": access.on, "place": _own_place(access)}
    form = ReportForm(sent(request), request.FILES or None, initial=initial, **_places(access))
    back = reverse("malfunctions", args=[slug])
    page = Page("Signaler un dysfonctionnement", TITLE, back, submit="Signaler")

    def write(form: ReportForm) -> str:
        held = register.report(access.prefecture, form.said, by=request.user, on=access.on, body=form.body)
        return f"Dysfonctionnement {held} signalé."

    return _ask(request, page, form, write)


@asks_first
def malfunction_correct(request: AgentRequest, slug: str, year: int, number: int) -> HttpResponse:
    access = enter(request, slug)
    held = _malfunction(request, access, year, number)
    may_correct = _may_correct(request, access, held)
    if not may_correct and (request.method != "POST" or held.reported_by != request.user):
        raise access.refusal(HANDLE.value)
    if request.method != "POST":  # the form shows all that the page does
        trace.record(request, TraceEntry.Event.READ, f"Dysfonctionnement {held}")
    initial = {name: getattr(held, name) for name in ("noticed_on", "site", "subject", "text", "version")}
    initial["place"] = place_key(held.unit, held.service)
    form = CorrectionForm(
        sent(request), request.FILES or None, initial=initial, malfunction=held, **_places(access, held)
    )

    def write(form: CorrectionForm) -> str:
        if not may_correct:  # somebody took it up while its form was being filled in
            raise RefusedError(TAKEN_UP)
        seen = form.cleaned_data["version"]
        register.correct(held, form.said, seen=seen, by=request.user, on=access.on, body=form.body)
        return f"Dysfonctionnement {held} corrigé."

    return _ask(request, _page("Corriger le dysfonctionnement", slug, held), form, write)


@asks_first
def malfunction_step(request: AgentRequest, slug: str, year: int, number: int, step: str) -> HttpResponse:
    access = enter(request, slug)
    held = _malfunction(request, access, year, number)
    taken = STEPS.get(step)
    if taken is None:
        raise Http404
    if not access.may(HANDLE):
        raise access.refusal(HANDLE.value)
    is_reopening = taken.verb is register.reopen
    initial = {"version": held.version, "answer": "" if is_reopening else held.answer}
    form = taken.form(sent(request), initial=initial)

    def write(form: StepForm) -> str:
        typed = dict(form.cleaned_data)
        taken.verb(held, seen=typed.pop("version"), by=request.user, on=access.on, **typed)
        return f"Dysfonctionnement {held}\xa0: {taken.done}."

    page = _page(f"{taken.label} le dysfonctionnement", slug, held, submit=taken.label)
    return _ask(request, page, form, write)


@require_safe
def malfunction_file(request: AgentRequest, slug: str, year: int, number: int) -> HttpResponse:
    held = _malfunction(request, enter(request, slug), year, number)
    if not held.file_name:
        raise Http404
    trace.record(request, TraceEntry.Event.READ, f"Dysfonctionnement {held}, fichier")
    title = f"dysfonctionnement {held.reference}"
    return downloads.answer(request, held.file_name, held.file_sha256, title)


def _malfunction(request: AgentRequest, access: Access, year: int, number: int) -> Malfunction:
    visible = Malfunction.objects.visible_to(request.user, access)
    return get_object_or_404(visible.select_related(*SHOWN), year=year, number=number)


def _may_correct(request: AgentRequest, access: Access, malfunction: Malfunction) -> bool:
    """Who handles it, or who reported it as long as nobody has taken it up."""
    is_own = malfunction.reported_by_id == request.user.pk and malfunction.state == Malfunction.State.NEW
    return is_own or access.may(HANDLE)


def _places(access: Access, held: Malfunction | None = None) -> dict[str, Any]:
    """Anywhere in the préfecture: an agent sees what does not work in the hall too."""
    offered = lasting(access.on) | Q(pk=held.service_id if held else None)
    services = Service.objects.filter(offered, unit__prefecture=access.prefecture)
    return {
        "units": access.prefecture.units.all(),
        "services": services.select_related("unit").order_by("unit__position", "name"),
        "sites": Site.objects.filter(unit__prefecture=access.prefecture).select_related("unit"),
    }


def _own_place(access: Access) -> str:
    """Where the agent works, if that is one place."""
    held = [one for one in access.memberships if one.service or one.unit]
    if len(held) != 1:
        return ""
    unit = held[0].service.unit if held[0].service else held[0].unit
    return place_key(unit, held[0].service) if unit else ""


def _page(title: str, slug: str, malfunction: Malfunction, **words: str) -> Page:
    back = reverse("malfunction", args=[slug, malfunction.year, malfunction.number])
    return Page(title, str(malfunction), back, lead=malfunction.subject, **words)


def _ask(request: AgentRequest, page: Page, form: Form, write: Callable[[Form], str]) -> HttpResponse:
    """Ask; write; or explain, and keep what was typed."""
    return filling.ask(request, page, form, write, stands=_as_it_stands)


def _as_it_stands(malfunction: Malfunction) -> dict[str, Any]:
    saved = [
        ("Constaté le", french_day(malfunction.noticed_on)),
        ("Où", str(malfunction.service or malfunction.unit)),
        ("Site concerné", malfunction.site.name if malfunction.site else ""),
        ("Ce qui ne va pas", malfunction.subject),
        ("Précisions", malfunction.text),
        ("État", malfunction.get_state_display()),
        ("Suite donnée", malfunction.answer),
    ]
    return {"saved": saved}
