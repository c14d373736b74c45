"""Which cases of the register an indicator counts: its row of the norm says it, or nothing does."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from referentiel.models import COUNTING, DelayRule, Indicator

Milestone = DelayRule.Milestone
NAMES = {"kinds": "demandes", "requesters": "demandeurs", "channels": "canaux"}


@dataclass(frozen=True)
class Counting:
    """The cases of these kinds, requesters and channels; of an appointment, the reply or the date given."""

    kinds: frozenset[str]
    requesters: frozenset[str]
    channels: frozenset[str]
    milestone: str

    @classmethod
    def of(cls, indicator: Indicator) -> Self | None:
        """None where the register does not count it."""
        said = indicator.counted_from
        if not said:
            return None
        return cls(
            frozenset(said["kinds"]),
            frozenset(said["requesters"]),
            frozenset(said["channels"]),
            said.get("milestone", Milestone.REPLY),
        )


def in_words(said: Mapping[str, Any]) -> str:
    """« demande d’information ; demandeurs : usager ; canaux : courriel, formulaire du site »."""
    if not said:
        return "rien"
    parts = []
    for name, words in NAMES.items():
        labels = [label for value, label in COUNTING[name].choices if value in said[name]]
        every = len(labels) == len(COUNTING[name].choices)
        parts.append(f"{words}\xa0: {'tous' if every else ', '.join(labels)}")
    if said.get("milestone") == Milestone.DATED:
        parts.append("délai\xa0: jusqu’à la date du rendez-vous")
    return "\xa0; ".join(parts)
