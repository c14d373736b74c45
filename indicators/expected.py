"""Which figures are expected, of which service, in which month: the perimeter, less what is suspended."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import F, QuerySet

from indicators.models import Suspension
from indicators.periods import Period, last_day
from referentiel.models import Indicator
from sites.models import Unit


@dataclass(frozen=True)
class Charge:
    """A service keeps the promises of a module, between two days; `measured` as in `Perimeter`."""

    unit: int
    service: int
    module: int
    measured: frozenset[str]
    starts_on: datetime.date | None
    ends_on: datetime.date | None

    def covers(self, indicator: Indicator, month: datetime.date) -> bool:
        """Whether it owes this indicator on one day of the month at least."""
        return (
            self.module == indicator.engagement.module_id
            and (not self.measured or indicator.key in self.measured)
            and (self.starts_on is None or self.starts_on <= last_day(month))
            and (self.ends_on is None or self.ends_on >= month)
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
            for month in period
            if charge.covers(indicator, month)
        ]
        left = {month for charge, month in owed if not self.is_suspended(charge, indicator, month)}
        return sorted(left), bool(owed)

    def is_suspended(self, charge: Charge, indicator: Indicator, month: datetime.date) -> bool:
        where = {"unit": charge.unit, "service": charge.service, "indicator": indicator.pk}
        return any(suspension.holds(**where, month=month) for suspension in self._suspensions)


def of_units(units: QuerySet[Unit]) -> tuple[list[Unit], list[Charge]]:
    """The units, in their order, and what their services have charge of. One query."""
    perimeters = "services__perimeters"
    rows = units.annotate(
        service=F("services"),
        module=F(f"{perimeters}__module"),
        measured=F(f"{perimeters}__measured"),
        since=F(f"{perimeters}__starts_on"),
        until=F(f"{perimeters}__ends_on"),
        gone=F("services__ends_on"),
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
        )
        for row in rows
        if row.module
    ]
    return list(found.values()), charges
