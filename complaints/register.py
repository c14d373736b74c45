"""The register: every write to a case, each one transaction with its event.

What is received is numbered in its préfecture and year without a gap, whoever writes at the same moment. Each
write reckons the clock anew and refuses, in a sentence, what cannot be: a day to come, a reply before the
receipt, a move of what is over. Who read another version than the one that stands is told (`ConflictError`).
"""

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import Max

from complaints.judging import Judge
from complaints.models import Appointment, Attachment, Case, Event, Pause, Remark, Requester, Theme
from sheets.words import french_day
from sites import attachments, files
from sites.conflicts import ConflictError, RefusedError
from sites.models import Agent, Prefecture, Service, Site, Unit
from sites.workdays import WorkdaysError

State, Happened = Case.State, Event.Kind
MOST_ATTACHMENTS = 50


class Body(models.TextChoices):
    """To whom a case is handed on that is not the préfecture's to answer."""

    ANTS = "ants", "France Titres (ANTS)"
    OTHER_PREFECTURE = "prefecture", "une autre préfecture"
    STATE = "state", "un autre service de l’État"
    LOCAL = "local", "une commune ou une collectivité"
    OTHER = "other", "un autre organisme"


class Dropped(models.TextChoices):
    """Why nothing is answered."""

    NO_ANSWER = "no_answer", "n’appelle pas de réponse"
    NOWHERE = "nowhere", "sans nom ni adresse où répondre"
    TWICE = "twice", "enregistrée en double"
    ABUSIVE = "abusive", "abusive ou répétitive"
    OTHER = "other", "autre motif"


@dataclass(frozen=True)
class Identity:
    """Who asks, as far as it is known."""

    name: str = ""
    organisation: str = ""
    address: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True)
class Description:
    """What is said of something received. A service belongs to the unit, a site too."""

    kind: str
    channel: str
    received_on: datetime.date
    subject: str
    unit: Unit
    requester_kind: str = Case.RequesterKind.CITIZEN
    text: str = ""
    site: Site | None = None
    service: Service | None = None
    theme: Theme | None = None
    needs_examination: bool = False
    is_from_rights_defender: bool = False
    requester: Identity = field(default_factory=Identity)

    @property
    def columns(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "requester"}


@dataclass(frozen=True)
class Joined:
    """A file that comes with a case, as it was sent."""

    title: str
    body: bytes


# --- Receiving ---------------------------------------------------------------------------------------------


def receive(
    prefecture: Prefecture,
    said: Description,
    *,
    by: Agent | None,
    on: datetime.date,
    joined: Sequence[Joined] = (),
    key: UUID | None = None,
) -> Case:
    """Register something received, on a day `on` that may come long after it, with its files. The same `key`
    again makes nothing: it gives what it made."""
    with ExitStack() as stack:
        kept = [(file.title, *stack.enter_context(_kept(prefecture, file))) for file in joined]
        stack.enter_context(transaction.atomic())
        prefecture.lock()
        if key and (twice := Case.objects.filter(prefecture=prefecture, entry_key=key).first()):
            for _, name, _ in kept:
                files.remove(name)
            return twice
        case = Case(prefecture=prefecture, registered_by=by, entry_key=key)
        _describe(case, said, on)
        case.year = said.received_on.year
        numbered = Case.objects.filter(prefecture=prefecture, year=case.year)
        case.number = (numbered.aggregate(last=Max("number"))["last"] or 0) + 1
        requester = Requester(case=case, **vars(said.requester))
        case.is_answerable = requester.is_answerable
        appointment = _appointment(case)
        judge = Judge.of(prefecture)
        with _sentences():
            judge.choose_rules(case, appointment)
            judge.reckon(case, appointment)
        _write(case, requester, appointment)
        _tell(case, Happened.REGISTERED, on=on, by=by, to_service=case.service)
        for one in kept:
            _attach(case, *one, by=by, on=on)
    return case


