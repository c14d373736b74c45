"""The control room of the months: who has sent what, and what the quality manager does with it."""

import datetime
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from indicators import completeness, history, periods, reminding, returns, schedules, service_months
from indicators.forms_control import (
    CommentForm,
    FollowFilters,
    KeepOpenForm,
    ReasonForm,
    ScheduleForm,
)
from indicators.models import MonthlyReturn
from indicators.periods import FIRST_YEAR, Period
from indicators.service_months import ServiceMonth
from indicators.views import month_of_address
from indicators.writing import ask
from sheets import writing
from sheets.words import french_day
from sites import lists
from sites.access import Access, Action, AgentRequest, enter
from sites.asking import asks_first, sent
from sites.conflicts import RefusedError
from sites.filling import Page, say
from sites.models import Service

State = MonthlyReturn.State

# --- The board ---------------------------------------------------------------------------------------------


@require_safe
def completeness_board(request: AgentRequest, slug: str) -> HttpResponse:
    """Services × the months of a year that have begun; « ?annee=2020&unite=3&etat=late »."""
    access = enter(request, slug)
    known = returns.calendar(access.prefecture)
    if known is None:
        context: dict[str, Any] = {"slug": slug, "board": None}
        return render(request, "indicators/control.html", context)
    first = min(known.schedule.first_month.year, access.on.year)
    years = range(access.on.year, first - 1, -1)
    filters = FollowFilters(request.GET, units=access.units, years=years)
    filters.is_valid()
    year = filters.said("annee") or access.on.year
    period = Period.year(year)
    board = completeness.of(
        access.prefecture,
        period.first,
        period.last,
        access.on,
        services=_services(access),
        unit=filters.said("unite"),
        state=filters.said("etat") or "",
    )
    kind = request.GET.get("export", "")
    if kind in writing.KINDS:
        return lists.file_response(request, board.sheet(f"Suivi des mois {year}"), kind)
    context = {
        "slug": slug,
        "board": board,
        "loads": board.loads(),
        "filters": filters,
        "year": year,
        "years": years,
        "kinds": lists.KIND_LABELS,
    }
    return render(request, "indicators/control.html", context)


@asks_first
def completeness_remind(request: AgentRequest, slug: str) -> HttpResponse:
    """« ?service=3 »: write to the référents of a service for its late months; without any, of all."""
    access = enter(request, slug, Action.WRITE_FIGURES)
    ticked = set((request.POST if request.method == "POST" else request.GET).getlist("service"))
    board = completeness.all_months(access.prefecture, access.on)
    late = [cell for cell in board.late if not ticked or str(cell.service.pk) in ticked]
    if request.method == "POST":
        say(request, reminding.send(access.prefecture, late, access.on, by=request.user).sentence)
        return redirect("completeness", slug)
    found = reminding.plan(access.prefecture, late, access.on)
    context = {"slug": slug, "late": late, "round": found, "ticked": sorted(ticked)}
    return render(request, "indicators/control_remind.html", context)


@asks_first
def entry_schedule(request: AgentRequest, slug: str) -> HttpResponse:
    """From which month figures are followed, until when each is awaited, when it closes by itself."""
    access = enter(request, slug, Action.WRITE_FIGURES)
    schedule = schedules.of(access.prefecture)
    form = ScheduleForm(sent(request), initial=ScheduleForm.initial_of(schedule, schedules.version(schedule)))
    page = Page("Calendrier de saisie", ABOVE, reverse("completeness", args=[slug]))

    def write() -> str:
        said = form.cleaned_data
        names = ("first_month", "due_after", "closes_after", "register_since")
        saved = schedules.save(
            access.prefecture,
            **{name: said[name] for name in names},
            seen=said["version"],
            by=request.user,
        )
        return f"Le calendrier de saisie est enregistré. {schedules.in_words(saved, access.on)}"

    def consequence() -> tuple[str, int]:
        count, first, last = len(closing), closing[0], closing[-1]
        if count > 1:
            span = f"{periods.of_month(first)} à {periods.in_words(last)}"
            months = f"{count} mois passés se clôturent d’ici une heure, transmis ou non, {span}"
        else:
            months = f"{periods.in_words(first).capitalize()} se clôture d’ici une heure, transmis ou non"
        return (
            f"{months}\xa0: plus aucun chiffre ne pourra y être saisi sans rouvrir. Pour saisir d’abord, "
            "laisser vide «\xa0Jours avant la clôture\xa0».",
            count,
        )

    closing = (
        schedules.closing_at_once(
            access.prefecture,
            form.cleaned_data["first_month"],
            form.cleaned_data["closes_after"],
            access.on,
        )
        if form.is_valid()
        else []
    )
    return ask(
        request,
        page,
        form,
        write,
        consequence=consequence if closing else None,
        last=lambda: history.of_schedule(access.prefecture),
        meaning=schedules.in_words(schedule, access.on) if schedule.pk else "",
        events=history.of_schedule(access.prefecture),
        template="indicators/control_schedule.html",
    )


