"""What became of a figure or of a note, one sentence a change: who, when, from what to what, and why."""

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django.db.models import Q, QuerySet

from indicators import periods
from indicators.models import (
    Acknowledgement,
    Bounds,
    EntrySchedule,
    Measurement,
    MonthlyReturn,
    Note,
    PhoneLine,
    Suspension,
)
from indicators.periods import Period
from indicators.plausibility import Usual
from referentiel.measures import (
    MONTHS,
    NBSP,
    Count,
    Mean,
    Measure,
    Printed,
    Rate,
    in_french,
    rounded,
    with_unit,
)
from referentiel.models import Indicator
from sites.models import Agent, Prefecture, Service, Unit

NO_FIGURE = "sans chiffre"  # under reserve, and no other said

# Of a cell with many months and services, the latest.
MOST = 200


@dataclass(frozen=True)
class Event:
    """`what` begins the sentence (« saisi », « corrigé »); `before` and `after` are empty where there was
    nothing, or is nothing any more."""

    at: datetime.datetime
    by: Agent | None
    what: str
    before: str
    after: str
    why: str

    @property
    def who(self) -> str:
        return self.by.full_name if self.by else "l’application"


def of_cell(unit: Unit, indicator: Indicator, period: Period) -> list[Event]:
    """The changes of a cell's own figure and of the months and services below it, the latest first."""
    days = period.first, period.last
    records = Measurement.history.filter(unit=unit, indicator=indicator, period_start__range=days)
    if not period.is_year:
        records = records.filter(period=Measurement.Period.MONTH)
    last: dict[Any, _State] = {}
    events = []
    for record in records.select_related("history_user", "service").order_by("history_id"):
        place = (record.service_id, record.period, record.period_start)
        before, after = last.get(place, NOTHING), _state(record, indicator)
        last[place] = after
        if before != after:
            what = "\xa0: ".join(filter(None, (_where(record), _what(record, before, after))))
            events.append(
                Event(
                    record.history_date,
                    record.history_user,
                    what,
                    before.said,
                    after.said,
                    _why(record, after),
                )
            )
    return events[::-1][:MOST]


def of_notes(prefecture: Prefecture, year: int, units: QuerySet[Unit]) -> list[Event]:
    """The changes of the notes of a year, the latest first."""
    records = Note.history.filter(Q(unit=None) | Q(unit__in=units), prefecture=prefecture, year=year)
    return _of_notes(records)


def of_note(note: Note) -> list[Event]:
    return _of_notes(Note.history.filter(id=note.pk))


def _of_notes(records: QuerySet[Any]) -> list[Event]:
    last: dict[int, str] = {}
    events = []
    people = records.select_related("history_user", "unit", "indicator__engagement")
    for record in people.order_by("history_id"):
        before = last.get(record.id, "")
        after = "" if record.history_type == "-" else record.text
        last[record.id] = after
        what = {"+": "ajoutée", "~": "corrigée", "-": "retirée"}[record.history_type]
        said = f"{what}, {about(record.unit, record.indicator)}"
        why = record.history_change_reason or ""
        events.append(Event(record.history_date, record.history_user, said, before, after, why))
    return events[::-1][:MOST]


def about(unit: Unit | None, indicator: Indicator | None) -> str:
    """What a note is about."""
    names = [unit.name] if unit else []
    if indicator:
        names.append(f"{indicator.engagement.code} {indicator.title}".strip())
    return ", ".join(names) or "tout le tableau"


def in_words(measure: Measure | None, unit: str, reason: str = "") -> str:
    """« 92,31 % (12 sur 13) », or why there is no figure."""
    if measure is None:
        return f"non mesurable ({reason})" if reason else NO_FIGURE
    if measure.value is None:
        return "aucun cas"
    match measure:
        case Printed(amount):
            return f"{with_unit(amount, unit)} (base inconnue)"
        case Count(number):
            return with_unit(number, unit)
        case Rate(numerator, denominator):
            base = f"{in_french(numerator)} sur {in_french(denominator)}"
        case Mean(total, count):
            base = f"{in_french(total)} pour {in_french(count)} cas"
    return f"{with_unit(rounded(measure.value), unit)} ({base})"


