"""The clock of scheduled tasks: Celery's own, which says that it turns."""

import logging
from typing import Any

from celery.beat import PersistentScheduler
from django.db import DatabaseError, close_old_connections

from jobs import signs

logger = logging.getLogger(__name__)


class Clock(PersistentScheduler):
    def tick(self, *args: Any, **kwargs: Any) -> float:
        """One turn; it ends in the seconds until the next one, 0 while more tasks are due now."""
        wait: float = super().tick(*args, **kwargs)
        if wait:
            self._give_sign()
        return wait

    def _give_sign(self) -> None:
        close_old_connections()  # as before a request: the database may have been restarted
        try:
            signs.give(signs.CLOCK)
        except DatabaseError:
            logger.exception("the clock could not give its sign of life")
