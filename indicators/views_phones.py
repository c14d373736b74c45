"""The agents' pages of the telephone: lines, and the files of the phone server."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from indicators import history, month_import, month_table, phones, review, uploads
from indicators.forms_months import MonthFileForm
from indicators.forms_phones import ColumnsForm, PhoneConfirmForm, PhoneLineForm
from indicators.models import FigureImport, PhoneLine
from indicators.tables_phones import PhoneLineTable
from indicators.views_imports import MOST_CHANGES, reading_page, source_of
from indicators.writing import ask
from referentiel.models import Indicator
from sheets.reading import Row
from sheets.words import typeset
from sites import lists, trace
from sites.access import Access, Action, AgentRequest, enter
from sites.asking import asks_first, sent
from sites.conflicts import RefusedError
from sites.filling import Page
from sites.models import Service, TraceEntry

ABOVE = "Lignes téléphoniques"


@require_safe
def phone_lines(request: AgentRequest, slug: str) -> HttpResponse:
    access = enter(request, slug, Action.WRITE_FIGURES)
    waiting = FigureImport.objects.open().filter(
        prefecture=access.prefecture, contents=FigureImport.Contents.PHONE
    )
    return lists.show(
        request,
        "indicators/phone_lines.html",
        table=PhoneLineTable,
        rows=_lines(access),
        title=ABOVE,
        context={"slug": slug, "waiting": waiting.defer("rows")},
    )


@asks_first
def phone_line_new(request: AgentRequest, slug: str) -> HttpResponse:
    """Add a line; « ?numero=… »: one that a file names."""
    access = enter(request, slug, Action.WRITE_FIGURES)
    line = PhoneLine(prefecture=access.prefecture)
    return _ask_line(request, access, line, {"number": request.GET.get("numero", "")}, "Ajouter une ligne")


@asks_first
def phone_line(request: AgentRequest, slug: str, line: int) -> HttpResponse:
    access = enter(request, slug, Action.WRITE_FIGURES)
    held = get_object_or_404(_lines(access), pk=min(line, 2**63 - 1))
    initial = {
        "number": held.number,
        "service": held.service,
        "indicator": held.indicator,
        "first_month": held.first_month,
        "last_month": held.last_month,
    }
    return _ask_line(request, access, held, initial, f"Ligne {held.number}")


@asks_first
def phone_file_new(request: AgentRequest, slug: str) -> HttpResponse:
    """Bring a file of the phone server. A worker reads it."""
    access = enter(request, slug, Action.WRITE_FIGURES)
    files = request.FILES if request.method == "POST" else None
    form = MonthFileForm(sent(request), files, on=access.on)
    if not form.is_valid():
        return render(request, "indicators/phone_file_new.html", {"slug": slug, "form": form})
    file = form.cleaned_data["file"]
    source = uploads.bring(
        access.prefecture,
        file.read(),
        year=form.cleaned_data["year"],
        contents=FigureImport.Contents.PHONE,
        file_name=file.name,
        by=request.user,
    )
    return redirect("phone_file", slug, source.number)


@asks_first
def phone_file(request: AgentRequest, slug: str, number: int) -> HttpResponse:
    """A file of the phone server: its reading, its columns once, what it changes, what it changed."""
    source = source_of(request, slug, number, FigureImport.Contents.PHONE)
    if source.state == FigureImport.State.READING:
        return reading_page(request, source)
    context: dict[str, object] = {"slug": slug, "source": source}
    if source.state != FigureImport.State.TO_CHECK:
        changes = month_import.changes_of(source)
        return render(request, "indicators/month_file_done.html", context | _shown(changes))
    rows = uploads.rows_of(source)
    mapping = phones.mapping_of(source, rows)
    if mapping is None or "colonnes" in request.GET:
        known = mapping.columns if mapping else phones.propose(rows[0].cells)
        return _ask_columns(request, source, rows, known)
    form = PhoneConfirmForm(sent(request))
    if form.is_valid():
        try:
            done = phones.confirm(source, by=request.user, **form.cleaned_data)
        except RefusedError as refused:
            messages.error(request, typeset(str(refused)))
        else:
            trace.record(request, TraceEntry.Event.WROTE, f"Import n°\xa0{number}, enregistré")
            messages.success(request, f"Chiffres enregistrés\xa0: {done.imported}.")
        return redirect("phone_file", slug, number)
    try:
        said = phones.examine(source, rows, mapping)
    except RefusedError as refused:
        messages.error(request, typeset(str(refused)))
        return redirect(f"{reverse('phone_file', args=[slug, number])}?colonnes=1")
    found = said.months.problems[: review.MOST_QUESTIONS]
    context |= {
        "said": said,
        "examined": said.months,
        "lines": said.lines[:MOST_CHANGES],
        "problems": [
            (month_table.TITLES.get(problem.column or "", (problem.column or "").replace("_", " ")), problem)
            for problem in found
        ],
    }
    return render(request, "indicators/phone_file.html", context | _shown(said.months.changes))


def _lines(access: Access) -> QuerySet[PhoneLine]:
    rows = PhoneLine.objects.filter(prefecture=access.prefecture)
    return rows.select_related("prefecture", "service__unit", "indicator")


def _ask_line(
    request: AgentRequest, access: Access, line: PhoneLine, initial: dict[str, object], title: str
) -> HttpResponse:
    prefecture = access.prefecture
    followed = Indicator.objects.followed_between(prefecture, access.on.replace(month=1, day=1), access.on)
    rates = followed.filter(unit=Indicator.Unit.PERCENT)
    if line.pk:
        rates = rates | Indicator.objects.filter(pk=line.indicator_id)
    form = PhoneLineForm(
        sent(request),
        initial=initial | {"version": phones.version(line)},
        line=line,
        services=Service.objects.filter(unit__prefecture=prefecture).select_related("unit"),
        indicators=rates.select_related("engagement").distinct(),
    )
    page = Page(title, ABOVE, reverse("phone_lines", args=[prefecture.slug]))

    def write() -> str:
        kept = phones.keep_line(form.line, seen=form.cleaned_data["version"], by=request.user)
        return f"Ligne «\xa0{kept.number}\xa0» enregistrée."

    return ask(request, page, form, write, last=lambda: history.of_phone_line(line))


def _ask_columns(
    request: AgentRequest, source: FigureImport, rows: list[Row], known: dict[str, str]
) -> HttpResponse:
    slug = source.prefecture.slug
    form = ColumnsForm(sent(request), initial=known, headers=rows[0].cells)
    if form.is_valid():
        phones.remember(source, rows, form.cleaned_data, by=request.user)
        return redirect("phone_file", slug, source.number)
    context = {
        "slug": slug,
        "source": source,
        "form": form,
        "titles": [title.replace("_", " ") for title in rows[0].cells],
        "lines": [row.cells.values() for row in rows[:5]],
    }
    return render(request, "indicators/phone_columns.html", context)


def _shown(changes: list[month_import.Change]) -> dict[str, object]:
    return {
        "changes": changes[:MOST_CHANGES],
        "change_count": len(changes),
        "more_changes": max(0, len(changes) - MOST_CHANGES),
    }
