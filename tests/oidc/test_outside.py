"""One admit signs people in by another, which runs as a process of its own."""

import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from urllib.parse import urlsplit

import httpx
import pytest

from admit.base.clock import FakeClock, SystemClock
from admit.base.sealing import Secret
from admit.main import open_admit
from admit.settings import Settings
from tests.browsing import Pages
from tests.conftest import Template
from tests.oidc.served_firm import Browsing, ServedFirm, browsing, served_firm
from tests.services.bastionhost.people import Bastion
from tests.system import System

BACK = "http://localhost:1/sign-in/oidc/return"
"""Nobody listens there: the test carries the browser on."""


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedFirm]:
    with served_firm(tmp_path_factory.mktemp("firm")) as made:
        yield made


@dataclass
class Letters:
    """What the other tells by back channel, and what it is answered."""

    to: System | None = None
    answered: Queue[int] = field(default_factory=Queue)


@pytest.fixture(scope="module")
def letters() -> Iterator[tuple[Letters, str]]:
    """Hands on what the other tells, at an address of its own."""
    found = Letters()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert found.to is not None
            body = self.rfile.read(int(self.headers["content-length"]))
            sent = {"host": "localhost:1", "content-type": self.headers["content-type"]}
            status, _, _ = found.to.http("POST", "/sign-in/oidc/logout", sent, body)
            self.send_response(status)
            self.end_headers()
            found.answered.put(status)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield found, f"http://127.0.0.1:{http.server_port}/"
        finally:
            http.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def ours(
    tmp_path_factory: pytest.TempPathFactory,
    template: Template,
    firm: ServedFirm,
    letters: tuple[Letters, str],
) -> Iterator[System]:
    """A server by the machine's own clock, to which the other one proves the users of its bastion host."""
    data = tmp_path_factory.mktemp("outside") / "data"
    shutil.copytree(template.directory, data)
    app, secret = firm.application("admit", BACK, "http://localhost:1/sign-in", letters[1])
    clock = FakeClock(SystemClock().now())
    plain = System(open_admit(Settings(data=data), clock), clock, template.founded)
    bastion = Bastion(plain)
    bastion.user("alice")
    plain.admit.close()
    settings = Settings(
        data=data,
        public_url="http://localhost:1",
        sign_in_oidc_issuer=firm.issuer,
        sign_in_oidc_client_id=app,
        sign_in_oidc_client_secret=Secret(secret),
        sign_in_oidc_directories=(bastion.id,),
    )
    admit = open_admit(settings, SystemClock())
    letters[0].to = System(admit, clock, template.founded)
    yield letters[0].to
    admit.close()


def led_back(browser: Browsing, place: str) -> str:
    """Where the provider sends the browser on to, below our own address."""
    found: list[str] = []

    def seen(request: httpx.Request) -> None:
        if str(request.url).startswith(BACK):
            found.append(str(request.url))

    browser.web.event_hooks["request"] = [seen]
    with pytest.raises(httpx.ConnectError):
        browser.open(place)
    parts = urlsplit(found[-1])
    return f"{parts.path}?{parts.query}"


def test_alice_signs_in_by_the_other_and_again_for_what_matters(ours: System) -> None:
    pages = Pages(ours, host="localhost:1")
    with browsing("alice") as alice:
        answer = pages.get(led_back(alice, pages.get("/sign-in/oidc?next=/home").place))
        assert (answer.status, answer.place) == (303, "/home"), answer.text
        assert pages.get("/home").status == 200
        again = pages.get("/sign-in/oidc?again&next=/home/settings").place
        # Signed in there already, she is asked all the same.
        assert pages.get(led_back(alice, again)).place == "/home/settings"
    csrf = pages.get("/home").csrf
    out = pages.post("/sign-out", {"csrf": csrf}).place
    assert "/oidc/" in pages.get(out).text


def test_whoever_the_other_does_not_let_in_is_not_in_here(ours: System, firm: ServedFirm) -> None:
    pages = Pages(ours, host="localhost:1")
    place = pages.get("/sign-in/oidc").place
    with browsing("tom") as tom:
        tom.web.follow_redirects = True
        page = tom.open(place)
        assert str(page.url).startswith(firm.url)
        assert page.status_code == 403
    assert pages.get("/home").status == 303


def test_who_loses_access_at_the_other_is_signed_out_here(
    ours: System, firm: ServedFirm, letters: tuple[Letters, str]
) -> None:
    pages = Pages(ours, host="localhost:1")
    with browsing("alice") as alice:
        assert pages.get(led_back(alice, pages.get("/sign-in/oidc?next=/home").place)).status == 303
    assert pages.get("/home").status == 200
    told = letters[0].answered
    firm.revoke("admit")
    try:
        # Letters about who was signed in before may still be under way.
        while pages.get("/home").status == 200:
            assert told.get(timeout=20) == 200
        assert pages.get("/home").status == 303
    finally:
        firm.grant("admit")
