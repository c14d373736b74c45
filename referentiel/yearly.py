"""The targets that a préfecture sets itself for a year: taken over from the year before, changed all at once.

Each is dated from 1 January to 31 December, so that a year stays judged by its own.
"""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Max

from referentiel import editing, follow
from referentiel.changes import Moment, history_of
from referentiel.models import Indicator, Target
from sites.conflicts import ConflictError, RefusedError
from sites.models import Prefecture


@dataclass(frozen=True)
class Typed:
    """A target as its author left it, and the version that they had read."""

    target: Target
    seen: int


class ConflictsError(Exception):
    """Somebody saved some of the targets since they were read: target → what they changed."""

    def __init__(self, since: Mapping[int, list[Moment]]) -> None:
        super().__init__("Un objectif a changé depuis que vous avez ouvert cette page.")
        self.since = since


def of_year(aims: Iterable[follow.Aim], year: int) -> list[Target]:
    """Those of a préfecture's own targets that are of one year alone."""
    days = datetime.date(year, 1, 1), datetime.date(year, 12, 31)
    return [aim.own for aim in aims if aim.own and (aim.own.starts_on, aim.own.ends_on) == days]


def left(prefecture: Prefecture, year: int) -> list[Target]:
    """The own targets that judged the year before, and that the year lacks. Three queries."""
    started = Target.objects.filter(prefecture=prefecture, starts_on__year=year).values("indicator")
    followed = Indicator.objects.followed_by(prefecture, year).exclude(pk__in=started)
    before = Target.objects.in_force_on_any(prefecture, [datetime.date(year - 1, 12, 31)])
    latest = {target.indicator_id: target for target in before.filter(prefecture=prefecture)}
    return [latest[pk] for pk in followed.values_list("pk", flat=True) if pk in latest]


@transaction.atomic
def take_over(prefecture: Prefecture, year: int) -> int:
    """Set for a year the own targets of the year before that it lacks; how many. Asked again, none."""
    prefecture.lock()
    targets = left(prefecture, year)
    for target in targets:
        editing.add(
            Target(
                indicator_id=target.indicator_id,
                prefecture=prefecture,
                comparator=target.comparator,
                value=target.value,
                origin=target.origin,
                starts_on=datetime.date(year, 1, 1),
                ends_on=datetime.date(year, 12, 31),
                source=target.source,
                certainty=target.certainty,
                remark=f"Repris de {year - 1}.",
            )
        )
    return len(targets)


def versions(targets: Iterable[Target]) -> dict[int, int]:
    """target → the number of its latest entry. One query."""
    written = Target.history.filter(id__in=[target.pk for target in targets])
    return dict(written.order_by().values_list("id").annotate(Max("history_id")))


@transaction.atomic
def change(prefecture: Prefecture, typed: Iterable[Typed], *, source: str) -> int:
    """Keep what was typed, all of it or nothing; how many targets it changed.

    A page sends all its targets: one that says what it said when it was read was not typed.
    """
    prefecture.lock()
    typed = list(typed)
    read = {
        record.history_id: record
        for record in Target.history.filter(history_id__in=[one.seen for one in typed])
    }
    changed, conflicts = 0, {}
    for target, was, seen in ((one.target, read.get(one.seen), one.seen) for one in typed):
        if was and (was.id, was.comparator, was.value) == (target.pk, target.comparator, target.value):
            continue
        if not source:
            raise RefusedError("Indiquer le document qui fixe ces objectifs.")
        target.source, target.remark = source, ""
        try:
            editing.save(target, seen=seen)
        except ConflictError as conflict:
            conflicts[target.pk] = history_of(conflict.saved, since=seen)
        changed += 1
    if conflicts:
        raise ConflictsError(conflicts)
    return changed
