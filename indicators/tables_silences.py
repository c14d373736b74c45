"""The list of the silences."""

from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html

from indicators.silence import Silence
from sites.lists import ListTable


class SilenceTable(ListTable):
    unit = tables.Column(verbose_name="Unité", accessor="unit__short_name", order_by="unit__position")
    indicator = tables.Column(verbose_name="Indicateur", accessor="indicator__short_title")
    sentence = tables.Column(verbose_name="Ce qui est signalé", orderable=False)
    state = tables.Column(verbose_name="Situation", accessor="state_label")
    reason = tables.Column(verbose_name="Explication", accessor="acknowledged__reason", orderable=False)

    class Meta(ListTable.Meta):
        empty_text = "Aucun chiffre ne s’est tu\xa0: chaque unité compte des cas pour ce qu’elle suit."

    def __init__(self, *arguments: Any, slug: str, may_explain: bool, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._slug, self._may_explain = slug, may_explain

    def render_state(self, value: str, record: Silence) -> str:
        if not self._may_explain:
            return value
        url = reverse("silence_explain", args=[self._slug, record.unit.pk, record.indicator.pk])
        about = f"{record.unit.short_name}, {record.indicator.title}"
        return format_html(
            '{}<br><a href="{}">Expliquer<span class="fr-sr-only">&nbsp;: {}</span></a>', value, url, about
        )

    def value_state(self, value: str) -> str:
        return value
