"""The action plan: the list, one action, and what may be done with it."""

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from improvement import history, origins, plan
from improvement.forms import ChangedActionForm, FinishForm, HandForm, NewActionForm, ReasonForm, initial_of
from improvement.models import Action
from improvement.plan import Missed
from improvement.tables import ActionFilters, ActionTable
from improvement.writing import ask, proof_response
from indicators import results
from indicators.models import Measurement
from indicators.periods import Period
from indicators.views import within
from referentiel.models import Indicator
from sites import agents, lists, trace
from sites.access import Access, AgentRequest, enter
from sites.access import Action as May
from sites.asking import asks_first, sent
from sites.conflicts import RefusedError
from sites.filling import Page, say
from sites.models import TraceEntry

ABOVE = "Plan d’actions"
ADVANCE = "faire avancer une action confiée à quelqu’un d’autre"


@require_safe
def actions(request: AgentRequest, slug: str) -> HttpResponse:
    """What the agent may see of the plan; for its manager, the targets missed that nothing answers."""
    access = enter(request, slug)
    rows = Action.objects.visible_to(request.user, access).most_urgent_first()
    year = next(iter(results.years(access.prefecture)), None) if access.may_manage_plan else None
    context = {
        "slug": slug,
        "year": year,
        "suggestions": plan.suggestions(access.prefecture, year) if year else [],
    }
    return lists.show(
        request,
        "improvement/actions.html",
        table=ActionTable,
        rows=rows.select_related("prefecture", "owner", "unit"),
        filters=ActionFilters,
        title="Plan d’actions",
        context=context,
        empty_text=None if access.may_read_plan else "Aucune action ne vous est confiée.",
        today=access.on,
    )


@require_safe
def action(request: AgentRequest, slug: str, number: int) -> HttpResponse:
    access = enter(request, slug)
    held = _action(request, access, number)
    context = {
        "slug": slug,
        "action": held,
        "due_in_words": held.due_in_words(access.on),
        "is_late": held.is_open and held.due_on < access.on,
        "may_advance": _may_advance(request, access, held),
        "moments": history.of_action(held),
        "origin_url": origins.url_of(held, request.user, access),
    }
    return render(request, "improvement/action.html", context)


@asks_first
def action_new(request: AgentRequest, slug: str) -> HttpResponse:
    """« ?periode=2018-T1&unite=3&indicateur=12 »: the figure that misses its target and calls for it;
    « ?affaire=2026-0042 », « ?dysfonctionnement=2026-0007 », « ?theme=12 »: what else does (`origins`)."""
    access = enter(request, slug, May.MANAGE_PLAN)
    missed = _missed(access, request.GET)
    origin = origins.asked(request.GET, request.user, access)
    form = NewActionForm(
        sent(request),
        initial={"origin": origin.sentence, "unit": origin.unit} if origin else {},
        owners=agents.at_work(access.prefecture, access.on),
        units=access.prefecture.units.all(),
        is_of_figure=missed is not None,
    )
    above, back = (origin.above, origin.back) if origin else (ABOVE, reverse("actions", args=[slug]))
    lead = missed.sentence if missed else ""
    page = Page("Ouvrir une action", above, back, lead=lead, submit="Ouvrir l’action")

    def write(form: NewActionForm) -> str:
        held = plan.open_action(
            access.prefecture,
            form.description_said,
            owner=form.cleaned_data["owner"],
            by=request.user,
            on=access.on,
            source=missed or origin,
        )
        return f"L’action n°\xa0{held.number} est ouverte, confiée à {held.owner}."

    return ask(request, page, form, write)


@asks_first
def action_change(request: AgentRequest, slug: str, number: int) -> HttpResponse:
    access = enter(request, slug, May.MANAGE_PLAN)
    held = _action(request, access, number)
    form = ChangedActionForm(
        sent(request),
        initial=initial_of(held, ChangedActionForm),
        units=access.prefecture.units.all(),
        is_of_figure=held.indicator_id is not None,
    )

    def write(form: ChangedActionForm) -> str:
        plan.change(held, form.description_said, seen_version=form.cleaned_data["version"], by=request.user)
        return f"L’action n°\xa0{number} est modifiée."

    return ask(request, _page("Modifier l’action", slug, held), form, write)


@asks_first
def action_hand(request: AgentRequest, slug: str, number: int) -> HttpResponse:
    access = enter(request, slug, May.MANAGE_PLAN)
    held = _action(request, access, number)
    owners = agents.at_work(access.prefecture, access.on).exclude(pk=held.owner_id)
    form = HandForm(sent(request), owners=owners)
    page = _page("Confier l’action à quelqu’un d’autre", slug, held, submit="Confier l’action")

    def write(form: HandForm) -> str:
        said = form.cleaned_data
        plan.hand(held, said["owner"], by=request.user, on=access.on, reason=said["reason"])
        return f"L’action n°\xa0{number} est confiée à {said['owner']}."

    return ask(request, page, form, write)


