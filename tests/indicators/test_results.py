"""The results of a year, against an oracle that adds up by hand."""

import datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from django.db.models import Q
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from indicators import results, suspensions
from indicators.models import Measurement, Suspension
from indicators.periods import Period, shifted
from indicators.results import Absence
from indicators.sums import Figures
from referentiel.measures import NBSP, Coverage, Rate, Verdict
from referentiel.models import Adoption, Engagement, Indicator, Module, Perimeter, Referentiel, Target
from sites.models import Prefecture, Service, Site, Unit


def fr(text: str) -> str:
    """Numbers and their units stand together: « 90,00 % » has a no-break space."""
    return text.replace(" ", NBSP)


SOURCE = {"source": "test", "certainty": "certain"}


class World:
    """One préfecture with one unit, two services and an indicator of each shape."""

    def __init__(self) -> None:
        self.prefecture = Prefecture.objects.create(
            code="13", slug="ici", name="Préfecture d'ici", territory="Ici", state_title="Préfet d'ici"
        )
        self.unit = Unit.objects.create(
            prefecture=self.prefecture, kind="headquarters", name="Siège", short_name="Siège"
        )
        self.services = [
            Service.objects.create(unit=self.unit, name=name, short_name=name) for name in ("B1", "B2")
        ]
        self.referentiel = Referentiel.objects.create(
            slug="r", title="R", short_title="R", published_on=datetime.date(2018, 1, 1), **SOURCE
        )
        self.module = Module.objects.create(referentiel=self.referentiel, number=1, **SOURCE)
        engagement = Engagement.objects.create(
            referentiel=self.referentiel, module=self.module, key="e17", code="E17", theme="Thème", **SOURCE
        )
        self.rate = self._indicator(engagement, "rate", "percent", 1)
        self.mean = self._indicator(engagement, "mean", "working_days", 2)
        self.count = self._indicator(engagement, "count", "count", 3)
        Adoption.objects.create(prefecture=self.prefecture, referentiel=self.referentiel, **SOURCE)

    @staticmethod
    def _indicator(engagement: Engagement, key: str, unit: str, position: int) -> Indicator:
        return Indicator.objects.create(
            engagement=engagement,
            key=key,
            title=key,
            short_title=key,
            unit=unit,
            direction="up",
            position=position,
            **SOURCE,
        )

    def enter(self, indicator: Indicator, month: int | None, *numbers: int | None, **fields: object) -> None:
        shapes = {"percent": "rate", "count": "count"}
        numerator, denominator = (*numbers, None, None)[:2]
        Measurement.objects.create(
            **{
                "prefecture": self.prefecture,
                "unit": self.unit,
                "service": self.services[0] if month else None,
                "indicator": indicator,
                "period": "month" if month else "year",
                "period_start": datetime.date(2019, month or 1, 1),
                "first_month": month or 1,
                "last_month": month or 12,
                "shape": shapes.get(indicator.unit, "mean"),
                "numerator": numerator,
                "denominator": denominator,
                "origin": "entered",
            }
            | fields
        )

    def expect(self, **fields: object) -> None:
        Perimeter.objects.create(service=self.services[0], module=self.module, **SOURCE | fields)

    def suspend(self, first: int, last: int, **scope: object) -> None:
        Suspension.objects.create(
            **{
                "prefecture": self.prefecture,
                "first_month": datetime.date(2019, first, 1),
                "last_month": datetime.date(2019, last, 1),
                "reason": "Crise sanitaire.",
            }
            | scope
        )

    def target(self, comparator: str, value: str, **fields: object) -> None:
        Target.objects.create(
            indicator=self.rate, comparator=comparator, value=Decimal(value), **SOURCE, **fields
        )

    def result(self, indicator: Indicator, year: int = 2019) -> results.Result:
        board = results.of_year(self.prefecture, year)
        return next(line.results[0] for line in board.lines if line.indicator == indicator)


@pytest.fixture
def world(db: None) -> World:
    return World()


months = st.dictionaries(
    st.integers(1, 12),
    st.tuples(st.integers(0, 500), st.integers(0, 500)).map(lambda pair: (min(pair), max(pair))),
    min_size=1,
)


class AYearSumsItsMonths(TestCase):
    @settings(max_examples=40, deadline=None)
    @given(months)
    def test_numerators_and_denominators_are_summed_never_rates(self, entered):
        world = World()
        for month, (numerator, denominator) in entered.items():
            world.enter(world.rate, month, numerator, denominator)

        result = world.result(world.rate)

        numerator = sum(n for n, _ in entered.values())
        denominator = sum(d for _, d in entered.values())
        assert result.figure.base == (numerator, denominator)
        assert result.value == (Fraction(numerator, denominator) * 100 if denominator else None)
        assert result.coverage == Coverage(frozenset(entered))
        assert (result.absence == Absence.NOTHING_HAPPENED) == (denominator == 0)


