"""Where the figure of a cell comes from: what its page shows."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import F, Q

from indicators import history, months, results
from indicators.collection import Cell
from indicators.history import Event
from indicators.models import Measurement, Note
from indicators.months import Months
from indicators.periods import Period
from indicators.results import Result
from referentiel import wording
from referentiel.measures import MONTHS
from referentiel.models import Target

Origin = Measurement.Origin


@dataclass(frozen=True)
class Part:
    """A month or a service of a figure that is a sum."""

    row: Measurement

    @property
    def label(self) -> str:
        """« mars, Bureau de l’accueil »."""
        row = self.row
        when = MONTHS[row.first_month] if row.period == Measurement.Period.MONTH else row.coverage.label
        return f"{when}, {row.service.name}" if row.service else when

    @property
    def said(self) -> str:
        return history.in_words(self.row.measure, self.row.indicator.unit, self.row.why_unmeasured)


@dataclass(frozen=True)
class Provenance:
    """`row` is the cell's own yearly figure; `counted` are the rows that a sum is made of, `aside` those of
    which another takes the place."""

    cell: Cell
    result: Result
    row: Measurement | None
    counted: Sequence[Part]
    aside: Sequence[Part]
    target: Target | None
    notes: Sequence[Note]
    months: Months
    events: Sequence[Event] = field(default_factory=list)

    @property
    def is_there(self) -> bool:
        """Whether what is typed would take the place of something."""
        figure = self.result.figure
        return self.row is not None or (figure is not None and figure.measure is not None)

    @property
    def in_words(self) -> str:
        """« Arles, T1, 2018 : 92,31 % (12 sur 13), objectif atteint »."""
        figure, result = self.result.figure, self.result
        said = result.shown_label
        if figure and figure.measure:
            said = history.in_words(figure.measure, self.cell.indicator.unit)
        if result.target and result.value is not None:
            said += f", {result.verdict_label} ({result.target_label})"
        return f"{self.cell.unit.short_name}, {self.cell.indicator.short_title}, {self.cell.year}\xa0: {said}"

    @property
    def former_label(self) -> str:
        """What a corrected figure was at first."""
        if self.row is None or not self.row.former_origin:
            return ""
        said = history.in_words(self.row.former_measure, self.cell.indicator.unit)
        return f"{said}, {Origin(self.row.former_origin).label}"

    @property
    def after_removal(self) -> str:
        """What the cell says once its own figure is taken back."""
        row = self.row
        if row and row.former_measure is not None and row.former_origin != Origin.COMPUTED:
            return f"Le chiffre d’avant la correction redevient le résultat\xa0: {self.former_label}."
        if self.aside:
            return "La somme de ses mois ou de ses services redevient le résultat."
        return "La case redevient sans chiffre."

    @property
    def last_written(self) -> Event | None:
        return self.events[0] if self.events else None

    @property
    def target_period(self) -> str:
        return wording.period(self.target) if self.target else ""

    @property
    def has_printed_target(self) -> bool:
        return self.row is not None and self.row.printed_target is not None


def of(cell: Cell) -> Provenance:
    result = results.of_cell(cell.unit, cell.indicator, Period.year(cell.year))
    of_year = Measurement.objects.of_years(cell.prefecture, cell.year, cell.year)
    rows = list(
        of_year.filter(unit=cell.unit, indicator=cell.indicator)
        .select_related("indicator", "service", "source", "source__imported_by")
        .order_by("period_start", F("service").asc(nulls_first=True), "pk")
    )
    counted = [row for row in rows if row.service_id is None] or rows
    counted = [row for row in counted if row.period == Measurement.Period.YEAR] or counted
    row = next((row for row in counted if row.service_id is None and row.period == "year"), None)
    notes = Note.objects.filter(
        Q(unit=cell.unit) | Q(unit=None),
        Q(indicator=cell.indicator) | Q(indicator=None),
        prefecture=cell.prefecture,
        year=cell.year,
    )
    return Provenance(
        cell,
        result,
        row,
        [] if row else [Part(one) for one in counted],
        [Part(one) for one in rows if one not in counted],
        results.target_in_force(cell.prefecture, cell.indicator, cell.year),
        list(notes.select_related("unit", "indicator__engagement", "source")),
        months.of(result, Period.year(cell.year)),
        history.of_cell(cell.unit, cell.indicator, Period.year(cell.year)),
    )
