"""RAM's users, groups, roles and policies from their pages: each change is shown before it is made."""

import html
import json
import re
from collections.abc import Iterator

import pytest

from admit.console.callers import caller_deeds
from admit.main import SERVICES
from tests.browsing import Answer, Pages
from tests.callers import Callers, document, statement
from tests.console.office import allow, as_admin, as_caller
from tests.console.test_attacks import EVIL
from tests.system import System

LOOK = document(statement("Allow", "admit:List*"))


class Desk:
    """The administrator at the pages of callers: every form is looked at, previewed and then sent."""

    def __init__(self, system: System, pages: Pages) -> None:
        self.system, self.pages = system, pages

    def previewed(self, place: str, **fields: str) -> str:
        """What a form says that it would do; nothing is changed by it."""
        before, form = self.system.revision(), self.pages.get(place)
        assert form.status == 200, place
        assert all(f'name="{name}"' in form.text for name in fields), place
        if not fields:
            return form.text
        told = self.pages.post(place, {"csrf": form.csrf, "step": "preview", **fields})
        assert (told.status, self.system.revision()) == (200, before), place
        return told.text

    def done(self, place: str, **fields: str) -> Answer:
        """The same, and then it is done."""
        told = self.previewed(place, **fields)
        assert "This would be refused" not in told, place
        csrf = re.search(r'name="csrf" value="([0-9a-f]+)"', told)
        assert csrf is not None
        return self.pages.post(place, {"csrf": csrf[1], "step": "sure", **fields})

    def refused(self, place: str, **fields: str) -> str:
        """What is said of a form that cannot be sent."""
        csrf = self.pages.get(place).csrf
        return html.unescape(self.pages.post(place, {"csrf": csrf, "step": "preview", **fields}).text)

    def shown(self, place: str) -> str:
        answer = self.pages.get(place)
        assert answer.status == 200, place
        return answer.text.partition('id="main"')[2]


@pytest.fixture
def desk(office: System) -> Iterator[Desk]:
    return Desk(office, as_admin(office))


def test_what_is_sent_about_callers_is_what_ram_takes() -> None:
    operations = next(each for each in SERVICES if each.product == "ram").operations
    for deed in (*caller_deeds().done, *caller_deeds().made):
        operation = operations[deed.call.removeprefix("ram:")]
        assert {each.name for each in operation.parameters if each.required} <= set(deed.parameters), deed
        assert set(deed.parameters) <= set(operation.by_name), deed


def test_a_group_gets_members_and_policies_and_is_gone(desk: Desk) -> None:
    Callers(desk.system).policy("look", statement("Allow", "admit:List*"))
    made = desk.done("/console/ram/new/users", user_name="robot", display="A robot")
    assert made.place == "/console/ram/users/robot?done=made"
    assert desk.done("/console/ram/new/groups", group_name="readers", comments="x").status == 303
    group = "/console/ram/groups/readers"
    told = desk.previewed(f"{group}/do/attach", policy="Custom:look")
    assert "admit:List*" in told
    assert desk.done(f"{group}/do/attach", policy="Custom:look").status == 303
    told = desk.previewed(f"{group}/do/add", user="robot")
    assert "<code>look</code>" in told
    assert desk.done(f"{group}/do/add", user="robot").place == f"{group}?done=done"
    assert "It counts for: 1" in desk.previewed(f"{group}/do/detach?policy=Custom%3Alook")
    assert "through readers" in desk.shown("/console/ram/users/robot")
    assert "while users are in it" in html.unescape(desk.previewed(f"{group}/do/delete"))

    assert desk.done(f"{group}/do/change", group_name="lookers", comments="").status == 303
    group = "/console/ram/groups/lookers"
    assert desk.system.call("ram", "GetGroup", GroupName="lookers")["Group"].get("Comments") is None
    assert desk.done(f"{group}/do/remove?user=robot").status == 303
    assert desk.done(f"{group}/do/detach?policy=Custom%3Alook").status == 303
    assert desk.done(f"{group}/do/delete").place == "/console/ram/groups?done=removed"
    assert desk.pages.get(group).status == 404


