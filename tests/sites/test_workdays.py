"""The calendar against three judges that share no code with it.

The official open data (2006-2031), a calendar written here from another Easter algorithm and walked day by
day (any year), and the `holidays` library where it follows the same list.
"""

import csv
import unicodedata
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

import holidays
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sites.workdays import (
    YEARS,
    ZONE_LABELS,
    BackwardsError,
    DayOff,
    OutOfRangeError,
    UnknownZoneError,
    calendar_for,
    easter_sunday,
    public_holidays,
    zone_of,
)

OFFICIAL_FILE = Path(__file__).parents[1] / "data" / "jours_feries_france.csv"
OFFICIAL_YEARS = range(2006, 2032)
ONE_DAY = timedelta(days=1)

METROPOLITAN = {f"{number:02}" for number in range(1, 96)} - {"20"} | {"2A", "2B"}
OVERSEAS = {
    "971": "guadeloupe",
    "972": "martinique",
    "973": "guyane",
    "974": "la-reunion",
    "976": "mayotte",
}
COLLECTIVITIES = {
    "975": "saint-pierre-et-miquelon",
    "977": "saint-barthelemy",
    "978": "saint-martin",
    "986": "wallis-et-futuna",
    "987": "polynesie-francaise",
    "988": "nouvelle-caledonie",
}


# The judges


def slug(label):
    plain = unicodedata.normalize("NFD", label).encode("ascii", "ignore").decode()
    return plain.lower().replace(" ", "-")


def read_official_holidays():
    """(zone, year) → {(day, name)}, from the official file."""
    found = defaultdict(set)
    with OFFICIAL_FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            day = date.fromisoformat(row["date"])
            for label in row["zones"].split("|"):
                found[slug(label), day.year].add((day, row["nom_jour_ferie"]))
    return dict(found)


OFFICIAL = read_official_holidays()


def gauss_easter(year):
    """Easter by Gauss's congruences (1816 form, with his two exceptions), not by the module's algorithm."""
    a, b, c = year % 19, year % 4, year % 7
    k = year // 100
    p, q = (13 + 8 * k) // 25, k // 4
    m, n = (15 - p + k - q) % 30, (4 + k - q) % 7
    d = (19 * a + m) % 30
    e = (2 * b + 4 * c + 6 * d + n) % 7
    if d == 29 and e == 6:
        return date(year, 4, 19)
    if d == 28 and e == 6 and (11 * m + 11) % 30 < 19:
        return date(year, 4, 18)
    return date(year, 3, 22) + timedelta(d + e)


def hand_made_holidays(zone, year):
    """{day}, by a list written a second time, to judge the years that the official file does not have."""
    easter = gauss_easter(year)
    days = {easter + timedelta(offset) for offset in (1, 39, 50)}
    marks = ["01-01", "05-01", "05-08", "07-14", "08-15", "11-01", "11-11", "12-25"]
    match zone:
        case "alsace-moselle":
            days.add(easter - timedelta(2))
            marks.append("12-26")
        case "mayotte":
            marks.append("04-27")
        case "martinique":
            marks.append("05-22")
        case "guadeloupe":
            marks.append("05-27")
        case "saint-martin":
            marks.append("05-27" if year <= 2017 else "05-28")
        case "guyane":
            marks.append("06-10")
        case "saint-barthelemy":
            marks.append("10-09")
        case "la-reunion":
            marks.append("12-20")
    return days | {date.fromisoformat(f"{year}-{mark}") for mark in marks}


def days_of(*years):
    for year in years:
        day = date(year, 1, 1)
        while day.year == year:
            yield day
            day += ONE_DAY


def days_between(first, last):
    """Days after `first`, up to `last`."""
    return [first + timedelta(step) for step in range(1, (last - first).days + 1)]


def walk(received, holidays_, count):
    """Day by day after receipt, as one counts on a wall calendar: (day, does it count?) until `count` do."""
    day = received
    while count:
        day += ONE_DAY
        counts = day.isoweekday() <= 5 and day not in holidays_
        count -= counts
        yield day, counts


def assert_same_counts_as_on_a_wall_calendar(zone, years, most=30):
    """Every receipt of the years × 1 to `most` working days, and every reply up to the last due date."""
    calendar = calendar_for(zone, years=(years[0], years[-1] + 1))
    off = {day for year in [*years, years[-1] + 1] for day in hand_made_holidays(zone, year)}
    for received in days_of(*years):
        counted = 0
        for day, counts in walk(received, off, most):
            # A reply on a day off has the delay of the working day that comes next.
            assert calendar.delay(received, day) == counted + 1, (zone, received, day)
            if counts:
                counted += 1
                assert calendar.due(received, counted) == day, (zone, received, counted)


