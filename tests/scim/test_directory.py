"""What real directories do that the standard's tester does not: filters, pages, conflicts, spellings."""

import json
from typing import Any

import pytest
import sqlalchemy

from tests.browsing import Pages
from tests.scim.directory import Directory, connect
from tests.services.eiam.company import Company
from tests.system import System

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


def test_filters_find_what_they_say(directory: Directory) -> None:
    mail = [{"value": "alice@example.com", "type": "work", "primary": True}]
    alice = directory.user("Alice", emails=mail, externalId="00u1", displayName="Alice L.")
    directory.user("bob", title="clerk", active=False)
    directory.user("carol", name={"givenName": "Carol", "familyName": "Ng"})
    for text, names in {
        'userName eq "ALICE"': ["Alice"],
        'USERNAME Eq "alice"': ["Alice"],
        'externalId eq "00u1"': ["Alice"],
        f'id eq "{alice["id"]}"': ["Alice"],
        'emails.value co "@EXAMPLE"': ["Alice"],
        'emails[type eq "work" and primary eq true]': ["Alice"],
        'emails[type eq "work" and value sw "alice"]': ["Alice"],
        'emails[type eq "home"]': [],
        "active eq false": ["bob"],
        'active eq "False"': ["bob"],
        "title pr": ["bob"],
        'not (title pr) and userName ne "carol"': ["Alice"],
        'userName eq "bob" or userName eq "carol" and title pr': ["bob"],
        '(userName eq "bob" or userName eq "carol") and not (title pr)': ["carol"],
        'name.familyName ew "g"': ["carol"],
        'urn:ietf:params:scim:schemas:core:2.0:User:userName sw "c"': ["carol"],
        'meta.lastModified gt "2000-01-01T00:00:00Z" and userName lt "b"': ["Alice"],
        'nothing eq "x"': [],
        "title eq null": ["Alice", "carol"],
    }.items():
        assert directory.names(f"filter={text.replace(' ', '%20').replace(chr(34), '%22')}") == names, text


def test_a_filter_that_is_none_is_refused(directory: Directory) -> None:
    for text in (
        "userName",
        'userName is "x"',
        "(title pr",
        'userName eq x"',
        "title pr or",
        "not title pr",
        "(" * 50 + "title pr",
    ):
        status, told = directory.ask(
            "GET", f"/Users?filter={text.replace(' ', '%20').replace(chr(34), '%22')}"
        )
        assert (status, told["scimType"]) == (400, "invalidFilter"), text


def test_pages_are_as_long_as_asked_and_say_how_many_there_are(directory: Directory) -> None:
    for number in range(7):
        directory.user(f"user-{number}")
    seen = []
    for start in (1, 4, 7):
        status, page = directory.ask("GET", f"/Users?startIndex={start}&count=3")
        assert (status, page["totalResults"], page["startIndex"]) == (200, 7, start)
        assert page["itemsPerPage"] == len(page["Resources"])
        seen += [each["userName"] for each in page["Resources"]]
    assert seen == [f"user-{number}" for number in range(7)]
    assert directory.ask("GET", "/Users?count=0")[1]["Resources"] == []
    assert directory.ask("GET", "/Users?startIndex=-5&count=1")[1]["startIndex"] == 1
    assert directory.ask("GET", "/Users?count=many")[0] == 400


def test_what_is_taken_is_a_conflict_and_what_is_not_there_is_told_so(directory: Directory) -> None:
    directory.user("alice", externalId="00u1")
    for said in ({"userName": "ALICE"}, {"userName": "other", "externalId": "00u1"}):
        status, told = directory.ask("POST", "/Users", said)
        assert (status, told["scimType"], told["schemas"]) == (409, "uniqueness", [ERROR])
    bob = directory.user("bob")
    status, told = directory.patch(
        f"/Users/{bob['id']}", {"op": "replace", "path": "userName", "value": "Alice"}
    )
    assert (status, told["scimType"]) == (409, "uniqueness")
    status, told = directory.ask("GET", "/Users/nobody")
    assert (status, told["status"], told["schemas"]) == (404, "404", [ERROR])
    assert "nobody" in told["detail"]
    assert directory.ask("POST", "/Users", {"displayName": "no name"})[0] == 400
    assert directory.ask("POST", "/Users", {"userName": "with space"})[0] == 400


