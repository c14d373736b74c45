"""What the register gives to the bilan of a year: the synthesis of complaints, and how the response deadlines
were kept.

It is frozen with the rest, and public. Themes that count one or two are added up, so that nobody is known by
what they alone complained of; late answers are told by their month, and a case only by an example that was
written of it. Seventeen queries, whatever the number of cases.
"""

import datetime
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from complaints.compliance import Figures
from complaints.models import Case
from improvement.models import Action
from indicators import from_register, history, periods, responses, synthesis
from indicators.periods import Period
from indicators.responses import Response
from indicators.synthesis import Line, Synthesis, Table
from referentiel.measures import MONTHS, Coverage, in_french, with_unit
from sheets.words import typeset
from sites.models import Prefecture, Unit

SMALLEST = 3
MOST_LATE = 40  # late answers that are told one by one
BY = ("unit", "kind", "requester_kind", "channel")


@dataclass(frozen=True)
class Counted:
    """What was received under a theme, a site, a unit, a channel or in a month, and the year before."""

    label: str
    complaints: int
    suggestions: int
    received: int
    before_label: str


@dataclass(frozen=True)
class Deadline:
    """How a unit kept the deadlines of a kind of request that came by a channel. The rate and its base are
    those of the months that no longer change; `so_far_label` is empty where these are all of them."""

    unit: str
    kind_label: str
    channel_label: str
    received: int
    answered: int
    on_time: int
    late: int
    open: int
    numerator: int
    denominator: int
    rate_label: str
    so_far_label: str
    mean_label: str
    apart_label: str


@dataclass(frozen=True)
class Late:
    """An answer that came late, or has not come; nothing says whose."""

    unit: str
    kind_label: str
    channel_label: str
    month_label: str
    delay_label: str


@dataclass(frozen=True)
class Received:
    """The part of the content, and what it lacks, as sentences; nothing at all where the register was not
    kept in the year."""

    block: dict[str, Any] | None
    gaps: list[str]


def of_year(prefecture: Prefecture, year: int, on: datetime.date) -> Received:
    since = from_register.since(prefecture)
    if since is None or since.year > year:
        return Received(None, [])
    period, cases = Period.year(year), Case.objects.all()
    units = {unit.pk: unit for unit in prefecture.units.all()}
    found = synthesis.of(prefecture, cases, period, on, units.values())
    kept = responses.of(prefecture, cases, period, BY, on)
    is_silent = not found.now.months and not found.total.now.received
    late = responses.late(prefecture, cases, period, on)
    told, late_sentence = _told(late)
    block = {
        "months": [month.month for month in found.now.months],
        "months_label": _months_label(found),
        "sentences": found.questions if is_silent else found.sentences,
        "caution": "" if is_silent else found.caution,
        # The zeros of a year that nobody followed are none.
        "tables": [] if is_silent else [_table(found, table) for table in found.tables],
        "points": [point._asdict() for point in found.points],
        "examples": [
            {"theme": line.label, "text": example.text}
            for line in found.themes.lines
            for example in found.examples.get(line.key, ())
        ],
        "actions": _actions(prefecture, found),
        "deadlines": [asdict(one) for one in _deadlines(units, kept)],
        "late": [asdict(_late(case)) for case in told],
        "late_sentence": late_sentence,
        "defender": {
            "received": found.defender.now.received,
            "before": found.defender.before.received if found.is_known_before else None,
            "rate_label": found.defender.now.rate_label,
            "mean_label": found.defender.now.mean_label,
        },
        "suspensions": [one.sentence for one in found.suspensions],
    }
    return Received(block, _gaps(found, list(kept.values())))


def _months_label(found: Synthesis) -> str:
    """Empty where it is the whole year."""
    coverage = Coverage(frozenset(month.month for month in found.now.months))
    return "" if coverage.is_whole_year else coverage.label or "aucun"


def _table(found: Synthesis, table: Table) -> dict[str, Any]:
    lines, hides = list(table.lines), table is found.themes
    few = [line for line in lines if hides and 0 < line.now.received < SMALLEST]
    told = [_counted(found, line.label, [line], hides=hides) for line in lines if line not in few]
    if few:
        told.append(_counted(found, f"autres, moins de {SMALLEST} chacun", few, hides=hides))
    return {"head": table.head, "lines": [asdict(line) for line in told]}


