"""One mail to one person is one job. Its text is written when it leaves: no link that opens an account lies
in the database.

An app registers who writes the mails of a kind (`writer`, in its `tasks.py`) and orders each one in the
transaction of its cause (`order`). A server that refuses or cannot be reached is tried again, as for any job;
a mail interrupted while the server was being given it is « à vérifier », since it may have left.
"""

import contextlib
import datetime
import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formataddr, parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.validators import validate_email
from django.db.models import QuerySet
from django.utils import timezone

from jobs import queue
from jobs.models import Job

MAX_A_DAY = 10

# The server has answered no: nothing has left.
REFUSALS = (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused, smtplib.SMTPNotSupportedError)


class TooManyError(Exception):
    """The recipient has been written to often enough for a day."""


@dataclass(frozen=True)
class Mail:
    """What stands in its headers is of one line, its addresses are addresses; ValidationError otherwise.

    `sender` names who writes; the address itself is the installation's (`DEFAULT_FROM_EMAIL`).
    """

    to: str
    subject: str
    body: str
    sender: str = ""
    reply_to: str = ""
    unsubscribe: str = ""
    """Where the recipient's mail program stops such mails by one POST (RFC 8058)."""

    def __post_init__(self) -> None:
        for address in filter(None, (self.to, self.reply_to)):
            validate_email(address)
        for name in ("subject", "sender"):
            object.__setattr__(self, name, " ".join(getattr(self, name).split()))

    def message(self) -> EmailMessage:
        name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
        headers = {"Auto-Submitted": "auto-generated"}  # an absence message answers it not
        if self.unsubscribe:
            headers["List-Unsubscribe"] = f"<{self.unsubscribe}>"
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        return EmailMessage(
            subject=self.subject,
            body=self.body,
            from_email=formataddr((self.sender or name, address)),
            to=[self.to],
            reply_to=[self.reply_to] if self.reply_to else None,
            headers=headers,
        )


def writer(kind: str) -> Callable[[Callable[..., Mail | None]], Callable[..., Mail | None]]:
    """Register who writes the mails of a kind as they leave; None where there is no reason to any longer."""

    def register(write: Callable[..., Mail | None]) -> Callable[..., Mail | None]:
        def send(report: queue.Report, **payload: Any) -> None:
            if mail := write(**payload):
                deliver(mail, report)

        queue.handler(kind)(send)
        return write

    return register


def order(
    kind: str,
    *,
    recipient: str,
    cause: str,
    at_most: int = MAX_A_DAY,
    asked_by_id: int | None = None,
    prefecture_id: int | None = None,
    **payload: Any,
) -> Job:
    """Queue a mail once for a cause. `recipient` is a name of ours for a person (« agent-12 »), no address.

    TooManyError where the recipient has had `at_most` mails ordered in a day.
    """
    since = timezone.now() - datetime.timedelta(days=1)
    ordered = mails_to(recipient).filter(created_at__gt=since).count()
    key = key_of(kind, recipient, cause)
    if ordered >= at_most and not Job.objects.filter(key=key).exists():
        raise TooManyError(f"Déjà {ordered} courriels en un jour pour cette personne\xa0: réessayez demain.")
    return queue.enqueue(kind, key=key, asked_by_id=asked_by_id, prefecture_id=prefecture_id, **payload)


def key_of(kind: str, recipient: str, cause: str) -> str:
    """The key of the job of a mail."""
    return f"mail:{recipient}:{kind}:{cause}"


def mails_to(recipient: str, kind: str = "") -> QuerySet[Job]:
    """The jobs of a person's mails, the latest first."""
    return Job.objects.filter(key__startswith=f"mail:{recipient}:{kind}").order_by("-pk")


def deliver(mail: Mail, report: queue.Report) -> None:
    message = mail.message()
    message.message()  # what makes no mail fails here, before anything may have left
    connection = get_connection()
    connection.open()
    try:
        report(50, "Remise au serveur", may_be_done=True)
        try:
            connection.send_messages([message])
        except REFUSALS:
            report(0, "Refusé par le serveur")
            raise
    finally:
        with contextlib.suppress(smtplib.SMTPException, OSError):
            connection.close()
