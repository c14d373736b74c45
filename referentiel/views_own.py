"""What a préfecture follows, page by page: référentiels and perimeter, a module, the targets of a year."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from referentiel import follow
from referentiel.forms import DayForm, YearForm
from referentiel.models import EARLIEST_FIRST, Module, Perimeter, Referentiel
from sites.access import Action, AgentRequest, enter


@require_safe
def followed(request: AgentRequest, slug: str) -> HttpResponse:
    """Which référentiels the préfecture follows, and who keeps them on a day: today, unless one is chosen."""
    access = enter(request, slug, Action.READ)
    form = DayForm({"jour": request.GET.get("jour") or access.on.isoformat()})
    on = (form.cleaned_data["jour"] if form.is_valid() else None) or access.on
    adoptions = access.prefecture.adoptions.select_related("referentiel")
    return render(
        request,
        "referentiel/followed.html",
        {
            "prefecture": access.prefecture,
            "form": form,
            "on": on,
            "adoptions": adoptions.order_by(EARLIEST_FIRST, "pk"),
            "matrices": follow.matrices(access.prefecture, on),
            "referentiels": Referentiel.objects.all(),
            "has_services": access.prefecture.units.filter(services__isnull=False).exists(),
        },
    )


@require_safe
def module(request: AgentRequest, slug: str, pk: int) -> HttpResponse:
    """Who keeps a module, with dates and restrictions: what was, what is, what will be."""
    access = enter(request, slug, Action.READ)
    shown = get_object_or_404(Module.objects.select_related("referentiel"), pk=pk)
    rows = Perimeter.objects.filter(module=shown, service__unit__prefecture=access.prefecture)
    ordered = rows.select_related("service__unit").order_by(
        "service__unit__position", "service__unit", "service__short_name", EARLIEST_FIRST
    )
    return render(
        request,
        "referentiel/module.html",
        {"prefecture": access.prefecture, "module": shown, "perimeters": ordered, "on": access.on},
    )


@require_safe
def targets(request: AgentRequest, slug: str) -> HttpResponse:
    """What the préfecture must reach in a year, indicator by indicator, and who says so."""
    access = enter(request, slug, Action.READ)
    form = YearForm({"annee": request.GET.get("annee") or access.on.year})
    year = (form.cleaned_data["annee"] if form.is_valid() else None) or access.on.year
    return render(
        request,
        "referentiel/targets.html",
        {
            "prefecture": access.prefecture,
            "form": form,
            "year": year,
            "aims": follow.aims(access.prefecture, year),
        },
    )
