"""verify_files: after a restore, every file is the one that its row knows, or is named."""

import pytest
from django.core.management import CommandError, call_command

from complaints.models import Attachment
from publications import publish
from publications.models import Bilan, Document
from tests.factories import CaseFactory, MalfunctionFactory


def test_all_files_are_there(
    published: Bilan, shelved: list[Document], capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("verify_files")

    assert (
        capsys.readouterr().out
        == f"Fichiers vérifiés, tous conformes à leur empreinte : {1 + len(shelved)}.\n"
    )


@pytest.mark.django_db
def test_what_comes_with_a_case_or_a_malfunction_is_read_too(capsys: pytest.CaptureFixture[str]) -> None:
    MalfunctionFactory(file_name="vitre.jpg", file_sha256="0" * 64)
    Attachment.objects.create(case=CaseFactory(), title="Lettre", stored_as="lettre.pdf", sha256="0" * 64)

    with pytest.raises(CommandError, match=r"Sur 2 fichiers, manquants ou changés : 2\."):
        call_command("verify_files")


@pytest.mark.parametrize(
    ("body", "sentence"), [(None, "ne peut pas être lu."), (b"%PDF-1.7\n%%EO", "n'a plus son empreinte.")]
)
def test_a_file_that_is_gone_or_cut_is_named(
    body: bytes | None, sentence: str, published: Bilan, capsys: pytest.CaptureFixture[str]
) -> None:
    path = publish.pdf_path(published)
    path.unlink()
    if body:
        path.write_bytes(body)

    with pytest.raises(CommandError, match=r"Sur 1 fichiers, manquants ou changés : 1\."):
        call_command("verify_files")

    assert capsys.readouterr().err == f"Le fichier {published.pdf_name} {sentence}\n"
