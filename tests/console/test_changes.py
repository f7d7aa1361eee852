"""Everything that the console makes and changes: by its forms, seen beforehand, through the API alone."""

import re
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from admit.console.deeds import deeds
from admit.console.desk import Told
from admit.console.showing import local
from admit.core.validity import DAY, HOUR, MINUTE
from admit.pages.moments import zone_of
from tests.browsing import Answer, Pages
from tests.console.office import BASTION, SESSION, allow, as_admin, as_caller
from tests.system import System

KEY = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
FINGERPRINT = "SHA256:" + "A" * 43
ED25519 = KEY.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()


def notes(answer: Answer) -> list[str]:
    """What a page warns of."""
    return re.findall(r"</svg><p>(.*?)</p>", answer.text)


class Clerk:
    """Somebody at the console who fills in forms, looks at what they would do, and goes on."""

    def __init__(self, office: System, pages: Pages) -> None:
        self.office, self.pages = office, pages
        self.csrf = pages.get("/console/grants/new").csrf

    def find(self, kind: str, name: str) -> Any:
        """The thing of a kind and a name."""
        listed = self.office.call("admit", "ListThings", Kinds=[kind], Text=name, MaxResults=200)["Things"]
        return next(each for each in listed if each["Name"] == name)

    def place(self, slug: str, kind: str, name: str) -> str:
        """The page of it."""
        return f"/console/{slug}/{self.find(kind, name)['Id']}"

    def sends(self, place: str, **fields: str) -> Answer:
        """Fill in a form, look, and go on; returns what was seen."""
        before = self.office.revision()
        seen = self.pages.post(place, {"csrf": self.csrf, "step": "preview", **fields})
        assert seen.status == 200, notes(seen)
        assert self.office.revision() == before
        kept = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', seen.text))
        done = self.pages.post(place, {**kept, "step": "sure"})
        assert done.status == 303, notes(done)
        assert self.office.revision() > before
        return seen

    def makes(self, making: str, **fields: str) -> Answer:
        """Make something."""
        return self.sends(f"/console/new/{making}", **fields)


@pytest.fixture
def clerk(office: System) -> Clerk:
    """The administrator, who does everything by forms."""
    return Clerk(office, as_admin(office))


def make_everything(clerk: Clerk, office: System) -> None:
    """One of each sort of thing, by its form."""
    bastion = office.call(BASTION, "DescribeInstances")["Instances"][0]["InstanceId"]
    idaas = office.call("eiam", "ListInstances")["Instances"][0]["InstanceId"]
    unit = office.call("admit", "ListThings", Kinds=["unit"])["Things"][0]["Id"]
    image = office.call("admit", "ListThings", Kinds=["image"])["Things"][0]["Id"]
    password = "Correct-Horse-8"
    clerk.makes("bastion-user", bastion=bastion, name="dora", first=password)
    clerk.makes(
        "eiam-user",
        idaas=idaas,
        unit=unit,
        name="dora",
        display="Dora",
        email="dora@example.com",
        maybe=password,
    )
    clerk.makes("eds-user", name="dora", mail="dora@example.com", maybe=password)
    for making, more in (("bastion", {"bastion": bastion}), ("eiam", {"idaas": idaas}), ("eds", {})):
        clerk.makes(f"{making}-group", name=f"{making}-ops", **more)
    clerk.makes("unit", idaas=idaas, unit=unit, name="sales")
    clerk.makes("share-key", bastion=bastion, name="deploy", key=ED25519)
    clerk.makes("control-policy", bastion=bastion, name="office hours")
    clerk.makes("application", idaas=idaas, name="crm", sso="oidc")
    clerk.makes("rule", idaas=idaas, name="builders", scope="custom")
    clerk.makes("cloud-account", idaas=idaas, name="prod", external="1938080000000001")
    clerk.makes("cloud-role", cloud="prod", name="deployer", comment="builds")
    clerk.makes("delivery-group", image=image, name="drawing")


