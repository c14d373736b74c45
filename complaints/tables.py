"""The work lists of the register: their columns and their filters."""

import datetime
from collections import defaultdict
from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any, NamedTuple

import django_filters
import django_tables2 as tables
from django.db.models import F, OuterRef, Subquery, Value
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from complaints import searching, telling, worklists
from complaints.models import Case, CaseQuerySet, Theme
from sheets.words import french_day, typeset
from sites.access import Access, Action
from sites.fields import a_word_to_look_for
from sites.lists import DayColumn, ListFilters, ListTable
from sites.models import Prefecture
from sites.workdays import WorkCalendar

ICONS: dict[str, str] = {
    Case.Kind.ENQUIRY: "question-line",
    Case.Kind.COMPLAINT: "feedback-line",
    Case.Kind.SUGGESTION: "lightbulb-line",
    Case.Kind.APPOINTMENT: "calendar-event-line",
    Case.Channel.LETTER: "mail-line",
    Case.Channel.EMAIL: "at-line",
    Case.Channel.FORM: "edit-box-line",
    Case.Channel.BOX: "inbox-line",
    Case.Channel.QR: "qr-code-line",
    Case.Channel.PHONE: "phone-line",
    Case.Channel.COUNTER: "team-line",
    Case.Channel.SOCIAL: "chat-3-line",
}

NO_SERVICE = "aucun"
KINDS = [(code, typeset(label)) for code, label in Case.Kind.choices]


class CaseTable(ListTable):
    """Of a day, with the working days of its préfecture. `is_handled` tells the cases that the reader may
    give to a service: a box to tick stands before those that are open."""

    SORTS = ("reference", "received_on", "due_on")

    tick = tables.Column(
        verbose_name="Choisir", empty_values=(), orderable=False, exclude_from_export=True, visible=False
    )
    reference = tables.Column(
        verbose_name="N°",
        order_by=("year", "number"),
        linkify=("case", [tables.A("prefecture__slug"), tables.A("year"), tables.A("number")]),
        attrs={"a": {"class": "reference"}},
    )
    received_on = DayColumn(verbose_name="Reçu le")
    due_on = DayColumn(verbose_name="Échéance", empty_values=())
    distance = tables.Column(verbose_name="Délai", empty_values=(), visible=False)
    kind = tables.Column(verbose_name="Nature", orderable=False)
    channel = tables.Column(verbose_name="Canal", orderable=False, visible=False)
    subject = tables.Column(verbose_name="Objet", orderable=False)
    unit = tables.Column(verbose_name="Unité", orderable=False)
    service = tables.Column(verbose_name="Service", orderable=False, visible=False)
    state = tables.Column(verbose_name="État", orderable=False)

    class Meta(ListTable.Meta):
        model = Case
        fields = ()

    def __init__(
        self,
        *arguments: Any,
        on: datetime.date,
        days: WorkCalendar,
        is_handled: Callable[[Case], bool] | None,
        **options: Any,
    ) -> None:
        super().__init__(*arguments, **options)
        self.on, self.days, self.is_handled = on, days, is_handled
        if is_handled:
            self.columns.show("tick")

    def order_received_on(self, rows: CaseQuerySet, is_descending: bool) -> tuple[CaseQuerySet, bool]:
        return rows.order_by(*(("-received_on", "-id") if is_descending else ("received_on", "id"))), True

    def order_due_on(self, rows: CaseQuerySet, is_descending: bool) -> tuple[CaseQuerySet, bool]:
        """Those that have none come last, whichever way."""
        due_on = F("due_on").desc(nulls_last=True) if is_descending else F("due_on").asc(nulls_last=True)
        return rows.order_by(due_on, "id"), True

    def render_tick(self, record: Case) -> str:
        if not record.is_open or self.is_handled is None or not self.is_handled(record):
            return ""
        return format_html(
            '<input type="checkbox" form="confier" name="cases" value="{}-{}" aria-label="Choisir {}">',
            record.pk,
            record.version,
            record,
        )

    def render_due_on(self, record: Case) -> str:
        said = self.value_distance(record)
        if record.due_on is None:
            return said
        day = french_day(record.due_on)
        if not said:
            return day
        mark = "late" if record.due_on < self.on else "due"
        return format_html('<strong class="{}">{}</strong> <span class="detail">{}</span>', mark, said, day)

    def value_due_on(self, record: Case) -> datetime.date | None:
        return record.due_on

    def value_distance(self, record: Case) -> str:
        """Empty once it is closed."""
        if not record.is_open:
            return ""
        if record.due_on:
            return telling.due_in_words(record.due_on, self.on, self.days)
        return "délai suspendu" if record.has_clock else "sans échéance"

    def render_kind(self, record: Case) -> SafeString:
        return format_html(
            "{} {}",
            _with_icon(record.kind, self.value_kind(record)),
            _with_icon(record.channel, record.get_channel_display()),
        )

    def value_kind(self, record: Case) -> str:
        return typeset(record.get_kind_display())

    def render_unit(self, record: Case) -> str:
        return f"{record.unit.short_name}, {record.service.short_name if record.service else 'sans service'}"

    def value_unit(self, record: Case) -> str:
        return record.unit.short_name

    def render_state(self, record: Case) -> str:
        if record.is_within is None:
            return self._state(record)
        look = "met" if record.is_within else "missed"
        return format_html(
            '{} <span class="verdict verdict--{}">{}</span>', self._state(record), look, _verdict(record)
        )

    def value_state(self, record: Case) -> str:
        return f"{self._state(record)}, {_verdict(record)}" if _verdict(record) else self._state(record)

    def _state(self, record: Case) -> str:
        said = record.get_state_display()
        if record.asked_service:
            said += f", {record.asked_service.short_name} sollicité"
        return f"{said} le {french_day(record.closed_on)}" if record.closed_on else said


