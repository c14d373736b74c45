"""The work list of the register."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from complaints.models import Case
from complaints.tables import CaseTable
from sites import lists
from sites.access import Action, AgentRequest, enter


@require_safe
def cases(request: AgentRequest, slug: str) -> HttpResponse:
    access = enter(request, slug, Action.READ_CASES)
    rows = Case.objects.visible_to(request.user, access).select_related("prefecture", "unit")
    return lists.show(
        request,
        "complaints/cases.html",
        table=CaseTable,
        rows=rows,
        title="Registre",
        context={"slug": slug},
    )
