"""What commands are told, read the same by all; what cannot be read is refused in a sentence."""

import datetime
from contextlib import suppress

from django.core.management.base import CommandError

from sites.models import Prefecture


def prefecture(code: str) -> Prefecture:
    """« 13 », « 2A » or « 2a »."""
    found = Prefecture.objects.filter(code__iexact=code).first()
    if found is None:
        raise CommandError(f"Aucune préfecture n'a le code « {code} ».")
    return found


def day(text: str) -> datetime.date:
    """« 2026-05-12 » or « 12/05/2026 »."""
    for pattern in ("%Y-%m-%d", "%d/%m/%Y"):
        with suppress(ValueError):
            return datetime.datetime.strptime(text, pattern).date()
    raise CommandError(f"Date illisible : « {text} ». Écrivez-la 2026-05-12 ou 12/05/2026.")
