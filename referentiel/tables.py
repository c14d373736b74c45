"""The norm as lists to filter, sort and take away: the indicators, and the delays, of every version."""

from typing import Any

import django_filters
import django_tables2 as tables
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from referentiel import wording
from referentiel.models import DelayRule, Indicator, Referentiel
from referentiel.search import CERTAINTIES, certainties, speaks_of
from sites.access import AgentRequest, holdings
from sites.fields import a_word_to_look_for
from sites.lists import DayColumn, ListFilters, ListTable


def row_url(request: AgentRequest, word: str, row: Any) -> str:
    """Where the agent corrects the row, or else reads its history."""
    held = holdings(request)
    if row.prefecture_id is None:
        return reverse("norm_row" if held.is_administrator else "norm_row_history", args=[word, row.pk])
    access = next(one for one in held.accesses if one.prefecture.pk == row.prefecture_id)
    route = "own_row" if access.may_adapt_norm else "own_row_history"
    return reverse(route, args=[access.prefecture.slug, word, row.pk])


class OwnerColumn(tables.Column):
    """Whose row it is."""

    def __init__(self) -> None:
        super().__init__(
            verbose_name="Propre à", accessor="prefecture", empty_values=(), order_by="prefecture__name"
        )

    def render(self, value: Any) -> str:
        return value.territory if value else "national"


class LinkedColumn(tables.Column):
    """What names the row leads to its page; a file keeps the words."""

    def __init__(self, word: str, **options: Any) -> None:
        super().__init__(**options)
        self.word = word

    def render(self, value: Any, record: Any, table: ListTable) -> SafeString:
        return format_html('<a href="{}">{}</a>', row_url(table.request, self.word, record), value)

    def value(self, value: Any) -> Any:
        return value


class IndicatorTable(ListTable):
    referentiel = tables.Column(verbose_name="Référentiel", accessor="engagement__referentiel__short_title")
    module = tables.Column(
        verbose_name="Module", accessor="engagement__module", order_by="engagement__module__number"
    )
    code = tables.Column(verbose_name="Code", accessor="engagement__code")
    engagement = tables.Column(verbose_name="Engagement", accessor="engagement__title")
    title = LinkedColumn("indicateur", verbose_name="Indicateur")
    unit = tables.Column(verbose_name="Unité")
    direction = tables.Column(verbose_name="Sens")
    targets = tables.Column(verbose_name="Objectifs", accessor="pk", orderable=False)
    periodicity = tables.Column(verbose_name="Périodicité")
    evidence = tables.Column(verbose_name="Preuves", accessor="engagement__evidence", orderable=False)
    owner = OwnerColumn()
    certainty = tables.Column(verbose_name="Certitude")
    source = tables.Column(verbose_name="Source", orderable=False)
    remark = tables.Column(verbose_name="Remarque", orderable=False)

    class Meta(ListTable.Meta):
        empty_text = "Aucun indicateur n’est connu. L’administrateur charge les référentiels livrés."

    def render_targets(self, record: Indicator) -> str:
        return wording.targets(record.targets.all(), record.unit)

    value_targets = render_targets

    def render_unit(self, record: Indicator) -> str:
        return record.get_unit_display()

    def render_direction(self, record: Indicator) -> str:
        return record.get_direction_display()


class DelayTable(ListTable):
    referentiel = tables.Column(verbose_name="Référentiel", accessor="referentiel__short_title")
    kind = LinkedColumn("delai", verbose_name="Demande")
    requester = tables.Column(verbose_name="Demandeur")
    channel = tables.Column(verbose_name="Canal")
    days = tables.Column(verbose_name="Délai", empty_values=())
    starts_on = DayColumn(verbose_name="Reçue du")
    ends_on = DayColumn(verbose_name="Reçue jusqu’au")
    owner = OwnerColumn()
    certainty = tables.Column(verbose_name="Certitude")
    source = tables.Column(verbose_name="Source", orderable=False)
    remark = tables.Column(verbose_name="Remarque", orderable=False)

    class Meta(ListTable.Meta):
        empty_text = "Aucun délai n’est connu. L’administrateur charge les référentiels livrés."

    def render_days(self, record: DelayRule) -> str:
        return wording.delay(record)

    value_days = render_days


class NormFilters(ListFilters):
    """By words, version and certainty. Words are looked for here: databases fold accents otherwise."""

    mots = django_filters.CharFilter(
        label="Code ou mots", method="by_words", max_length=100, validators=[a_word_to_look_for]
    )
    certitude = django_filters.ChoiceFilter(
        label="Certitude", choices=CERTAINTIES, empty_label="toutes", method="by_certainty"
    )

    def by_certainty(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(certainty__in=certainties(value))

    def by_words(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(pk__in=[row.pk for row in rows if speaks_of(value, *self.words_of(row))])

    def words_of(self, row: Any) -> tuple[str, ...]:
        raise NotImplementedError


class IndicatorFilters(NormFilters):
    referentiel = django_filters.ModelChoiceFilter(
        label="Référentiel",
        field_name="engagement__referentiel",
        queryset=Referentiel.objects.all(),
        to_field_name="slug",
        empty_label="tous",
    )

    def words_of(self, row: Indicator) -> tuple[str, ...]:
        about = row.engagement
        return (about.code, about.title, about.theme, row.title, row.short_title, row.remark, *row.aliases)


class DelayFilters(NormFilters):
    referentiel = django_filters.ModelChoiceFilter(
        label="Référentiel", queryset=Referentiel.objects.all(), to_field_name="slug", empty_label="tous"
    )

    def words_of(self, row: DelayRule) -> tuple[str, ...]:
        return (
            row.get_kind_display(),
            row.get_channel_display(),
            row.get_requester_display(),
            str(row),
            row.source,
            row.remark,
        )
