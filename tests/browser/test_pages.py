"""Every page of the access matrix, for every role, in a real browser."""

import re

import pytest

from qualepref.demo import content
from tests import matrix

pytestmark = pytest.mark.browser

PHONE, ZOOMED = 320, 640  # a small phone; a screen of 1280 at 200 %
PAGES = [route for route in matrix.routes() if "GET" in matrix.ROWS.get(route.name, {})]
BATCHES = [PAGES[number::10] for number in range(10)]


@pytest.fixture
def prefecture(db):
    """What the documents of 2018 say, not a table of two lines."""
    return content.load()


@pytest.fixture
def siege(prefecture):
    return prefecture.units.get(short_name="Siège")


@pytest.fixture
def arles(prefecture):
    return prefecture.units.get(short_name="Arles")


@pytest.fixture
def figures(prefecture):
    return list(prefecture.measurements.all())


def pages_for(role, routes, client, seen):
    """The addresses that the role may open, where they are web pages; `seen` are those that were looked at,
    and what differs only in who is signed in is looked at once."""
    for route in routes:
        if route.answers("GET")[role] == 200:
            answer = client.get(route.url)
            page = answer.getvalue().decode(errors="replace")
            essence = re.sub(r'<p class="agent">.*?</p>|csrfmiddlewaretoken" value="\w+"', "", page)
            if answer.headers["Content-Type"].startswith("text/html") and essence not in seen:
                seen.add(essence)
                yield route.url


def faults_of(window, url):
    """What is wrong with a page: for axe, on the console, on narrow screens."""
    window.faults.clear()
    window.open(url)
    found = [*window.faults, *window.axe()]
    for width in (ZOOMED, PHONE):
        found += window.overflow(width)
    found += window.axe()
    window.page.set_viewport_size({"width": 1280, "height": 800})
    return [f"{url}: {fault}" for fault in found]


@pytest.mark.parametrize("routes", BATCHES)
def test_every_page_is_accessible_quiet_and_fits_a_phone(routes, world, client_of, window_of):
    seen, faults = set(), []
    for role, agent in world.items():
        window = window_of(agent)
        for url in pages_for(role, routes, client_of(agent), seen):
            faults += [f"{role} {fault}" for fault in faults_of(window, url)]

    assert "\n".join(faults) == ""


@pytest.mark.parametrize("role", ["anonymous", "quality_manager", "communication"])
def test_pages_that_say_no_are_accessible_too(role, world, window_of):
    window = window_of(world[role])
    refused = ["/a/b/c", "/%00", "/deconnexion/", "/agents/bouches-du-rhone/bilans/2018/arreter/"]

    faults = [fault for url in refused for fault in faults_of(window, url)]

    assert "\n".join(fault for fault in faults if "Failed to load resource" not in fault) == ""
