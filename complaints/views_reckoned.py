"""The due dates that moved with the calendar or a rule."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from complaints.models import Case, Event
from complaints.tables_reckoned import ReckonedTable
from sites import lists
from sites.access import Action, AgentRequest, enter


@require_safe
def cases_reckoned(request: AgentRequest, slug: str) -> HttpResponse:
    access = enter(request, slug, Action.READ_CASES)
    visible = Case.objects.visible_to(request.user, access)
    rows = Event.objects.filter(kind=Event.Kind.RECKONED, case__in=visible)
    return lists.show(
        request,
        "complaints/reckoned.html",
        table=ReckonedTable,
        rows=rows.select_related("case__prefecture", "case__unit"),
        title="Échéances recalculées",
        context={"slug": slug},
    )
