"""A figure typed, corrected and removed on its page; what the page says of it; who may."""

import datetime
import html
import re
from decimal import Decimal
from functools import partial

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from indicators import collection, results
from indicators.collection import Cell, Entry
from indicators.models import Measurement
from indicators.periods import Period
from referentiel.measures import Comparator, Coverage, Mean, Printed, Rate
from referentiel.models import Indicator
from sites.conflicts import ConflictError, RefusedError
from sites.models import Agent, Prefecture, TraceEntry, Unit
from tests import factories
from tests.races import at_once, refusals

YEAR = 2018


@pytest.fixture
def rate(siege: Unit, arles: Unit) -> Indicator:
    """A rate that every unit of the préfecture follows, with its target of 95 %."""
    referentiel = factories.ReferentielFactory()
    factories.AdoptionFactory(prefecture=siege.prefecture, referentiel=referentiel)
    module = factories.ModuleFactory(referentiel=referentiel)
    for unit in (siege, arles):
        factories.PerimeterFactory(service=factories.ServiceFactory(unit=unit), module=module)
    indicator = factories.IndicatorFactory(engagement__module=module)
    factories.TargetFactory(indicator=indicator)
    return indicator


@pytest.fixture
def cell(arles: Unit, rate: Indicator) -> Cell:
    return Cell(arles, rate, YEAR)


@pytest.fixture
def printed(cell: Cell) -> Measurement:
    """94,00 % of an old document, held there against 90 %."""
    return factories.MeasurementFactory(
        unit=cell.unit,
        indicator=cell.indicator,
        numerator=None,
        denominator=None,
        value=Decimal("94.00"),
        value_places=2,
        printed_text="94,00%",
        origin="printed",
        source=factories.FigureImportFactory(prefecture=cell.prefecture, file_name="tableau.csv"),
        source_row=12,
        target_comparator="≥",
        target_value=90,
    )


def address(cell: Cell, page: str = "figure") -> str:
    return reverse(page, args=[cell.prefecture.slug, cell.year, cell.unit.pk, cell.indicator.pk])


def typed(cell: Cell, **fields: object) -> dict[str, object]:
    """What a browser sends: 12 cases out of 13, over the whole year."""
    return {
        "kind": "pair",
        "numerator": "12",
        "denominator": "13",
        "value": "",
        "first_month": "1",
        "last_month": "12",
        "reason": "",
        "version": cell.version,
    } | fields


def words(page: HttpResponse) -> str:
    """The page without its markup, on one line."""
    return re.sub(r"[ \n]+", " ", strip_tags(html.unescape(page.content.decode())))


def shown(cell: Cell) -> str:
    return results.of_cell(cell.unit, cell.indicator, Period.year(cell.year)).shown_label.replace("\xa0", " ")


# --- Typed -------------------------------------------------------------------------------------------------


def test_the_rate_is_computed_from_what_is_typed(cell, claire, client_of):
    page = client_of(claire).post(address(cell, "figure_write"), typed(cell), follow=True)

    row = cell.find()
    assert (row.measure, row.origin, row.former_origin) == (Rate(12, 13), "entered", "")
    text = page.content.decode()
    assert "Arles, " in text
    assert "92,31\xa0%" in text
    assert "(12 sur 13)" in text
    assert "objectif non atteint" in text
    assert TraceEntry.objects.filter(event="wrote", agent=claire).count() == 1


def test_a_value_of_an_old_document_keeps_its_decimals(cell, claire, client_of):
    client_of(claire).post(address(cell, "figure_write"), typed(cell, kind="value", value="94,00 %"))

    assert cell.find().measure == Printed(Decimal("94.00"))
    assert shown(cell) == "94,00 %"


def test_nothing_happened_is_neither_zero_nor_missing(cell, claire, client_of):
    client_of(claire).post(address(cell, "figure_write"), typed(cell, kind="nothing"))

    assert (cell.find().measure, shown(cell)) == (Rate(0, 0), "aucun cas")


def test_what_could_not_be_measured_says_why(cell, claire, client_of):
    browser = client_of(claire)

    refused = browser.post(address(cell, "figure_write"), typed(cell, kind="unmeasured"))
    browser.post(address(cell, "figure_write"), typed(cell, kind="unmeasured", reason="Compteur en panne."))

    assert "Indiquer pourquoi il n’a pas pu être mesuré." in refused.content.decode()
    assert (cell.find().reason, shown(cell)) == ("Compteur en panne.", "non mesurable")


def test_a_mean_is_a_total_for_a_number_of_cases(cell, arles, claire, client_of):
    delay = factories.IndicatorFactory(engagement=cell.indicator.engagement, unit="working_days")
    of_delay = Cell(arles, delay, YEAR)

    client_of(claire).post(
        address(of_delay, "figure_write"), typed(of_delay, numerator="1 020", denominator="120")
    )

    assert (of_delay.find().measure, shown(of_delay)) == (Mean(1020, 120), "8,50 j ouvrés")


