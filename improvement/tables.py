"""The lists of the plan and of the calendar: their columns and their filters."""

import datetime
from typing import Any

import django_filters
import django_tables2 as tables
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html

from improvement.models import SOURCES, Action, Duty
from sites.access import AgentRequest
from sites.lists import DayColumn, ListFilters, ListTable
from sites.models import Agent, Unit

ORIGINS = [
    ("indicator", "objectif non atteint"),
    ("case", "affaire du registre"),
    ("theme", "thème des réclamations"),
    ("malfunction", "dysfonctionnement"),
    ("words", "autre"),
]


class ActionTable(ListTable):
    number = tables.Column(verbose_name="N°")
    title = tables.Column(
        verbose_name="Action", linkify=("action", [tables.A("prefecture__slug"), tables.A("number")])
    )
    state = tables.Column(verbose_name="État")
    owner = tables.Column(verbose_name="Responsable", order_by="owner__full_name")
    unit = tables.Column(verbose_name="Unité", order_by="unit__position", default="toute la préfecture")
    due_on = DayColumn(verbose_name="Échéance")
    distance = tables.Column(verbose_name="Délai", empty_values=(), orderable=False)
    origin = tables.Column(verbose_name="Origine")

    class Meta(ListTable.Meta):
        empty_text = "Aucune action n’est encore ouverte."

    def __init__(self, *arguments: Any, today: datetime.date, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.today = today

    def render_distance(self, record: Action) -> str:
        said = self.value_distance(record)
        return late(said) if record.is_open and record.due_on < self.today else said

    def value_distance(self, record: Action) -> str:
        return record.due_in_words(self.today)

    def render_unit(self, value: Unit) -> str:
        return value.short_name


def late(said: str) -> str:
    return format_html('<strong class="late">{}</strong>', said)


def _owners(request: AgentRequest) -> QuerySet[Agent]:
    visible = Action.objects.visible_to(request.user, request.access)
    return Agent.objects.filter(pk__in=visible.order_by().values("owner"))


def _units(request: AgentRequest) -> QuerySet[Unit]:
    visible = Action.objects.visible_to(request.user, request.access)
    return Unit.objects.filter(pk__in=visible.order_by().values("unit"))


class ActionFilters(ListFilters):
    state = django_filters.ChoiceFilter(label="État", choices=Action.State.choices, empty_label="tous")
    owner = django_filters.ModelChoiceFilter(label="Responsable", queryset=_owners, empty_label="tous")
    unit = django_filters.ModelChoiceFilter(label="Unité", queryset=_units, empty_label="toutes")
    due = django_filters.ChoiceFilter(
        label="Échéance", choices=[("late", "en retard")], empty_label="toutes", method="being_late"
    )

    source = django_filters.ChoiceFilter(
        label="Origine", choices=ORIGINS, empty_label="toutes", method="coming_from"
    )

    def being_late(self, rows: Any, name: str, value: str) -> Any:
        return rows.late(self.request.access.on)

    def coming_from(self, rows: Any, name: str, value: str) -> Any:
        if value in SOURCES:
            return rows.filter(**{f"{value}__isnull": False})
        return rows.filter(**dict.fromkeys(SOURCES))


class DutyTable(ListTable):
    title = tables.Column(
        verbose_name="Obligation", linkify=("duty", [tables.A("prefecture__slug"), tables.A("pk")])
    )
    months = tables.Column(verbose_name="Périodicité")
    last_done_on = DayColumn(verbose_name="Faite le", default="jamais notée")
    last_proof = tables.Column(verbose_name="Preuve", orderable=False, empty_values=())
    due_on = DayColumn(verbose_name="Prochaine échéance")
    distance = tables.Column(verbose_name="Délai", empty_values=(), orderable=False)
    responsible = tables.Column(
        verbose_name="Responsable", order_by="responsible__full_name", default="responsable qualité"
    )

    class Meta(ListTable.Meta):
        empty_text = "Aucune obligation n’est encore suivie."

    def __init__(self, *arguments: Any, today: datetime.date, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.today = today

    def render_months(self, record: Duty) -> str:
        return record.every

    def value_months(self, record: Duty) -> str:
        return record.every

    def render_last_proof(self, record: Any) -> str:
        if not record.last_proof_file:
            return record.last_proof or ""
        url = reverse("duty_proof", args=[record.prefecture.slug, record.pk, record.last_done])
        return format_html('{} <a href="{}" download>fichier</a>', record.last_proof, url)

    def value_last_proof(self, record: Any) -> str:
        parts = (record.last_proof, "fichier gardé" if record.last_proof_file else "")
        return ", ".join(part for part in parts if part)

    def render_distance(self, record: Duty) -> str:
        if not record.is_active:
            return "mise de côté"
        said = record.due_in_words(self.today)
        return late(said) if record.due_on < self.today else said

    def value_distance(self, record: Duty) -> str:
        return record.due_in_words(self.today) or "mise de côté"


class DutyFilters(ListFilters):
    is_active = django_filters.ChoiceFilter(
        label="Suivi",
        choices=[("true", "suivies"), ("false", "mises de côté")],
        empty_label="toutes",
        method="being_active",
    )
    due = django_filters.ChoiceFilter(
        label="Échéance", choices=[("late", "en retard")], empty_label="toutes", method="being_late"
    )

    def being_active(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(is_active=value == "true")

    def being_late(self, rows: Any, name: str, value: str) -> Any:
        return rows.active().filter(due_on__lt=self.request.access.on)
