from django.core.management.base import BaseCommand, CommandError

from complaints.models import Attachment, Malfunction
from improvement.models import Action, DutyDone
from indicators.models import FigureImport, Suspension
from publications.models import Bilan, Document
from sites import files


class Command(BaseCommand):
    help = "Relit chaque fichier signé, déposé, joint ou importé et compare son empreinte à celle de la base."

    def handle(self, **options: object) -> None:
        kept = [
            *Bilan.objects.exclude(pdf_name="").values_list("pdf_name", "pdf_sha256"),
            *Document.objects.values_list("file_name", "sha256"),
            *Action.objects.exclude(proof_file="").values_list("proof_file", "proof_sha256"),
            *DutyDone.objects.exclude(proof_file="").values_list("proof_file", "proof_sha256"),
            *FigureImport.objects.exclude(stored_as="").values_list("stored_as", "sha256"),
            *Attachment.objects.values_list("stored_as", "sha256"),
            *Malfunction.objects.exclude(file_name="").values_list("file_name", "file_sha256"),
            *Suspension.objects.exclude(stored_as="").values_list("stored_as", "sha256"),
        ]
        lost = 0
        for name, sha256 in kept:
            try:
                files.read(name, sha256)
            except files.LostError as error:
                lost += 1
                self.stderr.write(str(error))
        if lost:
            raise CommandError(f"Sur {len(kept)} fichiers, manquants ou changés : {lost}.")
        self.stdout.write(f"Fichiers vérifiés, tous conformes à leur empreinte : {len(kept)}.")
