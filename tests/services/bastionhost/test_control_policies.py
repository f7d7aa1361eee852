"""Control policies: what they say, to whom and to what they apply, and that they survive being asked for."""

import json
from typing import Any

import pytest

from admit.control.bastionhost.restrictions import restrictions
from admit.core.commands import Verdict
from admit.core.links import Kind
from admit.core.restrictions import OPEN_CHANNELS, Channel, Restrictions
from admit.rpc.signing import SigningKey
from tests.services.bastionhost.gate import Gate, hosts
from tests.system import System

HERE, THERE = "10.0.0.7", "192.0.2.1"
MONDAY_NINE = 1_795_424_400_000
"""2026-11-23 09:00 UTC."""


@pytest.fixture
def gate(system: System) -> Gate:
    """A bastion host."""
    return Gate(system)


def policy(gate: Gate, name: str = "p", *, everywhere: bool = True, **more: Any) -> str:
    """A new control policy, by default for everybody and everything; its ID."""
    made = str(gate.call("CreatePolicy", PolicyName=name, **more)["PolicyId"])
    if everywhere:
        gate.call("SetPolicyUserScope", PolicyId=made, ScopeType="All")
        gate.call("SetPolicyAssetScope", PolicyId=made, ScopeType="All")
    return made


def left(gate: Gate, user: str, account: str) -> Restrictions:
    """What control policies leave of a user's access to an account."""
    who, what = gate.thing(Kind.USER, user), gate.thing(Kind.HOST_ACCOUNT, account)
    world = gate.system.admit.world
    with gate.system.admit.store.read() as sql:
        return restrictions(sql, world, who, what, gate.system.clock.now())


def put(gate: Gate, part: str, made: str, document: Any) -> None:
    """Set a part of a policy."""
    gate.call(f"SetPolicy{part}", PolicyId=made, **{part: json.dumps(document)})


def asked(gate: Gate, made: str) -> dict[str, Any]:
    """The parts of a policy as they are answered."""
    told = gate.call("GetPolicy", PolicyId=made)["Policy"]
    return {name: part for name, part in told.items() if name.endswith("Config")}


def test_a_policy_is_created_listed_modified_and_deleted(gate: Gate) -> None:
    one = policy(gate, "one", Comment="for all", Priority="7")
    two = policy(gate, "two")
    answer = gate.call("ListPolicies")
    assert answer["Policies"] == [
        {"PolicyId": one, "PolicyName": "one", "Priority": 7, "Comment": "for all"},
        {"PolicyId": two, "PolicyName": "two", "Priority": 1, "Comment": ""},
    ]
    assert answer["TotalCount"] == 2
    assert gate.call("ListPolicies", PageSize="1", PageNumber="2")["Policies"][0]["PolicyId"] == two
    assert gate.call("ListPolicies", PolicyName="two")["TotalCount"] == 1

    gate.call("ModifyPolicy", PolicyId=one, PolicyName="uno", Comment="")
    gate.call("ModifyPolicy", PolicyId=one, Priority="100")
    assert gate.call("GetPolicy", PolicyId=one)["Policy"] == {
        "PolicyId": one,
        "PolicyName": "uno",
        "Priority": 100,
        "Comment": "",
    }
    gate.call("DeletePolicy", PolicyId=one)
    assert gate.refusal("GetPolicy", PolicyId=one) == (404, "PolicyNotFound")
    assert [each["PolicyId"] for each in gate.call("ListPolicies")["Policies"]] == [two]


def test_a_name_is_taken_once(gate: Gate) -> None:
    policy(gate, "one")
    two = policy(gate, "two")
    assert gate.refusal("CreatePolicy", PolicyName="one") == (400, "PolicyAlreadyExists")
    assert gate.refusal("ModifyPolicy", PolicyId=two, PolicyName="one") == (400, "PolicyAlreadyExists")
    gate.call("ModifyPolicy", PolicyId=two, PolicyName="two")


@pytest.mark.parametrize("priority", ["0", "101", "-1", "x", "1.5"])
def test_a_priority_is_1_to_100(gate: Gate, priority: str) -> None:
    assert gate.refusal("CreatePolicy", PolicyName="p", Priority=priority) == (400, "InvalidParameter")


