"""The lists of places and structure: their columns and their filters."""

import datetime
from typing import Any

import django_filters
import django_tables2 as tables
from django.db.models import Q, QuerySet
from django.urls import reverse

from sites.fields import day_input
from sites.lists import DayColumn, ListFilters, ListTable
from sites.models import Prefecture, Service, Unit
from sites.workdays import ZONE_LABELS


def _units(request: Any) -> QuerySet[Unit]:
    units: QuerySet[Unit] = request.access.prefecture.units.all()
    return units


def _page(route: str, prefecture: Prefecture, *more: int) -> str:
    return reverse(route, args=[prefecture.slug, *more])


# --- Préfectures -------------------------------------------------------------------------------------------


class PrefecturesTable(ListTable):
    code = tables.Column(verbose_name="Code")
    name = tables.Column(verbose_name="Nom", linkify=lambda record: _page("installation_prefecture", record))
    territory = tables.Column(verbose_name="Territoire")
    slug = tables.Column(verbose_name="Adresse")
    zone = tables.Column(verbose_name="Jours fériés")
    time_zone = tables.Column(verbose_name="Fuseau horaire")
    organise = tables.Column(
        verbose_name="Organisation",
        empty_values=(),
        orderable=False,
        exclude_from_export=True,
        linkify=lambda record: _page("organisation", record),
    )

    class Meta(ListTable.Meta):
        order_by = "code"
        empty_text = "Aucune préfecture n’est encore créée. Commencez par en ajouter une."

    def render_organise(self) -> str:
        return "Ouvrir"


class PrefecturesFilters(ListFilters):
    q = django_filters.CharFilter(label="Nom, territoire ou code", method="holding")
    zone = django_filters.ChoiceFilter(
        label="Jours fériés", choices=list(ZONE_LABELS.items()), empty_label="toutes les zones"
    )

    def holding(self, rows: QuerySet[Prefecture], name: str, value: str) -> QuerySet[Prefecture]:
        return rows.filter(Q(name__icontains=value) | Q(territory__icontains=value) | Q(code__iexact=value))


# --- Units, sites ------------------------------------------------------------------------------------------


class UnitsTable(ListTable):
    position = tables.Column(verbose_name="Ordre")
    name = tables.Column(
        verbose_name="Nom",
        linkify=lambda record: _page("unit_edit", record.prefecture, record.pk),
    )
    short_name = tables.Column(verbose_name="Nom court")
    kind = tables.Column(verbose_name="Nature")
    aliases = tables.Column(verbose_name="Autres noms", orderable=False)
    site_count = tables.Column(verbose_name="Sites")
    service_count = tables.Column(verbose_name="Services")

    class Meta(ListTable.Meta):
        order_by = "position"
        empty_text = "Aucune unité. Commencez par le siège, puis ajoutez chaque sous-préfecture."

    def render_aliases(self, value: list[str]) -> str:
        return ", ".join(value)


class UnitsFilters(ListFilters):
    kind = django_filters.ChoiceFilter(label="Nature", choices=Unit.Kind.choices, empty_label="toutes")
    name = django_filters.CharFilter(label="Nom", lookup_expr="icontains")


class SitesTable(ListTable):
    name = tables.Column(
        verbose_name="Nom",
        linkify=lambda record: _page("site_edit", record.unit.prefecture, record.pk),
    )
    unit = tables.Column(verbose_name="Unité", order_by="unit__position")
    address = tables.Column(verbose_name="Adresse postale")
    service_count = tables.Column(verbose_name="Services")

    class Meta(ListTable.Meta):
        order_by = ("unit", "name")
        empty_text = "Aucun site. Ajoutez chaque lieu où les usagers sont reçus."


class SitesFilters(ListFilters):
    unit = django_filters.ModelChoiceFilter(label="Unité", queryset=_units, empty_label="toutes")
    name = django_filters.CharFilter(label="Nom", lookup_expr="icontains")


# --- Services ----------------------------------------------------------------------------------------------


class ServicesTable(ListTable):
    short_name_then = tables.Column(
        verbose_name="Sigle",
        linkify=lambda record: _page("service", record.unit.prefecture, record.pk),
    )
    name_then = tables.Column(verbose_name="Nom")
    unit = tables.Column(verbose_name="Unité", order_by="unit__position")
    parent = tables.Column(verbose_name="Rattaché à", order_by="parent__short_name")
    sites = tables.Column(verbose_name="Sites", orderable=False, empty_values=())
    ends_on = DayColumn(verbose_name="Dernier jour")

    class Meta(ListTable.Meta):
        order_by = ("unit", "short_name_then")
        empty_text = "Aucun service. Ajoutez les bureaux et services qui tiennent des engagements."

    def __init__(self, *args: Any, on: datetime.date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.on = on

    def render_parent(self, record: Service) -> str:
        parent = record.on(self.on).parent
        return parent.short_name if parent else ""

    def render_sites(self, record: Service) -> str:
        return ", ".join(site.name for site in record.on(self.on).sites.all())


class ServicesFilters(ListFilters):
    q = django_filters.CharFilter(label="Sigle ou nom", method="holding")
    unit = django_filters.ModelChoiceFilter(label="Unité", queryset=_units, empty_label="toutes")
    on = django_filters.DateFilter(
        label="Tels qu’ils étaient le",
        method="as_of",
        widget=day_input(),
        help_text="Vide\xa0: tous, sous leur nom d’aujourd’hui.",
    )

    def holding(self, rows: QuerySet[Service], name: str, value: str) -> QuerySet[Service]:
        return rows.filter(
            Q(designations__name__icontains=value)
            | Q(designations__short_name__icontains=value)
            | Q(name__icontains=value)
            | Q(short_name__icontains=value)
        ).distinct()

    def as_of(self, rows: Any, name: str, value: datetime.date) -> Any:
        return rows.called_on(value).open_on(value)


# --- Closures ----------------------------------------------------------------------------------------------


class DaysOffTable(ListTable):
    starts_on = DayColumn(verbose_name="Du")
    ends_on = DayColumn(verbose_name="Au")
    reason = tables.Column(verbose_name="Motif", linkify=lambda record: record.url or None)
    kind = tables.Column(verbose_name="Nature")
    where = tables.Column(verbose_name="Où")
    effect = tables.Column(verbose_name="Délais")

    class Meta(ListTable.Meta):
        order_by = "starts_on"
