"""The large programs people stream: a picture painted, a letter written, a sum made, each kept as a file."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.streaming.office import Office, Person

pytestmark = pytest.mark.soak

DRAWN = """() => {
    const canvas = document.querySelector("#screen canvas");
    const pixels = new Uint32Array(
        canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.buffer);
    const seen = new Map();
    for (const each of pixels) seen.set(each, (seen.get(each) ?? 0) + 1);
    return [seen.size, Math.max(...seen.values()) / pixels.length];
}"""
"""How many colours are shown, and how much of the screen the most frequent one covers."""


def stands(person: Person) -> bool:
    """Whether a program has drawn its windows, and is done with that."""
    before = person.page.evaluate(DRAWN)
    person.page.wait_for_timeout(1000)
    colours, share = person.page.evaluate(DRAWN)
    return colours > 100 and share < 0.95 and [colours, share] == before


def waited(person: Person, condition: Callable[[], bool], what: str) -> None:
    """Wait for what takes large programs their time."""
    for _ in range(120):
        if condition():
            return
        person.page.wait_for_timeout(500)
    raise AssertionError(f"{what} did not happen")


def opened(person: Person, group: str, app: str, pictures: Path) -> None:
    """Open a program, until its windows stand."""
    person.open(group, person.office.app(app))
    waited(person, lambda: stands(person), f"{app} drawn")
    person.page.screenshot(path=pictures / f"{app}.png")
    person.page.locator("#screen canvas").focus()


def saved(person: Person, name: str) -> None:
    """Save what is being edited, as people do."""
    person.page.keyboard.press("Control+s")
    person.page.wait_for_timeout(4000)
    person.page.keyboard.press("Control+a")
    person.type(f"/home/user/{name}")
    person.page.keyboard.press("Enter")


def test_a_letter_is_written(office: Office, person: Person, tmp_path: Path) -> None:
    group = office.group(person.name)
    opened(person, group, "Writer", tmp_path)
    person.type("Dear all, this was typed in a browser.")
    saved(person, "letter.odt")
    person.page.screenshot(path=tmp_path / "Writer saved.png")
    letter = office.home(group) / "letter.odt"

    waited(person, lambda: letter.exists() and zipfile.is_zipfile(letter), "saving")
    with zipfile.ZipFile(letter) as file:
        assert "this was typed in a browser" in file.read("content.xml").decode()


def test_a_sum_is_made(office: Office, person: Person, tmp_path: Path) -> None:
    group = office.group(person.name)
    opened(person, group, "Spreadsheet", tmp_path)
    person.type("19\n23\n=A1+A2\n")
    saved(person, "sum.ods")
    person.page.screenshot(path=tmp_path / "Spreadsheet saved.png")
    sheet = office.home(group) / "sum.ods"

    waited(person, lambda: sheet.exists() and zipfile.is_zipfile(sheet), "saving")
    with zipfile.ZipFile(sheet) as file:
        assert 'office:value="42"' in file.read("content.xml").decode()


def test_a_picture_is_made(office: Office, person: Person, tmp_path: Path) -> None:
    group = office.group(person.name)
    opened(person, group, "Image Editor", tmp_path)
    person.page.keyboard.press("Control+n")
    person.page.wait_for_timeout(3000)
    person.page.keyboard.press("Enter")
    waited(person, lambda: stands(person), "a new picture")
    person.page.locator("#screen canvas").focus()
    saved(person, "picture.xcf")
    person.page.screenshot(path=tmp_path / "Image Editor saved.png")
    picture = office.home(group) / "picture.xcf"

    waited(person, lambda: picture.exists() and picture.stat().st_size > 0, "saving")
    assert picture.read_bytes().startswith(b"gimp xcf ")
