"""`manage.py bilan`: which document it writes, what it prints, and what it refuses."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pypdf
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from publications import pdf, publish
from publications.models import Bilan
from referentiel.models import Indicator
from sites.models import Agent, Prefecture

Run = Callable[..., str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the copies go; nothing else is there."""
    folder = tmp_path / "copies"
    folder.mkdir()
    return folder


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """`run(output)` writes the bilan of 2018 of the préfecture 13 and returns what was printed."""

    def run(output: Path, prefecture: str = "13", year: str = "2018") -> str:
        call_command("bilan", "--prefecture", prefecture, "--year", year, "--output", str(output))
        return capsys.readouterr().out

    return run


def first_page(path: Path) -> str:
    return " ".join(pypdf.PdfReader(path).pages[0].extract_text().split())


def test_the_kept_pdf_of_the_published_edition(published: Bilan, run: Run, folder: Path) -> None:
    output = folder / "bilan.pdf"

    printed = run(output)

    assert output.read_bytes() == publish.read_pdf(published)
    assert printed == f"{output} : bilan 2018, édition 1, publié, 0 ko, SHA-256 {published.pdf_sha256}\n"


def test_the_published_edition_wins_over_a_later_one_that_is_not(
    published: Bilan, claire: Agent, figures: Indicator, run: Run, folder: Path
) -> None:
    figures.measurements.update(numerator=11)
    later = publish.freeze(published.prefecture, 2018, by=claire, erratum="Un courriel compté en trop.")

    printed = run(folder / "bilan.pdf")

    assert later.edition == 2
    assert "édition 1, publié" in printed


def test_the_latest_signed_edition_where_none_is_published(signed: Bilan, run: Run, folder: Path) -> None:
    """Its PDF is not there yet: it is made for the occasion, and not kept."""
    output = folder / "bilan.pdf"

    printed = run(output)

    signed.refresh_from_db()
    assert "édition 1, arrêté" in printed
    assert signed.pdf_name == ""
    assert "Édition 1 arrêtée le" in first_page(output)
    assert hashlib.sha256(output.read_bytes()).hexdigest() in printed


def test_a_withdrawn_edition_is_not_given(published: Bilan, claire: Agent, run: Run, folder: Path) -> None:
    publish.withdraw(published, by=claire, reason="Une ligne manquait.")

    assert "document provisoire" in run(folder / "bilan.pdf")


def test_what_is_not_signed_is_given_as_provisional(figures: Indicator, run: Run, folder: Path) -> None:
    output = folder / "bilan.pdf"

    printed = run(output)

    assert "bilan 2018, document provisoire" in printed
    assert "Document provisoire" in first_page(output)
    assert not Bilan.objects.exists()


def test_the_file_is_replaced_whole_and_nothing_else_is_left(
    published: Bilan, run: Run, folder: Path
) -> None:
    output = folder / "bilan.pdf"
    output.write_bytes(b"an older one")

    run(output)

    assert [path.name for path in folder.iterdir()] == ["bilan.pdf"]
    assert output.read_bytes() == publish.read_pdf(published)
    assert output.stat().st_mode & 0o777 == 0o644


def test_an_unknown_prefecture(prefecture: Prefecture, run: Run, folder: Path) -> None:
    with pytest.raises(CommandError, match="Préfecture inconnue : 99"):
        run(folder / "bilan.pdf", prefecture="99")


def test_a_year_without_figures(prefecture: Prefecture, run: Run, folder: Path) -> None:
    with pytest.raises(CommandError, match="Aucun chiffre de 2018 pour Préfecture des Bouches-du-Rhône"):
        run(folder / "bilan.pdf")


@pytest.mark.parametrize("year", ["0", "20018", "deux mille", "²018", "-5"])
def test_something_else_than_a_year(prefecture: Prefecture, run: Run, folder: Path, year: str) -> None:
    with pytest.raises(CommandError, match="n'est pas une année"):
        call_command("bilan", "--prefecture=13", f"--year={year}", f"--output={folder / 'bilan.pdf'}")


def test_a_folder_that_does_not_exist(published: Bilan, run: Run, folder: Path) -> None:
    with pytest.raises(CommandError, match="n'est pas un fichier d'un dossier qui existe"):
        run(folder / "absent" / "bilan.pdf")


def test_a_folder_instead_of_a_file(published: Bilan, run: Run, folder: Path) -> None:
    with pytest.raises(CommandError, match="n'est pas un fichier d'un dossier qui existe"):
        run(folder)


def test_a_disk_without_room(
    published: Bilan, run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = folder / "bilan.pdf"
    output.write_bytes(b"an older one")

    def refuse(*args: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "chmod", refuse)
    with pytest.raises(CommandError, match="ne peut pas être écrit : vérifier les droits et la place"):
        run(output)

    assert [path.name for path in folder.iterdir()] == ["bilan.pdf"]
    assert output.read_bytes() == b"an older one"


def test_a_kept_pdf_that_was_changed(published: Bilan, run: Run, folder: Path) -> None:
    publish.pdf_path(published).write_bytes(b"%PDF something else")

    with pytest.raises(CommandError, match="n'a plus son empreinte"):
        run(folder / "bilan.pdf")

    assert list(folder.iterdir()) == []


def test_without_the_libraries_the_command_to_type_is_said(
    figures: Indicator, run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(pdf.LIBRARIES, "libabsent.so.0", "libabsent0")

    with pytest.raises(CommandError, match="apt-get install --no-install-recommends"):
        run(folder / "bilan.pdf")