def test_only_the_token_of_a_connection_opens_the_door_until_it_is_revoked(directory: Directory) -> None:
    for token in ("", "scim_x_y", directory.token[:-1], directory.token + "x", "admit_x_y"):
        status, told = directory.ask("GET", "/Users", token=token)
        assert (status, told["schemas"], told["status"]) == (401, [ERROR], "401")
    (shown,) = directory.system.call("admit", "ListScimConnections")["Connections"]
    assert directory.token.split("_")[1] == shown["ConnectionId"]
    directory.system.call("admit", "DeleteScimConnection", ConnectionId=shown["ConnectionId"])
    assert directory.ask("GET", "/Users")[0] == 401


def test_entras_spelling_is_understood(directory: Directory) -> None:
    alice = directory.user("alice", emails=[{"value": "a@example.com", "type": "work"}])
    place = f"/Users/{alice['id']}"
    status, told = directory.patch(place, {"op": "Replace", "path": "Active", "value": "False"})
    assert (status, told["active"]) == (200, False)
    status, told = directory.patch(place, {"op": "Add", "value": {"Active": "True", "Name.GivenName": "Al"}})
    assert (told["active"], told["name"]["givenName"]) == (True, "Al")
    work = 'emails[type eq "work"].value'
    status, told = directory.patch(place, {"op": "Replace", "path": work, "value": "b@example.com"})
    assert told["emails"] == [{"value": "b@example.com", "type": "work"}]
    home = 'emails[type eq "home"].value'
    status, told = directory.patch(place, {"op": "Add", "path": home, "value": "c@example.com"})
    assert told["emails"][1] == {"value": "c@example.com", "type": "home"}
    ops = directory.group("ops")
    member = [{"value": alice["id"]}]
    status, told = directory.patch(f"/Groups/{ops['id']}", {"op": "Add", "path": "members", "value": member})
    assert [each["value"] for each in told["members"]] == [alice["id"]]
    status, told = directory.patch(
        f"/Groups/{ops['id']}", {"op": "Remove", "path": "members", "value": member}
    )
    assert "members" not in told
    enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"
    assert directory.patch(place, {"op": "Add", "value": {enterprise: "IT"}})[0] == 200
    assert (
        directory.ask("POST", "/Users", {"UserName": "dan", "ACTIVE": "true"}, kind="application/json")[0]
        == 201
    )


def test_a_patch_is_done_as_a_whole_or_not_at_all(directory: Directory) -> None:
    alice = directory.user("alice", title="clerk")
    place = f"/Users/{alice['id']}"
    good = {"op": "replace", "path": "title", "value": "chief"}
    for bad, word in (
        ({"op": "remove"}, "noTarget"),
        ({"op": "remove", "path": "userName"}, "mutability"),
        ({"op": "replace", "path": "id", "value": "x"}, "invalidPath"),
        ({"op": "replace", "path": "groups", "value": []}, "mutability"),
        ({"op": "replace", "path": "active", "value": "perhaps"}, "invalidValue"),
        ({"op": "replace", "path": 'emails[type eq "x"]', "value": {"value": "y"}}, "noTarget"),
        ({"op": "replace", "path": "emails[", "value": "y"}, "invalidPath"),
        ({"op": "explode", "path": "title"}, "invalidSyntax"),
    ):
        status, told = directory.patch(place, good, bad)
        assert (status, told["scimType"]) == (400, word), bad
    assert directory.ask("GET", place)[1]["title"] == "clerk"
    assert directory.ask("PATCH", place, {"Operations": [good]})[0] == 400


def test_groups_have_members_and_people_know_their_groups(directory: Directory) -> None:
    alice, bob = directory.user("alice"), directory.user("bob")
    ops = directory.group("ops", alice["id"], bob["id"])
    assert directory.ask("GET", f"/Users/{alice['id']}")[1]["groups"][0]["display"] == "ops"
    gone = f'members[value eq "{bob["id"]}"]'
    _, told = directory.patch(f"/Groups/{ops['id']}", {"op": "remove", "path": gone})
    assert [each["value"] for each in told["members"]] == [alice["id"]]
    unknown = {"displayName": "x", "members": [{"value": "user_nobody"}]}
    assert directory.ask("POST", "/Groups", unknown)[0] == 400
    assert directory.ask("DELETE", f"/Groups/{ops['id']}")[0] == 204
    assert "groups" not in directory.ask("GET", f"/Users/{alice['id']}")[1]


