"""A case in words: what is to be done and by when, why that day, and what happened to it."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from django.utils.formats import date_format

from complaints.clock import MONTHS, WORKING, Clock
from complaints.models import Appointment, Case, Event, Pause
from complaints.register import Body, Dropped
from sheets.words import french_day, typeset
from sites.days import in_full
from sites.workdays import WorkCalendar

State, Happened = Case.State, Event.Kind
ONE_DAY = datetime.timedelta(days=1)


def named(case: Case) -> str:
    """« courrier n° 2020-0042, reçu le 12/05/2020 »: nothing that somebody wrote."""
    _, what, received = _called(case)
    return f"{what} {case}, {received} le {french_day(case.received_on)}"


def lateness(case: Case) -> str:
    """« Un courriel reçu en août a eu sa réponse en 8 jours ouvrés, pour 5. »: it is printed, and names
    nobody."""
    an, what, received = _called(case)
    of = f"{an} {what} {received} en {date_format(case.received_on, 'F')}"
    if case.delay_days is not None:
        return f"{of} a eu sa réponse en {spent(case)}, pour {case.allowed_days}."
    return f"{of} attend sa réponse, due le {french_day(case.due_on)}." if case.due_on else f"{of}."


def _called(case: Case) -> tuple[str, str, str]:
    """« Un », « courriel », « reçu »: a request for information is called by the paper that brings it."""
    if case.kind == Case.Kind.ENQUIRY and case.channel in (Case.Channel.LETTER, Case.Channel.EMAIL):
        return "Un", case.get_channel_display(), "reçu"
    return "Une", typeset(case.get_kind_display()), "reçue"


def due_in_words(due_on: datetime.date, on: datetime.date, days: WorkCalendar) -> str:
    """« aujourd’hui », « demain », « dans 4 jours ouvrés », « 3 jours ouvrés de retard »: the delay that a
    reply of today would still have, or would have too much."""
    match (due_on - on).days:
        case 0:
            return "aujourd’hui"
        case 1:
            return "demain"
    if due_on > on:
        return f"dans {_days(days.delay(on, due_on))}"
    return f"{_days(days.delay(due_on, on))} de retard"


def _days(number: int, kind: str = WORKING) -> str:
    """« 1 jour ouvré », « 7 jours calendaires »."""
    plural = "s" if number > 1 else ""
    return f"{number}\xa0jour{plural} {'ouvré' if kind == WORKING else 'calendaire'}{plural}"


# --- What is to be done ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Standing:
    """What stands at the top of a case. `tone` is that of an alert of the DSFR; `why` explains that there is
    no day, where there is none."""

    title: str
    tone: str
    why: str = ""


def standing(case: Case, on: datetime.date, calendar: WorkCalendar) -> Standing:
    if not case.is_open:
        return _closed(case)
    if not case.has_clock:
        return Standing("À traiter, sans échéance", "info", no_clock(case))
    if case.due_on is None:
        lasting = next(pause for pause in case.pauses.all() if pause.ends_on is None)
        since = f"Délai suspendu depuis le {in_full(lasting.starts_on)}"
        return Standing(since, "info", f"Motif\xa0: {lasting}. L’échéance sera connue à la reprise du délai.")
    distance = due_in_words(case.due_on, on, calendar)
    if case.due_on < on:
        paused = "Le délai a été suspendu après l’échéance." if case.state == State.PAUSED else ""
        return Standing(f"À répondre depuis le {in_full(case.due_on)}, {distance}", "error", paused)
    if case.due_on == on:
        return Standing(f"À répondre aujourd’hui, {in_full(on)}", "warning")
    return Standing(f"À répondre au plus tard le {in_full(case.due_on)}, {distance}", "info")


def _closed(case: Case) -> Standing:
    day = in_full(case.closed_on) if case.closed_on else ""
    match case.state:
        case State.TRANSFERRED:
            return Standing(f"Transmise à un autre organisme le {day}", "success")
        case State.WITHDRAWN:
            return Standing(f"Retirée par l’usager le {day}", "success")
        case State.DROPPED:
            return Standing(f"Classée sans suite le {day}", "success")
    if case.due_on is None:
        return Standing(f"Répondue le {day}", "success")
    kept = "dans le délai" if case.is_within else "après l’échéance"
    late = f"Elle était due le {french_day(case.due_on)}\xa0; délai de réponse\xa0: {spent(case)}."
    return Standing(f"Répondue le {day}, {kept}", "success" if case.is_within else "warning", late)


def no_clock(case: Case) -> str:
    """Why nothing is due to a day."""
    if case.allowed_days is None:
        return (
            f"Aucune règle ne donne de délai pour une {typeset(case.get_kind_display())} "
            f"({case.get_requester_kind_display()}) reçue par ce canal\xa0: {case.get_channel_display()}."
        )
    if not case.is_answerable:
        return (
            "Sans nom, ou sans adresse où répondre, aucun délai ne court. Compléter la saisie si l’un "
            "des deux est connu."
        )
    return "La demande appelle l’instruction d’un dossier\xa0: elle est suivie, mais aucun délai ne court."


def as_it_stands(case: Case) -> list[tuple[str, str]]:
    """What somebody who wrote meanwhile should know; two queries."""
    last = case.events.select_related("by", "from_service", "to_service", "remark").last()
    said = [
        ("État", str(case.get_state_display())),
        ("Confiée à", case.service.name if case.service else f"{case.unit.name}, service à choisir"),
        ("Échéance", french_day(case.due_on) if case.due_on else "aucune"),
    ]
    if case.asked_service:
        said.append(("Contribution demandée à", case.asked_service.name))
    for told in trail([last] if last else []):
        by = f", par {told.event.by}" if told.event.by else ""
        what = ". ".join(part for part in (f"{told.what}{by}", told.detail, told.remark) if part)
        said.append(("Dernier évènement", what))
    return said


def spent(row: Case | Appointment) -> str:
    """« 3 jours ouvrés »; whole months are counted in calendar days."""
    return "" if row.delay_days is None else _days(row.delay_days, row.allowed_day_kind)


def allowed(row: Case | Appointment) -> str:
    """« 10 jours ouvrés », as the rule said when it was last reckoned by it."""
    if row.allowed_days is None:
        return "aucune règle"
    if row.allowed_day_kind == MONTHS:
        return f"{row.allowed_days}\xa0mois"
    return _days(row.allowed_days, row.allowed_day_kind)


# --- Why that day ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Days:
    """Days that follow one another: one that counts, with its number, or those that do not, with why."""

    first: datetime.date
    last: datetime.date
    number: int = 0
    reason: str = ""

    def __str__(self) -> str:
        """« lundi 11 mai », « du samedi 9 mai au dimanche 10 mai »."""
        first, last = (in_full(day, with_year=False) for day in (self.first, self.last))
        return first if self.first == self.last else f"du {first} au {last}"


@dataclass(frozen=True)
class Promise:
    """What is promised of a case: a reply, and to a local authority a date for its appointment."""

    label: str
    row: Case | Appointment
    allowed: str
    spent: str
    days: list[Days]


def promises(case: Case, appointment: Appointment | None, calendar: WorkCalendar) -> list[Promise]:
    named: dict[str, Case | Appointment] = {"Réponse": case}
    if appointment:
        named["Date du rendez-vous"] = appointment
    return [
        Promise(label, row, allowed(row), spent(row), _explained(case, row, calendar))
        for label, row in named.items()
    ]


def _explained(case: Case, row: Case | Appointment, calendar: WorkCalendar) -> list[Days]:
    """The days after the receipt up to the due date, those that do not count gathered."""
    if row.due_on is None:
        return []
    clock = Clock(case.received_on, calendar, case.paused_days)
    counted, skipped = clock.explain(row.due_on, row.allowed_day_kind)
    found = [Days(day, day, number) for number, day in enumerate(counted, 1)]
    return sorted([*found, *_gathered(skipped)], key=lambda days: days.first)


def _gathered(skipped: Iterable[tuple[datetime.date, str]]) -> Iterable[Days]:
    numbered = enumerate(skipped)
    for _, group in groupby(numbered, key=lambda one: one[1][0] - ONE_DAY * one[0]):
        off = [day for _, day in group]
        reasons = dict.fromkeys(part for _, reason in off for part in reason.split(", "))
        is_weekend = set(reasons) == {"samedi", "dimanche"}
        why = "fin de semaine" if is_weekend else typeset(", ".join(reasons))
        yield Days(off[0][0], off[-1][0], reason=why)


# --- What happened -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """A line of the trail; `detail` tells it whole, `remark` is what somebody added."""

    event: Event
    what: str
    detail: str
    remark: str


FIELD_NAMES = {
    "kind": "nature",
    "channel": "canal",
    "received_on": "date de réception",
    "subject": "objet",
    "unit": "unité",
    "requester_kind": "qualité du demandeur",
    "text": "texte",
    "site": "site",
    "service": "service",
    "theme": "thème",
    "needs_examination": "instruction d’un dossier",
    "is_from_rights_defender": "saisine du Défenseur des droits",
    "requester": "demandeur",
}


def trail(events: Iterable[Event]) -> list[Told]:
    """`events` with their authors, services and remarks at hand."""
    return [
        Told(event, _what(event), _detail(event), event.remark.text if hasattr(event, "remark") else "")
        for event in events
    ]


def _what(event: Event) -> str:
    match event.kind:
        case Happened.REGISTERED if event.to_service:
            return f"Enregistrée, confiée à {event.to_service.name}"
        case Happened.ASSIGNED if event.to_service:
            return f"Confiée à {event.to_service.name}"
        case Happened.ASSIGNED:
            return "Rendue à son unité, sans service"
        case Happened.ASKED:
            return f"Contribution demandée à {event.to_service.name}" if event.to_service else ""
        case Happened.HELPED:
            return f"Contribution reçue de {event.from_service.name}" if event.from_service else ""
    return str(event.get_kind_display()).capitalize()


def _detail(event: Event) -> str:
    facts, said = event.facts, []
    match event.kind:
        case Happened.HANDED_ON:
            said.append(f"À {Body(facts['body']).label}")
        case Happened.DROPPED:
            said.append(f"Motif\xa0: {Dropped(facts['reason']).label}")
        case Happened.PAUSED:
            said.append(f"Motif\xa0: {Pause.Reason(facts['reason']).label}")
        case Happened.CORRECTED:
            said.append("Corrigé\xa0: " + ", ".join(FIELD_NAMES[name] for name in facts["columns"]))
        case Happened.ASSIGNED if event.from_service:
            said.append(f"Auparavant\xa0: {event.from_service.name}")
    if "takes_place_on" in facts:
        day = datetime.date.fromisoformat(facts["takes_place_on"])
        said.append(f"Rendez-vous donné pour le {french_day(day)}")
    for name, label in (("due_on", "Échéance"), ("dated_due_on", "Échéance du rendez-vous")):
        if name in facts:
            before, after = (_fact_day(text) for text in facts[name])
            said.append(f"{label}\xa0: {before} → {after}")
    return ". ".join(said)


def _fact_day(text: str) -> str:
    return french_day(datetime.date.fromisoformat(text)) if text else "aucune"
