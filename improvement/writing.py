"""How every form of the plan and of the calendar behaves: ask; write; or explain, and keep what was typed."""

from collections.abc import Callable
from typing import Any, TypeVar

from django import forms
from django.db.models import Model
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header

from improvement.models import Proven
from improvement.proofs import RefusedError
from referentiel.changes import said
from sites import attachments, files
from sites.access import AgentRequest
from sites.conflicts import ConflictError
from sites.filling import Page, say

Form = TypeVar("Form", bound=forms.Form)


def ask(request: AgentRequest, page: Page, form: Form, write: Callable[[Form], str]) -> HttpResponse:
    """`write` does it and says so in a sentence; then one returns to where one came from."""
    context: dict[str, Any] = {"page": page, "form": form, "conflict": None, "saved": []}
    if not form.is_valid():
        return render(request, "improvement/form.html", context)
    try:
        say(request, write(form))
    except RefusedError as refused:
        form.add_error(None, str(refused))
        return render(request, "improvement/form.html", context)
    except ConflictError as conflict:
        version = str(conflict.saved.version)  # what was typed stays; sending it again is now deliberate
        form.data = {**form.data.dict(), "version": version}  # type: ignore[attr-defined]
        context |= {"conflict": str(conflict), "saved": _sides(form, conflict.saved)}
        return render(request, "improvement/form.html", context, status=409)
    return redirect(page.back)


def _sides(form: forms.Form, saved: Model) -> list[tuple[str, str]]:
    return [
        (str(bound.label), said(saved, saved._meta.get_field(bound.name))) for bound in form.visible_fields()
    ]


def proof_response(request: AgentRequest, row: Proven, title: str) -> HttpResponse:
    """The file of a proof, to keep and never to open in the page; or a clear « not now »."""
    try:
        body = files.read(row.proof_file, row.proof_sha256)
    except files.LostError:
        return render(request, "improvement/proof_lost.html", status=503)
    response = HttpResponse(body, content_type=attachments.media_type_of(row.proof_file))
    response["Content-Disposition"] = content_disposition_header(True, row.proof_name(title))
    return response
