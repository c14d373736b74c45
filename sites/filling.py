"""How every form of the organisation behaves: ask with what is known; save; explain what is refused and keep
what was typed; show both sides where somebody else saved in between.

A view gives the words around its form (`Page`) and a function that saves it and says where to go next.
"""

import datetime
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from django import forms
from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models
from django.forms.models import model_to_dict
from django.http import HttpResponse
from django.shortcuts import redirect, render

from sites import organisation, trace
from sites.access import AgentRequest
from sites.conflicts import ConflictError, RefusedError
from sites.forms_organisation import VersionedForm
from sites.models import Closure, Prefecture, Service, Site, TraceEntry, Unit

Form = TypeVar("Form", bound=VersionedForm)
AnyForm = TypeVar("AnyForm", bound=forms.Form)


@dataclass(frozen=True)
class Page:
    """The words around a form; `above` is the page it came from, and where one returns without saving."""

    title: str
    above: str
    back: str
    lead: str = ""
    submit: str = "Enregistrer"
    delete_url: str = ""


@dataclass(frozen=True)
class Difference:
    """A field that two people filled in otherwise."""

    label: str
    saved: str
    typed: str


def fill_in(
    request: AgentRequest,
    form_class: type[Form],
    row: organisation.Row,
    page: Page,
    save: Callable[[Form], HttpResponse],
    **options: Any,
) -> HttpResponse:
    if request.method != "POST":
        # « ?unite=3 »: the unit from whose line the form was opened
        initial = {"seen": organisation.version_of(row)}
        if "unite" in request.GET and row.pk is None:
            initial["unit"] = request.GET["unite"]
        form = form_class(instance=row, initial=initial, **options)
        return render(request, "sites/form.html", {"page": page, "form": form, "conflict": None})
    form = form_class(request.POST, instance=row, **options)
    conflict, status = None, 200
    if form.is_valid():
        try:
            return save(form)
        except ValidationError as refused:
            _explain(form, refused)
        except ConflictError as found:
            conflict, status = _both_sides(form, found.saved), 409
            retype(form, seen=found.version)
    context = {"page": page, "form": form, "conflict": conflict}
    return render(request, "sites/form.html", context, status=status)


def ask(
    request: AgentRequest,
    page: Page,
    form: AnyForm,
    write: Callable[[AnyForm], str],
    *,
    template: str = "form.html",
    stands: Callable[[Any], dict[str, Any]] = lambda _: {},
    field: str | None = None,
    after: Callable[[], HttpResponse] | None = None,
    **more: Any,
) -> HttpResponse:
    """The same for a form that keeps the version that was read: ask; write; or explain, and keep what was
    typed. `write` does it and says so in a sentence; `stands` is how the page tells what somebody else has
    written meanwhile; a refusal is said above the form, or beside a `field`; one goes back from where one
    came, or where `after` says."""
    context: dict[str, Any] = {"page": page, "form": form, "conflict": None, "saved": []} | more
    if not form.is_valid():
        return render(request, template, context)
    try:
        say(request, write(form))
    except RefusedError as refused:
        form.add_error(field, str(refused))
        return render(request, template, context)
    except ConflictError as conflict:
        retype(form, version=conflict.version)
        context |= {"conflict": str(conflict)} | stands(conflict.saved)
        return render(request, template, context, status=409)
    return after() if after else redirect(page.back)


def retype(form: forms.BaseForm, **values: int | str) -> None:
    """Say otherwise in a form that was sent; all else that was typed stays, to be sent again on purpose."""
    typed = form.data.copy()  # type: ignore[attr-defined]
    for name, value in values.items():
        typed[name] = str(value)
    form.data = typed


def delete(
    request: AgentRequest, row: Unit | Site | Service | Closure, page: Page, sentence: str
) -> HttpResponse:
    """Ask, with what forbids it; then delete."""
    if request.method == "POST":
        with suppress(ValidationError):  # the page says it, as it did before
            organisation.remove(row)
            say(request, sentence)
            return redirect(page.back)
    return render(request, "sites/delete.html", {"page": page, "held": organisation.held_by(row)})


def say(request: AgentRequest, sentence: str, *, prefecture: Prefecture | None = None) -> None:
    """Tell the author, and the journal."""
    messages.success(request, sentence)
    trace.record(request, TraceEntry.Event.WROTE, sentence, prefecture=prefecture)


def _explain(form: VersionedForm, refused: ValidationError) -> None:
    """Each sentence beside its field; above the form where the form has no such field."""
    errors = refused.error_dict if hasattr(refused, "error_dict") else {NON_FIELD_ERRORS: refused.error_list}
    for name, sentences in errors.items():
        for sentence in sentences:
            form.add_error(name if name in form.fields else None, sentence)


def _both_sides(form: VersionedForm, saved: organisation.Row) -> dict[str, Any]:
    stored = model_to_dict(saved)
    typed = form.cleaned_data
    differences = []
    for bound in form.visible_fields():
        if bound.name in stored:
            pair = [_shown(bound.field, value) for value in (stored[bound.name], typed.get(bound.name))]
            if pair[0] != pair[1]:
                differences.append(Difference(str(bound.label), *pair))
    return {
        "last": organisation.last_change(saved),
        "time_zone": organisation.prefecture_of(saved).time_zone,
        "differences": differences,
    }


def _shown(field: Any, value: Any) -> str:
    """A value as its form would show it, in words."""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, datetime.date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, models.Model):
        value = value.pk
    if isinstance(value, (list, tuple, models.QuerySet)):
        parts = [_shown(field, one) for one in value]
        return ", ".join(sorted(parts)) or "(vide)"
    labels = {str(getattr(key, "value", key)): label for key, label in getattr(field, "choices", [])}
    return str(labels.get(str(value), value) if value not in (None, "") else "(vide)")
