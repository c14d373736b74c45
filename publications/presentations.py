"""The meetings to which a bilan is shown. Two people who write at once lose nothing in silence."""

from django.db import transaction

from publications.models import Presentation
from sites.conflicts import ConflictError


def version(shown: Presentation) -> int:
    """Grows with each write of the meeting, its removal included; 0 for a new one."""
    written = Presentation.history.filter(id=shown.pk).order_by("-history_id")
    return written.values_list("history_id", flat=True).first() or 0


def keep(shown: Presentation, *, seen: int) -> None:
    """Note a meeting, or correct the one that its author read in the version `seen`. IntegrityError where it
    is noted already."""
    with transaction.atomic():
        shown.prefecture.lock()
        if shown.pk and (latest := version(shown)) != seen:
            raise ConflictError(Presentation.objects.filter(pk=shown.pk).first(), latest)
        shown.save()


@transaction.atomic
def remove(shown: Presentation, *, seen: int) -> None:
    """Take away a meeting that did not take place, as its author read it in the version `seen`; its history
    stays."""
    shown.prefecture.lock()
    saved = Presentation.objects.filter(pk=shown.pk).first()
    if saved is None:
        return
    if (latest := version(saved)) != seen:
        raise ConflictError(saved, latest)
    saved.delete()