@pytest.fixture
def company(system: System) -> Company:
    """The first instance, in the words of a test."""
    made = Company(system)
    made.id = str(system.call("eiam", "ListInstances")["Instances"][0]["InstanceId"])
    return made


def _may(company: Company, name: str, app: str) -> bool:
    told = company.system.call("admit", "CheckAccess", Person=name, Resource=f"app:{app}")["Decision"]
    return bool(told["Allowed"])


def test_whoever_is_not_active_any_more_has_nothing_open(directory: Directory, company: Company) -> None:
    bastion = str(
        company.system.call("yundun-bastionhost", "DescribeInstances")["Instances"][0]["InstanceId"]
    )
    both = connect_also(company.system, bastion)
    alice = both.user("alice")
    users = company.system.call("yundun-bastionhost", "ListUsers", InstanceId=bastion)["Users"]
    assert [each["UserName"] for each in users] == ["alice"]
    company.system.call(
        "yundun-bastionhost",
        "ModifyUser",
        InstanceId=bastion,
        UserId=users[0]["UserId"],
        Password="Correct-Horse-7",
    )
    group = both.group("ops", alice["id"])
    app = company.application("wiki")
    company.call("AuthorizeApplicationToGroups", ApplicationId=app, GroupIds=[group["id"]])
    assert _may(company, "alice", app)
    browser = Pages(company.system)
    assert browser.sign_in("alice", "Correct-Horse-7").status == 303
    assert browser.get("/home").status == 200

    both.patch(f"/Users/{alice['id']}", {"op": "replace", "path": "active", "value": False})

    assert not _may(company, "alice", app)
    assert browser.get("/home").status == 303
    assert Pages(company.system).sign_in("alice", "Correct-Horse-7").status == 403
    # What leaves it out does not let anybody in again.
    both.ask("PUT", f"/Users/{alice['id']}", {"userName": "alice", "displayName": "Alice"})
    assert not _may(company, "alice", app)
    both.patch(f"/Users/{alice['id']}", {"op": "replace", "path": "active", "value": True})
    assert _may(company, "alice", app)
    both.ask("DELETE", f"/Users/{alice['id']}")
    assert company.system.call("yundun-bastionhost", "ListUsers", InstanceId=bastion)["Users"] == []


def connect_also(system: System, bastion: str) -> Directory:
    made: dict[str, Any] = system.call(
        "admit", "CreateScimConnection", Name="both", Directories=[bastion, "eds-user"]
    )
    return Directory(system, str(made["Token"]))


def test_who_is_renamed_takes_all_their_users_along(directory: Directory, company: Company) -> None:
    bastion = str(
        company.system.call("yundun-bastionhost", "DescribeInstances")["Instances"][0]["InstanceId"]
    )
    both = connect_also(company.system, bastion)
    alice = both.user("alice")
    both.patch(f"/Users/{alice['id']}", {"op": "replace", "path": "userName", "value": "alice.l"})
    assert both.names("") == ["alice.l"]
    both.patch(f"/Users/{alice['id']}", {"op": "replace", "path": "active", "value": False})
    (user,) = company.system.call("yundun-bastionhost", "ListUsers", InstanceId=bastion)["Users"]
    assert user["UserState"] == ["Frozen"]


def test_the_ledger_says_which_directory_did_it(directory: Directory) -> None:
    directory.user("alice")
    with directory.system.admit.store.read() as sql:
        asked = sqlalchemy.text("select distinct actor, action from transactions where actor like :whose")
        rows = sql.execute(asked, {"whose": "scim:%"}).fetchall()
    assert [tuple(each) for each in rows] == [("scim:okta", "scim:CreateUser")]


def test_two_connections_do_not_share_a_name(directory: Directory) -> None:
    with pytest.raises(Exception, match="EntityAlreadyExists"):
        connect(directory.system)


def test_what_nests_too_deep_is_no_json(directory: Directory) -> None:
    headers = {"authorization": f"Bearer {directory.token}", "content-type": "application/scim+json"}
    nested = b'{"userName": "alice", "x": ' + b"[" * 10_000
    status, text, _ = directory.system.http("POST", "/scim/v2/Users", headers, nested)
    assert (status, json.loads(text)["scimType"]) == (400, "invalidSyntax")
