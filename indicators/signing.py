"""What every write of figures and of their months has in common: whose it is, and after which other."""

from typing import Any, TypeVar

from django.db import models

from sites.models import Agent

T = TypeVar("T", bound=models.Model)


def sign(row: T, by: Agent | None, reason: str = "") -> T:
    """Say to the history of a row who changes it, and why; without an agent, the application does."""
    vars(row).update(_history_user=by, _change_reason=reason)
    return row


def version_of(records: models.QuerySet[Any]) -> int:
    """Of a row by its history: grows with each write, its removal included; 0 before the first."""
    return records.order_by("-history_id").values_list("history_id", flat=True).first() or 0
