"""The « flash info » of each month: read by every agent, prepared and published by the quality manager."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from indicators.periods import month_of, of_month, shifted
from indicators.views import month_of_address
from publications import flash as flashes
from publications.forms import FlashForm
from publications.models import Flash
from publications.tables import FlashTable
from sites import lists, trace
from sites.access import Action, AgentRequest, enter
from sites.asking import asks_first, sent
from sites.conflicts import RefusedError
from sites.models import TraceEntry


@require_safe
def flash_list(request: AgentRequest, slug: str) -> HttpResponse:
    """One line a month, its last edition."""
    access = enter(request, slug)
    return lists.show(
        request,
        "publications/flashes.html",
        table=FlashTable,
        rows=Flash.objects.shown().filter(prefecture=access.prefecture).select_related("prefecture"),
        title="Flash info",
        context={"slug": slug, "next": f"{shifted(month_of(access.on), -1):%Y-%m}"},
    )


@require_safe
def flash(request: AgentRequest, slug: str, month: str) -> HttpResponse:
    """What the agents read of a month: its last edition."""
    access = enter(request, slug)
    editions = Flash.objects.filter(prefecture=access.prefecture, month=month_of_address(access, month).first)
    return _page(request, slug, get_object_or_404(editions[:1]))


@require_safe
def edition(request: AgentRequest, slug: str, month: str, edition: int) -> HttpResponse:
    """An edition, also one that a later one has replaced, and says so."""
    access = enter(request, slug)
    first = month_of_address(access, month).first
    return _page(
        request,
        slug,
        get_object_or_404(Flash, prefecture=access.prefecture, month=first, edition=edition),
    )


def _page(request: AgentRequest, slug: str, held: Flash) -> HttpResponse:
    same = Flash.objects.filter(prefecture=held.prefecture_id, month=held.month)
    others = list(same.exclude(pk=held.pk).defer("content"))
    context = {
        "slug": slug,
        "flash": held,
        "data": held.data,
        "others": others,
        "replaced_by": next((one for one in others if one.edition > held.edition), None),
    }
    return render(request, "publications/flash.html", context)


@asks_first
def prepare(request: AgentRequest, slug: str, month: str) -> HttpResponse:
    """Read what will be sent, then publish it. A refusal keeps what was typed."""
    access = enter(request, slug, Action.PUBLISH)
    period = month_of_address(access, month)
    last = flashes.latest(access.prefecture, period.first)
    form = FlashForm(sent(request), is_correction=last is not None)
    if form.is_valid():
        said = form.cleaned_data
        try:
            held = flashes.publish(
                access.prefecture,
                period.first,
                by=request.user,
                read=said["read"],
                correction=said.get("correction", ""),
            )
        except RefusedError as refused:
            form.add_error(None, str(refused))
        else:
            trace.record(request, TraceEntry.Event.WROTE, f"{held}, publié")
            messages.success(
                request,
                f"Le flash info {of_month(period.first)} est publié\xa0: chaque agent peut le lire, et "
                "il part par courriel aux directions.",
            )
            return redirect("flash", slug, month)
    content = flashes.assemble(access.prefecture, period.first)
    context = {
        "slug": slug,
        "period": period,
        "of_month": of_month(period.first),
        "content": content,
        "data": content.as_data,
        "read": content.sha256,
        "last": last,
        "form": form,
        "directors": flashes.directors(access.prefecture),
    }
    return render(request, "publications/flash_prepare.html", context)
