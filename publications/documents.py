"""Everything that is written in the Espace Qualité: documents, introductions, notices.

A document is drafted, read again, published; then another replaces it, or it is withdrawn with a reason: one
transaction each, loud refusals, author and time. Two people who write at once lose nothing in silence: each
write names the version that its author read.
"""

import datetime
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from publications.models import Document, Entry, Introduction, Notices
from sites import files, inspection
from sites.attachments import too_large
from sites.conflicts import ConflictError, RefusedError
from sites.models import Agent, Prefecture

MEGABYTES = 20
LARGEST = MEGABYTES * 1000 * 1000


@dataclass(frozen=True)
class Description:
    """What is said of a document, besides its file."""

    entry: Entry
    audience: Document.Audience
    title: str
    dated_on: datetime.date
    starts_on: datetime.date | None = None
    ends_on: datetime.date | None = None
    remark: str = ""

    @property
    def as_columns(self) -> Mapping[str, Any]:
        return vars(self)


def draft(
    prefecture: Prefecture,
    description: Description,
    body: bytes,
    *,
    by: Agent,
    replaces: Document | None = None,
) -> Document:
    """Keep a file that nobody reads yet. The same file sent twice is one draft."""
    if len(body) > LARGEST:
        raise RefusedError(too_large(MEGABYTES))
    _check(description)
    try:
        seen = inspection.inspect(body)
    except inspection.UnsafeError as error:
        raise RefusedError(str(error)) from error
    name = f"documents/{prefecture.slug}/{secrets.token_hex(16)}.pdf"
    sha256 = files.keep(name, body)
    try:
        with transaction.atomic():
            prefecture.lock()  # one number at a time
            own = Document.objects.filter(prefecture=prefecture)
            waiting = own.filter(
                published_at=None, entry=description.entry, audience=description.audience, sha256=sha256
            )
            if twice := waiting.first():
                files.remove(name)
                return twice
            return Document.objects.create(
                prefecture=prefecture,
                number=(own.aggregate(last=Max("number"))["last"] or 0) + 1,
                **description.as_columns,
                replaces=_replaceable(replaces, description),
                file_name=name,
                sha256=sha256,
                pages=seen.pages,
                size=len(body),
                lacks=seen.lacks,
                created_by=by,
            )
    except BaseException:
        files.remove(name)
        raise


def amend(document: Document, description: Description, *, seen_version: int) -> Document:
    """Correct what is said of a draft. The same words again change nothing."""
    _check(description)
    try:
        with transaction.atomic():
            held = _draft_of(document)
            if all(getattr(held, name) == value for name, value in description.as_columns.items()):
                return held
            if held.version != seen_version:
                raise ConflictError(held)
            for name, value in description.as_columns.items():
                setattr(held, name, value)
            held.replaces = _replaceable(held.replaces, description)
            held.version += 1
            held.save()
    except IntegrityError as error:
        raise RefusedError("Ce fichier attend déjà d’être publié dans cette rubrique.") from error
    return held


def discard(document: Document) -> None:
    """Throw a draft away, with its file."""
    with transaction.atomic():
        held = _draft_of(document)
        held.delete()
        transaction.on_commit(lambda: files.remove(held.file_name))


def publish(document: Document, *, by: Agent, seen_version: int) -> Document:
    """Show a draft to its audience, as it was read again. What it replaces goes to the history."""
    now = timezone.now()
    with transaction.atomic():
        document.prefecture.lock()  # one publication at a time
        held = Document.objects.select_for_update().get(pk=document.pk)
        if held.published_at:
            raise RefusedError("Ce document est déjà publié.")
        if held.version != seen_version:
            raise RefusedError("Ce document a changé depuis votre relecture\xa0: le relire, puis le publier.")
        if former := held.replaces:
            if former.replaced_at or former.withdrawn_at:
                raise RefusedError(
                    f"Le document n°\xa0{former.number}, que celui-ci devait remplacer, "
                    f"{'a été retiré' if former.withdrawn_at else 'est déjà remplacé'}\xa0: "
                    "supprimer ce brouillon et partir du document publié aujourd’hui."
                )
            former.replaced_at = now
            former.save(update_fields=["replaced_at"])
        try:
            files.read(held.file_name, held.sha256)
        except files.LostError as error:
            raise RefusedError(
                "Le fichier de ce document ne peut plus être lu\xa0: supprimer ce brouillon et déposer de "
                "nouveau le fichier."
            ) from error
        held.published_at, held.published_by = now, by
        held.save(update_fields=["published_at", "published_by"])
    return held


