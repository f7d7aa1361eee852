"""The pages of the console, as they are served."""

import html
import json
import re

import msgspec
import pytest

from admit.console import records
from admit.console.deeds import deeds, joins
from admit.console.showing import moment_of
from admit.control import grants, people, things
from admit.control.things import New
from admit.core.links import Kind
from admit.core.validity import DAY, HOUR, MINUTE
from admit.main import SERVICES
from admit.pages.moments import zone_of
from admit.store import things as stored
from admit.store.engine import Tx
from tests.browsing import Pages
from tests.console.office import AUTHOR, BASTION, as_admin
from tests.system import System

EVIL = """<xss-mark onload='x'>"{{1337*1331}}&lt;"""
"""What no page may hold as it is."""


def links_in(text: str) -> list[str]:
    """The addresses of the console that a page leads to."""
    return [html.unescape(each) for each in re.findall(r'href="(/console[^"]*)"', text)]


def crawled(pages: Pages, most: int = 130) -> dict[str, str]:
    """Every sort of page that is reached from the first one, once or twice each."""
    waiting, sorts, found = ["/console", "/console/import", "/console/new/host"], {}, {}
    while waiting and len(found) < most:
        place = waiting.pop(0)
        sort = re.sub(r"=[^&]*", "=", re.sub(r"/[^/]*\d[^/?]*", "/1", place))
        sort = re.sub(r"(/ram/\w+)/[^/?]+", r"\1/1", sort)
        if place in found or sorts.get(sort, 0) == 2 or ".csv" in place:
            continue
        sorts[sort] = sorts.get(sort, 0) + 1
        answer = pages.get(place)
        if answer.status == 303:
            # By the ID of a caller one is led on to its page.
            waiting.append(answer.place)
            continue
        assert answer.status == 200, place
        found[place] = answer.text
        waiting += links_in(answer.text)
    return found


def test_every_page_is_shown_and_leads_to_pages_that_are(admin: Pages) -> None:
    found = crawled(admin)
    assert len(found) > 80
    for place, text in found.items():
        assert "style=" not in text, place
        assert "<script>" not in text, place


def test_no_name_is_more_than_a_name(office: System) -> None:
    office.admit.store.write_now(AUTHOR, _evil)
    pages = as_admin(office)
    found = crawled(pages)
    for place in ("/console/search?q=xss-mark", "/console/reach?q=xss-mark", "/console/grants?q=xss-mark"):
        found[place] = pages.get(place).text

    assert sum(html.escape("<xss-mark", quote=False) in text for text in found.values()) > 10
    for place, text in found.items():
        assert "<xss-mark" not in text, place
        assert '"{{1337' not in text, place
        assert "1779547" not in text, place


def _evil(tx: Tx) -> None:
    """A thing of each sort with a name that wants to be more."""
    bastion = stored.find(tx.sql, stored.Where(Kind.BASTION))[0]
    idaas = stored.find(tx.sql, stored.Where(Kind.IDAAS))[0]
    details = Anything(display_name=EVIL, comment=EVIL, private_address=EVIL)
    user = people.add_user(tx, New(Kind.USER, bastion.key, EVIL, details))
    group = things.add(tx, New(Kind.GROUP, bastion.key, EVIL, details))
    host = things.add(tx, New(Kind.HOST, bastion.key, EVIL, details))
    account = things.add(tx, New(Kind.HOST_ACCOUNT, host.key, EVIL, details))
    application = things.add(tx, New(Kind.APPLICATION, idaas.key, EVIL, details))
    things.add(tx, New(Kind.UNIT, idaas.key, EVIL, details))
    things.add(tx, New(Kind.RULE, idaas.key, EVIL, details))
    grants.grant(tx, user, group)
    grants.grant(tx, group, account)
    grants.grant(tx, user, host)
    grants.grant(tx, user, application)


class Anything(msgspec.Struct):
    """Details of any sort of thing."""

    display_name: str
    comment: str
    private_address: str


