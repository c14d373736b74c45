"""How days are written."""

import datetime

import pytest

from qualepref import display


@pytest.mark.parametrize(
    ("on", "written"),
    [
        (datetime.date(2026, 3, 1), "1er mars 2026"),
        (datetime.date(2026, 11, 22), "22 novembre 2026"),
        (datetime.datetime(2026, 8, 1, 23, 30, tzinfo=datetime.UTC), "1er août 2026"),
        (None, ""),
    ],
)
def test_the_first_of_a_month_is_written_as_it_is_said(on, written):
    assert display.day(on) == written
