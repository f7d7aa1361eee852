"""Asking, granting and revoking on the command line."""

import json
import re

import pytest
from click.testing import CliRunner, Result

from admit.cli import main
from admit.cli.client import Client
from admit.core.validity import HOUR, MINUTE
from tests.cli.conftest import BASTION, Run

pytestmark = pytest.mark.usefixtures("office")


def lines(result: Result) -> list[str]:
    assert "Traceback" not in result.stderr
    return result.stdout.splitlines()


# -- can -------------------------------------------------------------------------------------------


def test_yes_is_told_with_the_way_and_the_end(run: Run):
    assert run("grant", "group:dba", "root@db-1").exit_code == 0
    result = run("can", "alice", "root@db-1")

    assert lines(result) == [
        "yes  alice may use root@db-1.",
        "     through     group:dba",
        "     until       no end",
    ]
    assert (result.exit_code, result.stderr) == (0, "")


def test_no_is_exit_code_1(run: Run):
    result = run("can", "bob", "root@db-1")

    assert lines(result) == ["no   bob may not use root@db-1: no link leads there."]
    assert result.exit_code == 1


def test_what_ended_is_told_with_the_link_that_ended(run: Run):
    run("grant", "alice", "root@db-1")
    run("revoke", "alice", "root@db-1")
    result = run("explain", "alice", "root@db-1")

    assert result.exit_code == 1
    assert lines(result)[1].split() == ["nearest", "alice", "→", "root@db-1"]
    assert re.fullmatch(r" +alice → root@db-1: ended .*", lines(result)[2])


def test_what_has_not_begun_is_told_with_its_beginning(run: Run):
    run("grant", "alice", "root@db-1", "--from", "in 3 days", "--for", "2d")
    result = run("can", "alice", "root@db-1")

    assert result.exit_code == 1
    assert lines(result)[0].endswith("access has not begun yet.")
    assert "(in 3 days)" in lines(result)[2]


def test_another_moment_may_be_asked_about(run: Run):
    run("grant", "alice", "root@db-1", "--for", "2h")
    during, after = (run("can", "alice", "root@db-1", "--at", when) for when in ("in 1h", "in 3h"))

    assert (during.exit_code, after.exit_code) == (0, 1)
    assert "asked for" in lines(during)[1]


@pytest.mark.parametrize("command", ["can", "explain"])
def test_json_is_the_whole_answer(run: Run, command: str):
    run("grant", "group:dba", "root@db-1")
    result = run(command, "alice", "root@db-1", "--json")
    answer = json.loads(result.stdout)
    decision = answer.get("Decision", answer)

    assert (decision["Allowed"], [step["Kind"] for step in decision["Path"]]) == (
        True,
        ["person", "user", "group", "host account"],
    )


# -- explain ---------------------------------------------------------------------------------------


def test_every_open_path_is_told_with_its_own_end(run: Run):
    run("grant", "group:dba", "root@db-1")
    run("grant", "alice", "root@db-1", "--for", "8h")
    told = lines(run("explain", "alice", "root@db-1"))

    assert told[0] == "yes  alice may use root@db-1."
    assert {line.removeprefix("     path        ") for line in told[1::2]} == {
        "alice → group:dba → root@db-1",
        "alice → root@db-1",
    }
    assert sum("no end" in line for line in told[2::2]) == 1
    assert sum("(in 8 h)" in line for line in told) == 1


def test_what_a_control_policy_leaves_is_told_after_the_paths(run: Run, client: Client, bastion: str):
    run("grant", "alice", "root@db-1")
    made = client.call(BASTION, "CreatePolicy", InstanceId=bastion, PolicyName="calm")["PolicyId"]
    denied = '{"Deny":{"AclType":"black","Commands":["rm *"]}}'
    for action, said in (
        ("SetPolicyUserScope", {"ScopeType": "All"}),
        ("SetPolicyAssetScope", {"ScopeType": "All"}),
        ("SetPolicyCommandConfig", {"CommandConfig": denied}),
    ):
        client.call(BASTION, action, InstanceId=bastion, PolicyId=made, **said)

    assert lines(run("explain", "alice", "root@db-1"))[-1] == "     policy      calm: not rm *"


def test_a_refusal_names_the_group_that_would_help(run: Run):
    run("grant", "group:dba", "root@db-1")

    assert "     would help  join bob to group:dba" in lines(run("explain", "bob", "root@db-1"))


def test_a_refusal_says_if_nobody_else_may_either(run: Run):
    assert lines(run("explain", "bob", "root@db-1"))[-1].split(maxsplit=1) == ["others", "nobody may use it"]


# -- who, what -------------------------------------------------------------------------------------


def test_a_pipe_gets_a_line_a_row_with_tabs_between(run: Run):
    run("grant", "group:dba", "root@db-1")

    assert lines(run("who", "root@db-1")) == [
        "person\tuntil\tleft\tthrough\tgranted by",
        "alice\tno end\t\tgroup:dba\troot",
    ]


def test_what_lists_everything_a_person_may_use(run: Run):
    run("grant", "group:dba", "root@db-1")
    run("grant", "alice", "deploy@db-1", "--for", "2d")
    found = {row.split("\t")[0]: row.split("\t")[1:4] for row in lines(run("what", "alice"))[1:]}

    # By name, whichever was made first.
    assert [*found] == ["deploy@db-1", "host:db-1", "root@db-1"]
    assert found["root@db-1"] == ["no end", "", "group:dba"]
    assert found["deploy@db-1"][1:] == ["2 days", "a direct grant"]


