"""Pages as of a moment: they show what there was, by its name of then, and nothing can be done on them."""

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from admit.core.activity import Activity, ActivityKind, Outcome
from admit.core.sessions import Outcome as Ended
from admit.core.validity import DAY, MINUTE
from admit.store import sessions as stored
from tests.browsing import Pages
from tests.callers import Callers, document, statement, trust
from tests.console.office import AUTHOR, BASTION, SESSION, allow, as_admin, as_caller, record
from tests.system import System

PAST = "Nothing can be changed in the past."


@pytest.fixture
def pages(office: System) -> Pages:
    """A browser of the administrator, in an office where what there is has its own moment."""
    office.call("admit", "OfferAccess", Resource="nightly@db-1", Owners=["alice"])
    asked = {"Name": "Q4", "Unanswered": "end", "DueAt": office.clock.now() + 9 * DAY, "Reviewers": ["alice"]}
    office.call("admit", "CreateReview", **asked)
    callers = Callers(office)
    callers.user("ops", statement("Allow", "admit:*"))
    callers.ram("CreateGroup", GroupName="readers")
    callers.ram("AddUserToGroup", GroupName="readers", UserName="ops")
    callers.policy("look", statement("Allow", "admit:Get*"))
    callers.ram("AttachPolicyToGroup", GroupName="readers", PolicyName="look", PolicyType="Custom")
    office.advance(MINUTE)
    return as_admin(office)


@contextmanager
def later(office: System) -> Iterator[int]:
    """A moment that passes, with what happens after it; then another one passes."""
    office.advance(MINUTE)
    yield office.clock.now()
    office.advance(MINUTE)


def main_of(pages: Pages, place: str) -> str:
    """The part of a page that is its own."""
    answer = pages.get(place)
    assert answer.status == 200, place
    return answer.text.partition('id="main"')[2]


def nothing_can_be_done(text: str) -> bool:
    """Whether a page says that it is of the past, and has no form that would change anything."""
    return PAST in text and 'method="post"' not in text and 'class="a-button primary"' not in text


def test_offers_are_shown_as_they_were(office: System, pages: Pages) -> None:
    with later(office) as then:
        pass
    office.call("admit", "StopOfferingAccess", Resource="nightly@db-1")
    assert "nightly@db-1" not in main_of(pages, "/console/requests")
    shown = main_of(pages, f"/console/requests?at={then}")
    assert ("nightly@db-1" in shown, nothing_can_be_done(shown)) == (True, True)
    assert "Nothing at that moment" in shown


def test_agreements_are_shown_as_they_were(office: System, pages: Pages) -> None:
    agreed = office.call("admit", "AgreeBreakGlass", Subject="alice", Resource="root@web-2", Lasting=MINUTE)
    with later(office) as then:
        pass
    office.call("admit", "EndBreakGlass", AgreementId=agreed["Agreement"]["AgreementId"])
    assert "root@web-2" not in main_of(pages, "/console/break-glass")
    shown = main_of(pages, f"/console/break-glass?at={then}")
    assert ("root@web-2" in shown, nothing_can_be_done(shown)) == (True, True)
    assert "Nothing at that moment" in main_of(pages, f"/console/break-glass?at={then - DAY}")


def test_a_grant_is_explained_as_it_was(office: System, pages: Pages) -> None:
    with later(office) as then:
        pass
    office.call("admit", "RevokeAccess", Subject="bob", Resource="root@db-1")
    listed = main_of(pages, f"/console/grants?q=bob&at={then}")
    places = [html.unescape(each) for each in re.findall(r'href="(/console/grants/one[^"]*)"', listed)]
    shown = [main_of(pages, each) for each in places]
    assert len(shown) == 2
    assert all(nothing_can_be_done(each) for each in shown)
    assert all("58 min left" in each for each in shown)
    assert "Revoke…" not in "".join(shown)
    now = [main_of(pages, each.partition("&at=")[0]) for each in places]
    # The host was granted with its account, and is not taken back with it.
    assert ["This grant stands no more." in each for each in now] == [False, True]


