"""The pages of the organisation: the préfectures of the installation; a préfecture's sheet, units, sites and
closures. Those of its services are in `sites.views_services`."""

from collections.abc import Callable

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from sites import closures, lists, organisation, overview
from sites.access import Action, AgentRequest, administer, enter
from sites.asking import asks_first
from sites.filling import Page, delete, fill_in, say
from sites.forms_organisation import (
    ClosureForm,
    InstalledPrefectureForm,
    PrefectureForm,
    SiteForm,
    UnitForm,
    VersionedForm,
)
from sites.models import Closure, Prefecture, Site, Unit
from sites.tables_organisation import (
    DaysOffTable,
    PrefecturesFilters,
    PrefecturesTable,
    SitesFilters,
    SitesTable,
    UnitsFilters,
    UnitsTable,
)
from sites.workdays import YEARS, ZONE_LABELS

# --- The installation --------------------------------------------------------------------------------------


@require_safe
def prefectures(request: AgentRequest) -> HttpResponse:
    administer(request)
    return lists.show(
        request,
        "sites/prefectures.html",
        table=PrefecturesTable,
        rows=Prefecture.objects.all(),
        filters=PrefecturesFilters,
        title="Préfectures",
    )


@asks_first
def prefecture_new(request: AgentRequest) -> HttpResponse:
    administer(request)
    page = Page("Ajouter une préfecture", "Préfectures", reverse("prefectures"), submit="Créer la préfecture")

    def create(form: VersionedForm) -> HttpResponse:
        organisation.propose(form.instance)
        row = organisation.save(form.instance)
        say(request, f"{row.name} est créée. Invitez sa personne responsable de la qualité.", prefecture=row)
        return redirect("organisation", row.slug)

    return fill_in(request, InstalledPrefectureForm, Prefecture(zone="", time_zone=""), page, create)


@asks_first
def installation_prefecture(request: AgentRequest, slug: str) -> HttpResponse:
    administer(request)
    row = get_object_or_404(Prefecture, slug=slug)
    page = Page(f"Corriger {row.name}", "Préfectures", reverse("prefectures"))

    def save(form: VersionedForm) -> HttpResponse:
        organisation.save(form.instance, seen=form.cleaned_data["seen"])
        say(request, f"{row.name} est enregistrée.", prefecture=row)
        return redirect("prefectures")

    return fill_in(request, InstalledPrefectureForm, row, page, save)


# --- The préfecture ----------------------------------------------------------------------------------------


@require_safe
def organisation_overview(request: AgentRequest, slug: str) -> HttpResponse:
    """The whole at a glance, and what it lacks."""
    access = enter(request, slug, Action.ORGANISE)
    seen = overview.of(access)
    return render(
        request,
        "sites/organisation.html",
        {
            "slug": slug,
            "overview": seen,
            "lacks": list(overview.missing(access, seen)),
            "zone": ZONE_LABELS[access.prefecture.zone],
        },
    )


@asks_first
def prefecture_edit(request: AgentRequest, slug: str) -> HttpResponse:
    row = enter(request, slug, Action.ORGANISE).prefecture
    page = Page(
        "Fiche de la préfecture",
        "Organisation",
        reverse("organisation", args=[slug]),
        lead=f"Code {row.code}, adresse publique «\xa0/{row.slug}/\xa0»\xa0: seul l’administrateur de "
        "l’installation les change.",
    )

    def save(form: VersionedForm) -> HttpResponse:
        organisation.save(form.instance, seen=form.cleaned_data["seen"])
        say(request, "La fiche de la préfecture est enregistrée.", prefecture=row)
        return redirect("organisation", slug)

    return fill_in(request, PrefectureForm, row, page, save)


# --- Units -------------------------------------------------------------------------------------------------


