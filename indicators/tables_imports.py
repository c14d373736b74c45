"""The list of imports: its columns and its filters."""

import django_filters
import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html

from indicators.models import FigureImport
from sites.lists import ListFilters, ListTable
from sites.tables import InstantColumn


class ImportTable(ListTable):
    number = tables.Column(verbose_name="N°")
    file_name = tables.Column(verbose_name="Fichier")
    year = tables.Column(verbose_name="Année")
    contents = tables.Column(verbose_name="Contenu")
    state = tables.Column(verbose_name="État")
    uploaded_at = InstantColumn(verbose_name="Déposé le")
    uploaded_by = tables.Column(verbose_name="Déposé par", order_by="uploaded_by__full_name")
    imported_at = InstantColumn(verbose_name="Importé le")
    imported_by = tables.Column(verbose_name="Importé par", order_by="imported_by__full_name")

    class Meta(ListTable.Meta):
        order_by = "-number"
        empty_text = "Aucun fichier n’a encore été importé. Déposer le tableau d’une année pour commencer."

    def render_file_name(self, value: str, record: FigureImport) -> str:
        url = reverse("import_detail", args=[record.prefecture.slug, record.number])
        return format_html('<a href="{}">{}</a>', url, value)

    def value_file_name(self, value: str) -> str:
        return value


class ImportFilters(ListFilters):
    year = django_filters.NumberFilter(label="Année", min_value=0, max_value=9999)
    state = django_filters.ChoiceFilter(label="État", choices=FigureImport.State.choices, empty_label="tous")
