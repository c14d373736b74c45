"""What people type in a cell of the month, whatever it is."""

import pytest
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indicators.entry import Said
from indicators.forms_entry import FIGURE, NOTHING, UNMEASURED, CellForm
from indicators.grid import Row
from referentiel.models import Indicator
from tests import factories

SPACES = " \xa0\u202f\t"

texts = st.text(max_size=30)
spaces = st.text(alphabet=SPACES, max_size=3)


@pytest.fixture(params=["percent", "count", "working_days"])
def row(request):
    indicator = factories.IndicatorFactory.build(pk=7, unit=request.param, short_title="Appels")
    return Row(indicator, stored=None, version=3, before=(), target=None, usual=None)


def form_of(row, *, asks_reason=False, **fields):
    data = QueryDict(mutable=True)
    data.update({f"c7-{name}": value for name, value in fields.items()})
    return CellForm(row, data, asks_reason=asks_reason)


NUMBERS = ("numerator", "denominator", "instead_numerator", "instead_denominator")
quick = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@quick
@given(
    st.fixed_dictionaries(
        {"version": texts},
        optional=dict.fromkeys((*NUMBERS, "answer", "reason", "reserve", "comment", "keep"), texts),
    )
)
def test_no_text_breaks_a_cell(row, fields):
    form = form_of(row, **fields)

    if form.is_valid():
        assert form.typed.said is None or isinstance(form.typed.said, Said)
    else:
        assert form.sentences


@quick
@given(st.integers(0, 10**12 - 1), spaces, spaces)
def test_a_number_is_read_however_it_is_spaced(row, number, before, after):
    grouped = f"{before}{number:,}{after}".replace(",", "\u202f")
    form = form_of(row, numerator=grouped, denominator=grouped, answer=FIGURE, version="3")

    assert form.is_valid()
    assert form.typed.seen == 3
    assert form.said == Said(number, None if row.indicator.unit == Indicator.Unit.COUNT else number)


@quick
@given(st.text(alphabet="0123456789,.-+eE٣²", min_size=1, max_size=8))
def test_what_is_no_whole_number_is_refused(row, text):
    form = form_of(row, numerator=text, denominator=text, answer=FIGURE, version="3")

    assert form.is_valid() == (text.isascii() and text.isdigit())


@quick
@given(st.sampled_from([FIGURE, NOTHING, UNMEASURED]), st.sampled_from(["", "0", "4"]), st.booleans())
def test_no_number_that_was_typed_is_dropped_in_silence(row, answer, number, asks_reason):
    form = form_of(
        row,
        numerator=number,
        denominator=number,
        answer=answer,
        version="3",
        reason="Panne.",
        asks_reason=asks_reason,
    )

    if form.is_valid() and number:
        assert form.said.numerator == int(number)


def test_an_answer_to_a_conflict_says_which_version_it_replaces(row):
    chosen = {"numerator": "4", "denominator": "4", "answer": FIGURE, "version": "3"}

    form = form_of(row, **chosen, keep="mine-12")
    assert form.is_valid()
    assert (form.typed.seen, form.is_left_to_others) == (12, False)
    left = form_of(row, **chosen, keep="theirs")
    assert left.is_valid()
    assert left.is_left_to_others
    assert not form_of(row, **chosen, keep="mine-").is_valid()
