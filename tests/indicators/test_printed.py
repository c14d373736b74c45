"""What old documents print, in French or English marks, with or without a unit."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicators.printed import (
    MARKS,
    MisfitError,
    PrintedTarget,
    is_blank,
    read_mood,
    read_period,
    read_result,
    read_target,
    read_yes_or_no,
)
from referentiel.measures import NARROW_NBSP, NBSP, Comparator, in_french
from referentiel.models import Indicator

UNITS = sorted(MARKS)
AMOUNTS = st.decimals(min_value=0, max_value=99_999_999, places=3) | st.decimals(
    min_value=0, max_value=99_999_999, places=1
)


# --- Results ---


@pytest.mark.parametrize(
    ("text", "unit", "amount"),
    [
        ("94,00%", "percent", "94.00"),
        ("6.49 %", "percent", "6.49"),
        (f"85,5{NBSP}%", "percent", "85.5"),
        (f"85,5{NARROW_NBSP}%", "percent", "85.5"),
        ("85.5", "percent", "85.5"),
        ("100%", "percent", "100"),
        ("0", "percent", "0"),
        ("1 %", "percent", "1"),
        ("0,6%", "percent", "0.6"),
        ("94,00 %*", "percent", "94.00"),
        ("2511", "count", "2511"),
        ("20 769", "count", "20769"),
        (f"1{NARROW_NBSP}234{NARROW_NBSP}567", "count", "1234567"),
        ("1.234.567", "count", "1234567"),
        ("1,234,567", "count", "1234567"),
        ("0", "count", "0"),
        ("2,78", "working_days", "2.78"),
        ("3", "working_days", "3"),
        ("3 j", "working_days", "3"),
        ("3 j.o.", "working_days", "3"),
        ("2,5 jours ouvrés", "working_days", "2.5"),
        ("1 234,5", "days", "1234.5"),
        ("1 234.5", "days", "1234.5"),
        ("1.234,5", "days", "1234.5"),
        ("1,234.5", "days", "1234.5"),
        ("12 jours calendaires", "days", "12"),
        ("12 min", "minutes", "12"),
        ("7,5 mn", "minutes", "7.5"),
        ("7,2/10", "score", "7.2"),
        ("2,75", "score", "2.75"),
        ("62 points", "score", "62"),
    ],
)
def test_a_result_is_read_exactly_with_its_printed_decimals(text, unit, amount):
    assert str(read_result(text, unit)) == amount


@pytest.mark.parametrize(
    ("text", "amount"),
    [("0.855", "85.5"), ("0,9", "90"), ("0.94", "94"), ("0.00125", "0.125"), ("0,0649", "6.49")],
)
def test_a_bare_number_between_0_and_1_is_a_rate_as_a_spreadsheet_holds_it(text, amount):
    assert str(read_result(text, "percent")) == amount
    assert read_result(text, "working_days") == Decimal(text.replace(",", "."))


@pytest.mark.parametrize("text", ["1", "1,0", "1.00"])
def test_a_bare_1_on_a_rate_may_be_1_or_100_percent(text):
    with pytest.raises(MisfitError, match="1 % ou 100 %"):
        read_result(text, "percent")


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize(
    "text",
    ["", " ", "-", "–", "—", " - ", "--", "/", "néant", "NC", "n.c.", "N/A", "sans objet", "non mesuré"],
)
def test_some_words_print_no_result(text, unit):
    assert is_blank(text)
    assert read_result(text, unit) is None
    assert read_target(text, unit) is None


@pytest.mark.parametrize("text", ["0", "aucun", "?", "0 %"])
def test_zero_and_what_is_unclear_are_not_the_absence_of_a_result(text):
    assert not is_blank(text)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("100%", "working_days"),
        ("100%", "count"),
        ("12 j", "percent"),
        ("12 min", "days"),
        ("12 j", "minutes"),
        ("3 jours ouvrables", "working_days"),
        ("3 jours calendaires", "working_days"),
    ],
)
def test_a_result_in_another_unit_does_not_fit(text, unit):
    with pytest.raises(MisfitError, match="ne peut pas être"):
        read_result(text, unit)


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize(
    "text",
    [
        "-5",
        "−5",
        "- 5 %",
        "25 11",
        "1 23",
        "12a4",
        "=1+1",
        "#DIV/0!",
        "1e3",
        "٣",
        "1,2,3",
        "9" * 30,
        f"5{' ' * 70}%",
    ],
)
def test_what_is_no_printed_number_does_not_fit(text, unit):
    with pytest.raises(MisfitError):
        read_result(text, unit)


@pytest.mark.parametrize("text", ["100,01%", "101 %", "2511", "1.234,5"])
def test_a_rate_does_not_exceed_100_percent(text):
    with pytest.raises(MisfitError, match="dépasse 100 %"):
        read_result(text, "percent")


@pytest.mark.parametrize("text", ["12,5", "1,234", "1.234"])
def test_a_count_is_a_whole_number(text):
    with pytest.raises(MisfitError, match="nombre entier"):
        read_result(text, "count")


def test_a_score_does_not_exceed_its_scale():
    with pytest.raises(MisfitError, match="la note la plus haute"):
        read_result("7,2/5", "score")


@given(AMOUNTS)
def test_a_number_in_french_marks_is_read_back(amount):
    for space in (" ", NBSP, NARROW_NBSP):
        printed = in_french(amount).replace(NARROW_NBSP, space)
        assert str(read_result(printed, "days")) == f"{amount:f}"
        assert str(read_result(f"{printed} j", "days")) == f"{amount:f}"


@given(AMOUNTS)
def test_a_number_in_english_marks_is_read_back(amount):
    assert str(read_result(f"{amount:,f}", "days")) == f"{amount:f}"
    assert str(read_result(f"{amount:f}", "days")) == f"{amount:f}"


@given(st.decimals(min_value=0, max_value=100, places=4))
def test_a_percentage_and_its_fraction_are_the_same_rate(amount):
    assert read_result(f"{in_french(amount)} %", "percent") == amount
    if 0 < amount < 100:
        assert read_result(f"{amount / 100:f}", "percent") == amount


@given(st.text(max_size=80), st.sampled_from(UNITS))
def test_no_text_breaks_the_reading(text, unit):
    for read in (
        lambda: read_result(text, unit),
        lambda: read_target(text, unit),
        lambda: read_period(text, 2018),
        lambda: read_yes_or_no(text),
        lambda: read_mood(text),
    ):
        try:
            read()
        except MisfitError as error:
            assert str(error)


def test_every_unit_of_an_indicator_can_be_read():
    assert set(MARKS) == set(Indicator.Unit.values)


# --- Targets ---


@pytest.mark.parametrize(
    ("text", "unit", "comparator", "value"),
    [
        ("95%", "percent", None, "95"),
        ("10%", "percent", None, "10"),
        ("0.95", "percent", None, "95"),
        ("<15j", "days", Comparator.LT, "15"),
        ("< 5j", "working_days", Comparator.LT, "5"),
        ("4 j", "days", None, "4"),
        ("≤ 10 %", "percent", Comparator.LE, "10"),
        ("<= 10%", "percent", Comparator.LE, "10"),
        (">=95 %", "percent", Comparator.GE, "95"),
        ("> 90,5%", "percent", Comparator.GT, "90.5"),
        ("au moins 95 %", "percent", Comparator.GE, "95"),
        ("moins de 5 jours", "days", Comparator.LT, "5"),
        ("Au plus 7 min", "minutes", Comparator.LE, "7"),
        ("1 000", "count", None, "1000"),
    ],
)
def test_a_target_keeps_the_comparison_that_is_printed(text, unit, comparator, value):
    assert read_target(text, unit) == PrintedTarget(comparator, Decimal(value))


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("< 4j", "percent"),
        ("95%", "days"),
        ("<16j", "minutes"),
        ("1", "percent"),
        ("-5 j", "days"),
        ("oui", "days"),
    ],
)
def test_a_target_that_cannot_be_of_the_indicator_does_not_fit(text, unit):
    with pytest.raises(MisfitError, match=f"« {text} »"):
        read_target(text, unit)


# --- Periods, verdicts, smileys ---


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("avril-déc", (4, 12)),
        ("juill-déc", (7, 12)),
        ("avril-décembre 2018*", (4, 12)),
        ("(avril-déc)", (4, 12)),
        ("d'avril à décembre 2018", (4, 12)),
        ("Avr. – Sept.", (4, 9)),
        ("à partir d’avril 2018", (4, 12)),
        ("depuis juillet", (7, 12)),
        ("août", (8, 8)),
        ("1er semestre", (1, 6)),
        ("2nd semestre 2018", (7, 12)),
        ("S2", (7, 12)),
        ("T2", (4, 6)),
        ("4e trimestre", (10, 12)),
        ("T2-T3 2018", (4, 9)),
        ("12 mois", (1, 12)),
        ("année 2018", (1, 12)),
        ("2018", (1, 12)),
    ],
)
def test_a_period_is_its_first_and_its_last_month(text, months):
    assert read_period(text, 2018) == months


@pytest.mark.parametrize("text", ["", "-", " "])
def test_a_period_may_be_unstated(text):
    assert read_period(text, 2018) is None


@pytest.mark.parametrize(
    "text", ["jui-déc", "déc-avril", "9 mois", "été", "avril-mai-juin", "T5", "3 semestre"]
)
def test_a_period_that_leaves_a_doubt_is_asked_about(text):
    with pytest.raises(MisfitError, match="ne se lit pas"):
        read_period(text, 2018)


@pytest.mark.parametrize("text", ["avril-décembre 2017", "2017-2018", "S1 2019"])
def test_a_period_of_another_year_does_not_fit(text):
    with pytest.raises(MisfitError, match="n'est pas dans l'année 2018"):
        read_period(text, 2018)


@pytest.mark.parametrize(
    ("text", "said"), [("oui", True), ("Oui", True), ("VRAI", True), ("Non", False), ("-", None), ("", None)]
)
def test_a_document_says_yes_no_or_nothing(text, said):
    assert read_yes_or_no(text) is said


def test_what_is_neither_yes_nor_no_is_asked_about():
    with pytest.raises(MisfitError, match="ni oui ni non"):
        read_yes_or_no("en partie")


@pytest.mark.parametrize(
    ("text", "is_happy"),
    [
        ("happy", True),
        ("😊", True),
        ("☺️", True),
        (":-)", True),
        ("unhappy", False),
        ("😞", False),
        ("", None),
        ("😐", None),
    ],
)
def test_a_smiley_takes_a_side_or_none(text, is_happy):
    assert read_mood(text) is is_happy


# --- Labels ---
