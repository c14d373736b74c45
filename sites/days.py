"""Days as they are said in a sentence."""

import datetime

from django.utils.formats import date_format


def in_full(day: datetime.date, *, with_year: bool = True) -> str:
    """« jeudi 26 novembre 2026 », « dimanche 1er mars »."""
    number = "1\\e\\r" if day.day == 1 else "j"
    return str(date_format(day, f"l {number} F{' Y' if with_year else ''}"))
