"""The lists of the organisation: their columns and their filters."""

import datetime

import django_filters
import django_tables2 as tables
from django.db.models import Q, QuerySet
from django.utils import timezone

from sites.fields import day_input
from sites.lists import ListFilters, ListTable
from sites.models import TraceEntry


class InstantColumn(tables.Column):
    """An instant in the time of the préfecture: « 26/11/2026 14:05 »."""

    def render(self, value: datetime.datetime) -> str:
        return f"{timezone.localtime(value):%d/%m/%Y %H:%M}"

    def value(self, value: datetime.datetime) -> datetime.datetime:
        return timezone.localtime(value)


class JournalTable(ListTable):
    at = InstantColumn(verbose_name="Le")
    event = tables.Column(verbose_name="Évènement")
    agent = tables.Column(verbose_name="Agent", order_by="agent__full_name")
    about = tables.Column(verbose_name="Objet")
    concerned = tables.Column(verbose_name="Agent concerné")

    class Meta(ListTable.Meta):
        order_by = "-at"
        empty_text = "Rien n’est encore inscrit au journal."


class JournalFilters(ListFilters):
    event = django_filters.ChoiceFilter(
        label="Évènement", choices=TraceEntry.Event.choices, empty_label="tous"
    )
    agent = django_filters.CharFilter(label="Agent", method="naming")
    after = django_filters.DateFilter(
        label="Depuis le",
        field_name="at__date",
        lookup_expr="gte",
        widget=day_input(),
    )
    before = django_filters.DateFilter(
        label="Jusqu’au",
        field_name="at__date",
        lookup_expr="lte",
        widget=day_input(),
    )

    def naming(self, rows: QuerySet[TraceEntry], name: str, value: str) -> QuerySet[TraceEntry]:
        """Who did it, or whom it concerns."""
        return rows.filter(Q(agent__full_name__icontains=value) | Q(concerned__icontains=value))
