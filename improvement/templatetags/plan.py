"""For pages of lower apps that show what is done about what they show."""

from collections.abc import Sequence

from django import template

from improvement.models import Action
from indicators.collection import Cell
from sites.access import Access
from sites.models import Agent

register = template.Library()


@register.simple_tag
def actions_on(cell: Cell, agent: Agent, access: Access) -> Sequence[Action]:
    """The actions that a figure has called for, as far as the agent may see them; the latest first."""
    visible = Action.objects.visible_to(agent, access).select_related("owner")
    return list(visible.filter(indicator=cell.indicator, unit=cell.unit, first_month_on__year=cell.year))
