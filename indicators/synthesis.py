"""What was complained of in a period, and what became of it: counts beside those of the same months of the
year before, and the examples that were chosen. Nobody is named.

Complaints and suggestions are counted in the month of their receipt, as in `complaints.compliance`; those of
months that are not followed are received, and in no rate. The saisines of the Défenseur des droits' delegates
are counted beside, whatever they ask for. Six queries, whatever the number of cases; a few more where a part
of the préfecture is suspended.
"""

import datetime
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import groupby
from typing import Any, NamedTuple

from django.db.models import Min, Q, QuerySet
from django.utils.functional import cached_property

from complaints import compliance, examples
from complaints.compliance import Kept
from complaints.models import Case, Example, Theme
from indicators import curves, from_register, history, periods, quiet, responses, suspensions
from indicators.curves import Curve, Series, Value
from indicators.drawing import SHORT_MONTHS
from indicators.models import Suspension
from indicators.periods import Period
from referentiel.measures import MONTHS, in_french, rounded
from sheets.words import typeset
from sheets.writing import Cell, Sheet
from sites.models import Prefecture, Site, Unit

DEFENDER = "Défenseur des droits"
KINDS = (Case.Kind.COMPLAINT, Case.Kind.SUGGESTION)
NO_THEME, NO_SITE = "sans thème", "sans site particulier"
CHANNELS = {value: typeset(label) for value, label in Case.Channel.choices}
NATURES = {value: typeset(label) for value, label in Case.Kind.choices}


class Group(NamedTuple):
    """The finest set of cases that is told apart; its fields are columns of a case."""

    kind: str
    month: datetime.date
    channel: str
    unit: int
    service: int | None
    site: int | None
    theme: int | None
    is_from_rights_defender: bool
    is_counted: bool
    state: str
    is_answerable: bool
    needs_examination: bool


class Row(NamedTuple):
    """The cases of a group. `month` is that of the period in which they stand, a year later for those of the
    year before."""

    group: Group
    month: datetime.date
    is_before: bool
    is_followed: bool
    received: int
    kept: Kept


@dataclass
class Tally:
    """Cases that were received, by kind; `apart` those that no rate counts, by the reasons of `APART`,
    `suspended` those of months that are not followed, `kept` what became of the others."""

    kinds: Counter[str] = field(default_factory=Counter)
    apart: Counter[str] = field(default_factory=Counter)
    suspended: int = 0
    kept: Kept = field(default_factory=Kept)

    def add(self, row: Row) -> None:
        group = row.group
        self.kinds[group.kind] += row.received
        if not row.is_followed:
            self.suspended += row.received
        elif group.is_counted:
            self.kept += row.kept
        else:
            reason = compliance.apart(group.state, group.is_answerable, group.needs_examination)
            self.apart[reason] += row.received

    @property
    def received(self) -> int:
        return self.kinds.total()

    @property
    def complaints(self) -> int:
        return self.kinds[Case.Kind.COMPLAINT]

    @property
    def suggestions(self) -> int:
        return self.kinds[Case.Kind.SUGGESTION]

    @property
    def rate_label(self) -> str:
        """« 92,31 % (12 sur 13) », so far."""
        return history.in_words(self.kept.rate, "percent")

    @property
    def mean_label(self) -> str:
        return history.in_words(self.kept.mean, "days")

    @property
    def apart_label(self) -> str:
        return responses.apart_in_words(self.apart, self.suspended)


@dataclass(frozen=True)
class Line:
    """What a theme, a site, a unit, a channel or a month counts, and what it counted a year before. `key` is
    its row, its code or its month."""

    key: Any
    label: str
    now: Tally
    before: Tally


@dataclass(frozen=True)
class Table:
    """One way to sort what was received. `head` is the word for what its lines are."""

    head: str
    lines: Sequence[Line]


class Point(NamedTuple):
    """What was received in a month (1 to 12), and in the same one a year before; None where the register was
    not kept."""

    month: int
    now: int | None
    before: int | None
    is_suspended: bool