# Zones


def test_there_are_the_thirteen_zones_of_the_official_data():
    assert set(ZONE_LABELS) == {zone for zone, _ in OFFICIAL}
    assert {slug(label) for label in ZONE_LABELS.values()} == set(ZONE_LABELS)


@pytest.mark.parametrize("zone", ZONE_LABELS)
def test_a_zone_is_its_own_zone(zone):
    assert zone_of(zone) == zone
    assert zone_of(f" {zone.upper()} ") == zone


def test_each_of_the_101_departements_has_its_zone():
    expected = dict.fromkeys(METROPOLITAN, "metropole") | OVERSEAS
    expected |= dict.fromkeys(["57", "67", "68"], "alsace-moselle")

    assert len(expected) == 101
    assert {code: zone_of(code) for code in expected} == expected


def test_each_overseas_collectivity_has_its_zone():
    assert {code: zone_of(code) for code in COLLECTIVITIES} == COLLECTIVITIES


def test_every_zone_is_reached_by_a_code():
    assert {zone_of(code) for code in METROPOLITAN | OVERSEAS.keys() | COLLECTIVITIES.keys()} == set(
        ZONE_LABELS
    )


@pytest.mark.parametrize(
    "code", ["1", "9", "2a", "2b", " 13 ", "20"], ids=["zero lost", "9", "2a", "2b", "spaces", "old Corsica"]
)
def test_a_code_may_be_written_carelessly(code):
    assert zone_of(code) == "metropole"


@pytest.mark.parametrize(
    "code", ["", " ", "0", "00", "96", "97", "99", "970", "979", "984", "013", "2C", "Marseille"]
)
def test_an_unknown_code_is_refused_with_what_is_accepted(code):
    with pytest.raises(UnknownZoneError) as refusal:
        zone_of(code)

    assert str(refusal.value) == (
        f"Zone inconnue : « {code} ». Indiquez le code d’un département ou d’une collectivité "
        "(01 à 95, 2A, 2B, 971 à 978, 986 à 988) ou une zone : metropole, alsace-moselle, guadeloupe, "
        "guyane, martinique, mayotte, la-reunion, nouvelle-caledonie, polynesie-francaise, "
        "saint-barthelemy, saint-martin, saint-pierre-et-miquelon, wallis-et-futuna."
    )


# Public holidays


def test_the_official_file_is_whole():
    assert set(OFFICIAL) == {(zone, year) for zone in ZONE_LABELS for year in OFFICIAL_YEARS}


@pytest.mark.parametrize("zone", ZONE_LABELS)
def test_holidays_and_their_names_are_those_of_the_official_file(zone):
    for year in OFFICIAL_YEARS:
        days = public_holidays(zone, year)

        assert set(days) == OFFICIAL[zone, year]
        assert days == sorted(days)


@pytest.mark.parametrize("zone", ZONE_LABELS)
def test_the_calendar_works_on_every_day_but_week_ends_and_official_holidays(zone):
    calendar = calendar_for(zone)
    off = {day for year in OFFICIAL_YEARS for day, _ in OFFICIAL[zone, year]}

    working = [day for day in days_of(*OFFICIAL_YEARS) if calendar.is_working(day)]

    assert working == [day for day in days_of(*OFFICIAL_YEARS) if day.isoweekday() <= 5 and day not in off]


@pytest.mark.parametrize("zone", ZONE_LABELS)
def test_holidays_are_those_of_a_list_written_twice_in_the_years_without_official_data(zone):
    for year in range(1984, 2101):
        assert {day for day, _ in public_holidays(zone, year)} == hand_made_holidays(zone, year)


def test_easter_is_that_of_gauss():
    assert [easter_sunday(year) for year in range(1583, 4100)] == [
        gauss_easter(year) for year in range(1583, 4100)
    ]


