"""The page on which a service types its month: what it owes, what it has said, what its months before were.
Read in a number of queries that does not depend on how many indicators there are."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby

from indicators import entry, history, plausibility, returns
from indicators.entry import Said
from indicators.expected import Owed
from indicators.models import Bounds, Measurement, MonthlyReturn, Suspension, measure
from indicators.periods import FIRST_YEAR, last_day, shifted
from indicators.plausibility import Usual
from referentiel import measures
from referentiel.measures import Count, in_french, rounded, with_unit
from referentiel.models import Engagement, Indicator, Target
from sites.models import Service

LEARNED = 24  # months from which one learns what is usual


@dataclass(frozen=True)
class Before:
    """What an earlier month says, beside the one that is typed."""

    month: datetime.date
    text: str


@dataclass(frozen=True)
class Row:
    """An indicator of the month. With a suspension there is nothing to type."""

    indicator: Indicator
    stored: Measurement | None
    version: int
    before: tuple[Before, ...]
    target: measures.Target | None
    usual: Usual | None
    suspension: Suspension | None = None

    @property
    def shape(self) -> str:
        return Measurement.Shape.of(self.indicator).value

    @property
    def suffixes(self) -> tuple[str, str]:
        return measures.SUFFIXES[self.indicator.unit]

    @property
    def result(self) -> str:
        """What follows from the two numbers of the cell: « 92,31 % », « aucun cas »."""
        if self.stored is None:
            return ""
        if self.stored.measure is None and self.stored.reserve:
            return history.NO_FIGURE
        if not self.stored.doubt:
            return self.result_of(self.stored.measure)
        shown = self.result_of(self.stored.measure) or in_french(self.stored.numerator or 0)
        return f"{shown} (remplacement)"

    @property
    def in_words(self) -> str:
        """All that is stored of it, where it is only read."""
        return _in_words(self.stored, self.indicator) if self.stored else "—"

    @property
    def provenance(self) -> str:
        """What the register has to do with it: « calculé depuis le registre, soldé »; empty where nothing."""
        stored = self.stored
        if stored is None or not stored.is_of_the_register:
            return ""
        if stored.former_measure:
            was = history.in_words(stored.former_measure, self.indicator.unit)
            return f"corrigé\xa0: le registre disait {was}"
        return f"calculé depuis le registre, {'soldé' if stored.settled_on else 'à ce jour'}"

    @property
    def question(self) -> str:
        """What is asked of a figure that looks odd. A note, or a reserve, has answered it."""
        stored = self.stored
        if stored is None or stored.measure is None or stored.comment or stored.reserve:
            return ""
        value, unit = stored.measure.value, self.indicator.unit
        if value is None:
            return ""
        shown = self.result_of(stored.measure) or with_unit(int(value), unit)
        return plausibility.question(value, shown, self.indicator.short_title, self.usual, unit)

    def result_of(self, found: measures.Measure | None) -> str:
        match found:
            case None:
                return "non mesurable"
            case Count():
                return ""
        if found.value is None:
            return "aucun cas"
        return with_unit(rounded(found.value, 2, self.target), self.indicator.unit)

    def said_in_words(self, said: Said | None) -> str:
        """« 92,31 % (12 sur 13) », of what was typed or of what somebody else saved."""
        if said is None:
            return "rien"
        found = measure(self.shape, said.numerator, said.denominator, None, 0)
        text = history.in_words(found, self.indicator.unit, said.why_unmeasured)
        if said.reserve:
            text += f", sous réserve\xa0: {said.reserve}"
        if said.is_replaced:
            instead = measure(self.shape, *said.counted, None, 0)
            text += f", remplacé par {history.in_words(instead, self.indicator.unit)}"
        return f"{text}, note\xa0: {said.comment}" if said.comment else text


class Grid:
    """The month of a service."""

    def __init__(self, service: Service, month: datetime.date) -> None:
        self.service, self.month = service, month
        prefecture = service.unit.prefecture
        self.record = returns.of(service, month)
        self.lock = returns.lock_on(self.record)
        first = shifted(month, -LEARNED)
        owed = Owed(prefecture, first, month)
        stored = _stored(service, first, month)
        self.months_before = [shifted(month, by) for by in (-12, -3, -2, -1)]
        versions = entry.versions(service, month)
        targets = _targets(service, month)
        bounds = {row.indicator_id: row for row in Bounds.objects.filter(service=service)}

        def row(indicator: Indicator, suspension: Suspension | None = None) -> Row:
            own = stored.get(indicator.pk, {})
            held = {one for one in {*own, *self.months_before} if owed.suspension(service, indicator, one)}
            return Row(
                indicator=indicator,
                stored=own.get(month),
                version=versions.get(indicator.pk, 0),
                before=tuple(
                    Before(one, "suivi suspendu" if one in held else _in_words(own.get(one), indicator))
                    for one in self.months_before
                ),
                target=targets.get(indicator.pk),
                usual=_usual(
                    bounds.get(indicator.pk),
                    [found for one, found in own.items() if one < month and one not in held],
                    indicator,
                ),
                suspension=suspension,
            )

        self._row_of = row
        self.rows = [row(indicator) for indicator in owed.of(service, month)]
        suspended = [row(*pair) for pair in owed.suspended(service, month)]
        order = {indicator.pk: place for place, indicator in enumerate(owed.indicators)}
        self.all = sorted([*self.rows, *suspended], key=lambda one: order[one.indicator.pk])

    @property
    def bands(self) -> list[tuple[Engagement, list[Row]]]:
        """The rows by engagement, those that are suspended in their place."""
        return [
            (engagement, list(rows))
            for engagement, rows in groupby(self.all, key=lambda row: row.indicator.engagement)
        ]

    @property
    def is_reopened(self) -> bool:
        return self.record.state == MonthlyReturn.State.REOPENED

    def asks_reason(self, row: Row) -> bool:
        """Whether another figure says why: in a month that was closed, or in the place of the register's."""
        return self.is_reopened or bool(row.stored and row.stored.is_of_the_register)

    @property
    def left(self) -> list[Row]:
        """What is still to be entered."""
        return [row for row in self.rows if row.stored is None]

    @property
    def left_sentence(self) -> str:
        left = len(self.left)
        if not self.rows:
            return ""
        if not left:
            return "Tous les chiffres du mois sont saisis."
        return "Il reste un chiffre à saisir." if left == 1 else f"Il reste {left} chiffres à saisir."

    def row(self, indicator: int) -> Row | None:
        """That of an indicator, suspended or not; None where the service has nothing to do with it."""
        return next((row for row in self.all if row.indicator.pk == indicator), None)

    def dropped(self, indicators: Iterable[int]) -> list[Row]:
        """The rows of those that the service owed once and owes no longer: somebody may still be typing them.
        One query where there are some."""
        left = set(indicators) - {row.indicator.pk for row in self.all}
        if not left:
            return []
        ever = datetime.date(FIRST_YEAR, 1, 1), last_day(self.month)
        followed = Indicator.objects.followed_between(self.service.unit.prefecture, *ever)
        return [self._row_of(one) for one in followed.filter(pk__in=left)]