kinds = st.sampled_from(["counted", "counted", "replaced", "unmeasured", "reserved"])
figures = st.dictionaries(
    st.tuples(st.integers(0, 1), st.integers(2017, 2019), st.integers(1, 12)),
    st.tuples(st.integers(0, 50), st.integers(0, 50), kinds),
    max_size=30,
)
spans = st.tuples(st.integers(2017, 2019), st.integers(1, 12), st.integers(1, 12)).map(
    lambda span: Period(datetime.date(span[0], span[1], 1), span[2])
)


class APeriodAgainstAnOracle(TestCase):
    """The statements of the database against sums made by hand, of whatever was entered."""

    @settings(max_examples=60, deadline=None)
    @given(figures, spans, st.none() | st.tuples(spans, st.booleans()))
    def test_a_period_and_its_year_before(self, entered, period, suspended):
        world = World()
        counted = self._enter(world, entered, suspended)
        held = suspensions.over(world.prefecture, datetime.date.min, datetime.date.max)
        rows = suspensions.without(Measurement.objects.all(), held)
        if not period.is_year:
            rows = rows.filter(period="month")
        now = {month: counted[month] for month in period if month in counted}
        twins = {month: counted[month] for month in period.before if month in counted}
        if now:
            twins = {month: base for month, base in twins.items() if shifted(month, 12) in now}

        span = Q(period_start__range=(period.first, period.last))
        span |= Q(period_start__range=(period.before.first, period.before.last))
        found = Figures.of_pair(rows.filter(span), period)

        assert self._said(found.of(world.unit, world.rate, period.first)) == self._expected(now)
        assert self._said(found.of(world.unit, world.rate, period.before.first)) == self._expected(twins)

    @settings(max_examples=30, deadline=None)
    @given(figures, st.none() | st.tuples(spans, st.booleans()))
    def test_every_year(self, entered, suspended):
        world = World()
        counted = self._enter(world, entered, suspended)
        held = suspensions.over(world.prefecture, datetime.date.min, datetime.date.max)

        found = Figures.of_years(suspensions.without(Measurement.objects.all(), held))

        for year in range(2017, 2020):
            months = {month: base for month, base in counted.items() if month.year == year}
            figure = found.of(world.unit, world.rate, datetime.date(year, 1, 1))
            assert self._said(figure) == self._expected(months)

    @staticmethod
    def _enter(world, entered, suspended):
        """Writes it all down; returns what counts, month by month."""
        counted: dict[datetime.date, list[tuple[int, int]]] = {}
        if suspended:
            scope = {"service": world.services[0]} if suspended[1] else {}
            first, last = suspended[0].first, suspended[0].last
            world.suspend(1, 1, first_month=first, last_month=last, **scope)
        for (service, year, month), (one, other, kind) in entered.items():
            start = datetime.date(year, month, 1)
            pair = min(one, other), max(one, other)
            said = {"service": world.services[service], "period_start": start}
            if kind == "unmeasured":
                world.enter(world.rate, month, reason="Panne.", **said)
                continue
            said |= {"reserved": {"reserve": "Doute."}, "replaced": {"doubt": "Doute."}}.get(kind, {})
            world.enter(world.rate, month, *pair, **said)
            is_held = suspended and start in suspended[0] and (service == 0 or not suspended[1])
            if kind in ("counted", "replaced") and not is_held:
                counted.setdefault(start, []).append(pair)
        return {month: tuple(map(sum, zip(*pairs, strict=True))) for month, pairs in counted.items()}

    @staticmethod
    def _expected(months):
        if not months:
            return None
        base = tuple(map(sum, zip(*months.values(), strict=True)))
        return base, {month.month for month in months}

    @staticmethod
    def _said(figure):
        return (figure.base, set(figure.coverage.months)) if figure and figure.base else None


def test_the_result_of_a_unit_is_the_sum_of_its_services(world):
    world.enter(world.rate, 1, 9, 10, service=world.services[0])
    world.enter(world.rate, 1, 1, 10, service=world.services[1])

    assert world.result(world.rate).figure.measure == Rate(10, 20)


def test_a_yearly_figure_and_its_months_are_never_added(world):
    world.enter(world.rate, None, 90, 100)
    world.enter(world.rate, 1, 1, 10)

    assert world.result(world.rate).figure.measure == Rate(90, 100)


