"""The pages of the explorer."""

import pytest

from tests.browsing import Pages
from tests.callers import Callers, statement
from tests.system import System

ATTACH = "/explorer/yundun-bastionhost/AttachHostAccountsToUserGroup"


@pytest.fixture
def browser(system: System) -> Pages:
    pages = Pages(system)
    pages.sign_in(system.founded.admin_user, system.founded.admin_password)
    return pages


def test_every_operation_is_listed_and_found(browser: Pages) -> None:
    page = browser.get("/explorer").text
    assert "UpdateAuthorizationRuleGroupAttachment" in page

    found = browser.get("/explorer?q=attach+host&service=yundun-bastionhost").text
    assert "AttachHostAccountsToUserGroup" in found
    assert "CreateUserGroup" not in found

    assert "No operation is called so" in browser.get("/explorer?q=nosuchthing").text


def test_a_call_is_made_as_who_is_signed_in_and_its_answer_shown(system: System, browser: Pages) -> None:
    page = browser.get("/explorer/ram/CreateGroup?GroupName=dba")
    assert 'value="dba"' in page.text

    answer = browser.post(
        "/explorer/ram/CreateGroup", {"csrf": page.csrf, "GroupName": "dba", "Comments": ""}
    )

    assert answer.status == 200
    assert "badge good" in answer.text
    assert system.call("ram", "GetGroup", GroupName="dba")["Group"]["GroupName"] == "dba"


def test_what_is_refused_is_shown_as_it_is(browser: Pages) -> None:
    page = browser.get(ATTACH)

    answer = browser.post(ATTACH, {"csrf": page.csrf})

    assert "badge bad" in answer.text
    assert "MissingParameter" in answer.text


def test_a_call_without_the_forms_token_is_not_made(system: System, browser: Pages) -> None:
    before = system.revision()

    assert browser.post("/explorer/ram/CreateGroup", {"GroupName": "dba"}).status == 403
    assert system.revision() == before


def test_code_follows_the_form_and_can_be_kept(browser: Pages) -> None:
    csrf = browser.get(ATTACH).csrf

    part = browser.post(f"{ATTACH}/code", {"csrf": csrf, "InstanceId": "b-1", "language": "curl"})
    assert "b-1" in part.text

    kept = browser.post(f"{ATTACH}/code", {"csrf": csrf, "InstanceId": "b-1", "download": "python"})
    assert kept.headers["content-disposition"] == 'attachment; filename="AttachHostAccountsToUserGroup.py"'
    assert 'instance_id="b-1"' in kept.text


def test_what_is_typed_is_text_in_the_page_and_in_the_code(browser: Pages) -> None:
    script = "</script><script>alert(1)</script>"

    page = browser.get(f"/explorer/ram/CreateGroup?Comments={script}")

    assert "<script>alert" not in page.text


def test_a_fresh_token_is_filled_in(browser: Pages) -> None:
    path = "/explorer/eiam/UpdateAuthorizationRuleGroupAttachment"

    assert 'data-token aria-describedby="h-ClientToken"' in browser.get(path).text
    assert 'name="ClientToken" value=""' not in browser.get(path).text


def test_people_who_may_call_nothing_are_told_so(system: System) -> None:
    bastion = system.call("yundun-bastionhost", "DescribeInstances")["Instances"][0]["InstanceId"]
    system.call(
        "yundun-bastionhost",
        "CreateUser",
        InstanceId=bastion,
        Source="Local",
        UserName="alice",
        Password="Correct-Horse-7",
    )
    pages = Pages(system)
    pages.sign_in("alice", "Correct-Horse-7")

    assert pages.get("/explorer").status == 403
    assert pages.get(ATTACH).status == 403
    assert Pages(system).get("/explorer").status == 303


def test_a_ram_user_may_call_what_policies_allow(system: System) -> None:
    callers = Callers(system)
    callers.user("carol", statement("Allow", "ram:ListGroups"))
    system.call("ram", "CreateLoginProfile", UserName="carol", Password="Correct-Horse-7")
    pages = Pages(system)
    pages.sign_in("carol", "Correct-Horse-7")

    csrf = pages.get("/explorer/ram/ListGroups").csrf
    assert "badge good" in pages.post("/explorer/ram/ListGroups", {"csrf": csrf}).text
    refused = pages.post("/explorer/ram/CreateGroup", {"csrf": csrf, "GroupName": "dba"})
    assert "NoPermission" in refused.text


@pytest.mark.parametrize("path", ["/explorer/ram/Nothing", "/explorer/nothing/CreateGroup", "/explorer/x"])
def test_what_is_not_there_is_not_there(browser: Pages, path: str) -> None:
    assert browser.get(path).status == 404