def test_a_count_has_no_denominator(cell, arles, claire, client_of):
    number = factories.IndicatorFactory(engagement=cell.indicator.engagement, unit="count")
    of_number = Cell(arles, number, YEAR)

    page = client_of(claire).get(address(of_number, "figure_write")).content.decode()
    client_of(claire).post(address(of_number, "figure_write"), typed(of_number, numerator="0"))

    assert 'name="denominator"' not in page
    assert shown(of_number) == "0"


def test_the_months_counted_are_kept(cell, claire, client_of):
    client_of(claire).post(address(cell, "figure_write"), typed(cell, first_month="4", last_month="9"))

    assert cell.find().coverage == Coverage.span(4, 9)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"numerator": "14"}, "Il y en a 14 sur 13\xa0: le premier nombre ne peut pas dépasser le second."),
        ({"numerator": "-1"}, "«\xa0-1\xa0» n’est pas un nombre entier sans signe."),
        ({"numerator": "douze"}, "«\xa0douze\xa0» n’est pas un nombre entier sans signe."),
        ({"numerator": "12,5"}, "«\xa012,5\xa0» n’est pas un nombre entier sans signe."),
        ({"numerator": "٣"}, "«\xa0٣\xa0» n’est pas un nombre entier sans signe."),
        ({"denominator": "9" * 13}, "Ce nombre est trop grand\xa0: 12 chiffres au plus."),
        ({"denominator": ""}, "Donner ce nombre, ou choisir une autre réponse ci-dessus."),
        ({"kind": "value", "value": "cent"}, "«\xa0cent\xa0» n’est pas un nombre."),
        ({"kind": "value", "value": "140 %"}, "«\xa0140\xa0%\xa0» dépasse 100\xa0%."),
        ({"kind": "value", "value": "94,12345 %"}, "Garder 4 décimales au plus."),
        ({"kind": "value", "value": ""}, "Donner la valeur imprimée."),
        ({"first_month": "9", "last_month": "4"}, "Le dernier mois vient avant le premier."),
        ({"reason": "x" * 1001}, "Ce texte compte 1001 caractères\xa0: le ramener à 1000 au plus."),
    ],
)
def test_what_is_impossible_is_refused_in_a_sentence_and_kept_in_its_field(
    cell, claire, client_of, fields, sentence
):
    page = client_of(claire).post(address(cell, "figure_write"), typed(cell, **fields))

    assert page.status_code == 200
    text = html.unescape(page.content.decode())
    assert sentence in text
    assert "<title>Erreur" in text
    typed_in = ("numerator", "denominator", "value")
    kept = [value for name, value in fields.items() if value and name in typed_in]
    assert [value for value in kept if f'value="{value}"' not in text] == []
    assert cell.find() is None


def test_a_month_that_has_not_begun_is_not_counted(cell, claire, client_of):
    today = cell.prefecture.today()
    this_year = Cell(cell.unit, cell.indicator, today.year)
    fields = typed(this_year, last_month="12")

    page = client_of(claire).post(address(this_year, "figure_write"), fields).content.decode()

    assert ("n’a pas commencé" in page) == (today.month < 12)


# --- Corrected ---------------------------------------------------------------------------------------------


def test_a_correction_needs_a_reason(cell, printed, claire, client_of):
    page = client_of(claire).post(address(cell, "figure_write"), typed(cell))

    assert "Indiquer pourquoi le chiffre est corrigé." in page.content.decode()
    with pytest.raises(RefusedError):
        collection.write(cell, Entry(12, 13), seen=cell.version, by=claire)
    assert shown(cell) == "94,00 %"


def test_a_corrected_figure_keeps_the_printed_one_beside_it(cell, printed, claire, client_of):
    browser = client_of(claire)

    page = browser.post(address(cell, "figure_write"), typed(cell, reason="Recompté."), follow=True)

    row = cell.find()
    assert (row.measure, row.former_measure) == (Rate(12, 13), Printed(Decimal("94.00")))
    assert (row.origin, row.former_origin, row.printed_target.value) == ("corrected", "printed", 90)
    text = words(page).replace("’", "'")
    assert "94,00\xa0% (base inconnue), repris d'un document" in text
    assert "Recompté." in text
    assert "«\xa0tableau.csv\xa0», ligne 12" in text


def test_corrected_twice_it_still_keeps_the_first(cell, printed, claire):
    collection.write(cell, Entry(12, 13, reason="Recompté."), seen=cell.version, by=claire)
    collection.write(cell, Entry(11, 13, reason="Encore."), seen=cell.version, by=claire)

    row = cell.find()
    assert (row.measure, row.former_measure, row.reason) == (
        Rate(11, 13),
        Printed(Decimal("94.00")),
        "Encore.",
    )


