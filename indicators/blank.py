"""A table to fill in: one row for each figure that is expected in a year, with what is already known.

Filled in, it is imported as it is.
"""

from typing import Final

from indicators import columns
from indicators.models import Measurement
from indicators.norm import Norm
from indicators.printed import MisfitError
from referentiel.measures import Count, Printed, rounded, with_unit
from referentiel.models import Indicator
from sheets.reading import Row
from sheets.writing import Sheet
from sites.conflicts import RefusedError
from sites.models import Prefecture

BLANK: Final = ("printed_period", "printed_reason", "printed_remark")


def sheet(prefecture: Prefecture, year: int) -> Sheet:
    """The columns and the expected rows of a year. Raises RefusedError where there are none."""
    norm = Norm(prefecture, year)
    year_before = Measurement.objects.of_years(prefecture, year - 1, year - 1).filter(
        period=Measurement.Period.YEAR, service=None
    )
    known = {(one.unit_id, one.indicator_id): one for one in year_before.select_related("indicator")}
    result = columns.result(year)
    names = (
        *("prefecture", "unit", "theme", "engagement", "indicator"),
        *(columns.BEFORE, "printed_target", result, *BLANK),
    )
    rows = []
    for unit in norm.units:
        above: Indicator | None = None
        for indicator in norm.indicators:
            if (unit.pk, indicator.engagement.module_id) not in norm.expected:
                continue
            cells = {
                "prefecture": prefecture.name,
                "unit": unit.name,
                "theme": indicator.engagement.theme,
                "engagement": indicator.engagement.code,
            }
            before = known.get((unit.pk, indicator.pk))
            cells |= {
                "indicator": _label(norm, indicator, cells, above),
                columns.BEFORE: _value(before) if before else "",
                "printed_target": _target(norm, indicator),
            }
            rows.append([cells.get(name, "") for name in names])
            above = indicator
    if not rows:
        raise RefusedError(
            f"Aucun indicateur n'est attendu de {prefecture} en {year} : enregistrer d'abord le référentiel "
            "qu'elle suit, et le périmètre de ses services."
        )
    return Sheet(f"Résultats {year}", [columns.title(name, year) for name in names], rows)


def _label(norm: Norm, indicator: Indicator, cells: dict[str, str], above: Indicator | None) -> str:
    """What the import takes for this indicator and no other: its title, or a name that is more precise."""
    code = indicator.engagement.code
    names = [indicator.title, f"{code} {indicator.title}", indicator.short_title, *indicator.aliases]
    for name in names:
        try:
            if norm.indicator(name, Row(0, {**cells, "indicator": name}), above) == indicator:
                return name
        except MisfitError:
            continue
    return indicator.title


def _value(measurement: Measurement) -> str:
    """« 94,00 % », with its unit: a bare 1 could be 1 % or 100 %."""
    measure, unit = measurement.measure, measurement.indicator.unit
    if measure is None or measure.value is None:
        return ""
    match measure:
        case Printed(amount):
            return with_unit(amount, unit)
        case Count(number):
            return with_unit(number, unit)
    return with_unit(rounded(measure.value), unit)


def _target(norm: Norm, indicator: Indicator) -> str:
    target = norm.target_in_force(indicator)
    return f"{target.comparator} {with_unit(target.value.normalize(), indicator.unit)}" if target else ""
