"""Importing people on the command line."""

import json
from collections import Counter
from typing import Any

import pytest

from admit.cli.client import Client
from admit.cli.importing.apps import Apps
from admit.cli.importing.people import bring_people
from admit.cli.importing.tally import Tally
from admit.cli.local import local
from admit.imports.records import PersonRecord
from admit.settings import Settings
from tests.cli.conftest import BASTION, Run, Write, counts, revision

PEOPLE = """\
name,display name,email,phone,groups
carol,Carol Cole,carol@example.com,+49 30 123456,dba;oncall
dan,Dan Day,dan@example.com,13312345678,dba
"""


def by_name(users: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """Users sorted: they are made several at a time, and listed in the order they were made in."""
    return sorted(users, key=lambda user: str(user[name]))


# -- people ----------------------------------------------------------------------------------------


def test_people_become_users_in_every_directory_with_their_groups(run: Run, write: Write):
    result = run("import", "people", write("people.csv", PEOPLE))

    assert result.exit_code == 0
    assert counts(result) == {
        (where, what): (made, 0, 0, 0)
        for where in ("bastion", "apps", "idaas")
        for what, made in (("people", 2), ("groups", 2), ("memberships", 3))
    }


@pytest.mark.usefixtures("office")
def test_who_is_imported_may_at_once_use_what_the_group_may(run: Run, write: Write):
    run("grant", "group:dba", "root@db-1")
    assert run("can", "dan", "root@db-1").exit_code == 4

    run("import", "people", write("people.csv", PEOPLE), "--into", "bastion")

    assert run("can", "dan", "root@db-1").exit_code == 0
    assert run("can", "alice", "root@db-1").exit_code == 0


def test_each_directory_holds_what_it_can_of_a_person(run: Run, write: Write, client: Client, bastion: str):
    run("import", "people", write("people.csv", PEOPLE))
    user, other = by_name(client.call(BASTION, "ListUsers", InstanceId=bastion)["Users"], "UserName")
    idaas = client.call("eiam", "ListInstances")["Instances"][0]["InstanceId"]
    account, _ = by_name(client.call("eiam", "ListUsers", InstanceId=idaas)["Users"], "Username")
    app, _ = client.call("eds-user", "DescribeUsers")["Users"]

    assert (user["UserName"], user["DisplayName"], user["Email"]) == (
        "carol",
        "Carol Cole",
        "carol@example.com",
    )
    assert (user["Mobile"], user["MobileCountryCode"]) == ("30123456", "DE")
    assert (other["Mobile"], other["MobileCountryCode"]) == ("13312345678", "CN")
    assert (account["PhoneRegion"], account["PhoneNumber"]) == ("49", "30123456")
    assert (account["EmailVerified"], account["PasswordSet"]) == (True, False)
    assert (app["EndUserId"], app["Phone"], app["RealNickName"]) == ("carol", "+4930123456", "Carol Cole")
    assert {group["GroupName"] for group in app["Groups"]} == {"dba", "oncall"}


def test_a_second_run_changes_nothing(run: Run, write: Write, settings: Settings):
    file = write("people.csv", PEOPLE)
    run("import", "people", file)
    before = revision(settings)
    result = run("import", "people", file)

    assert revision(settings) == before
    assert (result.exit_code, result.stderr) == (0, "")
    assert {(made, changed) for made, changed, _, _ in counts(result).values()} == {(0, 0)}


def test_what_differs_is_changed_and_nobody_is_removed(run: Run, write: Write, client: Client, bastion: str):
    run("import", "people", write("people.csv", PEOPLE))
    result = run(
        "import",
        "people",
        write(
            "fewer.csv",
            "name,display name,email,phone,groups\ndan,Dan Dark,dd@example.com,+1 2015550123,new\n",
        ),
    )
    found = counts(result)
    idaas = client.call("eiam", "ListInstances")["Instances"][0]["InstanceId"]
    _, account = by_name(client.call("eiam", "ListUsers", InstanceId=idaas)["Users"], "Username")
    users = by_name(client.call(BASTION, "ListUsers", InstanceId=bastion)["Users"], "UserName")
    groups = client.call(BASTION, "ListUserGroups", InstanceId=bastion)["UserGroups"]

    assert {found[where, "people"] for where in ("bastion", "apps", "idaas")} == {(0, 1, 0, 0)}
    assert (account["DisplayName"], account["Email"]) == ("Dan Dark", "dd@example.com")
    assert (account["PhoneRegion"], account["PhoneNumber"]) == ("1", "2015550123")
    assert (users[1]["MobileCountryCode"], users[1]["Mobile"]) == ("US", "2015550123")
    assert {group["UserGroupName"]: group["MemberCount"] for group in groups} == {
        "dba": 2,
        "oncall": 1,
        "new": 1,
    }


def test_what_a_file_does_not_say_stays(run: Run, write: Write, settings: Settings):
    run("import", "people", write("people.csv", PEOPLE))
    before = revision(settings)
    result = run("import", "people", write("names.csv", "name,email\ncarol,carol@example.com\n"))

    assert counts(result)["bastion", "people"] == (0, 0, 1, 0)
    assert revision(settings) == before


MIXED = """\
name,display name,email,phone,groups
carol.cole,Carol,carol@example.com,,dba
dan,Dan,,,dba
eve,Eve,no address,,dba
frank,Frank,frank@example.com,030 12345,dba
greta,Greta,greta@example.com,+33 1 23 45 67 89,dba
"""


def test_a_line_that_cannot_be_taken_is_told_and_the_others_are(run: Run, write: Write):
    result = run("import", "people", write("mixed.csv", MIXED))
    told = result.stderr.splitlines()

    assert result.exit_code == 1
    assert 'line 4, email: "no address" is not an e-mail address' in told
    assert "line 2, carol.cole: left out of bastion: its names are made of letters, digits, - and _" in told
    assert "line 3, dan: left out of apps: it asks for an e-mail address or a phone number" in told
    assert "note: line 6, greta: in bastion without the phone: it takes no numbers of +33" in told
    assert sum("line 5, frank" in line and "no country code" in line for line in told) == 3
    found = counts(result)
    assert found["file", "lines"] == (0, 0, 0, 1)
    assert [found[where, "people"][::3] for where in ("bastion", "apps", "idaas")] == [(3, 1), (2, 2), (4, 0)]


def test_a_refusal_of_one_line_leaves_the_others_in(run: Run, write: Write):
    long = f"{'x' * 60}@{'y' * 60}.{'z' * 20}.example.com"
    file = write("long.csv", f"name,email,groups\ncarol,{long},{'g' * 65}\ndan,dan@example.com,dba\n")
    result = run("import", "people", file, "--into", "idaas")

    assert result.exit_code == 1
    assert counts(result)["idaas", "people"] == (1, 0, 0, 1)
    assert result.stderr.startswith("line 2, carol: left out of idaas: The specified parameter Email")


def test_what_is_left_out_is_told_in_the_order_of_the_file(run: Run, write: Write):
    unfit, refused = "carol+{0}", "{1}@" + "y" * 60 + "." + "z" * 60 + ".example.com"
    kinds = [("dan_{0}", "d{0}@example.com"), (unfit, "c{0}@example.com"), ("eve_{0}", refused)]
    lines = [",".join(kinds[n % 3]).format(n, "x" * 60) for n in range(40)]
    result = run("import", "people", write("order.csv", "\n".join(["name,email", *lines])), "--into", "idaas")
    told = [int(line.split(",")[0].removeprefix("line ")) for line in result.stderr.splitlines()]

    assert told == [n + 2 for n in range(40) if n % 3]


def test_a_group_that_is_refused_keeps_nobody_out(run: Run, write: Write):
    file = write("group.csv", f"name,email,groups\ncarol,carol@example.com,{'g' * 65};dba\n")
    result = run("import", "people", file, "--into", "idaas")

    assert result.exit_code == 1
    assert counts(result) == {
        ("idaas", "people"): (1, 0, 0, 0),
        ("idaas", "groups"): (1, 0, 0, 1),
        ("idaas", "memberships"): (1, 0, 0, 0),
    }


def test_one_of_a_batch_that_is_refused_is_told_by_its_line(run: Run, write: Write):
    result = run(
        "import",
        "people",
        write("bad.csv", "name,email,phone\nerin,erin@example.com,+1 2345678901234567890123456\n"),
        "--into",
        "apps",
    )
    assert result.exit_code == 1
    assert "line 2, erin: left out of apps: The phone number is not valid." in result.stderr


def test_a_dry_run_tells_the_same_and_changes_nothing(run: Run, write: Write, settings: Settings):
    file = write("people.csv", PEOPLE)
    before = revision(settings)
    dry = run("import", "people", file, "--dry-run")

    assert revision(settings) == before
    assert "This was a dry run: nothing is changed." in dry.stderr
    assert counts(dry) == counts(run("import", "people", file))


def test_json_tells_all_of_it(run: Run, write: Write):
    result = run("import", "people", write("mixed.csv", MIXED), "--into", "apps", "--json")
    told = json.loads(result.stdout)

    assert (told["dry_run"], told["interrupted"]) == (False, False)
    assert told["results"][1] == {
        "where": "apps",
        "what": "people",
        "made": 2,
        "changed": 0,
        "unchanged": 0,
        "left_out": 2,
    }
    assert len(told["faults"]) == 3
    assert len(told["notes"]) == 1


def test_a_file_with_nothing_in_it_is_nothing_to_import(run: Run, write: Write):
    result = run("import", "people", write("empty.csv", "name\n"))

    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "There is nothing to import.\n")


