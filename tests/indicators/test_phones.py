"""Files of a phone server: from their columns, chosen once, to the figures of the services."""

import csv
import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from indicators import entry, phones, tasks, uploads
from indicators.models import FigureImport, Measurement, MonthlyReturn, PhoneLine, PhoneMapping
from indicators.phones import key, propose
from jobs import queue
from jobs.models import Job
from sites.conflicts import RefusedError
from tests import factories
from tests.indicators.monthly import MARCH, Monthly
from tests.pages import words

FILE = (
    "Date;Numéro;Appels présentés;Appels perdus;SVI\n"
    "02/03/2020;0491156000;100;10;5\n"
    "31/03/2020;0491156000;50;5;\n"
    "02/03/2020;0491156001;20;2;1\n"
    "02/03/2020;0499999999;7;7;0\n"
)
COLUMNS = {
    "line": "numero",
    "day": "date",
    "received": "appels_presentes",
    "lost": "appels_perdus",
    "voice": "svi",
}


@pytest.fixture
def world(db):
    made = Monthly()
    for number in ("04 91 15 60 00", "04 91 15 60 01"):
        factories.PhoneLineFactory(number=number, service=made.services[0], indicator=made.rate)
    return made


@pytest.fixture
def manager(world, client_of):
    return client_of(world.manager)


def url(world, name, *args):
    return reverse(name, args=[world.prefecture.slug, *args])


def bring(world, manager, text, columns=COLUMNS):
    """The page of a file, its columns chosen where they were not yet."""
    sent = manager.post(
        url(world, "phone_file_new"), {"year": 2020, "file": SimpleUploadedFile("t.csv", text.encode())}
    )
    assert tasks.read_upload
    for job in Job.objects.filter(kind=uploads.READ_JOB, state=Job.State.QUEUED):
        queue.run(job.pk)
    if columns:
        manager.post(sent.url, columns)
    return sent.url


def stored(world):
    return entry.figures(world.services[0], MARCH).get(world.rate.pk)


def test_days_and_lines_are_summed_into_the_month_of_their_service(world, manager):
    page = bring(world, manager, FILE)

    read = manager.get(page)
    assert [(line.number, line.calls.received, line.calls.answered) for line in read.context["lines"]] == [
        ("0491156000", 150, 135),
        ("0491156001", 20, 18),
        ("0499999999", 7, 0),
    ]
    assert "Lignes inconnues, qui ne seront pas comptées&nbsp;: 1" in read.text
    assert "17 sur 170" in read.text
    assert not Measurement.objects.exists()
    done = manager.post(page, {"read": read.context["examined"].fingerprint}, follow=True)

    assert "Chiffres enregistrés\xa0: 1." in done.text
    assert (stored(world).numerator, stored(world).denominator) == (17, 170)
    again = manager.get(bring(world, manager, FILE, columns={}))
    assert "Ce fichier ne change rien" in again.text


def test_the_columns_are_proposed_then_remembered_for_their_shape(world, manager):
    page = bring(world, manager, FILE, columns={})
    asked = manager.get(page)
    assert asked.context["form"].initial == COLUMNS
    for cell in next(csv.reader(FILE.splitlines()[1:], delimiter=";")):
        assert f"<td>{cell}</td>" in asked.text
    refused = manager.post(page, COLUMNS | {"lost": "svi"})
    assert "Cette colonne est choisie deux fois." in refused.text
    manager.post(page, COLUMNS)
    assert PhoneMapping.objects.get().columns == COLUMNS

    first, *others = FILE.splitlines()
    shuffled = [";".join(reversed(line.split(";"))) for line in (first, *others)]
    page = bring(world, manager, "\n".join(shuffled), columns={})
    assert manager.get(page).context["change_count"] == 1
    assert manager.get(page, {"colonnes": 1}).context["form"].initial == COLUMNS


def test_what_somebody_wrote_beside_the_figure_stays(world, manager):
    cell = world.typed(world.rate, 1, 2, comment="Panne le 12.", reserve="Compteur neuf.")
    entry.save(world.services[0], MARCH, [cell], by=world.referent)
    page = bring(world, manager, FILE)

    manager.post(page, {"read": manager.get(page).context["examined"].fingerprint})

    row = stored(world)
    assert (row.numerator, row.comment, row.reserve) == (17, "Panne le 12.", "Compteur neuf.")


