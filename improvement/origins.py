"""What else than a figure an action is opened from: a case or a theme of the register, a malfunction.

Its form begins with a sentence and a unit, which stay the words of whoever opens it; the action keeps the
row.
"""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import Http404, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.text import capfirst

from complaints import telling, worklists
from complaints.models import Case, Malfunction, Theme
from complaints.searching import reference_in
from improvement.models import Action
from sheets.words import french_day
from sites.access import Access
from sites.models import Agent, Unit

Row = Case | Theme | Malfunction
CASE, THEME, MALFUNCTION = "affaire", "theme", "dysfonctionnement"


@dataclass(frozen=True)
class Origin:
    """Where an action begins. `column` is that of the action which keeps the row."""

    column: str
    row: Row
    sentence: str
    unit: Unit | None
    above: str
    """The name of the page that one returns to, at the address `back`."""
    back: str

    @property
    def columns(self) -> dict[str, Row]:
        return {self.column: self.row}


def asked(address: QueryDict, agent: Agent, access: Access) -> Origin | None:
    """« ?affaire=2026-0042 », « ?dysfonctionnement=2026-0007 », « ?theme=12 »: what the agent may read;
    anything else of these names is a 404."""
    if said := address.get(CASE, ""):
        cases = Case.objects.visible_to(agent, access).select_related("unit", "theme")
        return of_case(get_object_or_404(cases, **_reference(said)), access)
    if said := address.get(MALFUNCTION, ""):
        reported = Malfunction.objects.visible_to(agent, access).select_related("unit")
        return of_malfunction(get_object_or_404(reported, **_reference(said)), access)
    if said := address.get(THEME, ""):
        if not (said.isascii() and said.isdigit() and len(said) < 10):
            raise Http404
        own = Theme.objects.filter(prefecture=access.prefecture)
        return of_theme(get_object_or_404(own, pk=int(said)), access)
    return None


def of_case(case: Case, access: Access) -> Origin:
    """Neither who asks nor the subject: who reads the action may not read the case."""
    theme = f", thème {case.theme}" if case.theme else ""
    back = reverse("case", args=[access.prefecture.slug, case.year, case.number])
    return Origin("case", case, capfirst(telling.named(case)) + theme, case.unit, str(case), back)


def of_malfunction(malfunction: Malfunction, access: Access) -> Origin:
    back = _url_of_malfunction(malfunction, access)
    sentence = f"Dysfonctionnement {malfunction}, constaté le {french_day(malfunction.noticed_on)}"
    return Origin("malfunction", malfunction, sentence, malfunction.unit, str(malfunction), back)


def of_theme(theme: Theme, access: Access) -> Origin:
    back = reverse("case_theme", args=[access.prefecture.slug, theme.pk])
    return Origin("theme", theme, f"Réclamations, thème {theme}", None, str(theme), back)


def new_url(row: Row, access: Access) -> str:
    """Where an action is opened from a row."""
    match row:
        case Case():
            said = {CASE: row.reference}
        case Malfunction():
            said = {MALFUNCTION: row.reference}
        case Theme():
            said = {THEME: str(row.pk)}
    return f"{reverse('action_new', args=[access.prefecture.slug])}?{urlencode(said)}"


def url_of(action: Action, agent: Agent, access: Access) -> str:
    """Where one reads what an action comes from; empty for who may not, and where it is words alone."""
    slug = access.prefecture.slug
    if action.indicator_id and action.first_month_on:
        return reverse("figure", args=[slug, action.first_month_on.year, action.unit_id, action.indicator_id])
    if action.case_id:
        case = Case.objects.visible_to(agent, access).filter(pk=action.case_id).first()
        return reverse("case", args=[slug, case.year, case.number]) if case else ""
    if action.malfunction_id:
        visible = Malfunction.objects.visible_to(agent, access)
        reported = visible.filter(pk=action.malfunction_id).first()
        return _url_of_malfunction(reported, access) if reported else ""
    if action.theme_id and access.may_read_cases:
        everything = reverse("cases_in", args=[slug, worklists.ALL.slug])
        return f"{everything}?{urlencode({THEME: action.theme_id})}"
    return ""


def _reference(said: str) -> dict[str, int]:
    found = reference_in(said)
    if found is None:
        raise Http404
    return found._asdict()


def _url_of_malfunction(malfunction: Malfunction, access: Access) -> str:
    return reverse("malfunction", args=[access.prefecture.slug, malfunction.year, malfunction.number])
