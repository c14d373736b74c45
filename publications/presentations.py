"""The meetings to which a bilan is shown. Two people who write at once lose nothing in silence."""

from django.db import transaction

from publications.models import Presentation


class ConflictError(Exception):
    """Somebody wrote the meeting since it was read; `saved` is what they wrote, None once it is gone."""

    def __init__(self, saved: Presentation | None) -> None:
        remark = f", «\xa0{saved.remark}\xa0»" if saved and saved.remark else ""
        done = f"changée\xa0: {saved}{remark}" if saved else "retirée"
        super().__init__(
            f"Depuis que vous avez ouvert la page, cette réunion a été {done}. L’enregistrer de nouveau met "
            "votre saisie à la place."
        )


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
            raise ConflictError(Presentation.objects.filter(pk=shown.pk).first())
        shown.save()
