"""Read what was promised. The norm is national: every agent reads it, and the rows of their préfectures."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Prefetch, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from referentiel import comparison, wording
from referentiel.forms import CompareForm, ReadingForm
from referentiel.models import (
    Adoption,
    Certainty,
    DelayRule,
    Engagement,
    Indicator,
    Module,
    Referentiel,
    Target,
    national_or_own,
)
from referentiel.tables import DelayFilters, DelayTable, IndicatorFilters, IndicatorTable
from sites import lists
from sites.access import AgentRequest, holdings
from sites.models import Prefecture

# What of a version is counted as known or not, and the way to it.
COUNTED: list[tuple[type[Any], str]] = [
    (Module, "referentiel"),
    (Engagement, "referentiel"),
    (Indicator, "engagement__referentiel"),
    (Target, "indicator__engagement__referentiel"),
    (DelayRule, "referentiel"),
]


@require_safe
def referentiels(request: AgentRequest) -> HttpResponse:
    adoptions = Adoption.objects.filter(prefecture__in=_own(request)).select_related("prefecture")
    rows = Referentiel.objects.annotate(
        module_count=Count("modules", filter=Q(modules__number__gt=Module.WHOLE), distinct=True),
        engagement_count=Count("engagements", distinct=True),
    ).prefetch_related(Prefetch("adoptions", adoptions))
    dated_first = rows.order_by(F("published_on").asc(nulls_last=True), "slug")
    uncertain = _uncertain(_own(request))
    shown = [(row, uncertain[row.pk]) for row in dated_first]
    return render(request, "referentiel/list.html", {"referentiels": dated_first, "shown": shown})


def _uncertain(prefectures: list[Prefecture]) -> dict[int, dict[str, int]]:
    """Version → how many of its lines are deduced, and how many unknown. One query for each kind of line."""
    counts: dict[int, dict[str, int]] = defaultdict(lambda: {"inferred": 0, "unknown": 0})
    for model, to_referentiel in COUNTED:
        rows = model.objects.exclude(certainty=Certainty.CERTAIN).order_by()
        if hasattr(model, "prefecture"):
            rows = rows.filter(national_or_own(prefectures))
        counted = rows.values_list(to_referentiel, "certainty").annotate(Count("pk"))
        for referentiel, certainty, count in counted:
            counts[referentiel][certainty] += count
    return counts


@require_safe
def referentiel(request: AgentRequest, slug: str) -> HttpResponse:
    own = _own(request)
    targets = Target.objects.filter(national_or_own(own)).select_related("prefecture")
    indicators = Indicator.objects.filter(national_or_own(own)).select_related("prefecture")
    shown = get_object_or_404(Referentiel, slug=slug)
    form = ReadingForm(request.GET, referentiel=shown)
    engagements = shown.engagements.select_related("module").prefetch_related(
        Prefetch("indicators", indicators.prefetch_related(Prefetch("targets", targets)))
    )
    wanted = [engagement for engagement in engagements if form.wants(engagement)]
    themes: dict[str, list[Engagement]] = defaultdict(list)
    for engagement in wanted:
        themes[engagement.theme].append(engagement)
    rules = shown.delay_rules.filter(national_or_own(own)).select_related("prefecture").order_by("pk")
    held = holdings(request)
    return render(
        request,
        "referentiel/detail.html",
        {
            "referentiel": shown,
            "form": form,
            "modules": shown.modules.all(),
            "themes": dict(themes),
            "wanted": len(wanted),
            "engagement_count": len(engagements),
            "deadlines": _deadlines([rule for rule in rules if form.wants_rule(rule)]),
            "adoptions": shown.adoptions.filter(prefecture__in=own).select_related("prefecture"),
            "is_administrator": held.is_administrator,
            "adapting": [access.prefecture for access in held.accesses if access.may_adapt_norm],
        },
    )


@require_safe
def indicators(request: AgentRequest) -> HttpResponse:
    """The indicators of every version, to filter and to take away."""
    own = _own(request)
    rows = Indicator.objects.filter(national_or_own(own)).select_related(
        "engagement__referentiel", "engagement__module", "prefecture"
    )
    targets = Prefetch("targets", Target.objects.filter(national_or_own(own)))
    return lists.show(
        request,
        "referentiel/indicators.html",
        table=IndicatorTable,
        rows=rows.prefetch_related(targets),
        filters=IndicatorFilters,
        title="Indicateurs des référentiels",
    )


@require_safe
def delays(request: AgentRequest) -> HttpResponse:
    """The delays of every version, one by one."""
    rows = DelayRule.objects.filter(national_or_own(_own(request)))
    return lists.show(
        request,
        "referentiel/delays.html",
        table=DelayTable,
        rows=rows.select_related("referentiel", "prefecture"),
        filters=DelayFilters,
        title="Délais des référentiels",
    )


@require_safe
def compare(request: AgentRequest) -> HttpResponse:
    """Two versions side by side; without a choice, the two latest that are dated."""
    form = CompareForm(request.GET if "gauche" in request.GET or "droite" in request.GET else None)
    compared = None
    if form.is_valid():
        compared = comparison.compare(form.cleaned_data["gauche"], form.cleaned_data["droite"])
    return render(request, "referentiel/compare.html", {"form": form, "compared": compared})


def _own(request: AgentRequest) -> list[Prefecture]:
    return [access.prefecture for access in holdings(request).accesses]


@dataclass(frozen=True)
class Deadline:
    """A line of the table of deadlines: `rule` says it for each kind × channel × requester."""

    channels: tuple[str, ...]
    kinds: tuple[str, ...]
    requesters: tuple[str, ...]
    rule: DelayRule


def _deadlines(rules: Iterable[DelayRule]) -> list[Deadline]:
    """The rules that say the same thing, on one line: channels alike first, then kinds, then requesters."""
    examples: dict[Any, DelayRule] = {}
    lines: list[tuple[Any, ...]] = []
    for rule in rules:
        said = (
            rule.prefecture,
            rule.milestone,
            rule.days,
            rule.day_kind,
            rule.starts_on,
            rule.ends_on,
            rule.source,
            rule.certainty,
            rule.remark,
            rule.edited_by_hand,
        )
        examples.setdefault(said, rule)
        labels = rule.get_channel_display(), rule.get_kind_display(), rule.get_requester_display()
        lines.append((*[(label,) for label in labels], said))
    return [
        Deadline(channels, kinds, who, examples[said]) for channels, kinds, who, said in wording.merged(lines)
    ]
