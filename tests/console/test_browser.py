"""The console in a browser: what scripts add to its pages."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from admit.core.validity import HOUR, MINUTE, SECOND
from tests.browser.place import in_both_themes, violations
from tests.conftest import Template
from tests.console.office import SESSION, begin_recording, record
from tests.console.place import Place, served


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, template: Template) -> Iterator[Place]:
    """One server and one browser for all journeys here."""
    with served(tmp_path_factory.mktemp("served") / "data", template) as found:
        yield found


def test_a_grant_from_its_form_to_its_revocation(place: Place) -> None:
    with place.visiting() as page:
        page.goto("/console/grants/new")
        page.fill("#subject", "car")
        page.wait_for_selector("#subjects option[value=carol]", state="attached")
        page.fill("#subject", "carol")
        page.fill("#resource", "nightly@db-1")
        page.select_option("#length", str(HOUR))
        page.click("text=Preview")
        page.wait_for_selector("text=Gain access: 1")
        page.click("text=Grant now")
        page.wait_for_selector("text=Whoever gained access may use it at once.")

        page.fill("#list [name=q]", "nightly@db-1")
        page.wait_for_selector("#list tbody tr:nth-child(1):last-child")
        assert "carol" in page.inner_text("#list tbody")
        page.click("#list tbody [data-drawer]")
        page.wait_for_selector("dialog[open] >> text=carol may use nightly@db-1.")
        page.click("dialog >> text=Revoke…")
        page.wait_for_selector("text=Lose access: 1")
        page.click("text=Revoke now")
        page.wait_for_selector("text=Live sessions that depended on it are ending.")
    decision = place.call("CheckAccess", Person="carol", Resource="nightly@db-1")["Decision"]
    assert decision["Allowed"] is False


def test_a_policy_is_written_and_not_lost_to_who_must_show_again_who_they_are(place: Place) -> None:
    with place.visiting() as page:
        page.goto("/console/ram/policies")
        page.click("main a.primary")
        page.fill("[name=policy_name]", "look")
        document = page.input_value("[name=document]")
        page.fill("[name=document]", document.replace('"Allow"', '"Let"'))
        page.click("button[value=preview]")
        page.wait_for_selector(".c-lines .faulty >> text=Let")
        assert in_both_themes(page) == []
        page.fill("[name=document]", document)
        with ThreadPoolExecutor(1) as other:
            other.submit(place.office.advance, 11 * MINUTE).result()
        page.click("button[value=preview]")
        page.wait_for_url("**/prove?**")
        page.fill("[name=password]", place.office.founded.admin_password)
        page.click("main button.primary")
        page.wait_for_url("**/console/ram/new/policies")
        assert page.input_value("[name=policy_name]") == "look"
        assert page.input_value("[name=document]") == document
        page.click("button[value=preview]")
        page.click("button[value=sure]")
        page.wait_for_selector("h1 >> text=look")

        page.click("text=To a group")
        page.wait_for_selector("dialog[open] >> text=What it allows and denies")
        page.click("dialog [data-closes]")
        page.click("main >> text=New version")
        page.fill("[name=document]", document.replace("List", "Describe"))
        page.click("button[value=preview]")
        page.wait_for_selector(".c-lines .added >> text=Describe")
        assert in_both_themes(page) == []
        page.click("button[value=sure]")
        page.wait_for_selector("h2 >> text=v2, in force")
        # What was written for one page is for no other, and not for the next one who opens it.
        assert page.evaluate("sessionStorage.getItem('draft')") is None


def test_what_is_counted_of_a_moment_follows_its_overview(place: Place) -> None:
    then = place.office.clock.now()
    with place.visiting() as page:
        page.goto(f"/console?at={then}")
        page.wait_for_selector("#counts .c-tile >> text=grants now or to come")
        # It stands where it was asked for, in the page that it follows, and once.
        assert page.locator("#counts").count() == page.locator("main").count() == 1
        assert "Count what there was then" not in page.inner_text("main")
        assert page.locator("#counts .c-counts a").first.get_attribute("href").endswith(f"?at={then}")


def test_a_live_session_is_ended_with_a_reason_and_the_list_follows(place: Place) -> None:
    with place.visiting() as page:
        page.goto("/console/sessions")
        page.click("text=End…")
        page.fill("dialog[open] #reason", "maintenance begins")
        page.click("dialog >> text=End the session")
        page.wait_for_selector("text=Its person is told why.")
        page.goto("/console/sessions?state=any")
        page.wait_for_selector("#list >> text=ending")
    told = place.call("GetSession", SessionId=SESSION)["Session"]
    assert (told["State"], told["EndedBy"].rpartition(":")[2]) == ("ending", "root")


def test_the_picture_lights_a_path_and_goes_on_from_a_box(place: Place) -> None:
    with place.visiting() as page:
        page.goto("/console/reach?q=alice")
        page.hover(".c-node .name:text-is('dba')")
        assert page.locator(".c-graph.lighting").count() == 1
        lit = set(page.locator(".c-node.lit .name").all_text_contents())
        assert {"alice", "dba", "root@db-1"} <= lit
        assert "wiki" not in lit
        page.click(".c-node .name:text-is('root@db-1')")
        page.wait_for_selector(".c-node.start .name:text-is('root@db-1')")
        assert "bob" in page.locator(".c-node .name").all_text_contents()


def test_the_slider_goes_back_in_time_and_to_now(place: Place) -> None:
    place.office.advance(40 * MINUTE)
    place.call("GrantAccess", Subject="bob", Resource="host:web-2")
    place.office.advance(20 * MINUTE)
    with place.visiting() as page:
        page.goto("/console/grants?q=web-2&kind=hosts")
        assert "bob" in page.inner_text("#list")
        page.locator("[data-slider]").focus()
        page.keyboard.press("ArrowLeft")
        page.wait_for_selector("text=Nothing can be changed in the past.")
        assert "bob" not in page.inner_text("#list")
        page.click("text=Back to now")
        page.wait_for_url(lambda url: "at=" not in url)
        assert "bob" in page.inner_text("#list")


def test_a_recording_is_played_and_searched_and_draws_no_markup(place: Place) -> None:
    evil = b"total 4 \x1b[32m<img src=x onerror=alert(1)>\x1b[0m secrets.txt\r\n"
    with ThreadPoolExecutor(1) as other:
        kept = other.submit(record, place.office, b"$ ls\r\n", evil).result()
    with place.visiting() as page:
        page.goto(f"/console/recordings/{kept}")
        page.wait_for_selector("#player .ap-player, #player .ap-wrapper")
        page.fill("[data-hits] [name=q]", "SECRETS")
        page.keyboard.press("Enter")
        page.wait_for_selector("#hits [data-seek]")
        assert "<img src=x onerror=alert(1)> secrets.txt" in page.inner_text("#hits")
        page.click("#hits [data-seek]")
        page.wait_for_selector("#player >> text=secrets.txt")
        assert page.locator("img").count() == 0


def test_a_recording_shows_its_screen_as_of_a_moment(place: Place) -> None:
    """Idle times are shortened in the player: whoever goes to a moment, or to a hit, must still find it."""
    loop = asyncio.new_event_loop()

    async def recorded() -> tuple[str, int]:
        recorder, recording = await begin_recording(place.office)
        begun = place.office.clock.now()
        for text in (b"early", b"\x1b[2J\x1b[Hlate", b"\x1b[2J\x1b[Hlast"):
            place.office.advance(20 * SECOND)
            recording.output(text)
            await recording.keep_up()
        await recording.finished()
        recorder.close()
        return recording.id, begun

    with ThreadPoolExecutor(1) as other:
        kept, begun = other.submit(loop.run_until_complete, recorded()).result()
    with place.visiting() as page:
        page.goto(f"/console/recordings/{kept}?at={begun + 50 * SECOND}")
        page.wait_for_selector("#player >> text=late")
        page.goto(f"/console/recordings/{kept}")
        page.wait_for_selector("#player .ap-player, #player .ap-wrapper")
        page.fill("[data-hits] [name=q]", "late")
        page.keyboard.press("Enter")
        page.wait_for_selector("#hits [data-seek]")
        assert float(page.get_attribute("#hits [data-seek]", "data-at") or "") == 40
        assert float(page.get_attribute("#hits [data-seek]", "data-seek") or "") == 4
        page.click("#hits [data-seek]")
        page.wait_for_selector("#player >> text=late")
    loop.close()


def test_a_terminal_is_watched_while_somebody_works_at_it(place: Place) -> None:
    """What comes later is shown when it comes, and the end is told."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def there(work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result(20)

    recorder, recording = there(begin_recording(place.office))

    async def shows(text: bytes) -> None:
        recording.output(text)
        recording.tick(place.office.clock.now())

    there(shows(b"first words\r\n"))
    with place.visiting() as page:
        page.goto(f"/console/sessions/{SESSION}")
        page.click("text=Watch live")
        page.wait_for_selector("#player >> text=first words")
        assert in_both_themes(page) == []
        so_far = place.call("GetRecording", RecordingId=recording.id)
        there(shows(b"later words\r\n"))
        page.wait_for_selector("#player >> text=later words")
        later = place.call("GetRecording", RecordingId=recording.id, NextToken=so_far["FollowToken"])
        there(recording.finished())
        page.wait_for_selector("#player >> text=Stream ended")
    assert "later words" in later["Content"]
    assert "first words" not in later["Content"]
    assert "FollowToken" not in place.call("GetRecording", RecordingId=recording.id)
    recorder.close()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_the_keyboard_alone_finds_somebody(place: Place) -> None:
    with place.visiting() as page:
        page.keyboard.press("/")
        page.keyboard.type("carol")
        page.keyboard.press("Enter")
        page.wait_for_url("**/console/search?q=carol")
        assert "carol" in page.inner_text("main")