def test_a_mean_is_the_total_over_all_cases(world):
    world.enter(world.mean, 1, 100, 10)
    world.enter(world.mean, 2, 2, 2)

    result = world.result(world.mean)

    assert result.value == Fraction(102, 12)
    assert (result.shown_label, result.base_label) == (fr("8,50 j ouvrés"), fr("12 cas"))


def test_the_months_not_measured_are_left_out_of_the_coverage(world):
    world.enter(world.rate, 1, 9, 10)
    world.enter(world.rate, 2, reason="Compteur en panne.")

    result = world.result(world.rate)

    assert (result.shown_label, result.months_label) == (fr("90,00 %"), "janvier")


def test_the_months_of_services_are_put_together(world):
    for service, months in zip(world.services, (range(1, 6), range(4, 10)), strict=True):
        for month in months:
            world.enter(world.rate, month, 9, 10, service=service)

    assert world.result(world.rate).months_label == "janvier à septembre"


def test_reasons_are_said_in_the_order_of_their_months(world):
    world.enter(world.rate, 7, reason="Abandon du comptage.")
    world.enter(world.rate, 2, reason="Compteur en panne.")

    assert world.result(world.rate).reason == "Compteur en panne.\xa0; Abandon du comptage."


def test_nothing_measured_says_each_reason_once(world):
    world.enter(world.rate, 1, reason="Compteur en panne.")
    world.enter(world.rate, 2, reason="Compteur en panne.")

    result = world.result(world.rate)

    assert (result.shown_label, result.figure.reason) == ("non mesurable", "Compteur en panne.")


def test_an_expected_indicator_without_figure_is_missing_once_the_year_is_over(world):
    world.expect()

    assert world.result(world.rate).shown_label == "non renseigné"


def test_an_expected_indicator_is_awaited_while_the_year_runs(world):
    world.expect()

    assert world.result(world.rate, year=world.prefecture.today().year).shown_label == "attendu"


def test_an_indicator_expected_of_nobody_makes_no_line(world):
    assert results.of_year(world.prefecture, 2019).lines == []


def test_no_case_at_all_is_neither_zero_nor_missing(world):
    world.enter(world.rate, 1, 0, 0)

    result = world.result(world.rate)

    assert (result.shown_label, result.verdict) == ("aucun cas", Verdict.NO_RESULT)


def test_a_count_of_zero_is_a_result(world):
    world.enter(world.count, 1, 0)

    assert world.result(world.count).shown_label == "0"


def test_the_target_in_force_on_the_last_day_of_the_year_judges(world):
    world.enter(world.rate, 1, 90, 100)
    world.target("≥", "95", ends_on=datetime.date(2019, 6, 30))
    world.target("≥", "85", starts_on=datetime.date(2019, 7, 1))

    assert world.result(world.rate).verdict == Verdict.MET


def test_the_target_of_a_later_year_never_judges_an_earlier_one(world):
    world.enter(world.rate, 1, 90, 100)
    world.target("≥", "95", starts_on=datetime.date(2020, 1, 1))

    assert world.result(world.rate).verdict == Verdict.NO_TARGET


def test_the_prefectures_own_target_wins_over_the_national_one(world):
    world.enter(world.rate, 1, 90, 100)
    world.target("≥", "95", starts_on=datetime.date(2019, 1, 1))
    world.target("≥", "85", prefecture=world.prefecture, origin="local")

    assert world.result(world.rate).verdict == Verdict.MET


def test_the_target_of_another_prefecture_counts_for_nothing(world):
    other = Prefecture.objects.create(code="75", slug="la", name="Là", territory="Là", state_title="Là")
    world.enter(world.rate, 1, 90, 100)
    world.target("≥", "85", prefecture=other, origin="local")

    assert world.result(world.rate).verdict == Verdict.NO_TARGET


def test_a_printed_figure_is_judged_by_the_target_printed_beside_it(world):
    world.enter(
        world.rate,
        None,
        value=Decimal("94.00"),
        value_places=2,
        target_comparator="≥",
        target_value=Decimal(95),
    )
    world.target("≥", "90")

    result = world.result(world.rate)

    assert (result.verdict_label, result.target_label) == ("objectif non atteint", fr("≥ 95 %"))


def test_what_is_shown_never_crosses_the_target(world):
    world.enter(world.rate, 1, 94996, 100000)
    world.target("≥", "95")

    result = world.result(world.rate)

    assert (result.shown_label, result.verdict) == (fr("94,99 %"), Verdict.MISSED)


