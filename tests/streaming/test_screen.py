"""Applications in a real browser: seen, used, and gone when access is."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from admit.base.clock import SystemClock
from admit.pages.cookies import COOKIES
from tests.streaming.office import Office, Person, assert_holds, assert_shows, at_browser

KEYS = """async (keys) => {
    const canvas = document.querySelector("#screen canvas");
    for (const key of keys) {
        for (const kind of ["keydown", "keyup"])
            canvas.dispatchEvent(new KeyboardEvent(kind, { key, code: "", bubbles: true, cancelable: true }));
        await new Promise((resolve) => setTimeout(resolve, 60));
    }
}"""
"""Presses keys that the test's own keyboard has not."""
SOCKETS = """
window.sockets = [];
const Real = window.WebSocket;
window.WebSocket = function (...all) {
    window.sockets.push(new Real(...all));
    return window.sockets.at(-1);
};
Object.setPrototypeOf(window.WebSocket, Real);
"""
"""Lets a test get at the connections of a page."""


def written(office: Office, group: str, name: str, person: Person) -> str:
    """A file in a home folder, once the program has written it."""
    path: Path = office.home(group) / name
    for _ in range(200):
        if path.exists() and path.read_bytes().endswith(b"\n"):
            return path.read_text()
        person.page.wait_for_timeout(50)
    raise AssertionError(f"{name} was not written")


def test_a_terminal_is_shown_typed_into_and_takes_the_size_of_the_page(office: Office, person: Person):
    group = office.group(person.name)
    person.open_terminal(group)
    person.type("id -u >who\n")
    assert written(office, group, "who", person) == "1000\n"

    person.page.set_viewport_size({"width": 800, "height": 500})
    expect(person.page.locator("#screen canvas")).to_have_js_property("width", 800)
    person.type("stty size >size; echo ok >done\n")
    written(office, group, "done", person)
    rows, columns = map(int, written(office, group, "size", person).split())
    assert rows < 30
    assert columns < 100
    (session,) = [each for each in office.sessions(State="live") if each["Person"] == person.name]
    assert (session["Door"], session["What"], session["SessionId"]) == (
        "streaming",
        "stream",
        person.session,
    )


def test_letters_of_any_script_and_from_an_input_method_arrive(office: Office, person: Person):
    group = office.group(person.name)
    person.open_editor(group)
    person.page.locator("#screen canvas").focus()
    person.page.evaluate(KEYS, list("é€Ж中"))
    person.page.click("[data-tool=keyboard]")
    person.page.keyboard.insert_text("日本語")
    person.page.keyboard.press("Enter")
    person.page.keyboard.insert_text("ok")
    person.page.click("[data-tool=keyboard]")
    # All of it is sent by then: to select what is there while more arrives would replace it.
    expect(person.page.locator("#screen canvas")).to_be_focused()

    assert_holds(person, "é€Ж中日本語\nok")


def test_text_is_copied_into_the_application_and_out_of_it(office: Office, person: Person):
    group = office.group(person.name)
    person.open_editor(group)
    person.page.click("[data-tool=clipboard]")
    person.page.fill("#copied", "from this device: Grüße")
    person.page.click("[data-tool=give]")
    person.page.locator("#screen canvas").focus()
    person.page.keyboard.press("Control+v")
    assert_holds(person, "from this device: Grüße")
    person.page.keyboard.press("Control+a")
    person.page.keyboard.type("out")
    assert_holds(person, "out")
    person.page.click("[data-tool=clipboard]")
    expect(person.page.locator("#copied")).to_have_value("out")


@pytest.mark.parametrize(("clipboard", "files"), [("write", "upload"), ("read", "download"), ("off", "off")])
def test_text_and_files_are_copied_only_the_ways_the_delivery_group_allows(
    office: Office, person: Person, clipboard: str, files: str
):
    group = office.group(person.name, rules={"Clipboard": clipboard, "FileTransfer": files})
    person.open(group, office.app("Terminal"))

    assert person.page.locator("[data-tool=clipboard]").count() == int(clipboard != "off")
    assert person.page.locator("[data-tool=give]").count() == int(clipboard == "write")
    assert person.page.locator("[data-tool=take]").count() == int(clipboard == "read")
    # Whatever a page of their own would send: the screen itself does not take or give it.
    ((line,),) = [_screens(office, person.session)]
    assert f"-AcceptCutText={int(clipboard == 'write')}" in line
    assert f"-SendCutText={int(clipboard == 'read')}" in line

    csrf = person.page.locator("#stream").get_attribute("data-csrf") or ""
    base = f"{office.url}/stream/{person.session}/files"
    put = person.context.request.post(f"{base}?name=a.txt", data=b"a", headers={"x-csrf-token": csrf})
    got = person.context.request.get(base)
    assert put.status == (200 if files == "upload" else 403)
    assert got.status == (200 if files == "download" else 403)
    assert person.page.locator("[data-tool=files]").count() == int(files != "off")