def test_a_review_is_shown_as_it_stood(office: System, pages: Pages) -> None:
    review = office.call("admit", "ListReviews")["Reviews"][0]["ReviewId"]
    with later(office) as then:
        pass
    item = office.call("admit", "ListReviewItems", ReviewId=review)["Items"][0]["Item"]
    office.call("admit", "DecideReviewItems", ReviewId=review, Items=[item], Verdict="keep")
    office.call("admit", "CloseReview", ReviewId=review, Unanswered="keep")
    place = f"/console/reviews/{review}"
    assert f'"{place}?at={then}"' in main_of(pages, f"/console/reviews?at={then}")
    assert place not in main_of(pages, "/console/reviews")
    shown = main_of(pages, f"{place}?at={then}")
    assert (">open<" in shown, "report.csv" in shown, nothing_can_be_done(shown)) == (True, False, True)
    assert ">open<" not in main_of(pages, place)
    assert "Nothing at that moment" in main_of(pages, f"/console/reviews?at={then - DAY}")
    assert pages.get(f"{place}?at={then - DAY}").status == 404


def test_sessions_are_shown_as_they_were_known(office: System, pages: Pages) -> None:
    with later(office) as then:
        pass
    office.call("admit", "EndSession", SessionId=SESSION, Reason="enough")
    over = stored.End(office.clock.now(), Ended.ENDED, "enough")
    office.admit.store.write_now(AUTHOR, lambda tx: stored.end(tx.sql, {SESSION: over}))
    office.advance(MINUTE)
    place = f"/console/sessions/{SESSION}"
    assert place not in main_of(pages, "/console/sessions")
    listed = main_of(pages, f"/console/sessions?at={then}")
    assert (f'"{place}?at={then}"' in listed, "</i>live<" in listed, nothing_can_be_done(listed)) == (
        True,
        True,
        True,
    )
    assert "Nothing at that moment" in main_of(pages, f"/console/sessions?state=ended&at={then}")
    shown = main_of(pages, f"{place}?at={then}")
    assert ("</i>live<" in shown, "enough" in shown, nothing_can_be_done(shown)) == (True, False, True)
    now = main_of(pages, place)
    assert ("</i>live<" in now, "enough" in now) == (False, True)
    assert pages.get(f"{place}?at={then - DAY}").status == 404


def test_things_are_found_by_their_names_of_then(office: System, pages: Pages) -> None:
    with later(office) as then:
        pass
    host = office.call("admit", "ListThings", Kinds=["host"], Text="db-1")["Things"][0]
    changed = {"InstanceId": host["InsideId"], "HostId": host["Id"], "HostName": "old-1"}
    office.call(BASTION, "ModifyHost", **changed)
    place = f"/console/hosts/{host['Id']}"
    for search in ("/console/hosts?q=", "/console/search?q=", "/console/grants?q=", "/console/reach?q="):
        assert not is_shown("db-1", main_of(pages, f"{search}db-1")), search
        assert is_shown("db-1", main_of(pages, f"{search}db-1&at={then}")), search
        assert not is_shown("old-1", main_of(pages, f"{search}old-1&at={then}")), search
    found = pages.get(f"/console/search?q=db-1&at={then}").text
    assert f'href="{place}?at={then}"' in found
    # Whoever searches on from there stays at that moment.
    assert f'<input type="hidden" name="at" value="{then}">' in found.partition('id="main"')[0]


def test_activity_is_shown_up_to_a_moment(office: System, pages: Pages) -> None:
    def noted(what: str) -> None:
        activities = office.admit.world.activities
        activities.note(Activity(office.clock.now(), ActivityKind.COMMAND, Outcome.OK, "bob", action=what))
        activities.write(office.admit.store, office.admit.world.metrics)

    noted("before")
    with later(office) as then:
        pass
    noted("after")
    office.advance(MINUTE)
    now, past = (main_of(pages, f"/console/activity?kind=command{at}") for at in ("", f"&at={then}"))
    assert ("before" in now, "after" in now) == (True, True)
    assert (">before<" in past, ">after<" in past, nothing_can_be_done(past)) == (True, False, True)


def is_shown(name: str, text: str) -> bool:
    """Whether a name stands in a page, besides where it says what was searched for."""
    return re.search(rf">[^<“]*\b{name}\b", text) is not None


