"""What commands on figures are told, read the same by all."""

import datetime
from contextlib import suppress

from django.core.management.base import CommandError

from indicators.periods import Period


def month(text: str) -> datetime.date:
    """« 2026-05 », by its first day."""
    with suppress(ValueError):
        period = Period.parse(text)
        if period.length == 1:
            return period.first
    raise CommandError(f"Mois illisible : « {text} ». Écrivez-le 2026-05.")
