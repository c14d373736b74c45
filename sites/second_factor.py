"""The second factor: a code of the agent's telephone (TOTP), or a recovery code, once each.

Quality managers and administrators cannot do without where SECOND_FACTOR_REQUIRED is set; the others choose.
What the session says of it is true, since every change of it ends the agent's other sessions.
"""

import datetime
import re
import secrets
import time
from binascii import unhexlify
from collections.abc import Callable
from enum import Enum
from typing import TypeVar

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from sites.access import AgentRequest, Role, holdings
from sites.models import Agent, RecoveryCode

MARK = "second_factor"
SHORT_PASSWORD = "password_is_short"  # noqa: S105 - the name of a mark in the session

RECOVERY_CODES = 10
CODE_CHARACTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # none that is read for another
CODE_LENGTH = 12
TOLERANCE = 1  # a code is good half a minute before and after its own
# Each wrong code doubles the wait, from a second up to 34 minutes: never for good.
MAX_FAILURES = 12

View = TypeVar("View", bound=Callable[..., object])


class WaitError(Exception):
    """Too many wrong codes: none is looked at before a while."""

    def __init__(self, wait: datetime.timedelta) -> None:
        minutes = -(-int(wait.total_seconds()) // 60)
        pause = f"{minutes} minutes" if minutes > 1 else "une minute"
        super().__init__(f"Trop de codes erronés\xa0: attendez {pause} avant d’essayer de nouveau.")


# --- what stands between a password and the pages ----------------------------------------------------------


class Stage(Enum):
    """What is asked of who has signed in with a password: the route of its page."""

    CODE = "second_factor_code"
    ENROL = "second_factor"
    PASSWORD = "account_password"  # noqa: S105


def open_at(stage: Stage) -> Callable[[View], View]:
    """Mark the view where one does what a stage asks; all others lead to it."""

    def mark(view: View) -> View:
        view.open_at = stage  # type: ignore[attr-defined]
        return view

    return mark


def stage(request: AgentRequest) -> Stage | None:
    """What must be done before any page is shown; None for who is signed in altogether."""
    mark = request.session.get(MARK)
    if mark == "expected":
        return Stage.CODE
    if mark is None and is_required(request):
        return Stage.CODE if device_of(request.user) else Stage.ENROL
    return Stage.PASSWORD if request.session.get(SHORT_PASSWORD) else None


def is_required(request: AgentRequest) -> bool:
    """Of who may change rights today."""
    if not settings.SECOND_FACTOR_REQUIRED:
        return False
    held = holdings(request)
    roles = {membership.role for access in held.accesses for membership in access.memberships}
    return held.is_administrator or Role.QUALITY_MANAGER in roles


def begin(request: HttpRequest, agent: Agent) -> bool:
    """After the password: whether a code is expected of this session."""
    if device_of(agent) is None:
        return False
    request.session[MARK] = "expected"
    return True


def passed(request: HttpRequest) -> None:
    request.session.cycle_key()
    request.session[MARK] = "passed"


# --- the device and its codes ------------------------------------------------------------------------------


def device_of(agent: Agent) -> TOTPDevice | None:
    return TOTPDevice.objects.filter(user=agent, confirmed=True).first()


def verify(agent: Agent, typed: str) -> str:
    """« app » for a code of the telephone, « recovery » for a recovery code, empty for a wrong one; each is
    good once. WaitError while the account is made to wait.
    """
    code = re.sub(r"[\W_]", "", typed).upper()
    with transaction.atomic():
        device = TOTPDevice.objects.select_for_update().filter(user=agent, confirmed=True).first()
        if device is None:
            return ""
        allowed, why = device.verify_is_allowed()
        if not allowed:
            raise WaitError(why["locked_until"] - timezone.now())
        if code.isascii() and code.isdigit():
            kind = "app" if device.verify_token(code) else ""
        else:
            kind = "recovery" if _use(agent, code) else ""
            device.throttle_reset() if kind else device.throttle_increment()
        if device.throttling_failure_count > MAX_FAILURES:
            device.throttling_failure_count = MAX_FAILURES
            device.save(update_fields=["throttling_failure_count"])
    return kind


def new_key() -> str:
    return secrets.token_hex(20)


def unsaved_device(agent: Agent, key: str) -> TOTPDevice:
    return TOTPDevice(user=agent, key=key, name="téléphone", tolerance=TOLERANCE)


def matches(key: str, code: str) -> TOTP | None:
    """The clock of a telephone that holds the key, where the code is one of the moment."""
    if not (code.isascii() and code.isdigit() and len(code) == 6):
        return None
    clock = TOTP(unhexlify(key))
    clock.time = time.time()
    return clock if clock.verify(int(code), TOLERANCE) else None


def enrol(agent: Agent, key: str, clock: TOTP) -> list[str]:
    """Take the telephone that has shown a right code, in the place of any other: its recovery codes."""
    TOTPDevice.objects.filter(user=agent).delete()
    device = unsaved_device(agent, key)
    device.last_t, device.drift, device.confirmed = clock.t(), clock.drift, True
    device.save()
    return renew_codes(agent)


def renew_codes(agent: Agent) -> list[str]:
    """New recovery codes, which end the old ones. This is the only time that anybody sees them."""
    codes = [
        "".join(secrets.choice(CODE_CHARACTERS) for _ in range(CODE_LENGTH)) for _ in range(RECOVERY_CODES)
    ]
    RecoveryCode.objects.filter(agent=agent).delete()
    RecoveryCode.objects.bulk_create(RecoveryCode(agent=agent, digest=_digest(code)) for code in codes)
    return ["-".join(re.findall("....", code)) for code in codes]


def codes_left(agent: Agent) -> int:
    return RecoveryCode.objects.filter(agent=agent, used_at=None).count()


def remove(agent: Agent) -> bool:
    """Ask this agent for no code any more; False if none was asked for."""
    RecoveryCode.objects.filter(agent=agent).delete()
    return bool(TOTPDevice.objects.filter(user=agent).delete()[0])


def _use(agent: Agent, code: str) -> bool:
    unused = RecoveryCode.objects.filter(agent=agent, digest=_digest(code), used_at=None)
    return bool(unused.update(used_at=timezone.now()))


def _digest(code: str) -> str:
    return salted_hmac("sites.second_factor", code, algorithm="sha256").hexdigest()