def test_a_grant_is_previewed_made_explained_and_revoked(office: System) -> None:
    pages = as_admin(office)
    csrf = pages.get("/console/grants/new").csrf
    wish = {"csrf": csrf, "subject": "carol", "resource": "root@db-1", "length": str(HOUR)}
    before = office.revision()

    preview = pages.post("/console/grants/new", {**wish, "step": "preview"})
    assert "Gain access: 1" in preview.text
    assert office.revision() == before

    assert pages.post("/console/grants/new", {**wish, "step": "sure"}).status == 303
    listed = pages.get("/console/grants?q=carol").text
    assert "1 h left" in listed

    explained = pages.get("/console/explain?person=carol&resource=root@db-1").text
    assert "carol may use root@db-1." in explained

    revoking = pages.get("/console/grants/revoke?subject=bob&resource=root@db-1").text
    assert "Lose access: 1" in revoking
    assert "Live sessions that end at once: 1" in revoking
    pages.post("/console/grants/revoke", {"csrf": csrf, "subject": "bob", "resource": "root@db-1"})
    decision = office.call("admit", "CheckAccess", Person="bob", Resource="root@db-1")["Decision"]
    assert decision["Allowed"] is False


def test_a_fault_in_a_form_is_told_in_the_form(admin: Pages, shared: System) -> None:
    csrf, before = admin.get("/console/grants/new").csrf, shared.revision()
    wish = {"csrf": csrf, "subject": "nobody", "resource": "root@db-1", "length": "", "step": "preview"}
    answer = admin.post("/console/grants/new", wish)
    assert answer.status == 404
    assert "There is no person nobody" in answer.text
    assert 'value="nobody"' in answer.text
    until = admin.post("/console/grants/new", {**wish, "length": "until"})
    assert (until.status, "Say until when." in until.text) == (400, True)
    for field, text in (("end", "31.12.2027"), ("start", "soon")):
        unread = admin.post("/console/grants/new", {**wish, "subject": "bob", "step": "sure", field: text})
        assert (unread.status, f"{text} is not a date and time." in unread.text) == (400, True)
    assert shared.revision() == before


