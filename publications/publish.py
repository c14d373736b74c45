"""Freeze, render, publish, withdraw: one transaction each, loud refusals, author and time.

Nobody edits a frozen bilan. A correction is a new edition.
"""

import hashlib
from pathlib import Path

from django.db import IntegrityError, transaction
from django.utils import timezone

from jobs import queue
from jobs.models import Job
from publications import bilan as contents
from publications import comparing, pdf
from publications.models import Bilan
from sites import files
from sites.conflicts import RefusedError
from sites.models import Agent, Prefecture

PDF_JOB = "publications.attach_pdf"


def freeze(
    prefecture: Prefecture, year: int, *, by: Agent, read: str | None = None, erratum: str = ""
) -> Bilan:
    """Sign the bilan of a year as it stands: a new edition, whose PDF a worker renders after the commit.

    `read` is the hash of the content that the signer read: nobody signs what they did not see. `erratum`
    says what this edition corrects, once an edition of the year has been published.
    """
    with transaction.atomic():
        prefecture.lock()  # signatures and publications depend on those before them
        content = contents.assemble(prefecture, year)
        if not content.has_figures:
            raise RefusedError(
                f"Aucun chiffre de {year}\xa0: saisir ou importer les résultats avant d'arrêter."
            )
        if read is not None and read != contents.hash_of(content.as_text()):
            raise RefusedError(
                "Le contenu a changé depuis votre relecture\xa0: le relire, puis arrêter le bilan."
            )
        last = latest(prefecture, year)
        if last and repeats(last, content):
            raise RefusedError(
                f"L'édition {last.edition} du bilan {year} dit déjà exactement cela\xa0: "
                "rien n'a changé depuis."
            )
        if corrected := last_published(prefecture, year):
            if not erratum.strip():
                raise RefusedError(
                    f"L'édition {corrected.edition} a été publiée\xa0: "
                    "dire ce que la nouvelle corrige, et pourquoi."
                )
            content = content.corrects(corrected.edition, erratum.strip())
        if sentences := pdf.too_long(content.as_data()):
            raise RefusedError(" ".join(sentences))
        text = content.as_text()
        bilan = Bilan.objects.create(
            prefecture=prefecture,
            year=year,
            edition=last.edition + 1 if last else 1,
            content=text,
            sha256=contents.hash_of(text),
            frozen_by=by,
        )
        order_pdf(bilan, by=by)
    return bilan


def latest(prefecture: Prefecture, year: int) -> Bilan | None:
    return Bilan.objects.filter(prefecture=prefecture, year=year).first()


def last_published(prefecture: Prefecture, year: int) -> Bilan | None:
    """The edition that the public read last, withdrawn or not: the next one says what it corrects of it."""
    editions = Bilan.objects.filter(prefecture=prefecture, year=year, published_at__isnull=False)
    return editions.defer("content").first()


def repeats(last: Bilan | None, content: contents.Content) -> bool:
    """Whether signing the content would only repeat the last edition.

    One that was withdrawn may be signed again, and so may one that cannot be published for want of an
    erratum: the edition before it was published after its signature.
    """
    if last is None or last.withdrawn_at or (not last.published_at and _lacks_its_erratum(last)):
        return False
    return comparing.statement(last.data) == comparing.statement(content.as_data())


def _lacks_its_erratum(bilan: Bilan) -> bool:
    return last_published(bilan.prefecture, bilan.year) is not None and not bilan.data["erratum"]


def order_pdf(bilan: Bilan, *, by: Agent | None = None) -> Job:
    """Ask for the PDF of a frozen bilan. Asking twice makes one job."""
    return queue.enqueue(
        PDF_JOB,
        key=pdf_key(bilan),
        queue=Job.Queue.PDF,
        asked_by_id=by.pk if by else None,
        prefecture_id=bilan.prefecture_id,
        bilan_id=bilan.pk,
    )


def pdf_key(bilan: Bilan) -> str:
    return f"{PDF_JOB}:{bilan.pk}"


def attach_pdf(bilan: Bilan, report: queue.Report) -> None:
    """Render the PDF and keep its bytes for ever. Run twice, it keeps the bytes of the first time.

    The name carries their hash: a worker that comes late, perhaps of another release, overwrites nothing.
    """
    if bilan.pdf_name:
        return
    report(5, "Préparation des tableaux et des graphiques")
    body = pdf.render(bilan, report)
    report(95, "Enregistrement du document")
    sha256 = hashlib.sha256(body).hexdigest()
    name = f"bilans/{bilan.prefecture.slug}/{bilan.year}/edition-{bilan.edition}-{sha256[:16]}.pdf"
    files.keep(name, body)
    Bilan.objects.filter(pk=bilan.pk, pdf_name="").update(pdf_name=name, pdf_sha256=sha256)


def pdf_path(bilan: Bilan) -> Path:
    return files.path_of(bilan.pdf_name)


def read_pdf(bilan: Bilan) -> bytes:
    return files.read(bilan.pdf_name, bilan.pdf_sha256)


def publish(bilan: Bilan, *, by: Agent) -> None:
    """Show a frozen edition to the public. In the same instant it replaces the one that was shown."""
    try:
        with transaction.atomic():
            bilan.prefecture.lock()
            editions = Bilan.objects.filter(prefecture=bilan.prefecture, year=bilan.year)
            held = editions.select_for_update().get(pk=bilan.pk)
            if held.withdrawn_at:
                raise RefusedError("Cette édition a été retirée\xa0: arrêter une nouvelle édition.")
            if held.published_at:
                raise RefusedError("Cette édition est déjà publiée.")
            if not held.pdf_name:
                raise RefusedError("Le PDF n'est pas encore prêt\xa0: attendre la fin de sa préparation.")
            published = last_published(bilan.prefecture, bilan.year)
            if published and published.edition > held.edition:
                raise RefusedError(
                    f"L'édition {published.edition}, plus récente, a été publiée\xa0: "
                    "arrêter une nouvelle édition."
                )
            if published and _lacks_its_erratum(held):
                raise RefusedError(
                    f"Cette édition ne dit pas ce qu'elle corrige de l'édition {published.edition}, publiée "
                    "après qu'elle a été arrêtée\xa0: arrêter une nouvelle édition."
                )
            now = timezone.now()
            editions.shown().update(replaced_at=now, replaced_by=held)
            held.published_at, held.published_by = now, by
            held.save(update_fields=["published_at", "published_by"])
    except IntegrityError as error:
        raise RefusedError(f"Une autre édition du bilan {bilan.year} vient d'être publiée.") from error


def withdraw(bilan: Bilan, *, by: Agent, reason: str) -> None:
    """Take an edition off the public pages, shown or replaced, with the reason kept beside it.

    The edition that it had replaced does not come back: it was wrong, or it would not have been replaced.
    """
    if not reason.strip():
        raise RefusedError("Indiquer le motif du retrait.")
    with transaction.atomic():
        held = Bilan.objects.select_for_update().get(pk=bilan.pk)
        if not held.is_public:
            raise RefusedError("Cette édition n'est pas publiée\xa0: il n'y a rien à retirer.")
        held.withdrawn_at, held.withdrawn_by, held.withdrawal_reason = timezone.now(), by, reason.strip()
        held.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawal_reason"])
