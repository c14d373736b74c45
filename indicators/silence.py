"""Figures that fall silent, unit by unit: months without a single case, or far too few for the size of the
unit. The bilan of 2018 found out too late that complaints had stopped being followed: this asks in time.

A case is what a rate is taken out of, or what a number counts; a mean goes with its rate. Months that are
suspended, not measurable or under reserve are not known.
"""

import datetime
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction
from django.db.models import F, QuerySet, Sum
from django.db.models.functions import Coalesce

from indicators import expected, periods, quiet, suspensions
from indicators.models import Acknowledgement, Measurement
from indicators.periods import Period
from indicators.signing import sign, version_of
from referentiel.measures import NBSP, in_french
from referentiel.models import Indicator
from sites.conflicts import ConflictError, RefusedError
from sites.models import Agent, Prefecture, Unit


class Kind(StrEnum):
    NOTHING = "aucun cas"
    FEWER_THAN_BEFORE = "bien moins qu’avant"
    FEWER_THAN_OTHERS = "bien moins qu’ailleurs"


@dataclass(frozen=True)
class Silence:
    """What is worth a question. `wanted` are the cases that there should be in twelve months, where known;
    `since` is the first month of a flat zero, `span` the months that were counted otherwise."""

    unit: Unit
    indicator: Indicator
    kind: Kind
    count: int
    wanted: int | None
    span: str
    acknowledged: Acknowledgement | None = None

    @property
    def sentence(self) -> str:
        """« Istres, réclamations et suggestions à traiter : aucun cas depuis avril 2019. Suivi interrompu, ou
        vraiment aucun ? »"""
        counted = self.indicator.denominator_name or self.indicator.numerator_name or self.indicator.title
        where = f"{self.unit.short_name}, {counted}{NBSP}:"
        if self.kind == Kind.NOTHING:
            about = f", quand on en attendrait {self.wanted_label}" if self.wanted else ""
            return f"{where} aucun cas {self.span}{about}. Suivi interrompu, ou vraiment aucun{NBSP}?"
        cases = f"{in_french(self.count)}{NBSP}cas {self.span}"
        if self.kind == Kind.FEWER_THAN_BEFORE:
            than = f"contre {in_french(self.wanted or 0)} les mêmes mois de l’année d’avant"
        else:
            than = f"quand on en attendrait {self.wanted_label}"
        return f"{where} {cases}, {than}. Suivi interrompu, ou vraiment si peu{NBSP}?"

    @property
    def wanted_label(self) -> str:
        return f"environ {in_french(self.wanted or 0)} sur douze mois d’après les autres unités"

    @property
    def state_label(self) -> str:
        known = self.acknowledged
        return f"expliqué jusqu’au {known.ends_on:%d/%m/%Y}" if known else "à vérifier"


def of(prefecture: Prefecture, *, units: QuerySet[Unit], until: datetime.date) -> list[Silence]:
    """The silences of some units as one sees them at the end of a month; those that nobody explained first.

    Five queries, six if a site is suspended: the other units are asked about, too, to tell the size of one.
    """
    indicators = expected.in_order(
        Indicator.objects.followed_between(prefecture, until, periods.last_day(until))
    )
    known = _cases(prefecture, until)
    year = Period.ending(until)
    lately = {
        unit: {
            indicator: sum(count for month, count in months.items() if month in year)
            for indicator, months in measured.items()
            if any(month in year for month in months)
        }
        for unit, measured in known.items()
    }
    explained = {
        (row.unit_id, row.indicator_id): row
        for row in Acknowledgement.objects.filter(prefecture=prefecture, ends_on__gte=prefecture.today())
    }
    found = []
    for unit in units:
        for indicator in indicators:
            months = known.get(unit.pk, {}).get(indicator.pk)
            if months:
                wanted = quiet.should_be(lately, unit.pk, indicator.pk)
                told = explained.get((unit.pk, indicator.pk))
                silence = _silence(unit, indicator, months, year, round(wanted) if wanted else None, told)
                found += [silence] if silence else []
    return sorted(found, key=lambda one: one.acknowledged is not None)


def _cases(
    prefecture: Prefecture, until: datetime.date
) -> Mapping[int, Mapping[int, Mapping[datetime.date, int]]]:
    """unit → indicator → month → cases, of all the months up to one."""
    rows = Measurement.objects.filter(
        prefecture=prefecture,
        period="month",
        period_start__lte=until,
        shape__in=[Measurement.Shape.RATE, Measurement.Shape.COUNT],
        numerator__isnull=False,
        reserve="",
    )
    counted = suspensions.without(rows, suspensions.over(prefecture, datetime.date.min, until))
    sums = counted.order_by().values_list("unit", "indicator", "period_start")
    found: dict[int, dict[int, dict[datetime.date, int]]] = defaultdict(lambda: defaultdict(dict))
    for unit, indicator, month, cases in sums.annotate(cases=Sum(Coalesce(F("denominator"), F("numerator")))):
        found[unit][indicator][month] = int(cases)
    return found


def _silence(
    unit: Unit,
    indicator: Indicator,
    months: Mapping[datetime.date, int],
    year: Period,
    wanted: int | None,
    told: Acknowledgement | None,
) -> Silence | None:
    if since := quiet.silent_since(months):
        span = f"depuis {periods.in_words(since)}"
        return Silence(unit, indicator, Kind.NOTHING, 0, wanted, span, told)
    # Only months that both years know: a service that started in July is not five times quieter.
    alike = [month for month in year if month in months and periods.shifted(month, -12) in months]
    count = sum(months[month] for month in alike)
    before = sum(months[periods.shifted(month, -12)] for month in alike)
    span = f"sur douze mois, jusqu’à {periods.in_words(year.last)}"
    if quiet.is_far_below(count, before):
        return Silence(unit, indicator, Kind.FEWER_THAN_BEFORE, count, before, span, told)
    lately = sum(cases for month, cases in months.items() if month in year)
    if quiet.is_far_below(lately, wanted):
        return Silence(unit, indicator, Kind.FEWER_THAN_OTHERS, lately, wanted, span, told)
    return None


# --- Explaining one ----------------------------------------------------------------------------------------


def explanation(unit: Unit, indicator: Indicator) -> Acknowledgement:
    """What was last said of a silence, over or not; a new one where nobody said anything."""
    found = Acknowledgement.objects.filter(unit=unit, indicator=indicator).first()
    return found or Acknowledgement(prefecture=unit.prefecture, unit=unit, indicator=indicator)


def version(held: Acknowledgement) -> int:
    return version_of(Acknowledgement.history.filter(unit=held.unit, indicator=held.indicator))


@transaction.atomic
def acknowledge(
    unit: Unit, indicator: Indicator, reason: str, ends_on: datetime.date, *, seen: int, by: Agent
) -> Acknowledgement:
    """Say why there is nothing, or so little, and until when nobody need ask again."""
    prefecture = unit.prefecture
    prefecture.lock()
    held = explanation(unit, indicator)
    if (latest := version(held)) != seen:
        raise ConflictError(held, latest)
    if not reason:
        raise RefusedError("Indiquer ce qui explique ce silence.")
    if ends_on < prefecture.today():
        raise RefusedError("Ce jour est passé\xa0: choisir un jour à venir.")
    held.reason, held.ends_on = reason, ends_on
    sign(held, by).save()
    return held
