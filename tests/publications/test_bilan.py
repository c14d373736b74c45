"""The content of a bilan: what it says, what it lacks, how it is laid out to be read."""

import datetime
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from indicators import entry, returns
from indicators.models import Measurement
from publications import bilan as contents
from publications import reading
from publications.models import Part
from referentiel.models import Adoption, Indicator, Target
from sites.models import Prefecture, Unit
from tests import factories
from tests.indicators.monthly import MARCH, Monthly


def cells(content: contents.Content) -> list[contents.Cell]:
    return [cell for band in content.bands for line in band.lines for cell in line.cells]


# --- assembling --------------------------------------------------------------------------------------------


def test_the_content_says_each_result_with_its_base_its_target_and_its_verdict(
    prefecture: Prefecture, figures: Indicator
) -> None:
    content = contents.assemble(prefecture, 2018)

    siege, arles = cells(content)
    assert (siege.shown, siege.shown_label, siege.base_label) == ("95.00", "95,00\xa0%", "19 sur 20")
    assert (siege.numerator, siege.denominator, siege.value) == (19, 20, "95")
    assert (siege.target, siege.target_label, siege.verdict) == ("95", "≥\xa095\xa0%", "met")
    assert (arles.value, arles.shown_label, arles.verdict_label) == (
        "1200/13",
        "92,31\xa0%",
        "objectif non atteint",
    )


def test_the_content_says_where_who_and_by_which_referentiel(
    prefecture: Prefecture, figures: Indicator
) -> None:
    Adoption.objects.update(labelled_on="2019-11-20")

    content = contents.assemble(prefecture, 2018)

    assert content.prefecture == {
        "code": "13",
        "name": "Préfecture des Bouches-du-Rhône",
        "territory": "Bouches-du-Rhône",
        "state_title": "Préfet des Bouches-du-Rhône",
    }
    assert [unit["short_name"] for unit in content.units] == ["Siège", "Arles"]
    assert [each["labelled_on"] for each in content.referentiels] == ["2019-11-20"]


def test_the_parts_stand_in_their_order_written_or_not(prefecture: Prefecture, figures: Indicator) -> None:
    factories.PartFactory(prefecture=prefecture, section=Part.Section.OUTLOOK, text="\nTrois modules.\n")
    factories.PartFactory(prefecture=prefecture, year=2017, text="Une autre année.")

    content = contents.assemble(prefecture, 2018)

    assert [(part["section"], part["text"]) for part in content.parts] == [
        ("summary", ""),
        ("complaints", ""),
        ("digital_points", ""),
        ("actions", ""),
        ("outlook", "Trois modules."),
    ]


def test_the_year_before_is_said_with_its_months_where_they_differ(
    prefecture: Prefecture, siege: Unit, figures: Indicator
) -> None:
    factories.MeasurementFactory(unit=siege, indicator=figures, year=2017, numerator=9, denominator=10)

    same = cells(contents.assemble(prefecture, 2018))[0].previous
    Measurement.objects.filter(period_start__year=2017).update(first_month=4)
    other = cells(contents.assemble(prefecture, 2018))[0].previous

    assert same == {
        "shown": "90.00",
        "shown_label": "90,00\xa0%",
        "verdict": "missed",
        "verdict_label": "objectif non atteint",
        "caution": "",
        "printed_text": "",
        "reason": "",
    }
    assert other is not None
    assert other["caution"] == "non comparable\xa0: autres mois (avril à décembre)"


def test_notes_carry_their_number_to_their_cell(
    prefecture: Prefecture, siege: Unit, figures: Indicator
) -> None:
    factories.NoteFactory(prefecture=prefecture, text="Sur tout le tableau.")
    factories.NoteFactory(prefecture=prefecture, unit=siege, indicator=figures, text="Sur une case.")

    content = contents.assemble(prefecture, 2018)

    numbers = {note["text"]: note["number"] for note in content.notes}
    assert sorted(numbers.values()) == [1, 2]
    assert [cell.notes for cell in cells(content)] == [[numbers["Sur une case."]], []]


def test_the_documents_that_figures_come_from_are_named_once(
    prefecture: Prefecture, figures: Indicator
) -> None:
    source = factories.FigureImportFactory(prefecture=prefecture, file_name="tableau.csv", sha256="a" * 64)
    Measurement.objects.update(source=source)

    assert contents.assemble(prefecture, 2018).sources == [{"file_name": "tableau.csv", "sha256": "a" * 64}]


def test_another_prefecture_adds_nothing_to_the_content(
    prefecture: Prefecture, elsewhere: Prefecture, figures: Indicator
) -> None:
    before = contents.assemble(prefecture, 2018).as_text()
    unit = factories.UnitFactory(prefecture=elsewhere)
    factories.MeasurementFactory(unit=unit, indicator=figures)
    factories.PartFactory(prefecture=elsewhere)
    factories.NoteFactory(prefecture=elsewhere)
    Target.objects.create(
        indicator=figures, prefecture=elsewhere, comparator="≥", value=10, source="x", certainty="certain"
    )

    assert contents.assemble(prefecture, 2018).as_text() == before


