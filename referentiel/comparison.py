"""Two versions side by side. Nothing is matched by resemblance: engagements and indicators are the same where
they bear the same key (the same series from one version to the next), and stand face to face where their
themes bear the same name. What has no counterpart is listed apart."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Prefetch

from referentiel import wording
from referentiel.models import DelayRule, Engagement, Indicator, Referentiel, Target
from sheets.words import folded

NO_DELAY = "aucun délai connu"


@dataclass(frozen=True)
class Facing:
    """Engagements face to face, and why: the same series, or the same theme."""

    why: str
    left: list[Engagement]
    right: list[Engagement]


@dataclass(frozen=True)
class Homonym:
    """A code that two versions print for two engagements that are not the same series."""

    code: str
    left: Engagement
    right: Engagement


@dataclass(frozen=True)
class Gap:
    """What two versions say otherwise of the same indicator, or of the same requests."""

    about: str
    left: str
    right: str


@dataclass(frozen=True)
class Comparison:
    left: Referentiel
    right: Referentiel
    facing: list[Facing]
    only_left: list[Engagement]
    only_right: list[Engagement]
    homonyms: list[Homonym]
    indicators: list[Gap]
    delays: list[Gap]
    delays_alone: list[Gap]


def compare(left: Referentiel, right: Referentiel) -> Comparison:
    """The national rows of two versions. Six queries, whatever their size."""
    ours, theirs = _engagements(left), _engagements(right)
    by_key = {one.key: one for one in theirs}
    facing = [Facing("même engagement", [one], [by_key[one.key]]) for one in ours if one.key in by_key]
    shared = {one.key for pair in facing for one in pair.left}

    themes_left, themes_right = (_by_theme(rows, shared) for rows in (ours, theirs))
    common = [theme for theme in themes_left if theme in themes_right]
    facing += [
        Facing(f"même thème\xa0: {themes_left[theme][0].theme}", themes_left[theme], themes_right[theme])
        for theme in common
    ]
    faced = {one.pk for pair in facing for one in (*pair.left, *pair.right)}
    delays = _delays(left, right)
    return Comparison(
        left,
        right,
        facing,
        [one for one in ours if one.pk not in faced],
        [one for one in theirs if one.pk not in faced],
        _homonyms(ours, theirs),
        _indicators(ours, theirs),
        [gap for gap in delays if NO_DELAY not in (gap.left, gap.right)],
        [gap for gap in delays if NO_DELAY in (gap.left, gap.right)],
    )


def _engagements(referentiel: Referentiel) -> list[Engagement]:
    targets = Prefetch("targets", Target.objects.filter(prefecture=None))
    indicators = Prefetch("indicators", Indicator.objects.filter(prefecture=None).prefetch_related(targets))
    return list(referentiel.engagements.select_related("module").prefetch_related(indicators))


def _by_theme(engagements: Iterable[Engagement], but_not: set[str]) -> dict[str, list[Engagement]]:
    themes = defaultdict(list)
    for one in engagements:
        if one.theme and one.key not in but_not:
            themes[folded(one.theme)].append(one)
    return themes


def _homonyms(ours: list[Engagement], theirs: list[Engagement]) -> list[Homonym]:
    by_code = {folded(one.code): one for one in theirs if one.code}
    return [
        Homonym(one.code, one, by_code[folded(one.code)])
        for one in ours
        if one.code and folded(one.code) in by_code and by_code[folded(one.code)].key != one.key
    ]


def _indicators(ours: list[Engagement], theirs: list[Engagement]) -> list[Gap]:
    right = {indicator.key: indicator for one in theirs for indicator in one.indicators.all()}
    gaps = [
        Gap(indicator.title, _said(indicator), _said(right[indicator.key]))
        for one in ours
        for indicator in one.indicators.all()
        if indicator.key in right
    ]
    return [gap for gap in gaps if gap.left != gap.right]


def _said(indicator: Indicator) -> str:
    sense = (
        "" if indicator.direction == Indicator.Direction.NONE else f", {indicator.get_direction_display()}"
    )
    targets = wording.targets(indicator.targets.all(), indicator.unit)
    return f"{indicator.get_unit_display()}{sense}\xa0; {targets}"


def _delays(left: Referentiel, right: Referentiel) -> list[Gap]:
    """Requests for which the delays differ, those that are alike on one line."""
    ours, theirs = (_rules(referentiel) for referentiel in (left, right))
    lines = []
    for asked in dict.fromkeys((*ours, *theirs)):
        said = tuple(f"{wording.NBSP}; ".join(rules.get(asked, [NO_DELAY])) for rules in (ours, theirs))
        if said[0] != said[1]:
            lines.append((*((label,) for label in asked), said))
    return [
        Gap(" – ".join(", ".join(labels) for labels in asked), *said)
        for *asked, said in wording.merged(lines)
    ]


def _rules(referentiel: Referentiel) -> dict[tuple[str, str, str], list[str]]:
    """(channel, kind, requester) → its delays, each with its period."""
    said = defaultdict(list)
    rules: Iterable[DelayRule] = referentiel.delay_rules.filter(prefecture=None)
    for rule in rules:
        asked = rule.get_channel_display(), rule.get_kind_display(), rule.get_requester_display()
        said[asked].append(f"{wording.delay(rule)}, {wording.period(rule)}")
    return said