def beside(row: Any, unit: str) -> str:
    """« sous réserve : compteur en panne », of a figure or of what its history keeps; with what it was, where
    another takes its place. Empty where nobody doubts it."""
    if row.reserve:
        return f"sous réserve{NBSP}: {row.reserve}"
    if not row.doubt:
        return ""
    if row.doubted_measure is None:
        return f"chiffre de remplacement{NBSP}: {row.doubt}"
    doubted = in_words(row.doubted_measure, unit)
    return f"chiffre de remplacement{NBSP}; sous réserve{NBSP}: {doubted}, {row.doubt}"


@dataclass(frozen=True)
class _State:
    """What a row says: its figure, with its months, and the target printed beside it."""

    figure: str
    target: str

    @property
    def said(self) -> str:
        return f"{self.figure}, objectif imprimé {self.target}" if self.target else self.figure


NOTHING = _State("", "")


def _state(record: Any, indicator: Indicator) -> _State:
    if record.history_type == "-":
        return NOTHING
    row = record.instance
    figure = in_words(row.measure, indicator.unit, row.why_unmeasured)
    if row.period == Measurement.Period.YEAR and not row.coverage.is_whole_year:
        figure += f", {row.coverage.label}"
    if doubted := beside(row, indicator.unit):
        figure += f", {doubted}"
    if row.comment:
        figure += f", note\xa0: {row.comment}"
    if row.target_value is None:
        return _State(figure, "")
    target = with_unit(row.target_value.normalize(), indicator.unit)
    return _State(figure, f"{row.target_comparator}{NBSP}{target}")


def _what(record: Any, before: _State, after: _State) -> str:
    if after == NOTHING:
        return "retiré"
    if before.figure == after.figure:
        return "objectif imprimé corrigé"
    return Measurement.Origin(record.origin).label


def _where(record: Any) -> str:
    """« Bureau de l’accueil, mars »; empty for the yearly figure of the unit."""
    month = MONTHS[record.first_month] if record.period == Measurement.Period.MONTH else ""
    return ", ".join(filter(None, (record.service.name if record.service else "", month)))


def _why(record: Any, after: _State) -> str:
    reasons = [record.history_change_reason]
    if after != NOTHING and not after.figure.startswith("non mesurable"):
        reasons += [record.reason, record.target_reason]
    return f"{NBSP}; ".join(dict.fromkeys(reason for reason in reasons if reason))


# --- Months of the services, suspensions -------------------------------------------------------------------


def of_month(service: Service, month: datetime.date) -> list[Event]:
    """How far a month of a service has come, move by move, the latest first."""
    records = MonthlyReturn.history.filter(service=service, month=month).select_related("history_user")
    before, longer, events = "", None, []
    for record in records.order_by("history_id"):
        after = record.get_state_display()
        if record.open_until:
            after += f", ouvert jusqu’au {record.open_until:%d/%m/%Y}"
        if after != before:
            what = MOVES[record.state] if record.open_until == longer else "laissé ouvert"
            why = record.history_change_reason or ""
            events.append(Event(record.history_date, record.history_user, what, before, after, why))
        before, longer = after, record.open_until
    return events[::-1][:MOST]


SCOPES = ("unit", "site", "service", "indicator")

MOVES = {
    MonthlyReturn.State.AWAITED: "saisie commencée",
    MonthlyReturn.State.ENTERED: "transmis",
    MonthlyReturn.State.VALIDATED: "validé",
    MonthlyReturn.State.CLOSED: "clos",
    MonthlyReturn.State.RETURNED: "renvoyé pour correction",
    MonthlyReturn.State.REOPENED: "rouvert",
}


