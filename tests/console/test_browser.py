"""The console in a browser: what scripts add, and that everybody can use it."""

import json
import shutil
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, Page

from admit.base.chance import Chance
from admit.base.clock import FakeClock
from admit.core.validity import HOUR, MINUTE
from admit.main import open_admit
from admit.settings import Settings
from tests.browsing import chromium
from tests.conftest import Template
from tests.console.office import SESSION, furnish, record
from tests.system import System

AXE = Path(__file__).parents[1] / "browser" / "vendor" / "axe.min.js"
PAGES = (
    "/console",
    "/console/grants",
    "/console/grants/new",
    "/console/grants/revoke?subject=bob&resource=root@db-1",
    "/console/explain?person=bob&resource=root@db-1",
    "/console/reach?q=alice",
    "/console/people",
    "/console/hosts",
    "/console/search?q=db",
    "/console/sessions",
    f"/console/sessions/{SESSION}",
    "/console/recordings",
    "/console/activity",
    "/console/ledger",
    "/console/requests",
    "/console/break-glass",
    "/console/reviews",
    "/console/reviews/new",
    "/console/import",
    "/console/ram",
    "/console/health",
)


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
    def visiting(self, language: str = "en", theme: str = "light", width: int = 1280) -> Iterator[Page]:
        """The administrator's browser, which has nothing to complain of."""
        complaints: list[str] = []
        context = self.browser.new_context(base_url=self.url, viewport={"width": width, "height": 900})
        context.set_default_timeout(10_000)
        for name, value in (("admit_language", language), ("admit_theme", theme)):
            context.add_cookies([{"name": name, "value": value, "url": self.url}])
        page = context.new_page()
        page.goto("/sign-in?next=/console")
        page.fill("[name=name]", self.office.founded.admin_user)
        page.fill("[name=password]", self.office.founded.admin_password)
        page.click("main button.primary")
        page.wait_for_url("**/console")
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        context.close()
        # axe sets styles of its own, which our policy refuses.
        assert [each for each in complaints if "style" not in each] == []


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, template: Template) -> Iterator[Place]:
    """One server and one browser for all journeys here."""
    directory = tmp_path_factory.mktemp("served") / "data"
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
        with chromium() as browser:
            yield Place(office, f"http://localhost:{listening.getsockname()[1]}", browser)
        server.should_exit = True
        thread.join()
    admit.close()


def test_a_grant_from_its_form_to_its_revocation(place: Place) -> None:
    with place.visiting() as page:
        page.goto("/console/grants/new")
        page.fill("#subject", "car")
        page.wait_for_selector("#subjects option[value=carol]", state="attached")
        page.fill("#subject", "carol")
        page.fill("#resource", "nightly@db-1")
        page.select_option("#length", str(HOUR))
        page.click("text=Preview")
        page.wait_for_selector("text=Gain access: 1")
        page.click("text=Grant now")
        page.wait_for_selector("text=Whoever gained access may use it at once.")

        page.fill("#list [name=q]", "nightly@db-1")
        page.wait_for_selector("#list tbody tr:nth-child(1):last-child")
        assert "carol" in page.inner_text("#list tbody")
        page.click("#list tbody [data-drawer]")
        page.wait_for_selector("dialog[open] >> text=carol may use nightly@db-1.")
        page.click("dialog >> text=Revoke…")
        page.wait_for_selector("text=Lose access: 1")
        page.click("text=Revoke now")
        page.wait_for_selector("text=Live sessions that depended on it are ending.")
    decision = place.call("CheckAccess", Person="carol", Resource="nightly@db-1")["Decision"]
    assert decision["Allowed"] is False


def test_a_live_session_is_ended_with_a_reason_and_the_list_follows(place: Place) -> None:
    with place.visiting() as page:
        page.goto("/console/sessions")
        page.click("text=End…")
        page.fill("dialog[open] #reason", "maintenance begins")
        page.click("dialog >> text=End the session")
        page.wait_for_selector("text=Its person is told why.")
        page.goto("/console/sessions?state=any")
        page.wait_for_selector("#list >> text=ending")
    told = place.call("GetSession", SessionId=SESSION)["Session"]
    assert (told["State"], told["EndedBy"].rpartition(":")[2]) == ("ending", "root")


