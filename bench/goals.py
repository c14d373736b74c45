"""How a goal is measured and said."""

import gc
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """A ratio (or a number) and the most that it may be."""

    goal: str
    what: str
    value: float
    limit: float
    unit: str = "×"

    @property
    def is_reached(self) -> bool:
        return self.value <= self.limit

    def __str__(self) -> str:
        verdict = "PASS" if self.is_reached else "FAIL"
        value, limit = (f"{number:,.2f}".rstrip("0").rstrip(".") for number in (self.value, self.limit))
        return f"{verdict}  {self.goal:<4} {self.what}: {f'{value} {self.unit}'.strip()} (at most {limit})"


def seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def least(*actions: Callable[[], object], rounds: int = 4) -> list[float]:
    """The shortest time of each action, taken in turns so that a busy moment falls on all: for work that the
    processor bounds."""
    return [min(times) for times in _in_turns(actions, rounds)]


def median(*actions: Callable[[], object], rounds: int = 9) -> list[float]:
    """The median time of each action, taken in turns: for queries."""
    return [statistics.median(times) for times in _in_turns(actions, rounds)]


def _in_turns(actions: tuple[Callable[[], object], ...], rounds: int) -> list[list[float]]:
    for action in actions:  # once for caches and imports
        action()
    with _without_collector():
        turns = [[seconds(action) for action in actions] for _ in range(rounds)]
    return [list(times) for times in zip(*turns, strict=True)]


@contextmanager
def _without_collector() -> Iterator[None]:
    """A collection of garbage would fall on whoever happens to run."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