@require_safe
def units(request: AgentRequest, slug: str) -> HttpResponse:
    prefecture = enter(request, slug, Action.ORGANISE).prefecture
    rows = prefecture.units.select_related("prefecture").annotate(
        site_count=Count("sites", distinct=True), service_count=Count("services", distinct=True)
    )
    return lists.show(
        request,
        "sites/units.html",
        table=UnitsTable,
        rows=rows,
        filters=UnitsFilters,
        title="Unités",
        context={"slug": slug},
    )


@asks_first
def unit_new(request: AgentRequest, slug: str) -> HttpResponse:
    prefecture = enter(request, slug, Action.ORGANISE).prefecture
    has_siege = prefecture.units.filter(kind=Unit.Kind.HEADQUARTERS).exists()
    row = Unit(
        prefecture=prefecture,
        kind=Unit.Kind.SUBPREFECTURE if has_siege else Unit.Kind.HEADQUARTERS,
        position=prefecture.units.count(),
    )
    page = Page(
        "Ajouter une unité",
        "Unités",
        reverse("units", args=[slug]),
        lead="Une unité est le siège ou une sous-préfecture\xa0: une colonne du tableau de bord.",
        submit="Ajouter l’unité",
    )
    saver = _saver(request, "units", "L’unité «\xa0{}\xa0» est ajoutée.")
    return fill_in(request, UnitForm, row, page, saver)


@asks_first
def unit_edit(request: AgentRequest, slug: str, unit: int) -> HttpResponse:
    prefecture = enter(request, slug, Action.ORGANISE).prefecture
    row = get_object_or_404(prefecture.units, pk=unit)
    page = Page(
        f"Modifier l’unité «\xa0{row.name}\xa0»",
        "Unités",
        reverse("units", args=[slug]),
        lead="Un bilan déjà arrêté garde le nom sous lequel l’unité y figure.",
        delete_url=reverse("unit_delete", args=[slug, unit]),
    )
    saver = _saver(request, "units", "L’unité «\xa0{}\xa0» est enregistrée.")
    return fill_in(request, UnitForm, row, page, saver)


@asks_first
def unit_delete(request: AgentRequest, slug: str, unit: int) -> HttpResponse:
    prefecture = enter(request, slug, Action.ORGANISE).prefecture
    row = get_object_or_404(prefecture.units, pk=unit)
    page = Page(f"Supprimer l’unité «\xa0{row.name}\xa0»", "Unités", reverse("units", args=[slug]))
    return delete(request, row, page, f"L’unité «\xa0{row.name}\xa0» est supprimée.")


# --- Sites -------------------------------------------------------------------------------------------------


@require_safe
def places(request: AgentRequest, slug: str) -> HttpResponse:
    prefecture = enter(request, slug, Action.ORGANISE).prefecture
    rows = Site.objects.filter(unit__prefecture=prefecture).select_related("unit__prefecture")
    return lists.show(
        request,
        "sites/places.html",
        table=SitesTable,
        rows=rows.annotate(service_count=Count("services")),
        filters=SitesFilters,
        title="Sites",
        context={"slug": slug},
    )


@asks_first
def site_new(request: AgentRequest, slug: str) -> HttpResponse:
    prefecture = enter(request, slug, Action.ORGANISE).prefecture
    page = Page(
        "Ajouter un site",
        "Sites",
        reverse("places", args=[slug]),
        lead="Un site est un lieu où les usagers sont reçus.",
        submit="Ajouter le site",
    )
    saver = _saver(request, "places", "Le site «\xa0{}\xa0» est ajouté.")
    return fill_in(request, SiteForm, Site(), page, saver, prefecture=prefecture)


@asks_first
def site_edit(request: AgentRequest, slug: str, site: int) -> HttpResponse:
    prefecture = enter(request, slug, Action.ORGANISE).prefecture
    row = get_object_or_404(Site, pk=site, unit__prefecture=prefecture)
    page = Page(
        f"Modifier le site «\xa0{row.name}\xa0»",
        "Sites",
        reverse("places", args=[slug]),
        delete_url=reverse("site_delete", args=[slug, site]),
    )
    saver = _saver(request, "places", "Le site «\xa0{}\xa0» est enregistré.")
    return fill_in(request, SiteForm, row, page, saver, prefecture=prefecture)