def of_suspensions(prefecture: Prefecture) -> list[Event]:
    """The suspensions decided, changed and lifted, the latest first."""
    return _of_suspensions(Suspension.history.filter(prefecture=prefecture))


def of_suspension(suspension: Suspension) -> list[Event]:
    return _of_suspensions(Suspension.history.filter(id=suspension.pk))


def _of_suspensions(records: QuerySet[Any]) -> list[Event]:
    last: dict[int, str] = {}
    events = []
    told = ("history_user", "unit", "site__unit", "service__unit", "indicator__engagement")
    for record in records.select_related(*told).order_by("history_id"):
        before = last.get(record.id, "")
        after = "" if record.history_type == "-" else _suspension_in_words(record)
        last[record.id] = after
        what = {"+": "décidée", "~": "modifiée", "-": "levée"}[record.history_type]
        if before != after:
            why = record.history_change_reason or ""
            events.append(Event(record.history_date, record.history_user, what, before, after, why))
    return events[::-1][:MOST]


def _suspension_in_words(record: Any) -> str:
    """What it said at that time; a service may be gone since."""
    row = record.instance
    for name in SCOPES:
        place = getattr(record, name)
        if place is None and getattr(record, f"{name}_id"):
            return f"Suivi suspendu {row.months_label} (portée supprimée depuis)\xa0: {row.reason}"
        setattr(row, name, place)
    document = f" Document\xa0: {row.document_name}" if row.document_name else ""
    return f"{row.sentence}{document}"


def of_schedule(prefecture: Prefecture) -> list[Event]:
    """The calendar of entry of a préfecture, as it was decided and changed."""

    def in_words(record: Any) -> str:
        said = f"depuis {periods.in_words(record.first_month)}, saisie dans les {record.due_after}\xa0jours"
        said += f", clôture {record.closes_after}\xa0jours après" if record.closes_after else ""
        since = record.register_since
        return said + (f", registre suivi depuis {periods.in_words(since)}" if since else "")

    records = EntrySchedule.history.filter(prefecture=prefecture)
    return _of_one(records, in_words, {"+": "décidé", "~": "changé"})


def of_silence(unit: Unit, indicator: Indicator) -> list[Event]:
    """What was said of the silence of a unit, the latest first."""
    records = Acknowledgement.history.filter(unit=unit, indicator=indicator)
    return _of_one(
        records,
        lambda record: f"{record.reason} (jusqu’au {record.ends_on:%d/%m/%Y})",
        {"+": "expliqué", "~": "expliqué de nouveau"},
    )


def of_bounds(service: Service, indicator: Indicator) -> list[Event]:
    """What was said to be usual of a figure, the latest first."""

    def in_words(record: Any) -> str:
        return Usual(Fraction(record.low), Fraction(record.high)).label(indicator.unit)

    records = Bounds.history.filter(service=service, indicator=indicator)
    return _of_one(records, in_words, {"+": "saisies", "~": "changées", "-": "retirées"})


def of_phone_line(line: PhoneLine) -> list[Event]:
    """What was said of a telephone line, the latest first."""

    def in_words(record: Any) -> str:
        said = f"{record.number}, {record.service}, {record.indicator.title}"
        said += f", depuis {periods.in_words(record.first_month)}" if record.first_month else ""
        return said + (f", jusqu’en {periods.in_words(record.last_month)}" if record.last_month else "")

    records = PhoneLine.history.filter(id=line.pk).select_related("service", "indicator")
    return _of_one(records, in_words, {"+": "ajoutée", "~": "modifiée"})


def _of_one(records: QuerySet[Any], in_words: Callable[[Any], str], moves: Mapping[str, str]) -> list[Event]:
    """The life of one row, the latest first."""
    events, before = [], ""
    for record in records.select_related("history_user").order_by("history_id"):
        after = "" if record.history_type == "-" else in_words(record)
        if after != before:
            what = moves[record.history_type]
            events.append(Event(record.history_date, record.history_user, what, before, after, ""))
        before = after
    return events[::-1][:MOST]
