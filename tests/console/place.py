"""A served office, and browsers that visit it."""

import shutil
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from playwright.sync_api import Browser, ConsoleMessage, Page

from admit.base.chance import Chance
from admit.base.clock import FakeClock
from admit.main import open_admit
from admit.settings import Settings
from tests.browsing import chromium
from tests.conftest import Template
from tests.console.office import PASSWORD, furnish
from tests.system import System


@dataclass
class Place:
    """A served office, and a browser."""

    office: System
    url: str
    browser: Browser

    def call(self, action: str, **parameters: Any) -> dict[str, Any]:
        """An operation, called on another thread: this one has the browser's loop."""
        with ThreadPoolExecutor(1) as other:
            return other.submit(self.office.call, "admit", action, **parameters).result()

    @contextmanager
    def visiting(
        self, language: str = "en", width: int = 1280, name: str = "", **more: Any
    ) -> Iterator[Page]:
        """A browser, the administrator's unless it is somebody else's, which has nothing to complain of."""
        complaints: list[str] = []
        size = {"width": width, "height": 900}
        context = self.browser.new_context(base_url=self.url, viewport=size, reduced_motion="reduce", **more)
        context.set_default_timeout(10_000)
        context.add_cookies([{"name": "admit_language", "value": language, "url": self.url}])
        page = context.new_page()
        target = "/home" if name else "/console"
        page.goto(f"/sign-in?next={target}")
        page.fill("[name=name]", name or self.office.founded.admin_user)
        page.fill("[name=password]", PASSWORD if name else self.office.founded.admin_password)
        page.click("main button.primary")
        page.wait_for_url(f"**{target}")
        page.on("console", lambda said: complaints.append(said.text) if _counts(said) else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        context.close()
        assert complaints == []


EXPECTED = ("403 (Forbidden)", "404 (Not Found)", "400 (Bad Request)")
"""What a browser says of a page that was answered with a refusal."""


def _counts(said: ConsoleMessage) -> bool:
    # axe sets styles of its own, which our policy refuses.
    ours = "Content Security Policy" not in said.text or "style" not in said.text
    return said.type == "error" and ours and not any(each in said.text for each in EXPECTED)


@contextmanager
def served(directory: Path, template: Template) -> Iterator[Place]:
    """One server and one browser."""
    shutil.copytree(template.directory, directory)
    clock = FakeClock()
    admit = open_admit(Settings(data=directory), clock, Chance.seeded(3))
    office = System(admit, clock, template.founded)
    furnish(office)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(admit.web, log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            with chromium() as browser:
                yield Place(office, f"http://localhost:{listening.getsockname()[1]}", browser)
        finally:
            server.should_exit = True
            thread.join()
    admit.close()
