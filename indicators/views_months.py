"""The agents' pages of monthly figures kept in a spreadsheet: take months away, bring them back, confirm."""

from collections.abc import Mapping

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from indicators import month_import, month_table, review, uploads
from indicators.forms_imports import ConfirmForm
from indicators.forms_months import MonthFileForm, MonthTableForm
from indicators.models import FigureImport
from indicators.views_imports import MOST_CHANGES, reading_page, source_of
from sheets.words import typeset
from sites import lists, trace
from sites.access import Access, Action, AgentRequest, enter
from sites.asking import asks_first, sent
from sites.conflicts import RefusedError
from sites.models import TraceEntry


@asks_first
def month_files(request: AgentRequest, slug: str) -> HttpResponse:
    """What to take away, and where to bring it back: a worker reads it."""
    access = enter(request, slug, Action.ENTER_FIGURES)
    files = request.FILES if request.method == "POST" else None
    form = MonthFileForm(sent(request), files, on=access.on)
    if not form.is_valid():
        return _page(request, access, file_form=form)
    file = form.cleaned_data["file"]
    source = uploads.bring(
        access.prefecture,
        file.read(),
        year=form.cleaned_data["year"],
        contents=FigureImport.Contents.MONTHS,
        file_name=file.name,
        by=request.user,
    )
    return redirect("month_file", slug, source.number)


@require_safe
def month_table_file(request: AgentRequest, slug: str) -> HttpResponse:
    """The figures of a month or a year, of the services that one may enter."""
    access = enter(request, slug, Action.ENTER_FIGURES)
    form = MonthTableForm(request.GET, on=access.on)
    if form.is_valid():
        services = access.services_for(Action.ENTER_FIGURES)
        try:
            sheet = month_table.sheet(access.prefecture, form.period, services)
        except RefusedError as refused:
            form.add_error("month", typeset(str(refused)))
        else:
            return lists.file_response(request, sheet, form.cleaned_data["kind"])
    return _page(request, access, table_form=form)


@asks_first
def month_file(request: AgentRequest, slug: str, number: int) -> HttpResponse:
    """A file that was brought back: how far its reading is, what is wrong with it or what it changes, then
    what it changed."""
    source = source_of(request, slug, number, FigureImport.Contents.MONTHS)
    if source.state == FigureImport.State.READING:
        return reading_page(request, source)
    if source.state != FigureImport.State.TO_CHECK:
        changes = month_import.changes_of(source)
        return _show(request, source, "indicators/month_file_done.html", changes, {})
    services = request.access.services_for(Action.ENTER_FIGURES)
    form = ConfirmForm(sent(request))
    if form.is_valid():
        try:
            done = month_import.confirm(
                source, services=services, by=request.user, read=form.cleaned_data["read"]
            )
        except RefusedError as refused:
            messages.error(request, typeset(str(refused)))
        else:
            trace.record(request, TraceEntry.Event.WROTE, f"Import n°\xa0{number}, enregistré")
            messages.success(request, f"Chiffres enregistrés\xa0: {done.imported}.")
        return redirect("month_file", slug, number)
    try:
        examined = month_import.preview(source, services)
    except RefusedError as refused:
        refusal = {"examined": None, "refusal": typeset(str(refused))}
        return _show(request, source, "indicators/month_file.html", [], refusal)
    found = examined.problems[: review.MOST_QUESTIONS]
    shown = {
        "examined": examined,
        "refusal": "",
        "problems": [(month_table.TITLES[problem.column or ""], problem) for problem in found],
    }
    return _show(request, source, "indicators/month_file.html", examined.changes, shown)


def _page(
    request: AgentRequest,
    access: Access,
    *,
    file_form: MonthFileForm | None = None,
    table_form: MonthTableForm | None = None,
) -> HttpResponse:
    waiting = FigureImport.objects.open().filter(
        prefecture=access.prefecture, contents=FigureImport.Contents.MONTHS, uploaded_by=request.user
    )
    return render(
        request,
        "indicators/month_files.html",
        {
            "slug": access.prefecture.slug,
            "file_form": file_form or MonthFileForm(on=access.on),
            "table_form": table_form or MonthTableForm(on=access.on),
            "services": access.services_for(Action.ENTER_FIGURES),
            "waiting": waiting.defer("rows"),
        },
    )


def _show(
    request: AgentRequest,
    source: FigureImport,
    template: str,
    changes: list[month_import.Change],
    more: Mapping[str, object],
) -> HttpResponse:
    context = {
        "slug": source.prefecture.slug,
        "source": source,
        "changes": changes[:MOST_CHANGES],
        "change_count": len(changes),
        "more_changes": max(0, len(changes) - MOST_CHANGES),
    }
    return render(request, template, {**context, **more})