def test_a_typed_figure_takes_the_place_of_its_months_which_stay(cell, claire):
    service = factories.ServiceFactory(unit=cell.unit)
    for month in (1, 2):
        factories.MonthFactory(service=service, indicator=cell.indicator, year=YEAR, month=month)

    collection.write(cell, Entry(12, 13, reason="Un guichet oublié."), seen=cell.version, by=claire)

    row = cell.find()
    assert (row.origin, row.former_origin, row.former_measure) == ("corrected", "computed", Rate(184, 200))
    assert results.of_cell(cell.unit, cell.indicator, Period.year(YEAR)).figure.measure == Rate(12, 13)
    assert Measurement.objects.count() == 3


def test_the_same_again_changes_nothing(cell, claire):
    collection.write(cell, Entry(12, 13), seen=0, by=claire)
    before = cell.version

    collection.write(cell, Entry(12, 13), seen=before, by=claire)

    assert cell.version == before


def test_a_printed_target_is_corrected_with_a_reason(cell, printed, claire, client_of):
    fields = {"comparator": "≥", "value": "95 %", "reason": "Coquille du tableau.", "version": cell.version}
    browser = client_of(claire)

    refused = browser.post(address(cell, "figure_target"), fields | {"reason": ""})
    page = browser.post(address(cell, "figure_target"), fields, follow=True).content.decode()

    assert "Indiquer pourquoi l’objectif imprimé est corrigé." in refused.content.decode()
    assert cell.find().printed_target.comparator == Comparator.GE
    assert "objectif non atteint" in page
    assert "Coquille du tableau." in page
    assert "Objectif imprimé corrigé" in page


def test_without_a_printed_target_there_is_none_to_correct(cell, claire, client_of):
    factories.MeasurementFactory(unit=cell.unit, indicator=cell.indicator)

    assert client_of(claire).get(address(cell, "figure_target")).status_code == 404


# --- Removed -----------------------------------------------------------------------------------------------


def test_a_typed_figure_leaves_its_cell_and_its_history(cell, claire, client_of):
    collection.write(cell, Entry(12, 13), seen=0, by=claire)
    browser, fields = client_of(claire), {"reason": "Mauvaise année.", "version": cell.version}

    refused = browser.post(address(cell, "figure_remove"), fields | {"reason": ""})
    page = browser.post(address(cell, "figure_remove"), fields, follow=True).content.decode()

    assert "Indiquer le motif." in refused.content.decode()
    assert cell.find() is None
    assert shown(cell) == "non renseigné"
    assert "Retiré" in page
    assert "Mauvaise année." in page


def test_a_correction_taken_back_gives_the_printed_figure_again(cell, printed, claire):
    collection.write(cell, Entry(12, 13, reason="Recompté."), seen=cell.version, by=claire)

    collection.remove(cell, reason="Le document avait raison.", seen=cell.version, by=claire)

    row = cell.find()
    assert (row.measure, row.origin, row.former_origin) == (Printed(Decimal("94.00")), "printed", "")


def test_a_sum_has_no_figure_of_its_own_to_remove(cell, claire, client_of):
    page = client_of(claire).get(address(cell, "figure_remove"), follow=True)

    assert "n’a pas de chiffre à retirer" in page.content.decode()


# --- Two people --------------------------------------------------------------------------------------------


def test_who_comes_second_sees_both_figures_and_may_still_decide(cell, claire, client_of):
    late = typed(cell, numerator="10")
    collection.write(cell, Entry(12, 13), seen=0, by=claire)

    conflict = client_of(claire).post(address(cell, "figure_write"), late | {"reason": "Recompté."})

    text = conflict.content.decode()
    assert conflict.status_code == 409
    assert "92,31\xa0% (12 sur 13)" in text
    assert 'value="10"' in text
    again = late | {"reason": "Recompté.", "version": cell.version}
    assert client_of(claire).post(address(cell, "figure_write"), again).status_code == 302
    assert cell.find().measure == Rate(10, 13)


def test_a_figure_removed_in_between_is_a_conflict_too(cell, claire):
    collection.write(cell, Entry(12, 13), seen=0, by=claire)
    seen = cell.version
    collection.remove(cell, reason="Mauvaise année.", seen=seen, by=claire)

    with pytest.raises(ConflictError):
        collection.write(cell, Entry(11, 13), seen=seen, by=claire)