def _screens(office: Office, session: str) -> list[str]:
    found = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = each.read_bytes().replace(b"\0", b" ").decode()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if line.startswith("Xvnc ") and _under(each.parent, office):
            found.append(line)
    return found[-1:]


def _under(process: Path, office: Office) -> bool:
    """Whether a process descends from the server."""
    pid = process.name
    while pid not in ("0", "1"):
        if int(pid) == office.served.process.pid:
            return True
        pid = Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()[1]
    return False


def test_of_several_windows_the_next_one_is_shown(office: Office, person: Person):
    group = office.group(person.name)
    person.open_terminal(group)
    home = office.home(group)
    typed = home / "typed"
    person.type("xterm -e sh -c 'cat >typed' &\n")

    # What is typed into the other one does no harm there.
    person.repeat(lambda: person.type("second\n"), lambda: typed.exists() and "second" in typed.read_text())
    person.page.click("[data-tool=next]")
    person.repeat(lambda: person.type("touch first\n"), (home / "first").exists)
    person.page.click("[data-tool=next]")
    person.repeat(lambda: person.type("again\n"), lambda: "again" in typed.read_text())
    # A letter may have come before the window changed, and stand before the first word.
    assert typed.read_text().index("second") < typed.read_text().index("again")


def test_the_program_goes_on_when_the_page_is_gone_and_is_shown_again(office: Office, person: Person):
    group = office.group(person.name)
    person.page.add_init_script(SOCKETS)
    person.open_terminal(group)
    session = person.session
    person.type("x=kept\n")

    person.page.evaluate("sockets.at(-1).close(3000)")
    expect(person.page.locator("#stream")).to_have_attribute("data-state", "closed")
    person.connected()
    person.page.goto(f"{office.url}/home")
    person.start(group, office.app("Terminal"))
    person.connected()

    assert person.session == session
    person.type("echo $x >again\n")
    assert written(office, group, "again", person) == "kept\n"


def test_a_session_is_shown_in_the_window_that_opened_it_last(office: Office, person: Person):
    group = office.group(person.name)
    person.open_terminal(group)
    other = person.context.new_page()
    other.goto(person.page.url)

    assert_shows(person.page, "#over h1:visible", "Not shown here any more")
    person.page.click("#again")
    person.connected()
    assert_shows(other, "#over h1:visible", "Not shown here any more")


def test_a_window_shows_nothing_once_its_browser_is_signed_out(office: Office, browser: Browser):
    name = office.person()
    group = office.group(name)
    with at_browser(browser, office, name) as person:
        person.open_terminal(group)
        other = person.context.new_page()
        other.goto(f"{office.url}/home")
        other.click("form[action='/sign-out'] button")
        assert_shows(person.page, "#over h1:visible", "Not shown here any more")
        assert_shows(person.page, "#why", "You have signed out.")


def test_a_revoked_grant_ends_the_session_and_the_page_says_why(office: Office, person: Person):
    group = office.group(person.name)
    person.open_terminal(group)
    address, opened = person.page.url, person.session

    office.authorize(group, UnAuthorizeUserIds=[person.name])

    assert_shows(person.page, "#over h1:visible", "Your access has ended")
    assert_shows(person.page, "#why", "Your access to Terminal ended: the grant was revoked.")
    expect(person.page.locator("#ask")).to_have_attribute("href", re.compile(r"^/home/ask\?resource=\d+$"))
    expect(person.page.locator("#ask")).to_be_visible()
    assert person.page.goto(address).status == 404  # type: ignore[union-attr]
    person.page.goto(f"{office.url}/home")
    person.start(group, office.app("Terminal"))
    assert_shows(person.page, "h1", "The application was not opened")
    session = office.ended(opened)
    assert (session["Outcome"], session["Reason"]) == ("revoked", "the grant was revoked")


