"""The open questions: read by everybody, answered by the administrator."""

from collections import Counter

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from referentiel import editing
from referentiel.changes import history_of
from referentiel.forms import AnswerForm
from referentiel.models import Question
from referentiel.questions import concerns_of
from sites import trace
from sites.access import AgentRequest, administer, holdings
from sites.asking import asks_first
from sites.conflicts import ConflictError
from sites.filling import retype
from sites.models import TraceEntry


@require_safe
def questions(request: AgentRequest) -> HttpResponse:
    """What only somebody who holds an official text can say."""
    own = [access.prefecture for access in holdings(request).accesses]
    asked = [(question, concerns_of(question, own)) for question in Question.objects.all()]
    states = Counter(question.is_answered for question, _ in asked)
    context = {"asked": asked, "answered": states[True], "open": states[False]}
    return render(request, "referentiel/questions.html", context)


@asks_first
def question(request: AgentRequest, key: str) -> HttpResponse:
    """A question, the lines that depend on it, and its answer, which the administrator gives."""
    asked = get_object_or_404(Question, key=key)
    is_administrator = holdings(request).is_administrator
    form = AnswerForm(
        initial={
            "answer": asked.answer,
            "answer_source": asked.answer_source,
            "answered_on": asked.answered_on,
            "seen": editing.version_of(asked),
        }
    )
    since, status = None, 200
    if request.method == "POST":
        administer(request)
        form = AnswerForm(request.POST)
        if form.is_valid():
            said = form.cleaned_data
            try:
                editing.answer(
                    asked,
                    text=said["answer"],
                    source=said["answer_source"],
                    on=said["answered_on"],
                    seen=said["seen"],
                )
            except ConflictError as conflict:
                asked = conflict.saved
                since, status = history_of(asked, since=said["seen"]), 409
                retype(form, seen=conflict.version)
            else:
                trace.record(request, TraceEntry.Event.WROTE, f"Réponse à une question ouverte ({key})")
                messages.success(request, "La réponse est enregistrée.")
                return redirect("question", key)
    context = {
        "question": asked,
        "concerns": concerns_of(asked, [access.prefecture for access in holdings(request).accesses]),
        "form": form,
        "since": since,
        "is_administrator": is_administrator,
        "moments": history_of(asked),
    }
    return render(request, "referentiel/question.html", context, status=status)
