"""What a service measures of a module that it keeps: some of its indicators, or all of them.

A perimeter names indicators by their keys, or engagements of which all indicators are measured.
"""

from collections.abc import Collection, Iterable

from django.db.models import QuerySet

from referentiel.models import Indicator, national_or_own
from sites.models import Prefecture


def possible(module_id: int, prefecture: Prefecture | None) -> QuerySet[Indicator]:
    """What a service of the préfecture may measure of a module, in its order."""
    own = national_or_own([prefecture] if prefecture else [])
    found = Indicator.objects.filter(own, engagement__module=module_id)
    return found.select_related("engagement").order_by("engagement__position", "position", "pk")


def among(indicators: Iterable[Indicator], keys: Collection[str]) -> list[Indicator]:
    """Those that these keys name."""
    return [one for one in indicators if one.key in keys or one.engagement.key in keys]


def in_words(indicators: Iterable[Indicator], keys: Collection[str]) -> str:
    """« tous », or their titles."""
    return ", ".join(one.short_title or one.title for one in among(indicators, keys)) if keys else "tous"
