"""The register of the demo: invented, and true to the months of the demo and so to what was published."""

import csv
import datetime
from decimal import ROUND_HALF_UP, Decimal

import pytest
from django.db import transaction
from django.db.models import F

from complaints.judging import COLUMNS, COLUMNS_OF_AN_APPOINTMENT, Judge
from complaints.models import Case, Event
from indicators import from_register, reconciling
from indicators.models import Suspension
from qualepref.demo import cases, content, months, waiting
from sites.models import Service
from tests.test_demo_months import PUBLISHED

STREAMS = {
    ("enquiry", "letter", "citizen"): "courriers",
    ("enquiry", "email", "citizen"): "courriels",
    ("enquiry", "form", "citizen"): "courriels",
    ("enquiry", "letter", "authority"): "rct-courriers",
    ("enquiry", "email", "authority"): "rct-courriels",
}


@pytest.fixture(scope="module")
def loaded_once(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        prefecture = content.load()
        months.enter(prefecture)
        cases.enter(prefecture)
        waiting.enter(prefecture)
        yield prefecture
        transaction.set_rollback(True)


@pytest.fixture
def demo(loaded_once, db):
    return loaded_once


def stream_of(case):
    if case.kind in ("complaint", "suggestion"):
        return "reclamations"
    if case.kind == "appointment":
        return "rct-rendez-vous-reponse"
    return STREAMS[case.kind, case.channel, case.requester_kind]


def counted(demo):
    """Cases of the rates, answered by now, in the months that are followed."""
    found = Case.objects.counted().filter(prefecture=demo, year__in=(2019, 2020))
    months_off = [datetime.date(2020, month, 1) for month in (3, 4, 5, 6)]
    return found.exclude(month__in=months_off).select_related("unit", "service", "appointment")


def test_it_says_what_was_entered_month_by_month(demo):
    """Nothing to reconcile, in any month of any service."""
    services = [service.pk for service in Service.objects.filter(unit__prefecture=demo)]
    counted = list(from_register.read(demo, months.FIRST, months.LAST, demo.today()))

    assert len(counted) == 20 * 64
    assert all(found.is_settled for found in counted)
    for year in (2019, 2020):
        assert reconciling.gaps(demo, services, year, demo.today()) == []


def published():
    with PUBLISHED.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["period"] == "2020"]
    return [pytest.param(row, id=f"{row['unit']} {row['indicator']}") for row in rows]


@pytest.mark.parametrize("row", published())
def test_its_results_of_2020_are_those_that_were_published(demo, row):
    stream, is_rate = row["indicator"].split("-")[0], row["indicator"].endswith("dans-les-delais")
    of_year = [case for case in counted(demo).filter(year=2020) if stream_of(case) == stream]
    if row["unit"] != "tous sites":
        of_year = [case for case in of_year if case.unit.short_name == row["unit"]]

    value = Decimal(sum(100 * case.is_within if is_rate else case.delay_days for case in of_year))
    printed = Decimal(row["printed"].split()[0].replace(",", "."))

    assert (value / len(of_year)).quantize(printed, ROUND_HALF_UP) == printed


def test_what_it_keeps_is_what_the_clock_says(demo):
    """Every case of today, one in twenty of before."""
    judge = Judge.of(demo)
    kept = Case.objects.filter(prefecture=demo).select_related("appointment", "requester")
    sample = kept.annotate(rest=F("pk") % 20).exclude(rest__gt=0, year__in=(2019, 2020))
    for case in sample.prefetch_related("pauses"):
        appointment = getattr(case, "appointment", None)
        before = [getattr(case, name) for name in COLUMNS]
        before += [getattr(appointment, name) for name in COLUMNS_OF_AN_APPOINTMENT if appointment]
        judge.choose_rules(case, appointment)
        judge.reckon(case, appointment)
        after = [getattr(case, name) for name in COLUMNS]
        after += [getattr(appointment, name) for name in COLUMNS_OF_AN_APPOINTMENT if appointment]
        assert after == before, case
        assert case.searchable == case.words(case.requester)
        assert case.is_answerable == case.requester.is_answerable


def test_it_is_numbered_without_a_gap_and_each_case_has_its_trail(demo):
    for year in (2019, 2020, demo.today().year):
        numbers = Case.objects.filter(prefecture=demo, year=year).order_by("number")
        assert list(numbers.values_list("number", flat=True)) == [*range(1, len(numbers) + 1)]
    trail = Event.objects.filter(case__prefecture=demo)
    closed = Case.objects.filter(prefecture=demo).exclude(state__in=Case.OPEN)
    assert trail.filter(kind="registered").count() == Case.objects.filter(prefecture=demo).count()
    assert trail.filter(kind__in=["answered", "handed_on", "dropped"]).count() == len(closed)


def test_no_case_names_somebody_and_each_is_marked(demo):
    kept = Case.objects.filter(prefecture=demo)

    assert set(kept.values_list("text", flat=True)) == {"Données fictives de la démonstration."}
    named = kept.exclude(requester__name="").exclude(requester__name__startswith="Usager fictif")
    assert not named.exists()


def test_cases_of_the_suspension_exist_and_count_nowhere(demo):
    suspension = Suspension.objects.get(prefecture=demo, first_month=datetime.date(2020, 3, 1))
    received = Case.objects.filter(
        prefecture=demo, month__range=(suspension.first_month, suspension.last_month)
    )

    assert 500 < received.count() < 3_000


def test_each_work_list_has_something(demo):
    today = demo.today()
    waiting = Case.objects.open().filter(prefecture=demo)

    assert waiting.late(today).count() >= 8
    assert waiting.filter(due_on__gte=today).exists()
    assert waiting.filter(state="paused").count() == 4
    assert waiting.filter(service=None).count() == 5
    assert waiting.exclude(asked_service=None).count() == 2
    recent = Case.objects.filter(prefecture=demo, year__gt=2020)
    assert recent.filter(is_answerable=False).count() == 2
    assert recent.filter(state="transferred").count() == 2
    assert recent.filter(kind="appointment", requester_kind="authority").count() == 4


def test_what_is_said_to_be_due_on_a_day_is_due_then(demo):
    """On a day off, on the next working day."""
    days = Judge.of(demo).calendar
    today = demo.today()
    due = days.due(today - datetime.timedelta(1), 1)

    assert Case.objects.open().filter(prefecture=demo, due_on=due).count() >= 7


def test_a_second_run_changes_nothing(demo):
    before = Case.objects.count(), Event.objects.count()

    cases.enter(demo)
    waiting.enter(demo)

    assert (Case.objects.count(), Event.objects.count()) == before
