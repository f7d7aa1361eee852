"""A Chinese page is Chinese: no sentence of English is left on it, in its text or beside it."""

import re
from html.parser import HTMLParser

from admit.console.shelves import place_of
from admit.main import SERVICES
from tests.browsing import Pages
from tests.console.office import PASSWORD, as_admin
from tests.console.test_everybody import OF_PEOPLE, REVIEW, addresses_of_the_console, furnish_more
from tests.console.test_importing import importing
from tests.system import System

SENTENCE = re.compile(r"[A-Za-z]+(?:'[a-z]+)?(?:[,:;]? [A-Za-z]+(?:'[a-z]+)?){3,}")
"""More than three English words in a row."""
AS_IT_IS = {"code", "pre", "script", "style", "textarea"}
"""Elements whose text is nobody's to translate: names, values, what programs say."""
SAID_BESIDE = {"title", "aria-label", "alt", "data-done-text"}
"""Attributes that are read to people, or shown."""
WRITTEN = {REVIEW["Note"]}
"""What somebody wrote."""


class Words(HTMLParser):
    """Every text of a page that its reader is told."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._left_out = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._left_out += tag in AS_IT_IS
        self.found += [value for name, value in attrs if name in SAID_BESIDE and value]

    def handle_endtag(self, tag: str) -> None:
        self._left_out -= tag in AS_IT_IS

    def handle_data(self, data: str) -> None:
        if not self._left_out:
            self.found.append(" ".join(data.split()))


def english(page: str) -> list[str]:
    """The texts of a page that hold a sentence of English."""
    assert 'lang="zh-CN"' in page
    return [each for each in Words(page).found if SENTENCE.search(each) and each not in WRITTEN]


def in_chinese(pages: Pages) -> Pages:
    pages.cookies["admit_language"] = "zh"
    return pages


def test_a_sentence_of_english_is_found() -> None:
    english_left = '<p title="Click here to open it">授权 you may not use it</p><code>a b c d e</code>'
    names_left = "<p>使用 Bearer Token 与 RAM 用户 alice</p>"

    assert english(f'<html lang="zh-CN">{english_left}') == [
        "Click here to open it",
        "授权 you may not use it",
    ]
    assert english(f'<html lang="zh-CN">{names_left}') == []


def test_no_page_of_the_console_and_the_explorer_is_left_in_english(office: System) -> None:
    furnish_more(office)
    admin = in_chinese(as_admin(office))
    addresses = addresses_of_the_console(office)
    addresses += [f"/explorer/{each.product}/{max(each.operations)}" for each in SERVICES]
    person = next(each for each in things(office, "person") if each["Label"] == "admin")
    addresses.append(f"{place_of(person)}/do/lock")
    left = {each: english(admin.get(each).text) for each in addresses}

    assert len(left) > 50
    assert {address: texts for address, texts in left.items() if texts} == {}


def things(office: System, kind: str) -> list[dict[str, str]]:
    return list(office.call("admit", "ListThings", Kinds=[kind], MaxResults=50)["Things"])


def test_no_page_for_people_is_left_in_english(office: System) -> None:
    furnish_more(office)
    alice = Pages(office)
    alice.sign_in("alice", PASSWORD)
    answers = {each: in_chinese(alice).get(each) for each in OF_PEOPLE}
    shown = {each: answer.text for each, answer in answers.items() if answer.status != 303}
    stranger = in_chinese(Pages(office))
    shown["/sign-in"] = stranger.get("/sign-in").text
    shown["a wrong password"] = stranger.post("/sign-in", {"name": "alice", "password": "wrong"}).text

    assert len(shown) > 10
    assert {address: texts for address, page in shown.items() if (texts := english(page))} == {}


FAULTY = """username,display name,email,groups
no good name!,x,not-an-address,
alice,Alice,,
alice,Again,,
bob,too,many,values,here
"""


def test_what_is_wrong_with_lines_of_a_file_is_told_in_chinese(office: System) -> None:
    page = importing(office, in_chinese(as_admin(office)), "people", FAULTY, "preview")

    for told in ("第 2 行", "“no good name!”含有空格", "“alice”已在第 3 行出现"):
        assert told in page
    assert [each for each in Words(page).found if SENTENCE.search(each)] == []


def test_what_a_form_is_refused_with_is_told_in_chinese(office: System) -> None:
    admin = in_chinese(as_admin(office))
    bob = next(each for each in things(office, "user") if each["Label"] == "user:bob")
    address = f"{place_of(bob)}/do/password"
    csrf = admin.get(address).csrf

    page = admin.post(address, {"csrf": csrf, "step": "preview", "password": "short"}).text

    assert "参数无效。Password" in page
    assert english(page) == []
