"""What was shown in a session is shown again, to those who may see it."""

import pytest
from playwright.sync_api import Browser, expect

from admit.pages.cookies import COOKIES
from admit.pages.words import LANGUAGES
from tests.browser.place import in_both_themes
from tests.served import ran
from tests.streaming.office import Office, Person, assert_shows

COLOURS = """() => {
    const canvas = document.querySelector("#screen canvas"), context = canvas.getContext("2d");
    return new Set(new Uint32Array(context.getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size;
}"""


@pytest.fixture(scope="module")
def recording(office: Office, signed_in: Person) -> str:
    """The recording of a session that is over, by its id."""
    person = signed_in
    person.open_terminal(office.group(person.name))
    person.type("echo recorded\n")
    session = person.session
    person.page.click("[data-tool=end]")
    person.page.click("[data-tool=over]")
    assert_shows(person.page, "#why", "You ended the session.")
    for _ in range(100):
        found = office.caller.call("admit", "ListRecordings", SessionId=session)["Recordings"]
        if found and all(each["State"] == "complete" for each in found):
            return str(found[0]["RecordingId"])
        person.page.wait_for_timeout(50)
    raise AssertionError("the recording is not finished")


def test_a_session_is_recorded_and_played_to_an_administrator_alone(
    office: Office, browser: Browser, person: Person, recording: str
):
    (told,) = [
        each
        for each in office.caller.call("admit", "ListRecordings")["Recordings"]
        if each["RecordingId"] == recording
    ]
    assert (told["Person"], told["Resource"], told["What"]) == (person.name, "Terminal", "stream")

    answer = person.page.goto(f"{office.url}/stream/recordings/{recording}")
    assert answer is not None
    assert answer.status == 403
    assert person.context.request.get(f"{office.url}/stream/recordings/{recording}/part").status == 403

    context = browser.new_context(viewport={"width": 900, "height": 600})
    admin = Person(office, office.caller.founded.admin_user, context)
    try:
        admin.sign_in(office.caller.founded.admin_password, "/console")
        admin.page.goto(f"{office.url}/stream/recordings/{recording}")
        expect(admin.page.locator("#replay")).to_have_attribute("data-state", "ended", timeout=20_000)
        assert_shows(admin.page, "#what", "Terminal")
        assert admin.page.evaluate(COLOURS) > 2

        admin.page.locator("#place").fill("0")
        admin.page.click("#play")
        expect(admin.page.locator("#replay")).to_have_attribute("data-state", "ended", timeout=20_000)
        admin.page.goto(f"{office.url}/stream/recordings/{told['HostId']}-000000000000")
        assert_shows(admin.page, "#why", f"There is no recording {told['HostId']}-000000000000.")
        assert admin.faults == []
    finally:
        context.close()


def test_a_recording_of_a_screen_is_not_played_on_a_terminal(office: Office, recording: str):
    founded = office.caller.founded
    keys = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": founded.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": founded.access_key_secret,
    }
    done = ran("replay", recording, "--endpoint", office.url, **keys)

    assert done.returncode == 4
    assert f"/stream/recordings/{recording}" in done.stderr


def test_a_recording_that_is_played_keeps_nobody_out(office: Office, browser: Browser, recording: str):
    context = browser.new_context(viewport={"width": 900, "height": 600})
    admin = Person(office, office.caller.founded.admin_user, context)
    try:
        admin.sign_in(office.caller.founded.admin_password, "/console")
        for language in sorted(LANGUAGES):
            context.add_cookies([{"name": COOKIES.language, "value": language, "url": office.url}])
            admin.page.goto(f"{office.url}/stream/recordings/{recording}")
            expect(admin.page.locator("#replay")).to_have_attribute("data-state", "ended", timeout=20_000)
            assert in_both_themes(admin.page) == [], language
        assert admin.faults == []
    finally:
        context.close()
