"""The months behind the figure of a period: what each service counted, what stayed out and why, the same
months of the year before, and what one concludes."""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.functional import cached_property

from indicators import curves, expected, history, periods, suspensions
from indicators.curves import Aim, Curve, Series, Value
from indicators.drawing import SHORT_MONTHS
from indicators.expected import Expected
from indicators.models import Measurement, MonthlyReturn, Suspension, measure
from indicators.periods import Period
from indicators.results import Absence, Result
from indicators.sums import Figure
from referentiel.measures import MONTHS, NBSP, Coverage, Target, Verdict
from referentiel.models import Indicator
from sites.models import Service, Unit

SILENT = (Absence.SUSPENDED, Absence.AWAITED, Absence.NOT_EXPECTED)


@dataclass(frozen=True)
class Part:
    """A service in a month: its figure, which counts unless it is suspended or under reserve, or why it has
    none; and how far the month has come, in words, where months are followed."""

    service: Service
    row: Measurement | None
    absence: Absence | None
    state: str

    @property
    def said(self) -> str:
        """« 90,00 % (9 sur 10) », « suivi suspendu »."""
        if self.row is None:
            return self.absence.label if self.absence else ""
        unit = self.row.indicator.unit
        said = history.in_words(self.row.measure, unit, self.row.why_unmeasured)
        return f"{said}, {history.beside(self.row, unit)}" if self.row.doubt else said

    @property
    def set_aside(self) -> str:
        """Why its figure does not count: « suivi suspendu », « sous réserve : compteur en panne »."""
        if self.row is None or self.absence not in (Absence.SUSPENDED, Absence.UNDER_RESERVE):
            return ""
        return f"{self.absence.label}{NBSP}: {self.row.reserve}" if self.row.reserve else self.absence.label

    @property
    def counts(self) -> bool:
        return self.row is not None and self.row.numerator is not None and not self.set_aside

    @property
    def note(self) -> str:
        return self.row.comment if self.row else ""


@dataclass(frozen=True)
class Month:
    """A month of a unit, with that of the year before as its result's `previous`."""

    month: datetime.date
    result: Result
    parts: Sequence[Part]

    @property
    def name(self) -> str:
        return MONTHS[self.month.month]

    @property
    def period(self) -> Period:
        return Period.month(self.month)

    @property
    def slug(self) -> str:
        return self.period.slug

    @property
    def is_partial(self) -> bool:
        """Whether a service that owes a figure is not counted in it."""
        return any(part.absence in (Absence.MISSING, Absence.AWAITED) for part in self.parts)


@dataclass(frozen=True)
class Months:
    """The months of a period in which the indicator is counted. `position` is the unit's place in charts."""

    unit: Unit
    indicator: Indicator
    period: Period
    target: Target | None
    months: Sequence[Month]
    position: int

    @property
    def is_followed(self) -> bool:
        """Whether somebody counted one of them, or of those of the year before."""
        return any(
            any(part.row for part in month.parts) or (month.result.previous and month.result.previous.figure)
            for month in self.months
        )

    @property
    def has_notes(self) -> bool:
        return any(part.note for month in self.months for part in month.parts)

    @cached_property
    def conclusion(self) -> str:
        """The title: « Arles repasse dans l’objectif en septembre »."""
        known = [month for month in self.months if month.result.value is not None]
        if not known:
            return f"{self.unit.short_name}{NBSP}: aucun chiffre mensuel, {self.period.label}"
        last = known[-1]
        where, when = self.unit.short_name, f"en {periods.in_words(last.month)}"
        if self.target is None:
            said = f"{where}{NBSP}: {last.result.shown_label} {when}"
            before = last.result.previous
            if before and before.value is not None:
                said += f", contre {before.shown_label} un an plus tôt"
            return said
        met = [month.result.verdict == Verdict.MET for month in known]
        if len(met) > 1 and met[-1] != met[-2]:
            return f"{where} {'repasse dans' if met[-1] else 'n’atteint plus'} l’objectif {when}"
        if len(met) == 1:
            return f"{where} {'atteint' if met[0] else 'n’atteint pas'} l’objectif {when}"
        if all(met):
            return f"{where} atteint l’objectif dans chacun des {len(met)} mois renseignés"
        if not any(met):
            return f"{where} n’atteint l’objectif dans aucun des {len(met)} mois renseignés"
        return f"{where} {'atteint' if met[-1] else 'n’atteint pas'} l’objectif {when}{self._share(met)}"

    @staticmethod
    def _share(met: Sequence[bool]) -> str:
        return f", et l’atteint {sum(met)} mois sur {len(met)}"

    @cached_property
    def chart(self) -> Curve | None:
        """None where no month of the period has a result."""
        results = [month.result for month in self.months]
        if all(result.value is None for result in results):
            return None
        now = Series(
            self.position,
            self.period.label,
            [_value(month.result, is_partial=month.is_partial) for month in self.months],
            missing=[
                place
                for place, result in enumerate(results)
                if result.value is None and result.absence not in SILENT
            ],
        )
        past = Series(
            self.position,
            self.period.before.label,
            [_value(result.previous) for result in results],
            missing=[],
            is_past=True,
        )
        target = next((result for result in results if result.target), None)
        aims = (
            [Aim(target.target.value, target.target_label, range(len(results)))]
            if target and target.target
            else []
        )
        return curves.draw(
            [month.name for month in self.months],
            [past, now],
            aims,
            unit=self.indicator.unit,
            title=self.conclusion,
            name=f"mois-{self.unit.pk}-{self.indicator.pk}",
            short=[SHORT_MONTHS[month.month.month - 1] for month in self.months],
            suspended=[place for place, result in enumerate(results) if result.absence == Absence.SUSPENDED],
            partial="mois incomplet",
        )