@dataclass(frozen=True)
class Span:
    """The months of a period, up to a day, in which the register was kept; those that were suspended for all
    of the units that are read stand apart."""

    period: Period
    months: tuple[datetime.date, ...]
    suspended: tuple[datetime.date, ...]

    def named(self, month: datetime.date) -> str:
        """« mars 2020 (suivi suspendu) »: its zero is none."""
        if month in self.months:
            return periods.in_words(month)
        why = "suivi suspendu" if month in self.suspended else "registre non suivi"
        return f"{periods.in_words(month)} ({why})"

    @property
    def said(self) -> str:
        """« 2019 », « 2020, janvier, février, juillet à décembre seulement »."""
        if len(self.months) == self.period.length:
            return self.period.label
        runs = ", ".join(self._runs)
        return f"{self.period.label}, {runs} seulement" if runs else f"{self.period.label}, aucun mois"

    @property
    def _runs(self) -> Iterator[str]:
        for _, run in groupby(enumerate(self.months), lambda one: periods.shifted(one[1], -one[0])):
            names = [MONTHS[month.month] for _, month in run]
            yield f"{names[0]} à {names[-1]}" if len(names) > 2 else ", ".join(names)


@dataclass(frozen=True)
class Synthesis:
    """All of it, as it stands on a day. `defender` are the saisines of the Défenseur des droits."""

    on: datetime.date
    now: Span
    before: Span
    total: Line
    themes: Table
    sites: Table
    units: Table
    channels: Table
    months: Table
    defender: Line
    defender_tables: Sequence[Table]
    examples: Mapping[int | None, Sequence[Example]]
    hidden_examples: Sequence[Example]
    suspensions: Sequence[Suspension]

    @property
    def period(self) -> Period:
        return self.now.period

    @property
    def tables(self) -> tuple[Table, ...]:
        return self.themes, self.sites, self.units, self.channels, self.months

    @property
    def is_known_before(self) -> bool:
        """Whether something may be said of the year before."""
        return bool(self.before.months or self.total.before.received or self.defender.before.received)

    @property
    def caution(self) -> str:
        """Why the year before is no measure of this one; empty where it is."""
        label, label_before = self.period.label, self.before.period.label
        if not self.before.months:
            return f"Le registre n’était pas suivi un an plus tôt ({label_before})."
        if self.period.first <= self.on <= self.period.end:
            return (
                f"La période n’est pas finie ({label})\xa0: elle ne se compare pas encore aux mêmes mois "
                f"un an plus tôt ({label_before})."
            )
        if [periods.shifted(month, -12) for month in self.now.months] != list(self.before.months):
            return (
                f"Les mois suivis ne sont pas les mêmes ({self.now.said}\xa0; {self.before.said})\xa0: "
                "les deux périodes ne se comparent pas."
            )
        return ""

    @property
    def sentences(self) -> list[str]:
        """What to know before one reads the tables."""
        now, before = self.total.now, self.total.before
        if not now.received:
            return []
        said = f"{_received(now)} ({self.period.label})"
        if not self.caution:
            said += f", contre {_received(before)} les mêmes mois un an plus tôt"
        found = [f"{said}."]
        if now.kept.rate.value is not None:
            found.append(f"Réponses dans les délais, à ce jour\xa0: {now.rate_label}.")
        if now.kept.answered:
            found.append(f"Délai moyen de réponse\xa0: {now.mean_label}.")
        if now.kept.open:
            found.append(f"Encore à traiter\xa0: {in_french(now.kept.open)}.")
        if now.apart_label:
            found.append(f"Hors des taux\xa0: {now.apart_label}.")
        return found

    @cached_property
    def questions(self) -> list[str]:
        """What looks like a register that nobody keeps: the bilan of 2018 found that out too late."""
        label = self.period.label
        if not self.now.months:
            why = "son suivi est suspendu" if self.now.suspended else "il n’était pas suivi"
            return [f"Le registre ne dit rien de cette période ({label})\xa0: {why}."]
        if not self.total.now.complaints:
            return [f"Aucune réclamation enregistrée ({label})\xa0: le suivi a-t-il été tenu\xa0?"]
        if len(self.now.months) < quiet.MONTHS:
            return []
        found = []
        if silent := [line.label for line in self.units.lines if not line.now.received]:
            found.append(
                f"Aucune réclamation ni suggestion enregistrée\xa0: {', '.join(silent)}. "
                "Le suivi y a-t-il été tenu\xa0?"
            )
        by_month = {line.key: line.now.received for line in self.months.lines}
        if since := quiet.silent_since({month: by_month[month] for month in self.now.months}):
            found.append(
                f"Rien d’enregistré depuis {periods.in_words(since)}\xa0: suivi interrompu, ou vraiment "
                "rien\xa0?"
            )
        return found

    @property
    def without_theme(self) -> int:
        return sum(line.now.received for line in self.themes.lines if line.key is None)

    @property
    def points(self) -> list[Point]:
        """What the chart draws."""
        twins = {periods.shifted(month, 12) for month in self.before.months}
        return [
            Point(
                line.key.month,
                line.now.received if line.key in self.now.months else None,
                line.before.received if line.key in twins else None,
                line.key in self.now.suspended,
            )
            for line in self.months.lines
        ]

    @cached_property
    def chart(self) -> Curve | None:
        return draw(self.points, self.period.label, self.before.period.label)

    @property
    def sheet(self) -> Sheet:
        """All the tables one below the other, for a spreadsheet."""
        columns = (
            *("tableau", "ligne", "réclamations", "suggestions", "autres", "reçues", "reçues un an plus tôt"),
            *("répondues", "dans les délais", "en retard", "à traiter", "taux à ce jour", "délai moyen"),
            *("hors des taux", "en mois suspendu"),
        )
        tables = [Table("ensemble", [self.total]), *self.tables, Table(DEFENDER, [self.defender])]
        tables += [Table(f"{DEFENDER}, {table.head}", table.lines) for table in self.defender_tables]
        rows = [
            _cells(table.head, line, is_known_before=self.is_known_before)
            for table in tables
            for line in table.lines
        ]
        return Sheet(f"Synthèse des réclamations {self.period.label}", columns, rows)


