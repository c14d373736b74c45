"""What holds for every request, whatever the page."""

import ipaddress
import logging
import re
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    QueryDict,
    UnreadablePostError,
)
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from structlog.contextvars import bound_contextvars

from sites import second_factor, trace
from sites.access import NotYoursError, OutOfSightError
from sites.models import Prefecture, TraceEntry

GetResponse = Callable[[HttpRequest], HttpResponse]

logger = logging.getLogger(__name__)

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def requests_are_logged(get_response: GetResponse) -> GetResponse:
    """One line a request, with a number that its other lines and those of the jobs it caused have too, and
    that the answer carries in X-Request-ID. The page is told by its route: an address holds what was typed.

    Files and the probes of machines are told at the level DEBUG, where they succeed.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        request_id, start = uuid4().hex, time.monotonic()
        with bound_contextvars(request_id=request_id):
            response = get_response(request)
            route = request.resolver_match.view_name if request.resolver_match else ""
            is_quiet = response.status_code < 400 and route in ("", "healthz", "readyz")
            logger.log(
                logging.DEBUG if is_quiet else logging.INFO,
                "request",
                extra={
                    "route": route,
                    "method": request.method if request.method in METHODS else "",
                    "status": response.status_code,
                    "ms": round((time.monotonic() - start) * 1000),
                    "agent": getattr(getattr(request, "_cached_user", None), "pk", None),
                },
            )
        response.headers["X-Request-ID"] = request_id
        return response

    return middleware


def client_address(get_response: GetResponse) -> GetResponse:
    """REMOTE_ADDR becomes the address of the visitor, as the outermost of our TRUSTED_PROXIES saw it.

    Each proxy adds at the end of X-Forwarded-For the address that it was called from: counted from the end,
    the entry of our own outermost proxy is true, and whatever stands before it may be forged. A request that
    did not come through all of them is the neighbour's own, and what it says of https is not believed.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        seen = _seen_by_our_proxies(request.META.pop("HTTP_X_FORWARDED_FOR", ""))
        if seen:
            request.META["REMOTE_ADDR"] = seen
        else:
            request.META.pop("HTTP_X_FORWARDED_PROTO", None)
        return get_response(request)

    return middleware


def _seen_by_our_proxies(forwarded: str) -> str | None:
    hops = forwarded.split(",")
    if not 0 < settings.TRUSTED_PROXIES <= len(hops):
        return None
    try:
        return str(ipaddress.ip_address(hops[-settings.TRUSTED_PROXIES].strip()))
    except ValueError:
        return None


def remote_address(request: HttpRequest) -> str | None:
    """For django-axes, which would look for it in headers of its own choice."""
    address: str | None = request.META.get("REMOTE_ADDR")
    return address


# All of ASCII's but tab and line ends.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def large_bodies_are_refused(get_response: GetResponse) -> GetResponse:
    """Before a byte of it is read: a file is kept on the disk as it comes in, from whoever sends it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length[:20]) > settings.LARGEST_BODY:
            return render(request, "413.html", status=413)
        return get_response(request)

    return middleware


def clean_input(get_response: GetResponse) -> GetResponse:
    """Keep control characters out: PostgreSQL stores no NUL, and XML files and PDF hold none of them.

    They come into forms with text copied from a PDF, so they are taken out of it; nobody has them in an
    address or a cookie by accident, so there they are refused.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if any(CONTROL.search(text) for text in (request.path, *request.COOKIES.values())):
            raise BadRequest("control character in the address or in a cookie")
        try:
            request.GET = _without_control(request.GET)
            request.POST = _without_control(request.POST)
        except UnreadablePostError as error:
            raise BadRequest("the visitor left while sending") from error
        return get_response(request)

    return middleware


