"""The list of the months that somebody has to enter."""

import django_tables2 as tables
from django.utils.html import format_html

from indicators.chores import Chore
from sites.lists import DayColumn, ListTable


class ChoreTable(ListTable):
    month = tables.Column(verbose_name="Mois")
    service = tables.Column(verbose_name="Service", accessor="service__name")
    unit = tables.Column(verbose_name="Unité", accessor="service__unit__short_name")
    due_on = DayColumn(verbose_name="À transmettre pour le")
    state = tables.Column(verbose_name="État", accessor="state_label")
    left = tables.Column(verbose_name="Reste à saisir", accessor="left_label", order_by="left")

    class Meta(ListTable.Meta):
        empty_text = "Aucun mois n’attend de chiffres."

    def render_month(self, record: Chore) -> str:
        return format_html(
            '<a href="{}">{}<span class="fr-sr-only">, {}</span></a>',
            record.url,
            record.month_label,
            record.service.name,
        )

    def value_month(self, record: Chore) -> str:
        return record.month_label

    def render_state(self, value: str, record: Chore) -> str:
        return format_html('<strong class="late">{}</strong>', value) if record.is_late else value

    def value_state(self, value: str) -> str:
        return value