def of(
    prefecture: Prefecture, cases: QuerySet[Case], period: Period, on: datetime.date, units: Iterable[Unit]
) -> Synthesis:
    """What cases of a préfecture say, those of the units that one reads."""
    units = list(units)
    own = cases.filter(prefecture=prefecture)
    over = suspensions.over(prefecture, period.before.first, period.last)
    decided = [one for one in over if one.indicator_id is None]
    since = from_register.since(prefecture) or own.aggregate(first=Min("month"))["first"]
    rows = list(_rows(own, period, decided, on))
    ours = [row for row in rows if row.group.kind in KINDS]
    saisines = [row for row in rows if row.group.is_from_rights_defender]

    themes: dict[Any, str] = {one.pk: one.title for one in Theme.objects.filter(prefecture=prefecture)}
    themes[None] = NO_THEME
    sites: dict[Any, str] = {
        one.pk: f"{one.name} ({one.unit.short_name})"
        for one in Site.objects.filter(unit__prefecture=prefecture).select_related("unit")
    }
    sites[None] = NO_SITE
    now, before = (_span(one, since, on, decided, units) for one in (period, period.before))
    months = {month: now.named(month) for month in period}
    of_months = _lines(ours, lambda row: row.month, months)
    of_themes = _lines(ours, lambda row: row.group.theme, themes)
    told, hidden = examples.sorted_out(
        Example.objects.filter(case__in=own.filter(kind__in=KINDS, month__range=(period.first, period.last)))
    )
    return Synthesis(
        on=on,
        now=now,
        before=before,
        total=_whole(ours),
        themes=Table("thème", _most_first(of_themes)),
        sites=Table("site", _most_first(_lines(ours, lambda row: row.group.site, sites))),
        units=Table("unité", _lines(ours, lambda row: row.group.unit, {one.pk: one.name for one in units})),
        channels=Table("canal", _most_first(_lines(ours, lambda row: row.group.channel, CHANNELS))),
        months=Table("mois", [line for line in of_months if line.key <= on]),
        defender=_whole(saisines),
        defender_tables=[
            Table("nature", _most_first(_lines(saisines, lambda row: row.group.kind, NATURES))),
            Table("thème", _most_first(_lines(saisines, lambda row: row.group.theme, themes))),
            Table("mois", [one for one in _lines(saisines, lambda row: row.month, months) if _counts(one)]),
        ],
        examples=_by_theme(told),
        hidden_examples=hidden,
        suspensions=[one for one in decided if one.last_month is None or one.last_month >= period.first],
    )


