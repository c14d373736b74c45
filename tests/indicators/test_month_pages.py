"""The pages and the commands of monthly figures in a spreadsheet: from the table to the figures and back."""

import datetime
import io
import json
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from indicators import entry, tasks, uploads
from indicators.models import FigureImport, Measurement, MonthlyReturn
from jobs import queue
from jobs.models import Job
from sheets.reading import rows_of
from tests.indicators.monthly import MARCH, Monthly


@pytest.fixture
def world(db):
    return Monthly()


@pytest.fixture
def referent(world, client_of):
    return client_of(world.referent)


@pytest.fixture
def manager(world, client_of):
    return client_of(world.manager)


def url(world, name, *args):
    return reverse(name, args=[world.prefecture.slug, *args])


def download(world, browser, **asked):
    answer = browser.get(url(world, "month_table_file"), {"year": 2020, "month": 3, "kind": "csv", **asked})
    assert answer.headers["Content-Disposition"].startswith("attachment"), answer.text
    return answer.content


def typed(content, title, numerator, denominator=""):
    """A CSV whose row of an indicator has its two numbers."""
    first, *lines = content.decode("utf-8-sig").splitlines()
    titles = first.split(";")
    rows = [line.split(";") for line in lines]
    for row in rows:
        if row[titles.index("Indicateur")] == title:
            row[titles.index("Numérateur")], row[titles.index("Dénominateur")] = numerator, denominator
    return "\n".join([first, *(";".join(row) for row in rows)])


def bring(world, browser, data, name="mars.csv"):
    data = data.encode() if isinstance(data, str) else data
    sent = browser.post(url(world, "month_files"), {"year": 2020, "file": SimpleUploadedFile(name, data)})
    assert tasks.read_upload
    for job in Job.objects.filter(kind=uploads.READ_JOB, state=Job.State.QUEUED):
        queue.run(job.pk)
    return sent.url


# --- pages ---


def test_a_referent_takes_a_month_away_and_brings_it_back(world, referent):
    content = download(world, referent)
    page = bring(world, referent, typed(content, world.rate.title, "9", "10"))

    review = referent.get(page)
    assert "Chiffres qui changent&nbsp;: <strong>1</strong>" in review.text
    assert "9 sur 10" in review.text
    assert not Measurement.objects.exists()
    done = referent.post(page, {"read": review.context["examined"].fingerprint}, follow=True)

    assert "Chiffres enregistrés\xa0: 1." in done.text
    assert "Ce que cet import a changé" in done.text
    assert entry.figures(world.services[0], MARCH)[world.rate.pk].denominator == 10
    again = referent.get(bring(world, referent, typed(content, world.rate.title, "9", "10")))
    assert "Ce fichier ne change rien" in again.text


def test_a_referent_takes_his_services_alone_and_the_manager_takes_all(world, referent, manager):
    assert len(rows_of(download(world, referent))) == 3
    assert len(rows_of(download(world, manager, month=""))) == 72


def test_all_errors_are_on_one_page_and_none_is_written(world, referent):
    content = typed(download(world, referent), world.rate.title, "92 %", "10")
    page = bring(world, referent, typed(content.encode(), world.mean.title, "3", "0"))

    review = referent.get(page)

    assert "À corriger dans le fichier&nbsp;: 2" in review.text
    assert "est un pourcentage" in review.text
    assert "Sans aucun cas, le total est zéro lui aussi." in review.text
    refused = referent.post(page, {"read": "0" * 64}, follow=True)
    assert "2 problèmes" in refused.text
    assert not Measurement.objects.exists()


def test_what_changed_since_it_was_read_is_read_anew(world, referent):
    page = bring(world, referent, typed(download(world, referent), world.rate.title, "9", "10"))
    read = referent.get(page).context["examined"].fingerprint
    entry.save(world.services[0], MARCH, [world.typed(world.rate, 7, 10)], by=world.manager)

    referent.post(page, {"read": read})

    assert entry.figures(world.services[0], MARCH)[world.rate.pk].numerator == 7
    assert "7 sur 10" in referent.get(page).text


