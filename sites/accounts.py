"""All writes on accounts and rights: who is invited, may what, until when; passwords, sessions, codes.

Each is one transaction with its line in the journal and the mail that it causes, and refuses loudly
(`RefusedError`, a sentence for the person who asked).
"""

import datetime
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django_otp.oath import TOTP

from jobs import mail
from sites import agents, mails, passwords, second_factor, trace
from sites.conflicts import RefusedError
from sites.models import Absence, Agent, Membership, Prefecture, TraceEntry, in_force, lasting

Role = Membership.Role
ACCOUNT = TraceEntry.Event.ACCOUNT

# Half of what a person may get a day: a stranger who asks again and again leaves room for an invitation.
RESETS_A_DAY = mail.MAX_A_DAY // 2


class ChangedMeanwhileError(RefusedError):
    """Somebody changed the membership since its form was opened; `stored` is what it has become."""

    def __init__(self, stored: Membership) -> None:
        self.stored = stored
        since = f" du {stored.starts_on:%d/%m/%Y}" if stored.starts_on else ""
        until = f" jusqu’au {stored.ends_on:%d/%m/%Y}" if stored.ends_on else ""
        super().__init__(
            "Quelqu’un a changé cette affectation depuis que vous l’avez ouverte. Elle dit désormais\xa0: "
            f"{stored.scope_label}{since}{until}{', suppléant' if stored.is_deputy else ''}. Enregistrez de "
            "nouveau pour la remplacer par la vôtre, ou revenez sans enregistrer."
        )


# --- who may what ------------------------------------------------------------------------------------------


def invite(membership: Membership, *, email: str, full_name: str, by: Agent) -> Membership:
    """Open a role to the person of an address, who gets a mail: with or without an account, nothing tells.

    `membership` says role, préfecture (none for an administrator), scope and dates; its agent is found here.
    """
    with _arranging(membership.prefecture):
        agent = membership.agent = _agent_of(email, full_name)
        _open(membership, full_name, by)
        _order_invitation(agent, membership.prefecture, by)
    return membership


def install_administrator(email: str, full_name: str) -> str:
    """The first administrator, named by who holds the server; or one more, when all are locked out. The link
    to choose a password, or nothing for who has one: it is shown there, since mail may not work yet.
    """
    with transaction.atomic():
        agent = _agent_of(email, full_name)
        today = timezone.localdate()
        if not agent.memberships.filter(in_force(today), role=Role.ADMINISTRATOR).exists():
            membership = Membership.objects.create(agent=agent, role=Role.ADMINISTRATOR)
            trace.keep(ACCOUNT, "Administrateur nommé par commande", agent=None, concerns=membership.agent)
    return "" if agent.has_usable_password() else mails.invitation_link(agent)


def grant(membership: Membership, *, by: Agent) -> Membership:
    """One more role for somebody the préfecture knows."""
    with _arranging(membership.prefecture):
        _open(membership, membership.agent.full_name, by)
    return membership


def change(membership: Membership, *, seen: str, by: Agent) -> Membership:
    """Another scope, other dates, titular or deputy: as `membership` now says, read before in `seen`."""
    with _arranging(membership.prefecture):
        _not_ones_own(membership.agent, by)
        stored = Membership.objects.select_related("unit", "service__unit").get(pk=membership.pk)
        if terms_of(stored) != seen:
            raise ChangedMeanwhileError(stored)
        _refuse_twice(membership)
        membership.save()
        _keep("Affectation modifiée", membership, by)
    return membership


def end(membership: Membership, *, on: datetime.date, by: Agent) -> None:
    """The last day of a role; one that would not have begun by then is forgotten."""
    with _arranging(membership.prefecture):
        _not_ones_own(membership.agent, by)
        membership.refresh_from_db()
        if membership.starts_on and on < membership.starts_on:
            _keep("Affectation annulée", membership, by)
            membership.delete()
            return
        membership.ends_on = on
        membership.save()
        _keep("Fin d’affectation", membership, by)


