"""A served admit with a real host behind it, and browsers that visit it."""

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakSet

from playwright.sync_api import Browser, ConsoleMessage, Page

from tests.ssh.office import PASSWORD, Office

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
RULES = {"resultTypes": ["violations"], "preload": False}
THEMES = ("light", "dark")
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
"""What a theme can break: its colours. All else stands in the page whatever the theme."""
PATIENCE_MS = 10_000
SCREENS = os.environ.get("ADMIT_SCREENS")
"""Where pictures of all pages that are looked at are kept, if anywhere."""


@dataclass
class Place:
    """The office, as browsers see it."""

    office: Office
    browser: Browser
    pictures: Path

    @property
    def url(self) -> str:
        return f"http://localhost:{self.office.served.urls['http'].rpartition(':')[2]}"

    def call(self, action: str, **parameters: Any) -> dict[str, Any]:
        """An operation of admit's own service."""
        return self.office.caller.call("admit", action, **parameters)

    @contextmanager
    def visiting(self, **options: Any) -> Iterator[Page]:
        """A browser of its own, and that it has nothing to complain of."""
        complaints: list[str] = []
        context = self.browser.new_context(base_url=self.url, **{"locale": "en-GB", **options})
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if _counts(said, page) else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        context.close()
        assert complaints == []

    @contextmanager
    def signed_in(self, name: str = "alice", **options: Any) -> Iterator[Page]:
        """The same, signed in."""
        with self.visiting(**options) as page:
            sign_in(page, name)
            yield page


AXED: WeakSet[Page] = WeakSet()
"""Pages that axe was let in to: it sets styles, which their policy complains of."""
EXPECTED = ("403 (Forbidden)", "404 (Not Found)", "409 (Conflict)")
"""What a browser says of a page that was answered with a refusal."""


def _counts(said: ConsoleMessage, page: Page) -> bool:
    styles = page in AXED and "Content Security Policy" in said.text
    return said.type == "error" and not styles and not any(each in said.text for each in EXPECTED)


def sign_in(page: Page, name: str, password: str = PASSWORD, target: str = "/home") -> None:
    """Sign in with the form."""
    page.goto(f"/sign-in?next={target}")
    page.fill("#name", name)
    page.fill("#password", password)
    page.click("main button.primary")
    page.wait_for_url(f"**{target}")


def shown(page: Page) -> str:
    """What the terminal of a page shows."""
    script = """() => { const lines = window.terminal.buffer.active;
        const all = [...Array(lines.length).keys()].map((at) => lines.getLine(at).translateToString(true));
        return all.join("\\n"); }"""
    return str(page.evaluate(script))


def until_shown(page: Page, text: str) -> None:
    """Wait until the terminal of a page shows a text."""
    page.wait_for_selector("#state[data-is=open]")
    for _ in range(PATIENCE_MS // 20):
        if text in shown(page):
            return
        page.wait_for_timeout(20)
    raise AssertionError(f"{text!r} is not shown:\n{shown(page)[-2000:]}")


def violations(page: Page, **rules: Any) -> list[str]:
    """What axe finds wrong with a page as it is shown; ``rules`` say which to look at, if not at all."""
    AXED.add(page)
    session = page.context.new_cdp_session(page)
    there = session.send("Runtime.evaluate", {"expression": "typeof axe"})
    if there["result"]["value"] == "undefined":
        session.send("Runtime.evaluate", {"expression": AXE.read_text("utf-8")})
    options = json.dumps(RULES | rules)
    answer = session.send(
        "Runtime.evaluate",
        {
            "expression": f"axe.run(document, {options}).then((r) => JSON.stringify(r.violations))",
            "awaitPromise": True,
        },
    )
    session.detach()
    if SCREENS:
        _keep(page, Path(SCREENS))
    found = json.loads(answer["result"]["value"])
    return [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"]]


def _keep(page: Page, directory: Path) -> None:
    """Keep a picture of a page: under its address, its language, its theme and its width."""
    shown = "[document.documentElement.lang, document.documentElement.dataset.bsTheme, innerWidth]"
    language, theme, width = page.evaluate(shown)
    address = re.sub(r"[^A-Za-z0-9]+", "-", page.url.split("/", 3)[-1]).strip("-")[:80] or "start"
    title = re.sub(r"\W+", "-", page.title())[:30]
    page.screenshot(path=directory / f"{language}-{theme}-{width}" / f"{address}-{title}.png", full_page=True)


def in_themes(page: Page, *themes: str) -> list[str]:
    """What axe finds wrong with a page in a theme, and with its colours in those that follow."""
    found = []
    for theme in themes:
        # Without motion a colour is at once what it will be.
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
        page.wait_for_selector(f"html[data-bs-theme={theme}]")
        rules = {} if theme == themes[0] else COLOURS
        found += [f"{theme}: {each}" for each in violations(page, **rules)]
    return found


def in_both_themes(page: Page) -> list[str]:
    """What axe finds wrong with a page, in the one theme and in the other."""
    return in_themes(page, *THEMES)


AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@contextmanager
def authenticator(page: Page) -> Iterator[None]:
    """A device with a passkey chip and a finger on it."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    yield
    session.detach()
