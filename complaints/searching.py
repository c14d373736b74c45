"""How a case or a malfunction is found by what one knows of it: its number, a name, some words."""

import re
from typing import NamedTuple
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.text import capfirst

from complaints import worklists
from complaints.models import Case, CaseQuerySet, Malfunction
from complaints.models.malfunctions import MalfunctionQuerySet
from sheets.words import folded, french_day
from sites.access import Access
from sites.finding import MOST_HITS, Found, Hit
from sites.models import Agent

MOST = 200
"""Characters of what is searched."""

_REFERENCE = re.compile(r"(?:n\s*°?\s*)?(\d{4})\s*[-/]\s*(\d{1,9})", re.IGNORECASE | re.ASCII)


class Reference(NamedTuple):
    year: int
    number: int


def reference_in(typed: str) -> Reference | None:
    """« 2020-0042 », « n° 2020/42 »; None where something else is typed."""
    found = _REFERENCE.fullmatch(" ".join(typed.split()))
    return Reference(*map(int, found.groups())) if found else None


def about(rows: CaseQuerySet, typed: str) -> CaseQuerySet:
    """The case of a number; or those that hold every word typed in their number, subject, text or names,
    without regard to case and accents. Words begin and end where they like: « carte » finds « cartes »."""
    if reference := reference_in(typed):
        return rows.filter(**reference._asdict())
    for word in folded(typed).split():
        rows = rows.filter(searchable__contains=word)
    return rows


def found(agent: Agent, access: Access, typed: str) -> Found:
    """For the search of every page: the cases that the agent may read, the latest received first."""
    rows = about(Case.objects.visible_to(agent, access), typed).order_by("-received_on", "-id")
    slug = access.prefecture.slug
    hits = [
        Hit(
            title=f"{capfirst(str(case))}, {case.subject}",
            detail=f"reçue le {french_day(case.received_on)}, {case.get_state_display()}",
            url=reverse("case", args=[slug, case.year, case.number]),
        )
        for case in rows.defer("text", "searchable")[: MOST_HITS + 1]
    ]
    everything = reverse("cases_in", args=[slug, worklists.ALL.slug]) + "?" + urlencode({"q": typed})
    is_named = reference_in(typed) is not None
    return Found("Courriers et réclamations", hits[:MOST_HITS], len(hits) > MOST_HITS, everything, is_named)


def malfunctions_about(rows: MalfunctionQuerySet, typed: str) -> MalfunctionQuerySet:
    """The same of malfunctions. They are read to be compared, one query more: agents report some hundreds in
    all, for which no column is kept."""
    wanted = folded(typed).split()
    read = rows.values_list("pk", "year", "number", "subject", "text", "answer").order_by()
    found = [
        pk
        for pk, year, number, *said in read
        if all(word in folded(f"D {year}-{number:04} {' '.join(said)}") for word in wanted)
    ]
    return rows.filter(pk__in=found)


def malfunctions_found(agent: Agent, access: Access, typed: str) -> Found:
    """« D 2026-0007 » opens it at once."""
    rows = malfunctions_about(Malfunction.objects.visible_to(agent, access), typed).waiting_first()
    slug = access.prefecture.slug
    read = list(rows[: MOST_HITS + 1])
    hits = [
        Hit(
            title=f"{malfunction}, {malfunction.subject}",
            detail=f"constaté le {french_day(malfunction.noticed_on)}, {malfunction.get_state_display()}",
            url=reverse("malfunction", args=[slug, malfunction.year, malfunction.number]),
        )
        for malfunction in read
    ]
    everything = reverse("malfunctions", args=[slug]) + "?" + urlencode({"q": typed})
    is_named = [folded(str(malfunction)) for malfunction in read] == [folded(typed)]
    return Found("Dysfonctionnements", hits[:MOST_HITS], len(hits) > MOST_HITS, everything, is_named)
