"""The page of one figure and the notes of a year: where they come from, how they are typed and corrected."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from complaints import searching, telling
from complaints.models import Case
from indicators import collection, history, months, notes, origins, results
from indicators.collection import Cell
from indicators.forms import FigureForm, NewNoteForm, NoteForm, RemovalForm, TargetForm, initial_of
from indicators.models import Measurement, Note
from indicators.origins import Provenance
from indicators.periods import Period
from indicators.views import possible, within
from indicators.writing import ask
from referentiel.measures import in_french
from referentiel.models import Indicator
from sites import filling
from sites.access import Access, Action, AgentRequest, enter
from sites.asking import asks_first, sent
from sites.filling import Page

# --- A figure ----------------------------------------------------------------------------------------------


@require_safe
def figure(request: AgentRequest, slug: str, year: int, unit: int, indicator: int) -> HttpResponse:
    """Where a figure comes from: what it is made of, what it is held against, and all that became of it."""
    cell = _cell(enter(request, slug), year, unit, indicator)
    context = {"slug": slug, "origin": origins.of(cell), "enterable": _enterable(request.access)}
    return render(request, "indicators/figure.html", context)


@require_safe
def figure_period(
    request: AgentRequest, slug: str, period: Period, unit: int, indicator: int
) -> HttpResponse:
    """What the figure of a shorter period is made of: its months, their services, and what became of them."""
    access = enter(request, slug)
    within(access, period)
    column = get_object_or_404(access.units.select_related("prefecture"), pk=unit)
    years = dict.fromkeys((period.last.year, period.first.year))
    known = _indicators(access, *years)
    shown = get_object_or_404(known, pk=indicator)
    result = results.of_cell(column, shown, period)
    context = {
        "slug": slug,
        "result": result,
        "months": months.of(result, period),
        "years": list(years),
        "enterable": _enterable(access),
        "events": history.of_cell(column, shown, period),
    }
    return render(request, "indicators/figure_period.html", context)


@asks_first
def figure_write(request: AgentRequest, slug: str, year: int, unit: int, indicator: int) -> HttpResponse:
    """Type a figure, or correct the one that is there."""
    cell = _cell(enter(request, slug, Action.WRITE_FIGURES), year, unit, indicator)
    origin = origins.of(cell)
    form = FigureForm(
        sent(request),
        initial=initial_of(origin.row, cell),
        cell=cell,
        is_correction=origin.is_there,
    )
    page = Page(
        "Corriger le chiffre" if origin.is_there else "Saisir le chiffre", ABOVE, _address(slug, cell)
    )

    def write() -> str:
        seen = form.cleaned_data["version"]
        collection.write(cell, form.entry, seen=seen, by=request.user)
        return f"Le chiffre est enregistré\xa0: {origins.of(cell).in_words}."

    return _write(request, page, form, write, origin)


@asks_first
def figure_remove(request: AgentRequest, slug: str, year: int, unit: int, indicator: int) -> HttpResponse:
    cell = _cell(enter(request, slug, Action.WRITE_FIGURES), year, unit, indicator)
    origin = origins.of(cell)
    if origin.row is None:
        messages.info(
            request,
            "Cette case n’a pas de chiffre à retirer\xa0: il vient d’ailleurs, ou ne s’y trouve plus.",
        )
        return redirect(_address(slug, cell))
    form = RemovalForm(sent(request), initial={"version": cell.version})
    page = Page(
        "Retirer le chiffre",
        ABOVE,
        _address(slug, cell),
        lead=origin.after_removal,
        submit="Retirer le chiffre",
    )

    def remove() -> str:
        said = form.cleaned_data
        collection.remove(cell, reason=said["reason"], seen=said["version"], by=request.user)
        return f"Le chiffre est retiré\xa0: {origins.of(cell).in_words}."

    return _write(request, page, form, remove, origin)


@asks_first
def figure_target(request: AgentRequest, slug: str, year: int, unit: int, indicator: int) -> HttpResponse:
    """Correct the target that a document prints beside a figure."""
    cell = _cell(enter(request, slug, Action.WRITE_FIGURES), year, unit, indicator)
    origin = origins.of(cell)
    if origin.row is None or origin.row.target_value is None:
        raise Http404
    printed = in_french(origin.row.target_value.normalize())
    initial = {"comparator": origin.row.target_comparator, "value": printed, "version": cell.version}
    form = TargetForm(sent(request), initial=initial, indicator=cell.indicator)
    page = Page(
        "Corriger l’objectif imprimé",
        ABOVE,
        _address(slug, cell),
        lead="Le document imprime cet objectif à côté du chiffre, et c’est lui qui le juge. Le corriger ne "
        "change ni l’objectif du référentiel, ni celui des autres unités.",
    )

    def correct() -> str:
        said = form.cleaned_data
        reason, seen = said["reason"], said["version"]
        collection.correct_target(
            cell, said["comparator"], said["value"], reason=reason, seen=seen, by=request.user
        )
        return f"L’objectif imprimé est corrigé\xa0: {origins.of(cell).in_words}."

    return _write(request, page, form, correct, origin)


ABOVE = "D’où vient ce chiffre\xa0?"


def _write(
    request: AgentRequest, page: Page, form: forms.Form, write: Callable[[], str], origin: Provenance
) -> HttpResponse:
    """Who comes second sees what the first wrote, and the figure as it is now."""

    def stands(_: Measurement | None) -> dict[str, Any]:
        fresh = origins.of(origin.cell)
        return {"origin": fresh, "conflict": fresh.last_written}

    template = "indicators/figure_writing.html"
    return filling.ask(
        request, page, form, lambda _: write(), template=template, stands=stands, origin=origin
    )


def _cell(access: Access, year: int, unit: int, indicator: int) -> Cell:
    """A square that the agent may see: of one of their units, of what is followed or known in the year."""
    possible(access, year)
    column = get_object_or_404(access.units.select_related("prefecture"), pk=unit)
    return Cell(column, get_object_or_404(_indicators(access, year), pk=indicator), year)


def _enterable(access: Access) -> set[int]:
    """The services whose months the agent may open to type them."""
    if not access.may_enter_figures:
        return set()
    return set(access.services_for(Action.ENTER_FIGURES).values_list("pk", flat=True))


def _indicators(access: Access, *years: int) -> QuerySet[Indicator]:
    """What is followed in one of the years, or known of it or of the year before."""
    held = Q()
    for year in years:
        held |= Q(pk__in=Indicator.objects.followed_by(access.prefecture, year))
    measured = Measurement.objects.of_years(access.prefecture, min(years) - 1, max(years))
    known = Indicator.objects.filter(held | Q(pk__in=measured.values("indicator")))
    return known.select_related("engagement__referentiel")


def _address(slug: str, cell: Cell) -> str:
    return reverse("figure", args=[slug, cell.year, cell.unit.pk, cell.indicator.pk])


# --- The notes of a year -----------------------------------------------------------------------------------


@require_safe
def year_notes(request: AgentRequest, slug: str, year: int) -> HttpResponse:
    """The notes printed under the board, and what became of each."""
    access = enter(request, slug)
    possible(access, year)
    context = {"slug": slug, "year": year, "notes": _notes(access, year)}
    events = history.of_notes(access.prefecture, year, access.units)
    return render(request, "indicators/notes.html", context | {"events": events})


@asks_first
def note_new(request: AgentRequest, slug: str, year: int) -> HttpResponse:
    """« ?unite=3&indicateur=12 »: what the page is about from which the note is added;
    « ?affaire=2019-0012 »: the case whose late reply it tells, without a name."""
    access = enter(request, slug, Action.WRITE_FIGURES)
    possible(access, year)
    initial: dict[str, Any] = {"unit": request.GET.get("unite"), "indicator": request.GET.get("indicateur")}
    if reference := searching.reference_in(request.GET.get("affaire", "")):
        visible = Case.objects.visible_to(request.user, access, Action.READ_CASES)
        late = get_object_or_404(visible, **reference._asdict())
        initial |= {"unit": late.unit_id, "text": telling.lateness(late)}
    form = NewNoteForm(
        sent(request), initial=initial, units=access.units, indicators=_indicators(access, year)
    )
    page = Page("Ajouter une note", f"Notes {year}", reverse("notes", args=[slug, year]))

    note = Note(prefecture=access.prefecture, year=year)

    def add() -> str:
        notes.add(note, **form.cleaned_data, by=request.user)
        return f"La note est ajoutée au tableau de bord {year}."

    return _write_note(request, page, form, add, note)


@asks_first
def note_edit(request: AgentRequest, slug: str, year: int, note: int) -> HttpResponse:
    access = enter(request, slug, Action.WRITE_FIGURES)
    held = get_object_or_404(_notes(access, year), pk=note)
    initial = {"text": held.text, "version": notes.version(held)}
    form = NoteForm(sent(request), initial=initial)
    page = Page(
        "Corriger la note",
        f"Notes {year}",
        reverse("notes", args=[slug, year]),
        lead=f"Elle porte sur\xa0: {history.about(held.unit, held.indicator)}.",
        delete_url=reverse("note_remove", args=[slug, year, note]),
    )

    def correct() -> str:
        said = form.cleaned_data
        notes.correct(held, text=said["text"], seen=said["version"], by=request.user)
        return f"La note du tableau de bord {year} est corrigée."

    return _write_note(request, page, form, correct, held)


@asks_first
def note_remove(request: AgentRequest, slug: str, year: int, note: int) -> HttpResponse:
    access = enter(request, slug, Action.WRITE_FIGURES)
    held = get_object_or_404(_notes(access, year), pk=note)
    form = RemovalForm(sent(request), initial={"version": notes.version(held)})
    page = Page(
        "Retirer la note",
        f"Notes {year}",
        reverse("notes", args=[slug, year]),
        lead=f"«\xa0{held.text}\xa0» ({history.about(held.unit, held.indicator)})",
        submit="Retirer la note",
    )

    def remove() -> str:
        said = form.cleaned_data
        notes.remove(held, reason=said["reason"], seen=said["version"], by=request.user)
        return f"La note est retirée du tableau de bord {year}."

    return _write_note(request, page, form, remove, held)


def _write_note(
    request: AgentRequest,
    page: Page,
    form: forms.Form,
    write: Callable[[], str],
    note: Note,
) -> HttpResponse:
    template = "indicators/note_writing.html"
    return ask(request, page, form, write, last=lambda: history.of_note(note), template=template)


def _notes(access: Access, year: int) -> QuerySet[Note]:
    """The notes that the agent may read: those of their units, and those of all."""
    possible(access, year)
    notes_of_year = Note.objects.filter(prefecture=access.prefecture, year=year)
    own = notes_of_year.filter(Q(unit=None) | Q(unit__in=access.units))
    return own.select_related("unit", "indicator__engagement", "source")