def correct(case: Case, said: Description, *, seen: int, by: Agent, on: datetime.date) -> Case:
    """Correct what is said of a case, closed or not. It keeps its number; the rule of what it now is, and of
    the day when it now was received, judges it. The same words again change nothing, whoever wrote them."""
    with _held(case, None) as held:
        requester = held.requester
        changed = [name for name, value in said.columns.items() if getattr(held, name) != value]
        identity = [name for name, value in vars(said.requester).items() if getattr(requester, name) != value]
        if not changed and not identity:
            return held
        _check_seen(held, seen)
        before = held.due_on
        _describe(held, said, on)
        vars(requester).update(vars(said.requester))
        held.is_answerable = requester.is_answerable
        appointment = _appointment(held)
        if any(day and day < held.received_on for day in (held.first_reply_on, held.closed_on)):
            raise RefusedError(
                f"Cette affaire a une suite d’avant le {french_day(held.received_on)}\xa0: "
                "la date de réception ne peut pas lui être postérieure."
            )
        judge = Judge.of(held.prefecture)
        with _sentences():
            if {"kind", "channel", "requester_kind", "received_on"} & set(changed):
                judge.choose_rules(held, appointment)
            judge.reckon(held, appointment)
        _write(held, requester, appointment)
        facts = {"columns": changed + ["requester"] * bool(identity), **_moved(before, held.due_on)}
        _tell(held, Happened.CORRECTED, on=on, by=by, facts=facts)
        return held


def _describe(case: Case, said: Description, on: datetime.date) -> None:
    if said.received_on > on:
        raise RefusedError(
            f"Le {french_day(said.received_on)} est à venir\xa0: la date de réception est celle du jour "
            "où le courrier est arrivé."
        )
    _check_there(said.unit, said.service, said.site, said.theme)
    for place in (said.service, said.site):
        if place and place.unit_id != said.unit.pk:
            raise RefusedError(f"«\xa0{place.name}\xa0» n’appartient pas à {said.unit}.")
    if said.unit.prefecture_id != case.prefecture_id:
        raise RefusedError(f"«\xa0{said.unit}\xa0» n’appartient pas à {case.prefecture}.")
    for name, value in said.columns.items():
        setattr(case, name, value)


def _appointment(case: Case) -> Appointment | None:
    """The second promise made to a local authority that asks for an appointment; to nobody else."""
    is_promised = case.asked.has_two_promises
    found = Appointment.objects.filter(case_id=case.pk).first() if case.pk else None
    if is_promised:
        return found or Appointment(case=case)
    if found and found.takes_place_on:
        raise RefusedError(
            "Un rendez-vous a été donné pour cette affaire\xa0: elle reste une demande de rendez-vous "
            "d’une collectivité."
        )
    if found:
        found.delete()
    return None


# --- Following ---------------------------------------------------------------------------------------------


def acknowledge(case: Case, *, sent_on: datetime.date, seen: int, by: Agent, on: datetime.date) -> Case:
    """Note that the requester was told that it arrived; no clock is kept by that."""
    with _held(case, seen) as held:
        _check_open(held)
        _check_day(held, sent_on, on)
        return _follow(held, Happened.ACKNOWLEDGED, sent_on, by)


def hold(
    case: Case, *, sent_on: datetime.date, seen: int, by: Agent, on: datetime.date, remark: str = ""
) -> Case:
    """Note a holding reply. It is a first reply; whether it keeps the delay is not its to say (DESIGN §8)."""
    with _held(case, seen) as held:
        _check_open(held)
        _check_day(held, sent_on, on)
        held.first_reply_on = min(held.first_reply_on or sent_on, sent_on)
        return _follow(held, Happened.HELD, sent_on, by, remark)