def replace(
    agent: Agent, prefecture: Prefecture, *, email: str, full_name: str, on: datetime.date, by: Agent
) -> list[Membership]:
    """Hand all that an agent holds in the préfecture over to the person of an address, from a day on."""
    if on < prefecture.today():
        raise RefusedError(
            "Un remplacement commence aujourd’hui au plus tôt\xa0: ce qui est passé est passé."
        )
    eve = on - datetime.timedelta(days=1)
    with _arranging(prefecture):
        _not_ones_own(agent, by)
        successor = _agent_of(email, full_name)
        if successor == agent:
            raise RefusedError("C’est l’adresse de l’agent à remplacer\xa0: écrivez celle de son successeur.")
        held = list(agent.memberships.filter(lasting(on), prefecture=prefecture))
        if not held:
            raise RefusedError("Cet agent n’a plus d’affectation à cette date\xa0: rien n’est à transmettre.")
        handed_over = []
        for membership in held:
            starts_on = max(on, membership.starts_on or on)
            heir = Membership(
                agent=successor,
                role=membership.role,
                prefecture=prefecture,
                unit=membership.unit,
                service=membership.service,
                is_deputy=membership.is_deputy,
                starts_on=starts_on,
                ends_on=membership.ends_on,
            )
            if membership.starts_on and membership.starts_on >= on:
                membership.delete()
            else:
                membership.ends_on = eve
                membership.save()
            _open(heir, full_name, by)
            handed_over.append(heir)
        _stand_in_from(on, agent, successor, prefecture)
        trace.keep(ACCOUNT, "Agent remplacé", agent=by, concerns=agent, prefecture=prefecture)
        _order_invitation(successor, prefecture, by)
    return handed_over


def send_invitation(agent: Agent, prefecture: Prefecture | None, *, by: Agent) -> None:
    with transaction.atomic():
        _order_invitation(agent, prefecture, by)
        trace.keep(ACCOUNT, "Invitation renvoyée", agent=by, concerns=agent, prefecture=prefecture)


def close_account(agent: Agent, *, by: Agent) -> None:
    """Nobody signs in with it any more, and its sessions end; what it holds stays, in case it is reopened."""
    prefectures = Prefecture.objects.filter(memberships__agent=agent).distinct()
    with ExitStack() as held:
        for prefecture in [None, *prefectures]:
            held.enter_context(_arranging(prefecture))
        _not_ones_own(agent, by)
        agent.is_active = False
        agent.save(update_fields=["is_active"])
        _end_sessions(agent)
        trace.keep_of(agent, ACCOUNT, "Compte désactivé", by=by)


def reopen_account(agent: Agent, *, by: Agent) -> None:
    """No session of before comes back with it."""
    with transaction.atomic():
        _not_ones_own(agent, by)
        agent.is_active = True
        agent.save(update_fields=["is_active"])
        trace.keep_of(agent, ACCOUNT, "Compte réactivé", by=by)


def terms_of(membership: Membership) -> str:
    """What a form keeps of the membership that its author read."""
    terms = (membership.unit_id, membership.service_id, membership.starts_on, membership.ends_on)
    return "|".join(str(term or "") for term in (*terms, membership.is_deputy))


@contextmanager
def _arranging(prefecture: Prefecture | None) -> Iterator[None]:
    """One writer at a time, who may not leave the préfecture without a quality manager (nor the installation
    without an administrator) one day sooner than before.
    """
    with transaction.atomic():
        if prefecture:
            prefecture.lock()
        else:
            list(Membership.objects.select_for_update().filter(role=Role.ADMINISTRATOR))
        before = _led_until(prefecture)
        yield
        after = _led_until(prefecture)
        if after < before:
            who = "La préfecture n’aurait plus de responsable qualité"
            if prefecture is None:
                who = "L’installation n’aurait plus d’administrateur"
            day = after + datetime.timedelta(days=1)
            raise RefusedError(f"{who} à partir du {day:%d/%m/%Y}\xa0: nommez d’abord qui prend la suite.")


def _led_until(prefecture: Prefecture | None) -> datetime.date:
    """The last day, counted from today without a gap, on which somebody may change rights; the eve if nobody
    may today.
    """
    today = prefecture.today() if prefecture else timezone.localdate()
    role = Role.QUALITY_MANAGER if prefecture else Role.ADMINISTRATOR
    held = Membership.objects.filter(prefecture=prefecture, role=role, agent__is_active=True)
    last = today - datetime.timedelta(days=1)
    for membership in held.order_by(F("starts_on").asc(nulls_first=True)):
        if membership.starts_on and membership.starts_on > last + datetime.timedelta(days=1):
            break
        if membership.ends_on is None:
            return datetime.date.max
        last = max(last, membership.ends_on)
    return last