def test_a_replacement_stays_beside_the_new_count(world, manager):
    said = {"reserve": "Compteur neuf.", "instead_numerator": 5, "instead_denominator": 100}
    entry.save(world.services[0], MARCH, [world.typed(world.rate, 1, 2, **said)], by=world.referent)
    page = bring(world, manager, FILE)

    manager.post(page, {"read": manager.get(page).context["examined"].fingerprint})

    row = stored(world)
    assert (row.doubted_numerator, row.doubt, row.numerator) == (17, "Compteur neuf.", 5)


def test_what_changed_since_it_was_read_is_not_written_over(world, manager):
    page = bring(world, manager, FILE)
    read = manager.get(page).context["examined"].fingerprint
    entry.save(world.services[0], MARCH, [world.typed(world.rate, 1, 2)], by=world.referent)

    manager.post(page, {"read": read})

    assert stored(world).numerator == 1


def test_a_closed_month_is_refused_with_its_lock(world, manager):
    entry.save(world.services[0], MARCH, world.whole, by=world.referent)
    MonthlyReturn.objects.update(state="closed")

    page = bring(world, manager, FILE)

    assert "ce mois est clos" in manager.get(page).text
    manager.post(page, {"read": "0" * 64})
    assert stored(world).numerator == 9


def test_a_line_that_the_file_does_not_name_is_said(world, manager):
    text = "\n".join(line for line in FILE.splitlines() if "6001" not in line)

    said = manager.get(bring(world, manager, text))

    assert said.context["said"].silent == ["04 91 15 60 01 (mars\xa02020)"]
    assert "Lignes absentes du fichier" in said.text


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("02/03/2020;0491156000;12 %;1;0", "est un pourcentage"),
        ("02/03/2020;0491156000;-1;1;0", "n’est pas un nombre entier sans signe"),
        ("32/03/2020;0491156000;3;1;0", "n’est ni un jour, ni un mois"),
        ("02/03/2020;0491156000;3;4;0", "4 appels perdus sur 3 reçus"),
        ("bientôt;0491156000;3;1;0", "n’est ni un jour, ni un mois"),
        ("02/13/2020;0491156000;3;1;0", "n’est ni un jour, ni un mois"),
        ("02/03/2019;0491156000;3;1;0", "Ce jour n’est pas de 2020"),
        ("02/03/2020;;3;1;0", "Le numéro de la ligne téléphonique manque."),
    ],
)
def test_a_wrong_row_ends_in_a_sentence_and_nothing_is_written(world, manager, row, sentence):
    page = bring(world, manager, f"{FILE}{row}\n")

    assert sentence in manager.get(page).text
    manager.post(page, {"read": "0" * 64})
    assert not Measurement.objects.exists()


@pytest.mark.parametrize("when", ["2020-03-02", "2020-03-02 08:00:00", "mars 2020", "03/2020", "2020-03"])
def test_a_day_or_a_month_is_read_as_programs_write_it(world, manager, when):
    page = bring(world, manager, FILE.replace("02/03/2020", when))

    assert "17 sur 170" in manager.get(page).text


@pytest.mark.parametrize(
    ("first", "last", "is_whole"),
    [
        ("01/03/2020", "31/03/2020", True),  # a Sunday, a Tuesday
        ("02/03/2020", "30/03/2020", False),
        ("03/03/2020", "31/03/2020", False),
        ("01/03/2020", "01/03/2020", True),  # a month, as spreadsheets write it
        ("mars 2020", "mars 2020", True),
    ],
)
def test_a_part_of_a_month_becomes_its_figure_if_one_agrees(world, manager, first, last, is_whole):
    text = FILE.replace("02/03/2020", first).replace("31/03/2020", last)
    page = bring(world, manager, f"{text}31/03/2020;0499999999;7;7;0\n")
    read = manager.get(page)
    assert (f"Mars 2020 (du {first} au {last})." in words(read)) is not is_whole
    typed = {"read": read.context["examined"].fingerprint}

    refused = manager.post(page, typed, follow=True)

    assert (stored(world) is not None) is is_whole
    assert ("cocher la case pour l’enregistrer" in words(refused)) is not is_whole
    manager.post(page, typed | {"is_agreed": "oui"})
    assert (stored(world).numerator, stored(world).denominator) == (17, 170)


def change(manager, world, line, **typed):
    own = {"number": line.number, "service": line.service_id, "indicator": line.indicator_id}
    own["version"] = phones.version(line)
    return manager.post(url(world, "phone_line", line.pk), own | typed)


