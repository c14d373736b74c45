"""The calendar of the duties that come back: the list, one duty and its history, what is noted of it."""

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from improvement import duties as calendar
from improvement.forms import DoneForm, DutyForm, ReasonForm, initial_of
from improvement.models import Duty, DutyDone
from improvement.tables import DutyFilters, DutyTable
from improvement.writing import ask, proof_response
from referentiel import changes
from referentiel.models import Certainty
from sites import agents, lists, trace
from sites.access import Access, AgentRequest, enter
from sites.access import Action as May
from sites.asking import asks_first, sent
from sites.filling import Page, say
from sites.models import Agent, TraceEntry

ABOVE = "Calendrier des obligations"
DO = "noter une obligation confiée à quelqu’un d’autre"


@require_safe
def duties(request: AgentRequest, slug: str) -> HttpResponse:
    access = enter(request, slug)
    rows = Duty.objects.visible_to(request.user, access).with_last_done().most_urgent_first()
    missing = calendar.missing(access.prefecture) if access.may_manage_plan else []
    return lists.show(
        request,
        "improvement/duties.html",
        table=DutyTable,
        rows=rows.select_related("prefecture", "responsible"),
        filters=DutyFilters,
        title="Calendrier des obligations",
        context={"slug": slug, "missing": missing, "has_some": rows.exists()},
        empty_text=None if access.may_read_duties else "Aucune obligation ne vous est confiée.",
        today=access.on,
    )


@require_POST
def duties_usual(request: AgentRequest, slug: str) -> HttpResponse:
    access = enter(request, slug, May.MANAGE_PLAN)
    if added := calendar.create_usual(access.prefecture, by=request.user, on=access.on):
        say(request, f"Obligations ajoutées au calendrier\xa0: {len(added)}. Vérifier la date de chacune.")
    else:
        messages.info(request, "Le calendrier habituel est déjà là en entier.")
    return redirect("duties", slug)


@require_safe
def duty(request: AgentRequest, slug: str, duty: int) -> HttpResponse:
    """When it is due, and every time that it was done."""
    access = enter(request, slug)
    held = _duty(request, access, duty)
    context = {
        "slug": slug,
        "duty": held,
        "due_in_words": held.due_in_words(access.on),
        "is_late": held.is_active and held.due_on < access.on,
        "times": held.times.select_related("done_by"),
        "may_do": _may_do(request, access, held),
        "moments": changes.history_of(held),
    }
    return render(request, "improvement/duty.html", context)


@asks_first
def duty_new(request: AgentRequest, slug: str) -> HttpResponse:
    access = enter(request, slug, May.MANAGE_PLAN)
    initial = {"is_active": True, "certainty": Certainty.UNKNOWN, "version": 0}
    form = DutyForm(
        sent(request),
        initial=initial,
        owners=agents.at_work(access.prefecture, access.on),
    )
    page = Page("Ajouter une obligation", ABOVE, reverse("duties", args=[slug]))

    def write(form: DutyForm) -> str:
        calendar.add(access.prefecture, form.description_said, by=request.user, on=access.on)
        return f"Obligation ajoutée au calendrier\xa0: {form.cleaned_data['title']}."

    return ask(request, page, form, write)


@asks_first
def duty_change(request: AgentRequest, slug: str, duty: int) -> HttpResponse:
    access = enter(request, slug, May.MANAGE_PLAN)
    held = _duty(request, access, duty)
    at_work = agents.at_work(access.prefecture, access.on)
    # Who has left stays responsible until somebody else is chosen.
    owners = Agent.objects.filter(Q(pk__in=at_work.values("pk")) | Q(pk=held.responsible_id))
    form = DutyForm(sent(request), initial=initial_of(held, DutyForm), owners=owners)

    def write(form: DutyForm) -> str:
        seen = form.cleaned_data["version"]
        calendar.change(held, form.description_said, seen_version=seen, by=request.user, on=access.on)
        return f"Obligation modifiée\xa0: {form.cleaned_data['title']}."

    return ask(request, _page("Modifier l’obligation", slug, held), form, write)


@asks_first
def duty_do(request: AgentRequest, slug: str, duty: int) -> HttpResponse:
    access = enter(request, slug)
    held = _duty(request, access, duty)
    if not _may_do(request, access, held):
        raise access.refusal(DO)
    form = DoneForm(sent(request), request.FILES or None, initial={"done_on": access.on})
    page = _page("Noter comme faite", slug, held, submit="Noter comme faite")

    def write(form: DoneForm) -> str:
        said = form.cleaned_data
        calendar.do(
            held,
            form.proof_said,
            done_on=said["done_on"],
            by=request.user,
            on=access.on,
            remark=said["remark"],
        )
        return f"Obligation notée comme faite le {said['done_on']:%d/%m/%Y}\xa0: {held.title}."

    return ask(request, page, form, write)


@require_safe
def duty_proof(request: AgentRequest, slug: str, duty: int, done: int) -> HttpResponse:
    noted = _done(_duty(request, enter(request, slug), duty), done)
    if not noted.proof_file:
        raise Http404
    trace.record(request, TraceEntry.Event.READ, f"Obligation faite le {noted.done_on:%d/%m/%Y}, preuve")
    return proof_response(request, noted, f"{noted.duty.title} {noted.done_on:%Y-%m-%d}")


@asks_first
def duty_undo(request: AgentRequest, slug: str, duty: int, done: int) -> HttpResponse:
    access = enter(request, slug, May.MANAGE_PLAN)
    noted = _done(_duty(request, access, duty), done)
    form = ReasonForm(sent(request))
    page = _page(f"Retirer ce qui est noté le {noted.done_on:%d/%m/%Y}", slug, noted.duty, submit="Retirer")

    def write(form: ReasonForm) -> str:
        calendar.undo(noted, reason=form.cleaned_data["reason"], by=request.user)
        return f"La ligne du {noted.done_on:%d/%m/%Y} est retirée."

    return ask(request, page, form, write)


def _duty(request: AgentRequest, access: Access, pk: int) -> Duty:
    visible = Duty.objects.visible_to(request.user, access)
    return get_object_or_404(visible.select_related("prefecture", "responsible"), pk=pk)


def _done(duty: Duty, pk: int) -> DutyDone:
    return get_object_or_404(duty.times.select_related("duty__prefecture"), pk=pk)


def _may_do(request: AgentRequest, access: Access, duty: Duty) -> bool:
    return access.may_manage_plan or duty.responsible_id == request.user.pk


def _page(title: str, slug: str, duty: Duty, **words: str) -> Page:
    return Page(title, duty.title, reverse("duty", args=[slug, duty.pk]), lead=duty.title, **words)
