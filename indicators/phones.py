"""Statistics of a phone server: calls received and lost, line by line, summed into the figures of services.

A file has a row for each line and day, or month; its columns are chosen once for each shape of file. Several
rows of a line in a month are added up, then the lines of a service. A line that is not known is left out and
said, and so is a month of which it has some days alone. What is written is what was read on the screen: the
figures of « appels perdus », never the notes that somebody typed beside them.
"""

import datetime
import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from django.db import transaction

from indicators import uploads
from indicators.entry import Said, Typed
from indicators.expected import Owed, is_measured
from indicators.models import FigureImport, PhoneLine, PhoneMapping
from indicators.month_import import (
    Examination,
    Filled,
    Wrong,
    WrongCellError,
    kept,
    month_and_year,
    named,
    number_in,
    problem_in,
    settle,
    write,
)
from indicators.month_table import standings
from indicators.periods import Period, in_words, last_day, month_of
from indicators.signing import sign, version_of
from referentiel.models import Indicator
from sheets.reading import Row
from sheets.words import folded, french_day, plain, visible
from sites import closures
from sites.conflicts import ConflictError, RefusedError
from sites.models import Agent, Prefecture, Service

COLUMNS: Final = {
    "line": "Ligne",
    "day": "Jour ou mois",
    "received": "Appels reçus",
    "lost": "Appels perdus",
    "voice": "Appels traités par le serveur vocal",
}
OPTIONAL: Final = frozenset({"voice"})
# By which words of a header one guesses what its column says, the surest first.
_WORDS: Final = {
    "line": ("ligne", "numero", "sda", "poste", "line", "number"),
    "day": ("jour", "date", "mois", "day", "month"),
    "lost": ("perdus", "abandonnes", "abandons", "lost", "abandoned"),
    "received": ("recus", "presentes", "entrants", "offerts", "received", "offered"),
    "voice": ("svi", "vocal", "ivr"),
}
_DAY: Final = (
    re.compile(r"(?P<day>\d{1,2})/(?P<month>\d{1,2})/(?P<year>\d{4})", re.ASCII),
    re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})(?:[ T].*)?", re.ASCII),
)


@dataclass(frozen=True)
class Calls:
    received: int = 0
    lost: int = 0
    voice: int = 0

    def __add__(self, other: "Calls") -> "Calls":
        return Calls(self.received + other.received, self.lost + other.lost, self.voice + other.voice)

    @property
    def answered(self) -> int:
        """« Appels aboutis »: those that were not lost."""
        return self.received - self.lost


@dataclass(frozen=True)
class OfLine:
    """The calls of a line in a month; `service` is empty where nobody counts it."""

    number: str
    service: str
    month: str
    calls: Calls


@dataclass(frozen=True)
class Statistics:
    """What a file says, and what it would change. `silent` are lines that it does not name, in a month in
    which it names others of the same service; `partial` the months that change of which it has some days."""

    months: Examination
    lines: list[OfLine]
    silent: list[str]
    partial: list[str]

    @property
    def unknown(self) -> list[str]:
        return list(dict.fromkeys(line.number for line in self.lines if not line.service))


# --- lines -------------------------------------------------------------------------------------------------


def version(line: PhoneLine) -> int:
    return version_of(PhoneLine.history.filter(id=line.pk))


@transaction.atomic
def keep_line(line: PhoneLine, *, seen: int, by: Agent) -> PhoneLine:
    """Add a line, or change it. Raises ConflictError where somebody changed it since it was read, and
    RefusedError where the same number is counted twice in a month, or where its service does not measure the
    indicator: its calls would count nowhere."""
    line.prefecture.lock()
    if (latest := version(line)) != seen:
        raise ConflictError(PhoneLine.objects.filter(pk=line.pk).first(), latest)
    if not is_measured(line.service, line.indicator):
        raise RefusedError(
            f"«\xa0{line.service.name}\xa0» ne mesure pas cet indicateur\xa0: choisir celui qui le mesure."
        )
    for other in PhoneLine.objects.filter(prefecture=line.prefecture).exclude(pk=line.pk):
        if key(other.number) == key(line.number) and _overlap(other, line):
            raise RefusedError(
                f"La ligne «\xa0{other.number}\xa0» est déjà comptée pour {other.service}\xa0: donner son "
                "dernier mois d’abord."
            )
    sign(line, by).save()
    return line


