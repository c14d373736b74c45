"""The themes under which a préfecture sorts what it receives: every write to them. None is deleted: what was
sorted under a theme stays there, though it is no longer offered."""

import tomllib
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, Q, QuerySet

from complaints.models import Theme
from sheets.words import folded, typeset
from sites.conflicts import ConflictError, RefusedError
from sites.models import Prefecture

USUAL = Path(__file__).parent / "usual_themes.toml"


def offered(prefecture: Prefecture, kept: int | None = None) -> QuerySet[Theme]:
    """What one may choose from; the theme that a case has stays among them."""
    return Theme.objects.filter(Q(is_offered=True) | Q(pk=kept), prefecture=prefecture)


def usual() -> list[str]:
    titles: list[str] = tomllib.loads(USUAL.read_text("utf-8"))["themes"]
    return [typeset(title) for title in titles]


def create_usual(prefecture: Prefecture) -> int:
    """Give a préfecture that has no theme the usual ones; how many. Twice, it adds nothing more."""
    with transaction.atomic():
        prefecture.lock()
        if prefecture.case_themes.exists():
            return 0
        rows = [Theme(prefecture=prefecture, title=title, position=n) for n, title in enumerate(usual(), 1)]
        return len(Theme.objects.bulk_create(rows))


def add(prefecture: Prefecture, title: str) -> Theme:
    """At the end of the list; the same one, sent twice, is added once."""
    with transaction.atomic():
        prefecture.lock()
        if twice := prefecture.case_themes.filter(title=title).first():
            return twice
        last = prefecture.case_themes.aggregate(last=Max("position"))["last"] or 0
        return _save(Theme(prefecture=prefecture, title=title, position=last + 1))


def change(theme: Theme, *, title: str, is_offered: bool, seen: int) -> Theme:
    """Rename a theme, everywhere, or offer it no longer. The same words again change nothing."""
    with transaction.atomic():
        theme.prefecture.lock()
        held = Theme.objects.get(pk=theme.pk)
        if (held.title, held.is_offered) == (title, is_offered):
            return held
        if held.version != seen:
            raise ConflictError(held)
        held.title, held.is_offered, held.version = title, is_offered, held.version + 1
        return _save(held)


def move(theme: Theme, *, up: bool) -> None:
    """One place up or down; what is first or last stays."""
    with transaction.atomic():
        theme.prefecture.lock()
        rows = list(theme.prefecture.case_themes.all())
        here = rows.index(theme)
        there = here - 1 if up else here + 1
        if not 0 <= there < len(rows):
            return
        rows[here], rows[there] = rows[there], rows[here]
        for position, row in enumerate(rows, 1):
            row.position = position
        Theme.objects.bulk_update(rows, ["position"])


def _save(theme: Theme) -> Theme:
    others = theme.prefecture.case_themes.exclude(pk=theme.pk)
    if any(folded(other.title) == folded(theme.title) for other in others):
        raise RefusedError("La préfecture a déjà un thème de ce nom.")
    try:
        theme.full_clean()
    except ValidationError as error:
        raise RefusedError(" ".join(error.messages)) from error
    theme.save()
    return theme