def test_every_sort_of_thing_is_made_and_changed_and_gone(clerk: Clerk, office: System) -> None:
    make_everything(clerk, office)

    def does(slug: str, kind: str, name: str, deed: str, **fields: str) -> None:
        clerk.sends(f"{clerk.place(slug, kind, name)}/do/{deed}", **fields)

    for user in map(Told, office.call("admit", "ListThings", Kinds=["user"], Text="dora")["Things"]):
        for deed in (
            each for each in deeds().done if each.offered(user) and not each.danger and each.slug != "person"
        ):
            filled = {"password": "Correct-Horse-9", "display": "D.", "email": "d@example.com",
                      "unit": "sales", "comment": "new", "rename": ""}  # fmt: skip
            fields = {each.name: filled[each.name] for each in deed.fields}
            clerk.sends(f"/console/users/{user['Id']}/do/{deed.slug}", **fields)
    does("users", "user", "carol", "person", person="bob")
    for making in ("bastion", "eiam", "eds"):
        does("groups", "group", f"{making}-ops", "add", user="dora")
        does("groups", "group", f"{making}-ops", "change", rename=f"{making}-dev", renamed=f"{making}-dev")
    does("units", "unit", "sales", "change", renamed="selling")
    does("hosts", "host", "web-2", "change", rename="web-3", address="", comment="")
    does("hosts", "host", "web-3", "account", account="deploy", credential="")
    does("hosts", "host", "web-3", "key", fingerprint=FINGERPRINT)
    does("accounts", "host account", "deploy", "change", renamed="deployer")
    does("share-keys", "host share key", "deploy", "add", accounts="deployer@web-3")
    does("share-keys", "host share key", "deploy", "change", renamed="rollout")
    does("share-keys", "host share key", "rollout", "delete")
    does(
        "control-policies",
        "control policy",
        "office hours",
        "change",
        rename="hours",
        priority="3",
        comment="",
    )
    does("applications", "application", "crm", "change", renamed="customers")
    does("applications", "application", "customers", "unit", unit="selling")
    does("applications", "application", "customers", "lock")
    does("applications", "application", "customers", "unlock")
    does("rules", "rule", "builders", "role", role="deployer")
    does("rules", "rule", "builders", "group", group="eiam-dev", until=_in(office, 9 * HOUR))
    does("rules", "rule", "builders", "application", application="customers")
    does("rules", "rule", "builders", "change", rename="makers", scope="")
    does("cloud-roles", "cloud role", "deployer", "change", comment="makes")
    does("cloud-roles", "cloud role", "deployer", "lock")
    does("cloud-accounts", "cloud account", "prod", "change", renamed="production")
    does("delivery-groups", "delivery group", "drawing", "change", renamed="painting")
    does("people", "person", "dora", "lock")
    assert {
        each["Blocked"] for each in office.call("admit", "ListThings", Kinds=["user"], Text="dora")["Things"]
    } == {"locked", "disabled"}
    does("people", "person", "dora", "delete")
    for slug, kind, name in (
        ("units", "unit", "selling"), ("groups", "group", "eds-dev"), ("groups", "group", "eiam-dev"),
        ("hosts", "host", "web-3"), ("delivery-groups", "delivery group", "painting"),
        ("control-policies", "control policy", "hours"), ("applications", "application", "customers"),
    ):  # fmt: skip
        if kind == "application":
            does(slug, kind, name, "lock")
        does(slug, kind, name, "delete")


def _in(office: System, span: int) -> str:
    return local(office.clock.now() + span, zone_of("UTC"))