def test_a_policy_is_written_with_its_faults_told_by_line_and_lives_in_versions(desk: Desk) -> None:
    new, look = "/console/ram/new/policies", {"policy_name": "look", "description": ""}
    bad = LOOK.replace("Allow", "Let").replace("{", "{\n")
    said = desk.refused(new, **look, document=bad)
    assert "Line 3:</b> Statement[0].Effect: must be Allow or Deny" in said
    assert re.search(r'<li class="faulty"><i aria-hidden="true">3</i><code>"Effect": "Let"', said)
    assert desk.done(new, **look, document=LOOK).place == "/console/ram/policies/look?done=made"

    policy = "/console/ram/policies/look"
    Callers(desk.system).user("robot")
    assert desk.done(f"{policy}/do/attach-user", user="robot").status == 303
    wider = LOOK.replace("List", "Get")
    told = desk.previewed(f"{policy}/do/edit", document=wider, force="true")
    assert re.search(r"<del> +&#34;Action&#34;: &#34;admit:List\*&#34;", told)
    assert re.search(r"<ins> +&#34;Action&#34;: &#34;admit:Get\*&#34;", told)
    assert "It counts for: 1" in told
    assert desk.done(f"{policy}/do/edit", document=wider, force="false").status == 303
    assert "admit:Get" not in desk.shown(policy)
    assert "<ins>" in desk.shown(f"{policy}?version=v2")
    assert desk.done(f"{policy}/do/default?version=v2").status == 303
    history = desk.shown(policy).partition(">History<")[2]
    assert re.findall(r"<code>ram:(\w+)</code>", history)[:3] == [
        "SetDefaultPolicyVersion",
        "CreatePolicyVersion",
        "AttachPolicyToUser",
    ]
    assert re.search(r"RAM user</small>\s*<span[^>]*>was granted</span> .*<b>look</b>", history)
    assert "admit:Get" in desk.shown(policy)
    for _ in range(3):
        assert desk.done(f"{policy}/do/edit", document=wider, force="false").status == 303
    assert "v1 goes." in desk.previewed(f"{policy}/do/edit", document=wider, force="false")
    assert desk.done(f"{policy}/do/drop?version=v1").status == 303
    assert "default version" in desk.previewed(f"{policy}/do/drop?version=v2")
    assert "attached to a user" in desk.previewed(f"{policy}/do/delete")
    assert desk.done(f"{policy}/do/detach-user?user=robot").status == 303
    assert desk.done(f"{policy}/do/delete").place == "/console/ram/policies?done=removed"


def test_a_role_trusts_whom_it_is_told_to_for_as_long_as_it_is_told(desk: Desk) -> None:
    begun = desk.pages.get("/console/ram/new/roles")
    trust = re.search(r'name="trust"[^>]*>([^<]+)<', begun.text)
    assert trust is not None
    fields = {"role_name": "auditor", "description": "", "session": "7200", "trust": html.unescape(trust[1])}
    assert desk.done("/console/ram/new/roles", **fields).status == 303
    role = "/console/ram/roles/auditor"
    assert "2 h" in desk.shown(role)
    assert "Line 2:" in desk.refused(f"{role}/do/trust", trust='{"Version": "1", "Statement": [\n{}]}')
    told = desk.previewed(f"{role}/do/trust", trust=fields["trust"].replace(":root", ":user/robot"))
    assert "<ins>" in told
    assert desk.done(f"{role}/do/attach", policy="System:ReadOnlyAccess").status == 303
    assert desk.done(f"{role}/do/change", description="Looks.", session="3600").status == 303
    assert all(text in desk.shown(role) for text in ("ReadOnlyAccess", "1 h", "Looks."))
    system = "/console/ram/policies/ReadOnlyAccess"
    assert f'href="{role}"' in desk.shown(system)
    assert all(f"/do/{deed}" not in desk.shown(system) for deed in ("edit", "describe", "delete"))
    assert desk.pages.get(f"{system}/do/edit").status == 404
    assert desk.done(f"{role}/do/detach?policy=System%3AReadOnlyAccess").status == 303
    assert desk.done(f"{role}/do/delete").status == 303


def test_a_user_signs_in_for_as_long_as_the_page_says(desk: Desk) -> None:
    Callers(desk.system).user("robot", statement("Allow", "admit:*"))
    robot = "/console/ram/users/robot"
    named = {"user_name": "robot", "display": "R2", "email": "", "comments": ""}
    assert desk.done(f"{robot}/do/change", **named).place == f"{robot}?done=done"
    named |= {"display": "", "email": "robot@example.com"}
    assert desk.done(f"{robot}/do/change", **named).status == 303
    kept = desk.system.call("ram", "GetUser", UserName="robot")["User"]
    assert (kept.get("DisplayName"), kept["Email"]) == (None, "robot@example.com")
    fields = {"password": "Correct-Horse-8", "reset": "false"}
    told = desk.previewed(f"{robot}/do/password", **fields)
    assert fields["password"] not in told
    assert desk.done(f"{robot}/do/password", **fields).status == 303
    assert "With a password." in desk.shown(robot)
    own = Pages(desk.system)
    own.sign_in("robot", fields["password"], "/console")
    assert own.get("/console").status == 200
    assert desk.pages.get(f"{robot}/do/password").status == 404
    assert desk.done(f"{robot}/do/no-sign-in").status == 303
    assert "None: it only calls operations" in desk.shown(robot)
    key = desk.system.call("ram", "ListAccessKeys", UserName="robot")["AccessKeys"]["AccessKey"][0]
    asked = f"?key={key['AccessKeyId']}"
    assert desk.done(f"{robot}/do/off{asked}").status == 303
    assert "switched off" in desk.shown(robot)
    assert desk.done(f"{robot}/do/remove-key{asked}").status == 303


