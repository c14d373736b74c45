"""Monthly figures typed by people: what is kept, refused, and never lost."""

import datetime
from functools import partial

import pytest

from indicators import entry, returns
from indicators.entry import ClashesError, ImpossibleError, Said, Typed, figures, versions
from indicators.models import Measurement, MonthlyReturn
from indicators.returns import LockedError
from referentiel.measures import Rate
from tests.indicators.monthly import MARCH, Monthly
from tests.races import at_once, refusals

APRIL = datetime.date(2020, 4, 1)


@pytest.fixture
def world(db):
    return Monthly()


def save(world, *cells, month=MARCH, by=None):
    return entry.save(world.services[0], month, cells, by=by or world.referent)


def test_a_cell_is_saved_alone(world):
    assert save(world, world.typed(world.rate, 12, 13)) == 1

    row = figures(world.services[0], MARCH)[world.rate.pk]
    assert (row.numerator, row.denominator, row.origin, row.unit) == (12, 13, "entered", world.unit)
    assert row.history.get().history_user == world.referent


def test_the_same_again_writes_nothing(world):
    save(world, world.typed(world.rate, 12, 13))

    assert save(world, world.typed(world.rate, 12, 13)) == 0
    assert Measurement.history.count() == 1


def test_a_figure_under_reserve_is_replaced_and_kept_beside(world):
    said = {"reserve": "Compteur en panne.", "instead_numerator": 2, "instead_denominator": 20}
    assert save(world, world.typed(world.rate, 12, 13, **said)) == 1

    row = figures(world.services[0], MARCH)[world.rate.pk]
    assert (row.numerator, row.denominator, row.reserve) == (2, 20, "")
    assert (row.doubted_numerator, row.doubted_denominator, row.doubt) == (12, 13, "Compteur en panne.")
    assert save(world, world.typed(world.rate, 12, 13, **said)) == 0


def test_a_reserve_that_gave_no_figure_may_be_replaced_and_the_replacement_taken_back(world):
    reserve = {"reserve": "Compteur en panne."}
    save(world, world.typed(world.rate, **reserve, instead_numerator=2, instead_denominator=20))

    row = figures(world.services[0], MARCH)[world.rate.pk]
    assert (row.measure, row.doubted_measure) == (Rate(2, 20), None)

    save(world, world.typed(world.rate, **reserve))

    row = figures(world.services[0], MARCH)[world.rate.pk]
    assert (row.measure, row.reserve, row.doubt) == (None, "Compteur en panne.", "")


def test_a_cell_emptied_is_awaited_again(world):
    save(world, world.typed(world.rate, 12, 13))

    save(world, Typed(world.rate, None, versions(world.services[0], MARCH)[world.rate.pk]))

    assert figures(world.services[0], MARCH) == {}


def test_nothing_happened_and_not_measurable_are_figures_too(world):
    save(world, world.typed(world.rate, 0, 0), world.typed(world.count, reason="Compteur en panne."))

    rows = figures(world.services[0], MARCH)
    assert rows[world.rate.pk].measure.value is None
    assert (rows[world.count.pk].measure, rows[world.count.pk].reason) == (None, "Compteur en panne.")


