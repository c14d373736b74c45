from django.http import HttpResponse
from django.views.decorators.http import require_safe

from sites import agents, lists
from sites.access import Action, AgentRequest, administer, enter
from sites.models import TraceEntry
from sites.tables import JournalFilters, JournalTable


@require_safe
def journal(request: AgentRequest, slug: str) -> HttpResponse:
    """Who signed in, read, exported and was refused what in the préfecture."""
    prefecture = enter(request, slug, Action.READ_TRACE).prefecture
    return lists.show(
        request,
        "sites/journal.html",
        table=JournalTable,
        rows=agents.named(TraceEntry.objects.filter(prefecture=prefecture)),
        filters=JournalFilters,
        title="Journal",
        context={"is_of_the_installation": False},
    )


@require_safe
def installation_journal(request: AgentRequest) -> HttpResponse:
    """The same for what happened in no préfecture: administrators, closed accounts, unknown addresses."""
    administer(request)
    return lists.show(
        request,
        "sites/journal.html",
        table=JournalTable,
        rows=agents.named(TraceEntry.objects.filter(prefecture=None)),
        filters=JournalFilters,
        title="Journal de l’installation",
        context={"is_of_the_installation": True},
    )
