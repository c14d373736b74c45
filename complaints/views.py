"""A case, read like a file, and what may be done with it."""

from collections.abc import Callable
from typing import TypeVar

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import capfirst
from django.views.decorators.http import require_safe

from complaints import examples, register, telling, themes
from complaints.forms import CorrectionForm, ExampleForm, StepForm
from complaints.models import Case
from complaints.steps import STEPS, is_just_given, is_sent_again
from sites import closures, downloads, filling, trace
from sites.access import Access, Action, AgentRequest, NotAllowedError, OutOfSightError, enter
from sites.asking import asks_first, sent
from sites.conflicts import ConflictError
from sites.filling import Page
from sites.models import Site, TraceEntry

Form = TypeVar("Form", bound=forms.Form)

HANDLE = Action.HANDLE_CASES
NOT_READ = (
    "Cette affaire n’est pas, ou n’est plus, de celles que vous lisez\xa0: elle a pu être confiée à un autre "
    "service depuis que vous avez ouvert la page."
)
OF_OTHERS = (
    "Cette affaire est confiée à un autre service\xa0: vous pouvez la lire, y ajouter une note et y joindre "
    "des fichiers."
)


@require_safe
def case(request: AgentRequest, slug: str, year: int, number: int) -> HttpResponse:
    access = enter(request, slug, Action.READ_CASES)
    held = _case(request, access, year, number)
    trace.record(request, TraceEntry.Event.READ, f"Affaire {held}")
    calendar = closures.calendar(access.prefecture)
    appointment = getattr(held, "appointment", None)
    handles = held.is_handled_by(access)
    helps = not handles and held.is_helped_by(access)
    steps = [step for step in STEPS.values() if handles or (helps and step.for_helpers)]
    events = held.events.select_related("by", "from_service", "to_service", "remark")
    context = {
        "slug": slug,
        "case": held,
        "appointment": appointment,
        "standing": telling.standing(held, access.on, calendar),
        "promises": telling.promises(held, appointment, calendar),
        "trail": telling.trail(events),
        "attachments": held.attachments.all(),
        "steps": [step for step in steps if step.is_offered(held)],
        "handles": handles,
        "example": getattr(held, "example", None),
    }
    return render(request, "complaints/case.html", context)


@asks_first
def case_step(request: AgentRequest, slug: str, year: int, number: int, step: str) -> HttpResponse:
    access = enter(request, slug, Action.READ_CASES)
    taken = STEPS.get(step)
    if taken is None:
        raise Http404
    if step == "confier" and (given := _just_given(request, access, year, number)):
        return _after(request, access, given)
    held = _case(request, access, year, number)
    if not held.is_handled_by(access) and not (taken.for_helpers and held.is_helped_by(access)):
        raise _refusal(access)
    form = taken.form(sent(request), request.FILES or None, case=held, on=access.on)
    page = _page(taken.label, slug, held, submit=taken.label)

    def write(form: StepForm) -> str:
        typed = dict(form.cleaned_data)
        seen = typed.pop("version")
        try:
            taken.verb(held, seen=seen, by=request.user, on=access.on, **typed)
        except ConflictError as conflict:
            if not is_sent_again(taken, conflict.saved, typed, seen=seen, by=request.user):
                raise
        return f"Affaire {held}\xa0: {taken.done}."

    return _ask(request, access, held, page, form, write)


@asks_first
def case_correct(request: AgentRequest, slug: str, year: int, number: int) -> HttpResponse:
    access = enter(request, slug, Action.READ_CASES)
    held = _case(request, access, year, number)
    if not held.is_handled_by(access):
        raise _refusal(access)
    if request.method != "POST":  # the form shows all that the page of the case does
        trace.record(request, TraceEntry.Event.READ, f"Affaire {held}")
    form = CorrectionForm(
        sent(request),
        initial={
            name: getattr(row, name)
            for row in (held, held.requester)
            for name in CorrectionForm.base_fields
            if hasattr(row, name)
        },
        on=access.on,
        sites=Site.objects.filter(unit=held.unit_id).select_related("unit"),
        themes=themes.offered(access.prefecture, held.theme_id),
    )

    def write(form: CorrectionForm) -> str:
        said, seen = form.said(held.unit, held.service), form.cleaned_data["version"]
        register.correct(held, said, seen=seen, by=request.user, on=access.on)
        return f"Affaire {held}\xa0: correction enregistrée."

    return _ask(request, access, held, _page("Corriger l’affaire", slug, held), form, write)