def _agent_of(email: str, full_name: str) -> Agent:
    """The agent of an address; a new one, without a password, where there is none."""
    if agent := Agent.objects.filter(email__iexact=email).first():
        return agent
    agent, _ = Agent.objects.get_or_create(  # two préfectures may invite the same address at once
        email=email.lower(), defaults={"full_name": full_name, "password": make_password(None)}
    )
    return agent


def _open(membership: Membership, written_name: str, by: Agent) -> None:
    _not_ones_own(membership.agent, by)
    _refuse_twice(membership)
    known = membership.agent.memberships.filter(prefecture=membership.prefecture)
    if pending := next((held for held in known if held.is_pending), None):
        membership.invited_at, membership.invited_as = pending.invited_at, pending.invited_as
    elif not known:
        membership.invited_at, membership.invited_as = timezone.now(), written_name
    membership.save()
    _keep("Affectation ouverte", membership, by)


def _not_ones_own(agent: Agent, by: Agent) -> None:
    if agent == by:
        raise RefusedError(
            "Personne ne change ses propres droits\xa0: demandez à une autre personne responsable de la "
            "qualité, ou à l’administrateur de l’installation."
        )


def _refuse_twice(membership: Membership) -> None:
    same = Membership.objects.exclude(pk=membership.pk).filter(
        agent=membership.agent,
        prefecture=membership.prefecture,
        role=membership.role,
        unit=membership.unit,
        service=membership.service,
    )
    first, last = membership.starts_on or datetime.date.min, membership.ends_on or datetime.date.max
    for held in same:
        if (held.starts_on or first) <= last and (held.ends_on or last) >= first:
            raise RefusedError("Cet agent tient déjà ce rôle, au même endroit, à ces dates.")


def _stand_in_from(on: datetime.date, agent: Agent, successor: Agent, prefecture: Prefecture) -> None:
    """The reminders of those who are away, and for whom an agent stood in, go on to the successor."""
    covered = Absence.objects.filter(prefecture=prefecture, deputy=agent, ends_on__gte=on)
    for absence in covered.exclude(agent=successor):
        if absence.starts_on < on:
            covered.filter(pk=absence.pk).update(ends_on=on - datetime.timedelta(days=1))
            absence.pk, absence.starts_on = None, on
        absence.deputy = successor
        absence.save()


def _order_invitation(agent: Agent, prefecture: Prefecture | None, by: Agent) -> None:
    try:
        mail.order(
            mails.INVITATION,
            recipient=mails.recipient(agent),
            cause=f"{mails.place(prefecture)}-{_this_minute()}",
            asked_by_id=by.pk,
            prefecture_id=prefecture.pk if prefecture else None,
            agent_id=agent.pk,
            place_id=prefecture.pk if prefecture else None,
        )
    except mail.TooManyError as error:
        raise RefusedError(str(error)) from error


def _keep(what: str, membership: Membership, by: Agent) -> None:
    about = f"{what}\xa0: {membership.get_role_display()}"
    if membership.is_deputy:
        about += " suppléant"
    if membership.unit or membership.service:
        about += f", {membership.scope_label}"
    if membership.starts_on:
        about += f", du {membership.starts_on:%d/%m/%Y}"
    if membership.ends_on:
        about += f", jusqu’au {membership.ends_on:%d/%m/%Y}"
    trace.keep(ACCOUNT, about, agent=by, concerns=membership.agent, prefecture=membership.prefecture)


# --- one's own account -------------------------------------------------------------------------------------


def ask_for_reset(email: str) -> None:
    """Send a link to choose a password, if the address is somebody's. Nobody learns here whether it is: the
    same rows are written for an address that is nobody's, and the worker writes to none.
    """
    agent = Agent.objects.filter(email__iexact=email, is_active=True).first()
    nobody = salted_hmac("sites.accounts.nobody", email.lower(), algorithm="sha256").hexdigest()[:16]
    try:
        mail.order(
            mails.RESET,
            recipient=mails.recipient(agent) if agent else f"nobody-{nobody}",
            cause=_this_minute(),
            at_most=RESETS_A_DAY,
            agent_id=agent.pk if agent else None,
        )
    except mail.TooManyError:  # saying so would tell that somebody asks for this address
        return


