"""The list of documents: its columns and its filters."""

import django_filters
import django_tables2 as tables

from publications.models import Document, Entry, Flash
from sites.lists import DayColumn, ListFilters, ListTable


class DocumentTable(ListTable):
    number = tables.Column(verbose_name="N°")
    title = tables.Column(
        verbose_name="Titre", linkify=("document", [tables.A("prefecture__slug"), tables.A("number")])
    )
    state = tables.Column(verbose_name="État")
    entry = tables.Column(verbose_name="Rubrique")
    audience = tables.Column(verbose_name="Destiné à")
    dated_on = DayColumn(verbose_name="Daté du")
    starts_on = DayColumn(verbose_name="Valable du")
    ends_on = DayColumn(verbose_name="au")

    class Meta(ListTable.Meta):
        order_by = "-number"
        empty_text = (
            "Aucun document n’est encore déposé. Le premier paraîtra ici, avec sa rubrique et son état."
        )


class FlashTable(ListTable):
    month = tables.Column(
        verbose_name="Mois", linkify=("flash", [tables.A("prefecture__slug"), tables.A("slug")])
    )
    edition = tables.Column(verbose_name="Édition")
    published_at = DayColumn(verbose_name="Publié le")

    class Meta(ListTable.Meta):
        order_by = "-month"
        empty_text = (
            "Aucun flash info n’est encore publié. Le premier paraîtra ici une fois les chiffres d’un mois "
            "validés."
        )

    def render_month(self, record: Flash) -> str:
        return record.month_label

    def value_month(self, record: Flash) -> str:
        return f"{record.month:%m/%Y}"


class DocumentFilters(ListFilters):
    entry = django_filters.ChoiceFilter(label="Rubrique", choices=Entry.choices, empty_label="toutes")
    state = django_filters.ChoiceFilter(label="État", choices=Document.State.choices, empty_label="tous")
    audience = django_filters.ChoiceFilter(
        label="Destiné à", choices=Document.Audience.choices, empty_label="tous"
    )
