"""The pages of the door can be used by everybody: in each theme and language, also when all is over."""

from collections.abc import Iterator

import pytest

from admit.pages.cookies import COOKIES
from admit.pages.words import LANGUAGES
from tests.browser.place import in_both_themes
from tests.streaming.office import Office, Person


@pytest.fixture(params=sorted(LANGUAGES))
def reader(request: pytest.FixtureRequest, office: Office, person: Person) -> Iterator[Person]:
    """Somebody who reads a language."""
    person.context.add_cookies([{"name": COOKIES.language, "value": request.param, "url": office.url}])
    yield person
    person.context.clear_cookies(name=COOKIES.language)


def test_a_screen_its_dialogs_and_its_end_keep_nobody_out(office: Office, reader: Person) -> None:
    group = office.group(reader.name, rules={"Clipboard": "readwrite", "FileTransfer": "all"})
    reader.open(group, office.app("Terminal"))
    page = reader.page
    assert in_both_themes(page) == []
    for tool, dialog in (("clipboard", "#clipboard"), ("files", "#files"), ("end", "#ending")):
        page.click(f"[data-tool={tool}]")
        page.wait_for_selector(f"{dialog}[open]")
        assert in_both_themes(page) == [], tool
        page.keyboard.press("Escape")
        page.wait_for_selector(f"{dialog}[open]", state="detached")

    office.authorize(group, UnAuthorizeUserIds=[reader.name])
    page.wait_for_selector("#over:visible")
    assert in_both_themes(page) == []
    page.goto(f"{office.url}/home")
    reader.start(group, office.app("Terminal"))
    page.wait_for_selector("main h1")
    assert in_both_themes(page) == []
    assert reader.faults == []


@pytest.mark.parametrize(
    "name", ["<img src=x onerror=document.title='xss'>.txt", "'\"><svg onload=x>{{7*7}}.txt"]
)
def test_a_file_called_like_a_tag_stays_a_name(office: Office, person: Person, name: str) -> None:
    group = office.group(person.name, rules={"FileTransfer": "all"})
    person.open(group, office.app("Terminal"))
    page = person.page
    page.click("[data-tool=files]")
    page.set_input_files("#upload", {"name": name, "mimeType": "text/plain", "buffer": b"x"})
    page.wait_for_selector("#listing li")
    assert page.text_content(".s-file") == name
    assert page.locator("#files img, #files svg[onload]").count() == 0
