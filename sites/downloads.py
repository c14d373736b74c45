"""A private file, given to who may read it: rights are for the view that asks."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header

from sites import attachments, files
from sites.access import AgentRequest


def answer(request: AgentRequest, stored_as: str, sha256: str, title: str) -> HttpResponse:
    """To keep, and never to open in the page, under a title that gets its extension; or « not now »."""
    try:
        body = files.read(stored_as, sha256)
    except files.LostError:
        return lost(request)
    response = HttpResponse(body, content_type=attachments.media_type_of(stored_as))
    name = f"{title}.{stored_as.rpartition('.')[2]}"
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response


def lost(request: AgentRequest) -> HttpResponse:
    """A file that is not there as it was kept."""
    return render(request, "file_lost.html", status=503)
