"""What an app has for somebody to do: it says so, and only the digest writes to people."""

import datetime
from dataclasses import dataclass


@dataclass(frozen=True)
class Due:
    """Something that a person has to do by a day; `key` names it for ever, so that it is reminded of once a
    stage."""

    agent_id: int
    prefecture_id: int
    key: str
    subject: str
    due_on: datetime.date
    url: str
    why: str