def test_a_review_is_begun_and_decided_on_at_once(place: Place) -> None:
    """The grants are looked at on one page, chosen together, and what is ended cuts nobody else's."""
    with place.visiting() as page:
        page.goto("/console/reviews/new")
        page.fill("#name", "Who still needs the wiki")
        page.fill("#resource", "app:wiki")
        page.click("main button.primary")
        page.wait_for_selector("text=The review has begun.")
        page.check("[data-checks-all]")
        assert page.locator("[name=item]:checked").count() == page.locator("[name=item]").count() == 1
        assert violations(page) == []
        page.fill("[name=comment]", "the wiki is closed")
        page.click("text=End selected")
        page.wait_for_selector("text=Everything is decided")
        page.click("nav.bar >> text=Ended")
        page.wait_for_selector("text=the wiki is closed")
        assert violations(page) == []
    decision = place.call("CheckAccess", Person="alice", Resource="app:wiki")["Decision"]
    assert decision["Allowed"] is False


def test_the_picture_lights_a_path_and_goes_on_from_a_box(place: Place) -> None:
    with place.visiting() as page:
        page.goto("/console/reach?q=alice")
        page.hover(".c-node .name:text-is('dba')")
        assert page.locator(".c-graph.lighting").count() == 1
        lit = set(page.locator(".c-node.lit .name").all_text_contents())
        assert {"alice", "dba", "root@db-1"} <= lit
        assert "wiki" not in lit
        page.click(".c-node .name:text-is('root@db-1')")
        page.wait_for_selector(".c-node.start .name:text-is('root@db-1')")
        assert "bob" in page.locator(".c-node .name").all_text_contents()


def test_the_slider_goes_back_in_time_and_to_now(place: Place) -> None:
    place.office.advance(40 * MINUTE)
    place.call("GrantAccess", Subject="bob", Resource="host:web-2")
    place.office.advance(20 * MINUTE)
    with place.visiting() as page:
        page.goto("/console/grants?q=web-2&kind=hosts")
        assert "bob" in page.inner_text("#list")
        page.locator("[data-slider]").focus()
        page.keyboard.press("ArrowLeft")
        page.wait_for_selector("text=Nothing can be changed in the past.")
        assert "bob" not in page.inner_text("#list")
        page.click("text=Back to now")
        page.wait_for_url(lambda url: "at=" not in url)
        assert "bob" in page.inner_text("#list")


def test_a_recording_is_played_and_searched_and_draws_no_markup(place: Place) -> None:
    evil = b"total 4 \x1b[32m<img src=x onerror=alert(1)>\x1b[0m secrets.txt\r\n"
    with ThreadPoolExecutor(1) as other:
        kept = other.submit(record, place.office, b"$ ls\r\n", evil).result()
    with place.visiting() as page:
        page.goto(f"/console/recordings/{kept}")
        page.wait_for_selector("#player .ap-player, #player .ap-wrapper")
        page.fill("[data-hits] [name=q]", "SECRETS")
        page.keyboard.press("Enter")
        page.wait_for_selector("#hits [data-seek]")
        assert "<img src=x onerror=alert(1)> secrets.txt" in page.inner_text("#hits")
        page.click("#hits [data-seek]")
        page.wait_for_selector("#player >> text=secrets.txt")
        assert page.locator("img").count() == 0


def test_the_keyboard_alone_finds_somebody(place: Place) -> None:
    with place.visiting() as page:
        page.keyboard.press("/")
        page.keyboard.type("carol")
        page.keyboard.press("Enter")
        page.wait_for_url("**/console/search?q=carol")
        assert "carol" in page.inner_text("main")


@pytest.mark.parametrize(("language", "theme", "width"), [("en", "light", 1280), ("zh", "dark", 390)])
def test_axe_finds_nothing_wrong_with_any_page(place: Place, language: str, theme: str, width: int) -> None:
    with place.visiting(language, theme, width) as page:
        found = {}
        for address in PAGES:
            page.goto(address)
            assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), address
            found[address] = violations(page)
        page.goto("/console/grants")
        page.click("#list tbody [data-drawer]")
        page.wait_for_selector("dialog[open] .c-pair")
        found["the drawer"] = violations(page)
    assert {address: each for address, each in found.items() if each} == {}


def violations(page: Page) -> list[str]:
    """What axe finds wrong with a page as it is shown."""
    session = page.context.new_cdp_session(page)
    session.send("Runtime.evaluate", {"expression": AXE.read_text("utf-8")})
    run = "axe.run(document, {resultTypes: ['violations']}).then((r) => JSON.stringify(r.violations))"
    answer = session.send("Runtime.evaluate", {"expression": run, "awaitPromise": True})
    session.detach()
    found = json.loads(answer["result"]["value"])
    return [f"{each['id']}: {node['html'][:160]}" for each in found for node in each["nodes"]]
