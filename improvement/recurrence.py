"""When something that comes back is due next, and how far away a day is, in words. Pure."""

import calendar
import datetime

# How far away, in days, is said in the next coarser words.
WEEKS_FROM, MONTHS_FROM, YEARS_FROM = 14, 61, 732


def after(day: datetime.date, months: int) -> datetime.date:
    """The same day some months later, or the last of that month where it is shorter: the 31st of January and
    one month is the 28th or 29th of February. Raises ValueError beyond the year 9999."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return datetime.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def in_words(due_on: datetime.date, today: datetime.date) -> str:
    """« en retard de 12 jours », « aujourd’hui », « demain », « dans 3 semaines ». A delay below two months
    is told to the day."""
    days = (due_on - today).days
    if days < 0:
        return f"en retard de {_span(-days, is_exact=True)}"
    match days:
        case 0:
            return "aujourd’hui"
        case 1:
            return "demain"
    return f"dans {_span(days, is_exact=False)}"


def every(months: int) -> str:
    """« chaque mois », « tous les 3 mois », « tous les ans », « tous les 3 ans »."""
    if months == 1:
        return "chaque mois"
    if months % 12:
        return f"tous les {months}\xa0mois"
    years = months // 12
    return "tous les ans" if years == 1 else f"tous les {years}\xa0ans"


def _span(days: int, *, is_exact: bool) -> str:
    """Weeks, months or years, rounded down; one that is short by a day, by five or by thirty is whole."""
    if days < WEEKS_FROM or (is_exact and days < MONTHS_FROM):
        return f"{days}\xa0jour{'s' if days > 1 else ''}"
    if days < MONTHS_FROM:
        return f"{(days + 1) // 7}\xa0semaines"
    if days < YEARS_FROM:
        return f"{(days + 5) * 12 // 366}\xa0mois"
    return f"{(days + 30) // 366}\xa0ans"
