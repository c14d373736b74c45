"""The typed parts of a bilan, before it is signed. Two people who write at once lose nothing in silence."""

import datetime
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from publications.models import Part
from sites.conflicts import ConflictError
from sites.models import Prefecture


def find(prefecture: Prefecture, year: int, section: Part.Section) -> Part:
    """The part as it stands; an unsaved empty one before anything was written."""
    existing = Part.objects.filter(prefecture=prefecture, year=year, section=section).first()
    return existing or Part(prefecture=prefecture, year=year, section=section)


def of_the_year_before(part: Part) -> Part | None:
    """The same part a year earlier, where somebody wrote it: a start for this one."""
    same = Part.objects.filter(prefecture=part.prefecture, year=part.year - 1, section=part.section)
    return same.exclude(text="").first()


@dataclass(frozen=True)
class Writing:
    """A part of the year: who wrote it last, and when."""

    section: Part.Section
    is_written: bool
    by: str
    at: datetime.datetime | None


def of_year(prefecture: Prefecture, year: int) -> list[Writing]:
    """Every part in its order, with its last author."""
    written = set(
        Part.objects.filter(prefecture=prefecture, year=year)
        .exclude(text="")
        .values_list("section", flat=True)
    )
    last = {
        row.section: row
        for row in Part.history.filter(prefecture=prefecture, year=year)
        .select_related("history_user")
        .order_by("history_date", "history_id")
    }
    return [
        Writing(
            section,
            section in written,
            str(last[section].history_user or "") if section in last else "",
            last[section].history_date if section in last else None,
        )
        for section in Part.Section
    ]


def write(part: Part, *, text: str, seen_version: int) -> None:
    """Save the text of a part that its author read in `seen_version`. The same text again changes nothing."""
    same = {"prefecture": part.prefecture, "year": part.year, "section": part.section}
    try:
        with transaction.atomic():
            held = Part.objects.select_for_update().filter(**same).first() or Part(**same)
            if held.text == text:
                return
            if held.pk and held.version != seen_version:
                raise ConflictError(held)
            held.text, held.version = text, held.version + 1
            held.save()
    except IntegrityError as error:  # both wrote the first version of it in the same instant
        raise ConflictError(Part.objects.get(**same)) from error
