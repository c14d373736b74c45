"""The list of due dates that moved: its columns."""

import datetime
from typing import Any

import django_tables2 as tables

from complaints.models import Event
from sheets.words import french_day
from sites.lists import DayColumn, ListTable


class ReckonedTable(ListTable):
    on = DayColumn(verbose_name="Recalculée le")
    reference = tables.Column(
        verbose_name="N°",
        accessor="case__reference",
        order_by=("case__year", "case__number"),
        linkify=(
            "case",
            [tables.A("case__prefecture__slug"), tables.A("case__year"), tables.A("case__number")],
        ),
    )
    received_on = DayColumn(verbose_name="Reçu le", accessor="case__received_on")
    subject = tables.Column(verbose_name="Objet", accessor="case__subject")
    unit = tables.Column(
        verbose_name="Unité", accessor="case__unit__short_name", order_by="case__unit__position"
    )
    before = tables.Column(verbose_name="Échéance d’avant", empty_values=(), orderable=False)
    after = tables.Column(verbose_name="Nouvelle échéance", empty_values=(), orderable=False)

    class Meta(ListTable.Meta):
        order_by = ("-on", "reference")
        empty_text = (
            "Aucune échéance n’a été recalculée\xa0: ni fermeture, ni règle n’a changé depuis que les "
            "affaires à traiter sont enregistrées."
        )

    def render_before(self, record: Event) -> str:
        return _due(record.facts, 0)

    def render_after(self, record: Event) -> str:
        return _due(record.facts, 1)

    value_before, value_after = render_before, render_after


def _due(facts: dict[str, Any], side: int) -> str:
    """That of the reply; where it stays, that of the appointment. A case whose clock is stopped has none."""
    days = facts.get("due_on") or facts.get("dated_due_on") or ("", "")
    return french_day(datetime.date.fromisoformat(days[side])) if days[side] else "délai suspendu"