# The library leaves Whit Monday out from 2005 to 2007, and has Saint-Barthélemy since the decree of 2012.
@pytest.mark.parametrize(
    ("zone", "subdivision", "since"),
    [
        ("metropole", None, 2008),
        ("alsace-moselle", "57", 2008),
        ("alsace-moselle", "6AE", 2008),
        ("guyane", "973", 2008),
        ("la-reunion", "974", 2008),
        ("mayotte", "976", 2008),
        ("saint-barthelemy", "BL", 2012),
        ("saint-pierre-et-miquelon", "PM", 2008),
    ],
)
def test_holidays_are_those_of_the_holidays_library(zone, subdivision, since):
    for year in range(since, 2051):
        assert {day for day, _ in public_holidays(zone, year)} == set(
            holidays.country_holidays("FR", subdiv=subdivision, years=year)
        )


# It adds days of local custom or law (Mi-Carême, Schœlcher, 24 September...) to the statutory ones, and gives
# Saint-Martin its 28 May too early.
@pytest.mark.parametrize(
    ("zone", "subdivision"),
    [
        ("guadeloupe", "971"),
        ("martinique", "972"),
        ("saint-martin", "MF"),
        ("nouvelle-caledonie", "NC"),
        ("polynesie-francaise", "PF"),
        ("wallis-et-futuna", "WF"),
    ],
)
def test_holidays_are_among_those_of_the_holidays_library(zone, subdivision):
    for year in range(2018, 2051):
        assert {day for day, _ in public_holidays(zone, year)} < set(
            holidays.country_holidays("FR", subdiv=subdivision, years=year)
        )


def test_saint_martin_moves_from_27_to_28_may_in_2018():
    name = "Abolition de l'esclavage"

    assert [day for day, reason in public_holidays("978", 2017) if reason == name] == [date(2017, 5, 27)]
    assert [day for day, reason in public_holidays("978", 2018) if reason == name] == [date(2018, 5, 28)]


def test_two_holidays_may_share_a_day():
    assert [holiday for holiday in public_holidays("metropole", 2008) if holiday.day == date(2008, 5, 1)] == [
        DayOff(date(2008, 5, 1), "1er mai"),
        DayOff(date(2008, 5, 1), "Ascension"),
    ]


def test_good_friday_can_be_switched_off_and_only_matters_in_alsace_moselle():
    assert DayOff(date(2026, 4, 3), "Vendredi saint") in public_holidays("68", 2026)
    assert DayOff(date(2026, 4, 3), "Vendredi saint") not in public_holidays("68", 2026, good_friday=False)
    assert public_holidays("13", 2026, good_friday=False) == public_holidays("13", 2026)
    assert not calendar_for("68").is_working(date(2026, 4, 3))
    assert calendar_for("68", good_friday=False).is_working(date(2026, 4, 3))
    assert not calendar_for("68", good_friday=False).is_working(date(2026, 12, 25))


def test_years_with_other_rules_are_refused():
    with pytest.raises(OutOfRangeError, match="Les jours fériés ne sont connus qu’à partir de 1984 : 1983"):
        public_holidays("metropole", 1983)
    with pytest.raises(OutOfRangeError, match="1983"):
        calendar_for("metropole", years=(1983, 1990))


# Counting, on literal dates


METROPOLE = calendar_for("metropole")


@pytest.mark.parametrize(
    ("zone", "received", "days", "due"),
    [
        pytest.param("metropole", "2026-11-16", 5, "2026-11-23", id="an ordinary week"),
        pytest.param("metropole", "2026-05-12", 5, "2026-05-20", id="across Ascension"),
        pytest.param("metropole", "2026-05-22", 1, "2026-05-26", id="across Whit Monday"),
        pytest.param("metropole", "2026-05-12", 10, "2026-05-28", id="across Ascension and Whit Monday"),
        pytest.param("metropole", "2026-04-02", 1, "2026-04-03", id="Good Friday counts in métropole"),
        pytest.param("alsace-moselle", "2026-04-02", 1, "2026-04-07", id="Good Friday in Alsace-Moselle"),
        pytest.param("metropole", "2025-12-24", 1, "2025-12-26", id="26 December counts in métropole"),
        pytest.param("alsace-moselle", "2025-12-24", 1, "2025-12-29", id="26 December in Alsace-Moselle"),
        pytest.param("metropole", "2026-12-30", 5, "2027-01-07", id="across the year's end"),
        pytest.param("metropole", "2026-05-16", 1, "2026-05-18", id="received on a Saturday"),
        pytest.param("metropole", "2026-05-17", 5, "2026-05-22", id="received on a Sunday"),
        pytest.param("metropole", "2026-05-14", 1, "2026-05-15", id="received on Ascension Day"),
        pytest.param("metropole", "2024-02-28", 1, "2024-02-29", id="a 29 February counts"),
        pytest.param("metropole", "2018-01-02", 15, "2018-01-23", id="fifteen days for a letter of 2018"),
        pytest.param("saint-martin", "2018-05-25", 1, "2018-05-29", id="28 May in Saint-Martin"),
        pytest.param("nouvelle-caledonie", "2026-09-23", 1, "2026-09-24", id="24 September is not statutory"),
    ],
)
def test_a_reply_is_due_on(zone, received, days, due):
    calendar = calendar_for(zone)
    received, due = date.fromisoformat(received), date.fromisoformat(due)

    assert calendar.due(received, days) == due
    assert calendar.delay(received, due) == days