def choose_password(token: str, password: str) -> Agent | None:
    """Take the password that somebody chose by a link; None where the link has been used meanwhile."""
    with transaction.atomic():
        found = passwords.agent_of(token)
        agent = found and Agent.objects.select_for_update().get(pk=found.pk)
        if agent is None or passwords.agent_of(token) is None:
            return None
        was_invited = not agent.has_usable_password()
        _set_password(agent, password)
        trace.keep_of(agent, ACCOUNT, "Mot de passe choisi par un lien")
        if not was_invited:
            _tell(agent, "password")
    return agent


def change_password(agent: Agent, password: str) -> None:
    with transaction.atomic():
        _set_password(agent, password)
        trace.keep_of(agent, ACCOUNT, "Mot de passe changé")
        _tell(agent, "password")


def rename(agent: Agent, full_name: str) -> None:
    with transaction.atomic():
        agent.full_name = full_name
        agent.save(update_fields=["full_name"])
        trace.keep_of(agent, ACCOUNT, "Nom changé")


def close_sessions(agent: Agent) -> None:
    """End every session of the agent; whoever asks for it in one of theirs keeps that one."""
    with transaction.atomic():
        _end_sessions(agent)
        trace.keep_of(agent, ACCOUNT, "Sessions fermées")


def enrol(agent: Agent, key: str, clock: TOTP) -> list[str]:
    """Ask for a code of this telephone from now on; the recovery codes, to be shown once."""
    with transaction.atomic():
        codes = second_factor.enrol(agent, key, clock)
        _end_sessions(agent)
        trace.keep_of(agent, ACCOUNT, "Second facteur mis en place")
        _tell(agent, "second_factor_on")
    return codes


def renew_codes(agent: Agent) -> list[str]:
    with transaction.atomic():
        codes = second_factor.renew_codes(agent)
        trace.keep_of(agent, ACCOUNT, "Codes de secours renouvelés")
    return codes


def reset_second_factor(agent: Agent, *, by: Agent, prefecture: Prefecture | None = None) -> None:
    """For who has lost telephone and recovery codes. A quality manager does it in the own préfecture, for who
    has no right elsewhere: there the account is not theirs alone.
    """
    _not_ones_own(agent, by)
    if prefecture and not agents.is_of_this_prefecture_alone(agent, prefecture):
        raise RefusedError(
            "Ce compte a d’autres droits que ceux de la préfecture\xa0: demandez à l’administrateur de "
            "l’installation."
        )
    remove_second_factor(agent, by=by)


def remove_second_factor(agent: Agent, *, by: Agent) -> None:
    """Ask this agent for no code any more."""
    with transaction.atomic():
        if not second_factor.remove(agent):
            raise RefusedError("Aucun second facteur n’est en place pour ce compte.")
        _end_sessions(agent)
        what = "Second facteur retiré" if by == agent else "Second facteur réinitialisé"
        trace.keep_of(agent, ACCOUNT, what, by=by)
        _tell(agent, "second_factor_off")


def tell_recovery_code_used(agent: Agent) -> None:
    with transaction.atomic():
        trace.keep_of(agent, ACCOUNT, "Code de secours employé")
        _tell(agent, "recovery_code")


def _set_password(agent: Agent, password: str) -> None:
    agent.set_password(password)
    agent.save(update_fields=["password"])


def _end_sessions(agent: Agent) -> None:
    Agent.objects.filter(pk=agent.pk).update(session_epoch=F("session_epoch") + 1)
    agent.refresh_from_db(fields=["session_epoch"])


def _tell(agent: Agent, what: str) -> None:
    """A mail about what has just changed, unless there were too many today: the change itself stands."""
    try:
        mail.order(
            mails.NOTICE,
            recipient=mails.recipient(agent),
            cause=f"{what}:{_this_minute()}",
            agent_id=agent.pk,
            what=what,
        )
    except mail.TooManyError:
        return


def _this_minute() -> str:
    """The same gesture twice in a minute is one mail: a double click, a page sent again."""
    return f"{timezone.now():%Y%m%d%H%M}"
