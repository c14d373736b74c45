"""Passwords that are accepted, and the links by which one is chosen: signed, dated, good for one use.

Long rather than complicated: no digit or capital is asked for, but what everybody would try is refused.
"""

import datetime
import re
import unicodedata
from enum import Enum

from django.core import signing
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from sites.models import Agent, Membership, lasting

MINIMUM = 15
MINIMUM_OF_THE_POWERFUL = 16
POWERFUL = (Membership.Role.QUALITY_MANAGER, Membership.Role.ADMINISTRATOR)
MAXIMUM = 1_000

# --- what is accepted --------------------------------------------------------------------------------------

# Words that everybody here would try; an agent's own name and address come on top.
COMMON_WORDS = """
accueil administrateur administration agent bonjour bouches changeme departement direction engagement france
iloveyou interieur janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre label
liberte egalite fraternite letmein marianne marseille ministere mot passe password prefecture prefet printemps
ete automne hiver qualepref qualipref qualite quality referent republique responsable rhone secret service
soleil sous welcome
"""
RUNS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "azertyuiopqsdfghjklmwxcvbn",
    "qwertyuiopasdfghjklzxcvbnm",
)
RUN_LENGTH = 4
LEFT_TO_GUESS = 7
"""How many characters must remain once common words, runs and repetitions are taken out."""


def minimum_for(agent: Agent | None) -> int:
    """16 characters for who may change rights, now or later; 15 for the others."""
    if agent is None or agent.pk is None:
        return MINIMUM
    held = agent.memberships.filter(lasting(timezone.localdate()), role__in=POWERFUL)
    return MINIMUM_OF_THE_POWERFUL if held.exists() else MINIMUM


def is_guessable(password: str, own_words: tuple[str, ...] = ()) -> bool:
    """Made of nothing but words that everybody would try, of runs of the alphabet or of the keyboard, and of
    repetitions.
    """
    text = _plain(password)
    for word in sorted({*COMMON_WORDS.split(), *map(_plain, own_words)}, key=len, reverse=True):
        if len(word) > 2:
            text = text.replace(word, " ")
    for run in RUNS:
        for line in (run, run[::-1]):
            for start in range(len(line) - RUN_LENGTH + 1):
                text = text.replace(line[start : start + RUN_LENGTH], " ")
    text = re.sub(r"(.+?)\1+", r"\1", text.replace(" ", ""))
    return len(text) < LEFT_TO_GUESS


def _plain(text: str) -> str:
    """Letters and digits alone, without accents or capitals."""
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return "".join(character for character in decomposed if character.isalnum())


class LongEnough:
    def validate(self, password: str, user: Agent | None = None) -> None:
        if len(password) < (minimum := minimum_for(user)):
            raise ValidationError(
                f"Ce mot de passe compte {len(password)} caractères\xa0: il en faut au moins {minimum}."
            )

    def get_help_text(self) -> str:
        return f"Au moins {MINIMUM} caractères."


class HardToGuess:
    def validate(self, password: str, user: Agent | None = None) -> None:
        own = tuple(re.split(r"[\W_]+", f"{user.full_name} {user.email}")) if user else ()
        if is_guessable(password, own):
            raise ValidationError(
                "Ce mot de passe serait vite deviné\xa0: mots courants, suites du clavier, répétitions ou "
                "votre nom. Ajoutez des mots sans lien entre eux."
            )

    def get_help_text(self) -> str:
        return "Ni mot courant seul, ni suite du clavier, ni votre nom."


# --- links -------------------------------------------------------------------------------------------------


class Link(Enum):
    """Why somebody is sent a link, and how long it is good."""

    INVITATION = datetime.timedelta(days=7)
    RESET = datetime.timedelta(hours=1)

    @property
    def salt(self) -> str:
        return f"sites.passwords.{self.name}"


def token_for(agent: Agent, link: Link) -> str:
    """It is spoilt by the first password chosen, sign-in or closing of the account after it was made."""
    return signing.dumps([agent.pk, _state(agent)], salt=link.salt)


def agent_of(token: str) -> Agent | None:
    """Who may choose a password by this token; None for one that is too old, used, spoilt or invented."""
    for link in Link:
        try:
            pk, state = signing.loads(token, salt=link.salt, max_age=link.value)
        except signing.BadSignature:
            continue
        agent = Agent.objects.filter(pk=pk, is_active=True).first()
        if agent and constant_time_compare(state, _state(agent)):
            return agent
    return None


def _state(agent: Agent) -> str:
    state = f"{agent.password}|{agent.email}|{agent.last_login}|{agent.session_epoch}"
    return salted_hmac("sites.passwords", state, algorithm="sha256").hexdigest()[:32]
