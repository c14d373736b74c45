"""What an app finds of what somebody types in the search of every page (`qualepref.search` asks each)."""

from collections.abc import Sequence
from dataclasses import dataclass

MOST_HITS = 10
"""Of a subject, on the page of the search."""


@dataclass(frozen=True)
class Hit:
    title: str
    detail: str
    url: str


@dataclass(frozen=True)
class Found:
    """Of one subject: the first hits, whether there are more, and the page that shows them all. `is_named`
    tells that what was typed is the number of one thing: its page is opened at once."""

    subject: str
    hits: Sequence[Hit]
    has_more: bool
    url: str
    is_named: bool = False
