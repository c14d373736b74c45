"""What a préfecture follows, page by page: référentiels and perimeter, a module, the targets of a year."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from referentiel import follow, measured, yearly
from referentiel.changes import Moment
from referentiel.forms import FIRST_YEAR, LAST_YEAR, DayForm, YearForm, YearSourceForm, YearTargetForm
from referentiel.models import EARLIEST_FIRST, Module, Perimeter, Referentiel, Target
from sites.access import Action, AgentRequest, enter
from sites.asking import asks_first, sent
from sites.conflicts import RefusedError
from sites.filling import say


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
    indicators = list(measured.possible(shown.pk, access.prefecture))
    perimeters = [(row, measured.in_words(indicators, row.measured)) for row in ordered]
    return render(
        request,
        "referentiel/module.html",
        {"prefecture": access.prefecture, "module": shown, "perimeters": perimeters, "on": access.on},
    )


@require_safe
def targets(request: AgentRequest, slug: str) -> HttpResponse:
    """What the préfecture must reach in a year, indicator by indicator, and who says so."""
    access = enter(request, slug, Action.READ)
    form = YearForm({"annee": request.GET.get("annee") or access.on.year})
    year = (form.cleaned_data["annee"] if form.is_valid() else None) or access.on.year
    aims = follow.aims(access.prefecture, year)
    return render(
        request,
        "referentiel/targets.html",
        {
            "prefecture": access.prefecture,
            "form": form,
            "year": year,
            "aims": aims,
            "of_year": len(yearly.of_year(aims, year)),
            "left": len(yearly.left(access.prefecture, year)) if access.may_adapt_norm else 0,
        },
    )


@require_POST
def targets_take_over(request: AgentRequest, slug: str, year: int) -> HttpResponse:
    """Set for a year what the préfecture had set itself for the year before."""
    access = enter(request, slug, Action.ADAPT_NORM)
    _possible(year)
    try:
        count = yearly.take_over(access.prefecture, year)
    except RefusedError as refused:
        messages.warning(request, str(refused))
        return redirect(_targets_of(slug, year))
    many = "s" if count > 1 else ""
    if count:
        say(
            request,
            f"{count} objectif{many} repris de {year - 1} pour {year}. Les voici, à changer ou à garder.",
        )
    else:
        messages.info(request, f"Il n’y avait aucun objectif de {year - 1} à reprendre.")
    return redirect("own_targets_year", slug, year)


@asks_first
def targets_of_year(request: AgentRequest, slug: str, year: int) -> HttpResponse:
    """All the targets that the préfecture sets itself for a year, to change in one go."""
    access = enter(request, slug, Action.ADAPT_NORM)
    _possible(year)
    aims = follow.aims(access.prefecture, year)
    own = yearly.of_year(aims, year)
    before = {aim.indicator.pk: aim.target for aim in follow.aims(access.prefecture, year - 1)}
    seen = yearly.versions(own)
    since: Mapping[int, list[Moment]] = {}
    status = 200
    source = YearSourceForm(sent(request))
    forms = _forms(own, seen, sent(request))
    # Somebody removed a target, or gave it other dates, while it was typed here.
    is_lost = any(key.endswith("-seen") and key.split("-")[0] not in map(str, forms) for key in request.POST)
    if is_lost:
        status = 409
    elif request.method == "POST" and all([source.is_valid(), *(form.is_valid() for form in forms.values())]):
        typed = [yearly.Typed(form.instance, form.cleaned_data["seen"]) for form in forms.values()]
        try:
            count = yearly.change(access.prefecture, typed, source=source.cleaned_data["source"])
        except RefusedError as refused:
            source.add_error("source", str(refused))
        except yearly.ConflictsError as conflict:
            since, status = conflict.since, 409
            # What was typed stays; sending it again is now deliberate.
            latest = {f"{pk}-seen": str(number) for pk, number in yearly.versions(own).items() if pk in since}
            fresh = yearly.of_year(follow.aims(access.prefecture, year), year)
            forms = _forms(fresh, seen, request.POST.dict() | latest)
        else:
            changed = {0: "rien n’a changé", 1: "un objectif changé"}.get(count, f"{count} objectifs changés")
            say(request, f"Objectifs locaux de {year}\xa0: {changed}.")
            return redirect(_targets_of(slug, year))
    return render(
        request,
        "referentiel/targets_year.html",
        {
            "prefecture": access.prefecture,
            "year": year,
            "source": source,
            "lines": [
                (aim, before.get(aim.indicator.pk), forms.get(aim.own.pk if aim.own else 0)) for aim in aims
            ],
            "is_editable": bool(forms),
            "is_refused": bool(source.errors) or any(form.errors for form in forms.values()),
            "is_lost": is_lost,
            "conflicts": [
                (form.instance.indicator.title, since[pk]) for pk, form in forms.items() if pk in since
            ],
        },
        status=status,
    )


def _forms(targets: list[Target], seen: dict[int, int], data: Any) -> dict[int, YearTargetForm]:
    return {
        target.pk: YearTargetForm(
            data, instance=target, prefix=str(target.pk), initial={"seen": seen.get(target.pk, 0)}
        )
        for target in targets
    }


def _possible(year: int) -> None:
    if not FIRST_YEAR < year <= LAST_YEAR:
        raise Http404


def _targets_of(slug: str, year: int) -> str:
    return f"{reverse('own_targets', args=[slug])}?annee={year}"