def test_callers_are_shown_as_they_were(office: System, pages: Pages) -> None:
    callers = Callers(office)
    with later(office) as then:
        pass
    callers.ram("UpdateUser", UserName="ops", NewUserName="operations")
    callers.ram("DetachPolicyFromUser", UserName="operations", PolicyName="of-ops", PolicyType="Custom")
    ops = office.call("admit", "DescribeCaller", Kind="user", Name="operations")["Caller"]["Id"]
    listed = main_of(pages, f"/console/ram?at={then}")
    assert f'href="/console/ram/users/{ops}?at={then}"' in listed
    assert ("<b>ops</b>" in listed, "<b>operations</b>" in listed) == (True, False)
    assert nothing_can_be_done(listed)
    shown = main_of(pages, f"/console/ram/users/{ops}?at={then}")
    assert nothing_can_be_done(shown)
    assert all(f"<b>{name}</b>" in shown for name in ("of-ops", "look", "readers"))
    assert "through readers" in shown
    assert "of-ops" not in before_history(main_of(pages, "/console/ram/users/operations"))
    back = pages.get(f"/console/ram/users/{ops}")
    assert (back.status, back.headers["location"]) == (303, "/console/ram/users/operations")
    assert pages.get("/console/ram/users/nobody").status == 404


def test_groups_roles_and_policies_are_shown_as_they_were(office: System, pages: Pages) -> None:
    callers = Callers(office)
    callers.role("auditor", trust(callers.arn("user/ops")))
    callers.attach("look", role="auditor")
    with later(office) as then:
        pass
    other = {"PolicyDocument": document(statement("Allow", "admit:List*")), "SetAsDefault": "true"}
    callers.ram("CreatePolicyVersion", PolicyName="look", **other)
    callers.ram("RemoveUserFromGroup", GroupName="readers", UserName="ops")
    callers.ram("UpdateGroup", GroupName="readers", NewGroupName="lookers")
    trusted = trust(callers.arn("user/nobody"))
    callers.ram(
        "UpdateRole", RoleName="auditor", NewAssumeRolePolicyDocument=trusted, NewMaxSessionDuration=7200
    )

    was = {
        sort: before_history(main_of(pages, f"/console/ram/{sort}/{ids(office, sort, name)}?at={then}"))
        for sort, name in (("groups", "lookers"), ("roles", "auditor"), ("policies", "look"))
    }
    now = {
        sort: before_history(main_of(pages, f"/console/ram/{sort}/{name}"))
        for sort, name in (("groups", "lookers"), ("roles", "auditor"), ("policies", "look"))
    }
    assert all(nothing_can_be_done(each) and "/do/" not in each for each in was.values())
    assert not any(nothing_can_be_done(each) for each in now.values())
    assert ("<h1>readers</h1>" in was["groups"], "<b>ops</b>" in was["groups"]) == (True, True)
    assert ("<h1>lookers</h1>" in now["groups"], "<b>ops</b>" in now["groups"]) == (True, False)
    assert ("user/ops" in was["roles"], "1 h" in was["roles"]) == (True, True)
    assert ("user/nobody" in now["roles"], "2 h" in now["roles"]) == (True, True)
    assert ("admit:Get*" in was["policies"], "<b>v2</b>" in was["policies"]) == (True, False)
    assert ("admit:List*" in now["policies"], "<b>v2</b>" in now["policies"]) == (True, True)
    assert all(f"<b>{name}</b>" in was["policies"] for name in ("readers", "auditor"))


def before_history(text: str) -> str:
    """What a page of a caller says, without what was ever done to it."""
    assert ">History<" in text
    return text.partition(">History<")[0]


def ids(office: System, sort: str, name: str) -> str:
    """The ID of a caller, by which pages of then are found."""
    kind = {"groups": "group", "roles": "role", "policies": "policy"}[sort]
    return str(office.call("admit", "DescribeCaller", Kind=kind, Name=name)["Caller"]["Id"])


