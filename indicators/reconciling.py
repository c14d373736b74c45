"""What was typed beside what the register says: the gaps, and how each is settled. Either the register's
figure is adopted, or the typed one stays and says why; it is then a correction of the register's."""

import datetime
from collections.abc import Collection
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction

from indicators import entry, from_register, history, periods, returns
from indicators.from_register import Computed
from indicators.models import Measurement, measure
from indicators.signing import sign
from sites.conflicts import ConflictError, RefusedError
from sites.models import Agent, Prefecture

Origin = Measurement.Origin


@dataclass(frozen=True)
class Gap:
    """A figure that stands, and another that the register counts for the same month."""

    found: Computed
    row: Measurement

    @property
    def month_label(self) -> str:
        return periods.in_words(self.found.month)

    @property
    def said(self) -> str:
        return history.in_words(self.row.measure, self.found.indicator.unit, self.row.why_unmeasured)

    @property
    def counted(self) -> str:
        """« 92,31 % (12 sur 13) », by the register."""
        found = measure(self.row.shape, *self.found.numbers, None, 0)
        return history.in_words(found, self.found.indicator.unit)

    @property
    def is_explained(self) -> bool:
        """Somebody has said why it stays, of the very figure that the register counts now."""
        row = self.row
        former = row.former_origin, row.former_numerator, row.former_denominator
        return former == (Origin.COMPUTED, *self.found.numbers)

    @property
    def state_label(self) -> str:
        if self.is_explained:
            return f"expliqué\xa0: {self.row.reason}"
        if self.row.origin == Origin.COMPUTED:
            return "soldé avant ce qui a été enregistré depuis"
        return f"{self.row.get_origin_display()}, à expliquer"


def gaps(prefecture: Prefecture, services: Collection[int], year: int, on: datetime.date) -> list[Gap]:
    """Those of some services in the months of a year that are over, since the register is followed."""
    since = from_register.since(prefecture)
    last = min(periods.shifted(periods.month_of(on), -1), datetime.date(year, 12, 1))
    if since is None or (first := max(since, datetime.date(year, 1, 1))) > last:
        return []
    rows = from_register.rows(prefecture, first, last)
    pairs = ((found, rows.get(found.place)) for found in from_register.read(prefecture, first, last, on))
    return [
        Gap(found, row)
        for found, row in pairs
        if row and found.service.pk in services and (row.numerator, row.denominator) != found.numbers
    ]


def gap(prefecture: Prefecture, place: from_register.Place, on: datetime.date) -> Gap | None:
    """That of one figure, if there is one."""
    service, _, month = place
    found = gaps(prefecture, [service], month.year, on)
    return next((one for one in found if one.found.place == place), None)


def adopt(held: Gap, reason: str, *, seen: int, by: Agent, on: datetime.date) -> None:
    """Put the register's figure in the place of the one that stands."""
    with transaction.atomic():
        row = _held(held, reason, seen)
        returns.refuse_if_locked(returns.of(held.found.service, held.found.month))
        row.numerator, row.denominator = held.found.numbers
        row.origin, row.reason, row.former_origin = Origin.COMPUTED, "", ""
        row.former_numerator = row.former_denominator = None
        # Both were said of the figure that stood.
        row.reserve, row.doubt, row.doubted_numerator, row.doubted_denominator = "", "", None, None
        row.settled_on = on if held.found.is_settled else None
        _save(row, reason, by)


def explain(held: Gap, reason: str, *, seen: int, by: Agent) -> None:
    """Keep the figure that stands, with the register's beside it and why they differ: in a closed month too,
    since no figure changes."""
    with transaction.atomic():
        row = _held(held, reason, seen)
        row.origin, row.reason, row.settled_on = Origin.CORRECTED, reason, None
        row.former_origin = Origin.COMPUTED
        row.former_numerator, row.former_denominator = held.found.numbers
        _save(row, reason, by)


def version(held: Gap) -> int:
    found = held.found
    return entry.versions(found.service, found.month).get(found.indicator.pk, 0)


def _held(held: Gap, reason: str, seen: int) -> Measurement:
    if not reason:
        raise RefusedError("Indiquer pourquoi les deux chiffres diffèrent.")
    held.row.prefecture.lock()
    if (latest := version(held)) != seen:
        raise ConflictError(held.row, latest)
    return held.row


def _save(row: Measurement, reason: str, by: Agent) -> None:
    try:
        row.validate_constraints()
    except ValidationError as error:
        raise RefusedError(" ".join(error.messages)) from error
    sign(row, by, reason).save()