def key(number: str) -> str:
    """« 04 91 15 60 00 », « +33 4 91 15 60 00 » and 491156000, as a spreadsheet keeps it, are one number."""
    signs = re.sub(r"[^0-9a-z]", "", plain(number))
    return re.sub(r"^(?:0033|33)?(?=\d{9}$)", "", signs).lstrip("0") or signs


def _overlap(one: PhoneLine, other: PhoneLine) -> bool:
    first, last = datetime.date.min, datetime.date.max
    return (one.first_month or first) <= (other.last_month or last) and (other.first_month or first) <= (
        one.last_month or last
    )


# --- columns -----------------------------------------------------------------------------------------------


def shape(rows: list[Row]) -> str:
    """What files of one server have in common: their headers, whatever their order."""
    return hashlib.sha256("\n".join(sorted(rows[0].cells)).encode()).hexdigest()


def propose(headers: Iterable[str]) -> dict[str, str]:
    """What each column may be, by the words of its header; nothing where no word tells."""
    left = list(headers)
    found: dict[str, str] = {}
    for name, words in _WORDS.items():
        header = next((one for word in words for one in left if word in folded(one).split()), None)
        if header:
            found[name] = header
            left.remove(header)
    return found


def mapping_of(source: FigureImport, rows: list[Row]) -> PhoneMapping | None:
    return PhoneMapping.objects.filter(prefecture=source.prefecture, shape=shape(rows)).first()


@transaction.atomic
def remember(source: FigureImport, rows: list[Row], columns: Mapping[str, str], *, by: Agent) -> PhoneMapping:
    """Read files of this shape in that way, from now on."""
    source.prefecture.lock()
    mapping = mapping_of(source, rows) or PhoneMapping(prefecture=source.prefecture, shape=shape(rows))
    mapping.columns = {name: header for name, header in columns.items() if header}
    sign(mapping, by).save()
    return mapping


# --- files -------------------------------------------------------------------------------------------------


def examine(source: FigureImport, rows: list[Row], mapping: PhoneMapping) -> Statistics:
    """What a file says of the calls of a year, and what it would change."""
    prefecture, period = source.prefecture, Period.year(source.year)
    if lacking := [name for name in mapping.columns.values() if name not in rows[0].cells]:
        raise RefusedError(f"Il manque la colonne « {lacking[0]} ».")
    owners = PhoneLine.objects.filter(prefecture=prefecture).select_related(
        "service__unit__prefecture", "indicator__engagement"
    )
    lines: dict[str, list[PhoneLine]] = defaultdict(list)
    for line in owners:
        lines[key(line.number)].append(line)
    problems = []
    calls: dict[tuple[str, datetime.date], Calls] = defaultdict(Calls)
    days: dict[tuple[str, datetime.date], set[datetime.date]] = defaultdict(set)
    first_rows: dict[tuple[str, datetime.date], Row] = {}
    for row in rows:
        own_words = Row(row.line, {name: visible(row[header]) for name, header in mapping.columns.items()})
        wrong: list[WrongCellError] = []
        day, own = _read(own_words, source.year, wrong)
        problems += [problem_in(row, mapping.columns[one.column], one.code, str(one)) for one in wrong]
        if day and own:
            place = own_words["line"], month_of(day)
            first_rows.setdefault(place, row)
            calls[place] += own
            days[place].add(day)
    shown: list[OfLine] = []
    known: dict[datetime.date, set[datetime.date]] = defaultdict(set)
    sums: dict[tuple[Service, datetime.date, Indicator], tuple[Row, Calls]] = {}
    counted: set[tuple[int, datetime.date]] = set()
    for (number, month), own in sorted(calls.items(), key=lambda item: (item[0][0], item[0][1])):
        owner = next((one for one in lines[key(number)] if _covers(one, month)), None)
        shown.append(OfLine(number, named(owner.service) if owner else "", in_words(month), own))
        if owner:
            counted.add((owner.pk, month))
            known[month] |= days[number, month]
            of_service = owner.service, month, owner.indicator
            row, before = sums.get(of_service, (first_rows[number, month], Calls()))
            sums[of_service] = row, before + own
    silent = [
        f"{line.number} ({in_words(month)})"
        for service, month, indicator in sums
        for line in owners
        if (line.service, line.indicator) == (service, indicator)
        and _covers(line, month)
        and (line.pk, month) not in counted
    ]
    filled = _filled(prefecture, period, sums)
    owed = Owed(prefecture, period.first, period.last)
    months = settle(prefecture, period, owed, filled, problems, rows=len(rows))
    changed = sorted({month for _, month in months.cells})
    return Statistics(months, shown, silent, _partial(prefecture, {one: known[one] for one in changed}))


