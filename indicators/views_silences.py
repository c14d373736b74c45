"""The silences: which figures have stopped counting anything, and what is known of it."""

import datetime
import re

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_safe
from dsfr.forms import DsfrBaseForm

from indicators import history, periods, results, silence
from indicators.forms import SentenceField
from indicators.tables_silences import SilenceTable
from indicators.writing import ask
from referentiel.models import Indicator, national_or_own
from sites import lists
from sites.access import Action, AgentRequest, enter
from sites.asking import asks_first, sent
from sites.fields import VersionField
from sites.filling import Page
from sites.forms_organisation import DayField

MONTH = re.compile(r"[12]\d{3}-(0[1-9]|1[0-2])", re.ASCII)


class ExplanationForm(DsfrBaseForm):
    reason = SentenceField(
        label="Ce qui explique ce silence",
        help_text="«\xa0Vérifié avec le service\xa0: aucune réclamation reçue\xa0», par exemple.",
        error_messages={"required": "Indiquer ce qui explique ce silence."},
    )
    ends_on = DayField(
        label="Ne plus le signaler jusqu’au",
        help_text="Ce jour compris. Ensuite, il est signalé de nouveau s’il dure.",
    )
    version = VersionField()


@require_safe
def silences(request: AgentRequest, slug: str) -> HttpResponse:
    """As they are seen at the end of the latest month that has figures, or of the one asked for
    (`?mois=2020-12`)."""
    access = enter(request, slug)
    asked = request.GET.get("mois", "")
    latest = results.last_month(access.prefecture)
    until = datetime.date.fromisoformat(f"{asked}-01") if MONTH.fullmatch(asked) else latest
    found = silence.of(access.prefecture, units=access.units, until=until) if until else []
    return lists.show(
        request,
        "indicators/silences.html",
        table=SilenceTable,
        rows=found,
        title="Silences",
        context={
            "slug": slug,
            "until": periods.in_words(until) if until else "",
            "left": sum(one.acknowledged is None for one in found),
        },
        slug=slug,
        may_explain=access.may_write_figures,
    )


@asks_first
def silence_explain(request: AgentRequest, slug: str, unit: int, indicator: int) -> HttpResponse:
    access = enter(request, slug, Action.WRITE_FIGURES)
    where = get_object_or_404(access.units.select_related("prefecture"), pk=unit)
    what = get_object_or_404(Indicator, national_or_own([access.prefecture]), pk=indicator)
    held = silence.explanation(where, what)
    initial = {"reason": held.reason, "ends_on": held.ends_on, "version": silence.version(held)}
    form = ExplanationForm(sent(request), initial=initial)
    lead = f"{where.name}\xa0: {what.title}."
    page = Page("Expliquer un silence", "Silences", reverse("silences", args=[slug]), lead=lead)

    def write() -> str:
        said = form.cleaned_data
        done = silence.acknowledge(
            where, what, said["reason"], said["ends_on"], seen=said["version"], by=request.user
        )
        return f"{lead} Ce silence est expliqué jusqu’au {done.ends_on:%d/%m/%Y}."

    return ask(
        request,
        page,
        form,
        write,
        last=lambda: history.of_silence(where, what),
        template="indicators/silence.html",
        events=history.of_silence(where, what),
    )
