"""Files brought in on the console: what would become of each line, and what became of it."""

import re
from typing import Any

import pytest

from tests.browsing import Pages
from tests.console.office import BASTION, allow, as_admin, as_caller
from tests.system import System

PEOPLE = """username,display name,email,groups
mei,Mei Tanaka,mei@example.com,dba;night shift
alice,Alice Moreau,alice@example.com,dba
carol,Carol,carol@example.com,night shift
no good name!,x,,
mei,Mei again,,
"""
HOSTS = """name,address,port,accounts
mail,10.0.0.9,2022,root
db-1,10.0.0.77,22,root;backup
"""
WORDS = "will be made|will be completed|there already|would be refused|made|completed|refused"


def importing(office: System, pages: Pages, kind: str, text: str, step: str) -> str:
    """Send a file, to be shown or to be brought in; the page that comes."""
    instance = office.call(BASTION, "DescribeInstances")["Instances"][0]["InstanceId"]
    sent = {"csrf": pages.get("/console/import").csrf, "kind": kind, "instance": instance, "text": text}
    return pages.post("/console/import", {**sent, "step": step}).text.partition('id="main"')[2]


def became(page: str) -> dict[str, str]:
    """What a page says of each name; of those that a file has twice, of the first."""
    rows = re.findall(rf"<tr>.*?<b>([^<]+)</b>.*?({WORDS})<", page, re.DOTALL)
    return dict(reversed(rows))


def plain(page: str) -> str:
    """The text of a page."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def described(office: System, name: str) -> Any:
    """A host as it is kept."""
    (instance,) = office.call(BASTION, "DescribeInstances")["Instances"]
    listed = office.call(BASTION, "ListHosts", InstanceId=instance["InstanceId"], HostName=name)
    (found,) = listed["Hosts"]
    return office.call(BASTION, "GetHost", InstanceId=instance["InstanceId"], HostId=found["HostId"])["Host"]


def test_what_a_file_of_people_would_make_and_change_is_shown_and_then_done(office: System) -> None:
    pages = as_admin(office)
    before = office.revision()
    shown = importing(office, pages, "people", PEOPLE, "preview")
    assert office.revision() == before
    assert became(shown) == {
        "mei": "will be made",
        "alice": "will be completed",
        "carol": "will be completed",
    }
    told = plain(shown)
    assert "Mei Tanaka mei@example.com into the group dba into the new group night shift" in told
    assert "E-mail: alice@example.com" in told
    assert "Lines that cannot be read: 2" in told
    assert "to be made: 1 to be completed: 2" in told

    done = importing(office, pages, "people", PEOPLE, "sure")
    assert became(done) == {"mei": "made", "alice": "completed", "carol": "completed"}
    mei = office.call("admit", "ListWhat", Person="mei")["Resources"]
    assert "root@db-1" in [each["Label"] for each in mei]
    night = office.call("admit", "ListThings", Kinds=["group"], Text="night shift")["Things"]
    assert len(night) == 1

    again = importing(office, pages, "people", PEOPLE, "preview")
    assert set(became(again).values()) == {"there already"}
    assert "Bring them in" not in again


def test_a_file_of_hosts_completes_those_that_are_there_and_makes_no_second_one(office: System) -> None:
    pages = as_admin(office)
    shown = importing(office, pages, "hosts", HOSTS, "preview")
    assert became(shown) == {"mail": "will be made", "db-1": "will be completed"}
    told = plain(shown)
    assert "10.0.0.9 Linux account root SSH port 2022" in told
    assert "10.0.0.77 account backup SSH" in told

    assert became(importing(office, pages, "hosts", HOSTS, "sure")) == {"mail": "made", "db-1": "completed"}
    mail, db_1 = described(office, "mail"), described(office, "db-1")
    assert {each["ProtocolName"]: each["Port"] for each in mail["Protocols"]}["SSH"] == 2022
    assert db_1["HostPrivateAddress"] == "10.0.0.77"
    accounts = office.call("admit", "ListThings", Kinds=["host account"], Text="backup")["Things"]
    assert [each["Label"] for each in accounts] == ["backup@db-1"]
    again = importing(office, pages, "hosts", HOSTS, "preview")
    assert became(again) == {"mail": "there already", "db-1": "there already"}


def test_what_would_be_refused_is_shown_beforehand_and_refused(office: System) -> None:
    allow(
        office,
        "clerk",
        "admit:PreviewCalls",
        "yundun-bastionhost:List*",
        "yundun-bastionhost:Describe*",
        "admit:ListThings",
    )
    pages = as_caller(office, "clerk")
    text = "username,display name\nmei,Mei Tanaka\n"
    before = office.revision()
    for step, word in (("preview", "would be refused"), ("sure", "refused")):
        page = importing(office, pages, "people", text, step)
        assert became(page) == {"mei": word}
        assert "yundun-bastionhost:CreateUser" in page
    assert office.revision() == before


def test_whoever_may_see_no_previews_is_told_so_and_may_go_on(office: System) -> None:
    allow(office, "clerk", "yundun-bastionhost:*", "admit:ListThings")
    pages = as_caller(office, "clerk")
    text = "username,display name\nmei,Mei Tanaka\n"
    shown = importing(office, pages, "people", text, "preview")
    assert became(shown) == {"mei": "will be made"}
    assert "Whether anything would be refused cannot be shown" in shown
    assert became(importing(office, pages, "people", text, "sure")) == {"mei": "made"}


@pytest.mark.parametrize(("kind", "step"), [("people", "preview"), ("people", "sure"), ("hosts", "preview")])
def test_names_in_a_file_are_no_more_than_names(office: System, kind: str, step: str) -> None:
    evil = "<xss-mark onload=x>"
    text = {
        "people": f'username,display name,groups\nmei,"{evil}","{evil}"\n',
        "hosts": f'name,address,accounts\n"{evil}",10.0.0.9,"{evil}"\nmail,10.0.0.8,"{evil}"\n',
    }[kind]
    page = importing(office, as_admin(office), kind, text, step)
    assert "xss-mark" in page
    assert "<xss-mark" not in page