@pytest.mark.parametrize(
    ("numbers", "said", "sentence"),
    [
        ((14, 13), {}, "ne peut pas dépasser"),
        ((1, None), {}, "Donner les deux nombres"),
        ((None, 13), {}, "Donner les deux nombres"),
        ((None, None), {}, "Indiquer pourquoi"),
        ((-1, 13), {}, "Donner un nombre de 0"),
        ((1, 10**30), {}, "Donner un nombre de 0"),
        ((1, 13), {"instead_numerator": 2, "instead_denominator": 13}, "indiquer pourquoi celui-ci est sous"),
        ((1, 13), {"reserve": "?", "instead_numerator": 14, "instead_denominator": 13}, "Chiffre de remplac"),
        ((1, 13), {"reserve": "?", "instead_denominator": 13}, "remplacement\xa0: Donner les deux nombres"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_kept(world, numbers, said, sentence):
    with pytest.raises(ImpossibleError) as refused:
        save(world, world.typed(world.count, 4), world.typed(world.rate, *numbers, **said))

    assert list(refused.value.problems) == [world.rate]
    assert sentence in str(refused.value)
    assert figures(world.services[0], MARCH) == {}


def test_a_total_without_a_case_is_refused(world):
    with pytest.raises(ImpossibleError):
        save(world, world.typed(world.mean, 3, 0))


def test_who_comes_second_is_told_and_loses_nothing(world):
    first, second = world.typed(world.rate, 12, 13), world.typed(world.rate, 11, 13)
    save(world, first)

    with pytest.raises(ClashesError) as conflict:
        save(world, second, by=world.manager)

    (clash,) = conflict.value.clashes
    assert (clash.saved.numerator, clash.typed.numerator) == (12, 11)
    save(world, Typed(world.rate, clash.typed, clash.version), by=world.manager)
    assert figures(world.services[0], MARCH)[world.rate.pk].numerator == 11


def test_two_people_who_say_the_same_agree(world):
    first, second = world.typed(world.rate, 12, 13), world.typed(world.rate, 12, 13)
    save(world, first)

    assert save(world, second, by=world.manager) == 0


def test_a_whole_page_sent_later_leaves_alone_what_it_did_not_change(world):
    save(world, world.typed(world.rate, 12, 13), world.typed(world.count, 4))
    page = [world.typed(world.rate, 12, 13), world.typed(world.count, 5)]
    save(world, world.typed(world.rate, 11, 13), by=world.manager)

    assert save(world, *page) == 1
    rows = figures(world.services[0], MARCH)
    assert (rows[world.rate.pk].numerator, rows[world.count.pk].numerator) == (11, 5)


def test_an_indicator_of_another_service_is_refused(world):
    perimeter = world.services[0].perimeters.get()
    perimeter.measured = ["taux"]
    perimeter.save()

    with pytest.raises(ImpossibleError, match="n’a pas à saisir"):
        save(world, world.typed(world.count, 4))


def test_a_service_that_measures_an_engagement_measures_all_its_indicators(world):
    perimeter = world.services[0].perimeters.get()
    perimeter.measured = [world.count.engagement.key]
    perimeter.save()

    assert save(world, world.typed(world.count, 4)) == 1


def test_a_suspended_month_has_nothing_to_type(world):
    world.suspend(MARCH, MARCH)

    with pytest.raises(ImpossibleError, match="Rien à saisir"):
        save(world, world.typed(world.rate, 12, 13))


def test_a_month_to_come_takes_nothing(world):
    month = returns.periods.shifted(world.prefecture.today().replace(day=1), 1)

    with pytest.raises(LockedError, match="n’a pas commencé"):
        save(world, world.typed(world.rate, 12, 13, month=month), month=month)


@pytest.mark.parametrize("state", ["validated", "closed"])
def test_a_locked_month_takes_nothing_and_says_which_lock(world, state):
    save(world, *world.whole)
    MonthlyReturn.objects.update(state=state, entered_on=APRIL)

    with pytest.raises(LockedError, match={"validated": "validé", "closed": "clos"}[state]):
        save(world, world.typed(world.rate, 1, 13))
    save(world, world.typed(world.rate, 12, 13, month=APRIL), month=APRIL)


def test_a_figure_of_a_reopened_month_keeps_the_one_before_and_says_why(world):
    save(world, *world.whole)
    MonthlyReturn.objects.update(state="reopened", comment="Erreur.")

    with pytest.raises(ImpossibleError, match="pourquoi ce chiffre change"):
        save(world, world.typed(world.rate, 8, 10))
    save(world, world.typed(world.rate, 8, 10, reason="Un appel compté deux fois."))

    row = figures(world.services[0], MARCH)[world.rate.pk]
    assert (row.origin, row.numerator, row.former_numerator) == ("corrected", 8, 9)
    assert row.reason == "Un appel compté deux fois."


def test_a_corrected_figure_that_is_doubted_and_taken_back_keeps_why_it_was_corrected(world):
    save(world, *world.whole)
    MonthlyReturn.objects.update(state="reopened", comment="Erreur.")
    save(world, world.typed(world.rate, reserve="Compteur en panne.", reason="Compteur faux."))
    MonthlyReturn.objects.update(state="awaited")

    save(world, world.typed(world.rate, reserve="Compteur volé."))

    row = figures(world.services[0], MARCH)[world.rate.pk]
    assert (row.origin, row.measure, row.reserve) == ("corrected", None, "Compteur volé.")
    assert (row.reason, row.why_unmeasured, row.former_numerator) == ("Compteur faux.", "", 9)


def test_a_replacement_in_a_reopened_month_keeps_what_is_doubted_and_what_was_counted(world):
    save(world, *world.whole)
    MonthlyReturn.objects.update(state="reopened", comment="Erreur.")
    said = {"reserve": "Compteur en panne.", "instead_numerator": 2, "instead_denominator": 20}
    save(world, world.typed(world.rate, 8, 10, reason="Compteur faux.", **said))

    row = figures(world.services[0], MARCH)[world.rate.pk]
    assert (row.measure, row.doubted_measure, row.former_measure) == (Rate(2, 20), Rate(8, 10), Rate(9, 10))

    save(world, world.typed(world.rate, 9, 10, reason="Compteur juste."))

    row = figures(world.services[0], MARCH)[world.rate.pk]
    assert (row.measure, row.doubt, row.doubted_measure) == (Rate(9, 10), "", None)
    assert (row.former_measure, row.reason) == (Rate(9, 10), "Compteur juste.")


@pytest.mark.django_db(transaction=True)
def test_of_two_who_type_in_one_cell_in_the_same_instant_one_is_told():
    world = Monthly()
    cells = [world.typed(world.rate, numerator, 13) for numerator in (11, 12)]

    outcomes = at_once(*(partial(save, world, cell) for cell in cells))

    (clash,) = refusals(outcomes, ClashesError)
    kept = cells[1 - outcomes.index(clash)]
    assert figures(world.services[0], MARCH)[world.rate.pk].numerator == kept.said.numerator


@pytest.mark.django_db(transaction=True)
def test_a_month_closed_while_somebody_types_keeps_the_figure_or_refuses_it():
    world = Monthly()
    close = partial(returns.close, world.prefecture, MARCH, world.services, by=world.manager)

    typed, closed = at_once(partial(save, world, world.typed(world.rate, 11, 13)), close)

    assert not isinstance(closed, Exception)
    closed_at = MonthlyReturn.history.filter(service=world.services[0], state="closed").get().history_date
    written = [row.history_date for row in Measurement.history.all()]
    is_refused = bool(refusals([typed], LockedError))
    assert is_refused or all(at <= closed_at for at in written)
    assert bool(written) != is_refused


def test_saving_costs_the_same_whatever_the_cells(world, django_assert_max_num_queries):
    with django_assert_max_num_queries(24):
        save(world, *world.whole)


@pytest.mark.parametrize("numbers", [(9, 10), (None, None)], ids=["figure", "no figure"])
def test_said_of_a_row_is_what_was_typed(world, numbers):
    said = Said(*numbers, reserve="Compteur défectueux.", comment="Panne le 12.")
    save(world, Typed(world.rate, said, 0))

    assert Said.of(figures(world.services[0], MARCH)[world.rate.pk]) == said
