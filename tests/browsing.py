"""Pages as tests visit them: without a browser, and with headless Chromium where one is needed."""

import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Browser, sync_playwright

from tests.system import System

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""Nothing is asked of the world outside, and it runs as any user."""


def engine() -> str:
    """Where the system's Chromium is: the one without all that windows need, if it is there. The same engine
    then shows the same pages for half the processor time."""
    found = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    assert found is not None, "Chromium is not installed: see tools/system-packages"
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium, without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=engine(), args=list(QUIET))
        yield browser
        browser.close()


@dataclass
class Answer:
    """What a page was answered."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def place(self) -> str:
        """Where it sends the browser on."""
        return self.headers.get("location", "")

    @property
    def csrf(self) -> str:
        """What the page's forms send along."""
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', self.text)
        assert found is not None, "the page has no form"
        return found[1]


@dataclass
class Pages:
    """One browser's visits, without a browser: it keeps cookies and says where its forms come from."""

    system: System
    host: str = "admit.test"
    cookies: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, target: str, **headers: str) -> Answer:
        """Load a page."""
        return self._send("GET", target, b"", headers)

    def post(self, target: str, fields: Mapping[str, Any] | None = None, **headers: str) -> Answer:
        """Send a form, from a page of the same server unless told otherwise."""
        body = urlencode(fields or {}, doseq=True).encode()
        kept = {"content-type": "application/x-www-form-urlencoded", "origin": f"http://{self.host}"}
        return self._send(
            "POST", target, body, kept | {name.replace("_", "-"): v for name, v in headers.items()}
        )

    def sign_in(self, name: str, password: str, target: str = "/home") -> Answer:
        """Sign in with a password."""
        return self.post("/sign-in", {"name": name, "password": password, "next": target})

    def _send(self, method: str, target: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        sent = {"host": self.host, **self.headers, **headers}
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        status, content, answered = self.system.http(method, target, sent, body)
        for cookie in answered.get("set-cookie", "").split("\n"):
            self._keep(cookie)
        return Answer(status, content.decode(), answered)

    def _keep(self, said: str) -> None:
        name, _, rest = said.partition("=")
        value = rest.partition(";")[0]
        if name and value.strip('"'):
            self.cookies[name] = value
        elif name:
            self.cookies.pop(name, None)
