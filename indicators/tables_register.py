"""The lists of response rates, and of what differs from the register."""

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html

from indicators.reconciling import Gap
from sites.lists import ListTable


class ResponseTable(ListTable):
    month = tables.Column(verbose_name="Mois", accessor="month_label", order_by="month")
    unit = tables.Column(verbose_name="Unité", accessor="unit__short_name", order_by="unit__position")
    service = tables.Column(verbose_name="Service", accessor="service_label")
    kind = tables.Column(verbose_name="Nature", accessor="kind_label")
    channel = tables.Column(verbose_name="Canal", accessor="channel_label")
    received = tables.Column(verbose_name="Reçues", accessor="figures__received")
    answered = tables.Column(verbose_name="Répondues", accessor="figures__reply__answered")
    on_time = tables.Column(verbose_name="Dans les délais", accessor="figures__reply__on_time")
    late = tables.Column(verbose_name="En retard", accessor="figures__reply__late")
    open = tables.Column(verbose_name="En cours", accessor="open_label", order_by="figures__reply__open")
    so_far = tables.Column(verbose_name="Taux à ce jour", order_by="figures__reply__rate__value")
    settled = tables.Column(verbose_name="Taux soldé", order_by="figures__settled__rate__value")
    mean = tables.Column(verbose_name="Délai moyen", order_by="figures__reply__mean__value")
    median = tables.Column(verbose_name="Délai médian", accessor="median_label", order_by="figures__median")
    first = tables.Column(
        verbose_name="Première réponse à temps", accessor="first_reply", order_by="figures__first_rate__value"
    )
    dated = tables.Column(verbose_name="Date de rendez-vous à temps", orderable=False)
    apart = tables.Column(verbose_name="Hors des taux", accessor="apart_label", orderable=False)

    class Meta(ListTable.Meta):
        empty_text = "Rien n’est enregistré pour ces critères."


class GapTable(ListTable):
    month = tables.Column(verbose_name="Mois", accessor="month_label", order_by="found__month")
    service = tables.Column(verbose_name="Service", accessor="found__service__name")
    indicator = tables.Column(verbose_name="Indicateur", accessor="found__indicator__short_title")
    said = tables.Column(verbose_name="Chiffre retenu", orderable=False)
    counted = tables.Column(verbose_name="Selon le registre", orderable=False)
    state = tables.Column(verbose_name="Écart", accessor="state_label", order_by="is_explained")

    class Meta(ListTable.Meta):
        empty_text = "Les chiffres saisis et ceux du registre sont les mêmes."

    def render_month(self, record: Gap) -> str:
        service, indicator, month = record.found.place
        slug = record.row.prefecture.slug
        return format_html(
            '<a href="{}">{}<span class="fr-sr-only">, {}, {}</span></a>',
            reverse("register_gap", args=[slug, service, f"{month:%Y-%m}", indicator]),
            record.month_label,
            record.found.service.name,
            record.found.indicator.short_title,
        )

    def value_month(self, record: Gap) -> str:
        return record.month_label
