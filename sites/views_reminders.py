"""Reminders: which ones an agent wants, who gets them during an absence, which ones were sent."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from sites import absences, agents, lists, reminders
from sites.access import Access, Action, AgentRequest, enter, holdings
from sites.asking import asks_first, sent
from sites.filling import Page
from sites.forms_reminders import AbsenceForm, RemindersForm
from sites.models import Absence, Reminder
from sites.tables_reminders import RemindersFilters, RemindersTable
from sites.views_agents import ask


@asks_first
def own_reminders(request: AgentRequest) -> HttpResponse:
    accesses = holdings(request).accesses
    form = RemindersForm(sent(request), agent=request.user, accesses=accesses)
    if form.is_valid():
        for access in accesses:
            reminders.choose(request.user, access.prefecture, form.cleaned_data[access.prefecture.slug])
        messages.success(request, "Vos rappels sont réglés.")
        return redirect("reminders")
    places = [
        (access, form[access.prefecture.slug], absences.of(request.user, access.prefecture, access.on))
        for access in accesses
    ]
    return render(request, "sites/reminders.html", {"form": form, "places": places})


@login_not_required
@csrf_exempt
@never_cache
@asks_first
def reminders_stop(request: HttpRequest, token: str) -> HttpResponse:
    """The link of a mail: it asks; a POST, which mail programs send by themselves at a click (RFC 8058),
    stops. Nothing but mails to one person depends on it, so it needs no sign-in and no other proof.
    """
    subscription = reminders.of_token(token)
    if subscription and request.method == "POST":
        reminders.choose(*subscription, reminders.Wanted.NONE)
    context = {
        "prefecture": subscription.prefecture if subscription else None,
        "is_stopped": request.method == "POST",
    }
    return render(request, "sites/reminders_stop.html", context, status=200 if subscription else 404)


@require_safe
def sent_reminders(request: AgentRequest, slug: str) -> HttpResponse:
    """Who was reminded of what, and what became of the mail."""
    prefecture = enter(request, slug, Action.READ_TRACE).prefecture
    rows = Reminder.objects.filter(prefecture=prefecture).select_related("job")
    return lists.show(
        request,
        "sites/reminders_sent.html",
        table=RemindersTable,
        rows=rows.annotate(recipient_name=agents.name_of("recipient"), agent_name=agents.name_of("agent")),
        filters=RemindersFilters,
        title="Rappels envoyés",
    )


@asks_first
def absence_new(request: AgentRequest, slug: str, agent: int) -> HttpResponse:
    access = _enter(request, slug, agent)
    known = _known(access, agent)
    absence = Absence(prefecture=access.prefecture, agent=known)
    form = AbsenceForm(sent(request), absence=absence, access=access)
    page = Page(
        "Noter une absence" if _is_own(request, agent) else f"Noter une absence de {known.shown_name}",
        "Mes rappels" if _is_own(request, agent) else known.shown_name,
        _back(request, slug, agent),
        lead="Pendant ces jours, les rappels vont à une autre personne, qui lit à la place de qui elle les "
        "reçoit. Le motif n’est pas demandé.",
        submit="Noter l’absence",
    )

    def declare() -> HttpResponse:
        absences.declare(absence, by=request.user)
        messages.success(
            request, f"L’absence est notée, {absence}\xa0: les rappels iront à {absence.deputy}."
        )
        return redirect(page.back)

    return ask(request, page, form, declare)


@require_POST
def absence_end(request: AgentRequest, slug: str, agent: int, absence: int) -> HttpResponse:
    """Back today, or the absence is cancelled."""
    access = _enter(request, slug, agent)
    known = _known(access, agent)
    held = get_object_or_404(Absence, pk=absence, agent=known, prefecture=access.prefecture)
    absences.end(held, on=access.on, by=request.user)
    messages.success(request, "L’absence est finie ou annulée\xa0: les rappels vont de nouveau à l’agent.")
    return redirect(_back(request, slug, agent))


def _enter(request: AgentRequest, slug: str, agent: int) -> Access:
    """One's own absences, or those of any agent whom one manages."""
    return enter(request, slug, Action.READ if _is_own(request, agent) else Action.ORGANISE)


def _known(access: Access, agent: int) -> Any:
    return get_object_or_404(agents.of(access.prefecture), pk=agent)


def _is_own(request: AgentRequest, agent: int) -> bool:
    return request.user.pk == agent


def _back(request: AgentRequest, slug: str, agent: int) -> str:
    return reverse("reminders") if _is_own(request, agent) else reverse("agent", args=[slug, agent])
