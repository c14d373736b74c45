"""The list of the suspensions."""

import django_tables2 as tables

from indicators.models import Suspension
from sites.lists import DayColumn, ListTable


class SuspensionTable(ListTable):
    months = tables.Column(
        accessor="months_label",
        verbose_name="Mois",
        order_by="first_month",
        linkify=("suspension", [tables.A("prefecture__slug"), tables.A("pk")]),
    )
    scope = tables.Column(accessor="scope_label", verbose_name="Portée", orderable=False)
    reason = tables.Column(verbose_name="Motif")
    decided_on = DayColumn(verbose_name="Décidée le")
    document = tables.Column(accessor="document_name", verbose_name="Décision", orderable=False)

    class Meta(ListTable.Meta):
        model = Suspension
        fields = ("months", "scope", "reason", "decided_on", "document")
        order_by = "-months"
        empty_text = "Aucun mois n’est suspendu\xa0: tous les services suivis sont attendus chaque mois."
