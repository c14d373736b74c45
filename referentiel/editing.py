"""Correct the norm by hand: the one place that writes its rows for a person.

National rows belong to the administrator, the rows that name a préfecture to its quality manager; the pages
decide who may. Every row written here is `edited_by_hand`: the loader leaves it alone and lists what its file
says otherwise. Two people who correct the same row lose nothing in silence: it is saved by who has seen its
latest state (`version_of`).
"""

import datetime
from collections.abc import Iterable
from itertools import product
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import Max
from django.utils.text import slugify

from referentiel.models import (
    Adoption,
    DelayRule,
    Engagement,
    Indicator,
    Module,
    NormRow,
    Perimeter,
    Question,
    Referentiel,
    Target,
)
from sites.conflicts import ConflictError, RefusedError
from sites.models import Prefecture, Service

GONE = "Cette ligne a été supprimée depuis que vous l’avez ouverte."
TWICE = "Une ligne semblable vient d’être enregistrée."
KEY_MAX = 60
MEASURED_AS = {Indicator.Unit.PERCENT: "un taux", Indicator.Unit.COUNT: "un nombre"}
A_MEAN = "une moyenne"


def version_of(row: models.Model) -> int:
    """The number of the latest entry of the row's history; 0 before the first."""
    if row.pk is None:
        return 0
    numbers = row.history.values_list("history_id", flat=True)  # type: ignore[attr-defined]
    return numbers.first() or 0


def save(row: models.Model, *, seen: int) -> None:
    """Write a row that its author read in the state `seen`. The same content again changes nothing."""
    fields = [field for field in row._meta.concrete_fields if field.name != "edited_by_hand"]
    with transaction.atomic():
        held = type(row)._default_manager.select_for_update().filter(pk=row.pk).first()
        if held is None:
            raise RefusedError(GONE)
        if all(getattr(held, field.attname) == getattr(row, field.attname) for field in fields):
            return
        if (latest := version_of(held)) != seen:
            raise ConflictError(held, latest)
        if isinstance(held, Indicator) and isinstance(row, Indicator):
            _refuse_another_measure(held, row)
        add(row)


def add(row: models.Model) -> None:
    """Write a row of one's own, or a national one that no file knows."""
    if isinstance(row, NormRow):
        row.edited_by_hand = True
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:  # in the same instant
        raise RefusedError(TWICE) from error


def _refuse_another_measure(held: Indicator, row: Indicator) -> None:
    """Figures already there are rates, means or numbers: they cannot become something else."""
    before, after = (MEASURED_AS.get(Indicator.Unit(one.unit), A_MEAN) for one in (held, row))
    if before != after and held.measurements.exists():
        raise RefusedError(
            f"Des chiffres sont enregistrés\xa0: cet indicateur est {before} et ne peut pas devenir {after}. "
            "Mettez-lui fin et ajoutez-en un autre."
        )


# --- Rows to add -------------------------------------------------------------------------------------------


def new_module(referentiel: Referentiel) -> Module:
    last = referentiel.modules.aggregate(last=Max("number"))["last"]
    return Module(referentiel=referentiel, number=1 if last is None else last + 1)


def new_engagement(referentiel: Referentiel) -> Engagement:
    last = referentiel.engagements.aggregate(last=Max("position"))["last"] or 0
    return Engagement(referentiel=referentiel, position=last + 1)


def new_indicator(engagement: Engagement, prefecture: Prefecture | None) -> Indicator:
    """It stands after those of its engagement, before those of the next."""
    before = Indicator.objects.filter(
        engagement__referentiel=engagement.referentiel_id, engagement__position__lte=engagement.position
    )
    position = before.aggregate(last=Max("position"))["last"] or 0
    return Indicator(engagement=engagement, prefecture=prefecture, position=position)


def new_target(indicator: Indicator, prefecture: Prefecture | None) -> Target:
    """What a préfecture sets itself is local."""
    origin = Target.Origin.LOCAL if prefecture else Target.Origin.REFERENTIEL
    return Target(indicator=indicator, prefecture=prefecture, origin=origin)


def free_key(words: str, taken: models.QuerySet[Any]) -> str:
    """A key for a row that a person named: its words, and a number where they are taken."""
    stem = slugify(words)[: KEY_MAX - 4].strip("-") or "ligne"
    used = set(taken.filter(key__startswith=stem).values_list("key", flat=True))
    return next(key for key in [stem, *(f"{stem}-{number}" for number in range(2, 1000))] if key not in used)


