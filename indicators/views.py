from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from indicators import comparison, drawn, results
from indicators.forms import BoardFilters, PeriodChoice
from indicators.periods import FIRST_YEAR, Period
from referentiel.models import Indicator
from sheets import writing
from sites import lists
from sites.access import Access, AgentRequest, enter


def possible(access: Access, year: int) -> int:
    """A year that has begun where the préfecture is, since this kind of label exists."""
    if not FIRST_YEAR <= year <= access.on.year:
        raise Http404
    return year


def has_begun(access: Access, period: Period) -> bool:
    """Whether there may be figures of a period; of twelve rolling months, once the last one has begun."""
    begins = period.last if period.is_rolling else period.first
    return period.first.year >= FIRST_YEAR and begins <= access.on


def within(access: Access, period: Period) -> Period:
    if not has_begun(access, period):
        raise Http404
    return period


def month_of_address(access: Access, month: str) -> Period:
    """« 2020-03 » in an address: a month that has begun; 404 otherwise."""
    try:
        period = Period.parse(month)
    except ValueError as error:
        raise Http404 from error
    if period.length != 1:
        raise Http404
    return within(access, period)


def address(slug: str, period: Period) -> str:
    """The board of a period."""
    if period.is_year:
        return reverse("board", args=[slug, period.first.year])
    return reverse("board_period", args=[slug, period])


@require_safe
def board_latest(request: AgentRequest, slug: str) -> HttpResponse:
    """The board of the period that was chosen; without a choice, of the latest year that has figures."""
    access = enter(request, slug)
    choice = PeriodChoice(request.GET, on=access.on)
    if choice.period and has_begun(access, choice.period):
        return redirect(address(slug, choice.period))
    if choice.period:
        messages.info(request, f"Cette période n’a pas encore de chiffres\xa0: {choice.period.label}.")
    years = results.years(access.prefecture)
    return redirect("board", slug, years[0] if years else access.on.year)


@require_safe
def board(request: AgentRequest, slug: str, year: int) -> HttpResponse:
    """The results of a year, as the printed table: bands of themes, a group of columns per unit."""
    access = enter(request, slug)
    return _board(request, slug, Period.year(possible(access, year)))


@require_safe
def board_period(request: AgentRequest, slug: str, period: Period) -> HttpResponse:
    """The results of a half-year, a quarter, a month or twelve rolling months."""
    return _board(request, slug, within(enter(request, slug), period))


def _board(request: AgentRequest, slug: str, period: Period) -> HttpResponse:
    access = request.access
    whole = results.of_period(access.prefecture, period, units=access.units)
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
            "period": period,
            "choice": PeriodChoice.of(period, on=access.on),
            "neighbours": _neighbours(access, slug, period),
            "bands": drawn.bands(selection.bands),
            "selection": selection,
            "filters": filters,
            "is_filtered": filters.is_used,
            "kinds": lists.KIND_LABELS,
            "columns": [(unit, whole.notes_on(unit)) for unit in selection.units],
            "width": 2 + 3 * len(selection.units),
            "table_notes": whole.notes_on(None),
            "years": [] if whole.has_figures else results.years(access.prefecture),
            "on": access.on,
            "board_url": address(slug, period),
        },
    )


@require_safe
def comparison_year(request: AgentRequest, slug: str, year: int, indicator: int) -> HttpResponse:
    """One indicator of a year, unit beside unit."""
    access = enter(request, slug)
    return _compare(request, slug, Period.year(possible(access, year)), indicator)


@require_safe
def comparison_period(request: AgentRequest, slug: str, period: Period, indicator: int) -> HttpResponse:
    """One indicator of a shorter period, unit beside unit."""
    return _compare(request, slug, within(enter(request, slug), period), indicator)


def _compare(request: AgentRequest, slug: str, period: Period, indicator: int) -> HttpResponse:
    found = comparison.of(request.access, get_object_or_404(Indicator, pk=indicator), period)
    if found is None:
        raise Http404
    context = {"slug": slug, "period": period, "comparison": found, "line": found.line}
    return render(request, "indicators/comparison.html", context | {"board_url": address(slug, period)})


def _neighbours(access: Access, slug: str, period: Period) -> list[tuple[str, str, str]]:
    """The periods before and after, as far as there are some: their address, their label, their direction."""
    beside = ((period.previous, "left"), (period.next, "right"))
    return [(address(slug, one), one.label, side) for one, side in beside if has_begun(access, one)]