def of(result: Result, period: Period) -> Months:
    """The months of the result of a period. Six queries, seven if a site is suspended."""
    unit, indicator = result.unit, result.indicator
    prefecture = unit.prefecture
    held = suspensions.over(prefecture, period.before.first, period.last)
    _, charges = expected.of_units(Unit.objects.filter(pk=unit.pk), period)
    owed = Expected(charges, held)
    states = {
        (row.service_id, row.month): row.get_state_display()
        for row in MonthlyReturn.objects.filter(
            service__unit=unit, month__range=(period.first, period.last)
        ).only("service_id", "month", "state")
    }
    services = {service.pk: service for service in unit.services.all()}
    since = next((charge.followed_since for charge in charges if charge.followed_since), None)
    rows: dict[datetime.date, dict[int, Measurement]] = defaultdict(dict)
    for row in _rows(unit, indicator, period):
        if row.service_id:
            rows[row.period_start][row.service_id] = row
    today = prefecture.today()

    def part(service: Service, month: datetime.date, *, is_suspended: bool) -> Part:
        row = rows[month].get(service.pk)
        state = states.get((service.pk, month), "")
        if not state and not is_suspended and since and since <= month <= today:
            state = MonthlyReturn.State.AWAITED.label
        return Part(service, row, _absence(row, month, today, is_suspended=is_suspended), state)

    def parts(month: datetime.date) -> list[Part]:
        owing = owed.services(unit, indicator, month)
        counting = [service for pk, service in services.items() if pk in owing or pk in rows[month]]
        return [
            part(
                service,
                month,
                is_suspended=owing.get(service.pk, False) or _is_held(held, rows[month].get(service.pk)),
            )
            for service in counting
        ]

    def told(month: datetime.date, of: Sequence[Part], previous: Result | None = None) -> Result:
        figure = _sum(indicator, month, of)
        target = result.target
        lack, whole = _lack(figure, of, month, today), Period.month(month).coverage
        return Result(unit, indicator, figure, target, lack, None, previous, whole=whole)

    found = []
    for month in period:
        if month.month % indicator.every and not rows[month]:
            continue
        own = parts(month)
        before = periods.shifted(month, -12)
        found.append(Month(month, told(month, own, told(before, parts(before))), own))
    places = list(prefecture.units.values_list("pk", flat=True))
    return Months(unit, indicator, period, result.target, found, places.index(unit.pk))


def _rows(unit: Unit, indicator: Indicator, period: Period) -> Iterable[Measurement]:
    rows = Measurement.objects.filter(unit=unit, indicator=indicator, period=Measurement.Period.MONTH)
    spans = [(of.first, of.last) for of in (period, period.before)]
    either = rows.filter(period_start__range=spans[0]) | rows.filter(period_start__range=spans[1])
    return either.select_related("indicator")


def _is_held(held: Iterable[Suspension], row: Measurement | None) -> bool:
    if row is None or row.service_id is None:
        return False
    where = {"unit": row.unit_id, "service": row.service_id, "indicator": row.indicator_id}
    return suspensions.holding(held, **where, month=row.period_start) is not None


def _absence(
    row: Measurement | None, month: datetime.date, today: datetime.date, *, is_suspended: bool
) -> Absence | None:
    """Why a service adds nothing to a month."""
    if is_suspended:
        return Absence.SUSPENDED
    if row is None:
        return Absence.MISSING if periods.last_day(month) < today else Absence.AWAITED
    if row.reserve:
        return Absence.UNDER_RESERVE
    return Absence.NOT_MEASURABLE if row.numerator is None else None


def _sum(indicator: Indicator, month: datetime.date, parts: Iterable[Part]) -> Figure | None:
    rows = [part.row for part in parts if part.row and part.counts]
    if not rows:
        return None
    numerator = sum(row.numerator or 0 for row in rows)
    denominator = sum(row.denominator or 0 for row in rows)
    shape = Measurement.Shape.of(indicator)
    return Figure(measure(shape, numerator, denominator, None, 0), Coverage(frozenset({month.month})))


def _lack(
    figure: Figure | None, parts: Sequence[Part], month: datetime.date, today: datetime.date
) -> Absence | None:
    """Why a unit has no value in a month: what most of its services could have said comes first."""
    if figure:
        return Absence.NOTHING_HAPPENED if figure.value is None else None
    why = {part.absence for part in parts}
    for absence in (
        Absence.UNDER_RESERVE,
        Absence.NOT_MEASURABLE,
        Absence.MISSING,
        Absence.AWAITED,
        Absence.SUSPENDED,
    ):
        if absence in why:
            return absence
    return Absence.NOT_EXPECTED


def _value(result: Result | None, *, is_partial: bool = False) -> Value | None:
    if result is None or result.value is None:
        return None
    return Value(result.value, result.shown_label, is_partial)
