"""How a page that asks for something begins: one reads it, then sends it back filled in."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.http import HttpRequest, QueryDict
from django.views.decorators.http import require_http_methods

View = TypeVar("View", bound=Callable[..., Any])

asks_first = require_http_methods(["GET", "HEAD", "POST"])


def resumed_by(route: str) -> Callable[[View], View]:
    """Mark a view to which one sends short answers, many at a time: where the session ended meanwhile, who
    signs in again sends them to this route of the same arguments, which shows them and writes nothing."""

    def mark(view: View) -> View:
        view.resumed_by = route  # type: ignore[attr-defined]
        return view

    return mark


def sent(request: HttpRequest) -> QueryDict | None:
    """What was sent, empty or not; None where the page is only being read."""
    return request.POST if request.method == "POST" else None
