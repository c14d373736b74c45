"""Pages as a person reads them."""

import re
from html import unescape

from django.http import HttpResponse


def words(response: HttpResponse, status: int = 200) -> str:
    """What is written in a page, on one line, its spaces made plain."""
    assert response.status_code == status
    return " ".join(unescape(re.sub("<[^>]*>", " ", response.content.decode())).split())