def test_a_documents_word_stands_where_no_target_is_known(world):
    world.enter(world.rate, None, value=Decimal(93), printed_met=False)

    assert world.result(world.rate).verdict_label == "objectif non atteint"


def test_the_year_before_counts_the_same_months(world):
    world.enter(world.rate, 4, 9, 10)
    world.enter(world.rate, 4, 8, 10, period_start=datetime.date(2018, 4, 1))
    world.enter(world.rate, 5, 1, 10, period_start=datetime.date(2018, 5, 1))

    result = world.result(world.rate)

    assert (result.previous.shown_label, result.previous.months_label) == (fr("80,00 %"), "avril")
    assert result.caution == ""


@pytest.mark.parametrize("beside", [{}, {"doubt": "Panne."}], ids=["figure", "replaced"])
def test_a_year_before_that_has_none_of_the_months_says_nothing(world, beside):
    world.expect()
    world.enter(world.rate, 4, 9, 10)
    world.enter(world.rate, 5, 8, 10, period_start=datetime.date(2018, 5, 1), **beside)

    previous = world.result(world.rate).previous

    assert (previous.figure, previous.absence) == (None, Absence.MISSING)


def test_a_year_before_that_lacks_some_of_the_months_is_pointed_out(world):
    world.enter(world.rate, 4, 9, 10)
    world.enter(world.rate, 5, 9, 10)
    world.enter(world.rate, 5, 8, 10, period_start=datetime.date(2018, 5, 1))

    assert world.result(world.rate).caution == "non comparable\xa0: autres mois (mai)"


def test_a_year_without_figures_still_recalls_the_one_before(world):
    world.expect()
    world.enter(world.rate, 5, 8, 10, period_start=datetime.date(2018, 5, 1))

    result = world.result(world.rate)

    assert (result.absence, result.previous.shown_label) == (Absence.MISSING, fr("80,00 %"))


def test_a_suspended_month_is_neither_counted_nor_missing(world):
    world.expect()
    world.enter(world.rate, 2, 9, 10)
    world.enter(world.rate, 3, 0, 10)
    world.suspend(3, 6)

    result = world.result(world.rate)

    assert (result.figure.base, result.months_label) == ((9, 10), "février")


def test_a_year_of_which_all_is_suspended_is_neither_late_nor_zero(world):
    world.expect()
    world.suspend(1, 12, indicator=world.rate)

    assert world.result(world.rate).shown_label == "suivi suspendu"
    assert world.result(world.mean).shown_label == "non renseigné"


def test_the_suspension_of_one_service_leaves_the_others(world):
    world.enter(world.rate, 3, 9, 10, service=world.services[0])
    world.enter(world.rate, 3, 1, 10, service=world.services[1])
    world.suspend(3, 3, service=world.services[1])

    assert world.result(world.rate).figure.base == (9, 10)


def test_the_suspension_of_a_site_is_that_of_its_services(world):
    site = Site.objects.create(unit=world.unit, name="Annexe")
    world.services[1].sites.add(site)
    world.enter(world.rate, 3, 9, 10, service=world.services[0])
    world.enter(world.rate, 3, 1, 10, service=world.services[1])
    world.suspend(3, 3, site=site)

    assert world.result(world.rate).figure.base == (9, 10)


def test_the_suspension_of_another_prefecture_counts_for_nothing(world):
    other = Prefecture.objects.create(code="75", slug="la", name="Là", territory="Là", state_title="Là")
    world.enter(world.rate, 3, 9, 10)
    world.suspend(3, 3, prefecture=other)

    assert world.result(world.rate).figure.base == (9, 10)


def test_a_suspension_is_a_note_under_the_table(world):
    world.enter(world.rate, 2, 9, 10)
    world.suspend(3, 6)
    world.suspend(7, 7, indicator=world.rate, unit=world.unit)

    board = results.of_year(world.prefecture, 2019)

    assert [note.text for note in board.notes] == [
        "Suivi suspendu de mars\xa02019 à juin\xa02019 (toute la préfecture)\xa0: Crise sanitaire.",
        "Suivi suspendu en juillet\xa02019 (Siège\xa0: rate)\xa0: Crise sanitaire.",
    ]
    assert (board.notes_on(None), board.lines[0].results[0].notes) == ([1], (2,))


@pytest.mark.parametrize("doubted", [(1, 10), (None, None)], ids=["figure", "no figure"])
def test_a_month_under_reserve_is_out_of_the_sum_and_says_why(world, doubted):
    world.enter(world.rate, 2, 9, 10)
    world.enter(world.rate, 3, *doubted, reserve="Compteur défectueux.")

    board = results.of_year(world.prefecture, 2019)
    result = board.lines[0].results[0]

    assert (result.figure.base, result.months_label, result.notes) == ((9, 10), "février", (1,))
    assert board.notes[0].text == "B1, mars\xa02019, sous réserve\xa0: Compteur défectueux."