@pytest.mark.parametrize(
    ("received", "answered", "delay"),
    [
        pytest.param("2026-05-12", "2026-05-12", 0, id="on the day of receipt"),
        pytest.param("2026-05-16", "2026-05-16", 0, id="on the same Saturday"),
        pytest.param("2026-05-14", "2026-05-14", 0, id="on the same Ascension Day"),
        pytest.param("2026-05-12", "2026-05-13", 1, id="the next day"),
        pytest.param("2026-05-15", "2026-05-16", 1, id="on Saturday, counted as Monday"),
        pytest.param("2026-05-15", "2026-05-17", 1, id="on Sunday, counted as Monday"),
        pytest.param("2026-05-15", "2026-05-18", 1, id="on Monday itself"),
        pytest.param("2026-05-16", "2026-05-17", 1, id="received Saturday, answered Sunday"),
        pytest.param("2026-05-13", "2026-05-14", 1, id="on Ascension Day, counted as Friday"),
        pytest.param("2026-05-22", "2026-05-23", 1, id="on the Saturday before Whit Monday"),
        pytest.param("2025-12-31", "2026-01-01", 1, id="on New Year's Day"),
    ],
)
def test_a_reply_has_the_delay_of_the_first_working_day_at_or_after_it(received, answered, delay):
    assert METROPOLE.delay(date.fromisoformat(received), date.fromisoformat(answered)) == delay


def test_zero_days_after_receipt_is_the_receipt_even_on_a_day_off():
    assert METROPOLE.due(date(2026, 5, 12), 0) == date(2026, 5, 12)
    assert METROPOLE.due(date(2026, 5, 16), 0) == date(2026, 5, 16)


def test_a_due_date_is_explained_day_by_day():
    explanation = METROPOLE.explain(date(2026, 5, 12), date(2026, 5, 20))

    assert explanation.counted == (
        date(2026, 5, 13),
        date(2026, 5, 15),
        date(2026, 5, 18),
        date(2026, 5, 19),
        date(2026, 5, 20),
    )
    assert explanation.skipped == (
        (date(2026, 5, 14), "Ascension"),
        (date(2026, 5, 16), "samedi"),
        (date(2026, 5, 17), "dimanche"),
    )


def test_a_reply_on_a_day_off_is_explained_up_to_the_working_day_it_counts_for():
    assert METROPOLE.explain(date(2026, 5, 15), date(2026, 5, 16)) == (
        (date(2026, 5, 18),),
        ((date(2026, 5, 16), "samedi"), (date(2026, 5, 17), "dimanche")),
    )


def test_a_reply_on_the_day_of_receipt_needs_no_explanation():
    assert METROPOLE.explain(date(2026, 5, 16), date(2026, 5, 16)) == ((), ())


def test_a_day_off_for_several_reasons_gives_them_all():
    closed = calendar_for("metropole", closures=[(date(2026, 10, 30), date(2026, 11, 2), "déménagement")])

    assert closed.explain(date(2026, 10, 29), date(2026, 11, 3)).skipped == (
        (date(2026, 10, 30), "Fermeture : déménagement"),
        (date(2026, 10, 31), "samedi, Fermeture : déménagement"),
        (date(2026, 11, 1), "dimanche, Toussaint, Fermeture : déménagement"),
        (date(2026, 11, 2), "Fermeture : déménagement"),
    )


# Closures


def test_a_closure_stops_the_clock_on_its_first_and_last_day():
    closed = calendar_for("metropole", closures=[(date(2026, 11, 17), date(2026, 11, 18), "panne")])

    assert [closed.is_working(date(2026, 11, day)) for day in (16, 17, 18, 19)] == [True, False, False, True]
    assert closed.due(date(2026, 11, 16), 5) == date(2026, 11, 25)


