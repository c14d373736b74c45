"""Registering what arrived: one page, in the order of the paper on the desk."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from complaints import register, telling, themes, twins
from complaints.forms import EntryForm, place_key
from complaints.models import Case
from sites import trace
from sites.access import Access, Action, AgentRequest, enter
from sites.asking import asks_first, sent
from sites.conflicts import RefusedError
from sites.days import in_full
from sites.models import Service, Site, TraceEntry, Unit, lasting

HANDLE = Action.HANDLE_CASES
NEXT = "suivant"


@asks_first
def case_new(request: AgentRequest, slug: str) -> HttpResponse:
    """« ?suivant » goes on with the pile: the day of receipt stays that of the last one, and the keyboard
    begins behind it."""
    access = enter(request, slug, HANDLE)
    units, services = _places(access)
    where = {*units, *(service.unit for service in services)}
    form = EntryForm(
        sent(request),
        request.FILES or None,
        initial=_initial(request, access, units, services),
        units=units,
        services=services,
        on=access.on,
        first="channel" if NEXT in request.GET else "received_on",
        sites=Site.objects.filter(unit__in=where).select_related("unit"),
        themes=themes.offered(access.prefecture),
    )
    context = {"slug": slug, "form": form}
    if not form.is_valid():
        return render(request, "complaints/entry.html", context)
    unit, service = form.cleaned_data["place"]
    try:
        case = register.receive(
            access.prefecture,
            form.said(unit, service),
            by=request.user,
            on=access.on,
            joined=form.cleaned_data["files"],
            key=form.cleaned_data["key"],
        )
    except RefusedError as refused:
        form.add_error(None, str(refused))
        return render(request, "complaints/entry.html", context)
    _announce(request, access, case)
    if NEXT in request.POST:
        return redirect(f"{reverse('case_new', args=[slug])}?{NEXT}")
    return redirect("case", slug, case.year, case.number)


def _places(access: Access) -> tuple[list[Unit], list[Service]]:
    """The units that the agent covers whole, and the services; two queries."""
    scope = access.scope_for(HANDLE)
    units = access.prefecture.units.all()
    if scope is not None:
        units = units.filter(pk__in=scope.units)
    services = access.services_for(HANDLE).filter(lasting(access.on)).order_by("unit__position", "name")
    return list(units), list(services)


def _initial(
    request: AgentRequest, access: Access, units: list[Unit], services: list[Service]
) -> dict[str, Any]:
    """What is probably so: today, and what the agent's last entry was. One query."""
    initial: dict[str, Any] = {"received_on": access.on, "key": uuid.uuid4()}
    own = Case.objects.filter(prefecture=access.prefecture, registered_by=request.user)
    last = own.select_related("unit", "service").order_by("-pk").first()
    if last:
        initial |= {"channel": last.channel, "kind": last.kind, "place": place_key(last.unit, last.service)}
        if NEXT in request.GET:
            initial["received_on"] = last.received_on
    if len(services) == 1 and not units:
        initial["place"] = place_key(services[0].unit, services[0])
    return initial


def _announce(request: AgentRequest, access: Access, case: Case) -> None:
    """Tell the author its number and by when, or why at no time, and what it looks like; the journal its
    number alone."""
    trace.record(request, TraceEntry.Event.WROTE, f"Affaire {case} enregistrée")
    if case.due_on:
        due = f"Réponse due le {in_full(case.due_on)}."
    else:
        due = f"Elle n’a pas d’échéance. {telling.no_clock(case)}"
    messages.success(request, format_html("L’affaire {} est enregistrée. {}", _link(access, case), due))
    if alike := twins.like(case, Case.objects.visible_to(request.user, access)):
        links = format_html_join(", ", "{}", ((_link(access, one),) for one in alike))
        messages.warning(
            request,
            format_html(
                "Même nom et même objet à moins de quinze jours\xa0: {}. Si c’est un double, classer "
                "l’affaire sans suite avec ce motif.",
                links,
            ),
        )


def _link(access: Access, case: Case) -> str:
    url = reverse("case", args=[access.prefecture.slug, case.year, case.number])
    return format_html('<a href="{}">{}</a>', url, case)
