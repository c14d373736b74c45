"""The Espace Qualité as it is read: under each entry what holds today, and what held before.

The public and the agents read the same entries; only the documents differ. Nothing is written here.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Max
from django.utils.safestring import SafeString

from publications import richtext
from publications.models import Bilan, Document, DocumentQuerySet, Entry, Introduction
from referentiel.models import Adoption, Certainty, Engagement, Perimeter, Referentiel
from sites.models import Prefecture, in_force

EMPTY = SafeString("")


@dataclass(frozen=True)
class Item:
    """A document, and the référentiels that the préfecture followed when it began to hold."""

    document: Document
    referentiels: list[str]


@dataclass(frozen=True)
class Shelf:
    """An entry and its documents, the latest first."""

    entry: Entry
    introduction: SafeString = EMPTY
    current: list[Item] = field(default_factory=list)
    history: list[Item] = field(default_factory=list)


@dataclass(frozen=True)
class Theme:
    title: str
    engagements: list[Engagement]


@dataclass(frozen=True)
class Promises:
    """The engagements of a référentiel that the préfecture keeps; `unknown` counts those without a title."""

    referentiel: Referentiel
    on: datetime.date
    themes: list[Theme]
    unknown: int
    is_certain: bool


def shelves(
    prefecture: Prefecture, documents: DocumentQuerySet, *, on: datetime.date, entries: Iterable[Entry]
) -> list[Shelf]:
    """The entries with their documents, as `documents` allows its reader to see them. Three queries."""
    wanted = list(entries)
    followed = Adoption.objects.filter(prefecture=prefecture).select_related("referentiel")
    adoptions = list(followed.order_by("pk"))
    texts = Introduction.objects.filter(prefecture=prefecture, entry__in=wanted)
    introductions = dict(texts.values_list("entry", "text"))
    items: dict[str, list[Item]] = defaultdict(list)
    for document in documents.released().filter(prefecture=prefecture, entry__in=wanted):
        since = document.starts_on or document.dated_on
        names = [each.referentiel.short_title for each in adoptions if _covers(each, since)]
        items[document.entry].append(Item(document, names))
    return [
        Shelf(
            entry=entry,
            introduction=richtext.shown(richtext.to_html(introductions.get(entry, ""))),
            current=[item for item in items[entry] if _holds(item.document, on)],
            history=[item for item in items[entry] if not _holds(item.document, on)],
        )
        for entry in wanted
    ]


def promises(prefecture: Prefecture, on: datetime.date) -> list[Promises]:
    """What the référentiels followed on a day promise to the public, within the préfecture's perimeter.

    Where no perimeter is known, every module counts; an engagement of no known module always does.
    """
    adoptions = Adoption.objects.filter(in_force(on), prefecture=prefecture).select_related("referentiel")
    kept = Perimeter.objects.filter(in_force(on), service__unit__prefecture=prefecture)
    modules = dict(kept.values_list("module", "module__referentiel"))
    made = Engagement.objects.filter(
        kind=Engagement.Kind.SERVICE, referentiel__adoptions__in=adoptions
    ).distinct()
    by_referentiel: dict[int, list[Engagement]] = defaultdict(list)
    for engagement in made.order_by("position", "pk"):
        is_bounded = engagement.referentiel_id in modules.values()
        if not is_bounded or engagement.module_id is None or engagement.module_id in modules:
            by_referentiel[engagement.referentiel_id].append(engagement)
    return [
        _promises(adoption.referentiel, by_referentiel[adoption.referentiel_id], on)
        for adoption in adoptions.order_by("pk")
    ]


def updated_at(prefecture: Prefecture, entries: Iterable[Entry]) -> datetime.datetime | None:
    """When what the public reads under the entries last changed, withdrawals included. Three queries."""
    wanted = list(entries)
    own = {"prefecture": prefecture}
    documents = Document.objects.filter(**own, entry__in=wanted, audience=Document.Audience.PUBLIC)
    instants = list(
        documents.aggregate(Max("published_at"), Max("replaced_at"), Max("withdrawn_at")).values()
    )
    texts = Introduction.objects.filter(**own, entry__in=wanted)
    instants += texts.aggregate(Max("updated_at")).values()
    if Entry.BILAN in wanted:
        bilans = Bilan.objects.filter(**own)
        instants += bilans.aggregate(Max("published_at"), Max("replaced_at"), Max("withdrawn_at")).values()
    return max((instant for instant in instants if instant), default=None)


def _covers(adoption: Adoption, day: datetime.date) -> bool:
    return (adoption.starts_on or day) <= day <= (adoption.ends_on or day)


def _holds(document: Document, on: datetime.date) -> bool:
    return document.is_shown and (document.ends_on is None or document.ends_on >= on)


def _promises(referentiel: Referentiel, engagements: list[Engagement], on: datetime.date) -> Promises:
    known = [engagement for engagement in engagements if engagement.title]
    themes: dict[str, list[Engagement]] = defaultdict(list)
    for engagement in known:
        themes[engagement.theme].append(engagement)
    return Promises(
        referentiel=referentiel,
        on=on,
        themes=[Theme(title, own) for title, own in themes.items()],
        unknown=len(engagements) - len(known),
        is_certain=all(engagement.certainty == Certainty.CERTAIN for engagement in known),
    )