def test_an_empty_list_is_said_beside_the_output(run: Run):
    result = run("who", "root@db-1")

    assert (result.stdout, result.stderr) == ("", "Nobody may use root@db-1.\n")
    assert result.exit_code == 0
    assert json.loads(run("who", "root@db-1", "--json").stdout) == []


def test_long_lists_are_fetched_page_by_page(run: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("admit.cli.lists.PAGE", 1)
    for name in ("alice", "bob"):
        run("grant", name, "root@db-1")

    assert [each["Name"] for each in json.loads(run("who", "root@db-1", "--json").stdout)] == ["alice", "bob"]


# -- grant, revoke ---------------------------------------------------------------------------------


def test_a_grant_tells_who_gains(run: Run):
    result = run("grant", "group:dba", "root@db-1", "--for", "8h")

    assert result.exit_code == 0
    assert re.match(r"granted  group:dba → root@db-1, until \w+ \d\d:\d\d \(in 8 h\)", lines(result)[0])
    assert re.match(r"     gains  alice, until", lines(result)[1])


def test_a_preview_changes_nothing(run: Run):
    told = lines(run("grant", "alice", "root@db-1", "--preview"))

    assert told == ["would be granted  alice → root@db-1, with no end", "     gains  alice"]
    assert run("can", "alice", "root@db-1").exit_code == 1


def test_granting_again_is_nothing_to_do(run: Run):
    run("grant", "alice", "root@db-1")

    assert lines(run("grant", "alice", "root@db-1")) == [
        "nothing to do  alice → root@db-1, with no end",
    ]


def test_a_grant_ends_when_it_was_said_to(run: Run):
    told = json.loads(run("grant", "alice", "root@db-1", "--from", "in 1h", "--for", "30m", "--json").stdout)
    asked = json.loads(run("explain", "alice", "root@db-1", "--json").stdout)["Decision"]
    start, end = asked["Path"][-1]["StartTime"], asked["Path"][-1]["EndTime"]

    assert told["Changed"] is True
    assert end - start == 30 * MINUTE
    assert abs(start - asked["At"] - HOUR) < MINUTE


def test_revoking_tells_who_loses(run: Run):
    run("grant", "alice", "root@db-1")

    assert lines(run("revoke", "alice", "root@db-1")) == [
        "revoked  alice → root@db-1",
        "     loses  alice",
    ]


def test_revoking_tells_what_a_person_still_holds_through_a_group(run: Run):
    run("grant", "group:dba", "root@db-1")

    assert lines(run("revoke", "alice", "root@db-1")) == [
        "nothing to do  alice → root@db-1",
        "     alice still may use root@db-1 through group:dba",
    ]


def test_a_change_that_touches_nobody_says_so(run: Run):
    run("grant", "group:dba", "root@db-1")

    assert (
        lines(run("grant", "alice", "root@db-1"))[1].strip() == "nobody gains or loses access at this moment"
    )


def test_only_so_many_people_are_named(run: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("admit.cli.ask.SHOWN", 0)

    assert lines(run("grant", "alice", "root@db-1"))[1].strip() == "gains  1 more; --json names all"


# -- what can go wrong -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("can", "nobody", "root@db-1"), 4, "EntityNotExist, request "),
        (("can", "alice", "root"), 4, "InvalidParameter.Resource"),
        (("can", "alice", "root@db-1", "--at", "31/2/2026"), 2, "may be two different days"),
        (("grant", "alice", "root@db-1", "--for", "ever"), 2, "is not a span of time"),
        (("grant", "alice", "root@db-1", "--for", "1h", "--until", "tomorrow"), 2, "not both"),
        (("can", "alice"), 2, "Missing argument 'RESOURCE'"),
        (("can", "\udcff", "root@db-1"), 2, "not valid Unicode"),
        (("who", "root@db-1", "--endpoint", "127.0.0.1:1"), 2, "not both"),
    ],
)
def test_a_fault_has_its_exit_code_and_is_said_on_standard_error(
    run: Run, words: tuple[str, ...], code: int, said: str
):
    result = run(*words)

    assert (result.exit_code, result.stdout) == (code, "")
    assert said in result.stderr


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--endpoint", "127.0.0.1:1"), 2, "an access key is needed"),
        (
            ("--endpoint", "127.0.0.1:1", "--access-key-id", "a", "--access-key-secret", "b"),
            3,
            "cannot be reached",
        ),
        (("--endpoint", "ftp://x", "--access-key-id", "a", "--access-key-secret", "b"), 3, "is no address"),
        (("--data", "/nowhere/at/all"), 3, "`admit init` makes one"),
    ],
)
def test_a_system_that_is_not_there_has_its_exit_code(words: tuple[str, ...], code: int, said: str):
    result = CliRunner().invoke(main, ["can", "alice", "root@db-1", *words])

    assert (result.exit_code, result.stdout) == (code, "")
    assert said in result.stderr


def test_a_directory_on_the_command_line_counts_more_than_a_server_in_the_environment(
    run: Run, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("ADMIT_ENDPOINT", "127.0.0.1:1")
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "of-another-place")
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "secret")

    assert run("can", "bob", "root@db-1").exit_code == 1


def test_asking_changes_nothing(run: Run, client: Client):
    def revision() -> int:
        return int(
            client.call("admit", "CheckAccess", Person="bob", Resource="root@db-1")["Decision"]["Revision"]
        )

    before = revision()
    for words in (
        ("can", "bob", "root@db-1"),
        ("explain", "bob", "root@db-1"),
        ("who", "root@db-1"),
        ("what", "bob"),
    ):
        run(*words)

    assert revision() == before
