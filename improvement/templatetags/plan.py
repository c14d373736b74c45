"""For pages of lower apps that show what is done about what they show."""

from collections.abc import Sequence
from typing import Any

from django import template
from django.db.models import Q
from django.template import Context

from complaints.models import Example
from improvement import origins
from improvement.models import Action
from indicators.months import Months
from indicators.synthesis import Line, Synthesis
from sites.access import Access
from sites.models import Agent

register = template.Library()


@register.simple_tag
def actions_on(months: Months, agent: Agent, access: Access) -> Sequence[Action]:
    """The actions that a figure, or one of a part of its months, has called for, as far as the agent may see
    them; the latest first."""
    visible = Action.objects.visible_to(agent, access).select_related("owner")
    own = visible.filter(indicator=months.indicator, unit=months.unit)
    return list(own.filter(first_month_on__lte=months.period.last, last_month_on__gte=months.period.first))


@register.inclusion_tag("improvement/_of_origin.html", takes_context=True)
def actions_from(context: Context, row: origins.Row) -> dict[str, Any]:
    """The actions that a row of the register has called for, as far as the agent may see them; and where who
    manages the plan opens another."""
    access: Access = context["access"]
    return {
        "opened": row.actions.visible_to(context["user"], access).select_related("owner"),
        "new_url": origins.new_url(row, access) if access.may_manage_plan else "",
        "slug": access.prefecture.slug,
    }


@register.simple_tag
def told_by_theme(
    synthesis: Synthesis, agent: Agent, access: Access
) -> list[tuple[Line, Sequence[Example], list[Action]]]:
    """The themes of which something is told: examples, and the actions that the agent may see, of the units
    that are told or of none."""
    own = Q(unit=None) | Q(unit__in=[line.key for line in synthesis.units.lines])
    visible = Action.objects.visible_to(agent, access).on_complaints(synthesis.period).filter(own)
    actions: dict[int | None, list[Action]] = {}
    for action in visible.select_related("case").order_by("due_on", "number"):
        theme = action.case.theme_id if action.case else action.theme_id
        actions.setdefault(theme, []).append(action)
    examples = synthesis.examples
    told = ((one, examples.get(one.key, ()), actions.get(one.key, [])) for one in synthesis.themes.lines)
    return [one for one in told if one[1] or one[2]]