def test_of_many_offers_a_page_shows_some_and_leads_to_the_others(
    admin: Pages, shared: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("root", "nightly"):
        shared.call("admit", "OfferAccess", Resource=f"{name}@db-1")
    offers = shared.call("admit", "ListOffers")["Offers"]
    monkeypatch.setattr(records, "OFFERS_SHOWN", 1)
    shown, place = [], "?state=any"
    while place:
        text = admin.get(f"/console/requests{place}").text.partition('id="offers"')[2]
        shown += re.findall(r'name="resource" value="([^"]+)"', text)
        after = re.search(r'rel="next" href="([^"#]+)#offers"', text)
        place = html.unescape(after[1]) if after else ""
    assert shown == [each["Resource"] for each in offers]
    assert len(shown) > 1


def test_hours_that_are_no_number_are_not_taken_for_the_usual_ones(admin: Pages, shared: System) -> None:
    before, csrf = shared.revision(), admin.get("/console/break-glass").csrf
    glass = {"csrf": csrf, "step": "sure", "subject": "alice", "resource": "root@db-1", "hours": "1.5"}
    answer = admin.post("/console/break-glass", glass)
    assert (answer.status, "1.5 is not a number of hours." in answer.text) == (400, True)
    approval = {"csrf": csrf, "step": "sure", "verdict": "approve", "hours": "-1"}
    answer = admin.post("/console/requests/any", approval)
    assert (answer.status, "-1 is not a number of hours." in answer.text) == (400, True)
    assert shared.revision() == before


def test_a_moment_that_cannot_be_read_is_not_taken_for_now(admin: Pages) -> None:
    for place in ("grants", "reach", "ledger"):
        answer = admin.get(f"/console/{place}?at=yesterday")
        assert (answer.status, "yesterday is not a date and time." in answer.text) == (400, True), place


def test_the_past_is_shown_as_it_was(office: System) -> None:
    pages = as_admin(office)
    office.advance(MINUTE)
    then = office.clock.now()
    office.advance(20 * MINUTE)
    office.call("admit", "RevokeAccess", Subject="alice", Resource="app:wiki")
    office.call("admit", "GrantAccess", Subject="carol", Resource="app:wiki")

    def names(text: str) -> str:
        return text.partition('id="main"')[2]

    for place in ("/console/grants?kind=web", "/console/reach?q=wiki"):
        now, past = names(pages.get(place).text), names(pages.get(f"{place}&at={then}").text)
        assert ("carol" in now, "alice" in now) == (True, False), place
        assert ("carol" in past, "alice" in past) == (False, True), place


def test_what_is_gone_is_shown_as_it_was_and_only_looked_at(office: System) -> None:
    pages = as_admin(office)
    host = office.call("admit", "ListThings", Kinds=["host"], Text="db-1")["Things"][0]
    office.advance(MINUTE)
    then = office.clock.now()
    office.advance(MINUTE)
    office.call("yundun-bastionhost", "DeleteHost", InstanceId=host["InsideId"], HostId=host["Id"])

    now, past = (pages.get(f"/console/hosts{asked}").text for asked in ("", f"?at={then}"))
    place = f"/console/hosts/{host['Id']}"
    assert (place in now, f'"{place}?at={then}"' in past) == (False, True)
    assert pages.get(place).status == 404
    for tab in ("reached", "inside", "sessions", "history", "details"):
        page = pages.get(f"{place}?at={then}&tab={tab}")
        assert (page.status, "Nothing can be changed in the past." in page.text) == (200, True), tab
        assert "/do/" not in page.text
        assert "/console/grants/new" not in page.text
    sessions = [pages.get(f"/console/sessions?at={at}").text for at in (then, then - DAY)]
    assert [">alice<" in text or ">bob<" in text for text in sessions] == [True, False]


def test_grants_are_exported_as_the_filters_show_them(admin: Pages) -> None:
    answer = admin.get("/console/grants.csv?kind=web&status=current")
    assert answer.headers["content-type"].startswith("text/csv")
    lines = answer.text.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("user,alice,app:wiki,active,")


def test_what_nobody_uses_is_listed_once_it_is_old_enough(office: System) -> None:
    assert "No grant matches" in as_admin(office).get("/console/grants?status=unused").text
    office.advance(31 * DAY)
    pages = as_admin(office)
    shown = pages.get("/console/grants?status=unused").text
    assert "dba" in shown.partition('id="list"')[2]
    assert "group,dba,root@db-1" in pages.get("/console/grants.csv?status=unused").text


def test_what_can_be_done_is_done_by_the_vendors_operations(office: System) -> None:
    pages = as_admin(office)
    user = office.call("admit", "ListThings", Kinds=["user"], Text="bob")["Things"][0]["Id"]
    form = pages.get(f"/console/users/{user}/do/lock")
    assert "Live sessions end at once." in form.text
    answer = pages.post(f"/console/users/{user}/do/lock", {"csrf": form.csrf, "step": "sure"})
    assert (answer.status, answer.place) == (303, f"/console/users/{user}?done=done")
    newest = office.call("admit", "ListChanges", MaxResults=1)["Entries"][0]
    assert newest["Action"] == f"{BASTION}:LockUsers"
    assert "Unlock" in pages.get(f"/console/users/{user}").text

    instance = office.call(BASTION, "DescribeInstances")["Instances"][0]["InstanceId"]
    made = {
        "csrf": form.csrf,
        "step": "sure",
        "bastion": instance,
        "name": "db-9",
        "where": "10.0.0.9",
        "os": "Linux",
    }
    assert pages.post("/console/new/host", made).status == 303
    assert "db-9" in pages.get("/console/hosts").text


def test_every_deed_is_an_operation_that_knows_its_parameters() -> None:
    operations = {
        f"{each.product}:{name}": found for each in SERVICES for name, found in each.operations.items()
    }
    told = [(each.call, each.parameters) for each in (*deeds().done, *deeds().made) if not each.each]
    for join in joins():
        told += [(each["call"], each["parameters"]) for each in (join.detach, join.change) if each]
    for call, parameters in told:
        operation = operations[call]
        required = {each.name for each in operation.parameters if each.required}
        assert set(parameters) <= set(operation.by_name), call
        assert required <= set(parameters), call


def test_the_ledger_is_verified_from_its_page(admin: Pages) -> None:
    answer = admin.post("/console/ledger/verify", {"csrf": admin.get("/console/ledger").csrf, "noted": ""})
    assert "The ledger is whole" in answer.text
    wrong = admin.post(
        "/console/ledger/verify", {"csrf": admin.get("/console/ledger").csrf, "noted": "0" * 63 + "1"}
    )
    assert "The ledger does not fit" in wrong.text


def test_callers_get_keys_and_policies_on_their_page(office: System) -> None:
    pages = as_admin(office)
    csrf = pages.get("/console/ram/new/users").csrf
    sure = {"csrf": csrf, "step": "sure"}
    assert pages.post("/console/ram/new/users", {**sure, "user_name": "robot"}).status == 303
    place = "/console/ram/users/robot"
    shown = pages.post(f"{place}/do/key", sure)
    assert "AccessKeySecret" in shown.text
    attach = {**sure, "policy": "System:AdministratorAccess"}
    assert pages.post(f"{place}/do/attach", attach).status == 303
    text = pages.get(place).text
    assert "AdministratorAccess" in text
    assert "AccessKeySecret" not in text


@pytest.mark.parametrize(
    ("text", "zone", "moment"),
    [
        ("1780000000000", "UTC", 1780000000000),
        ("2026-11-17T14:00", "Asia/Shanghai", 1794895200000),
        ("2026-11-17T14:00+00:00", "Asia/Shanghai", 1794924000000),
        ("tuesday", "UTC", None),
        ("", "UTC", None),
    ],
)
def test_a_moment_is_read_in_the_readers_zone(text: str, zone: str, moment: int | None) -> None:
    assert moment_of(text, zone_of(zone)) == moment


def test_what_is_sent_to_an_operation_is_filled_in() -> None:
    lock = next(each for each in deeds().done if each.slug == "lock" and each.inside == "bastion")
    service, action, parameters = lock.filled({"id": '1"2', "instance": "i"})
    assert (service, action, parameters["InstanceId"]) == (BASTION, "LockUsers", "i")
    assert json.loads(parameters["UserIds"]) == ['1"2']


def test_what_stands_on_a_condition_is_never_shown_as_plain_access(office: System) -> None:
    call, space, condition = office.call, {"Space": "shop"}, "context.ticket.startsWith('T-')"
    call("admit", "RegisterType", Name="record", Actions=["read"], **space)
    entities = json.dumps([{"Id": "r-1"}])
    call("admit", "PutEntities", Type="record", Role="resource", Entities=entities, **space)
    granted = {"Subject": "bob", "Resource": "record:r-1", "Actions": ["read"], **space}
    call("admit", "GrantActions", **granted, Condition=condition)
    pages = as_admin(office)
    bob = call("admit", "ListThings", Kinds=["person"], Text="bob")["Things"][0]["Id"]

    shown = pages.get(f"/console/people/{bob}?tab=reaches").text
    assert "record:r-1" in shown
    assert (shown.count("Only on a condition"), shown.count("(context.ticket is missing)")) == (1, 1)

    # bob is no more with his only user, and has two things for sure.
    lost = pages.get(f"/console/people/{bob}/do/delete").text
    assert re.search(r"Lose access: 2\s*, on a condition: 1", lost)
    assert "before: only if" in lost

    call("admit", "GrantActions", **granted)
    assert "Only on a condition" not in pages.get(f"/console/people/{bob}?tab=reaches").text
    plain = pages.get(f"/console/people/{bob}/do/delete").text
    assert ("Lose access: 3" in plain, "only if" in plain) == (True, False)