def test_lists_of_callers_are_searched_and_go_on(desk: Desk) -> None:
    for number in range(60):
        desk.system.call("ram", "CreateUser", UserName=f"robot-{number:02}")
    first = desk.shown("/console/ram")
    after = re.search(r'rel="next" href="([^"]+)"', first)
    assert after is not None
    assert "robot-59" not in first
    assert "robot-59" in desk.shown(f"/console/ram/users{html.unescape(after[1])}")
    found = desk.shown("/console/ram/users?q=OT-5")
    assert sorted(set(re.findall(r"<b>(robot-\d+)</b>", found))) == [f"robot-{n}" for n in range(50, 60)]
    assert "AliyunRAMReadOnlyAccess" in desk.shown("/console/ram/policies?type=System&q=ramread")
    assert "Nothing matches" in desk.shown("/console/ram/policies?type=System&q=no-such")
    assert desk.pages.get("/console/ram/no-such-sort").status == 404


def test_each_sees_and_does_with_callers_what_ram_lets_them(office: System) -> None:
    callers = Callers(office)
    callers.policy("look", statement("Allow", "admit:List*"))
    callers.ram("CreateGroup", GroupName="readers")
    allow(office, "warden", "ram:GetGroup", "ram:ListUsersForGroup", "ram:AddUserToGroup")
    desk = Desk(office, as_caller(office, "warden"))
    shown = desk.shown("/console/ram/groups/readers")
    assert shown.count("You may not see this.") == 1
    assert ">History<" not in shown
    csrf, before = desk.pages.get("/console/ram/groups/readers/do/add").csrf, office.revision()
    for place, fields in (
        ("groups/readers/do/attach", {"policy": "System:AdministratorAccess"}),
        ("groups/readers/do/delete", {}),
        ("users/warden/do/attach", {"policy": "System:AdministratorAccess"}),
        ("policies/look/do/edit", {"document": LOOK, "force": "true"}),
    ):
        answer = desk.pages.post(f"/console/ram/{place}", {"csrf": csrf, "step": "sure", **fields})
        assert (answer.status, office.revision()) == (403, before), place
    # Who may not list users names one.
    assert '<input class="a-input" id="f-user"' in desk.shown("/console/ram/groups/readers/do/add")
    sure = {"csrf": csrf, "step": "sure", "user": "warden"}
    assert desk.pages.post("/console/ram/groups/readers/do/add", sure).status == 303


def test_what_is_written_about_callers_is_no_more_than_text(desk: Desk) -> None:
    ram = Callers(desk.system).ram
    ram("CreateUser", UserName="u", DisplayName=EVIL[:60], Comments=EVIL)
    ram("CreateGroup", GroupName="g", Comments=EVIL)
    ram("AddUserToGroup", GroupName="g", UserName="u")
    rules = document(statement("Allow", "admit:Get*", f"acs:admit:*:*:{EVIL}"))
    ram("CreatePolicy", PolicyName="p", Description=EVIL, PolicyDocument=rules)
    ram("AttachPolicyToGroup", GroupName="g", PolicyName="p", PolicyType="Custom")
    places = [f"{sort}/{name}" for sort, name in (("users", "u"), ("groups", "g"), ("policies", "p"))]
    places += [
        "users",
        "groups",
        "policies",
        "policies/p/do/edit",
        "policies/p/do/describe",
    ]
    places += ["groups/g/do/detach?policy=Custom%3Ap", "users/u/do/change", "users?q=%3Cxss-mark%3E"]
    for language in ("en", "zh"):
        desk.pages.cookies["admit_language"] = language
        texts = {place: desk.shown(f"/console/ram/{place}") for place in places}
        assert [place for place, text in texts.items() if "&lt;xss-mark" not in text] == []
        assert not any("<xss-mark" in text or "1779547" in text for text in texts.values())
    for field in ({"document": EVIL}, {"document": json.dumps({"Version": EVIL})}):
        said = desk.pages.post(
            "/console/ram/policies/p/do/edit",
            {"csrf": desk.pages.get("/console/ram/users/u/do/change").csrf, "force": "true", **field},
        ).text
        assert "&lt;xss-mark" in said
        assert "<xss-mark" not in said
