"""In a real browser: each central operation is filled in, called, and its code taken along and run."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from admit.explorer.values import flattened
from tests.browsing import chromium
from tests.explorer.conftest import Target
from tests.explorer.test_samples import ABSENT, SEEDS, ran_python


@pytest.fixture(scope="module")
def page(target: Target) -> Iterator[Page]:
    with chromium() as browser:
        yield signed_in(browser, target)


def signed_in(browser: Browser, target: Target) -> Page:
    """The explorer, with the administrator signed in."""
    page = browser.new_page(viewport={"width": 1366, "height": 900})
    page.goto(f"http://{target.address}/sign-in?next=/explorer")
    name, password = target.admin
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/explorer")
    return page


def fill(page: Page, values: dict[str, Any]) -> None:
    for name, value in flattened(values).items():
        head, _, place = name.rpartition(".")
        if place.isdecimal() and int(place) > 1:
            page.locator(f'[data-list="{head}"] > [data-add]').click()
        field = page.locator(f'[name="{name}"]')
        if field.evaluate("each => each.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)


@pytest.mark.parametrize(("product", "action"), SEEDS)
def test_an_operation_is_called_from_its_form_and_so_is_its_code(
    page: Page, target: Target, product: str, action: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    values = {name: value for name, value in SEEDS[product, action].items() if name != "ClientToken"}
    page.goto(f"http://{target.address}/explorer/{product}/{action}")

    fill(page, values)
    page.get_by_role("button", name="Call it").click()

    answer = page.locator("#answer-text")
    expect(answer).to_contain_text("RequestId")
    assert any(each in answer.inner_text() for each in ABSENT)
    code = page.locator("#text-python")
    expect(code).to_contain_text(next(iter(values.values())))
    expect(code).to_contain_text(str(list(flattened(values).values())[-1]))
    assert any(each in ran_python(code.inner_text(), target, monkeypatch) for each in ABSENT)
    assert said == []


def test_a_search_finds_while_it_is_typed_and_the_address_says_it(page: Page, target: Target) -> None:
    page.goto(f"http://{target.address}/explorer")
    page.keyboard.press("/")
    page.keyboard.type("attach host account")

    expect(page.get_by_role("link", name="AttachHostAccountsToUserGroup").last).to_be_visible()
    expect(page.get_by_role("link", name="CreateInstance")).to_have_count(0)
    expect(page).to_have_url(f"http://{target.address}/explorer?q=attach+host+account&service=")


def test_tabs_are_chosen_by_the_keyboard_and_remembered(page: Page, target: Target) -> None:
    page.goto(f"http://{target.address}/explorer/ram/ListGroups")
    page.get_by_role("tab", name="Python").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Node")).to_be_focused()

    page.goto(f"http://{target.address}/explorer/ram/GetGroup")

    expect(page.get_by_role("tab", name="Node")).to_have_attribute("aria-selected", "true")
    page.get_by_role("tab", name="Python").click()
