"""Which figures are expected, of which service, in which month: the perimeter, less what is suspended."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import F, FilteredRelation, Func, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast, ExtractMonth

from indicators import suspensions
from indicators.models import MonthlyReturn, Suspension
from indicators.periods import Period, last_day
from referentiel.models import Adoption, Indicator, Perimeter
from sites.models import Prefecture, Service, Unit, in_force_between


@dataclass(frozen=True)
class Charge:
    """A service keeps the promises of a module, between two days, in a préfecture that follows its
    référentiel between two others; `measured` as in `Perimeter`.

    `followed_since` is the first month that its préfecture follows, None where it follows none; `closed` are
    its closed months of the period asked for, as the bits 1 to 12 of a number.
    """

    unit: int
    service: int
    module: int
    measured: frozenset[str]
    starts_on: datetime.date | None
    ends_on: datetime.date | None
    adopted_on: datetime.date | None = None
    adopted_until: datetime.date | None = None
    followed_since: datetime.date | None = None
    closed: int = 0

    def is_open(self, month: datetime.date) -> bool:
        """Whether the figures of a month that is followed may still change."""
        return (
            self.followed_since is not None
            and month >= self.followed_since
            and not self.closed >> month.month & 1
        )

    def is_of(self, indicator: Indicator) -> bool:
        """Whether it owes this indicator, some day or other."""
        engagement = indicator.engagement
        return self.module == engagement.module_id and (
            not self.measured or not self.measured.isdisjoint((indicator.key, engagement.key))
        )

    def covers(self, indicator: Indicator, month: datetime.date) -> bool:
        return self.is_of(indicator) and self.is_due(indicator, month)

    def is_due(self, indicator: Indicator, month: datetime.date) -> bool:
        """Whether it owes one of its indicators on one day of the month at least."""
        return (
            _meets(self.starts_on, self.ends_on, month)
            and _meets(self.adopted_on, self.adopted_until, month)
            and _meets(indicator.starts_on, indicator.ends_on, month)
            and month.month % indicator.every == 0
        )


class Expected:
    """What the services of some units owe."""

    def __init__(self, charges: Iterable[Charge], suspensions: Iterable[Suspension]) -> None:
        self._suspensions = list(suspensions)
        self._of_unit: dict[int, list[Charge]] = {}
        for charge in charges:
            self._of_unit.setdefault(charge.unit, []).append(charge)

    def months(self, unit: Unit, indicator: Indicator, period: Period) -> tuple[list[datetime.date], bool]:
        """The months of a period in which a unit owes an indicator and is not relieved of it, and whether it
        owes it in one of them at all."""
        owed = [
            (charge, month)
            for charge in self._of_unit.get(unit.pk, ())
            if charge.is_of(indicator)
            for month in period
            if charge.is_due(indicator, month)
        ]
        left = {month for charge, month in owed if not self.is_suspended(charge, indicator, month)}
        return sorted(left), bool(owed)

    def services(self, unit: Unit, indicator: Indicator, month: datetime.date) -> dict[int, bool]:
        """The services of a unit that owe an indicator in a month, and whether a decision relieves them."""
        return {
            charge.service: self.is_suspended(charge, indicator, month)
            for charge in self._of_unit.get(unit.pk, ())
            if charge.covers(indicator, month)
        }

    def open_months(self, indicators: Iterable[Indicator], period: Period) -> set[tuple[int, datetime.date]]:
        """The services and their months in which something is owed and that are not closed."""
        known = list(indicators)
        charges = [charge for charges in self._of_unit.values() for charge in charges]
        owed = [(charge, [one for one in known if charge.is_of(one)]) for charge in charges]
        return {
            (charge.service, month)
            for charge, own in owed
            for month in period
            if charge.is_open(month)
            and any(charge.is_due(one, month) and not self.is_suspended(charge, one, month) for one in own)
        }

    def is_suspended(self, charge: Charge, indicator: Indicator, month: datetime.date) -> bool:
        where = {"unit": charge.unit, "service": charge.service, "indicator": indicator.pk}
        return suspensions.holding(self._suspensions, **where, month=month) is not None


def of_units(units: QuerySet[Unit], period: Period) -> tuple[list[Unit], list[Charge]]:
    """The units, in their order, and what their services have charge of in a period. One query."""
    perimeters = "services__perimeters"
    adoptions = f"{perimeters}__module__referentiel__adoptions"
    own = Q(**{f"{adoptions}__prefecture": F("prefecture")})
    closed = MonthlyReturn.objects.filter(
        service=OuterRef("services"),
        month__range=(period.first, period.last),
        state=MonthlyReturn.State.CLOSED,
    ).order_by()
    number = Cast(ExtractMonth("month"), IntegerField())
    bits = Func(number, template="SUM(1 << %(expressions)s)", output_field=IntegerField())
    rows = units.annotate(
        service=F("services"),
        module=F(f"{perimeters}__module"),
        measured=F(f"{perimeters}__measured"),
        since=F(f"{perimeters}__starts_on"),
        until=F(f"{perimeters}__ends_on"),
        gone=F("services__ends_on"),
        adoption=FilteredRelation(adoptions, condition=own),
        adopted=F("adoption__pk"),
        adopted_on=F("adoption__starts_on"),
        adopted_until=F("adoption__ends_on"),
        followed_since=F("prefecture__entry_schedule__first_month"),
        closed=Subquery(closed.values_list(bits)),
    )
    found = {row.pk: row for row in rows}
    charges = [
        Charge(
            unit=row.pk,
            service=row.service,
            module=row.module,
            measured=frozenset(row.measured),
            starts_on=row.since,
            ends_on=min(filter(None, (row.until, row.gone)), default=None),
            adopted_on=row.adopted_on,
            adopted_until=row.adopted_until,
            followed_since=row.followed_since,
            closed=row.closed or 0,
        )
        for row in rows
        if row.adopted
    ]
    return list(found.values()), charges


class Owed:
    """What the services of a préfecture have to enter, month by month. Four queries, five if a site is
    suspended."""

    def __init__(self, prefecture: Prefecture, first: datetime.date, last: datetime.date) -> None:
        end = last_day(last)
        self._suspensions = suspensions.over(prefecture, first, last)
        self._adoptions = list(Adoption.objects.filter(in_force_between(first, end), prefecture=prefecture))
        followed = Indicator.objects.followed_between(prefecture, first, end)
        self.indicators = list(in_order(followed.select_related("engagement__module")))
        rows = Perimeter.objects.filter(
            in_force_between(first, end), service__unit__prefecture=prefecture
        ).select_related("service__unit")
        self._measured: dict[datetime.date, list[Indicator]] = {}
        self._charges: dict[Service, list[Charge]] = {}
        for row in rows.order_by("service__unit__position", "service__unit", "service__short_name", "pk"):
            self._charges.setdefault(row.service, []).append(_charge(row))

    @property
    def services(self) -> list[Service]:
        """Those that keep some promise, unit by unit."""
        return list(self._charges)

    def of(self, service: Service, month: datetime.date) -> list[Indicator]:
        """What a service has to enter for a month, in the order of the référentiel."""
        return [one for one in self._followed(service, month) if not self.suspension(service, one, month)]

    def suspended(self, service: Service, month: datetime.date) -> list[tuple[Indicator, Suspension]]:
        """What it would have to enter, if a decision did not relieve it."""
        held = ((one, self.suspension(service, one, month)) for one in self._followed(service, month))
        return [(one, suspension) for one, suspension in held if suspension]

    def suspension(self, service: Service, indicator: Indicator, month: datetime.date) -> Suspension | None:
        where = {"unit": service.unit_id, "service": service.pk, "indicator": indicator.pk}
        return suspensions.holding(self._suspensions, **where, month=month)

    def _followed(self, service: Service, month: datetime.date) -> list[Indicator]:
        if month not in self._measured:
            self._measured[month] = [one for one in self.indicators if self._is_measured(one, month)]
        charges = self._charges.get(service, [])
        return [one for one in self._measured[month] if any(charge.covers(one, month) for charge in charges)]

    def _is_measured(self, indicator: Indicator, month: datetime.date) -> bool:
        held = (row for row in self._adoptions if row.referentiel_id == indicator.engagement.referentiel_id)
        return any(_meets(row.starts_on, row.ends_on, month) for row in held)


def in_order(indicators: QuerySet[Indicator]) -> QuerySet[Indicator]:
    """As boards list them: the référentiels by their date, their indicators in their order."""
    return indicators.select_related("engagement").order_by(
        F("engagement__referentiel__published_on").asc(nulls_last=True), "position", "pk"
    )


def is_measured(service: Service, indicator: Indicator) -> bool:
    """Whether a service measures an indicator, some day or other."""
    held = Perimeter.objects.filter(service=service).select_related("service")
    return any(_charge(row).is_of(indicator) for row in held)


def _charge(row: Perimeter) -> Charge:
    service = row.service
    return Charge(
        unit=service.unit_id,
        service=service.pk,
        module=row.module_id,
        measured=frozenset(row.measured),
        starts_on=row.starts_on,
        ends_on=min(filter(None, (row.ends_on, service.ends_on)), default=None),
    )


def _meets(starts_on: datetime.date | None, ends_on: datetime.date | None, month: datetime.date) -> bool:
    """Whether what holds between two days does so on one of the month at least."""
    return (starts_on is None or starts_on <= last_day(month)) and (ends_on is None or ends_on >= month)
