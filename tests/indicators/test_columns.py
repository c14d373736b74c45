"""The columns of a table, by the names that people give them."""

import pytest

from indicators import columns
from indicators.columns import TwoColumnsError, in_our_words
from sheets.reading import Row, rows_of


def names_of(titles: str) -> list[str]:
    (row,) = in_our_words(rows_of(f"{titles}\n{';'.join('x' for _ in titles.split(';'))}".encode()))
    return list(row.cells)


def test_french_titles_are_the_columns_that_they_name():
    titles = "Préfecture;Unité;Thème;Engagement;Indicateur;Résultat 2017;Objectif atteint en 2017;Objectif"

    assert names_of(f"{titles};RESULTAT  2018;Période;Motif d’absence;Remarque") == [
        *("prefecture", "unit", "theme", "engagement", "indicator"),
        *("printed_previous_year", "printed_previous_year_met", "printed_target", "printed_result_2018"),
        *("printed_period", "printed_reason", "printed_remark"),
    ]


def test_our_own_names_stay():
    assert names_of("unit;indicator;printed_result_2018;anything") == [
        *("unit", "indicator", "printed_result_2018", "anything"),
    ]


def test_the_latest_year_of_a_table_is_its_own():
    """A table of 2018 that is brought for 2017 does not pass its « N-1 » off as the results of 2017."""
    assert names_of("Résultat 2016;Résultat 2017;Résultat 2018") == [
        *("resultat_2016", "printed_previous_year", "printed_result_2018"),
    ]


def test_the_same_column_twice_is_refused():
    with pytest.raises(TwoColumnsError, match="« unite » et « unit » sont la même colonne"):
        names_of("unit;Unité")


def test_every_title_of_a_column_is_read_back():
    for column in (*columns.TITLES, columns.result(2018), columns.BEFORE, columns.MET_BEFORE):
        title = columns.title(column, 2018)
        assert column in names_of(f"{title};Résultat 2018" if title != "Résultat 2018" else title)


def test_marks_that_nobody_sees_are_taken_out():
    rows = [Row(2, {"unit": "\u202eAr\u200bles\u200f"})]

    assert in_our_words(rows) == [Row(2, {"unit": "Arles"})]