PARTS = {
    "IPAclConfig": {"AclType": "white", "IPs": ["10.0.0.1-10.0.0.9", "192.0.2.0/25", "2001:db8::1"]},
    "AccessTimeRangeConfig": {
        "EffectiveTime": [{"Days": [1], "Hours": [9, 10]}, {"Days": [7, 6], "Hours": [23]}]
    },
    "ApprovalConfig": {"SwitchStatus": "On"},
    "CommandConfig": {
        "Deny": {"AclType": "black", "Commands": ["rm *"]},
        "Approval": {"Commands": ["reboot"]},
    },
    "ProtocolConfig": {
        "SSH": {"SSHChannel": "Enable", "ExecCommand": "Disable"},
        "RDP": {"DiskRedirection": "Enable"},
    },
}
TOLD = PARTS | {
    "AccessTimeRangeConfig": {
        "EffectiveTime": [{"Days": ["1"], "Hours": ["9", "10"]}, {"Days": ["6", "7"], "Hours": ["23"]}]
    },
    "ProtocolConfig": {
        "SSH": {
            "SSHChannel": "Enable",
            "ExecCommand": "Disable",
            "X11Forwarding": "Disable",
            "SFTPChannel": "Disable",
            "SFTPUploadFile": "Disable",
            "SFTPDownloadFile": "Disable",
            "SFTPMkdir": "Disable",
            "SFTPRmdir": "Disable",
            "SFTPRemoveFile": "Disable",
            "SFTPRenameFile": "Disable",
        },
        "RDP": {
            "ClipboardDownload": "Disable",
            "ClipboardUpload": "Disable",
            "DiskRedirection": "Enable",
            "RecordKeyboard": "Disable",
        },
    },
}


def test_each_part_is_answered_as_it_was_set_and_is_absent_before(gate: Gate) -> None:
    made = policy(gate)
    assert asked(gate, made) == {}
    for part, document in PARTS.items():
        put(gate, part, made, document)
        assert asked(gate, made)[part] == TOLD[part]
    assert asked(gate, made) == TOLD


def test_a_protocol_that_is_left_out_stays_as_it_was(gate: Gate) -> None:
    made = policy(gate)
    put(gate, "ProtocolConfig", made, {"SSH": {"SFTPChannel": "Enable", "AllowDirectTcp": "Enable"}})
    put(gate, "ProtocolConfig", made, {"RDP": {"DiskRedirectionUpload": "Enable"}})
    told = asked(gate, made)["ProtocolConfig"]
    assert told["SSH"]["SFTPChannel"] == told["SSH"]["AllowDirectTcp"] == "Enable"
    assert "TcpForwarding" not in told["SSH"]
    assert told["RDP"]["DiskRedirectionUpload"] == "Enable"


@pytest.mark.parametrize(
    ("part", "document"),
    [
        ("IPAclConfig", {"AclType": "white", "IPs": []}),
        ("IPAclConfig", {"AclType": "black"}),
        ("IPAclConfig", {"AclType": "grey", "IPs": []}),
        ("IPAclConfig", {"AclType": "black", "IPs": ["10.0.0"]}),
        ("IPAclConfig", {"AclType": "black", "IPs": ["10.0.0.9-10.0.0.1"]}),
        ("AccessTimeRangeConfig", {}),
        ("AccessTimeRangeConfig", {"EffectiveTime": []}),
        ("AccessTimeRangeConfig", {"EffectiveTime": [{"Days": [], "Hours": [1]}]}),
        ("AccessTimeRangeConfig", {"EffectiveTime": [{"Days": [1], "Hours": []}]}),
        ("AccessTimeRangeConfig", {"EffectiveTime": [{"Days": [0], "Hours": [1]}]}),
        ("AccessTimeRangeConfig", {"EffectiveTime": [{"Days": [1], "Hours": [24]}]}),
        ("ApprovalConfig", {}),
        ("ApprovalConfig", {"SwitchStatus": "Maybe"}),
        ("CommandConfig", {}),
        ("CommandConfig", {"Deny": {"AclType": "white"}}),
        ("CommandConfig", {"Deny": {"AclType": "white", "Commands": []}}),
        ("CommandConfig", {"Deny": {"AclType": "black", "Commands": ["a\nb"]}}),
        ("ProtocolConfig", {}),
        ("ProtocolConfig", {"SSH": {}}),
        ("ProtocolConfig", {"SSH": {"ExecCommand": "Enable"}}),
        ("ProtocolConfig", {"SSH": {"SSHChannel": "On"}}),
    ],
)
def test_a_part_that_says_nothing_or_nonsense_is_refused(gate: Gate, part: str, document: Any) -> None:
    made = policy(gate)
    sent = {part: json.dumps(document)}
    assert gate.refusal(f"SetPolicy{part}", PolicyId=made, **sent) == (400, "InvalidParameter")
    assert asked(gate, made) == {}