def withdraw(document: Document, *, by: Agent, reason: str) -> Document:
    """Take a document away from its readers, out of the history too, with the reason kept beside it."""
    if not reason.strip():
        raise RefusedError("Indiquer le motif du retrait.")
    with transaction.atomic():
        held = Document.objects.select_for_update().get(pk=document.pk)
        if held.is_draft:
            raise RefusedError("Ce document n’est pas publié\xa0: il n’y a rien à retirer.")
        if held.withdrawn_at:
            raise RefusedError("Ce document est déjà retiré.")
        held.withdrawn_at, held.withdrawn_by, held.withdrawal_reason = timezone.now(), by, reason.strip()
        held.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawal_reason"])
    return held


def introduction_of(prefecture: Prefecture, entry: Entry) -> Introduction:
    """The text as it stands; an unsaved empty one before anything was written."""
    existing = Introduction.objects.filter(prefecture=prefecture, entry=entry).first()
    return existing or Introduction(prefecture=prefecture, entry=entry)


def introduce(introduction: Introduction, *, text: str, seen_version: int) -> None:
    _write(
        introduction,
        {"text": text},
        seen_version,
        prefecture=introduction.prefecture,
        entry=introduction.entry,
    )


def notices_of(prefecture: Prefecture) -> Notices:
    return Notices.objects.filter(prefecture=prefecture).first() or Notices(prefecture=prefecture)


def notify(notices: Notices, said: Mapping[str, str], *, seen_version: int) -> None:
    _write(notices, said, seen_version, prefecture=notices.prefecture)


Written = TypeVar("Written", Introduction, Notices)


def _write(row: Written, said: Mapping[str, str], seen_version: int, **identity: Any) -> None:
    """Save texts that their author read in `seen_version`. The same texts again change nothing."""
    rows = type(row).objects
    try:
        with transaction.atomic():
            held = rows.select_for_update().filter(**identity).first() or type(row)(**identity)
            if all(getattr(held, name) == text for name, text in said.items()):
                return
            if held.version != seen_version:
                raise ConflictError(held)
            for name, text in said.items():
                setattr(held, name, text)
            held.version, held.updated_at = held.version + 1, timezone.now()
            held.save()
    except IntegrityError as error:  # both wrote the first version of it in the same instant
        raise ConflictError(rows.get(**identity)) from error


def _draft_of(document: Document) -> Document:
    held = Document.objects.select_for_update().filter(pk=document.pk).first()
    if held is None:
        raise RefusedError("Ce brouillon a été supprimé.")
    if not held.is_draft:
        raise RefusedError("Ce document est publié\xa0: il ne se corrige plus, il se remplace.")
    return held


def _check(description: Description) -> None:
    if description.entry == Entry.INTERNAL and description.audience != Document.Audience.INTERNAL:
        raise RefusedError("Un document interne est destiné aux agents de la préfecture.")
    if description.starts_on and description.ends_on and description.ends_on < description.starts_on:
        raise RefusedError("La date de fin doit être égale ou postérieure à la date de début.")


def _replaceable(former: Document | None, description: Description) -> Document | None:
    """A document replaces another of its entry and of its audience: else readers of one would lose it."""
    if former is None:
        return None
    if (former.entry, former.audience) != (description.entry, description.audience):
        raise RefusedError(
            f"Ce document remplace le document n°\xa0{former.number}\xa0: "
            "il garde sa rubrique et ses destinataires."
        )
    if not former.is_shown:
        raise RefusedError(f"Le document n°\xa0{former.number} n’est pas publié\xa0: il ne se remplace pas.")
    return former
