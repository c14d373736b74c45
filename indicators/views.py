from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from indicators import drawn, results
from indicators.forms import BoardFilters
from sheets import writing
from sites import access, lists
from sites.access import Access, AgentRequest

FIRST_YEAR = 2000


def possible(access: Access, year: int) -> int:
    """A year that has begun where the préfecture is, since this kind of label exists."""
    if not FIRST_YEAR <= year <= access.on.year:
        raise Http404
    return year


@require_safe
def board_latest(request: AgentRequest, slug: str) -> HttpResponse:
    """The board of the latest year that has figures."""
    prefecture = access.enter(request, slug).prefecture
    years = results.years(prefecture)
    return redirect("board", slug, years[0] if years else prefecture.today().year)


@require_safe
def board(request: AgentRequest, slug: str, year: int) -> HttpResponse:
    """The results of a year, as the printed table: bands of themes, a group of columns per unit."""
    entered = access.enter(request, slug)
    possible(entered, year)
    whole = results.of_year(entered.prefecture, year, units=entered.units)
    themes = [band.theme for band in whole.bands]
    filters = BoardFilters(request.GET, themes=themes, units=whole.units)
    selection = filters.selection(whole)
    kind = request.GET.get("export", "")
    if kind in writing.KINDS:
        return lists.file_response(request, selection.sheet, kind)
    return render(
        request,
        "indicators/board.html",
        {
            "slug": slug,
            "board": whole,
            "bands": drawn.bands(selection.bands),
            "selection": selection,
            "filters": filters,
            "is_filtered": filters.is_used,
            "kinds": lists.KIND_LABELS,
            "columns": [(unit, whole.notes_on(unit)) for unit in selection.units],
            "width": 2 + 3 * len(selection.units),
            "table_notes": whole.notes_on(None),
            "year": year,
            "year_before": year - 1,
            "year_after": year + 1 if year < entered.on.year else None,
            "years": [] if whole.has_figures else results.years(entered.prefecture),
            "is_provisional": year >= entered.on.year,
            "on": entered.on,
        },
    )