def test_the_same_rows_give_the_same_text_and_the_same_hash(
    prefecture: Prefecture, figures: Indicator
) -> None:
    first, second = contents.assemble(prefecture, 2018), contents.assemble(prefecture, 2018)

    assert first.as_text() == second.as_text()
    assert first.as_text() == json.dumps(
        first.as_data(), ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )


def test_assembling_costs_the_same_with_one_and_with_three_of_everything(
    prefecture: Prefecture, figures: Indicator
) -> None:
    counts = []
    for number in range(3):
        with CaptureQueriesContext(connection) as queries:
            contents.assemble(prefecture, 2018)
        counts.append(len(queries))
        unit = factories.UnitFactory(prefecture=prefecture, position=2 + number)
        more = factories.IndicatorFactory(engagement=figures.engagement)
        source = factories.FigureImportFactory(prefecture=prefecture)
        for year in (2017, 2018):
            factories.MeasurementFactory(unit=unit, indicator=more, year=year, source=source)
        factories.NoteFactory(prefecture=prefecture, unit=unit, indicator=more)
        factories.AdoptionFactory(prefecture=prefecture)
        factories.PartFactory(prefecture=prefecture, section=Part.Section.values[number])

    assert counts == [14, 14, 14]


# --- why something was corrected ----------------------------------------------------------------------------


def test_the_reasons_of_a_corrected_figure_of_its_target_and_of_the_year_before_are_kept(
    prefecture: Prefecture, siege: Unit, arles: Unit, figures: Indicator
) -> None:
    Measurement.objects.filter(unit=siege).update(target_reason="Objectif mal recopié.")
    Measurement.objects.filter(unit=arles).update(origin="corrected", reason="Relevé repris.")
    factories.MeasurementFactory(
        unit=arles, indicator=figures, year=2017, origin="corrected", reason="Deux lignes inversées."
    )

    first, second = cells(contents.assemble(prefecture, 2018))

    assert (first.reason, first.target_reason) == ("", "Objectif mal recopié.")
    assert (second.reason, second.target_reason) == ("Relevé repris.", "")
    assert second.previous is not None
    assert second.previous["reason"] == "Deux lignes inversées."
    remarks = reading.read(contents.assemble(prefecture, 2018).as_data()).remarks
    assert [(remark.unit["short_name"], remark.label, remark.reason) for remark in remarks] == [
        ("Siège", "objectif ≥\xa095\xa0%", "Objectif mal recopié."),
        ("Arles", "92,31\xa0%", "Relevé repris."),
        ("Arles", "rappel 2017, 92,00\xa0%", "Deux lignes inversées."),
    ]


def test_the_reason_of_a_row_that_is_not_the_result_is_not_said(
    prefecture: Prefecture, siege: Unit, figures: Indicator
) -> None:
    service = factories.ServiceFactory(unit=siege)
    corrected = {"indicator": figures, "origin": "corrected"}
    factories.MonthFactory(**corrected, service=service, reason="Du mois de janvier.")

    first, _ = cells(contents.assemble(prefecture, 2018))

    assert (first.shown_label, first.reason) == ("95,00\xa0%", "")


def test_the_perimeter_names_the_services_as_they_were_called_in_the_year(
    prefecture: Prefecture, siege: Unit, figures: Indicator
) -> None:
    service = siege.services.get()
    factories.DesignationFactory(service=service, starts_on=None, name="Bureau d’alors")
    factories.DesignationFactory(service=service, starts_on=datetime.date(2019, 1, 1), name="Bureau nouveau")

    then, now = (contents.assemble(prefecture, year).perimeter[0]["service"] for year in (2018, 2019))

    assert (then, now) == ("Bureau d’alors", "Bureau nouveau")


# --- what is missing ---------------------------------------------------------------------------------------


def test_a_whole_bilan_lacks_nothing(prefecture: Prefecture, figures: Indicator) -> None:
    for section in Part.Section:
        factories.PartFactory(prefecture=prefecture, section=section)

    assert contents.assemble(prefecture, 2018).missing == []


def test_a_bilan_says_what_it_lacks(
    prefecture: Prefecture, siege: Unit, arles: Unit, figures: Indicator
) -> None:
    Indicator.objects.update(short_title="Courriels en 5 jours")
    Measurement.objects.filter(unit=arles).delete()
    Measurement.objects.filter(unit=siege).update(first_month=4)

    assert contents.assemble(prefecture, 2018).missing == [
        "Sous-préfecture d’Arles\xa0: 1 résultat attendu sans chiffre ni motif (E17 Courriels en 5 jours).",
        "E17 Courriels en 5 jours\xa0: seuls mois comptés, avril à décembre (Siège).",
        "La partie «\xa0L'année en quelques phrases\xa0» n'est pas rédigée.",
        "La partie «\xa0Réclamations et suggestions\xa0» n'est pas rédigée.",
        "La partie «\xa0Points numériques\xa0» n'est pas rédigée.",
        "La partie «\xa0Actions réalisées\xa0» n'est pas rédigée.",
        "La partie «\xa0Perspectives\xa0» n'est pas rédigée.",
    ]


