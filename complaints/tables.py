"""The lists of the register: their columns."""

import django_tables2 as tables

from complaints.models import Case
from sites.lists import DayColumn, ListTable
from sites.models import Unit


class CaseTable(ListTable):
    reference = tables.Column(
        verbose_name="N°",
        order_by=("year", "number"),
        linkify=("case", [tables.A("prefecture__slug"), tables.A("year"), tables.A("number")]),
    )
    received_on = DayColumn(verbose_name="Reçu le")
    due_on = DayColumn(verbose_name="Échéance", default="sans échéance")
    kind = tables.Column(verbose_name="Nature")
    channel = tables.Column(verbose_name="Canal")
    subject = tables.Column(verbose_name="Objet")
    unit = tables.Column(verbose_name="Unité", order_by="unit__position")
    state = tables.Column(verbose_name="État")

    class Meta(ListTable.Meta):
        model = Case
        fields = ()
        empty_text = "Aucune affaire n’est encore enregistrée."

    def render_unit(self, value: Unit) -> str:
        return value.short_name
