"""A serving admit with applications to stream, and a browser in front of it."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect

from admit.base.chance import Chance
from admit.base.clock import SystemClock
from admit.control.founding import Founded
from admit.main import create
from admit.settings import Settings
from tests.browser.place import AXED
from tests.served import Caller, Served, serving

PASSWORD = "Correct-Horse-7"
RULES = {"Clipboard": "readwrite", "FileTransfer": "all"}


@dataclass
class Office:
    """App Streaming on a real server, and the words a test says to it."""

    data: Path
    served: Served
    caller: Caller
    count: int = 0

    @property
    def url(self) -> str:
        return f"http://{self.served.urls['http']}"

    def call(self, action: str, **asked: Any) -> dict[str, Any]:
        """Call an operation of App Streaming."""
        return self.caller.call("appstream-center", action, **asked)

    def person(self) -> str:
        """A new convenience user, who may sign in."""
        self.count += 1
        name = f"person{self.count}"
        users = [{"EndUserId": name, "Email": f"{name}@example.com", "Password": PASSWORD}]
        assert self.caller.call("eds-user", "CreateUsers", Users=users)["AllSucceed"]
        return name

    def group(self, *users: str, rules: dict[str, Any] | None = None, **more: Any) -> str:
        """A new delivery group that some may use; returns its id."""
        (image,) = self.call("ListImage")["Data"]
        self.count += 1
        asked = {
            "AppCenterImageId": image["ImageId"],
            "AppInstanceGroupName": f"Office {self.count}",
            "ProductType": "CloudApp",
            "BizRegionId": "cn-hangzhou",
            "ChargeType": "PostPaid",
            "ChargeResourceMode": "Node",
            "Period": 1,
            "PeriodUnit": "Month",
            "SessionTimeout": 15,
            "UserDefinePolicy": json.dumps({"CustomConfig": json.dumps(RULES if rules is None else rules)}),
        } | more
        model = self.call("CreateAppInstanceGroup", **asked)["AppInstanceGroupModel"]
        group: str = model["AppInstanceGroupId"]
        if users:
            self.authorize(group, AuthorizeUserIds=users)
        return group

    def authorize(self, group: str, **change: Any) -> None:
        """Authorize users, or take that back."""
        self.call("AuthorizeInstanceGroup", AppInstanceGroupId=group, ProductType="CloudApp", **change)

    def grant(self, name: str, group: str, until: int) -> None:
        """Grant a delivery group for a time, by the name it was made with last."""
        resource = f"delivery-group:Office {self.count}"
        assert group
        self.caller.call("admit", "GrantAccess", Subject=name, Resource=resource, EndTime=until)

    def app(self, name: str) -> str:
        """The id of an application of the first image."""
        (image,) = self.call("ListImage")["Data"]
        return next(str(each["AppId"]) for each in image["AppList"] if each["AppName"] == name)

    def home(self, group: str) -> Path:
        """The only home folder of a delivery group."""
        (found,) = (self.data / "streaming" / "homes" / group).iterdir()
        return found

    def ended(self, session: str) -> dict[str, Any]:
        """What is told of a session that is over."""
        (found,) = (each for each in self.sessions(State="ended") if each["SessionId"] == session)
        return found

    def sessions(self, **asked: Any) -> list[dict[str, Any]]:
        """What `admit sessions` tells."""
        return list(self.caller.call("admit", "ListSessions", **asked)["Sessions"])


@contextmanager
def office(data: Path, **environment: str) -> Iterator[Office]:
    """A new system that is served until the block ends."""
    founded: Founded = create(Settings(data=data), SystemClock(), Chance())
    with serving(data, **environment) as served:
        caller = Caller(served.urls["http"], founded)
        yield Office(data, served, caller)
        caller.connection.close()


CUT = ("WebSocket", "Failed to load", "Got data while disconnected")
"""In what a browser says of a connection that was cut; the last by noVNC, of what it was still drawing."""


@dataclass
class Person:
    """Somebody at a browser of their own."""

    office: Office
    name: str
    context: BrowserContext
    page: Page = field(init=False)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", self._heard)

    def _heard(self, message: Any) -> None:
        # What the browser says of a cut connection is no fault of the page, nor of styles that axe sets.
        axe = self.page in AXED and "Content Security Policy" in message.text
        if message.type == "error" and not axe and not any(cut in message.text for cut in CUT):
            self.faults.append(message.text)

    def sign_in(self, password: str = PASSWORD, place: str = "/home") -> "Person":
        """Sign in, as people do, until the page is shown where they begin."""
        self.page.goto(f"{self.office.url}/sign-in")
        self.page.fill("input[name=name]", self.name)
        self.page.fill("input[name=password]", password)
        self.page.click("button[type=submit], form button.primary")
        self.page.wait_for_url(f"**{place}**")
        return self

    def start(self, group: str, app: str = "", **more: str) -> None:
        """Send the form of a tile."""
        fields = {"group": group, "app": app, **more}
        self.page.evaluate(
            """(fields) => {
                const form = document.createElement("form");
                form.method = "post";
                form.action = "/stream/start";
                fields.csrf = document.querySelector("input[name=csrf]").value;
                for (const [name, value] of Object.entries(fields)) {
                    const input = document.createElement("input");
                    Object.assign(input, { type: "hidden", name, value });
                    form.append(input);
                }
                document.body.append(form);
                form.submit();
            }""",
            fields,
        )
        self.page.wait_for_load_state()

    def open(self, group: str, app: str) -> "Person":
        """Open an application, until its screen is shown."""
        self.page.goto(f"{self.office.url}/home")
        self.start(group, app)
        self.connected()
        return self

    def connected(self) -> None:
        """Wait until the screen is shown."""
        expect(self.page.locator("#stream")).to_have_attribute("data-state", "connected", timeout=15_000)

    def open_terminal(self, group: str) -> "Person":
        """Open the terminal, until it takes what is typed."""
        self.open(group, self.office.app("Terminal"))
        return self.open_shown_terminal(group)

    def open_shown_terminal(self, group: str) -> "Person":
        """Wait until a terminal that is shown takes what is typed."""
        self.repeat(lambda: self.type("\n: >.ready\n"), (self.office.home(group) / ".ready").exists)
        return self

    def open_editor(self, group: str) -> "Person":
        """Open the editor, until it takes what is typed; it is left empty."""
        self.open(group, self.office.app("Text Editor"))
        screen = self.page.locator("#stream")

        def write() -> None:
            self.type("x")
            for key in ("Control+a", "Control+c", "Delete"):
                self.page.keyboard.press(key)

        self.repeat(write, lambda: screen.get_attribute("data-copied") is not None)
        return self

    def repeat(self, attempt: Callable[[], object], condition: Callable[[], object]) -> None:
        """Try something until it shows: a program may stand before it listens."""
        for _ in range(60):
            attempt()
            self.page.wait_for_timeout(150)
            if condition():
                return
        raise AssertionError("the program takes nothing")

    @property
    def session(self) -> str:
        """The id of the session that is shown."""
        return str(self.page.locator("#stream").get_attribute("data-session"))

    def type(self, text: str) -> None:
        """Type keys of a US keyboard on the screen."""
        self.page.locator("#screen canvas").focus()
        self.page.keyboard.type(text)


def assert_shows(page: Page, where: str, text: str | re.Pattern[str]) -> None:
    """A page shows a text in a place, or will in a moment."""
    expect(page.locator(where)).to_have_text(text, timeout=15_000)


def assert_holds(person: Person, text: str) -> None:
    """The editor holds a text, or will in a moment: all of it is copied, and comes out."""

    def copy() -> None:
        person.page.keyboard.press("Control+a")
        person.page.keyboard.press("Control+c")

    screen = person.page.locator("#stream")
    person.page.locator("#screen canvas").focus()
    try:
        person.repeat(copy, lambda: screen.get_attribute("data-copied") == text)
    except AssertionError:
        assert screen.get_attribute("data-copied") == text


@contextmanager
def at_browser(browser: Browser, office: Office, name: str, **options: Any) -> Iterator[Person]:
    """Somebody who has signed in, until the block ends; their pages must have had no fault."""
    context = browser.new_context(viewport={"width": 900, "height": 600}, **options)
    person = Person(office, name, context).sign_in()
    try:
        yield person
        assert person.faults == [], person.faults
    finally:
        context.close()