@asks_first
def site_delete(request: AgentRequest, slug: str, site: int) -> HttpResponse:
    prefecture = enter(request, slug, Action.ORGANISE).prefecture
    row = get_object_or_404(Site, pk=site, unit__prefecture=prefecture)
    page = Page(f"Supprimer le site «\xa0{row.name}\xa0»", "Sites", reverse("places", args=[slug]))
    return delete(request, row, page, f"Le site «\xa0{row.name}\xa0» est supprimé.")


# --- Closures ----------------------------------------------------------------------------------------------


@require_safe
def days_off(request: AgentRequest, slug: str) -> HttpResponse:
    """The public holidays of the zone and the closures of a year, with what counts in a delay."""
    access = enter(request, slug, Action.ORGANISE)
    known = {str(one): one for one in range(YEARS[0], YEARS[1] + 1)}
    year = known.get(request.GET.get("annee", ""), access.on.year)
    return lists.show(
        request,
        "sites/closures.html",
        table=DaysOffTable,
        rows=closures.of_year(access.prefecture, year),
        title=f"Jours fériés et fermetures {year}",
        context={
            "slug": slug,
            "year": year,
            "years": [one for one in (year - 1, year, year + 1) if YEARS[0] <= one <= YEARS[1]],
            "zone": ZONE_LABELS[access.prefecture.zone],
            "working_days": closures.working_days(access.prefecture, year),
        },
    )


@asks_first
def closure_new(request: AgentRequest, slug: str) -> HttpResponse:
    prefecture = enter(request, slug, Action.ORGANISE).prefecture
    page = Page(
        "Ajouter une fermeture",
        "Fermetures",
        reverse("closures", args=[slug]),
        lead="Les jours fériés de la zone sont déjà connus\xa0: n’ajoutez que les autres jours de fermeture.",
        submit="Ajouter la fermeture",
    )
    saver = _saver(request, "closures", "La fermeture «\xa0{}\xa0» est ajoutée.")
    return fill_in(request, ClosureForm, Closure(prefecture=prefecture), page, saver, prefecture=prefecture)


@asks_first
def closure_edit(request: AgentRequest, slug: str, closure: int) -> HttpResponse:
    prefecture = enter(request, slug, Action.ORGANISE).prefecture
    row = get_object_or_404(prefecture.closures, pk=closure)
    page = Page(
        f"Modifier la fermeture «\xa0{row.reason}\xa0»",
        "Fermetures",
        reverse("closures", args=[slug]),
        delete_url=reverse("closure_delete", args=[slug, closure]),
    )
    saver = _saver(request, "closures", "La fermeture «\xa0{}\xa0» est enregistrée.")
    return fill_in(request, ClosureForm, row, page, saver, prefecture=prefecture)


@asks_first
def closure_delete(request: AgentRequest, slug: str, closure: int) -> HttpResponse:
    prefecture = enter(request, slug, Action.ORGANISE).prefecture
    row = get_object_or_404(prefecture.closures, pk=closure)
    page = Page(
        f"Supprimer la fermeture «\xa0{row.reason}\xa0»", "Fermetures", reverse("closures", args=[slug])
    )
    return delete(request, row, page, f"La fermeture «\xa0{row.reason}\xa0» est supprimée.")


def _saver(request: AgentRequest, route: str, sentence: str) -> Callable[[VersionedForm], HttpResponse]:
    """Save a row and go back to its list."""

    def save(form: VersionedForm) -> HttpResponse:
        row = organisation.save(form.instance, seen=form.cleaned_data["seen"])
        say(request, sentence.format(row))
        return redirect(route, request.access.prefecture.slug)

    return save