def test_a_closure_may_overflow_the_calendar():
    forever = (date(1990, 1, 1), date.max, "fermeture définitive")
    calendar = calendar_for("metropole", closures=[forever], years=(2026, 2027))

    assert not any(calendar.is_working(day) for day in days_of(2026, 2027))
    with pytest.raises(OutOfRangeError, match=r"Le compte dépasse la fin du calendrier .*, le 31/12/2027"):
        calendar.due(date(2026, 1, 1), 1)


def test_a_closure_that_ends_before_it_begins_is_refused():
    with pytest.raises(
        BackwardsError, match="La fermeture « pont » finirait le 14/05/2026, avant son début, le 15/05/2026"
    ):
        calendar_for("metropole", closures=[(date(2026, 5, 15), date(2026, 5, 14), "pont")])


def test_the_same_arguments_give_the_same_calendar():
    first = (date(2026, 5, 15), date(2026, 5, 15), "pont")
    second = (date(2026, 7, 13), date(2026, 7, 13), "pont")

    calendar = calendar_for("13", closures=[first, second])

    assert calendar is calendar_for("metropole", closures=iter([second, first]))
    assert calendar is not calendar_for("metropole")


# Refusals


def test_the_calendar_covers_2000_to_2050_unless_told_otherwise():
    first, last = date(YEARS[0], 1, 1), date(YEARS[1], 12, 30)

    assert (first, last) == (date(2000, 1, 1), date(2050, 12, 30))
    assert not METROPOLE.is_working(first)
    assert METROPOLE.is_working(last)
    assert METROPOLE.due(first, METROPOLE.delay(first, last)) == last


@pytest.mark.parametrize("outside", [date(1999, 12, 31), date(2051, 1, 1)])
def test_a_day_outside_the_calendar_is_refused(outside):
    inside = date(2026, 5, 12)
    questions = [
        lambda: METROPOLE.is_working(outside),
        lambda: METROPOLE.due(outside, 5),
        lambda: METROPOLE.due(outside, 0),
        lambda: METROPOLE.delay(outside, inside),
        lambda: METROPOLE.delay(inside, outside),
        lambda: METROPOLE.explain(inside, outside),
    ]

    for question in questions:
        with pytest.raises(OutOfRangeError) as refusal:
            question()
        assert str(refusal.value) == (
            f"Le {outside:%d/%m/%Y} est hors du calendrier des jours ouvrés, qui va de 2000 à 2050."
        )


def test_a_count_that_leaves_the_calendar_is_refused():
    assert METROPOLE.due(date(2050, 12, 29), 1) == date(2050, 12, 30)
    for question in (
        lambda: METROPOLE.due(date(2050, 12, 29), 2),
        lambda: METROPOLE.explain(date(2050, 12, 29), date(2050, 12, 31)),
    ):
        with pytest.raises(
            OutOfRangeError, match=r"Le compte dépasse la fin du calendrier .*, le 31/12/2050\."
        ):
            question()


def test_a_reply_before_the_receipt_is_refused():
    for question in (METROPOLE.delay, METROPOLE.explain):
        with pytest.raises(
            BackwardsError, match="La réponse du 11/05/2026 est antérieure à la réception du 12/05/2026"
        ):
            question(date(2026, 5, 12), date(2026, 5, 11))


def test_a_negative_number_of_days_is_refused():
    with pytest.raises(BackwardsError, match="ne peut pas être négatif : -1"):
        METROPOLE.due(date(2026, 5, 12), -1)


# Counting, against the wall calendar


@pytest.mark.parametrize("zone", ZONE_LABELS)
def test_thirty_days_from_any_day_are_counted_as_on_a_wall_calendar(zone):
    # Years outside the official file at both ends, Saint-Martin's change, leap years, two holidays on one day
    # (2008, 2019, 2031). Every year from 2000 to 2049 agrees too, in six times the time.
    for year in (2001, 2008, 2017, 2018, 2019, 2024, 2031, 2049):
        assert_same_counts_as_on_a_wall_calendar(zone, [year])


# Counting, as algebra


def law(*strategies):
    """A property without a time limit for each example: a slow machine is not a wrong calendar."""
    return lambda test: settings(deadline=None)(given(*strategies)(test))


