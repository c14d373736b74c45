"""Two people in the same instant: true threads, each with its own connection to the database."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import connection

SECONDS = 60  # that the last to begin is waited for


def at_once(*actions: Callable[[], object]) -> list[object]:
    """Run the actions in the same instant. What each gave back, or the exception that it raised."""
    start = threading.Barrier(len(actions))

    def run(action: Callable[[], object]) -> object:
        try:
            start.wait(SECONDS)
            return action()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(actions)) as threads:
        return list(threads.map(run, actions))


def refusals(outcomes: list[object], error: type[Exception]) -> list[Exception]:
    """Those who were refused so; another exception is a fault."""
    raised = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert {type(one) for one in raised} <= {error}, raised
    return raised
