"""The work lists that agents keep under a name, each for oneself.

What is refused is a ValidationError whose sentence is for the person who asked.
"""

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import transaction

from complaints.models import KeptList
from complaints.worklists import Worklist
from sites.models import Agent, Prefecture

MOST = 20
"""Lists of an agent in a préfecture: more are no longer found at a glance."""


def keep(
    agent: Agent, prefecture: Prefecture, title: str, worklist: Worklist, query: Mapping[str, str]
) -> KeptList:
    kept = KeptList(
        agent=agent, prefecture=prefecture, title=title, worklist=worklist.slug, query=dict(query)
    )
    with transaction.atomic():
        prefecture.lock()
        if KeptList.objects.filter(agent=agent, prefecture=prefecture).count() >= MOST:
            raise ValidationError(f"Vous gardez déjà {MOST} vues\xa0: en retirer une d’abord.")
        _save(kept)
    return kept


def rename(kept: KeptList, title: str) -> None:
    with transaction.atomic():
        kept.prefecture.lock()
        kept.title = title
        _save(kept)


def _save(kept: KeptList) -> None:
    kept.full_clean()
    kept.save()
