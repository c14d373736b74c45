"""All writes on accounts and rights: who is invited, may what, until when; passwords, sessions, codes.

Each is one transaction with its line in the journal and the mail that it causes, and refuses loudly
(`RefusedError`, a sentence for the person who asked).
"""

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django_otp.oath import TOTP

from jobs import mail
from sites import mails, passwords, second_factor, trace
from sites.models import Agent, TraceEntry

ACCOUNT = TraceEntry.Event.ACCOUNT

# Half of what a person may get a day: a stranger who asks again and again leaves room for an invitation.
RESETS_A_DAY = mail.MAX_A_DAY // 2


class RefusedError(Exception):
    """What was asked cannot be; its text says why, and what to do instead."""


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


def remove_second_factor(agent: Agent, *, by: Agent) -> None:
    """Ask this agent for no code any more: they gave it up, or lost telephone and recovery codes."""
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
