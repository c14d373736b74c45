"""What becomes of the figures of a document beside those that are stored: one figure for each fact."""

from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from indicators import history
from indicators.answers import ADVICE, Code, Desk
from indicators.models import FigureImport, Measurement, Note
from indicators.printed import MisfitError, read_result
from referentiel.measures import WHOLE_YEAR, Measure, Printed, rounded, with_unit
from sheets.reading import Row
from sites.models import Agent, Prefecture

TARGET_FIELDS = ("target_comparator", "target_value", "target_reason")
# What a figure says, apart from whose it is and where it was read.
SAID = (
    *("shape", "numerator", "denominator", "value", "value_places", "first_month", "last_month"),
    *("origin", "reason", "printed_text", *TARGET_FIELDS, "printed_met"),
    *("former_origin", "former_numerator", "former_denominator", "former_value", "former_value_places"),
)

# The unit, the indicator and the year of a figure.
Fact: TypeAlias = tuple[int, int, int]


class PrintedFigure(NamedTuple):
    """A figure of the file, and the cell where it is printed."""

    row: Row
    column: str
    measurement: Measurement


@dataclass(frozen=True)
class Change:
    """A figure that an import writes, in words; `before` is empty where there was none."""

    unit: str
    indicator: str
    year: int
    before: str
    after: str


class Ledger:
    """What is stored for the two years, and what becomes of it."""

    def __init__(self, prefecture: Prefecture, year: int, sha256: str) -> None:
        self.created: list[Measurement] = []
        self.updated: list[Measurement] = []
        self.unchanged = 0
        self.new_notes: list[Note] = []
        self._prefecture, self._year = prefecture, year
        stored = Measurement.objects.of_years(prefecture, year - 1, year).filter(
            period=Measurement.Period.YEAR, service=None
        )
        self._stored = {_fact(one): one for one in stored.select_related("source", "indicator", "unit")}
        self._before = {fact: _said(one) for fact, one in self._stored.items()}
        self._in_words = {fact: in_words(one) for fact, one in self._stored.items()}
        # A file does not contradict what it wrote itself: with other answers, it says it anew, unless
        # somebody has corrected it on its page since.
        self._own = {
            fact
            for fact, one in self._stored.items()
            if one.source and one.source.sha256 == sha256 and not one.former_origin
        }
        self._figures: list[PrintedFigure] = []
        self._settled: dict[Fact, Measurement] = {}
        self._left_out: set[tuple[int | None, int]] = set()

    @property
    def imported(self) -> int:
        return len(self.created) + len(self.updated) + len(self.new_notes)

    @property
    def changes(self) -> list[Change]:
        """What is written of figures, in the order of the file."""
        return [
            Change(
                unit=one.unit.name,
                indicator=one.indicator.title,
                year=one.period_start.year,
                before=self._in_words.get(_fact(one), ""),
                after=in_words(one),
            )
            for one in sorted((*self.created, *self.updated), key=_place)
        ]

    def settle(self, figures: list[PrintedFigure], desk: Desk) -> None:
        """One figure for each fact, out of what is stored and what the file says, once or more."""
        self._figures = figures
        self._settled = {fact: one for fact, one in self._stored.items() if fact not in self._own}
        for figure in figures:
            fact = _fact(figure.measurement)
            known = self._settled.get(fact)
            self._settled[fact] = self._one_of(known, figure, desk) if known else figure.measurement

    def _one_of(self, known: Measurement, figure: PrintedFigure, desk: Desk) -> Measurement:
        new = figure.measurement
        if _agree(known, new):
            return _combined(known, new)
        message = (
            f"{_origin(known)} dit {_shown(known)}, cette ligne dit {_shown(new)}. {ADVICE[Code.TWO_VALUES]}"
        )
        answer = desk.ask(Code.TWO_VALUES, figure.row, figure.column, message)
        if answer is None or answer.corrected is None:
            self._left_out.add((new.source_row, new.period_start.year))
            return known
        if _is_said_by(answer.corrected, new):
            return new
        if _is_said_by(answer.corrected, known):
            _complete(known, new)
            return known
        message = f"La réponse « {answer.corrected} » n'est aucune des deux valeurs."
        desk.insist(Code.TWO_VALUES, figure.row, figure.column, message)
        return known

    def compare(self, notes: list[Note], *, is_repeated: bool) -> None:
        """What there is to write. A file that is taken in again with the same answers changes nothing that
        somebody may have corrected since."""
        for fact in dict.fromkeys(_fact(figure.measurement) for figure in self._figures):
            one, stored = self._settled[fact], self._stored.get(fact)
            if stored is None:
                self.created.append(one)
                continue
            if fact in self._own:
                _complete(one, stored)
            if _said(one) == self._before[fact] or (fact in self._own and is_repeated):
                self.unchanged += 1
            else:
                one.pk = stored.pk
                self.updated.append(one)
        self._compare_notes(notes, is_repeated=is_repeated)

    def _compare_notes(self, notes: list[Note], *, is_repeated: bool) -> None:
        """A remark goes with its figure: one that was left out takes its remark along."""
        stored = Note.objects.filter(prefecture=self._prefecture, year=self._year)
        known = {(note.unit_id, note.indicator_id, note.text) for note in stored}
        for note in notes:
            said = (note.unit_id, note.indicator_id, note.text)
            if (note.source_row, note.year) in self._left_out:
                continue
            if said in known or is_repeated:
                self.unchanged += 1
            else:
                known.add(said)
                self.new_notes.append(note)

    def write(self, source: FigureImport, by: Agent | None) -> None:
        for figure in self._figures:
            figure.measurement.source = source
        for note in self.new_notes:
            note.source = source
        traced = {"default_user": by, "default_change_reason": source.mark}
        if self.created:
            bulk_create_with_history(self.created, Measurement, **traced)
        if self.updated:
            fields = [*SAID, "source", "source_row"]
            bulk_update_with_history(self.updated, Measurement, fields, **traced)
        if self.new_notes:
            bulk_create_with_history(self.new_notes, Note, **traced)


