"""What holds for every request, whatever the page."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.template.loader import render_to_string

GetResponse = Callable[[HttpRequest], HttpResponse]


def clean_input(get_response: GetResponse) -> GetResponse:
    """Refuse NUL characters at the edge: no text of ours has one, and PostgreSQL stores none."""

    def middleware(request: HttpRequest) -> HttpResponse:
        texts = [request.path, request.META.get("QUERY_STRING", "")]
        if request.method == "POST" and "json" not in (request.content_type or ""):
            texts += [text for values in request.POST.lists() for text in (values[0], *values[1])]
        if any("\x00" in text or "%00" in text for text in texts[:2]) or any("\x00" in t for t in texts[2:]):
            return HttpResponseBadRequest(render_to_string("400.html", request=request))
        return get_response(request)

    return middleware


def private_pages_are_not_stored(get_response: GetResponse) -> GetResponse:
    """What is shown to somebody signed in stays in no cache, neither a proxy's nor the browser's."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.user.is_authenticated:
            response.headers["Cache-Control"] = "no-store, private"
        return response

    return middleware
