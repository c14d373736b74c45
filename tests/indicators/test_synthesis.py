"""The synthesis of complaints, against a loop over the cases; what it asks when nobody keeps the register."""

from collections import Counter
from datetime import date, timedelta
from fractions import Fraction
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from complaints.models import Case, Example, Theme
from indicators import responses, synthesis
from indicators.models import EntrySchedule, Suspension
from indicators.periods import Period
from sites.models import Unit
from tests.factories import CaseFactory, ServiceFactory, SiteFactory, SuspensionFactory

ON = date(2021, 3, 10)


@st.composite
def cases(draw):
    """A case of 2019 to 2021 as the register leaves it."""
    received = date(2019, 1, 1) + timedelta(draw(st.integers(0, 795)))
    state = draw(st.sampled_from(["answered"] * 3 + ["open", "paused", "transferred", "dropped"]))
    is_answerable = draw(st.sampled_from([True, True, True, False]))
    needs_examination = draw(st.sampled_from([False, False, False, True]))
    allowed = draw(st.sampled_from([5, 10, None]))
    due = received + timedelta(14) if is_answerable and not needs_examination and allowed else None
    closed = None if state in ("open", "paused") else received + timedelta(draw(st.integers(0, 30)))
    answered = closed if state == "answered" else None
    return {
        "received_on": received,
        "month": received.replace(day=1),
        "year": received.year,
        "kind": draw(st.sampled_from(["enquiry", "complaint", "complaint", "suggestion"])),
        "channel": draw(st.sampled_from(["letter", "email"])),
        "requester_kind": "citizen",
        "is_answerable": is_answerable,
        "needs_examination": needs_examination,
        "allowed_days": allowed,
        "is_from_rights_defender": draw(st.sampled_from([False, False, False, True])),
        "state": state,
        "due_on": due,
        "closed_on": closed,
        "answered_on": answered,
        "first_reply_on": answered,
        "delay_days": (answered - received).days if answered and due else None,
        "is_within": answered <= due if answered and due else None,
    }


@pytest.fixture
def world(prefecture, siege, arles):
    """Places of Arles and of the siège, with and without a site, and themes; Arles has its summer of 2020
    suspended."""
    SuspensionFactory(
        prefecture=prefecture, unit=arles, first_month=date(2020, 7, 1), last_month=date(2020, 8, 1)
    )
    places = [
        {"unit": siege, "service": None, "site": None},
        {"unit": siege, "service": ServiceFactory(unit=siege), "site": SiteFactory(unit=siege)},
        {"unit": arles, "service": ServiceFactory(unit=arles), "site": None},
    ]
    themes = [None, *(Theme.objects.create(prefecture=prefecture, title=t) for t in ("Attente", "Accueil"))]
    return prefecture, places, themes


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    made=st.lists(st.tuples(cases(), st.integers(0, 2), st.integers(0, 2)), max_size=25),
    period=st.sampled_from([Period.year(2020), Period.parse("2020-T3"), Period.parse("2021-S1")]),
)
def test_counts_are_those_of_a_loop_over_the_cases(world, made, period):
    prefecture, places, themes = world
    Case.objects.all().delete()
    numbers = count(1)
    for columns, place, theme in made:
        own = places[place] | {"theme": themes[theme], "number": next(numbers)}
        Case.objects.create(prefecture=prefecture, **columns, **own)

    found = synthesis.of(prefecture, Case.objects.all(), period, ON, prefecture.units.all())

    rows = list(Case.objects.all())
    ours = [case for case in rows if case.kind in ("complaint", "suggestion")]
    saisines = [case for case in rows if case.is_from_rights_defender]
    check(found.total, ours, period)
    check(found.defender, saisines, period)
    for table, among, key in (
        (found.themes, ours, lambda case: case.theme_id),
        (found.sites, ours, lambda case: case.site_id),
        (found.units, ours, lambda case: case.unit_id),
        (found.channels, ours, lambda case: case.channel),
        (found.defender_tables[0], saisines, lambda case: case.kind),
        (found.defender_tables[1], saisines, lambda case: case.theme_id),
    ):
        of_period = [case for case in among if case.month in (*period, *period.before)]
        assert {key(case) for case in of_period} <= {line.key for line in table.lines}
        for line in table.lines:
            check(line, [case for case in of_period if key(case) == line.key], period)
    for line in found.months.lines:
        twin = line.key.replace(year=line.key.year - 1)
        check(line, [case for case in ours if case.month in (line.key, twin)], period)
    assert [line.key for line in found.months.lines] == [month for month in period if month <= ON]


def check(line, among, period):
    now = [case for case in among if case.month in period]
    tally = line.now
    assert (tally.received, line.before.received) == (
        len(now),
        sum(case.month in period.before for case in among),
    )
    assert tally.complaints == sum(case.kind == "complaint" for case in now)
    assert tally.suggestions == sum(case.kind == "suggestion" for case in now)
    followed = [case for case in now if not (case.unit.short_name == "Arles" and is_summer(case.month))]
    assert tally.suspended == len(now) - len(followed)
    counted = [case for case in followed if case.is_counted]
    assert tally.apart.total() == len(followed) - len(counted)
    assert tally.apart["dropped"] == sum(case.state == "dropped" for case in followed)
    assert tally.apart["anonymous"] == sum(
        not case.is_answerable and case.state in ("open", "paused", "answered") for case in followed
    )
    done = [case for case in counted if case.answered_on]
    waiting = [case for case in counted if not case.answered_on]
    late = [case for case in waiting if case.due_on < ON]
    in_time = [case for case in done if case.answered_on <= case.due_on]
    assert (tally.kept.rate.numerator, tally.kept.rate.denominator) == (len(in_time), len(done) + len(late))
    assert tally.kept.open == len(waiting)
    days = [(case.answered_on - case.received_on).days for case in done]
    assert tally.kept.mean.value == (Fraction(sum(days), len(days)) if days else None)