# --- One month ---------------------------------------------------------------------------------------------


@require_safe
def month_control(request: AgentRequest, slug: str, month: str) -> HttpResponse:
    access = enter(request, slug)
    day = month_of_address(access, month).first
    rows = _rows(access, day)
    context = _context(slug, day, access)
    may = access.may_write_figures
    context |= {
        "rows": rows,
        "can_validate": may and any(row.cell.is_to_validate for row in rows),
        "can_close": may and context["is_over"] and any(_is_open(row) for row in rows),
    }
    return render(request, "indicators/control_month.html", context)


@require_safe
def service_month(request: AgentRequest, slug: str, month: str, service: int) -> HttpResponse:
    """The figures of one service, how far they have come and how they came there."""
    access = enter(request, slug)
    day = month_of_address(access, month).first
    held = _service(access, service, Action.READ)
    context = _context(slug, day, access) | {
        "service": held,
        "row": next((row for row in _rows(access, day) if row.service == held), None),
        "found": returns.of(held, day),
        "events": history.of_month(held, day),
        "may_enter": access.services_for(Action.ENTER_FIGURES).filter(pk=held.pk).exists(),
    }
    return render(request, "indicators/control_service.html", context)


@asks_first
def month_validate(request: AgentRequest, slug: str, month: str) -> HttpResponse:
    """« ?service=3&service=5 »; without any, all that is sent, unless some were to be ticked."""
    access = enter(request, slug, Action.WRITE_FIGURES)
    day = month_of_address(access, month).first
    if "choisis" in request.GET and "service" not in request.GET:
        messages.warning(request, "Cocher d’abord les services à valider.")
        return redirect("month_control", slug, month)
    chosen = [row for row in _chosen(request, access, day) if row.cell.is_to_validate]
    if request.method == "POST":
        services = [row.service for row in chosen]
        count = returns.validate(access.prefecture, day, services, by=request.user)
        if count:
            say(request, f"{_services_in_words(count)} pour {periods.in_words(day)}\xa0: validé.")
        else:
            messages.info(request, "Rien n’est à valider\xa0: aucun de ces services n’a transmis son mois.")
        return redirect("month_control", slug, month)
    context = _context(slug, day, access) | {"rows": chosen}
    return render(request, "indicators/control_validate.html", context)


@asks_first
def month_close(request: AgentRequest, slug: str, month: str) -> HttpResponse:
    """Close the month for the services that were ticked, or all, once it is said what they lack."""
    access = enter(request, slug, Action.WRITE_FIGURES)
    day = month_of_address(access, month).first
    chosen = [row for row in _chosen(request, access, day) if _is_open(row)]
    refused = ""
    if request.method == "POST":
        services = [row.service for row in chosen]
        try:
            count = returns.close(access.prefecture, day, services, by=request.user)
        except RefusedError as error:
            refused = str(error)
        else:
            say(request, f"{periods.in_words(day).capitalize()} est clos pour {_services_in_words(count)}.")
            return redirect("month_control", slug, month)
    context = _context(slug, day, access) | {
        "rows": chosen,
        "refused": refused,
        "not_sent": [row for row in chosen if not row.cell.found.entered_on],
        "to_validate": [row for row in chosen if row.cell.is_to_validate],
        "to_correct": [row for row in chosen if row.cell.is_to_correct],
    }
    return render(request, "indicators/control_close.html", context)