@require_POST
def action_start(request: AgentRequest, slug: str, number: int) -> HttpResponse:
    access = enter(request, slug)
    held = _to_advance(request, access, number)
    try:
        plan.start(held, by=request.user)
    except RefusedError as refused:
        messages.error(request, str(refused))
    else:
        say(request, f"L’action n°\xa0{number} est commencée.")
    return redirect("action", slug, number)


@asks_first
def action_finish(request: AgentRequest, slug: str, number: int) -> HttpResponse:
    access = enter(request, slug)
    held = _to_advance(request, access, number)
    form = FinishForm(
        sent(request), request.FILES or None, initial={"done_on": access.on, "proof": held.proof}, action=held
    )
    page = _page("L’action est faite", slug, held, submit="Noter l’action comme faite")

    def write(form: FinishForm) -> str:
        done_on = form.cleaned_data["done_on"]
        plan.finish(held, form.proof_said, done_on=done_on, by=request.user, on=access.on)
        return f"L’action n°\xa0{number} est faite."

    return ask(request, page, form, write)


@asks_first
def action_abandon(request: AgentRequest, slug: str, number: int) -> HttpResponse:
    access = enter(request, slug, May.MANAGE_PLAN)
    held = _action(request, access, number)
    form = ReasonForm(sent(request))
    page = _page("Abandonner l’action", slug, held, submit="Abandonner l’action")

    def write(form: ReasonForm) -> str:
        plan.abandon(held, reason=form.cleaned_data["reason"], by=request.user)
        return f"L’action n°\xa0{number} est abandonnée."

    return ask(request, page, form, write)


@asks_first
def action_reopen(request: AgentRequest, slug: str, number: int) -> HttpResponse:
    access = enter(request, slug, May.MANAGE_PLAN)
    held = _action(request, access, number)
    form = ReasonForm(sent(request))
    page = _page("Rouvrir l’action", slug, held, submit="Rouvrir l’action")

    def write(form: ReasonForm) -> str:
        plan.reopen(held, reason=form.cleaned_data["reason"], by=request.user)
        return f"L’action n°\xa0{number} est rouverte."

    return ask(request, page, form, write)


@require_safe
def action_proof(request: AgentRequest, slug: str, number: int) -> HttpResponse:
    held = _action(request, enter(request, slug), number)
    if not held.proof_file:
        raise Http404
    trace.record(request, TraceEntry.Event.READ, f"{held}, preuve")
    return proof_response(request, held, held.title)


def _action(request: AgentRequest, access: Access, number: int) -> Action:
    visible = Action.objects.visible_to(request.user, access)
    everything = ("prefecture", "owner", "opened_by", "unit", "indicator")
    return get_object_or_404(visible.select_related(*everything), number=number)


def _to_advance(request: AgentRequest, access: Access, number: int) -> Action:
    """An action that the agent may begin and finish: their own, or any for who manages the plan."""
    held = _action(request, access, number)
    if not _may_advance(request, access, held):
        raise access.refusal(ADVANCE)
    return held


def _may_advance(request: AgentRequest, access: Access, action: Action) -> bool:
    return access.may_manage_plan or action.owner_id == request.user.pk


def _missed(access: Access, asked: QueryDict) -> Missed | None:
    """The figure that an address names; a figure that misses nothing, or is none, is not found."""
    names = ("unite", "indicateur")
    if not any(name in asked for name in ("periode", *names)):
        return None
    values = [asked.get(name, "") for name in names]
    if not all(value.isascii() and value.isdigit() and len(value) < 10 for value in values):
        raise Http404
    unit_pk, indicator_pk = map(int, values)
    try:
        period = Period.parse(asked.get("periode", ""))
    except ValueError as error:
        raise Http404 from error
    within(access, period)
    unit = get_object_or_404(access.units, pk=unit_pk)
    known = Q(prefecture=None) | Q(prefecture=access.prefecture)
    years = period.first.year, period.last.year
    measured = Measurement.objects.of_years(access.prefecture, *years).filter(unit=unit)
    indicator = get_object_or_404(Indicator, known, pk=indicator_pk, pk__in=measured.values("indicator"))
    found = plan.missed(results.of_cell(unit, indicator, period), period)
    if found is None:
        raise Http404
    return found


def _page(title: str, slug: str, action: Action, **words: str) -> Page:
    back = reverse("action", args=[slug, action.number])
    return Page(title, str(action), back, lead=action.title, **words)
