"""A case, read like a file."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from complaints.models import Case
from sites import trace
from sites.access import Access, Action, AgentRequest, enter
from sites.models import TraceEntry


@require_safe
def case(request: AgentRequest, slug: str, year: int, number: int) -> HttpResponse:
    access = enter(request, slug, Action.READ_CASES)
    held = _case(request, access, year, number)
    trace.record(request, TraceEntry.Event.READ, f"Affaire {held}")
    return render(request, "complaints/case.html", {"slug": slug, "case": held})


def _case(request: AgentRequest, access: Access, year: int, number: int) -> Case:
    visible = Case.objects.visible_to(request.user, access)
    related = ("prefecture", "unit", "site", "service", "asked_service", "theme", "requester", "rule")
    return get_object_or_404(visible.select_related(*related), year=year, number=number)
