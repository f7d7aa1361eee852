"""One admit signs people in by another, which runs as a process of its own."""

import shutil
from collections.abc import Iterator
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


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory, template: Template, firm: ServedFirm) -> Iterator[System]:
    """A server by the machine's own clock, to which the other one proves the users of its bastion host."""
    data = tmp_path_factory.mktemp("outside") / "data"
    shutil.copytree(template.directory, data)
    app, secret = firm.application("admit", BACK, "http://localhost:1/sign-in", "")
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
    yield System(admit, clock, template.founded)
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