def assign(
    cases: Iterable[Case],
    *,
    unit: Unit,
    service: Service | None,
    by: Agent,
    on: datetime.date,
    seen: Mapping[int, int] | None = None,
    remark: str = "",
) -> list[Case]:
    """Give cases to a service, or to a unit that will find one, all or none. The clock goes on. Those that
    are there already do not move, whoever gave them: they take the remark as a note."""
    if service and service.unit_id != unit.pk:
        raise RefusedError(f"«\xa0{service.name}\xa0» n’appartient pas à {unit}.")
    if service and service.ends_on and service.ends_on < on:
        raise RefusedError(f"«\xa0{service.name}\xa0» est fermé\xa0: choisir un autre service.")
    moved = []
    with transaction.atomic():
        _check_there(unit, service)
        for case in cases:
            with _held(case, None) as held:
                if unit.prefecture_id != held.prefecture_id:
                    raise RefusedError(f"«\xa0{unit}\xa0» n’appartient pas à {held.prefecture}.")
                if (held.unit_id, held.service_id) == (unit.pk, service.pk if service else None):
                    if remark:
                        _note(held, remark, by=by, on=on)
                    continue
                _check_seen(held, seen[case.pk] if seen else None)
                _check_open(held)
                former = held.service
                if held.unit_id != unit.pk:
                    held.site = None
                held.unit, held.service = unit, service
                if service and held.asked_service_id == service.pk:
                    held.asked_service = None
                moved.append(
                    _follow(held, Happened.ASSIGNED, on, by, remark, from_service=former, to_service=service)
                )
    return moved


def ask(case: Case, service: Service, *, seen: int, by: Agent, on: datetime.date, remark: str = "") -> Case:
    """Ask another service for its part, which lets it read the case. The case stays, its clock goes on."""
    with _held(case, seen) as held:
        _check_open(held)
        _check_there(service)
        if service.unit.prefecture_id != held.prefecture_id or service.pk == held.service_id:
            raise RefusedError("Choisir un autre service de la préfecture.")
        if held.asked_service_id:
            raise RefusedError(f"{held.asked_service} est déjà sollicité\xa0: noter d’abord sa contribution.")
        held.asked_service = service
        return _follow(held, Happened.ASKED, on, by, remark, to_service=service)


def receive_help(
    case: Case, *, received_on: datetime.date, seen: int, by: Agent, on: datetime.date, remark: str = ""
) -> Case:
    """Note that the service that was asked has given its part, or is no longer waited for."""
    with _held(case, seen) as held:
        if not held.asked_service:
            raise RefusedError("Aucun service n’est sollicité sur cette affaire.")
        _check_day(held, received_on, on)
        former, held.asked_service = held.asked_service, None
        return _follow(held, Happened.HELPED, received_on, by, remark, from_service=former)


def pause(
    case: Case,
    *,
    starts_on: datetime.date,
    reason: str,
    seen: int,
    by: Agent,
    on: datetime.date,
    remark: str = "",
) -> Case:
    """Stop the clock from a day on, which may be past."""
    with _held(case, seen) as held:
        _check_open(held)
        if not held.has_clock:
            raise RefusedError("Cette affaire n’a pas de délai à suspendre.")
        _check_day(held, starts_on, on)
        last = held.pauses.last()
        if last and last.ends_on is None:
            raise RefusedError("Le délai de cette affaire est déjà suspendu.")
        if last and last.ends_on and starts_on <= last.ends_on:
            raise RefusedError(
                f"Le délai était déjà suspendu jusqu’au {french_day(last.ends_on)}\xa0: "
                "la nouvelle suspension commence après."
            )
        if reason not in Pause.Reason.values:
            raise RefusedError("Choisir le motif de la suspension.")
        held.pauses.create(starts_on=starts_on, reason=reason)
        held.state = State.PAUSED
        return _follow(held, Happened.PAUSED, starts_on, by, remark, facts={"reason": reason})


