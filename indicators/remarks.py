"""The quality manager's sentences on a month. Two people who write at once lose nothing in silence."""

import datetime

from django.db import transaction

from indicators.models import Remark
from indicators.signing import sign
from sites.conflicts import ConflictError
from sites.models import Agent, Prefecture


def of(prefecture: Prefecture, month: datetime.date) -> Remark:
    """The sentences as they stand; an unsaved empty one before anything was written."""
    found = Remark.objects.filter(prefecture=prefecture, month=month).first()
    return found or Remark(prefecture=prefecture, month=month)


@transaction.atomic
def write(remark: Remark, *, text: str, seen: int, by: Agent) -> Remark:
    """Save the text of sentences that their author read in a version. The same text again changes nothing."""
    remark.prefecture.lock()
    held = of(remark.prefecture, remark.month)
    if held.text == text:
        return held
    if held.version != seen:
        raise ConflictError(held)
    held.text, held.version = text, held.version + 1
    sign(held, by).save()
    return held
