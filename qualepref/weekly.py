"""The weekly point for the comité de direction: what is red, what is late, on one sheet."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from improvement.models import Action as Step
from indicators import briefing
from indicators.periods import month_of, shifted
from sites.access import Action, AgentRequest, enter


@require_safe
def weekly_point(request: AgentRequest, slug: str) -> HttpResponse:
    """The last month that is over, and the actions whose day has passed."""
    access = enter(request, slug, Action.READ_PLAN)
    actions = Step.objects.visible_to(request.user, access).late(access.on).most_urgent_first()
    context = {
        "slug": slug,
        "brief": briefing.of(access, shifted(month_of(access.on), -1)),
        "actions": actions.select_related("owner", "unit"),
        "on": access.on,
    }
    return render(request, "weekly_point.html", context)
