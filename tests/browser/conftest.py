"""One served office and one browser for all that is tried with them."""

from collections.abc import Iterator

import pytest

from tests.browser.place import Place
from tests.browsing import chromium
from tests.ssh.office import office
from tests.ssh.target import target


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """An office whose alice may log on to db-1. A browser leaves the thread a loop of its own: it must go."""
    directory = tmp_path_factory.mktemp("browser")
    pictures = tmp_path_factory.mktemp("pictures")
    with target(directory / "host") as host, office(directory, host) as found, chromium() as browser:
        yield Place(found, browser, pictures)
