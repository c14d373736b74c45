"""The work lists of the register: read, given to a service, kept under a name."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from complaints import keeping, register, worklists
from complaints.forms_lists import AssignForm, KeepForm, TitleForm, ticked
from complaints.models import Case, KeptList
from complaints.steps import is_just_given
from complaints.tables import CaseFilters, CaseTable
from complaints.worklists import BY_SLUG, WORKLISTS, Worklist
from sites import closures, lists
from sites.access import Access, Action, AgentRequest, enter
from sites.asking import asks_first, sent
from sites.conflicts import ConflictError, RefusedError
from sites.filling import say
from sites.models import Service

SHOWN = ("prefecture", "unit", "service", "asked_service")
TITLE = "Courriers et réclamations"


@require_safe
def cases(request: AgentRequest, slug: str) -> HttpResponse:
    return _shown(request, slug, worklists.TODO)


@require_safe
def cases_in(request: AgentRequest, slug: str, worklist: str) -> HttpResponse:
    """One of the work lists."""
    if worklist not in BY_SLUG:
        enter(request, slug, Action.READ_CASES)
        raise Http404
    return _shown(request, slug, BY_SLUG[worklist])


def _shown(request: AgentRequest, slug: str, worklist: Worklist) -> HttpResponse:
    """At most eight queries, those of who is signed in included."""
    access = enter(request, slug, Action.READ_CASES)
    visible = Case.objects.visible_to(request.user, access)
    filters = CaseFilters(request.GET, queryset=visible, request=request)
    counts = worklists.counted(filters.qs, access.on)
    handles = access.may_handle_cases
    context = {
        "slug": slug,
        "worklist": worklist,
        "tabs": [(each, counts.of[each]) for each in WORKLISTS],
        "kept_lists": request.user.kept_case_lists.filter(prefecture=access.prefecture) if handles else [],
        "keep_form": KeepForm(initial={"worklist": worklist.slug, "query": request.GET.urlencode()}),
    }
    return lists.show(
        request,
        "complaints/cases.html",
        table=CaseTable,
        rows=worklist.of(filters.qs, access.on).select_related(*SHOWN).defer("text", "searchable"),
        filters=filters,
        count=counts.of[worklist],
        title=f"{TITLE}, {worklist.label.lower()}",
        context=context,
        order_by=worklist.order,
        empty_text=counts.emptiness(worklist),
        on=access.on,
        days=closures.calendar(access.prefecture),
        is_handled=(lambda case: case.is_handled_by(access)) if handles else None,
    )


# --- given to a service ------------------------------------------------------------------------------------


@asks_first
def cases_assign(request: AgentRequest, slug: str) -> HttpResponse:
    """« ?cases=12-3&cases=15-1 »: the cases that were ticked, each in the version that was seen. All are
    given to one service, or none."""
    access = enter(request, slug, Action.HANDLE_CASES)
    asked = request.POST if request.method == "POST" else request.GET
    here = reverse("cases", args=[slug])
    back = asked["retour"] if asked.get("retour", "").startswith(here) else here
    seen = ticked(asked.getlist("cases")[: lists.PER_PAGE])
    rows = _handled(request, access, seen)
    given = _just_given(request, access, seen.keys() - {row.pk for row in rows}, seen)
    if len(rows) + given != len(seen):
        raise Http404
    if given and not rows:
        return HttpResponseRedirect(back)
    prefecture = access.prefecture
    services = Service.objects.filter(unit__prefecture=prefecture).open_on(access.on)
    services = services.select_related("unit").order_by("name")
    form = AssignForm(sent(request), units=prefecture.units.all(), services=services)
    context: dict[str, Any] = {"slug": slug, "form": form, "back": back, "conflict": ""}
    status = 200
    if rows and form.is_valid():
        unit, service = form.cleaned_data["place"]
        remark = form.cleaned_data["remark"]
        try:
            moved = register.assign(
                rows, unit=unit, service=service, by=request.user, on=access.on, seen=seen, remark=remark
            )
        except RefusedError as refused:
            form.add_error(None, str(refused))
        except ConflictError as conflict:
            rows = _handled(request, access, seen)
            context["conflict"] = f"L’affaire {conflict.saved} a changé entre-temps."
            status = 409
        else:
            say(request, _told(len(moved), service.name if service else unit.name))
            return HttpResponseRedirect(back)
    context["rows"] = [case for case in rows if case.is_open]
    return render(request, "complaints/cases_assign.html", context, status=status)


def _handled(request: AgentRequest, access: Access, seen: dict[int, int]) -> list[Case]:
    rows = Case.objects.visible_to(request.user, access, Action.HANDLE_CASES).filter(pk__in=seen)
    return list(rows.select_related(*SHOWN).defer("text", "searchable"))


def _just_given(request: AgentRequest, access: Access, gone: Iterable[int], seen: dict[int, int]) -> int:
    """How many of those that the agent handles no more are there because the agent has just given them away,
    and sends them once more by a double click."""
    rows = Case.objects.filter(prefecture=access.prefecture, pk__in=gone)
    place = request.POST.get("place", "")
    return sum(is_just_given(row, place, seen=str(seen[row.pk]), by=request.user) for row in rows)


def _told(number: int, place: str) -> str:
    match number:
        case 0:
            return f"Rien n’a changé\xa0: ces affaires étaient déjà confiées à «\xa0{place}\xa0»."
        case 1:
            return f"Une affaire est confiée à «\xa0{place}\xa0»."
    return f"{number} affaires sont confiées à «\xa0{place}\xa0»."


# --- kept under a name -------------------------------------------------------------------------------------


@asks_first
def kept_lists(request: AgentRequest, slug: str) -> HttpResponse:
    """The agent's own; sent, one more."""
    access = enter(request, slug, Action.HANDLE_CASES)
    form = KeepForm(sent(request))
    if form.is_valid():
        said = form.cleaned_data
        worklist = BY_SLUG.get(said["worklist"], worklists.TODO)
        query = _query_in(request, said["query"])
        try:
            kept = keeping.keep(request.user, access.prefecture, said["title"], worklist, query)
        except ValidationError as refused:
            form.add_error(None, refused.messages)
        else:
            say(request, "La vue est gardée au-dessus de la liste.")
            return redirect(reverse("cases_in", args=[slug, kept.worklist]) + kept.address)
    return _kept(request, access, form if form.is_bound else None)


