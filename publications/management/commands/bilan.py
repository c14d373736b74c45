import argparse
import hashlib
import os
import tempfile
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from publications import bilan as contents
from publications import pdf, publish
from publications.models import Bilan
from sites import files
from sites.models import Prefecture


class Command(BaseCommand):
    help = (
        "Écrit le PDF du bilan d'une année : l'édition publiée, sinon la dernière édition arrêtée, sinon un "
        "document provisoire, marqué comme tel."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--prefecture", required=True, help="code du département")
        parser.add_argument("--year", required=True, type=_year)
        parser.add_argument("--output", required=True, type=Path, help="fichier à écrire")

    def handle(self, *, prefecture: str, year: int, output: Path, **options: object) -> None:
        where = Prefecture.objects.filter(code=prefecture).first()
        if where is None:
            known = ", ".join(Prefecture.objects.values_list("code", flat=True)) or "aucune"
            raise CommandError(f"Préfecture inconnue : {prefecture}. Préfectures enregistrées : {known}.")
        if output.is_dir() or not output.parent.is_dir():
            raise CommandError(f"{output} n'est pas un fichier d'un dossier qui existe.")
        try:
            said, body = _document(where, year)
        except (pdf.MissingLibrariesError, pdf.TooLongError, files.LostError) as error:
            raise CommandError(str(error)) from error
        try:
            _write(output, body)
        except OSError as error:
            raise CommandError(
                f"{output} ne peut pas être écrit : vérifier les droits et la place."
            ) from error
        self.stdout.write(
            f"{output} : {said}, {len(body) // 1000} ko, SHA-256 {hashlib.sha256(body).hexdigest()}"
        )


def _year(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1900 <= int(text) <= 2999:
        raise argparse.ArgumentTypeError(f"{text} n'est pas une année")
    return int(text)


def _document(prefecture: Prefecture, year: int) -> tuple[str, bytes]:
    """What the document is, and its bytes."""
    editions = Bilan.objects.filter(prefecture=prefecture, year=year, withdrawn_at=None)
    bilan = editions.shown().first() or editions.first()
    if bilan is None:
        content = contents.assemble(prefecture, year)
        if not content.has_figures:
            raise CommandError(
                f"Aucun chiffre de {year} pour {prefecture} : saisir ou importer les résultats."
            )
        return f"bilan {year}, document provisoire", pdf.render_provisional(content)
    said = f"bilan {year}, édition {bilan.edition}, {bilan.state_label}"
    return said, publish.read_pdf(bilan) if bilan.pdf_name else pdf.render(bilan)


def _write(path: Path, body: bytes) -> None:
    """To a temporary name, then renamed: a file is there whole or not at all."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
