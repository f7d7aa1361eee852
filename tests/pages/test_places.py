"""Where a form may send somebody on."""

import pytest

from admit.pages.places import HOME, inside


@pytest.mark.parametrize(
    "target", ["/home", "/console/grants?kind=host&page=2", "/oidc/x/authorize?a=b%20c#d"]
)
def test_a_path_of_this_server_is_gone_to(target: str) -> None:
    assert inside(target) == target


@pytest.mark.parametrize(
    "target",
    [
        "",
        "home",
        "//evil.test",
        "/\\evil.test",
        "\\\\evil.test",
        "https://evil.test/home",
        "javascript:alert(1)",
        "/\t/evil.test",
        "/\n//evil.test",
        " //evil.test",
        "///evil.test",
    ],
)
def test_nothing_else_is(target: str) -> None:
    assert inside(target) == HOME