def _without_control(fields: QueryDict) -> Any:
    """The same fields; a QueryDict that nobody may change, as the request's own."""
    if not any(CONTROL.search(text) for name, texts in fields.lists() for text in (name, *texts)):
        return fields
    cleaned = QueryDict(mutable=True)
    for name, texts in fields.lists():
        cleaned.setlist(CONTROL.sub("", name), [CONTROL.sub("", text) for text in texts])
    cleaned._mutable = False
    return cleaned


class SignInRequired(LoginRequiredMiddleware):
    """Everywhere but on the public routes: a password, then what `second_factor.stage` asks for. Who typed a
    text while the session ran out gets it back, to copy: the page of the form is in no cache, so neither
    « back » nor signing in would show it again."""

    def process_view(
        self, request: HttpRequest, view_func: Any, view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        if refused := super().process_view(request, view_func, view_args, view_kwargs):
            return refused
        if not getattr(view_func, "login_required", True):
            return None
        stage = second_factor.stage(request)  # type: ignore[arg-type]
        if stage is None or stage is getattr(view_func, "open_at", None):
            return None
        if given_back := _session_over(request, view_func):
            return given_back
        return redirect(f"{reverse(stage.value)}?{urlencode({'next': request.get_full_path()})}")

    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, view_func: Any
    ) -> HttpResponse:
        return _session_over(request, view_func) or super().handle_no_permission(request, view_func)


def _session_over(request: HttpRequest, view_func: Any) -> HttpResponse | None:
    """What was sent, to send again or to copy. It stays in the page: nothing of it is kept for who is not
    signed in."""
    match = request.resolver_match
    route = getattr(view_func, "resumed_by", None)
    if route and match and request.POST:
        sent = [
            (name, text)
            for name, texts in request.POST.lists()
            for text in texts
            if name != "csrfmiddlewaretoken"
        ]
        context = {"resume": reverse(route, kwargs=match.kwargs), "sent": sent}
        return render(request, "session_expired.html", context, status=403)
    return _given_back(request, "session_expired.html", 403)


def _given_back(request: HttpRequest, template: str, status: int) -> HttpResponse | None:
    """The page of a refusal, where texts were typed in what it refuses: neither a token, a number nor a
    password."""
    typed = _typed(request)
    return render(request, template, {"typed": typed}, status=status) if typed else None


def _typed(request: HttpRequest) -> list[str]:
    return [
        str(text)
        for name, text in request.POST.items()
        if " " in str(text).strip() and "password" not in name and name != "repeated"
    ]


class RefusalsAreKept:
    """A line in the journal for each refusal: of an action in the préfecture's own, of a préfecture of others
    in the installation's, since neither must learn the names of the other. Who lost a right while writing
    gets the text back, to hand it on."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        match exception:
            case PermissionDenied():
                about, status = getattr(exception, "about", "Page réservée"), 403
                trace.record(request, TraceEntry.Event.REFUSED, about)
            case NotYoursError():
                status = 404
                for prefecture in Prefecture.objects.filter(slug=exception.slug):
                    trace.record(request, TraceEntry.Event.REFUSED, f"Entrer dans {prefecture}")
            case Http404() if request.method == "POST":
                why = str(exception) if isinstance(exception, OutOfSightError) else ""
                return render(request, "gone.html", {"typed": _typed(request), "why": why}, status=404)
            case _:
                return None
        return _given_back(request, "text_refused.html", status)


def private_pages_are_not_stored(get_response: GetResponse) -> GetResponse:
    """What is shown to somebody signed in stays in no cache, neither a proxy's nor the browser's."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.user.is_authenticated:
            response.headers["Cache-Control"] = "no-store, private"
        return response

    return middleware


def refused_methods_are_explained(get_response: GetResponse) -> GetResponse:
    """Django answers a method that a page does not know with an empty page. An agent meets it after a session
    that ran out while a form was being filled in: signing in leads to the address of the form's button."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code == 405 and not response.content:
            page = render(request, "405.html", status=405)
            page.headers["Allow"] = response.headers["Allow"]
            return page
        return response

    return middleware
