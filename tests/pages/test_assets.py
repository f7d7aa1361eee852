"""Files of the pages: found under the name they have now, and nothing beside them."""

import pytest

from admit.pages.assets import icon
from tests.browsing import Pages
from tests.system import System


@pytest.fixture
def sheet(system: System) -> str:
    page = Pages(system).get("/sign-in").text
    return page.partition('rel="stylesheet" href="')[2].partition('"')[0]


def test_a_file_is_kept_by_browsers_until_it_is_another(system: System, sheet: str) -> None:
    found = Pages(system).get(sheet)

    assert (found.status, found.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert "immutable" in found.headers["cache-control"]


def test_an_old_address_has_the_new_file_which_is_not_kept(system: System, sheet: str) -> None:
    old = sheet.split("/")
    old[2] = "0123456789ab"

    found = Pages(system).get("/".join(old))

    assert (found.status, found.headers["cache-control"]) == (200, "no-cache")


@pytest.mark.parametrize(
    "name", ["pages/../assets.py", "pages/%2e%2e/site.py", "pages/vendor/htmx.LICENSE", "nothing.css", ""]
)
def test_nothing_else_is_served(system: System, name: str) -> None:
    assert Pages(system).get(f"/static/x/{name}").status == 404


def test_an_icon_is_silent_unless_it_is_given_words() -> None:
    assert 'aria-hidden="true"' in icon("key")
    assert 'role="img" aria-label="&#34;Key&#34;"' in icon("key", '"Key"')
    with pytest.raises(FileNotFoundError):
        icon("no-such-icon")