def test_a_year_that_may_still_change_says_so(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    world = Monthly()
    entry.save(world.services[0], MARCH, world.whole, by=world.referent)
    monkeypatch.setattr(Prefecture, "today", lambda self: datetime.date(2020, 5, 4))

    assert contents.assemble(world.prefecture, 2020).missing[:2] == [
        "L’année 2020 n’est pas finie.",
        "8 mois de service restent à clore\xa0: leurs chiffres peuvent encore changer.",
    ]

    monkeypatch.setattr(Prefecture, "today", lambda self: datetime.date(2021, 1, 4))
    for month in range(1, 13):
        returns.close(world.prefecture, datetime.date(2020, month, 1), world.services, by=None)
    missing = contents.assemble(world.prefecture, 2020).missing
    assert [said for said in missing if "finie" in said or "clore" in said] == []


def test_a_figure_without_its_base_is_missing_something(
    prefecture: Prefecture, arles: Unit, figures: Indicator
) -> None:
    Measurement.objects.filter(unit=arles).update(numerator=None, denominator=None, value=92)

    assert contents.assemble(prefecture, 2018).missing[0] == (
        "1 résultat sans nombre de cas\xa0: le document d'origine n'imprime que le taux ou la moyenne."
    )


def test_what_could_not_be_measured_and_says_why_is_not_missing(
    prefecture: Prefecture, arles: Unit, figures: Indicator
) -> None:
    Measurement.objects.filter(unit=arles).update(numerator=None, denominator=None, reason="Panne.")
    for section in Part.Section:
        factories.PartFactory(prefecture=prefecture, section=section)

    content = contents.assemble(prefecture, 2018)

    assert content.missing == []
    assert (cells(content)[1].shown_label, cells(content)[1].reason) == ("non mesurable", "Panne.")


# --- reading it --------------------------------------------------------------------------------------------


def test_a_table_has_the_columns_of_which_something_is_expected(
    prefecture: Prefecture, figures: Indicator
) -> None:
    factories.UnitFactory(prefecture=prefecture, name="Sous-préfecture d’Istres", position=2)

    read = reading.read(contents.assemble(prefecture, 2018).as_data())

    assert [unit["short_name"] for unit in read.themes[0].units] == ["Siège", "Arles"]
    assert [unit["short_name"] for unit, _ in read.themes[0].lines[0].cells] == ["Siège", "Arles"]


def test_the_score_counts_each_result_once(prefecture: Prefecture, siege: Unit, figures: Indicator) -> None:
    without_target = factories.IndicatorFactory(engagement=figures.engagement)
    factories.MeasurementFactory(unit=siege, indicator=without_target)

    score = reading.read(contents.assemble(prefecture, 2018).as_data()).score

    assert (score.met, score.missed, score.without_target, score.judged) == (1, 1, 1, 2)


def test_notes_of_a_cell_stand_under_its_table_and_the_others_at_the_end(
    prefecture: Prefecture, siege: Unit, figures: Indicator
) -> None:
    factories.NoteFactory(prefecture=prefecture, unit=siege, indicator=figures, text="Sur une case.")
    factories.NoteFactory(prefecture=prefecture, unit=siege, text="Sur une colonne.")
    factories.NoteFactory(prefecture=prefecture, text="Sur tout.")

    read = reading.read(contents.assemble(prefecture, 2018).as_data())

    assert [note["text"] for note in read.themes[0].notes] == ["Sur une case."]
    assert {note["text"] for note in read.notes} == {"Sur une colonne.", "Sur tout."}


def test_each_theme_is_spoken_for_by_the_indicator_that_most_units_answer(
    prefecture: Prefecture, siege: Unit, figures: Indicator
) -> None:
    first = factories.IndicatorFactory(engagement=figures.engagement, position=0, title="Une seule unité")
    Indicator.objects.filter(pk=figures.pk).update(position=1)
    factories.TargetFactory(indicator=first)
    factories.MeasurementFactory(unit=siege, indicator=first)

    read = reading.read(contents.assemble(prefecture, 2018).as_data())
    (headline,) = reading.headlines(read)

    assert [line.indicator["title"] for line in read.themes[0].lines] == [
        "Une seule unité",
        "Taux de réponse aux courriels",
    ]
    assert headline.line.indicator["title"] == "Taux de réponse aux courriels"


def test_a_theme_without_results_has_no_headline(
    prefecture: Prefecture, siege: Unit, indicator: Indicator
) -> None:
    read = reading.read(contents.assemble(prefecture, 2018).as_data())

    assert [theme.title for theme in read.themes] == ["Accueil dématérialisé"]
    assert reading.headlines(read) == []