def in_words(measurement: Measurement) -> str:
    """« 94,00 % (avril à décembre), objectif ≥ 95 % »: all that a figure says, in a line."""
    unit, measure, target = measurement.indicator.unit, measurement.measure, measurement.printed_target
    if isinstance(measure, Printed):
        said = with_unit(measure.amount, unit)
    else:
        said = history.in_words(measure, unit, measurement.reason)
    if measure is None:
        return said
    if not measurement.coverage.is_whole_year:
        said += f" ({measurement.coverage.label})"
    if target:
        said += f", objectif {target.comparator} {with_unit(rounded(target.value, 4).normalize(), unit)}"
    if measurement.printed_met is not None:
        said += f", objectif {'atteint' if measurement.printed_met else 'non atteint'} selon le document"
    reasons = [measurement.reason, measurement.target_reason]
    if corrected := " ".join(reason for reason in reasons if reason):
        said += f", corrigé : {corrected}"
    return said


def _place(measurement: Measurement) -> tuple[int, int]:
    return measurement.source_row or 0, -measurement.period_start.year


def _fact(measurement: Measurement) -> Fact:
    return measurement.unit_id, measurement.indicator_id, measurement.period_start.year


def _said(measurement: Measurement) -> tuple[Any, ...]:
    return tuple(getattr(measurement, name) for name in SAID)


def _agree(known: Measurement, new: Measurement) -> bool:
    """Whether a figure says nothing else than the one known. Months that are not printed agree with all. What
    somebody corrected on its page agrees with the document that says what was corrected."""
    if new.measure is None or (known.former_origin and new.measure == known.former_measure):
        return True
    if known.measure is None:
        return False
    spans = {one.coverage for one in (known, new)} - {WHOLE_YEAR}
    return len(spans) < 2 and _is_same(known.measure, new.measure)


def _is_same(one: Measure, other: Measure) -> bool:
    """Whether one is the ordinary rounding of the other: 87.6 and 88 are, 95.6 and 95 are not. A figure that
    has its base is exact."""
    places = [measure.places for measure in (one, other) if isinstance(measure, Printed)]
    if not places or one.value is None or other.value is None:
        return one.value == other.value
    return rounded(one.value, min(places)) == rounded(other.value, min(places))


def _is_said_by(text: str, measurement: Measurement) -> bool:
    try:
        amount = read_result(text, measurement.indicator.unit)
    except MisfitError:
        return False
    return (
        amount is not None
        and measurement.measure is not None
        and _is_same(Printed(amount), measurement.measure)
    )


def _combined(known: Measurement, new: Measurement) -> Measurement:
    """Of two figures that agree, the one known, unless the new one has more decimals; with the months, the
    target and the verdict that either document prints."""
    is_finer = known.origin == Measurement.Origin.PRINTED and new.value_places > known.value_places
    one, other = (new, known) if is_finer and new.value is not None else (known, new)
    _complete(one, other)
    return one


def _complete(measurement: Measurement, other: Measurement) -> None:
    """What one document leaves unsaid, another may say. Nothing completes what was counted or entered."""
    if measurement.origin not in (Measurement.Origin.PRINTED, Measurement.Origin.CORRECTED):
        return
    if measurement.coverage.is_whole_year:
        measurement.first_month, measurement.last_month = other.first_month, other.last_month
    if not measurement.target_comparator and not measurement.target_reason:
        for name in TARGET_FIELDS:
            setattr(measurement, name, getattr(other, name))
    if measurement.printed_met is None:
        measurement.printed_met = other.printed_met


def _origin(measurement: Measurement) -> str:
    if measurement.pk is None:
        return f"La ligne {measurement.source_row}"
    if measurement.source:
        return f"« {measurement.source.file_name} » (ligne {measurement.source_row})"
    return "L'application"


def _shown(measurement: Measurement) -> str:
    """« 85% », « 74,16% » (avril à décembre): as printed, with months that are not the whole year."""
    measure = measurement.measure
    if measure is None or measure.value is None:
        return f"qu'il n'y a pas de chiffre ({measurement.reason or 'aucun cas'})"
    is_printed = measurement.origin == Measurement.Origin.PRINTED
    exact = with_unit(rounded(measure.value), measurement.indicator.unit)
    shown = measurement.printed_text if is_printed else exact
    months = "" if measurement.coverage.is_whole_year else f" ({measurement.coverage.label})"
    return f"« {shown} »{months}"
