"""The clock against two judges that share no code with it: somebody who ticks the days off one by one, and
the calendar itself, where pauses are closures. Dates of the examples were counted by hand."""

from datetime import date, timedelta

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from complaints.clock import CALENDAR, MONTHS, WORKING, Allowed, Clock, Judged, Pause
from sites.workdays import BackwardsError, OutOfRangeError, WorkCalendar, calendar_for

METROPOLE = calendar_for("metropole")
ONE_DAY = timedelta(days=1)

days = st.dates(date(2017, 1, 1), date(2023, 12, 31))
zones = st.sampled_from(["metropole", "alsace-moselle", "la-reunion", "guadeloupe"])


@st.composite
def pauses_around(draw, received):
    """Up to three pauses, which may overlap, begin before the receipt or fill its day."""
    starts = draw(st.lists(st.integers(-10, 60), max_size=3))
    return tuple(
        Pause(received + timedelta(start), received + timedelta(start + draw(st.integers(0, 40))))
        for start in starts
    )


@st.composite
def cases(draw):
    received = draw(days)
    return received, draw(zones), draw(pauses_around(received)), draw(st.integers(0, 40))


def walk(received, counts, number):
    """The day on which the ticking of days that count comes to a number."""
    day = received
    while number:
        day += ONE_DAY
        number -= counts(day)
    return day


def ticked(received, answered, counts):
    """How many days that count from receipt to the reply, which leaves on a day that counts."""
    if answered == received:
        return 0
    while not counts(answered):
        answered += ONE_DAY
    return sum(counts(received + timedelta(n + 1)) for n in range((answered - received).days))


@given(cases(), st.integers(0, 90), st.sampled_from([WORKING, CALENDAR]))
def test_clock_says_what_somebody_ticks_off_day_by_day(case, after, kind):
    received, zone, pauses, number = case
    calendar = calendar_for(zone)

    def counts(day):
        is_paused = any(pause.first <= day <= pause.last for pause in pauses)
        return not is_paused and (kind == CALENDAR or calendar.is_working(day))

    clock = Clock(received, calendar, pauses)
    answered = received + timedelta(after)
    due, delay = clock.due(Allowed(number, kind)), clock.delay(answered, kind)
    assert due == walk(received, counts, number)
    assert delay == ticked(received, answered, counts)
    assert (delay <= number) == (answered <= due)

    explained = clock.explain(due, kind)
    after_receipt = [received + timedelta(n + 1) for n in range((due - received).days)]
    assert list(explained.counted) == [day for day in after_receipt if counts(day)]
    assert [off.day for off in explained.skipped] == [day for day in after_receipt if not counts(day)]
    assert len(explained.counted) == number


@given(cases(), st.integers(0, 90))
def test_pause_is_for_its_case_what_a_closure_is_for_everybody(case, after):
    received, zone, pauses, number = case
    closures = tuple((pause.first, pause.last, "pause") for pause in pauses)
    closed = WorkCalendar(zone, closures, years=(2016, 2025))
    clock = Clock(received, calendar_for(zone), pauses)
    answered = received + timedelta(after)
    assert clock.due(Allowed(number)) == closed.due(received, number)
    assert clock.delay(answered) == closed.delay(received, answered)


@given(days, st.integers(1, 30), st.data())
def test_months_are_as_many_days_as_they_last(received, number, data):
    pauses = data.draw(pauses_around(received))
    end = received + relativedelta(months=number)
    clock = Clock(received, METROPOLE, pauses)
    assert Clock(received, METROPOLE).due(Allowed(number, MONTHS)) == end
    assert clock.due(Allowed(number, MONTHS)) == clock.due(Allowed((end - received).days, CALENDAR))


@given(cases())
def test_open_pause_holds_the_due_date_back_unless_it_came_after(case):
    received, zone, pauses, number = case
    clock = Clock(received, calendar_for(zone), pauses)
    due = clock.due(Allowed(number))
    for start in (due, due + ONE_DAY):
        lasting = Clock(received, calendar_for(zone), (*pauses, Pause(start, None)))
        held_back = start <= due and number > 0
        assert lasting.due(Allowed(number)) == (None if held_back else due)


# --- Examples counted by hand ------------------------------------------------------------------------------


def test_ascension_is_skipped_and_said():
    clock = Clock(date(2020, 5, 18), METROPOLE)  # a Monday
    assert clock.judge(Allowed(5)) == Judged(date(2020, 5, 26))
    explained = clock.explain(date(2020, 5, 26))
    assert [f"{day:%d/%m}" for day in explained.counted] == ["19/05", "20/05", "22/05", "25/05", "26/05"]
    assert [off.reason for off in explained.skipped] == ["Ascension", "samedi", "dimanche"]


def test_pause_moves_the_due_date_by_its_working_days_and_is_explained():
    pause = Pause(date(2021, 3, 3), date(2021, 3, 8), "pièce attendue")  # Wednesday to Monday: four of them
    clock = Clock(date(2021, 3, 1), METROPOLE, (pause,))
    assert clock.due(Allowed(5)) == date(2021, 3, 12)
    assert dict(clock.explain(date(2021, 3, 12)).skipped) == {
        date(2021, 3, 3): "délai suspendu : pièce attendue",
        date(2021, 3, 4): "délai suspendu : pièce attendue",
        date(2021, 3, 5): "délai suspendu : pièce attendue",
        date(2021, 3, 6): "samedi, délai suspendu : pièce attendue",
        date(2021, 3, 7): "dimanche, délai suspendu : pièce attendue",
        date(2021, 3, 8): "délai suspendu : pièce attendue",
    }


def test_reply_ends_the_pause_that_still_lasts_on_its_eve():
    clock = Clock(date(2021, 3, 1), METROPOLE, (Pause(date(2021, 3, 3), None),))
    assert clock.judge(Allowed(5)) == Judged(None)
    assert clock.judge(Allowed(5), date(2021, 3, 10)) == Judged(date(2021, 3, 15), 2, is_within=True)
    assert clock.judge(Allowed(5), date(2021, 3, 3)) == Judged(date(2021, 3, 8), 2, is_within=True)


def test_day_of_receipt_is_day_zero_though_it_is_off():
    clock = Clock(date(2021, 5, 1), METROPOLE)  # a Saturday and a holiday
    assert clock.due(Allowed(1)) == date(2021, 5, 3)
    assert clock.delay(date(2021, 5, 1)) == 0
    assert clock.delay(date(2021, 5, 2)) == 1


def test_two_months_from_the_last_day_of_december_end_with_february():
    assert Clock(date(2020, 12, 31), METROPOLE).due(Allowed(2, MONTHS)) == date(2021, 2, 28)
    assert Clock(date(2023, 12, 31), METROPOLE).due(Allowed(2, MONTHS)) == date(2024, 2, 29)


def test_clock_refuses_what_runs_backwards_or_out_of_the_calendar():
    with pytest.raises(BackwardsError, match="antérieure à la réception"):
        Clock(date(2021, 3, 2), METROPOLE).delay(date(2021, 3, 1))
    with pytest.raises(BackwardsError, match="antérieure à la réception"):
        Clock(date(2021, 3, 2), METROPOLE).delay(date(2021, 3, 1), CALENDAR)
    with pytest.raises(BackwardsError, match="La pause finirait le 01/03/2021"):
        Clock(date(2021, 3, 1), METROPOLE, (Pause(date(2021, 3, 2), date(2021, 3, 1)),))
    with pytest.raises(OutOfRangeError):
        Clock(date(2050, 12, 20), METROPOLE).due(Allowed(20))
