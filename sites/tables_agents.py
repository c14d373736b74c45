"""The lists of agents: their columns and their filters."""

import datetime
from typing import Any

import django_filters
import django_tables2 as tables
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe

from sites import agents
from sites.lists import DayColumn, ListFilters, ListTable
from sites.models import Agent, Membership, lasting
from sites.tables import InstantColumn


def what_it_says(held: Membership, on: datetime.date) -> str:
    """« référent qualité suppléant, Arles, jusqu’au 31/12/2026 »"""
    words = held.get_role_display() + (" suppléant" if held.is_deputy else "")
    if place := held.service or held.unit:
        words += f", {place.short_name}"
    if held.starts_on and held.starts_on > on:
        words += f", à partir du {held.starts_on:%d/%m/%Y}"
    if held.ends_on:
        words += f", jusqu’au {held.ends_on:%d/%m/%Y}"
    return words


class AgentsTable(ListTable):
    shown_name = tables.Column(
        verbose_name="Nom", linkify=lambda record, table: reverse("agent", args=[table.slug, record.pk])
    )
    email = tables.Column(verbose_name="Adresse électronique")
    roles = tables.Column(verbose_name="Rôles", accessor="held", orderable=False)
    signed_in_at = InstantColumn(verbose_name="Dernière connexion")
    state = tables.Column(verbose_name="État", empty_values=(), orderable=False)

    class Meta(ListTable.Meta):
        order_by = "shown_name"
        empty_text = "Aucun agent n’a encore de rôle ici. Commencez par en inviter un."

    def __init__(self, *args: Any, slug: str, on: datetime.date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.slug, self.on = slug, on

    def _roles(self, record: Any) -> list[str]:
        lasting = [held for held in record.held if held.is_lasting(self.on)]
        return [what_it_says(held, self.on) for held in lasting or record.held]

    def render_roles(self, record: Any) -> str:
        return format_html_join(mark_safe("<br>"), "{}", ((role,) for role in self._roles(record)))

    def value_roles(self, record: Any) -> str:
        return ", ".join(self._roles(record))

    def render_state(self, record: Any) -> str:
        return agents.state_of(record, self.on)


class AgentsFilters(ListFilters):
    q = django_filters.CharFilter(label="Nom ou adresse", method="holding")
    role = django_filters.ChoiceFilter(
        label="Rôle",
        choices=[choice for choice in Membership.Role.choices if choice[0] != Membership.Role.ADMINISTRATOR],
        empty_label="tous",
        method="in_role",
    )
    situation = django_filters.ChoiceFilter(
        label="Situation",
        choices=[("gone", "partis"), ("all", "tous")],
        empty_label="en fonction, invités ou à venir",
        method="ignored",
    )

    def holding(self, rows: QuerySet[Agent], name: str, value: str) -> QuerySet[Agent]:
        return rows.filter(Q(shown_name__icontains=value) | Q(email__icontains=value))

    def in_role(self, rows: QuerySet[Agent], name: str, value: str) -> QuerySet[Agent]:
        return rows.filter(Exists(self._here().filter(role=value)))

    def ignored(self, rows: QuerySet[Agent], name: str, value: str) -> QuerySet[Agent]:
        return rows

    def filter_queryset(self, queryset: QuerySet[Agent]) -> QuerySet[Agent]:
        """Those who have left are shown on demand."""
        rows = super().filter_queryset(queryset)
        on = self.request.access.on
        still_here = Exists(self._here().filter(lasting(on)))
        match self.form.cleaned_data.get("situation"):
            case "all":
                return rows
            case "gone":
                return rows.exclude(still_here)
        return rows.filter(still_here)

    def _here(self) -> QuerySet[Membership]:
        return Membership.objects.filter(agent=OuterRef("pk"), prefecture=self.request.access.prefecture)


class AdministratorsTable(AgentsTable):
    shown_name = tables.Column(
        verbose_name="Nom", linkify=lambda record: reverse("administrator", args=[record.pk])
    )

    class Meta(AgentsTable.Meta):
        empty_text = "Aucun administrateur n’est nommé."


class ReferentsTable(ListTable):
    where = tables.Column(
        verbose_name="Unité",
        order_by=("where_position", "service__short_name", "is_deputy", "agent__full_name"),
    )
    service = tables.Column(verbose_name="Service", accessor="service__name", default="toute l’unité")
    shown_name = tables.Column(verbose_name="Référent", order_by="agent__full_name")
    email = tables.Column(verbose_name="Adresse électronique", accessor="agent__email")
    is_deputy = tables.Column(verbose_name="Qualité")
    ends_on = DayColumn(verbose_name="Jusqu’au")

    class Meta(ListTable.Meta):
        order_by = "where"
        empty_text = "Aucun référent qualité n’est nommé. La personne responsable de la qualité les nomme."

    def render_is_deputy(self, value: bool) -> str:
        return "suppléant" if value else "titulaire"

    def order_ends_on(
        self, rows: QuerySet[Membership], descending: bool
    ) -> tuple[QuerySet[Membership], bool]:
        end = F("ends_on")
        return rows.order_by(end.desc(nulls_first=True) if descending else end.asc(nulls_last=True)), True

    def render_email(self, value: str) -> str:
        return format_html('<a class="fr-link fr-link--sm" href="mailto:{}">{}</a>', value, value)

    def value_email(self, value: str) -> str:
        return value