@require_POST
def kept_list(request: AgentRequest, slug: str, kept: int) -> HttpResponse:
    """Another name for it."""
    access = enter(request, slug, Action.HANDLE_CASES)
    held = get_object_or_404(_own(request, access), pk=kept)
    form = TitleForm(request.POST, auto_id=_ids_of(kept))
    if form.is_valid():
        try:
            keeping.rename(held, form.cleaned_data["title"])
        except ValidationError as refused:
            form.add_error("title", refused.messages)
        else:
            say(request, "La vue a changé de nom.")
            return redirect("kept_lists", slug)
    return _kept(request, access, None, {kept: form})


@require_POST
def kept_list_remove(request: AgentRequest, slug: str, kept: int) -> HttpResponse:
    access = enter(request, slug, Action.HANDLE_CASES)
    get_object_or_404(_own(request, access), pk=kept).delete()
    say(request, "La vue est retirée. Les affaires qu’elle montrait n’ont pas changé.")
    return redirect("kept_lists", slug)


def _kept(
    request: AgentRequest,
    access: Access,
    keep_form: KeepForm | None,
    refused: Mapping[int, TitleForm] | None = None,
) -> HttpResponse:
    forms = dict(refused or {})
    rows = []
    for kept in _own(request, access):
        form = forms.get(kept.pk) or TitleForm(initial={"title": kept.title}, auto_id=_ids_of(kept.pk))
        rows.append((kept, BY_SLUG[kept.worklist].label, form))
    context = {"slug": access.prefecture.slug, "rows": rows, "keep_form": keep_form}
    return render(request, "complaints/kept_lists.html", context)


def _ids_of(kept: int) -> str:
    """A page holds the form of each view."""
    return f"vue-{kept}-%s"


def _own(request: AgentRequest, access: Access) -> QuerySet[KeptList]:
    kept = KeptList.objects.filter(agent=request.user, prefecture=access.prefecture)
    return kept.select_related("prefecture")


def _query_in(request: AgentRequest, typed: str) -> dict[str, str]:
    """The filters and the order of an address, without what means nothing. Words that were searched may name
    somebody: they are kept nowhere."""
    asked = QueryDict(typed)
    form = CaseFilters(asked, queryset=Case.objects.none(), request=request).form
    form.is_valid()
    query = {name: asked[name] for name, value in form.cleaned_data.items() if value and name != "q"}
    if asked.get("sort", "").removeprefix("-") in CaseTable.SORTS:
        query["sort"] = asked["sort"]
    return query