@asks_first
def case_example(request: AgentRequest, slug: str, year: int, number: int) -> HttpResponse:
    """The words in which the synthesis of complaints tells of a case; none, and it does not."""
    access = enter(request, slug, Action.SORT_CASES)
    held = _case(request, access, year, number)
    known = getattr(held, "example", None)
    if request.method != "POST":  # the text of the case stands beside the form
        trace.record(request, TraceEntry.Event.READ, f"Affaire {held}")
    initial = {"text": known.text, "version": known.version} if known else {"version": 0}
    form = ExampleForm(sent(request), initial=initial)

    def write(form: ExampleForm) -> str:
        said = form.cleaned_data
        kept = examples.keep(held, said["text"], seen=said["version"], by=request.user)
        return f"Affaire {held}\xa0: {'exemple à citer enregistré' if kept else 'plus d’exemple à citer'}."

    return filling.ask(
        request,
        _page("Exemple à citer", slug, held),
        form,
        write,
        template="complaints/example.html",
        stands=lambda saved: {"saved": [("Exemple", saved.text if saved else "")]},
        field="text",
        case=held,
    )


@require_safe
def case_attachment(
    request: AgentRequest, slug: str, year: int, number: int, attachment: int
) -> HttpResponse:
    access = enter(request, slug, Action.READ_CASES)
    held = _case(request, access, year, number)
    joined = get_object_or_404(held.attachments, pk=attachment)
    trace.record(request, TraceEntry.Event.READ, f"Affaire {held}, pièce jointe")
    return downloads.answer(request, joined.stored_as, joined.sha256, f"{held.reference} {joined.title}")


# --- What the pages of a case have in common ---------------------------------------------------------------


def _case(request: AgentRequest, access: Access, year: int, number: int) -> Case:
    visible = Case.objects.visible_to(request.user, access)
    related = ("prefecture", "unit", "site", "service", "asked_service", "theme", "requester", "rule")
    rows = visible.select_related(*related, "appointment__rule", "registered_by", "example")
    held = rows.prefetch_related("pauses").filter(year=year, number=number).first()
    if held is None:
        raise OutOfSightError(NOT_READ)
    return held


def _just_given(request: AgentRequest, access: Access, year: int, number: int) -> Case | None:
    """A case that the agent has just given away, and that a double click sends once more."""
    if request.method != "POST":
        return None
    place, seen = request.POST.get("place", ""), request.POST.get("version", "")
    rows = Case.objects.filter(prefecture=access.prefecture, year=year, number=number)
    return next((row for row in rows if is_just_given(row, place, seen=seen, by=request.user)), None)


def _refusal(access: Access) -> NotAllowedError:
    if access.may_handle_cases:
        return NotAllowedError(OF_OTHERS, about=capfirst(HANDLE.value))
    return access.refusal(HANDLE.value)


def _page(title: str, slug: str, case: Case, **words: str) -> Page:
    back = reverse("case", args=[slug, case.year, case.number])
    return Page(title, str(case), back, lead=case.subject, **words)


def _ask(
    request: AgentRequest,
    access: Access,
    case: Case,
    page: Page,
    form: Form,
    write: Callable[[Form], str],
) -> HttpResponse:
    """Ask; write; or explain, and keep what was typed. Who gives a case away may no longer read it."""
    return filling.ask(
        request,
        page,
        form,
        write,
        template="complaints/form.html",
        stands=lambda _: {"saved": telling.as_it_stands(_case(request, access, case.year, case.number))},
        after=lambda: _after(request, access, case),
        standing=telling.standing(case, access.on, closures.calendar(access.prefecture)),
    )


def _after(request: AgentRequest, access: Access, case: Case) -> HttpResponse:
    """To the page of a case, or to the register for who reads it no more."""
    slug = access.prefecture.slug
    if Case.objects.visible_to(request.user, access).filter(pk=case.pk).exists():
        return redirect("case", slug, case.year, case.number)
    return redirect("cases", slug)
