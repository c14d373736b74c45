"""How the forms of figures and of their months behave: as all others do (sites.filling), but what somebody
else wrote is told by its event, and what a form entails is agreed to first."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render

from indicators.history import Event
from sites import filling
from sites.access import AgentRequest
from sites.filling import Page


def ask(
    request: AgentRequest,
    page: Page,
    form: forms.Form,
    write: Callable[[], str],
    *,
    last: Callable[[], list[Event]] = list,
    consequence: Callable[[], tuple[str, int]] | None = None,
    template: str = "indicators/control_form.html",
    **context: Any,
) -> HttpResponse:
    """`write` does it and says so; then one goes back. `last` is what became of the row, the latest first.
    Where there is a `consequence`, it is said, with the number that measures it, and agreed to first: a form
    with `agreed`."""
    if consequence and form.is_valid():
        sentence, number = consequence()
        if form.cleaned_data["agreed"] != number:
            filling.retype(form, agreed=number)
            confirming = replace(page, submit=f"Confirmer\xa0: {page.submit}")
            context |= {"page": confirming, "form": form, "conflict": None, "consequence": sentence}
            return render(request, template, context)
    return filling.ask(
        request,
        page,
        form,
        lambda _: write(),
        template=template,
        stands=lambda _: {"conflict": next(iter(last()), None)},
        **context | {"consequence": ""},
    )