def test_what_is_joined_is_parted_or_joined_for_another_time(clerk: Clerk, office: System) -> None:
    idaas = office.call("eiam", "ListInstances")["Instances"][0]["InstanceId"]
    clerk.makes("eiam-group", idaas=idaas, name="builders")
    clerk.makes("rule", idaas=idaas, name="build", scope="custom")
    clerk.makes("cloud-account", idaas=idaas, name="prod", external="1938080000000001")
    clerk.makes("cloud-role", cloud="prod", name="deployer", comment="")
    rule = clerk.place("rules", "rule", "build")
    clerk.sends(f"{rule}/do/role", role="deployer")
    # An end that cannot be read, or is forgotten, does not become "for ever".
    for times, fault in (
        ({"until": "tomorrow"}, "tomorrow is not a date and time."),
        ({"from": _in(office, HOUR)}, "Say until when."),
    ):
        sent = {"csrf": clerk.csrf, "step": "sure", "group": "builders", **times}
        refused = clerk.pages.post(f"{rule}/do/group", sent)
        assert (refused.status, fault in refused.text) == (400, True)
    clerk.sends(f"{rule}/do/group", group="builders", until=_in(office, 9 * HOUR))

    def joint(deed: str, who: tuple[str, str], what: tuple[str, str]) -> str:
        ends = [
            f"{end}_kind={kind}&{end}={clerk.find(kind, name)['Id']}"
            for end, (kind, name) in (("who", who), ("what", what))
        ]
        return f"/console/joins/{deed}?{'&'.join(ends)}"

    def until(kind: str, name: str) -> Any:
        links = office.call(
            "admit",
            "ListLinks",
            Kind=kind,
            Id=clerk.find(kind, name)["Id"],
            Direction="inward",
            Stage="grant",
        )
        return [each.get("EndTime") for each in links["Links"]]

    times = joint("change", ("group", "builders"), ("rule", "build"))
    assert 'name="until"' in clerk.pages.get(times).text
    clerk.sends(times, until=_in(office, DAY))
    assert until("rule", "build") == [office.clock.now() // MINUTE * MINUTE + DAY]
    clerk.sends(joint("detach", ("group", "builders"), ("rule", "build")))
    assert until("rule", "build") == []
    clerk.sends(joint("detach", ("rule", "build"), ("cloud role", "deployer")))
    assert (
        office.call("admit", "DescribeThing", Kind="rule", Id=clerk.find("rule", "build")["Id"])["Contains"]
        == 0
    )
    seen = clerk.sends(joint("detach", ("user", "alice"), ("group", "dba")))
    assert "Lose access: 2" in seen.text
    assert (
        office.call("admit", "CheckAccess", Person="alice", Resource="root@db-1")["Decision"]["Allowed"]
        is False
    )


def test_before_a_lock_its_page_says_who_loses_what_and_which_sessions_end(
    clerk: Clerk, office: System
) -> None:
    place = f"{clerk.place('users', 'user', 'bob')}/do/lock"
    before = office.revision()
    shown = clerk.pages.get(place)
    assert office.revision() == before
    # The host goes with its account.
    assert "Lose access: 2" in shown.text
    assert "Live sessions that end at once: 1" in shown.text
    assert SESSION in shown.text
    assert office.call("admit", "GetSession", SessionId=SESSION)["Session"]["State"] == "live"

    chinese = Pages(office, cookies={**clerk.pages.cookies, "admit_language": "zh"})
    assert "root@db-1" in chinese.get(place).text
    assert "disabled" not in _main(chinese.get(place).text)


def test_what_would_be_refused_is_said_before_it_is_tried(clerk: Clerk, office: System) -> None:
    idaas = office.call("eiam", "ListInstances")["Instances"][0]["InstanceId"]
    clerk.makes("rule", idaas=idaas, name="build", scope="custom")
    shown = clerk.pages.get(f"{clerk.place('rules', 'rule', 'build')}/do/delete")
    assert "This would be refused" in shown.text
    assert 'value="sure" disabled' in shown.text


def test_a_password_goes_through_the_preview_unseen_and_into_no_other_browser(
    clerk: Clerk, office: System
) -> None:
    place = f"{clerk.place('users', 'user', 'bob')}/do/password"
    seen = clerk.pages.post(place, {"csrf": clerk.csrf, "password": "Tr0ub4dor-and-3"})
    assert "Tr0ub4dor-and-3" not in seen.text
    sealed = re.search(r'name="sealed-password" value="([0-9a-f]+)"', seen.text)
    assert sealed is not None

    other = as_admin(office)
    csrf = other.get("/console/grants/new").csrf
    assert other.post(place, {"csrf": csrf, "step": "sure", "sealed-password": sealed[1]}).status == 403
    assert (
        clerk.pages.post(place, {"csrf": clerk.csrf, "step": "sure", "sealed-password": sealed[1]}).status
        == 303
    )
    # It is right, and good for choosing another one alone: an administrator knows it.
    assert "Choose a password of your own" in Pages(office).sign_in("bob", "Tr0ub4dor-and-3").text
    assert "Choose a password of your own" not in Pages(office).sign_in("bob", "another one").text


def test_who_may_not_preview_is_told_so_and_may_go_on(office: System) -> None:
    allow(office, "locker", "admit:DescribeThing", "yundun-bastionhost:LockUsers")
    pages = as_caller(office, "locker")
    user = office.call("admit", "ListThings", Kinds=["user"], Text="bob")["Things"][0]["Id"]
    shown = pages.get(f"/console/users/{user}/do/lock")
    assert "What it would do cannot be shown" in shown.text
    done = pages.post(f"/console/users/{user}/do/lock", {"csrf": shown.csrf, "step": "sure"})
    assert done.status == 303
    assert office.call("admit", "ListThings", Kinds=["user"], Text="bob")["Things"][0]["Blocked"] == "locked"


def _main(text: str) -> str:
    return re.sub(r"<[^>]*>", " ", text.partition('id="main"')[2])
