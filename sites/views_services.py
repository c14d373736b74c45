"""The pages of a service: what it is called, what it was called, what it will be."""

import contextlib

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from sites import lists, organisation
from sites.access import Access, Action, AgentRequest, enter
from sites.asking import asks_first
from sites.filling import Page, delete, fill_in, say
from sites.forms_organisation import (
    CancelForm,
    EndForm,
    NewServiceForm,
    RenameForm,
    ServiceForm,
    VersionedForm,
)
from sites.models import Service
from sites.tables_organisation import ServicesFilters, ServicesTable


@require_safe
def services(request: AgentRequest, slug: str) -> HttpResponse:
    """All of them under their names of today; or those of a day, under the names of that day."""
    access = enter(request, slug, Action.ORGANISE)
    day = access.on
    with contextlib.suppress(ValidationError):
        day = forms.DateField(required=False).clean(request.GET.get("on", "")) or access.on
    rows = Service.objects.filter(unit__prefecture=access.prefecture).called_on(access.on)
    return lists.show(
        request,
        "sites/services.html",
        table=ServicesTable,
        rows=rows.select_related("unit__prefecture", "parent").prefetch_related(
            "sites", "designations__parent", "designations__sites"
        ),
        filters=ServicesFilters,
        title="Services",
        context={"slug": slug},
        on=day,
    )


@asks_first
def service_new(request: AgentRequest, slug: str) -> HttpResponse:
    access = enter(request, slug, Action.ORGANISE)
    page = Page(
        "Ajouter un service",
        "Services",
        reverse("services", args=[slug]),
        lead="Un service qui change de nom n’est pas un nouveau service\xa0: ouvrez sa page et renommez-le.",
        submit="Ajouter le service",
    )

    def add(form: VersionedForm) -> HttpResponse:
        row = organisation.add_service(form.instance, sites=form.cleaned_data["sites"], today=access.on)
        say(request, f"Le service «\xa0{row}\xa0» est ajouté.")
        return redirect("service", slug, row.pk)

    return fill_in(request, NewServiceForm, Service(), page, add, prefecture=access.prefecture)


@require_safe
def service(request: AgentRequest, slug: str, service: int) -> HttpResponse:
    """What it is called and where it is, today, before, and soon."""
    access, row = _service(request, slug, service)
    return render(
        request,
        "sites/service.html",
        {
            "slug": slug,
            "service": row,
            "spans": organisation.spans(row, access.on),
            "on": access.on,
            "children": row.children.open_on(access.on),
            "memberships": row.memberships.select_related("agent").order_by("agent__full_name"),
        },
    )


@asks_first
def service_correct(request: AgentRequest, slug: str, service: int) -> HttpResponse:
    access, row = _service(request, slug, service)
    page = Page(
        f"Corriger «\xa0{row}\xa0»",
        str(row),
        reverse("service", args=[slug, service]),
        lead="Pour une erreur de saisie\xa0: aucune date n’est gardée, l’ancien nom n’aura jamais existé. "
        "S’il a vraiment changé de nom, de rattachement ou de site, revenez et choisissez "
        "«\xa0Renommer ou déplacer\xa0».",
    )

    def correct(form: ServiceForm) -> HttpResponse:
        seen = form.cleaned_data["seen"]
        saved = organisation.correct(row, form.state, seen=seen, today=access.on)
        say(request, f"Le service «\xa0{saved}\xa0» est corrigé.")
        return redirect("service", slug, service)

    return fill_in(request, ServiceForm, row, page, correct, prefecture=access.prefecture)


@asks_first
def service_rename(request: AgentRequest, slug: str, service: int) -> HttpResponse:
    access, row = _service(request, slug, service)
    page = Page(
        f"Renommer ou déplacer «\xa0{row}\xa0»",
        str(row),
        reverse("service", args=[slug, service]),
        lead="Le service reste le même\xa0: ses chiffres se suivent d’une année à l’autre, et les "
        "années passées gardent l’ancien nom. Pour une erreur de saisie, choisissez plutôt "
        "«\xa0Corriger une erreur\xa0».",
        submit="Enregistrer le changement",
    )

    def rename(form: RenameForm) -> HttpResponse:
        on, seen = form.cleaned_data["starts_on"], form.cleaned_data["seen"]
        organisation.rename(row, form.state, on=on, seen=seen, today=access.on)
        verb = "prend effet" if on <= access.on else "prendra effet"
        say(request, f"Le changement {verb} le {on:%d/%m/%Y}\xa0: «\xa0{form.state.short_name}\xa0».")
        return redirect("service", slug, service)

    return fill_in(request, RenameForm, row, page, rename, prefecture=access.prefecture)


@asks_first
def designation_cancel(request: AgentRequest, slug: str, service: int, designation: int) -> HttpResponse:
    access, row = _service(request, slug, service)
    dated = row.designations.filter(starts_on__isnull=False)
    change = get_object_or_404(dated.select_related("service__unit__prefecture"), pk=designation)
    page = Page(
        f"Annuler le changement du {change.starts_on:%d/%m/%Y}",
        str(row),
        reverse("service", args=[slug, service]),
        lead=f"«\xa0{change.short_name}\xa0» est oublié à partir de ce jour\xa0: le nom, le rattachement "
        "et les sites d’avant se prolongent.",
        submit="Annuler ce changement",
    )

    def cancel(form: VersionedForm) -> HttpResponse:
        organisation.cancel(change, seen=form.cleaned_data["seen"], today=access.on)
        say(request, f"Le changement du {change.starts_on:%d/%m/%Y} est annulé.")
        return redirect("service", slug, service)

    return fill_in(request, CancelForm, row, page, cancel)


@asks_first
def service_end(request: AgentRequest, slug: str, service: int) -> HttpResponse:
    _, row = _service(request, slug, service)
    page = Page(
        f"Fin du service «\xa0{row}\xa0»",
        str(row),
        reverse("service", args=[slug, service]),
        lead="Un service terminé garde ses chiffres et n’est plus proposé. Les affectations de ses agents "
        "et son périmètre ne sont pas modifiés\xa0: revoyez-les.",
    )

    def end(form: VersionedForm) -> HttpResponse:
        on = form.cleaned_data["ends_on"]
        organisation.end(row, on=on, seen=form.cleaned_data["seen"])
        say(request, f"Dernier jour du service\xa0: {on:%d/%m/%Y}." if on else "Le service n’a plus de fin.")
        return redirect("service", slug, service)

    return fill_in(request, EndForm, row, page, end)


@asks_first
def service_delete(request: AgentRequest, slug: str, service: int) -> HttpResponse:
    _, row = _service(request, slug, service)
    page = Page(
        f"Supprimer le service «\xa0{row}\xa0»",
        "Services",
        reverse("services", args=[slug]),
        lead="Pour un service créé par erreur. Un service qui disparaît prend fin\xa0: ses chiffres restent.",
    )
    return delete(request, row, page, f"Le service «\xa0{row}\xa0» est supprimé.")


def _service(request: AgentRequest, slug: str, pk: int) -> tuple[Access, Service]:
    access = enter(request, slug, Action.ORGANISE)
    services = Service.objects.select_related("unit__prefecture", "parent")
    return access, get_object_or_404(services, pk=pk, unit__prefecture=access.prefecture)