def add_delay_rules(
    example: DelayRule, *, kinds: Iterable[str], channels: Iterable[str], requesters: Iterable[str]
) -> int:
    """The same delay for each kind × channel × requester: all of them, or none. Returns how many."""
    shared = {
        field.name: getattr(example, field.name)
        for field in DelayRule._meta.concrete_fields
        if field.name not in ("id", "kind", "channel", "requester")
    }
    rules = [
        DelayRule(**shared, kind=kind, channel=channel, requester=requester)
        for kind, channel, requester in product(kinds, channels, requesters)
    ]
    return _add_all((f"{rule.get_kind_display()}, {rule.get_channel_display()}", rule) for rule in rules)


def enter_perimeter(example: Perimeter, services: Iterable[Service]) -> int:
    """The services keep the promises of the module: all of them, or none. Returns how many."""
    shared = {
        field.name: getattr(example, field.name)
        for field in Perimeter._meta.concrete_fields
        if field.name not in ("id", "service")
    }
    return _add_all((service.name, Perimeter(**shared, service=service)) for service in services)


def _add_all(named: Iterable[tuple[str, NormRow]]) -> int:
    added = 0
    with transaction.atomic():
        for name, row in named:
            try:
                row.full_clean()
            except ValidationError as error:
                raise RefusedError(f"{name}\xa0: {' '.join(error.messages)}") from error
            add(row)
            added += 1
    return added


# --- Rows to remove ----------------------------------------------------------------------------------------


def remove(row: models.Model, *, seen: int) -> None:
    """Take a row away, for good; what figures or other rows depend on stays, and may end."""
    with transaction.atomic():
        held = type(row)._default_manager.select_for_update().filter(pk=row.pk).first()
        if held is None:
            return
        if (latest := version_of(held)) != seen:
            raise ConflictError(held, latest)
        if reason := why_it_stays(held):
            raise RefusedError(reason)
        try:
            held.delete()
        except models.ProtectedError as error:
            raise RefusedError(
                "D’autres lignes en dépendent\xa0: elle ne peut pas être supprimée."
            ) from error


def why_it_stays(row: models.Model) -> str:
    """Why a row cannot be removed; empty where it can."""
    match row:
        case Referentiel():
            return "Un référentiel ne se supprime pas."
        case Module() if row.engagements.exists() or row.perimeters.exists():
            return "Des engagements ou un périmètre en dépendent."
        case Engagement() if row.indicators.exists():
            return "Des indicateurs en dépendent\xa0: ils se suppriment d’abord."
        case Indicator() if row.prefecture_id is None and row.targets.exclude(prefecture=None).exists():
            return "Une préfecture a fixé son propre objectif pour cet indicateur."
    if count := _figures_of(row):
        depend = "Un chiffre en dépend" if count == 1 else f"{count} chiffres en dépendent"
        return f"{depend}. Au lieu de supprimer la ligne, indiquez sa date de fin."
    return ""


def _figures_of(row: models.Model) -> int:
    """How many figures are those of an indicator, are judged by a target, come from what is followed."""
    match row:
        case Indicator():
            return row.measurements.count()
        case Target():
            judged = row.indicator.measurements.filter(target_value=None, **_years(row, at_their_end=True))
            return judged.filter(prefecture=row.prefecture).count() if row.prefecture else judged.count()
        case Adoption():
            return row.prefecture.measurements.filter(
                indicator__engagement__referentiel=row.referentiel_id, **_years(row)
            ).count()
        case Perimeter():
            return row.service.measurements.filter(
                indicator__engagement__module=row.module_id, **_years(row)
            ).count()
    return 0


def _years(row: Target | Adoption | Perimeter, *, at_their_end: bool = False) -> dict[str, int]:
    """The figures of the years that a row covers; a target judges those on whose last day it holds."""
    years = {}
    if row.starts_on:
        years["period_start__year__gte"] = row.starts_on.year
    if row.ends_on:
        is_whole = not at_their_end or (row.ends_on.month, row.ends_on.day) == (12, 31)
        years["period_start__year__lte"] = row.ends_on.year if is_whole else row.ends_on.year - 1
    return years


# --- Questions ---------------------------------------------------------------------------------------------


def answer(question: Question, *, text: str, source: str, on: datetime.date | None, seen: int) -> None:
    """What the official text says, where it says it, and since when we know. An empty text opens it again."""
    question.answer, question.answer_source, question.answered_on = text, source, on
    save(question, seen=seen)