def test_scim_is_known_by_its_name_or_named(run: Run, write: Write):
    users = {"Resources": [{"userName": "carol", "emails": [{"value": "carol@example.com"}]}]}
    named = run("import", "people", write("people.json", json.dumps(users)), "--into", "idaas")
    asked = run("import", "people", write("people", json.dumps(users)), "--into", "apps", "--format", "scim")
    assert counts(named)["idaas", "people"] == (1, 0, 0, 0)
    assert counts(asked)["apps", "people"] == (1, 0, 0, 0)


def test_lists_are_fetched_page_by_page(
    run: Run, write: Write, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("admit.cli.importing.listing.PAGE", 1)
    file = write("people.csv", PEOPLE)
    run("import", "people", file)
    before = revision(settings)

    assert counts(run("import", "people", file))["idaas", "people"] == (0, 0, 2, 0)
    assert revision(settings) == before


def test_an_account_whose_name_differs_in_case_is_the_same_account(run: Run, write: Write):
    run("import", "people", write("small.csv", "name\ncarol\n"), "--into", "idaas")
    result = run("import", "people", write("large.csv", "name\nCarol\n"), "--into", "idaas")

    assert counts(result)["idaas", "people"] == (0, 0, 1, 0)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--into", "moon"), "'moon' is not a directory. There are bastion, apps, idaas."),
        (("--into", ","), "name at least one directory"),
        (("--format", "xml"), "'xml' is not one of"),
    ],
)
def test_a_slip_is_exit_code_2(run: Run, write: Write, words: tuple[str, ...], said: str):
    result = run("import", "people", write("people.csv", PEOPLE), *words)

    assert result.exit_code == 2
    assert said in result.stderr


