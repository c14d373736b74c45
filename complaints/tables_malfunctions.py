"""The list of malfunctions: its columns and its filters."""

import datetime
from typing import Any

import django_filters
import django_tables2 as tables
from django.db.models import QuerySet

from complaints import searching
from complaints.models import Malfunction
from complaints.models.malfunctions import MalfunctionQuerySet
from sheets.words import french_day
from sites.access import AgentRequest
from sites.fields import a_word_to_look_for
from sites.lists import DayColumn, ListFilters, ListTable
from sites.models import Unit


class MalfunctionTable(ListTable):
    number = tables.Column(
        verbose_name="N°",
        accessor="reference",
        order_by=("year", "number"),
        linkify=("malfunction", [tables.A("prefecture__slug"), tables.A("year"), tables.A("number")]),
        attrs={"a": {"class": "reference"}},
    )
    noticed_on = DayColumn(verbose_name="Constaté le")
    subject = tables.Column(verbose_name="Objet", orderable=False)
    unit = tables.Column(verbose_name="Unité", order_by="unit__position")
    service = tables.Column(verbose_name="Service", orderable=False, visible=False)
    site = tables.Column(verbose_name="Site", orderable=False, visible=False)
    reported_by = tables.Column(verbose_name="Signalé par", order_by="reported_by__full_name")
    state = tables.Column(verbose_name="État", orderable=False)
    closed_on = DayColumn(verbose_name="Clos le", orderable=False, visible=False)
    answer = tables.Column(verbose_name="Suite donnée", orderable=False)

    class Meta(ListTable.Meta):
        empty_text = "Aucun dysfonctionnement n’est signalé."

    def render_number(self, record: Malfunction) -> str:
        return str(record)

    def value_number(self, record: Malfunction) -> str:
        return str(record)

    def render_unit(self, record: Malfunction) -> str:
        names = (place.short_name for place in (record.unit, record.service) if place)
        return ", ".join(names)

    def value_unit(self, record: Malfunction) -> str:
        return record.unit.short_name

    def render_state(self, record: Malfunction) -> str:
        said = record.get_state_display()
        return f"{said} le {french_day(record.closed_on)}" if record.closed_on else said

    def value_state(self, record: Malfunction) -> str:
        return record.get_state_display()

    def value_closed_on(self, record: Malfunction) -> datetime.date | None:
        return record.closed_on


def _units(request: AgentRequest) -> QuerySet[Unit]:
    visible = Malfunction.objects.visible_to(request.user, request.access)
    return Unit.objects.filter(pk__in=visible.order_by().values("unit"))


class MalfunctionFilters(ListFilters):
    q = django_filters.CharFilter(
        label="Numéro ou mots",
        method="about",
        max_length=searching.MOST,
        strip=True,
        validators=[a_word_to_look_for],
    )
    state = django_filters.ChoiceFilter(
        label="État",
        choices=[("open", "à traiter"), *Malfunction.State.choices],
        empty_label="tous",
        method="in_state",
    )
    unit = django_filters.ModelChoiceFilter(label="Unité", queryset=_units, empty_label="toutes")
    own = django_filters.ChoiceFilter(
        label="Signalés par", choices=[("own", "moi")], empty_label="tous", method="reported_by"
    )

    def about(self, rows: MalfunctionQuerySet, name: str, value: str) -> MalfunctionQuerySet:
        return searching.malfunctions_about(rows, value)

    def in_state(self, rows: MalfunctionQuerySet, name: str, value: str) -> Any:
        return rows.filter(state__in=Malfunction.OPEN if value == "open" else [value])

    def reported_by(self, rows: MalfunctionQuerySet, name: str, value: str) -> Any:
        return rows.filter(reported_by=self.request.user)
