"""Within how many days something must be answered in a préfecture: its rules, read once."""

import datetime
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

from referentiel.models import Adoption, DelayRule, national_or_own
from sites.models import Prefecture

Kind, Requester, Milestone = DelayRule.Kind, DelayRule.Requester, DelayRule.Milestone


class Asked(NamedTuple):
    """What decides of a delay, beside the day of receipt."""

    kind: str
    channel: str
    requester: str
    milestone: str = Milestone.REPLY

    @property
    def has_two_promises(self) -> bool:
        """A local authority that asks for an appointment is promised a reply, and a date that comes soon."""
        return self.kind == Kind.APPOINTMENT and self.requester == Requester.AUTHORITY


@dataclass(frozen=True)
class Rulebook:
    """The rules of the référentiels that a préfecture has followed, each with the days when it did."""

    rules: Mapping[Asked, Sequence[DelayRule]]
    adoptions: Mapping[int, Sequence[Adoption]]

    @classmethod
    def of(cls, prefecture: Prefecture) -> Self:
        """Two queries."""
        adoptions: dict[int, list[Adoption]] = defaultdict(list)
        for adoption in Adoption.objects.filter(prefecture=prefecture):
            adoptions[adoption.referentiel_id].append(adoption)
        rules: dict[Asked, list[DelayRule]] = defaultdict(list)
        for rule in DelayRule.objects.filter(national_or_own([prefecture]), referentiel__in=adoptions):
            rules[Asked(rule.kind, rule.channel, rule.requester, rule.milestone)].append(rule)
        return cls(rules, adoptions)

    def in_force(self, asked: Asked, received_on: datetime.date) -> DelayRule | None:
        """The rule that holds for what was received on a day; one without `days` states that there is none.

        The préfecture's own row wins over the national one; then the référentiel adopted last, then the row
        that began last. An appointment that a citizen asks for is an enquiry.
        """
        if asked.kind == Kind.APPOINTMENT and asked.requester == Requester.CITIZEN:
            if asked.milestone == Milestone.DATED:
                return None
            asked = asked._replace(kind=Kind.ENQUIRY)
        held = (
            (rule.prefecture_id is not None, adopted, rule.starts_on or datetime.date.min, rule)
            for rule in self.rules.get(asked, ())
            if _holds(rule, received_on)
            and (adopted := self._adopted(rule.referentiel_id, received_on)) is not None
        )
        found = max(held, key=lambda one: one[:3], default=None)
        return found[-1] if found else None

    def _adopted(self, referentiel: int, on: datetime.date) -> datetime.date | None:
        """Since when a référentiel is followed, where it is on a day."""
        since = (one.starts_on or datetime.date.min for one in self.adoptions[referentiel] if _holds(one, on))
        return max(since, default=None)


def _holds(row: DelayRule | Adoption, on: datetime.date) -> bool:
    return (row.starts_on or on) <= on <= (row.ends_on or on)