def _verdict(case: Case) -> str:
    return {True: "dans les délais", False: "hors délai", None: ""}[case.is_within]


def _with_icon(code: str, label: str) -> SafeString:
    return format_html('<span class="with-icon fr-icon-{} fr-icon--sm">{}</span>', ICONS[code], label)


class Offered(NamedTuple):
    """What the filters of an agent offer."""

    units: list[tuple[int, str]]
    services: list[tuple[str, list[tuple[int, str]]]]
    themes: list[tuple[int, str]]
    since: int | None
    """The year of the first case of the préfecture."""

    @classmethod
    def to(cls, access: Access) -> "Offered":
        """The units and services that the agent covers, the themes of the préfecture; one query."""
        units = access.units.order_by().values_list(Value("unit"), "pk", "position", Value(0), "short_name")
        services = access.services_for(Action.READ_CASES).order_by()
        themes = Theme.objects.filter(prefecture=access.prefecture).order_by()
        first = Case.objects.filter(prefecture=OuterRef("pk")).order_by("year").values("year")[:1]
        since = Prefecture.objects.filter(pk=access.prefecture.pk).order_by()
        rows: dict[str, list[Any]] = defaultdict(list)
        for what, *row in units.union(
            services.values_list(Value("service"), "pk", Value(0), "unit", "name"),
            themes.values_list(Value("theme"), "pk", "position", Value(0), "title"),
            since.values_list(Value("since"), Subquery(first), Value(0), Value(0), Value("")),
            all=True,
        ):
            rows[what].append(row)
        units_in_order = sorted(rows["unit"], key=itemgetter(1, 3))
        services_in_order = sorted(rows["service"], key=itemgetter(3))
        return cls(
            units=[(pk, name) for pk, _, _, name in units_in_order],
            services=[
                (unit_name, [(pk, name) for pk, _, of, name in services_in_order if of == unit])
                for unit, _, _, unit_name in units_in_order
            ],
            themes=[(pk, title) for pk, _, _, title in sorted(rows["theme"], key=itemgetter(1, 3))],
            since=rows["since"][0][0],
        )


class CaseFilters(ListFilters):
    q = django_filters.CharFilter(
        label="Numéro, nom ou mots",
        method="about",
        max_length=searching.MOST,
        strip=True,
        validators=[a_word_to_look_for],
    )
    kind = django_filters.ChoiceFilter(label="Nature", choices=KINDS, empty_label="toutes")
    channel = django_filters.ChoiceFilter(label="Canal", choices=Case.Channel.choices, empty_label="tous")
    requester_kind = django_filters.ChoiceFilter(
        label="Demandeur", choices=Case.RequesterKind.choices, empty_label="tous"
    )
    unit = django_filters.ChoiceFilter(label="Unité", empty_label="toutes")
    service = django_filters.ChoiceFilter(label="Service", method="being_of", empty_label="tous")
    theme = django_filters.ChoiceFilter(label="Thème", empty_label="tous")
    month = django_filters.ChoiceFilter(label="Mois de réception", method="received_in", empty_label="tous")
    state = django_filters.ChoiceFilter(label="État", choices=Case.State.choices, empty_label="tous")
    is_within = django_filters.ChoiceFilter(
        label="Délai",
        choices=[("true", "respecté"), ("false", "dépassé à la réponse")],
        empty_label="tous",
        method="being_within",
    )
    asked = django_filters.ChoiceFilter(
        label="Contribution demandée",
        choices=[("own", "à mes services")],
        empty_label="à tous",
        method="asked_of",
    )

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        access = self.request.access
        offered = Offered.to(access)
        self.filters["unit"].extra["choices"] = offered.units
        self.filters["service"].extra["choices"] = [(NO_SERVICE, "sans service"), *offered.services]
        self.filters["theme"].extra["choices"] = offered.themes
        self.filters["month"].extra["choices"] = list(_months(offered.since or access.on.year, access.on))
        if access.scope_for(Action.HANDLE_CASES) is None:
            del self.filters["asked"]
        if not offered.themes:
            del self.filters["theme"]

    def about(self, rows: CaseQuerySet, name: str, value: str) -> CaseQuerySet:
        return searching.about(rows, value)

    def being_of(self, rows: CaseQuerySet, name: str, value: str) -> CaseQuerySet:
        return rows.filter(service=None if value == NO_SERVICE else int(value))

    def received_in(self, rows: CaseQuerySet, name: str, value: str) -> CaseQuerySet:
        year, _, month = value.partition("-")
        first = datetime.date(int(year), int(month or 1), 1)
        last = first if month else first.replace(month=12)
        return rows.filter(month__range=(first, last))

    def being_within(self, rows: CaseQuerySet, name: str, value: str) -> CaseQuerySet:
        return rows.filter(is_within=value == "true")

    def asked_of(self, rows: CaseQuerySet, name: str, value: str) -> CaseQuerySet:
        return rows.filter(worklists.asked_of(self.request.access))


def _months(since: int, on: datetime.date) -> Iterable[tuple[str, list[tuple[str, str]]]]:
    """The years and the months from the first year to a day, the latest first."""
    for year in range(on.year, since - 1, -1):
        months = range(on.month if year == on.year else 12, 0, -1)
        named = [
            (f"{year}-{month:02}", date_format(datetime.date(year, month, 1), "F Y")) for month in months
        ]
        yield str(year), [(str(year), f"toute l’année {year}"), *named]
