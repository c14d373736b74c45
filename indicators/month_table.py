"""The figures of some months as a table to take away: one row for each that a service owes, with what is
already entered. Filled in, it is brought back as it is (`month_import`).

A month is written « mars 2020 »; a figure, its two numbers; its absence, in words. The version of a row says
what its reader had seen: what somebody types meanwhile is never written over.
"""

import datetime
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Final

from django.db.models import Max

from indicators.columns import TwoColumnsError
from indicators.entry import Said, Standing
from indicators.expected import Owed
from indicators.models import EntrySchedule, Measurement, MonthlyReturn
from indicators.periods import Period, in_words
from referentiel.models import Indicator
from sheets.reading import Row
from sheets.words import folded, visible
from sheets.writing import Cell, Sheet
from sites.conflicts import RefusedError
from sites.models import Prefecture, Service

TITLES: Final = {
    "unit": "Unité",
    "service": "Service",
    "month": "Mois",
    "code": "Code",
    "indicator": "Indicateur",
    "counted": "Ce que compte le numérateur",
    "among": "Ce que compte le dénominateur",
    "numerator": "Numérateur",
    "denominator": "Dénominateur",
    "answer": "Réponse",
    "reason": "Motif",
    "comment": "Note",
    "reserve": "Sous réserve",
    "instead_numerator": "Numérateur à la place",
    "instead_denominator": "Dénominateur à la place",
    "state": "État",
    "origin": "Origine",
    "version": "Version",
}
_NAMES: Final = {folded(title).replace(" ", "_"): name for name, title in TITLES.items()}
REQUIRED: Final = ("service", "month", "indicator", "numerator")

NO_CASE: Final = "aucun cas"
NOT_MEASURED: Final = "non mesurable"
SUSPENDED: Final = "suspendu"


# --- columns -----------------------------------------------------------------------------------------------


def in_our_words(rows: list[Row]) -> list[Row]:
    """The rows by our names, whichever of the two a file uses."""
    names = [_NAMES.get(column, column) for column in rows[0].cells]
    for name in names:
        if names.count(name) > 1:
            raise TwoColumnsError(f"Deux colonnes disent « {TITLES[name]} » : n'en garder qu'une.")
    return [
        replace(row, cells=dict(zip(names, map(visible, row.cells.values()), strict=True))) for row in rows
    ]


def is_monthly(rows: list[Row]) -> bool:
    """Whether a table has months and the two numbers of their figures; a table of a year has neither."""
    return {"month", "numerator"} <= {_NAMES.get(column, column) for column in rows[0].cells}


# --- what stands -------------------------------------------------------------------------------------------


def standings(
    prefecture: Prefecture, services: Collection[Service], period: Period
) -> dict[tuple[Service, datetime.date], Standing]:
    """What stands in each month of each service, but for what was said before. Three queries."""
    days = period.first, period.last
    of_these = {"service__in": services, "period": "month", "period_start__range": days}
    rows: dict[tuple[int, datetime.date], dict[int, Measurement]] = defaultdict(dict)
    stored = Measurement.objects.filter(prefecture=prefecture, **of_these)
    for row in stored.select_related("indicator__engagement"):
        rows[row.service_id or 0, row.period_start][row.indicator_id] = row
    versions: dict[tuple[int, datetime.date], dict[int, int]] = defaultdict(dict)
    written = Measurement.history.filter(prefecture=prefecture, **of_these).order_by()
    latest = written.values_list("service", "period_start", "indicator").annotate(Max("history_id"))
    for service, month, indicator, number in latest:
        versions[service, month][indicator] = number
    months = MonthlyReturn.objects.filter(prefecture=prefecture, month__range=days)
    known = {(found.service_id, found.month): found for found in months}
    return {
        (service, month): Standing(
            _month(known.get((service.pk, month)), prefecture, service, month),
            rows[service.pk, month],
            versions[service.pk, month],
            {},
        )
        for service in services
        for month in period
    }


def _month(
    found: MonthlyReturn | None, prefecture: Prefecture, service: Service, month: datetime.date
) -> MonthlyReturn:
    found = found or MonthlyReturn(month=month)
    found.prefecture, found.service = prefecture, service
    return found


# --- taken away --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Line:
    indicator: Indicator
    state: str


def sheet(
    prefecture: Prefecture, period: Period, services: Collection[Service], *, is_whole: bool = False
) -> Sheet:
    """What these services owe in the months of a period that have begun; `is_whole` adds what is stored and
    not owed, for whoever wants all figures. Raises RefusedError where there is no row."""
    schedule = EntrySchedule.objects.filter(prefecture=prefecture).first()
    if schedule is None:
        raise RefusedError(f"{prefecture} ne suit pas ses chiffres mois par mois.")
    owed = Owed(prefecture, period.first, period.last)
    months = [month for month in period if schedule.first_month <= month <= prefecture.today()]
    names = Counter((service.unit_id, service.name) for service in services)
    rows = [
        _cells(standing, line, is_alone=names[service.unit_id, service.name] == 1)
        for (service, month), standing in standings(prefecture, services, period).items()
        if month in months
        for line in _lines(standing, owed, is_whole=is_whole)
    ]
    if not rows:
        raise RefusedError(
            f"Aucun chiffre n'est à saisir ({period.label}) : ces mois ne sont pas suivis, n'ont pas "
            "commencé, ou leur suivi est suspendu."
        )
    return Sheet(f"Chiffres {period.label}", list(TITLES.values()), rows)


def _lines(standing: Standing, owed: Owed, *, is_whole: bool) -> Iterator[_Line]:
    found = standing.found
    due = owed.of(found.service, found.month)
    for indicator in due:
        yield _Line(indicator, found.get_state_display())
    if is_whole:
        for pk in standing.rows.keys() - {one.pk for one in due}:
            indicator = standing.rows[pk].indicator
            held = owed.suspension(found.service, indicator, found.month)
            yield _Line(indicator, SUSPENDED if held else found.get_state_display())


def _cells(standing: Standing, line: _Line, *, is_alone: bool) -> list[Cell]:
    """`is_alone` where no other service of the unit has its name: otherwise its initials tell it apart."""
    service, indicator = standing.found.service, line.indicator
    row = standing.rows.get(indicator.pk)
    cells: dict[str, Cell] = {
        "unit": service.unit.name,
        "service": service.name if is_alone else service.short_name,
        "month": in_words(standing.found.month),
        "code": indicator.engagement.code,
        "indicator": indicator.title,
        "counted": indicator.numerator_name,
        "among": indicator.denominator_name,
        "state": line.state,
        "version": standing.versions.get(indicator.pk, 0),
    }
    if row is not None:
        said = Said.of(row)
        cells |= {
            "numerator": said.numerator,
            "denominator": said.denominator,
            "answer": _answer(row),
            # Why a figure was corrected is said again for each correction.
            "reason": row.why_unmeasured,
            "comment": row.comment,
            "reserve": said.reserve,
            "instead_numerator": said.instead_numerator,
            "instead_denominator": said.instead_denominator,
            "origin": row.get_origin_display(),
        }
    return [cells.get(name) for name in TITLES]


def _answer(row: Measurement) -> str:
    if row.why_unmeasured:
        return NOT_MEASURED
    return NO_CASE if Said.of(row).denominator == 0 else ""