def test_a_review_is_begun_and_decided_on_at_once(place: Place) -> None:
    """The grants are looked at on one page, chosen together, and what is ended cuts nobody else's."""
    with place.visiting() as page:
        page.goto("/console/reviews/new")
        page.fill("#name", "Who still needs the wiki")
        page.fill("#resource", "app:wiki")
        page.click("main button.primary")
        page.wait_for_selector("text=The review has begun.")
        page.check("[data-checks-all]")
        assert page.locator("[name=item]:checked").count() == page.locator("[name=item]").count() == 1
        assert violations(page) == []
        page.fill("[name=comment]", "the wiki is closed")
        page.click("text=End selected")
        page.wait_for_selector("text=Lose access: 1")
        page.click("button[value=sure]")
        page.wait_for_selector("text=Everything is decided")
        page.click("nav.bar >> text=Ended")
        page.wait_for_selector("text=the wiki is closed")
        assert violations(page) == []
    decision = place.call("CheckAccess", Person="alice", Resource="app:wiki")["Decision"]
    assert decision["Allowed"] is False


def test_beside_a_date_field_its_value_is_written_in_the_language_of_the_page(place: Place) -> None:
    """A browser shows such a field in its own form, such as mm/dd/yyyy, whatever the page's language."""
    with place.visiting("zh", timezone_id="Asia/Shanghai") as page:
        page.goto("/console/grants/new")
        assert page.inner_text("#end-written").endswith("UTC+08:00")
        page.fill("#end", "2026-09-03T07:05")
        assert page.inner_text("#end-written") == "2026年9月3日 07:05 UTC+08:00"
        page.goto("/console/ledger?at=1780000000000")
        assert page.inner_text(".c-as-of [data-written]") == "2026年5月29日 04:26 UTC+08:00"
    with place.visiting(timezone_id="Asia/Shanghai") as page:
        page.goto("/console/ledger")
        page.fill(".c-as-of [name=at]", "2026-09-03T07:05")
        assert page.inner_text(".c-as-of [data-written]") == "3 Sep 2026 07:05 UTC+08:00"