def usual_after(service: Service, indicator: Indicator, month: datetime.date) -> Usual | None:
    """What the months before one say is usual, whatever was typed."""
    first = shifted(month, -LEARNED)
    owed = Owed(service.unit.prefecture, first, month)
    own = _stored(service, first, month).get(indicator.pk, {})
    counted = [
        row for one, row in own.items() if one < month and not owed.suspension(service, indicator, one)
    ]
    return _usual(None, counted, indicator)


def _stored(
    service: Service, first: datetime.date, last: datetime.date
) -> dict[int, dict[datetime.date, Measurement]]:
    """indicator → month → what is stored."""
    rows = Measurement.objects.filter(
        service=service, period=Measurement.Period.MONTH, period_start__range=(first, last)
    )
    found: dict[int, dict[datetime.date, Measurement]] = {}
    for row in rows:
        found.setdefault(row.indicator_id, {})[row.period_start] = row
    return found


def _targets(service: Service, month: datetime.date) -> dict[int, measures.Target]:
    """indicator → what it must reach at the end of the month; a printed value never crosses it."""
    rows = Target.objects.in_force_on_any(service.unit.prefecture, [last_day(month)])
    return {row.indicator_id: row.measure for row in rows}


def _usual(typed: Bounds | None, rows: Iterable[Measurement], indicator: Indicator) -> Usual | None:
    """What was typed, else what the figures of the months before say: those under reserve say nothing."""
    if typed is not None:
        return Usual(Fraction(typed.low), Fraction(typed.high))
    known = [row.measure.value for row in rows if row.measure and not row.reserve]
    return plausibility.learned([value for value in known if value is not None], indicator.unit)


def _in_words(row: Measurement | None, indicator: Indicator) -> str:
    if row is None:
        return "—"
    text = history.in_words(row.measure, indicator.unit, row.why_unmeasured)
    return ", ".join(filter(None, (text, history.beside(row, indicator.unit))))
