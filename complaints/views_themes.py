"""The list of the themes of a préfecture, for its quality manager."""

from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from complaints import themes
from complaints.forms import ThemeChangeForm, ThemeForm
from complaints.models import Theme
from sites import filling
from sites.access import Access, Action, AgentRequest, enter
from sites.asking import asks_first, sent
from sites.filling import Page, say

ABOVE = "Thèmes"


@require_safe
def case_themes(request: AgentRequest, slug: str) -> HttpResponse:
    access = enter(request, slug, Action.SORT_CASES)
    rows = Theme.objects.filter(prefecture=access.prefecture).annotate(number=Count("cases"))
    context = {"slug": slug, "themes": rows, "usual": themes.usual()}
    return render(request, "complaints/themes.html", context)


@require_POST
def case_themes_usual(request: AgentRequest, slug: str) -> HttpResponse:
    access = enter(request, slug, Action.SORT_CASES)
    if number := themes.create_usual(access.prefecture):
        say(request, f"{number} thèmes ajoutés. Les renommer, les ordonner ou en ajouter au besoin.")
    else:
        messages.info(request, "La liste a déjà des thèmes\xa0: les modifier un à un.")
    return redirect("case_themes", slug)


@asks_first
def case_theme_new(request: AgentRequest, slug: str) -> HttpResponse:
    access = enter(request, slug, Action.SORT_CASES)
    form = ThemeForm(sent(request))
    page = Page("Ajouter un thème", ABOVE, reverse("case_themes", args=[slug]))

    def write(form: ThemeForm) -> str:
        return f"Thème ajouté\xa0: {themes.add(access.prefecture, form.cleaned_data['title'])}."

    template = "complaints/theme.html"
    return filling.ask(request, page, form, write, template=template, field="title", theme=None)


@asks_first
def case_theme(request: AgentRequest, slug: str, theme: int) -> HttpResponse:
    held = _theme(enter(request, slug, Action.SORT_CASES), theme)
    initial = {"title": held.title, "is_offered": held.is_offered, "version": held.version}
    form = ThemeChangeForm(sent(request), initial=initial)
    page = Page("Modifier le thème", ABOVE, reverse("case_themes", args=[slug]), lead=held.title)

    def write(form: ThemeChangeForm) -> str:
        said = dict(form.cleaned_data)
        themes.change(held, seen=said.pop("version"), **said)
        return f"Thème modifié\xa0: {said['title']}."

    def stands(saved: Theme) -> dict[str, Any]:
        offered = "oui" if saved.is_offered else "non"
        return {"saved": [("Thème", saved.title), ("Proposé à la saisie", offered)]}

    template = "complaints/theme.html"
    return filling.ask(
        request, page, form, write, template=template, stands=stands, field="title", theme=held
    )


@require_POST
def case_theme_move(request: AgentRequest, slug: str, theme: int) -> HttpResponse:
    """« sens=haut » or anything else, down."""
    held = _theme(enter(request, slug, Action.SORT_CASES), theme)
    themes.move(held, up=request.POST.get("sens") == "haut")
    say(request, f"Thème déplacé\xa0: {held}.")
    return redirect("case_themes", slug)


def _theme(access: Access, pk: int) -> Theme:
    return get_object_or_404(Theme.objects.select_related("prefecture"), prefecture=access.prefecture, pk=pk)