def test_a_month_closed_meanwhile_is_refused_with_its_lock(world, referent):
    entry.save(world.services[0], MARCH, world.whole, by=world.referent)
    page = bring(world, referent, typed(download(world, referent), world.rate.title, "8", "10"))
    read = referent.get(page).context["examined"].fingerprint
    MonthlyReturn.objects.update(state="closed")

    refused = referent.post(page, {"read": read}, follow=True)

    assert "ce mois est clos" in refused.text
    assert entry.figures(world.services[0], MARCH)[world.rate.pk].numerator == 9


def test_one_sees_the_files_that_one_brought_and_the_manager_sees_all(world, referent, manager):
    other = bring(world, manager, download(world, manager))
    own = bring(world, referent, download(world, referent))

    assert referent.get(other).status_code == 403
    assert manager.get(own).status_code == 200
    assert own in referent.get(url(world, "month_files")).text
    assert manager.get(url(world, "import_review", 1)).url == other
    assert referent.get(url(world, "import_abandon", 2)).status_code == 200
    assert referent.post(url(world, "import_abandon", 2)).url == url(world, "month_files")
    assert manager.get(url(world, "import_confirm", 1)).status_code == 404


def test_a_table_of_a_year_says_which_column_it_lacks(world, referent):
    page = bring(world, referent, "Unité;Indicateur;Résultat 2020\nArles;Taux;9 %\n")
    told = referent.get(page), referent.post(page, {"read": "0" * 64}, follow=True)

    assert ["Il manque la colonne «\xa0Service\xa0»" in page.text for page in told] == [True, True]


def test_a_month_that_owes_nothing_says_so(world, referent):
    page = referent.get(url(world, "month_table_file"), {"year": 2018, "month": 3, "kind": "ods"})

    assert "Aucun chiffre n’est à saisir" in page.text
    assert page.text.count("Erreur&nbsp;:") >= 1


def test_a_file_that_is_no_table_ends_in_a_sentence(world, referent):
    page = bring(world, referent, b"%PDF-1.7\n", name="mars.ods")

    assert "ni un CSV, ni un ODS, ni un XLSX" in referent.get(page).text


# --- files as LibreOffice writes them ---

