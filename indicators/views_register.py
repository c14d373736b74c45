"""What the register says of the months: response rates, and the figures that differ from what was typed."""

from dataclasses import replace
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from complaints import worklists
from complaints.models import Case
from complaints.tables import NO_SERVICE
from indicators import from_register, history, periods, reconciling, responses, synthesis
from indicators.forms_register import ADOPT, GapForm, ResponseFilters, SynthesisFilters, YearFilters
from indicators.periods import Period
from indicators.tables_register import GapTable, ResponseTable
from indicators.views import month_of_address
from indicators.writing import ask
from sheets import writing
from sites import lists, trace
from sites.access import Action, AgentRequest, enter
from sites.asking import asks_first, sent
from sites.filling import Page
from sites.models import TraceEntry

MOST_NAMED = 100  # late cases on a page
ABOVE = "Rapprocher"


@require_safe
def response_rates(request: AgentRequest, slug: str) -> HttpResponse:
    """By service, kind and channel, of what the agent's services have received in a year; the late ones are
    named to those who may read cases."""
    access = enter(request, slug)
    years = responses.years(access.prefecture, access.on)
    form = ResponseFilters(request.GET, units=access.units, years=years)
    year = form.said("annee") or years[0]
    period = Period.year(year)
    cases = Case.objects.filter(**form.columns)
    by = [*responses.BY, *(["month"] if form.said("detail") else [])]
    own = cases.visible_to(request.user, access, Action.READ)
    rows = responses.rows(access.prefecture, own, period, by, access.on)
    late = []
    if access.may_read_cases:
        readable = cases.visible_to(request.user, access, Action.READ_CASES)
        late = responses.late(access.prefecture, readable, period, access.on)
    return lists.show(
        request,
        "indicators/response_rates.html",
        table=ResponseTable,
        rows=rows,
        title=f"Taux de réponse {year}",
        context={
            "slug": slug,
            "form": form,
            "year": year,
            "late": late[:MOST_NAMED],
            "late_count": len(late),
            "suspensions": responses.suspended(access.prefecture, period),
        },
        exclude=() if form.said("detail") else ("month",),
    )


@require_safe
def complaints_synthesis(request: AgentRequest, slug: str) -> HttpResponse:
    """Complaints and suggestions that the agent's services have received in a period: counts, and the
    examples that were chosen."""
    access = enter(request, slug)
    years = responses.years(access.prefecture, access.on)
    form = SynthesisFilters(request.GET, units=access.units, years=years)
    period = form.period(form.said("annee") or years[0])
    own = Case.objects.filter(**form.columns).visible_to(request.user, access, Action.READ)
    unit, site = form.said("unite"), form.said("site")
    units = access.units
    if unit:
        units = units.filter(pk=unit.pk)
    elif site:  # one that has moved has cases in the unit that it was of
        units = units.filter(Q(pk=site.unit_id) | Q(cases__site=site)).distinct()
    found = synthesis.of(access.prefecture, own, period, access.on, units)
    sees_all = access.scope_for(Action.READ) is None
    kind = request.GET.get("export", "")
    if kind in writing.KINDS:
        place = site.name if site else unit.name if unit else ""
        parts = (found.sheet.title, place, "" if sees_all else "vos services seuls")
        sheet = replace(found.sheet, title=", ".join(filter(None, parts)))
        return lists.file_response(request, sheet, kind)
    context = {
        "slug": slug,
        "form": form,
        "synthesis": found,
        "unit": unit,
        "site": site,
        "sees_all": sees_all,
        "kinds": lists.KIND_LABELS,
    }
    return render(request, "indicators/synthesis.html", context)


@require_safe
def register_gaps(request: AgentRequest, slug: str) -> HttpResponse:
    """The figures of one's services that are not what the register counts."""
    access = enter(request, slug, Action.ENTER_FIGURES)
    years = responses.years(access.prefecture, access.on)
    form = YearFilters(request.GET, years=years)
    year = form.said("annee") or years[0]
    services = set(access.services_for(Action.ENTER_FIGURES).values_list("pk", flat=True))
    since = from_register.since(access.prefecture)
    received = Case.objects.visible_to(request.user, access, Action.READ_CASES)
    homeless = received.filter(service=None, year=year).count()
    everywhere = reverse("cases_in", args=[slug, worklists.ALL.slug])
    return lists.show(
        request,
        "indicators/register_gaps.html",
        table=GapTable,
        rows=reconciling.gaps(access.prefecture, services, year, access.on),
        title=f"Écarts avec le registre {year}",
        context={
            "slug": slug,
            "form": form,
            "since": periods.in_words(since) if since else "",
            "year": year,
            "homeless": homeless,
            "homeless_url": f"{everywhere}?{urlencode({'month': year, 'service': NO_SERVICE})}",
        },
    )


@require_POST
def register_collect(request: AgentRequest, slug: str) -> HttpResponse:
    """What is done each night, at once."""
    access = enter(request, slug, Action.WRITE_FIGURES)
    changed = from_register.collect(access.prefecture, access.on, by=request.user)
    trace.record(request, TraceEntry.Event.WROTE, f"Chiffres calculés depuis le registre\xa0: {changed}")
    messages.success(request, f"Chiffres calculés ou mis à jour depuis le registre\xa0: {changed}.")
    return redirect("register_gaps", slug)


@asks_first
def register_gap(request: AgentRequest, slug: str, service: int, month: str, indicator: int) -> HttpResponse:
    """Adopt what the register counts, or keep what was typed and say why."""
    access = enter(request, slug, Action.ENTER_FIGURES)
    first = month_of_address(access, month).first
    held = get_object_or_404(access.services_for(Action.ENTER_FIGURES), pk=service)
    gap = reconciling.gap(access.prefecture, (held.pk, indicator, first), access.on)
    if gap is None:
        raise Http404
    form = GapForm(sent(request), initial={"version": reconciling.version(gap)})
    title = f"{held.name}, {gap.month_label}\xa0: {gap.found.indicator.short_title}"
    lead = f"Chiffre retenu\xa0: {gap.said}. Selon le registre\xa0: {gap.counted}. {gap.state_label}."
    page = Page(title, ABOVE, reverse("register_gaps", args=[slug]), lead=lead)

    def write() -> str:
        said = form.cleaned_data
        if said["answer"] == ADOPT:
            reconciling.adopt(gap, said["reason"], seen=said["version"], by=request.user, on=access.on)
            return f"{title}. Le chiffre du registre est retenu."
        reconciling.explain(gap, said["reason"], seen=said["version"], by=request.user)
        return f"{title}. L’écart avec le registre est expliqué."

    return ask(
        request,
        page,
        form,
        write,
        last=lambda: history.of_cell(held.unit, gap.found.indicator, Period.month(first)),
    )
