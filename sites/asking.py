"""How a page that asks for something begins: one reads it, then sends it back filled in."""

from django.http import HttpRequest, QueryDict
from django.views.decorators.http import require_http_methods

asks_first = require_http_methods(["GET", "HEAD", "POST"])


def sent(request: HttpRequest) -> QueryDict | None:
    """What was sent, empty or not; None where the page is only being read."""
    return request.POST if request.method == "POST" else None
