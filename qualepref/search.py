"""The search of every page: what the agent may see of each subject, by its number, a name or words.

A subject is a line of `PROVIDERS`: who may look for it, and the function of its app that finds.
"""

from collections.abc import Callable
from typing import TypeAlias

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

import complaints.searching
from sites.access import Access, Action, AgentRequest, enter
from sites.fields import NO_WORDS, a_word_to_look_for
from sites.finding import Found
from sites.models import Agent

Provider: TypeAlias = Callable[[Agent, Access, str], Found]

PROVIDERS: tuple[tuple[Action, Provider], ...] = (
    (Action.READ_CASES, complaints.searching.found),
    (Action.READ_CASES, complaints.searching.malfunctions_found),
)


class SearchForm(forms.Form):
    q = forms.CharField(
        max_length=complaints.searching.MOST,
        validators=[a_word_to_look_for],
        error_messages={
            "required": NO_WORDS,
            "max_length": "Chercher moins de mots à la fois.",
            "null_characters_not_allowed": NO_WORDS,
        },
    )


@require_safe
def search(request: AgentRequest, slug: str) -> HttpResponse:
    """« ?q=2020-0042 »: the case itself; « ?q=martin séjour »: what is found, subject by subject."""
    access = enter(request, slug, Action.READ_CASES)
    form = SearchForm(request.GET)
    found = []
    if form.is_valid():
        typed = form.cleaned_data["q"]
        found = [find(request.user, access, typed) for may, find in PROVIDERS if access.may(may)]
        named = [each.hits[0] for each in found if each.is_named and each.hits]
        if len(named) == 1:
            return redirect(named[0].url)
    context = {
        "form": form,
        "typed": request.GET.get("q", ""),
        "found": [each for each in found if each.hits],
    }
    return render(request, "search.html", context)