def resume(
    case: Case, *, ends_on: datetime.date, seen: int, by: Agent, on: datetime.date, remark: str = ""
) -> Case:
    """Let the clock go on after a day, the last that does not count."""
    with _held(case, seen) as held:
        lasting = held.pauses.filter(ends_on=None).first()
        if held.state != State.PAUSED or lasting is None:
            raise RefusedError("Le délai de cette affaire n’est pas suspendu.")
        _check_day(held, ends_on, on)
        if ends_on < lasting.starts_on:
            raise RefusedError(
                f"La suspension a commencé le {french_day(lasting.starts_on)}\xa0: "
                "elle ne finit pas avant ce jour-là."
            )
        lasting.ends_on = ends_on
        lasting.save()
        held.state = State.OPEN
        return _follow(held, Happened.RESUMED, ends_on, by, remark)


# --- Closing -----------------------------------------------------------------------------------------------


def answer(
    case: Case,
    *,
    answered_on: datetime.date,
    seen: int,
    by: Agent,
    on: datetime.date,
    takes_place_on: datetime.date | None = None,
    remark: str = "",
) -> Case:
    """Close a case by its reply, which gives the day of the appointment where a local authority asks for one.
    A pause that still lasts ends on the eve of the reply."""
    with _held(case, seen) as held:
        _close(held, State.ANSWERED, answered_on, on)
        held.answered_on = answered_on
        held.first_reply_on = min(held.first_reply_on or answered_on, answered_on)
        appointment = Appointment.objects.filter(case=held).first()
        facts = {}
        if takes_place_on:
            if appointment is None:
                raise RefusedError("Seul un rendez-vous demandé par une collectivité a une date à tenir.")
            if takes_place_on < answered_on:
                raise RefusedError("Le rendez-vous ne précède pas la réponse qui le donne.")
            appointment.takes_place_on = takes_place_on
            facts["takes_place_on"] = takes_place_on.isoformat()
        return _follow(held, Happened.ANSWERED, answered_on, by, remark, facts=facts, appointment=appointment)


def hand_on(
    case: Case,
    *,
    body: str,
    sent_on: datetime.date,
    seen: int,
    by: Agent,
    on: datetime.date,
    remark: str = "",
) -> Case:
    """Close a case that is not the préfecture's to answer: it leaves the rates, and is counted apart."""
    if body not in Body.values:
        raise RefusedError("Choisir l’organisme auquel l’affaire est transmise.")
    with _held(case, seen) as held:
        _close(held, State.TRANSFERRED, sent_on, on)
        return _follow(held, Happened.HANDED_ON, sent_on, by, remark, facts={"body": body})


def withdraw(
    case: Case, *, withdrawn_on: datetime.date, seen: int, by: Agent, on: datetime.date, remark: str = ""
) -> Case:
    """Close a case that its requester takes back."""
    with _held(case, seen) as held:
        _close(held, State.WITHDRAWN, withdrawn_on, on)
        return _follow(held, Happened.WITHDRAWN, withdrawn_on, by, remark)


def drop(case: Case, *, reason: str, seen: int, by: Agent, on: datetime.date, remark: str = "") -> Case:
    """Close a case without a reply, and say why."""
    if reason not in Dropped.values:
        raise RefusedError("Choisir le motif du classement sans suite.")
    if reason == Dropped.OTHER and not remark:
        raise RefusedError("Dire en quelques mots pourquoi l’affaire est classée sans suite.")
    with _held(case, seen) as held:
        _close(held, State.DROPPED, on, on)
        return _follow(held, Happened.DROPPED, on, by, remark, facts={"reason": reason})


def reopen(case: Case, *, remark: str, seen: int, by: Agent, on: datetime.date) -> Case:
    """Take back the closing of a case, as if it had not been: its clock runs since the receipt. A requester
    who writes again makes a new case."""
    if not remark:
        raise RefusedError("Dire pourquoi l’affaire est rouverte.")
    with _held(case, seen) as held:
        if held.is_open:
            raise RefusedError("Cette affaire n’est pas close.")
        held.state, held.answered_on, held.closed_on = State.OPEN, None, None
        holding = held.events.filter(kind=Happened.HELD).aggregate(first=models.Min("on"))
        held.first_reply_on = holding["first"]
        appointment = Appointment.objects.filter(case=held).first()
        if appointment:
            appointment.takes_place_on = None
        return _follow(held, Happened.REOPENED, on, by, remark, appointment=appointment)