@pytest.mark.parametrize("part", PARTS)
def test_a_part_of_a_policy_that_is_not_there_is_not_set(gate: Gate, part: str) -> None:
    sent = {part: json.dumps(PARTS[part])}
    assert gate.refusal(f"SetPolicy{part}", PolicyId="404", **sent) == (404, "PolicyNotFound")


def test_what_is_set_is_what_the_door_is_told(gate: Gate) -> None:
    user, host = gate.user("ann"), gate.host()
    root = gate.account(host)
    made = policy(gate)
    assert left(gate, user, root).channels is None
    put(gate, "IPAclConfig", made, {"AclType": "black", "IPs": [THERE]})
    put(gate, "CommandConfig", made, {"Deny": {"AclType": "black", "Commands": ["rm"]}})
    put(gate, "ProtocolConfig", made, {"SSH": {"SFTPChannel": "Enable", "SFTPUploadFile": "Enable"}})
    now = left(gate, user, root)
    assert now.at_logon(HERE, MONDAY_NINE) is None
    assert now.at_logon(THERE, MONDAY_NINE) is not None
    assert now.command("rm -rf /") is Verdict.DENY
    assert {each for each in Channel if now.allows(each)} == {Channel.SFTP, Channel.UPLOAD}
    put(gate, "AccessTimeRangeConfig", made, {"EffectiveTime": [{"Days": [1], "Hours": [9]}]})
    now = left(gate, user, root)
    assert now.at_logon(HERE, MONDAY_NINE) is None
    assert now.at_logon(HERE, MONDAY_NINE - 1) is not None
    put(gate, "ApprovalConfig", made, {"SwitchStatus": "On"})
    assert left(gate, user, root).at_logon(HERE, MONDAY_NINE) is not None
    gate.call("DeletePolicy", PolicyId=made)
    assert left(gate, user, root).at_logon(THERE, MONDAY_NINE - 1) is None


def test_a_new_policy_goes_before_an_older_one_only_at_the_same_priority(gate: Gate) -> None:
    user, root = gate.user("ann"), gate.account(gate.host())
    old, new = policy(gate, "old"), policy(gate, "new", Priority="1")
    put(gate, "CommandConfig", old, {"Deny": {"AclType": "black", "Commands": ["rm"]}})
    put(gate, "CommandConfig", new, {"Deny": {"AclType": "black", "Commands": []}})
    assert left(gate, user, root).command("rm x") is Verdict.ALLOW
    gate.call("ModifyPolicy", PolicyId=new, Priority="2")
    assert left(gate, user, root).command("rm x") is Verdict.DENY


def users(gate: Gate, made: str) -> dict[str, Any]:
    """The user scope of a policy as it is answered."""
    return dict(gate.call("GetPolicyUserScope", PolicyId=made)["UserScope"])


def assets(gate: Gate, made: str) -> dict[str, Any]:
    """The asset scope of a policy as it is answered."""
    return dict(gate.call("GetPolicyAssetScope", PolicyId=made)["AssetScope"])


def test_a_policy_applies_to_the_users_it_is_set_for_and_forgets_the_others(gate: Gate) -> None:
    made = policy(gate, everywhere=False)
    assert users(gate, made) == {"ScopeType": "", "UserIds": [], "UserGroupIds": []}
    group = gate.group()
    ann, bob = gate.user("ann"), gate.user("bob", group)
    gate.call("SetPolicyUserScope", PolicyId=made, ScopeType="User", UserIds=[ann, bob, ann])
    assert users(gate, made) == {"ScopeType": "", "UserIds": [ann, bob], "UserGroupIds": []}
    gate.call("DeleteUser", UserId=ann)
    assert users(gate, made)["UserIds"] == [bob]
    gate.call("SetPolicyUserScope", PolicyId=made, ScopeType="UserGroup", UserGroupIds=[group], UserIds=[bob])
    assert users(gate, made) == {"ScopeType": "", "UserIds": [], "UserGroupIds": [group]}
    gate.call("SetPolicyUserScope", PolicyId=made, ScopeType="All")
    assert users(gate, made) == {"ScopeType": "All", "UserIds": [], "UserGroupIds": []}


