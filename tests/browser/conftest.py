"""A real Chromium, in front of the live server."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.conf import settings
from playwright.sync_api import Browser, Page, sync_playwright

from sites.models import Agent

MISSING = "Chromium manque. Pour l'installer : apt-get install --yes chromium"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
# All the rules; what they find wrong alone comes back.
LOOK = """axe.run({resultTypes: ["violations"]}).then(({violations}) => violations.flatMap(
    ({id, nodes}) => nodes.map(({html}) => `axe ${id}: ${html}`)))"""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        pytest.fail(MISSING, pytrace=False)
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # the driver keeps an event loop in the main thread
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@dataclass
class Window:
    """A page of the browser, and what went wrong in it."""

    page: Page
    base: str
    faults: list[str] = field(default_factory=list)

    def open(self, url: str) -> None:
        self.page.goto(self.base + url)
        self.settle()

    def settle(self) -> None:
        """Wait until the style sheets, the scripts and the fonts of the page are there."""
        self.page.wait_for_load_state()
        self.page.evaluate("document.fonts.ready.then(() => true)")

    def axe(self) -> list[str]:
        """What axe finds wrong in the page as it is now; a page that was opened is given its script once."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE_SCRIPT)
        return self.page.evaluate(LOOK)

    def overflow(self, width: int) -> list[str]:
        """What makes the page scroll sideways at a width."""
        self.page.set_viewport_size({"width": width, "height": 800})
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        return [f"{wide} px on a screen of {width}"] if wide > width else []

    @property
    def focused(self) -> str:
        """The words or the name of what has the keyboard."""
        return self.page.evaluate(
            "(({innerText, name, id, tagName}) => innerText && tagName != 'MAIN' ? innerText.trim()"
            " : name || id)(document.activeElement)"
        )


@pytest.fixture
def window_of(
    chromium: Browser, live_server, client_of: Callable[[Agent | None], object]
) -> Iterator[Callable[..., Window]]:
    """`window_of(claire, width=320)`: a window in which Claire is signed in; `window_of(None)`, nobody."""
    contexts = []

    def window(agent: Agent | None, *, width: int = 1280, script: bool = True) -> Window:
        context = chromium.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": 800},
            java_script_enabled=script,
            reduced_motion="reduce",
        )
        contexts.append(context)
        if agent:
            session = client_of(agent).cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies(
                [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}]
            )
        opened = Window(context.new_page(), live_server.url)
        opened.page.on("console", lambda said: said.type == "error" and opened.faults.append(said.text))
        opened.page.on("pageerror", lambda error: opened.faults.append(str(error)))
        return opened

    yield window
    for context in contexts:
        context.close()
