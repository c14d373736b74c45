"""What looks like something already registered: to point out, never to refuse."""

import datetime

from complaints.models import Case, CaseQuerySet
from sheets.words import folded

SPAN = datetime.timedelta(days=15)
SHOWN = 3


def like(case: Case, among: CaseQuerySet) -> list[Case]:
    """Those of the same requester, with the same subject, received within fifteen days before or after; the
    latest few. One query. A case without a name looks like nothing."""
    name, subject = _name(case), folded(case.subject)
    if not name:
        return []
    around = (case.received_on - SPAN, case.received_on + SPAN)
    rows = among.exclude(pk=case.pk).filter(received_on__range=around)
    rows = rows.filter(searchable__contains=subject).filter(searchable__contains=name)
    found = [
        row
        for row in rows.select_related("requester")
        if _name(row) == name and folded(row.subject) == subject
    ]
    return found[:SHOWN]


def _name(case: Case) -> str:
    return folded(case.requester.name or case.requester.organisation)