def _close(case: Case, state: str, closed_on: datetime.date, on: datetime.date) -> None:
    _check_open(case)
    _check_day(case, closed_on, on)
    lasting = case.pauses.filter(ends_on=None).first()
    if lasting:
        eve = closed_on - datetime.timedelta(days=1)
        if eve < lasting.starts_on:
            lasting.delete()
        else:
            lasting.ends_on = eve
            lasting.save()
    case.state, case.closed_on, case.asked_service = state, closed_on, None


# --- What is joined ----------------------------------------------------------------------------------------


def note(case: Case, text: str, *, by: Agent, on: datetime.date) -> Event:
    """Add words to a case, open or closed; the same ones, sent twice, are added once."""
    if not text:
        raise RefusedError("Écrire la note avant de l’enregistrer.")
    with _held(case, None) as held:
        return _note(held, text, by=by, on=on)


def _note(case: Case, text: str, *, by: Agent, on: datetime.date) -> Event:
    last = case.events.filter(by=by, remark__text=text, kind__in=[Happened.NOTED, Happened.ASSIGNED]).last()
    if last and last == case.events.last():
        return last
    return _tell(case, Happened.NOTED, on=on, by=by, remark=text)


def attach(case: Case, joined: Sequence[Joined], *, by: Agent, on: datetime.date) -> list[Attachment]:
    """Keep files with a case, once they were looked at and made harmless: all or none. What it has already,
    of the same title, is not kept twice."""
    with ExitStack() as stack:
        kept = [(file.title, *stack.enter_context(_kept(case.prefecture, file))) for file in joined]
        held = stack.enter_context(_held(case, None))
        known, new = list(held.attachments.values_list("title", "sha256")), []
        for title, name, sha256 in kept:
            if (title, sha256) in known:
                files.remove(name)
            else:
                new.append((title, name, sha256))
                known.append((title, sha256))
        if len(known) > MOST_ATTACHMENTS:
            raise RefusedError(f"Une affaire garde au plus {MOST_ATTACHMENTS} pièces jointes.")
        return [_attach(held, *one, by=by, on=on) for one in new]


@contextmanager
def _kept(prefecture: Prefecture, file: Joined) -> Iterator[tuple[str, str]]:
    try:
        with attachments.kept(file.body, f"affaires/{prefecture.slug}") as name_and_hash:
            yield name_and_hash
    except attachments.UnsafeError as error:
        raise RefusedError(f"{file.title}\xa0: {error}") from error


def _attach(
    case: Case, title: str, name: str, sha256: str, *, by: Agent | None, on: datetime.date
) -> Attachment:
    attachment = Attachment(case=case, title=title, stored_as=name, sha256=sha256, added_by=by)
    _save(attachment)
    _tell(case, Happened.ATTACHED, on=on, by=by)
    return attachment


def last_step(case: Case) -> Event | None:
    """What was last written to a case, apart from what is joined to it: it made its version."""
    events = case.events.exclude(kind__in=[Happened.NOTED, Happened.ATTACHED])
    return events.select_related("by", "to_service", "remark").last()


# --- What every write has in common ------------------------------------------------------------------------


@contextmanager
def _held(case: Case, seen: int | None) -> Iterator[Case]:
    """The row as it stands, where nobody wrote it since it was read in the version `seen`."""
    with transaction.atomic():
        rows = Case.objects.select_for_update(of=("self",)).select_related(
            "prefecture", "service", "asked_service"
        )
        held = rows.get(pk=case.pk)
        _check_seen(held, seen)
        yield held