zones = st.sampled_from(sorted(ZONE_LABELS))
receipts = st.dates(date(2005, 1, 1), date(2035, 12, 31))
numbers = st.integers(0, 60)


@st.composite
def closure_lists(draw):
    """Up to three closures, not all of them where the receipts are."""
    starts = draw(st.lists(st.dates(date(2004, 1, 1), date(2037, 12, 31)), max_size=3))
    return [(start, start + timedelta(draw(st.integers(0, 20))), "travaux") for start in starts]


@st.composite
def closures_near(draw, received):
    """Closures that fall in the weeks after a receipt, where they matter."""
    starts = draw(st.lists(st.integers(-3, 60), min_size=1, max_size=3))
    return [
        (received + timedelta(start), received + timedelta(start + draw(st.integers(0, 9))), "travaux")
        for start in starts
    ]


calendars = st.builds(
    lambda zone, closures, good_friday: calendar_for(
        zone, closures=closures, good_friday=good_friday, years=(2004, 2037)
    ),
    zones,
    closure_lists(),
    st.booleans(),
)


@law(calendars, receipts, numbers, st.integers(0, 120))
def test_a_reply_is_within_n_days_exactly_when_it_is_not_after_the_due_date(calendar, received, days, wait):
    answered = received + timedelta(wait)

    assert (calendar.delay(received, answered) <= days) == (answered <= calendar.due(received, days))


@law(calendars, receipts, numbers)
def test_the_delay_up_to_the_due_date_is_the_number_of_days_given(calendar, received, days):
    assert calendar.delay(received, calendar.due(received, days)) == days


@law(calendars, receipts, st.integers(1, 60))
def test_a_reply_is_due_on_a_working_day_after_the_receipt(calendar, received, days):
    due = calendar.due(received, days)

    assert due > received
    assert calendar.is_working(due)


@law(calendars, receipts, numbers)
def test_one_more_day_is_due_later(calendar, received, days):
    assert calendar.due(received, days) < calendar.due(received, days + 1)


@law(calendars, receipts, numbers, st.integers(1, 30))
def test_what_is_received_later_is_not_due_sooner(calendar, received, days, later):
    assert calendar.due(received, days) <= calendar.due(received + timedelta(later), days)


@law(calendars, receipts, st.integers(0, 90), st.integers(1, 30))
def test_what_is_answered_later_has_no_shorter_delay(calendar, received, wait, later):
    answered = received + timedelta(wait)

    assert calendar.delay(received, answered) <= calendar.delay(received, answered + timedelta(later))


@law(calendars, receipts, st.integers(0, 30), st.integers(0, 30))
def test_days_add_up_through_a_working_day(calendar, received, first, second):
    halfway = calendar.due(received, first)
    assume(calendar.is_working(halfway))

    assert calendar.due(halfway, second) == calendar.due(received, first + second)


@law(zones, receipts, st.integers(0, 30), st.data())
def test_a_closure_postpones_the_due_date_by_the_working_days_it_covers(zone, received, days, data):
    open_calendar = calendar_for(zone, years=(2004, 2037))
    closures = data.draw(closures_near(received))
    closed_calendar = calendar_for(zone, closures=closures, years=(2004, 2037))

    due = closed_calendar.due(received, days)

    lost = [
        day
        for day in days_between(received, due)
        if open_calendar.is_working(day) and any(first <= day <= last for first, last, _ in closures)
    ]
    assert due >= open_calendar.due(received, days)
    assert due == open_calendar.due(received, days + len(lost))


@law(calendars, receipts, st.integers(0, 90))
def test_an_explanation_gives_each_day_once_and_as_many_counted_as_the_delay(calendar, received, wait):
    until = received + timedelta(wait)

    counted, skipped = calendar.explain(received, until)

    assert len(counted) == calendar.delay(received, until)
    assert all(calendar.is_working(day) for day in counted)
    assert not any(calendar.is_working(day) for day, _ in skipped)
    assert all(reason for _, reason in skipped)
    days = sorted([*counted, *(day for day, _ in skipped)])
    assert days == days_between(received, days[-1] if days else received)
    assert all(day < until for day in counted[:-1])


@law(calendars, receipts, st.integers(1, 60))
def test_an_explanation_of_a_due_date_ends_on_it(calendar, received, days):
    due = calendar.due(received, days)

    counted, skipped = calendar.explain(received, due)

    assert counted == tuple(calendar.due(received, number) for number in range(1, days + 1))
    assert all(day < due for day, _ in skipped)
