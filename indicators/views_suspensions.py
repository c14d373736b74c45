"""The suspensions of the follow-up: the list, one of them with its decision, what is decided of it."""

from collections.abc import Callable

from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from indicators import history, suspensions
from indicators.forms_control import (
    ChangedSuspensionForm,
    DecisionForm,
    LiftForm,
    SuspensionForm,
    place_key,
)
from indicators.history import Event
from indicators.models import Suspension
from indicators.suspensions import Terms
from indicators.tables_control import SuspensionTable
from indicators.writing import ask
from referentiel.models import Indicator
from sites import downloads, files, lists, trace
from sites.access import Access, Action, AgentRequest, enter
from sites.asking import asks_first, sent
from sites.filling import Page
from sites.models import Prefecture, TraceEntry

ABOVE = "Suspensions"


@require_safe
def suspension_list(request: AgentRequest, slug: str) -> HttpResponse:
    access = enter(request, slug)
    return lists.show(
        request,
        "indicators/suspensions.html",
        table=SuspensionTable,
        rows=_suspensions(access.prefecture),
        title="Suspensions du suivi",
        context={"slug": slug, "events": history.of_suspensions(access.prefecture)},
    )


@require_safe
def suspension(request: AgentRequest, slug: str, suspension: int) -> HttpResponse:
    access = enter(request, slug)
    held = _suspension(access, suspension)
    context = {
        "slug": slug,
        "suspension": held,
        "left_out": suspensions.left_out(access.prefecture, _terms(held)),
        "events": history.of_suspension(held),
    }
    return render(request, "indicators/suspension.html", context)


@asks_first
def suspension_new(request: AgentRequest, slug: str) -> HttpResponse:
    access = enter(request, slug, Action.WRITE_FIGURES)
    indicators = _indicators(access.prefecture)
    form = SuspensionForm(sent(request), prefecture=access.prefecture, indicators=indicators)
    page = Page("Suspendre le suivi", ABOVE, reverse("suspensions", args=[slug]), submit="Suspendre")

    def write() -> str:
        decided = suspensions.decide(access.prefecture, form.terms, by=request.user)
        return f"{decided.sentence} C’est enregistré."

    return ask(request, page, form, write, consequence=_consequence(access.prefecture, form))


@asks_first
def suspension_change(request: AgentRequest, slug: str, suspension: int) -> HttpResponse:
    access = enter(request, slug, Action.WRITE_FIGURES)
    held = _suspension(access, suspension)
    names = ("first_month", "last_month", "reason", "decided_on", "indicator")
    initial = {name: getattr(held, name) for name in names}
    form = ChangedSuspensionForm(
        sent(request),
        initial=initial | {"place": place_key(held), "version": suspensions.version(held)},
        prefecture=access.prefecture,
        indicators=_indicators(access.prefecture, held.indicator),
    )
    page = _page("Modifier la suspension", slug, held)

    def write() -> str:
        said = form.cleaned_data
        changed = suspensions.change(held, form.terms, said["why"], seen=said["version"], by=request.user)
        return f"{changed.sentence} C’est enregistré."

    consequence = _consequence(access.prefecture, form)
    return ask(request, page, form, write, last=_last(held), consequence=consequence)


@asks_first
def suspension_lift(request: AgentRequest, slug: str, suspension: int) -> HttpResponse:
    access = enter(request, slug, Action.WRITE_FIGURES)
    held = _suspension(access, suspension)
    form = LiftForm(sent(request), initial={"version": suspensions.version(held)})
    count = suspensions.left_out(access.prefecture, _terms(held))
    lead = f"{held.sentence} La lever rend ses mois de nouveau attendus"
    lead += f", et les chiffres qui y sont saisis comptent de nouveau ({count})." if count else "."
    title = "Lever la suspension"
    page = Page(title, ABOVE, reverse("suspensions", args=[slug]), lead=lead, submit=title)

    def write() -> str:
        said = form.cleaned_data
        suspensions.lift(held, said["reason"], seen=said["version"], by=request.user)
        return f"La suspension est levée\xa0: {held}."

    return ask(request, page, form, write, last=_last(held))


@asks_first
def suspension_attach(request: AgentRequest, slug: str, suspension: int) -> HttpResponse:
    access = enter(request, slug, Action.WRITE_FIGURES)
    held = _suspension(access, suspension)
    asked = (request.POST, request.FILES) if request.method == "POST" else ()
    form = DecisionForm(*asked, initial={"version": suspensions.version(held)})
    lead = f"Elle prend la place de «\xa0{held.document_name}\xa0»." if held.document_name else ""
    page = _page("Joindre la décision", slug, held, lead=lead)

    def write() -> str:
        file = form.cleaned_data["file"]
        seen = form.cleaned_data["version"]
        suspensions.attach(held, file.name[:200], file.read(), seen=seen, by=request.user)
        return f"La décision est jointe à la suspension\xa0: {held}."

    return ask(request, page, form, write, last=_last(held))


@require_safe
def suspension_document(request: AgentRequest, slug: str, suspension: int) -> HttpResponse:
    """The PDF of the decision, for whoever may read what it explains."""
    held = _suspension(enter(request, slug), suspension)
    if not held.stored_as:
        raise Http404
    try:
        body = files.read(held.stored_as, held.sha256)
    except files.LostError:
        return downloads.lost(request)
    trace.record(request, TraceEntry.Event.READ, f"Décision de suspension\xa0: {held}")
    response = HttpResponse(body, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="decision-de-suspension-{held.pk}.pdf"'
    return response


def _suspensions(prefecture: Prefecture) -> QuerySet[Suspension]:
    told = ("prefecture", "unit", "site__unit", "service__unit", "indicator__engagement")
    return Suspension.objects.filter(prefecture=prefecture).select_related(*told)


def _suspension(access: Access, pk: int) -> Suspension:
    return get_object_or_404(_suspensions(access.prefecture), pk=pk)


def _indicators(prefecture: Prefecture, own: Indicator | None = None) -> QuerySet[Indicator]:
    """Those that the préfecture follows this year, and the suspension's own, which may be over."""
    followed = Indicator.objects.followed_by(prefecture, prefecture.today().year)
    chosen = Q(pk__in=followed) | Q(pk=own.pk if own else None)
    return Indicator.objects.filter(chosen).select_related("engagement").order_by("engagement", "position")


def _terms(held: Suspension) -> Terms:
    names = ("first_month", "last_month", "reason", "decided_on", "indicator")
    place = held.unit or held.site or held.service
    return Terms(**{name: getattr(held, name) for name in names}, place=place)


def _consequence(prefecture: Prefecture, form: SuspensionForm) -> Callable[[], tuple[str, int]]:
    def say() -> tuple[str, int]:
        terms = form.terms
        count = suspensions.left_out(prefecture, terms)
        said = Suspension(prefecture=prefecture, **terms.fields).sentence
        if not count:
            return f"{said} Aucun chiffre n’a été saisi pour ces mois. Ils ne seront plus attendus.", 0
        figures = f"{count} chiffres déjà saisis" if count > 1 else "un chiffre déjà saisi"
        stay = "restent enregistrés, mais ne comptent" if count > 1 else "reste enregistré, mais ne compte"
        return f"{said} Cela laisse de côté {figures}, qui {stay} plus dans aucun résultat.", count

    return say


def _last(held: Suspension) -> Callable[[], list[Event]]:
    return lambda: history.of_suspension(held)


def _page(title: str, slug: str, held: Suspension, *, lead: str = "", submit: str = "Enregistrer") -> Page:
    return Page(title, str(held), reverse("suspension", args=[slug, held.pk]), lead=lead, submit=submit)
