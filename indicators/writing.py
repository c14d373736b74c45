"""How the forms of the control room behave: ask; write; or say what is wrong, with what was typed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render

from indicators.collection import ConflictError
from indicators.history import Event
from sites.access import AgentRequest
from sites.conflicts import RefusedError
from sites.filling import Page, say


def ask(
    request: AgentRequest,
    page: Page,
    form: forms.Form,
    write: Callable[[], str],
    *,
    last: Callable[[], tuple[list[Event], int]] = lambda: ([], 0),
    consequence: Callable[[], tuple[str, int]] | None = None,
    template: str = "indicators/control_form.html",
    **context: Any,
) -> HttpResponse:
    """`write` does it and says so; then one goes back. `last` is what became of the row, the latest first,
    and its version. Where there is a `consequence`, it is said, with the number that measures it, and
    agreed to first: a form with `agreed`."""
    context |= {"page": page, "form": form, "conflict": None, "consequence": ""}
    if not form.is_valid():
        return render(request, template, context)
    if consequence:
        sentence, number = consequence()
        if form.cleaned_data["agreed"] != number:
            _fill(form, agreed=number)
            confirming = replace(page, submit=f"Confirmer\xa0: {page.submit}")
            context |= {"consequence": sentence, "page": confirming}
            return render(request, template, context)
    try:
        say(request, write())
        return redirect(page.back)
    except RefusedError as refused:
        form.add_error(None, str(refused))
        return render(request, template, context)
    except ConflictError:
        events, version = last()
        _fill(form, version=version)  # what was typed stays; sending it again is now deliberate
        return render(request, template, context | {"conflict": next(iter(events), None)}, status=409)


def _fill(form: forms.Form, **values: int) -> None:
    said = {name: str(value) for name, value in values.items()}
    form.data = {**form.data.dict(), **said}  # type: ignore[attr-defined]
