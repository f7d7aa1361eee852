"""What every test of the streaming door may ask for: one server and one browser for all."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from admit.streaming import launching
from tests.browsing import chromium
from tests.streaming.office import Office, Person, at_browser
from tests.streaming.office import office as opened


@pytest.fixture(scope="package", autouse=True)
def long_leases() -> Iterator[None]:
    """Nobody renews what a test launches itself, and on a busy machine ten seconds are over soon."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(launching, "LEASE_S", 3600.0)
        yield


@pytest.fixture(scope="package")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A serving admit."""
    with opened(tmp_path_factory.mktemp("streaming") / "data") as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser."""
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def signed_in(office: Office, browser: Browser) -> Iterator[Person]:
    """Somebody at a browser, for all tests of a module."""
    with at_browser(browser, office, office.person()) as person:
        yield person


@pytest.fixture
def person(office: Office, signed_in: Person) -> Iterator[Person]:
    """The same, with no session left of the test before."""
    signed_in.page.goto(f"{office.url}/home")
    yield signed_in
    for session in office.sessions(State="live"):
        office.caller.call("admit", "EndSession", SessionId=session["SessionId"])
