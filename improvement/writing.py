"""How every form of the plan and of the calendar behaves: ask; write; or explain, and keep what was typed."""

from collections.abc import Callable
from typing import Any, TypeVar

from django import forms
from django.db.models import Model
from django.http import HttpResponse
from django.utils.text import slugify

from improvement.models import Proven
from referentiel.changes import said
from sites import downloads, filling
from sites.access import AgentRequest
from sites.filling import Page

Form = TypeVar("Form", bound=forms.Form)


def ask(request: AgentRequest, page: Page, form: Form, write: Callable[[Form], str]) -> HttpResponse:
    """`write` does it and says so in a sentence; then one returns to where one came from."""

    def stands(saved: Model) -> dict[str, Any]:
        fields = [(str(bound.label), saved._meta.get_field(bound.name)) for bound in form.visible_fields()]
        return {"saved": [(label, said(saved, field)) for label, field in fields]}

    return filling.ask(request, page, form, write, stands=stands)


def proof_response(request: AgentRequest, row: Proven, title: str) -> HttpResponse:
    """The file of a proof."""
    name = slugify(title)[:80] or "preuve"  # letters without accents, figures, hyphens
    return downloads.answer(request, row.proof_file, row.proof_sha256, name)