def test_a_file_that_is_not_there_is_exit_code_2(run: Run):
    assert run("import", "people", "/nowhere/people.csv").exit_code == 2


def test_of_several_instances_one_must_be_named(run: Run, write: Write, client: Client):
    second = client.call("eiam", "CreateInstance", Description="second")["InstanceId"]
    file = write("people.csv", PEOPLE)
    unnamed = run("import", "people", file, "--into", "idaas")
    named = run("import", "people", file, "--into", "idaas", "--idaas", second)

    assert unnamed.exit_code == 2
    assert second in unnamed.stderr
    assert named.exit_code == 0
    assert len(client.call("eiam", "ListUsers", InstanceId=second)["Users"]) == 2


def test_an_instance_that_is_not_there_is_a_refusal(run: Run, write: Write):
    result = run("import", "people", write("people.csv", PEOPLE), "--into", "bastion", "--bastion", "gone")

    assert (result.exit_code, result.stdout) == (4, "")


def test_without_an_instance_there_is_nothing_to_import_into(run: Run, write: Write, client: Client):
    instance = client.call("eiam", "ListInstances")["Instances"][0]["InstanceId"]
    client.call("eiam", "DeleteInstance", InstanceId=instance)
    result = run("import", "people", write("people.csv", PEOPLE), "--into", "idaas")

    assert (result.exit_code, result.stderr) == (4, "admit: There is no IDaaS instance.\n")


def test_who_may_not_do_it_is_told_so_once(run: Run, write: Write, client: Client):
    client.call("ram", "CreateUser", UserName="clerk")
    made = client.call("ram", "CreateAccessKey", UserName="clerk")["AccessKey"]
    key_words = ("--access-key-id", made["AccessKeyId"], "--access-key-secret", made["AccessKeySecret"])
    result = run("import", "people", write("people.csv", PEOPLE), "--into", "apps", *key_words)

    assert result.exit_code == 4
    assert len(result.stderr.splitlines()) == 2


# -- breaking off ----------------------------------------------------------------------------------


def test_what_breaks_off_is_completed_by_the_next_run(settings: Settings):
    people = [PersonRecord(n, f"user_{n}", None, f"u{n}@example.com", None, ("all",)) for n in range(2_000)]
    steps = iter(range(150))

    def breaking() -> None:
        if next(steps, None) is None:
            raise KeyboardInterrupt

    with local(settings) as client:
        with pytest.raises(KeyboardInterrupt):
            bring_people(people, Apps(client), Tally(lambda _: None, breaking), dry=False)
        done = client.call("eds-user", "DescribeUsers", MaxResults=500)["Count"]
        again = Tally(lambda _: None, lambda: None)
        bring_people(people, Apps(client), again, dry=False)

        # What was under way is finished; what had not begun is not.
        assert 150 <= done < 2_000
        assert again.rows["apps", "people"] == Counter({"unchanged": done, "made": 2_000 - done})
        assert again.rows["apps", "memberships"] == {"made": 2_000}
        assert client.call("eds-user", "DescribeGroups")["Groups"][0]["UserCount"] == 2_000