CONTENT = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2">
<office:body><office:spreadsheet><table:table table:name="mars">{rows}
<table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="1024"/>
</table:table-row></table:table></office:spreadsheet></office:body></office:document-content>"""


def cell(text="", tag="table-cell", **attributes):
    more = "".join(f' table:{name.replace("_", "-")}="{value}"' for name, value in attributes.items())
    return f"<table:{tag}{more}>" + (f"<text:p>{text}</text:p>" if text else "") + f"</table:{tag}>"


def number(value, **attributes):
    kind = f'office:value-type="float" office:value="{value}"'
    return cell(f"{value}", **attributes).replace("<table:table-cell", f"<table:table-cell {kind}", 1)


def day(text, value):
    kind = f'office:value-type="date" office:date-value="{value}"'
    return cell(text).replace("<table:table-cell", f"<table:table-cell {kind}", 1)


def ods(*rows):
    lines = "".join(f"<table:table-row>{''.join(row)}</table:table-row>" for row in rows)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", CONTENT.format(rows=lines))
    return file.getvalue()


def test_merged_and_repeated_cells_of_libreoffice(world, referent):
    titles = [cell(title) for title in ("Service", "Mois", "Indicateur", "Numérateur", "Dénominateur")]
    march = day("01/03/20", "2020-03-01")
    covered, twelve = cell(tag="covered-table-cell"), number(12, number_columns_repeated=2)
    data = ods(
        titles,
        [],
        [cell("Accueil", number_rows_spanned=2), march, cell(world.rate.title), twelve],
        [covered, march, cell(world.count.title), number(4)],
    )

    review = referent.get(bring(world, referent, data, name="mars.ods"))

    assert [change.after for change in review.context["changes"]] == ["12 sur 12", "4"]


# --- commands ---


def command(name, *arguments):
    output = io.StringIO()
    call_command(name, *arguments, stdout=output)
    return output.getvalue()


def test_a_monthly_file_is_imported_by_the_command_as_an_agent(world, referent, tmp_path):
    path = tmp_path / "mars.csv"
    path.write_text(typed(download(world, referent), world.rate.title, "9", "10"))
    of_2020 = (str(path), "--prefecture", world.prefecture.code, "--year", "2020")
    said = (*of_2020, "--by", world.referent.email, "--format", "json")

    trial = json.loads(command("import_figures", *said, "--dry-run"))
    assert not Measurement.objects.exists()
    done = json.loads(command("import_figures", *said))
    again = json.loads(command("import_figures", *said))

    assert trial == done == {"rows": 3, "imported": 1, "unchanged": 2, "problems": []}
    assert (again["imported"], again["unchanged"]) == (0, 3)
    source = FigureImport.objects.get()
    assert (source.contents, source.imported_by, source.is_open) == ("months", world.referent, False)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ([], "--by"),
        (["--by", "personne@exemple.fr"], "Aucun agent actif"),
        (["--answers", "x.toml"], "n'a pas de réponses"),
    ],
)
def test_a_monthly_file_needs_an_agent_and_takes_no_answers(world, referent, tmp_path, more, sentence):
    path = tmp_path / "mars.csv"
    path.write_bytes(download(world, referent))

    with pytest.raises(CommandError, match=sentence):
        command("import_figures", str(path), "--prefecture", world.prefecture.code, "--year", "2020", *more)


def test_the_command_lists_what_is_wrong_and_fails(world, referent, manager, tmp_path):
    path = tmp_path / "mars.csv"
    path.write_text(typed(download(world, manager), world.rate.title, "14", "13"))
    output = io.StringIO()
    said = (str(path), "--prefecture", world.prefecture.code, "--year", "2020", "--by", world.referent.email)

    with pytest.raises(CommandError, match="4 problèmes : rien n'a été importé"):
        call_command("import_figures", *said, stdout=output)

    assert "ligne 2, numerator" in output.getvalue()
    assert "ne sont pas à saisir par vous" in output.getvalue()
    assert not FigureImport.objects.exists()


def test_export_gives_every_figure_with_its_state(world, tmp_path):
    entry.save(
        world.services[0], MARCH, [world.typed(world.rate, 9, 10, reserve="Panne.")], by=world.referent
    )
    MonthlyReturn.objects.update(state="entered", entered_on=datetime.date(2020, 4, 3))
    path = tmp_path / "mars.ods"
    of_march = ("--prefecture", world.prefecture.code, "--period", "2020-03", "--format", "ods")

    said = command("export_figures", *of_march, "--output", str(path))

    assert said == f"Chiffres de {world.prefecture}, mars\xa02020 : mars.ods.\n"
    first, *others = rows_of(path.read_bytes())
    assert (first["etat"], first["origine"], first["sous_reserve"]) == ("saisi", "saisi", "Panne.")
    assert len(others) == 5


def test_export_prints_nothing_but_the_file(world, capfdbinary):
    command("export_figures", "--prefecture", world.prefecture.code, "--period", "2020")

    assert len(rows_of(capfdbinary.readouterr().out)) == 72


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--period", "2020"), "Indiquez la préfecture"),
        (("--prefecture", "{code}"), "Indiquez la période"),
        (("--prefecture", "{code}", "--period", "mars"), "Indiquez la période"),
        (("--prefecture", "{code}", "--period", "2020", "--format", "pdf"), "Format inconnu"),
        (("--prefecture", "{code}", "--period", "2018"), "Aucun chiffre n'est à saisir"),
        (("--prefecture", "{code}", "--period", "2020", "--output", "/nulle/part"), "ne peut pas être écrit"),
    ],
)
def test_what_cannot_be_exported_ends_in_a_sentence(world, arguments, sentence):
    with pytest.raises(CommandError, match=sentence):
        command("export_figures", *(part.format(code=world.prefecture.code) for part in arguments))


def test_a_formula_in_a_note_goes_out_as_a_text(world, referent):
    note = '=HYPERLINK("http://exemple.fr")'
    entry.save(world.services[0], MARCH, [world.typed(world.rate, 9, 10, comment=note)], by=world.referent)

    assert ";'=HYPERLINK" in download(world, referent).decode().replace('"', "")