def test_a_grant_that_ends_warns_and_ends_the_session_on_time(office: Office, person: Person):
    group = office.group(person.name)
    person.open_terminal(group)
    until = SystemClock().now() + 3_000
    office.grant(person.name, group, until)

    assert_shows(person.page, "#notice p", "Your access to Terminal ends in 1 minute.")
    assert_shows(person.page, "#left", "1 minute left")
    assert_shows(person.page, "#over h1:visible", "Your time is over")
    session = office.ended(person.session)
    assert session["Outcome"] == "expired"
    assert until <= session["EndedAt"]


def test_an_administrator_ends_a_session(office: Office, person: Person):
    group = office.group(person.name)
    person.open_terminal(group)

    office.caller.call("admit", "EndSession", SessionId=person.session, Reason="maintenance")

    assert_shows(person.page, "#why", re.compile("root ended it: maintenance"))


def test_whoever_reads_chinese_is_told_in_chinese(office: Office, person: Person):
    group = office.group(person.name)
    person.context.add_cookies([{"name": COOKIES.language, "value": "zh", "url": office.url}])
    try:
        person.open(group, office.app("Terminal"))
        office.authorize(group, UnAuthorizeUserIds=[person.name])
        assert_shows(person.page, "#over h1:visible", "您的访问权限已结束")
        assert_shows(person.page, "#why", "您对 Terminal 的访问已结束\uff1a授权已被撤销。")
        person.page.goto(f"{office.url}/home")
        person.start(group, office.app("Terminal"))
        assert_shows(person.page, "h1 ~ p, main p", "您没有访问此应用的权限。")
    finally:
        person.context.clear_cookies(name=COOKIES.language)


def test_what_the_person_closes_is_over(office: Office, person: Person):
    group = office.group(person.name)
    person.open_terminal(group)
    person.type("exit\n")

    assert_shows(person.page, "#why", "The application was closed.")


def test_nobody_else_gets_to_a_session(office: Office, browser: Browser):
    name, other = office.person(), office.person()
    group = office.group(name, other)
    with at_browser(browser, office, name) as person, at_browser(browser, office, other) as stranger:
        person.open_terminal(group)

        answer = stranger.page.goto(person.page.url)
        assert answer is not None
        assert answer.status == 404
        refused = stranger.page.evaluate(
            """(session) => new Promise((resolve) => {
                const socket = new WebSocket(`ws://${location.host}/stream/${session}/rfb`);
                socket.onopen = () => resolve("opened");
                socket.onclose = (event) => resolve(`closed ${event.code}`);
            })""",
            person.session,
        )
        assert refused == "closed 1006"
        for method, path in (
            ("GET", "files"),
            ("POST", "files?name=x"),
            ("POST", "end"),
            ("GET", "files/who"),
        ):
            told = stranger.page.evaluate(
                "([method, address]) => fetch(address, { method }).then((answer) => answer.status)",
                [method, f"/stream/{person.session}/{path}"],
            )
            assert told in (403, 404)
        expect(person.page.locator("#stream")).to_have_attribute("data-state", "connected")


def test_nothing_is_opened_without_a_grant_or_from_another_page(office: Office, person: Person):
    group = office.group()
    person.start(group, office.app("Terminal"))
    assert_shows(person.page, "h1", "The application was not opened")
    assert_shows(person.page, ".a-button.primary", "Ask for access")
    person.page.goto(f"{office.url}/home")
    person.start("aig-none", "ca-none")
    assert_shows(person.page, "h1", "The application was not opened")

    sent = {"group": group, "app": office.app("Terminal")}
    answer = person.context.request.post(f"{office.url}/stream/start", form=sent)
    assert answer.status == 403


