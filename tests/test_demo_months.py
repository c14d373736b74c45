"""The months of the demo: invented, and true to what was published of them."""

import csv
import datetime
from collections import Counter, defaultdict
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from django.db import transaction

from indicators import results, returns, silence
from indicators.entry import Said, impossible
from indicators.expected import Owed
from indicators.models import Measurement, MonthlyReturn, Suspension
from indicators.periods import Period, last_day
from indicators.results import Absence
from publications.models import Flash
from qualepref.demo import content, months
from referentiel import yearly
from sites import closures

PUBLISHED = Path(__file__).parent / "data" / "published_2019_2020.csv"
with PUBLISHED.open(encoding="utf-8", newline="") as file:
    ROWS = list(csv.DictReader(file))


@pytest.fixture(scope="module")
def loaded_once(django_db_setup, django_db_blocker):
    """The demo and its months, kept in a transaction of their own for all the tests of this file."""
    with django_db_blocker.unblock(), transaction.atomic():
        prefecture = content.load()
        months.enter(prefecture)
        yield prefecture
        transaction.set_rollback(True)


@pytest.fixture
def demo(loaded_once, db):
    return loaded_once


def cells(demo, period, key):
    board = results.of_period(demo, Period.parse(period))
    line = next(line for line in board.lines if line.indicator.key == key)
    return {result.unit.short_name: result for result in line.results}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['period']} {row['unit']} {row['indicator']}")
def test_its_results_are_those_that_were_published(demo, row):
    number, *_ = row["printed"].split()
    printed = Decimal(number.replace(",", "."))
    found = cells(demo, row["period"], row["indicator"])

    if row["unit"] == "tous sites":
        bases = [cell.figure.base for cell in found.values()]
        value = Fraction(sum(days for days, _ in bases), sum(cases for _, cases in bases))
    else:
        value = found[row["unit"]].value
    if row["printed"].endswith("par mois"):
        value /= 12

    assert round(value * 10 ** -printed.as_tuple().exponent) == printed.scaleb(-printed.as_tuple().exponent)


def test_the_months_of_2020_leave_out_those_of_the_suspension(demo):
    coverage = cells(demo, "2020", "courriels-dans-les-delais")["Siège"].coverage

    assert coverage.months == {1, 2, 7, 8, 9, 10, 11, 12}
    notes = [note.text for note in results.of_year(demo, 2020).notes]
    assert any("de mars\xa02020 à juin\xa02020" in note for note in notes)
    assert sum("Données fictives" in note for note in notes) == 1


def test_each_service_says_all_that_it_owes_and_nothing_more(demo):
    first, last = months.FIRST, months.LAST
    owed = Owed(demo, first, last)
    said = defaultdict(set)
    for row in Measurement.objects.filter(prefecture=demo, period="month"):
        said[row.service_id, row.period_start].add(row.indicator_id)

    expected = {
        (service.pk, month): {one.pk for one in owed.of(service, month)}
        for service in owed.services
        for year in (2019, 2020)
        for month in Period.year(year)
    }
    assert {key: value for key, value in expected.items() if value} == said


def test_no_figure_is_one_that_a_page_would_refuse(demo):
    rows = Measurement.objects.filter(prefecture=demo, period="month").select_related("indicator")

    assert [row for row in rows if impossible(Said.of(row), row.indicator)] == []


def test_each_month_was_sent_on_a_working_day_after_its_end(demo):
    days = closures.calendar(demo)
    sent = MonthlyReturn.objects.filter(prefecture=demo)

    assert [one for one in sent if not days.is_working(one.entered_on)] == []
    assert [one for one in sent if one.entered_on <= last_day(one.month)] == []
    late = [one for one in sent if one.is_late]
    assert 10 <= len(late) <= len(sent) // 8


def test_every_state_of_a_month_can_be_seen(demo):
    states = Counter(MonthlyReturn.objects.filter(prefecture=demo).values_list("state", flat=True))

    assert set(states) == {"closed", "validated", "entered", "returned"}
    back = MonthlyReturn.objects.get(prefecture=demo, state="returned")
    assert (back.service.unit.short_name, back.month) == ("Arles", datetime.date(2020, 12, 1))
    assert returns.lock_on(back) == ""


def test_it_has_a_reserve_a_figure_not_measured_and_a_note(demo):
    rows = Measurement.objects.filter(prefecture=demo, period="month")

    assert rows.exclude(reserve="").get().indicator.key == "appels-perdus"
    assert rows.filter(numerator=None).get().reason != ""
    assert rows.exclude(comment="").count() == 1
    october = cells(demo, "2019-10", "appels-perdus")["Aix"]
    assert october.absence == Absence.UNDER_RESERVE


def test_the_month_before_this_one_is_awaited_and_those_between_are_not(demo):
    suspension = Suspension.objects.get(prefecture=demo, first_month=datetime.date(2021, 1, 1))
    month = Period.month(demo.today()).previous.first

    owed = Owed(demo, suspension.last_month, month)
    assert [one for one in owed.services if owed.of(one, suspension.last_month)] == []
    assert len([one for one in owed.services if owed.of(one, month)]) > 10


def test_complaints_at_istres_are_the_one_silence(demo):
    (found,) = silence.of(demo, units=demo.units.all(), until=months.LAST)

    assert found.sentence.startswith(
        "Istres, réclamations et suggestions à traiter\xa0: aucun cas depuis avril\xa02019, quand on en "
    )


def test_its_own_targets_of_2019_judge_2019_alone(demo):
    targets = {
        year: cells(demo, year, "appels-perdus")["Siège"].target_label for year in ("2018", "2019", "2020")
    }

    assert targets == {"2018": "≤\xa010\xa0%", "2019": "≤\xa09\xa0%", "2020": "≤\xa010\xa0%"}
    assert len(yearly.left(demo, 2020)) == 3


def test_a_flash_info_is_out_and_says_that_it_is_invented(demo):
    shown = Flash.objects.get(prefecture=demo)

    assert (shown.month, shown.data["awaited"]) == (months.FLASH, [])
    assert shown.data["remark"].startswith("Données fictives.")


def test_a_second_run_changes_nothing(demo):
    before = [model.history.count() for model in (Measurement, MonthlyReturn, Suspension)]

    months.enter(demo)

    assert [model.history.count() for model in (Measurement, MonthlyReturn, Suspension)] == before


def test_the_history_says_who_entered_a_figure(demo):
    record = Measurement.history.filter(period="month").first()

    assert (record.history_user.email, record.history_change_reason) == (
        "claire.vasseur@demo.example",
        "Données fictives",
    )