def _rows(
    cases: QuerySet[Case], period: Period, decided: Sequence[Suspension], on: datetime.date
) -> Iterator[Row]:
    """The cases of a period and of the same months of the year before. One query."""
    before = period.before
    asked = cases.filter(
        Q(month__range=(period.first, period.last)) | Q(month__range=(before.first, before.last)),
        Q(kind__in=KINDS) | Q(is_from_rights_defender=True),
    )
    for *key, received, kept in compliance.counts(asked, on, Group._fields):
        group = Group(*key)
        where = {"unit": group.unit, "service": group.service or 0, "indicator": 0}
        is_followed = suspensions.holding(decided, **where, month=group.month) is None
        is_before = group.month < period.first
        month = periods.shifted(group.month, 12) if is_before else group.month
        yield Row(group, month, is_before, is_followed, received, kept)


def _span(
    period: Period,
    since: datetime.date | None,
    on: datetime.date,
    decided: Sequence[Suspension],
    units: Sequence[Unit],
) -> Span:
    kept = [month for month in period if since and since <= month <= on]

    def is_suspended(month: datetime.date) -> bool:
        return all(
            suspensions.holding(decided, unit=unit.pk, service=0, indicator=0, month=month) for unit in units
        )

    suspended = tuple(month for month in kept if is_suspended(month))
    return Span(period, tuple(month for month in kept if month not in suspended), suspended)


def _lines(rows: Sequence[Row], key: Callable[[Row], Any], names: Mapping[Any, str]) -> list[Line]:
    """One for each name, in their order, whether something was received under it or not."""
    tallies = {one: (Tally(), Tally()) for one in names}
    for row in rows:
        tallies[key(row)][row.is_before].add(row)
    return [Line(one, names[one], now, before) for one, (now, before) in tallies.items()]


def _whole(rows: Sequence[Row]) -> Line:
    return _lines(rows, lambda _: None, {None: "ensemble"})[0]


def _counts(line: Line) -> bool:
    return bool(line.now.received or line.before.received)


def _most_first(lines: Sequence[Line]) -> list[Line]:
    """Without those that count nothing in either year."""
    return sorted(filter(_counts, lines), key=lambda line: -line.now.received)


def _by_theme(told: Iterable[Example]) -> dict[int | None, list[Example]]:
    found: dict[int | None, list[Example]] = {}
    for example in told:
        found.setdefault(example.case.theme_id, []).append(example)
    return found


def _received(tally: Tally) -> str:
    """« 12 réclamations et 1 suggestion »."""
    return f"{_counted(tally.complaints, 'réclamation')} et {_counted(tally.suggestions, 'suggestion')}"


def _counted(number: int, noun: str) -> str:
    return f"{in_french(number)} {noun}{'s' if number > 1 else ''}"


def draw(points: Sequence[Point], label: str, label_before: str) -> Curve | None:
    """Month by month, beside the year before; None where there is one month, or nothing was received."""
    if len(points) < 2 or not any(point.now for point in points):
        return None
    most = max(points, key=lambda point: point.now or 0)
    count = in_french(most.now or 0)
    return curves.draw(
        [MONTHS[point.month] for point in points],
        [
            Series(0, label_before, [_value(point.before) for point in points], [], is_past=True),
            Series(0, label, [_value(point.now) for point in points], []),
        ],
        [],
        unit="count",
        title=f"Réclamations et suggestions\xa0: le plus en {MONTHS[most.month]} ({count})",
        name="reclamations-par-mois",
        short=[SHORT_MONTHS[point.month - 1] for point in points],
        suspended=[place for place, point in enumerate(points) if point.is_suspended],
    )


def _value(number: int | None) -> Value | None:
    return None if number is None else Value(Fraction(number), in_french(number))


def _cells(head: str, line: Line, *, is_known_before: bool) -> list[Cell]:
    now, kept = line.now, line.now.kept
    others = now.received - now.complaints - now.suggestions
    rate, mean = kept.rate.value, kept.mean.value
    return [
        *(head, line.label, now.complaints, now.suggestions, others, now.received),
        line.before.received if is_known_before else None,
        *(kept.answered, kept.on_time, kept.late, kept.open),
        *(None if one is None else rounded(one) for one in (rate, mean)),
        *(now.apart.total(), now.suspended),
    ]