def test_files_are_put_into_the_home_folder_and_taken_out(office: Office, person: Person):
    group = office.group(person.name)
    person.open_terminal(group)
    person.page.click("[data-tool=files]")
    sent = {"name": "Bericht.txt", "mimeType": "text/plain", "buffer": b"lines\n" * 50_000}
    person.page.set_input_files("#upload", sent)  # type: ignore[arg-type]
    assert_shows(person.page, "#uploading", "Uploaded: Bericht.txt")
    assert written(office, group, "Bericht.txt", person) == "lines\n" * 50_000

    with person.page.expect_download() as downloading:
        person.page.click("#listing a")
    assert Path(downloading.value.path()).read_bytes() == b"lines\n" * 50_000
    assert downloading.value.suggested_filename == "Bericht.txt"
    person.page.set_input_files("#upload", sent)  # type: ignore[arg-type]
    assert_shows(person.page, "#uploading", "Uploaded: Bericht (2).txt")


def test_what_is_named_to_lead_out_of_the_home_folder_is_not_found(office: Office, person: Person):
    group = office.group(person.name)
    person.open_terminal(group)
    person.type("ln -s /etc/passwd out; ln -s / root; mkfifo pipe; echo ok >done\n")
    written(office, group, "done", person)
    base = f"{office.url}/stream/{person.session}/files"
    listed = json.loads(person.context.request.get(base).text())["files"]

    assert [each["path"] for each in listed] == ["done"]
    for path in ("out", "root/etc/passwd", "pipe", "..%2f..%2fseal.key", "%2e%2e/x", "a//b"):
        assert person.context.request.get(f"{base}/{path}").status == 404


def test_a_connection_ticket_opens_its_application_once_without_a_sign_in(office: Office, browser: Browser):
    name = office.person()
    group = office.group(name)
    asked = {"EndUserId": name, "AppId": office.app("Terminal"), "AppInstanceGroupIdList": [group]}
    ticket = office.call("GetConnectionTicket", ProductType="CloudApp", **asked)["Ticket"]
    contexts = [browser.new_context() for _ in range(2)]
    holder, thief = (Person(office, name, context) for context in contexts)
    try:
        holder.page.goto(f"{office.url}/stream/open?ticket={ticket}")
        holder.connected()
        holder.open_shown_terminal(group)
        (session,) = office.sessions(State="live", Person=name)
        assert (session["SessionId"], session["Door"]) == (holder.session, "streaming")

        again = thief.page.goto(f"{office.url}/stream/open?ticket={ticket}")
        assert again is not None
        assert again.status == 403
        assert_shows(thief.page, "h1", "The application was not opened")
        assert thief.page.goto(holder.page.url).url.startswith(f"{office.url}/sign-in")  # type: ignore[union-attr]

        holder.page.click("[data-tool=end]")
        holder.page.click("[data-tool=over]")
        assert_shows(holder.page, "#why", "You ended the session.")
        assert holder.faults == []
    finally:
        for context in contexts:
            context.close()


def test_what_a_delivery_group_opens_first_stands_before_it_is_clicked(office: Office, person: Person):
    app = office.app("Terminal")
    group = office.group(person.name, PreOpenAppId=app)
    person.page.goto(f"{office.url}/home?q=Office+{office.count}")

    def ahead() -> list[str]:
        found = office.sessions(State="live", Person=person.name)
        return [each["SessionId"] for each in found if each["What"] == "ahead"]

    person.repeat(lambda: None, ahead)
    (made_ready,) = ahead()
    person.page.click(f"form:has([value={group}]):has([value={app}]) button")
    person.connected()
    person.open_shown_terminal(group)
    (session,) = office.sessions(State="live", Person=person.name)
    assert (session["SessionId"], session["What"]) == (person.session, "stream")
    assert person.session == made_ready
    # The next who comes to this page must find none.
    office.authorize(group, UnAuthorizeUserIds=[person.name])


def test_a_ticket_opens_nothing_once_its_grant_is_taken_back(office: Office, browser: Browser):
    name = office.person()
    group = office.group(name)
    asked = {"EndUserId": name, "AppId": office.app("Terminal"), "AppInstanceGroupIdList": [group]}
    ticket = office.call("GetConnectionTicket", ProductType="CloudApp", **asked)["Ticket"]
    office.authorize(group, UnAuthorizeUserIds=[name])
    context = browser.new_context()
    try:
        page = context.new_page()
        for given in (ticket, "nonsense", ""):
            answer = page.goto(f"{office.url}/stream/open?ticket={given}")
            assert answer is not None
            assert answer.status == 403
    finally:
        context.close()