def test_who_comes_second_on_a_line_sees_what_the_first_said(world, manager):
    line = PhoneLine.objects.first()
    page = manager.get(url(world, "phone_line", line.pk))
    seen = page.context["form"]["version"].value()
    change(manager, world, line, service=world.services[1].pk, first_month="02/2020")

    second = change(manager, world, line, last_month="02/2020", version=seen)

    assert f"Titres, {world.rate.title}, depuis février 2020" in words(second, 409)
    assert second.context["form"]["last_month"].value() == "02/2020"
    line.refresh_from_db()
    assert (line.service, line.last_month) == (world.services[1], None)
    change(manager, world, line, version=second.context["form"]["version"].value())
    line.refresh_from_db()
    assert (line.service, line.first_month) == (world.services[1], None)


def test_a_line_passes_from_a_service_to_another(world, manager):
    first = PhoneLine.objects.get(number="04 91 15 60 00")
    other = {
        "number": "0491156000",
        "service": world.services[1].pk,
        "indicator": world.rate.pk,
        "version": 0,
    }
    refused = manager.post(url(world, "phone_line_new"), other | {"first_month": "03/2020"})
    assert "est déjà comptée pour Accueil" in refused.text

    change(manager, world, first, last_month="02/2020")
    done = manager.post(url(world, "phone_line_new"), other | {"first_month": "03/2020"})

    assert done.status_code == 302
    changes = manager.get(bring(world, manager, FILE)).context["changes"]
    assert [(change.service, change.after) for change in changes] == [
        (f"{world.unit.short_name}, Titres", "15 sur 150"),
        (f"{world.unit.short_name}, Accueil", "2 sur 20"),
    ]


def test_a_line_is_added_from_the_file_that_names_it(world, manager):
    page = manager.get(url(world, "phone_line_new"), {"numero": "0499999999"})
    assert page.context["form"].initial["number"] == "0499999999"

    empty = manager.post(url(world, "phone_line_new"), {"number": "", "first_month": "13/2020"})

    assert "Indiquer le numéro ou le nom de la ligne." in empty.text
    assert "n’est pas un mois" in empty.text
    assert "0491156000" not in manager.get(url(world, "phone_lines")).text
    assert "04 91 15 60 00" in manager.get(url(world, "phone_lines")).text


def test_the_list_costs_the_same_whatever_the_lines(world, manager, django_assert_max_num_queries):
    for _ in range(5):
        factories.PhoneLineFactory(service=world.services[0], indicator=world.rate)

    with django_assert_max_num_queries(12):
        manager.get(url(world, "phone_lines"))


def test_a_file_of_the_phone_is_no_file_of_others(world, manager, client_of):
    bring(world, manager, FILE)

    assert client_of(world.referent).get(url(world, "phone_file", 1)).status_code == 403
    assert manager.get(url(world, "month_file", 1)).status_code == 404
    assert manager.get(url(world, "import_review", 1)).url == url(world, "phone_file", 1)
    assert manager.post(url(world, "import_abandon", 1)).url == url(world, "phone_lines")
    assert FigureImport.objects.get().state == "abandoned"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("04 91 15 60 00", "491156000"),
        ("+33 4 91 15 60 00", "0491156000"),
        ("0033491156000", "04.91.15.60.00"),
        ("Standard Arles", "STANDARD  ARLES"),
    ],
)
def test_two_spellings_of_a_number_are_one(one, other):
    assert key(one) == key(other)


def test_other_numbers_are_others():
    assert len({key(number) for number in ("6000", "33", "0", "00", "0491156000", "0491156001")}) >= 5


def test_headers_that_say_nothing_are_not_guessed():
    assert propose(["a", "b"]) == {}
    assert propose(["calls_received", "calls_abandoned", "day", "line"]) == {
        "line": "line",
        "day": "day",
        "lost": "calls_abandoned",
        "received": "calls_received",
    }


def test_a_line_of_a_service_that_does_not_measure_the_indicator_is_refused(world):
    elsewhere = factories.ServiceFactory(unit=world.unit, name="Courrier")
    line = factories.PhoneLineFactory.build(
        prefecture=world.prefecture, number="0491156009", service=elsewhere, indicator=world.rate
    )

    with pytest.raises(RefusedError, match=r"«\xa0Courrier\xa0» ne mesure pas cet indicateur"):
        phones.keep_line(line, seen=0, by=world.manager)


def test_the_same_number_in_two_services_at_once_is_refused(world):
    line = factories.PhoneLineFactory.build(
        prefecture=world.prefecture,
        number="0491156001",
        service=world.services[1],
        indicator=world.rate,
        first_month=datetime.date(2021, 1, 1),
    )

    with pytest.raises(RefusedError, match="son dernier mois"):
        phones.keep_line(line, seen=0, by=world.manager)
