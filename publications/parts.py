"""The typed parts of a bilan, before it is signed. Two people who write at once lose nothing in silence."""

from django.db import IntegrityError, transaction

from publications.models import Part
from sites.models import Prefecture


class ConflictError(Exception):
    """Somebody saved the part since it was opened; `saved` is what they wrote."""

    def __init__(self, saved: Part) -> None:
        super().__init__(
            "Cette partie a été enregistrée par quelqu'un d'autre depuis que vous l'avez ouverte."
        )
        self.saved = saved


def find(prefecture: Prefecture, year: int, section: Part.Section) -> Part:
    """The part as it stands; an unsaved empty one before anything was written."""
    existing = Part.objects.filter(prefecture=prefecture, year=year, section=section).first()
    return existing or Part(prefecture=prefecture, year=year, section=section)


def write(part: Part, *, text: str, seen_version: int) -> None:
    """Save the text of a part that its author read in `seen_version`. The same text again changes nothing."""
    same = {"prefecture": part.prefecture, "year": part.year, "section": part.section}
    try:
        with transaction.atomic():
            held = Part.objects.select_for_update().filter(**same).first() or Part(**same)
            if held.text == text:
                return
            if held.version != seen_version:
                raise ConflictError(held)
            held.text, held.version = text, held.version + 1
            held.save()
    except IntegrityError as error:  # both wrote the first version of it in the same instant
        raise ConflictError(Part.objects.get(**same)) from error