def _counted(found: Synthesis, label: str, lines: Sequence[Line], *, hides: bool) -> Counted:
    before = sum(line.before.received for line in lines)
    before_label = f"moins de {SMALLEST}" if hides and 0 < before < SMALLEST else in_french(before)
    return Counted(
        label,
        complaints=sum(line.now.complaints for line in lines),
        suggestions=sum(line.now.suggestions for line in lines),
        received=sum(line.now.received for line in lines),
        before_label=before_label if found.is_known_before else "—",
    )


def _actions(prefecture: Prefecture, found: Synthesis) -> list[dict[str, str]]:
    """Those that a theme has called for: what a single case has called for might tell whose it was."""
    rows = Action.objects.filter(prefecture=prefecture, case=None).on_complaints(found.period)
    return [
        {
            "theme": action.theme.title if action.theme else "",
            "title": action.title,
            "state_label": action.get_state_display(),
            "on": (action.done_on or action.due_on).isoformat(),
        }
        for action in rows.select_related("theme").order_by("theme__position", "due_on", "number")
    ]


def _deadlines(units: dict[int, Unit], kept: dict[tuple[Any, ...], Figures]) -> list[Deadline]:
    """By unit, kind, kind of requester and channel, in the order in which each is offered."""
    places = {
        one: place
        for among in (units, Case.Kind.values, Case.RequesterKind.values, Case.Channel.values)
        for place, one in enumerate(among)
    }
    in_order = sorted(kept, key=lambda group: [places[one] for one in group])
    return [_deadline(units[group[0]], *group[1:], figures=kept[group]) for group in in_order]


def _deadline(unit: Unit, kind: str, requester_kind: str, channel: str, *, figures: Figures) -> Deadline:
    told = Response(unit, None, kind, channel, None, figures)
    reply, settled = figures.reply, figures.settled.rate
    return Deadline(
        unit=unit.short_name,
        kind_label=_kind(kind, requester_kind),
        channel_label=typeset(told.channel_label),
        received=figures.received,
        answered=reply.answered,
        on_time=reply.on_time,
        late=reply.late,
        open=reply.open,
        numerator=settled.numerator,
        denominator=settled.denominator,
        rate_label=history.in_words(settled, "percent"),
        so_far_label=told.so_far if figures.unsettled else "",
        mean_label=told.mean,
        apart_label=told.apart_label,
    )


def _kind(kind: str, requester_kind: str) -> str:
    """« demande de renseignement (collectivité) »."""
    label = typeset(Case.Kind(kind).label)
    of_authority = requester_kind == Case.RequesterKind.AUTHORITY
    return f"{label} (collectivité)" if of_authority else label


def _told(late: list[Case]) -> tuple[list[Case], str]:
    """The late answers that are told one by one, few enough to be read, and what is said of the others."""
    if len(late) <= MOST_LATE:
        return late, "" if late else "Aucune."
    ours = [case for case in late if case.kind in synthesis.KINDS]
    whole = f"{in_french(len(late))} réponses hors délai ou attendues au-delà\xa0: le tableau dit où."
    if len(ours) > MOST_LATE:
        return [], whole
    return (
        ours,
        f"{whole} Celles qui font suite à une réclamation ou à une suggestion\xa0:" if ours else whole,
    )


def _late(case: Case) -> Late:
    delay = "sans réponse"
    if case.delay_days is not None:
        delay = f"{with_unit(case.delay_days, 'days')}, pour {case.allowed_days}"
    return Late(
        unit=case.unit.short_name,
        kind_label=_kind(case.kind, case.requester_kind),
        channel_label=typeset(case.get_channel_display()),
        month_label=periods.in_words(case.month),
        delay_label=delay,
    )


def _gaps(found: Synthesis, kept: Sequence[Figures]) -> list[str]:
    """What still moves, what was not sorted, and what nobody may have followed."""
    sentences = list(found.questions)
    unsettled = sorted({month for figures in kept for month in figures.unsettled})
    if unsettled:
        months = ", ".join(MONTHS[month.month] for month in unsettled)
        sentences.append(
            f"Délais de réponse\xa0: des échéances sont encore à venir, ces mois peuvent changer ({months})."
        )
    if hidden := len(found.hidden_examples):
        sentences.append(
            f"Exemples de réclamations à réécrire, où le demandeur se reconnaîtrait\xa0: {in_french(hidden)}."
        )
    if found.without_theme:
        lack = "n’a" if found.without_theme == 1 else "n’ont"
        sentences.append(
            f"Réclamations et suggestions\xa0: {in_french(found.without_theme)} {lack} pas de thème."
        )
    return sentences