@asks_first
def month_send_back(request: AgentRequest, slug: str, month: str, service: int) -> HttpResponse:
    access = enter(request, slug, Action.WRITE_FIGURES)
    held, day = _service(access, service, Action.WRITE_FIGURES), month_of_address(access, month).first
    form = CommentForm(sent(request))

    def write(said: dict[str, Any]) -> str:
        returns.send_back(held, day, said["reason"], by=request.user)
        return f"{held.name}, {periods.in_words(day)}\xa0: renvoyé pour correction."

    lead = "Le mois se rouvre au référent, qui lit votre commentaire, corrige et transmet de nouveau."
    return _move(request, "Renvoyer pour correction", held, day, form, write, lead)


@asks_first
def month_reopen(request: AgentRequest, slug: str, month: str, service: int) -> HttpResponse:
    access = enter(request, slug, Action.WRITE_FIGURES)
    held, day = _service(access, service, Action.WRITE_FIGURES), month_of_address(access, month).first
    form = ReasonForm(sent(request))

    def write(said: dict[str, Any]) -> str:
        returns.reopen(held, day, said["reason"], by=request.user)
        return f"{held.name}, {periods.in_words(day)}\xa0: rouvert."

    lead = (
        "Ses chiffres peuvent de nouveau être corrigés, chaque correction disant pourquoi. Un mois rouvert "
        "ne se clôt plus de lui-même\xa0: vous le clôturerez."
    )
    return _move(request, "Rouvrir", held, day, form, write, lead)


@asks_first
def month_keep_open(request: AgentRequest, slug: str, month: str, service: int) -> HttpResponse:
    access = enter(request, slug, Action.WRITE_FIGURES)
    held, day = _service(access, service, Action.WRITE_FIGURES), month_of_address(access, month).first
    form = KeepOpenForm(sent(request))

    def write(said: dict[str, Any]) -> str:
        returns.keep_open(held, day, said["until"], said["reason"], by=request.user)
        return f"{held.name}, {periods.in_words(day)}\xa0: ouvert jusqu’au {french_day(said['until'])}."

    lead = "Pour ce seul service\xa0: jusqu’à ce jour, il n’est pas en retard et ne se clôt pas de lui-même."
    return _move(request, "Laisser ouvert", held, day, form, write, lead)


ABOVE = "Suivi des mois"


def _move(
    request: AgentRequest,
    title: str,
    service: Service,
    day: datetime.date,
    form: forms.Form,
    write: Callable[[dict[str, Any]], str],
    lead: str,
) -> HttpResponse:
    name = f"{service.name}, {periods.in_words(day)}"
    slug, month = service.unit.prefecture.slug, f"{day:%Y-%m}"
    back = reverse("service_month", args=[slug, month, service.pk])
    page = Page(f"{title}\xa0: {name}", name, back, lead=lead, submit=title)
    return ask(request, page, form, lambda: write(form.cleaned_data))


def _services(access: Access, action: Action = Action.READ) -> set[int]:
    return set(access.services_for(action).values_list("pk", flat=True))


def _service(access: Access, pk: int, action: Action) -> Service:
    return get_object_or_404(access.services_for(action), pk=pk)


def _rows(access: Access, day: datetime.date) -> list[ServiceMonth]:
    return service_months.of(access.prefecture, day, access.on, services=_services(access))


def _chosen(request: AgentRequest, access: Access, day: datetime.date) -> list[ServiceMonth]:
    """The services that were ticked; all of them where none was. What is no service counts for nothing."""
    asked = request.POST if request.method == "POST" else request.GET
    ticked = set(asked.getlist("service"))
    return [row for row in _rows(access, day) if not ticked or str(row.service.pk) in ticked]


def _is_open(row: ServiceMonth) -> bool:
    return row.cell.is_expected and row.cell.found.state != State.CLOSED


def _context(slug: str, day: datetime.date, access: Access) -> dict[str, Any]:
    before, after = periods.shifted(day, -1), periods.shifted(day, 1)
    return {
        "slug": slug,
        "month": f"{day:%Y-%m}",
        "year": day.year,
        "name": periods.in_words(day),
        "before": f"{before:%Y-%m}" if before.year >= FIRST_YEAR else "",
        "after": f"{after:%Y-%m}" if after <= access.on else "",
        "is_over": periods.last_day(day) < access.on,
    }


def _services_in_words(count: int) -> str:
    return f"{count} service{'s' if count > 1 else ''}"