def is_summer(month):
    return month in (date(2020, 7, 1), date(2020, 8, 1))


def read(prefecture, period="2020", on=ON, units=None):
    units = Unit.objects.filter(prefecture=prefecture) if units is None else units
    return synthesis.of(prefecture, Case.objects.all(), Period.parse(period), on, units)


def complain(unit, **columns):
    return CaseFactory(unit=unit, **{"kind": "complaint", "received_on": date(2020, 3, 2)} | columns)


@pytest.fixture
def followed(prefecture):
    """The register is kept since January 2019."""
    since = date(2019, 1, 1)
    return EntrySchedule.objects.create(prefecture=prefecture, first_month=since, register_since=since)


def test_two_years_of_the_same_months_are_compared(prefecture, siege, followed):
    complain(siege)
    complain(siege, kind="suggestion", received_on=date(2019, 5, 2))

    found = read(prefecture)

    assert found.caution == ""
    assert found.sentences[0] == (
        "1 réclamation et 0 suggestion (2020), contre 0 réclamation et 1 suggestion les mêmes mois un an "
        "plus tôt."
    )


def test_unlike_months_are_said_and_not_compared(prefecture, siege, followed):
    complain(siege)
    SuspensionFactory(prefecture=prefecture, first_month=date(2020, 3, 1), last_month=date(2020, 6, 1))

    found = read(prefecture)

    assert "2020, janvier, février, juillet à décembre seulement" in found.caution
    assert found.sentences[0] == "1 réclamation et 0 suggestion (2020)."
    assert found.total.now.suspended == 1
    assert found.months.lines[3].label == "avril\xa02020 (suivi suspendu)"


def test_a_unit_whose_months_are_suspended_has_unlike_months_when_it_is_read_alone(
    prefecture, siege, arles, followed
):
    SuspensionFactory(prefecture=prefecture, unit=arles)
    Suspension.objects.update(first_month=date(2020, 3, 1), last_month=date(2020, 3, 1))

    assert read(prefecture).caution == ""
    assert "ne sont pas les mêmes" in read(prefecture, units=[arles]).caution


def test_a_period_that_runs_is_not_compared(prefecture, siege, followed):
    complain(siege, received_on=date(2021, 3, 1))

    assert "n’est pas finie" in read(prefecture, "2021-T1").caution


def test_before_the_register_nothing_is_zero(prefecture, siege, followed):
    found = read(prefecture, "2018")

    assert found.questions == ["Le registre ne dit rien de cette période (2018)\xa0: il n’était pas suivi."]
    assert "n’était pas suivi un an plus tôt (2018)" in read(prefecture, "2019").caution


def test_a_flat_zero_is_a_question(prefecture, siege, followed):
    assert read(prefecture).questions == [
        "Aucune réclamation enregistrée (2020)\xa0: le suivi a-t-il été tenu\xa0?"
    ]


def test_a_unit_without_a_complaint_and_months_that_fall_silent_are_questions(
    prefecture, siege, arles, followed
):
    complain(siege, received_on=date(2020, 9, 1))

    assert read(prefecture).questions == [
        "Aucune réclamation ni suggestion enregistrée\xa0: Sous-préfecture d’Arles. "
        "Le suivi y a-t-il été tenu\xa0?",
        "Rien d’enregistré depuis octobre\xa02020\xa0: suivi interrompu, ou vraiment rien\xa0?",
    ]
    assert read(prefecture, "2020-09").questions == []


def test_an_example_stands_under_its_theme_unless_it_has_come_to_name_somebody(prefecture, siege, claire):
    theme = Theme.objects.create(prefecture=prefecture, title="Attente")
    told, naming = (complain(siege, theme=theme) for _ in range(2))
    Example.objects.create(case=told, text="Deux heures d’attente.", by=claire)
    Example.objects.create(case=naming, text="Dominique a attendu.", by=claire)

    found = read(prefecture)

    [(key, kept)] = found.examples.items()
    assert (key, [one.text for one in kept]) == (theme.pk, ["Deux heures d’attente."])
    assert [one.case for one in found.hidden_examples] == [naming]


def test_as_many_queries_for_any_number_of_cases(prefecture, siege, followed, django_assert_num_queries):
    for number in range(2):
        complain(siege, theme=Theme.objects.create(prefecture=prefecture, title=f"Thème {number}"))
        with django_assert_num_queries(6):
            read(prefecture, units=[siege])


def test_what_no_rate_counts_is_said_of_one_as_of_many():
    said = responses.apart_in_words(Counter(dropped=1, anonymous=2), 35)

    assert said == "classées sans suite\xa0: 1, sans nom ou sans adresse\xa0: 2, en mois suspendu\xa0: 35"
    assert responses.apart_in_words(Counter(), 0) == ""
