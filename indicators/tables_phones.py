"""The list of the telephone lines."""

import datetime

import django_tables2 as tables

from indicators.models import PhoneLine
from indicators.periods import in_words
from sites.lists import ListTable


class PhoneLineTable(ListTable):
    number = tables.Column(
        verbose_name="Numéro ou nom",
        linkify=("phone_line", [tables.A("prefecture__slug"), tables.A("pk")]),
    )
    unit = tables.Column(accessor="service__unit__short_name", verbose_name="Unité")
    service = tables.Column(accessor="service__name", verbose_name="Service")
    indicator = tables.Column(accessor="indicator__title", verbose_name="Indicateur")
    first_month = tables.Column(verbose_name="Premier mois compté", empty_values=())
    last_month = tables.Column(verbose_name="Dernier mois compté", empty_values=())

    class Meta(ListTable.Meta):
        model = PhoneLine
        fields = ("number", "unit", "service", "indicator", "first_month", "last_month")
        order_by = "number"
        empty_text = "Aucune ligne n’est encore connue\xa0: en ajouter une pour compter ses appels."

    def render_first_month(self, value: datetime.date | None) -> str:
        return in_words(value) if value else ""

    def render_last_month(self, value: datetime.date | None) -> str:
        return in_words(value) if value else ""