@pytest.mark.parametrize(
    "scope",
    [
        {"ScopeType": "User"},
        {"ScopeType": "User", "UserIds": ["404"]},
        {"ScopeType": "UserGroup"},
        {"ScopeType": "UserGroup", "UserGroupIds": ["404"]},
        {"ScopeType": "Nobody"},
    ],
)
def test_a_user_scope_of_nobody_is_refused(gate: Gate, scope: dict[str, Any]) -> None:
    made = policy(gate)
    assert gate.refusal("SetPolicyUserScope", PolicyId=made, **scope) == (400, "InvalidParameter")


def test_a_policy_applies_to_the_hosts_and_accounts_it_is_set_for(gate: Gate) -> None:
    made = policy(gate, everywhere=False)
    empty = {"ScopeType": "", "Hosts": [], "HostGroups": [], "Databases": []}
    assert assets(gate, made) == empty
    one, two = gate.host("one"), gate.host("two")
    root, spare = gate.account(two), gate.account(two, "spare")
    asked_for = [
        {"HostId": one},
        {"HostId": two, "AccountScopeType": "AccountId", "HostAccountIds": [root, spare]},
    ]
    gate.call("SetPolicyAssetScope", PolicyId=made, ScopeType="Host", Hosts=asked_for)
    told = [{"HostId": one, "AccountScopeType": "All", "HostAccountIds": []}, asked_for[1]]
    assert assets(gate, made) == empty | {"Hosts": told}
    gate.call("DeleteHostAccount", HostAccountId=spare)
    gate.call("DeleteHost", HostId=one)
    assert assets(gate, made)["Hosts"] == [asked_for[1] | {"HostAccountIds": [root]}]
    gate.call("SetPolicyAssetScope", PolicyId=made, ScopeType="All", Hosts=asked_for)
    assert assets(gate, made) == empty | {"ScopeType": "All"}


def test_an_asset_scope_of_nothing_is_refused(gate: Gate) -> None:
    made, one, two = policy(gate), gate.host("one"), gate.host("two")
    root = gate.account(two)
    for scope in (
        {"ScopeType": "Host"},
        {"ScopeType": "Host", "Hosts": [{"HostId": "404"}]},
        {"ScopeType": "Host", "Hosts": [{"HostId": one}, {"HostId": one}]},
        {"ScopeType": "Host", "Hosts": [{"HostId": one, "AccountScopeType": "AccountId"}]},
        {
            "ScopeType": "Host",
            "Hosts": [{"HostId": one, "AccountScopeType": "AccountId", "HostAccountIds": [root]}],
        },
        {"ScopeType": "Database"},
        {"ScopeType": "Database", "Databases": [{"DatabaseId": "1"}]},
        {"ScopeType": "HostGroup", "HostGroups": [{"HostGroupId": "1"}]},
    ):
        assert gate.refusal("SetPolicyAssetScope", PolicyId=made, **scope) == (400, "InvalidParameter")
    assert assets(gate, made)["ScopeType"] == "All"


def test_who_may_call_everything_sees_over_which_channels_accounts_are_open(gate: Gate) -> None:
    alice: SigningKey = gate.ram_user("alice", "20000000000000001")
    user, host = gate.user("alice", ram_id="20000000000000001"), gate.host()
    root, spare = gate.account(host), gate.account(host, "spare")
    desk = gate.account(host, "desk", ProtocolName="RDP")
    gate.call("AttachHostAccountsToUser", UserId=user, Hosts=hosts((host, [root, spare, desk])))
    made = policy(gate, everywhere=False)
    gate.call("SetPolicyUserScope", PolicyId=made, ScopeType="User", UserIds=[user])
    scope = [{"HostId": host, "AccountScopeType": "AccountId", "HostAccountIds": [spare]}]
    gate.call("SetPolicyAssetScope", PolicyId=made, ScopeType="Host", Hosts=scope)
    put(gate, "ProtocolConfig", made, {"SSH": {"SFTPChannel": "Enable"}})
    told = gate.call("ListOperationHostAccounts", alice, HostId=host)["HostAccounts"]
    assert [(each["HostAccountId"], each.get("SSHConfig")) for each in told] == [
        (root, {"EnableSSHChannel": True, "EnableSFTPChannel": True}),
        (spare, {"EnableSSHChannel": False, "EnableSFTPChannel": True}),
        (desk, None),
    ]
    assert {Channel.SHELL, Channel.SFTP} <= OPEN_CHANNELS