def _check_seen(case: Case, seen: int | None) -> None:
    if seen is not None and case.version != seen:
        raise ConflictError(case)


def _check_there(*chosen: models.Model | None) -> None:
    """What was chosen may have been deleted since the form was read: the database would say so at the end of
    the transaction, when nobody listens any more."""
    for row in chosen:
        if row and not type(row)._default_manager.filter(pk=row.pk).exists():
            raise RefusedError(f"«\xa0{row}\xa0» vient d’être supprimé\xa0: faire un autre choix.")


def _check_open(case: Case) -> None:
    if not case.is_open:
        raise RefusedError(f"Cette affaire est close ({case.get_state_display()})\xa0: la rouvrir d’abord.")


def _check_day(case: Case, day: datetime.date, on: datetime.date) -> None:
    if day > on:
        raise RefusedError(
            f"Le {french_day(day)} est à venir\xa0: donner un jour passé, ou celui d’aujourd’hui."
        )
    if day < case.received_on:
        raise RefusedError(
            f"Le {french_day(day)} précède la réception, le {french_day(case.received_on)}\xa0: "
            "vérifier les deux dates."
        )


def _follow(
    case: Case,
    kind: str,
    happened_on: datetime.date,
    by: Agent | None,
    remark: str = "",
    *,
    facts: Mapping[str, Any] | None = None,
    appointment: Appointment | None = None,
    from_service: Service | None = None,
    to_service: Service | None = None,
) -> Case:
    """Reckon the clock of a case that has moved, keep it, and tell what happened."""
    before = case.due_on
    appointment = appointment or Appointment.objects.filter(case=case).first()
    with _sentences():
        Judge.of(case.prefecture).reckon(case, appointment)
    _write(case, None, appointment)
    _tell(
        case,
        kind,
        on=happened_on,
        by=by,
        remark=remark,
        facts={**(facts or {}), **_moved(before, case.due_on)},
        from_service=from_service,
        to_service=to_service,
    )
    return case


def _write(case: Case, requester: Requester | None, appointment: Appointment | None) -> None:
    case.searchable = case.words(requester or case.requester)
    case.version = case.version + 1 if case.pk else 1
    _save(case)
    for row in (requester, appointment):
        if row:
            row.case = case
            _save(row)


def _save(row: models.Model) -> None:
    """The database checks its constraints all at once; Django, which asks it for one after the other, is only
    asked in what words to refuse. The rows that this one points to were just looked for."""
    at_hand = ["is_counted", *(field.name for field in row._meta.fields if field.is_relation)]
    try:
        row.full_clean(exclude=at_hand, validate_unique=False, validate_constraints=False)
        try:
            with transaction.atomic():
                row.save(force_insert=row._state.adding)
        except IntegrityError:
            row.full_clean(exclude=["is_counted"])
            raise
    except ValidationError as error:
        raise RefusedError(" ".join(error.messages)) from error


@contextmanager
def _sentences() -> Iterator[None]:
    """What the calendar refuses, as a refusal of ours."""
    try:
        yield
    except WorkdaysError as error:
        raise RefusedError(str(error)) from error


def _moved(before: datetime.date | None, after: datetime.date | None) -> dict[str, list[str]]:
    if before == after:
        return {}
    return {"due_on": [day.isoformat() if day else "" for day in (before, after)]}


def _tell(
    case: Case,
    kind: str,
    *,
    on: datetime.date,
    by: Agent | None,
    remark: str = "",
    facts: Mapping[str, Any] | None = None,
    from_service: Service | None = None,
    to_service: Service | None = None,
) -> Event:
    event = Event.objects.create(
        case=case,
        kind=kind,
        on=on,
        by=by,
        facts=facts or {},
        from_service=from_service,
        to_service=to_service,
    )
    if remark:
        Remark.objects.create(event=event, text=remark)
    return event