def test_a_figure_in_the_place_of_one_under_reserve_is_in_the_sum_and_says_so(world):
    world.enter(world.rate, 2, 9, 10)
    world.enter(world.rate, 3, 5, 10, doubt="Panne.", doubted_numerator=1, doubted_denominator=10)
    world.enter(world.rate, 4, 6, 10, doubt="Panne.")

    board = results.of_year(world.prefecture, 2019)
    result = board.lines[0].results[0]

    assert (result.figure.base, result.months_label, result.notes) == ((20, 30), "février à avril", (1, 2))
    assert [note.text for note in board.notes] == [
        "B1, mars\xa02019\xa0: 50,00\xa0% (5 sur 10), chiffre de remplacement\xa0; sous réserve\xa0: "
        "10,00\xa0% (1 sur 10), Panne.",
        "B1, avril\xa02019\xa0: 60,00\xa0% (6 sur 10), chiffre de remplacement\xa0: Panne.",
    ]


@pytest.mark.parametrize("doubted", [(1, 10), (None, None)], ids=["figure", "no figure"])
def test_a_year_of_which_all_is_under_reserve_has_no_result(world, doubted):
    world.enter(world.rate, 3, *doubted, reserve="Compteur défectueux.")

    result = world.result(world.rate)

    assert (result.shown_label, result.verdict) == ("sous réserve", Verdict.NO_RESULT)


def test_a_quarter_counts_its_months_beside_those_of_the_year_before(world):
    world.enter(world.rate, 3, 1, 10)
    world.enter(world.rate, 4, 9, 10)
    world.enter(world.rate, 5, 8, 10, period_start=datetime.date(2018, 5, 1))
    world.enter(world.rate, 4, 7, 10, period_start=datetime.date(2018, 4, 1))

    board = results.of_period(world.prefecture, Period.parse("2019-T2"))
    result = board.lines[0].results[0]

    assert (result.figure.base, result.previous.figure.base) == ((9, 10), (7, 10))


def test_a_rolling_year_goes_over_the_new_year(world):
    world.enter(world.rate, 1, 1, 10)
    world.enter(world.rate, 2, 8, 10)
    world.enter(world.rate, 12, 1, 10, period_start=datetime.date(2018, 12, 1))
    world.enter(world.rate, 12, 5, 10, period_start=datetime.date(2017, 12, 1))

    board = results.of_period(world.prefecture, Period.parse("2019-01-glissants"))
    result = board.lines[0].results[0]

    assert (result.figure.base, result.previous.figure.base) == ((2, 20), (5, 10))


def test_a_yearly_figure_says_nothing_of_a_quarter(world):
    world.enter(world.rate, None, 90, 100)

    assert results.of_period(world.prefecture, Period.parse("2019-T1")).lines == []


def test_a_service_owes_only_what_it_measures(world):
    world.expect(measured=["rate"])

    assert [line.indicator for line in results.of_year(world.prefecture, 2019).lines] == [world.rate]


def test_a_year_that_counts_the_same_months_is_comparable(world):
    world.enter(world.rate, 4, 9, 10)
    world.enter(world.rate, 4, 8, 10, period_start=datetime.date(2018, 4, 1))

    assert world.result(world.rate).caution == ""


def test_a_whole_year_before_a_part_of_one_is_pointed_out(world):
    world.enter(world.rate, 4, 9, 10)
    world.enter(world.rate, None, 80, 100, period_start=datetime.date(2018, 1, 1))

    assert world.result(world.rate).caution == "non comparable\xa0: autres mois (année entière)"


def test_figures_of_a_referentiel_no_longer_followed_are_still_shown(world):
    Adoption.objects.all().delete()
    world.enter(world.rate, 1, 9, 10)

    assert world.result(world.rate).shown_label == fr("90,00 %")


def test_the_number_of_queries_does_not_grow(world, django_assert_num_queries):
    world.expect()
    world.enter(world.rate, 1, 9, 10)
    with django_assert_num_queries(6):
        list(results.of_year(world.prefecture, 2019).bands)

    for month in range(2, 13):
        world.enter(world.mean, month, 9, 10)
        for service in world.services:
            world.enter(world.rate, month, 9, 10, service=service)
    with django_assert_num_queries(6):
        list(results.of_year(world.prefecture, 2019).bands)