def test_of_callers_then_each_sees_what_ram_tells_them(office: System, pages: Pages) -> None:
    assert pages.get("/console").status == 200
    callers = Callers(office)
    callers.user("watcher", statement("Allow", ["admit:*", "ram:ListUsers"]))
    watcher = as_caller(office, "watcher")
    with later(office) as then:
        pass
    assert "<b>ops</b>" in main_of(watcher, f"/console/ram?at={then}")
    for refused in ("groups", "roles", "policies", "users/ops"):
        assert watcher.get(f"/console/ram/{refused}?at={then}").status == 403
    told = ["ram:GetUser", "ram:ListAccessKeys", "ram:ListGroupsForUser", "ram:ListPoliciesForUser"]
    callers.policy("of-users", statement("Allow", told))
    callers.attach("of-users", user="watcher")
    shown = main_of(watcher, f"/console/ram/users/ops?at={then}")
    # What a group has is told to who may see the group.
    assert [name for name in ("of-ops", "readers", "look") if f"<b>{name}</b>" in shown] == [
        "of-ops",
        "readers",
    ]


def test_the_overview_is_shown_as_it_was_and_counted_when_asked(office: System, pages: Pages) -> None:
    with later(office) as then:
        pass
    office.call("admit", "RevokeAccess", Subject="bob", Resource="root@db-1")
    office.advance(MINUTE)
    shown = main_of(pages, f"/console?at={then}")
    assert nothing_can_be_done(shown)
    assert ("Count what there was then" in shown, "grants now or to come" in shown) == (True, False)
    assert ">bob<" in shown
    counted = main_of(pages, f"/console?at={then}&counts=1")
    assert "grants now or to come" in counted
    assert f"/console/people?at={then}" in counted
    part = pages.get(f"/console?at={then}&counts=1", **{"hx-request": "true", "hx-target": "div#counts"})
    assert part.status == 200
    assert part.text.strip().startswith('<div id="counts"')
    # What follows by script is, to the letter, what stands in the page without.
    assert part.text.strip() in counted


def test_who_may_see_nothing_sees_nothing_of_the_past(office: System, pages: Pages) -> None:
    allow(office, "newcomer")
    newcomer = as_caller(office, "newcomer")
    with later(office) as then:
        pass
    for place in ("requests", "reviews", "ram", "ram/users/ops", "ram/policies", "grants"):
        assert newcomer.get(f"/console/{place}?at={then}").status == 403, place


def test_recordings_are_those_there_were(office: System, pages: Pages) -> None:
    recording = record(office, b"$ ls\r\n")
    with later(office) as then:
        pass
    office.call("admit", "DeleteRecording", RecordingId=recording)
    office.advance(MINUTE)
    assert "root@db-1" not in main_of(pages, "/console/recordings")
    shown = main_of(pages, f"/console/recordings?at={then}")
    assert ("root@db-1" in shown, "removed since" in shown, nothing_can_be_done(shown)) == (True, True, True)
    assert "Nothing at that moment" in main_of(pages, f"/console/recordings?at={then - DAY}")
    of_session = main_of(pages, f"/console/sessions/{SESSION}?at={then}")
    assert ("removed since" in of_session, "/console/recordings/" in of_session) == (True, False)


def test_a_recording_is_played_from_the_moment_on(office: System, pages: Pages) -> None:
    place = f"/console/recordings/{record(office, b'$ ls')}"
    then = office.clock.now() + MINUTE
    assert "data-begin" not in main_of(pages, place)
    shown = main_of(pages, f"{place}?at={then}")
    assert ('data-begin="60"' in shown, "begins at the one you chose" in shown) == (True, True)


def test_each_page_shows_the_moment_or_says_that_it_does_not(office: System, pages: Pages) -> None:
    """Whoever has chosen a moment and goes on by the menu is never shown now for then."""
    then = office.clock.now() - MINUTE // 2
    menu = pages.get(f"/console?at={then}").text.partition('id="main"')[0]
    places = [html.unescape(each) for each in re.findall(r'<li><a href="([^"]*)"', menu)]
    assert {each for each in places if f"at={then}" not in each} == {"/explorer"}
    done_now = [f"/console/{each}?at={then}" for each in ("grants/new", "new/host", "reviews/new")]
    wrong = []
    for place in [*places, *done_now, f"/console/ram/new/users?at={then}"]:
        shown = main_of(pages, place) if place != "/explorer" else PAST
        of_now = "c-of-now" in shown and 'href="?"' in shown
        if of_now == (PAST in shown):
            wrong.append(place)
    assert wrong == []
    assert "What is done here is done now" in main_of(pages, f"/console/grants/new?at={then}")
    assert "is not kept" in main_of(pages, f"/console/health?at={then}")
    assert "c-of-now" not in main_of(pages, "/console/health")
