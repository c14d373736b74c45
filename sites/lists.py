"""How every list behaves: filtered above, sorted by the head of a column, 50 rows a page, and exported as it
is shown, all pages together; a list too long for a file says so beside it.

A list is a django-tables2 table (`ListTable`) over a queryset, with a django-filter set (`ListFilters`) where
it has filters. A view ends with `show`; its template includes `components/list.html`. A column whose cells
are links or badges gives its plain value to exports in a `value_<column>` method.
"""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import django_filters
import django_tables2 as tables
from django.core.paginator import Paginator
from django.db import models
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from dsfr.forms import DsfrBaseForm

from sheets import writing
from sheets.words import french_day
from sites import trace
from sites.access import AgentRequest
from sites.models import TraceEntry

PER_PAGE = 50
MAX_EXPORTED = 20_000

KIND_LABELS = {"csv": "CSV", "ods": "ODS (LibreOffice)", "xlsx": "XLSX (Excel)"}


class DayColumn(tables.Column):
    """A day: « 26/11/2026 » on the screen, a true date in exports."""

    def render(self, value: datetime.date) -> str:
        return french_day(value)

    def value(self, value: datetime.date) -> datetime.date:
        return value


class ListTable(tables.Table):
    """Its Meta says `model` or fields, `order_by`, and `empty_text`: a sentence that says what to do next."""

    class Meta:
        template_name = "components/list_table.html"
        default = ""

    @property
    def sheet_rows(self) -> list[list[Any]]:
        """The titles, then all rows in the order shown; texts, numbers and days."""
        return [list(row) for row in self.as_values()]


class FilterForm(DsfrBaseForm):
    """All filters are optional; saying it of each would be noise, so they look as if they were not."""

    use_required_attribute = False

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._require(True)

    def full_clean(self) -> None:
        self._require(False)
        super().full_clean()
        self._require(True)

    def _require(self, is_required: bool) -> None:
        for field in self.fields.values():
            field.required = is_required


class ListFilters(django_filters.FilterSet):
    class Meta:
        form = FilterForm


class CountedPaginator(Paginator):
    """Knows how many rows there are where somebody has counted them already."""

    def __init__(self, *arguments: Any, count: int | None, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if count is not None:
            self.count = count


def show(
    request: AgentRequest,
    template: str,
    *,
    table: type[ListTable],
    rows: models.QuerySet[Any] | Sequence[Any],
    title: str,
    filters: type[ListFilters] | ListFilters | None = None,
    count: int | None = None,
    context: Mapping[str, Any] | None = None,
    **table_options: Any,
) -> HttpResponse:
    """A page of the list, or the whole of it as a file where the address asks for one (`export=ods`).

    `rows` are a queryset, or, without filters, a sequence; where the view has applied its filters itself,
    they are what is left. `count` is their number where it is known, which saves a query. `title` names the
    file and its sheet. A filter that makes no sense is ignored and its error shown. A sort by a column that
    does not exist is ignored; a page that does not exist is the last one.
    """
    chosen = filters
    if isinstance(filters, type):
        chosen = filters(request.GET, queryset=rows, request=request)
        rows = chosen.qs
    shown = table(rows, **table_options)
    shown.request = request  # given to the table itself, it would count and page the rows its own way first
    if order := request.GET.getlist(shown.prefixed_order_by_field):
        shown.order_by = order
    kind = request.GET.get("export", "")
    if kind in writing.KINDS:
        return _export(request, shown, kind, title)
    shown.paginate(CountedPaginator, per_page=PER_PAGE, count=count)
    shown.page = shown.paginator.get_page(request.GET.get(shown.prefixed_page_field))
    listing = {
        "table": shown,
        "filters": chosen,
        "is_filtered": bool(chosen and chosen.form.is_valid() and any(chosen.form.cleaned_data.values())),
        "count": shown.paginator.count,
        "kinds": KIND_LABELS,
        "most_exported": MAX_EXPORTED,
    }
    return render(request, template, {**(context or {}), "listing": listing})


def _export(request: AgentRequest, table: ListTable, kind: str, title: str) -> HttpResponse:
    table.data.data = table.data.data[:MAX_EXPORTED]
    columns, *rows = table.sheet_rows
    return file_response(request, writing.Sheet(title, columns, rows), kind)


def file_response(request: AgentRequest, sheet: writing.Sheet, kind: str) -> HttpResponse:
    """A sheet as a file to download, of one of the `writing.KINDS`; who took it is kept in the trace."""
    trace.record(request, TraceEntry.Event.EXPORTED, f"{sheet.title} ({kind})")
    response = HttpResponse(writing.write(sheet, kind), content_type=writing.KINDS[kind])
    response["Content-Disposition"] = content_disposition_header(True, f"{sheet.title}.{kind}")
    return response
