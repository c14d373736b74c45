"""What an app has for somebody to do: it says so, and only the digest writes to people."""

import datetime
from dataclasses import dataclass

STAGES = (-5, -1, 1, 3, 8, 18, 38, 78, 158, 318)
"""When something is reminded of, in working days from its deadline: a week before, on its eve, as soon as it
is late, then after intervals that double."""


@dataclass(frozen=True)
class Due:
    """Something that a person has to do by a day; `key` names it for ever, so that it is reminded of once a
    stage, each of `stages` in turn."""

    agent_id: int
    prefecture_id: int
    key: str
    subject: str
    due_on: datetime.date
    url: str
    why: str
    stages: tuple[int, ...] = STAGES
