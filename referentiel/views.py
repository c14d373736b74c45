"""Read what was promised. The norm is national: every agent reads it, and the rows of their préfectures."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Prefetch, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from referentiel.models import Adoption, DelayRule, Indicator, Referentiel, Target
from sites.access import AgentRequest, holdings
from sites.models import Prefecture


@require_safe
def referentiels(request: AgentRequest) -> HttpResponse:
    adoptions = Adoption.objects.filter(prefecture__in=_own(request)).select_related("prefecture")
    rows = Referentiel.objects.annotate(
        module_count=Count("modules", distinct=True), engagement_count=Count("engagements", distinct=True)
    ).prefetch_related(Prefetch("adoptions", adoptions))
    dated_first = rows.order_by(F("published_on").asc(nulls_last=True), "slug")
    return render(request, "referentiel/list.html", {"referentiels": dated_first})


@require_safe
def referentiel(request: AgentRequest, slug: str) -> HttpResponse:
    own = _own(request)
    national_or_own = Q(prefecture=None) | Q(prefecture__in=own)
    targets = Target.objects.filter(national_or_own).select_related("prefecture")
    indicators = Indicator.objects.filter(national_or_own).select_related("prefecture")
    shown = get_object_or_404(Referentiel, slug=slug)
    rules = shown.delay_rules.filter(national_or_own).select_related("prefecture").order_by("pk")
    return render(
        request,
        "referentiel/detail.html",
        {
            "referentiel": shown,
            "modules": shown.modules.all(),
            "engagements": shown.engagements.select_related("module").prefetch_related(
                Prefetch("indicators", indicators.prefetch_related(Prefetch("targets", targets)))
            ),
            "deadlines": _deadlines(rules),
            "adoptions": shown.adoptions.filter(prefecture__in=own).select_related("prefecture"),
        },
    )


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
    for part in range(3):
        merged: dict[Any, tuple[str, ...]] = {}
        for line in lines:
            rest = line[:part] + line[part + 1 :]
            merged[rest] = merged.get(rest, ()) + line[part]
        lines = [(*rest[:part], labels, *rest[part:]) for rest, labels in merged.items()]
    return [Deadline(channels, kinds, who, examples[said]) for channels, kinds, who, said in lines]
