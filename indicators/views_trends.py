"""How results change over the years: every indicator at a glance, and each with its chart."""

from itertools import groupby

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from indicators import results
from indicators.forms import PartFilters
from indicators.trends import Trend
from referentiel.models import Indicator
from sites.access import AgentRequest, enter


@require_safe
def trends(request: AgentRequest, slug: str) -> HttpResponse:
    """Every indicator that has figures, unit by unit, year by year."""
    access = enter(request, slug)
    every = [Trend(course) for course in results.over_years(access.prefecture, access.units)]
    units = list(dict.fromkeys(unit for trend in every for unit, _ in trend.rows))
    filters = PartFilters(request.GET, themes=[trend.theme for trend in every], units=units)
    theme, unit = filters.chosen_theme, filters.chosen_unit(units)
    shown = [
        (trend, rows)
        for trend in every
        if theme in (None, trend.theme) and (rows := [row for row in trend.rows if unit in (None, row[0])])
    ]
    bands = [(name, list(of_theme)) for name, of_theme in groupby(shown, key=lambda one: one[0].theme)]
    years = every[0].course.years if every else []
    context = {"slug": slug, "bands": bands, "years": years, "filters": filters, "width": len(years) + 2}
    return render(request, "indicators/trends.html", context | {"has_figures": bool(every)})


@require_safe
def trend(request: AgentRequest, slug: str, indicator: int) -> HttpResponse:
    """One indicator: its chart, and the table of what is drawn."""
    access = enter(request, slug)
    shown = get_object_or_404(Indicator, pk=indicator)
    courses = results.over_years(access.prefecture, access.units, indicator=shown)
    if not courses:
        raise Http404
    context = {"slug": slug, "trend": Trend(courses[0]), "prefecture": access.prefecture}
    return render(request, "indicators/trend.html", context)