@pytest.mark.django_db(transaction=True)
def test_two_who_write_in_the_same_instant_lose_nothing_in_silence(cell, claire):
    writes = [
        partial(collection.write, cell, Entry(numerator, 13), seen=0, by=claire) for numerator in (11, 12)
    ]

    outcomes = at_once(*writes)

    (conflict,) = refusals(outcomes, ConflictError)
    assert Measurement.objects.get().numerator == (12, 11)[outcomes.index(conflict)]


# --- What the page says ------------------------------------------------------------------------------------


def test_the_history_says_who_what_and_why_the_latest_first(cell, printed, claire, client_of):
    collection.write(cell, Entry(12, 13, reason="Recompté."), seen=cell.version, by=claire)

    events = client_of(claire).get(address(cell)).context["origin"].events

    assert [(event.who, event.what, event.before, event.after, event.why) for event in events] == [
        (
            "Claire Martin",
            "corrigé",
            "94,00\xa0% (base inconnue), objectif imprimé ≥\xa090\xa0%",
            "92,31\xa0% (12 sur 13), objectif imprimé ≥\xa090\xa0%",
            "Recompté.",
        ),
        ("l’application", "repris d'un document", "", events[0].before, ""),
    ]


def test_a_sum_shows_its_months_and_services(cell, claire, client_of):
    service = factories.ServiceFactory(unit=cell.unit, name="Bureau des titres")
    for month in (2, 3):
        factories.MonthFactory(service=service, indicator=cell.indicator, year=YEAR, month=month)

    page = client_of(claire).get(address(cell))

    assert [part.label for part in page.context["origin"].counted] == [
        "février, Bureau des titres",
        "mars, Bureau des titres",
    ]
    assert "la somme de 2 chiffres" in page.content.decode()


def test_the_page_says_where_the_target_comes_from(cell, claire, client_of):
    factories.TargetFactory(
        indicator=cell.indicator,
        prefecture=cell.prefecture,
        origin="local",
        value=80,
        starts_on=datetime.date(2018, 1, 1),
        source="décision du comité",
    )

    page = words(client_of(claire).get(address(cell)))

    assert "≥\xa080\xa0%, objectif propre à la préfecture, à partir du 01/01/2018" in page
    assert "décision du comité" in page


def test_every_cell_of_the_board_opens_its_page(cell, printed, claire, client_of):
    browser = client_of(claire)
    board = reverse("board", args=[cell.prefecture.slug, YEAR])

    text = browser.get(board).content.decode()

    assert f'href="{cell.unit.pk}/{cell.indicator.pk}/"' in text
    assert browser.get(f"{board}{cell.unit.pk}/{cell.indicator.pk}/").status_code == 200


def test_the_page_costs_the_same_whatever_its_months(cell, claire, client_of, django_assert_num_queries):
    browser, service = client_of(claire), factories.ServiceFactory(unit=cell.unit)
    for month in (1, 2, 3, 4):
        factories.MonthFactory(service=service, indicator=cell.indicator, year=YEAR, month=month)
        if month in (1, 4):
            with django_assert_num_queries(22):
                browser.get(address(cell))


# --- Who may -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["figure_write", "figure_remove"])
def test_those_who_read_do_not_write(cell, rachid, helene, ines, odile, client_of, page):
    factories.MeasurementFactory(unit=cell.unit, indicator=cell.indicator)

    for reader in (rachid, helene, ines, odile):
        browser: Client = client_of(reader)
        assert browser.get(address(cell)).status_code in (200,)
        assert "Corriger le chiffre" not in browser.get(address(cell)).content.decode()
        assert browser.get(address(cell, page)).status_code == 403
        assert browser.post(address(cell, page), typed(cell)).status_code == 403


def test_a_referent_does_not_see_the_figures_of_another_unit(siege, rate, rachid, client_of):
    assert client_of(rachid).get(address(Cell(siege, rate, YEAR))).status_code == 404


def test_a_stranger_finds_nothing(cell, zoe, client_of):
    for page in ("figure", "figure_write", "figure_remove", "figure_target"):
        assert client_of(zoe).get(address(cell, page)).status_code == 404
        if page != "figure":
            assert client_of(zoe).post(address(cell, page), typed(cell)).status_code == 404


def test_a_unit_of_another_prefecture_is_not_reached_through_ones_own(
    cell: Cell, elsewhere: Prefecture, claire: Agent, client_of
):
    theirs = factories.UnitFactory(prefecture=elsewhere)
    factories.MeasurementFactory(unit=theirs, indicator=cell.indicator)

    stolen = reverse("figure_write", args=[cell.prefecture.slug, YEAR, theirs.pk, cell.indicator.pk])

    assert client_of(claire).post(stolen, typed(cell)).status_code == 404


def test_an_indicator_that_nobody_follows_has_no_page(cell, claire, client_of):
    other = factories.IndicatorFactory()

    assert client_of(claire).get(address(Cell(cell.unit, other, YEAR))).status_code == 404
