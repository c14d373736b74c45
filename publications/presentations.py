"""The meetings to which a bilan is shown. Two people who write at once lose nothing in silence."""

from django.db import transaction

from publications.models import Presentation


class ConflictError(Exception):
    """Somebody wrote the meeting since it was read; `saved` is what they wrote, None once it is gone. `again`
    says what doing it once more does."""

    def __init__(self, saved: Presentation | None, again: str) -> None:
        remark = f", «\xa0{saved.remark}\xa0»" if saved and saved.remark else ""
        done = f"changée\xa0: {saved}{remark}" if saved else "retirée"
        super().__init__(f"Depuis que vous avez ouvert la page, cette réunion a été {done}. {again}")


def version(shown: Presentation) -> int:
    """Grows with each write of the meeting, its removal included; 0 for a new one."""
    written = Presentation.history.filter(id=shown.pk).order_by("-history_id")
    return written.values_list("history_id", flat=True).first() or 0


def keep(shown: Presentation, *, seen: int) -> None:
    """Note a meeting, or correct the one that its author read in the version `seen`. IntegrityError where it
    is noted already."""
    with transaction.atomic():
        shown.prefecture.lock()
        if shown.pk and version(shown) != seen:
            saved = Presentation.objects.filter(pk=shown.pk).first()
            raise ConflictError(saved, "L’enregistrer de nouveau met votre saisie à la place.")
        shown.save()


@transaction.atomic
def remove(shown: Presentation, *, seen: int) -> None:
    """Take away a meeting that did not take place, as its author read it in the version `seen`; its history
    stays."""
    shown.prefecture.lock()
    saved = Presentation.objects.filter(pk=shown.pk).first()
    if saved is None:
        return
    if version(saved) != seen:
        raise ConflictError(saved, "La retirer de nouveau la retire telle qu’elle est maintenant.")
    saved.delete()