def confirm(source: FigureImport, *, by: Agent, read: str, is_agreed: bool) -> Examination:
    """Write what somebody read (`read` is its fingerprint): all of it, once. Where the file has some days
    alone of a month, they agree first."""
    with transaction.atomic():
        source.prefecture.lock()
        draft = uploads.hold(source, FigureImport.State.TO_CHECK)
        rows = uploads.rows_of(draft)
        mapping = mapping_of(draft, rows)
        if mapping is None:
            raise RefusedError("Dire d’abord ce que contient chaque colonne.")
        said = examine(draft, rows, mapping)
        examined = said.months
        if said.partial and not is_agreed:
            raise RefusedError(
                "Le fichier n’a qu’une partie d’un mois\xa0: cocher la case pour l’enregistrer."
            )
        if not examined.problems:
            uploads.refuse_unread(examined.imported, examined.fingerprint, read)
        write(draft, examined, by=by)
    return examined


def _partial(prefecture: Prefecture, known: Mapping[datetime.date, set[datetime.date]]) -> list[str]:
    """« mars 2020 (du 02/03/2020 au 13/03/2020) »: the months whose first or last working day is outside of
    the days of the file. A file by month dates its rows of the first, and has no other day."""
    workdays = closures.calendar(prefecture)
    found = []
    for month, days in known.items():
        first, last = min(days), max(days)
        whole = (month.replace(day=number) for number in range(1, last_day(month).day + 1))
        left_out = (day for day in whole if not first <= day <= last)
        if last > month and any(map(workdays.is_working, left_out)):
            found.append(f"{in_words(month)} (du {french_day(first)} au {french_day(last)})")
    return found


def _covers(line: PhoneLine, month: datetime.date) -> bool:
    return (line.first_month or month) <= month <= (line.last_month or month)


def _read(row: Row, year: int, wrong: list[WrongCellError]) -> tuple[datetime.date | None, Calls | None]:
    """The day and the calls of a row; an empty cell is no call. What cannot be read is told."""
    if not row["line"]:
        sentence = "Le numéro de la ligne téléphonique manque."
        wrong.append(WrongCellError("line", Wrong.UNREADABLE_CELL, sentence))
    day = kept(wrong, lambda: _day(row["day"], year))
    received, lost, voice = (
        kept(wrong, lambda name=name: number_in(row, name))  # type: ignore[misc]
        for name in ("received", "lost", "voice")
    )
    calls = Calls(received or 0, lost or 0, voice or 0)
    if calls.answered < 0 and not wrong:
        sentence = f"{calls.lost} appels perdus sur {calls.received} reçus : c'est impossible."
        wrong.append(WrongCellError("lost", Wrong.IMPOSSIBLE, sentence))
    return (None, None) if wrong else (day, calls)


def _day(text: str, year: int) -> datetime.date:
    """The first of a month where the row is of a month."""
    number, own_year = month_and_year(text)
    day = 1
    for form in _DAY:
        if found := form.fullmatch(text):
            day, number, own_year = (int(found[name]) for name in ("day", "month", "year"))
    try:
        known = datetime.date(own_year, number, day)
    except ValueError:
        sentence = f"« {text[:60]} » n'est ni un jour, ni un mois."
    else:
        if known.year == year:
            return known
        sentence = f"Ce jour n'est pas de {year} : apporter le fichier pour son année."
    raise WrongCellError("day", Wrong.UNREADABLE_MONTH, sentence)


def _filled(
    prefecture: Prefecture,
    period: Period,
    sums: Mapping[tuple[Service, datetime.date, Indicator], tuple[Row, Calls]],
) -> dict[tuple[Service, datetime.date], list[Filled]]:
    """The cells that the sums fill, over what stands there now; what somebody wrote beside it stays."""
    stood = standings(prefecture, {service for service, _, _ in sums}, period)
    filled: dict[tuple[Service, datetime.date], list[Filled]] = defaultdict(list)
    for (service, month, indicator), (row, calls) in sums.items():
        standing = stood[service, month]
        known = standing.rows.get(indicator.pk)
        beside = Said.of(known) if known and not known.why_unmeasured else Said()
        said = replace(
            beside,
            numerator=calls.lost,
            denominator=calls.received,
            reason="Statistiques du serveur téléphonique.",
        )
        of_service = replace(row, cells={"service": named(service), "indicator": indicator.title})
        cell = Typed(indicator, said, standing.versions.get(indicator.pk, 0))
        filled[service, month].append(Filled(of_service, cell))
    return filled
