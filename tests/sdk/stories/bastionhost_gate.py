"""Stories of Bastionhost: what its SSH door goes by."""

import base64
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from admit.control.live.held_commands import HeldCommandDetails
from admit.control.things import New, add
from admit.core.links import Kind
from admit.main import open_admit
from admit.rpc.signing import SigningKey
from admit.settings import Settings
from admit.store import things
from admit.store.engine import Author, Tx
from tests.sdk.answers import absent
from tests.sdk.stage import Stage
from tests.sdk.stories.bastionhost import PRODUCT, Bastion, codes, ids


def private_key() -> str:
    """A new private key as the API takes it: Base64 of the key file."""
    made = Ed25519PrivateKey.generate()
    return base64.b64encode(made.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())).decode()


def public_key() -> str:
    """A new public key, as a line of ``authorized_keys`` and so Base64."""
    line = Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    return base64.b64encode(line).decode()


def a_user_has_keys(stage: Stage) -> None:
    bastion = Bastion(stage)
    user = bastion.user("kim", f"5{stage.way.name}")
    key = bastion("CreateUserPublicKey", UserId=user, PublicKeyName="laptop", PublicKey=public_key())
    bastion("ModifyUserPublicKey", PublicKeyId=key["PublicKeyId"], PublicKeyName="phone", Comment="new")

    listed = bastion("ListUserPublicKeys", UserId=user, PageNumber="1", PageSize="10")
    assert (listed["TotalCount"], ids(listed, "PublicKeyId")) == (1, [key["PublicKeyId"]])
    assert (listed["PublicKeys"][0]["PublicKeyName"], listed["PublicKeys"][0]["Comment"]) == ("phone", "new")

    bastion("DeleteUserPublicKey", PublicKeyId=key["PublicKeyId"])
    assert bastion("ListUserPublicKeys", UserId=user)["TotalCount"] == 0


def accounts_share_a_key(stage: Stage) -> None:
    bastion, name = Bastion(stage), stage.named("fleet")
    account = bastion.account(bastion.host("fleet-1"), "root")
    made = bastion("CreateHostShareKey", HostShareKeyName=name, PrivateKey=private_key())
    key = {"HostShareKeyId": str(made["HostShareKeyId"])}
    before = bastion("GetHostShareKey", **key)["HostShareKey"]
    bastion("ModifyHostShareKey", **key, PrivateKey=private_key())
    after = bastion("GetHostShareKey", **key)["HostShareKey"]
    assert (after["HostShareKeyName"], absent(after, "PrivateKeyFingerPrint")) == (name, [])
    assert before["PrivateKeyFingerPrint"] != after["PrivateKeyFingerPrint"]
    assert name in [each["HostShareKeyName"] for each in bastion("ListHostShareKeys")["HostShareKeys"]]

    some = {**key, "HostAccountIds": json.dumps([account])}
    assert codes(bastion("AttachHostAccountsToHostShareKey", **some)) == ["OK"]
    assert ids(bastion("ListHostAccountsForHostShareKey", **key), "HostsAccountId") == [account]
    assert codes(bastion("DetachHostAccountsFromHostShareKey", **some)) == ["OK"]
    bastion("DeleteHostShareKey", **key)
    refusal = stage.sdk(PRODUCT).refusal("GetHostShareKey", InstanceId=bastion.id, **key)
    assert refusal == (404, "HostShareKeyNotFound")


def hosts_are_reached_otherwise(stage: Stage) -> None:
    bastion = Bastion(stage)
    host = bastion.host("moved")
    account = bastion.account(host, "root")
    some = json.dumps([host])
    assert codes(bastion("ModifyHostsPort", HostIds=some, ProtocolName="SSH", Port="2200")) == ["OK"]
    bastion("ModifyHost", HostId=host, HostPublicAddress="203.0.113.9")
    assert codes(bastion("ModifyHostsActiveAddressType", HostIds=some, ActiveAddressType="Public")) == ["OK"]
    told = bastion("GetHost", HostId=host)["Host"]
    ports = {each["ProtocolName"]: each["Port"] for each in told["Protocols"]}
    assert (told["ActiveAddressType"], ports["SSH"]) == ("Public", 2200)

    bastion("ResetHostAccountCredential", HostAccountId=account, CredentialType="Password")
    assert not bastion("GetHostAccount", HostAccountId=account)["HostAccount"]["HasPassword"]


PARTS: dict[str, Any] = {
    "CommandConfig": {"Deny": {"AclType": "black", "Commands": ["reboot"]}, "Approval": {"Commands": []}},
    "IPAclConfig": {"AclType": "white", "IPs": ["127.0.0.1", "10.0.0.1-10.0.0.9"]},
    "AccessTimeRangeConfig": {"EffectiveTime": [{"Days": [1, 2], "Hours": [8, 9]}]},
    "ApprovalConfig": {"SwitchStatus": "Off"},
    "ProtocolConfig": {"SSH": {"SSHChannel": "Enable"}, "RDP": {}},
}


def a_policy_restricts(stage: Stage) -> None:
    bastion, name = Bastion(stage), stage.named("office hours")
    user, host = bastion.user("lee", f"6{stage.way.name}"), bastion.host("restricted")
    policy = {"PolicyId": bastion("CreatePolicy", PolicyName=name, Priority="7")["PolicyId"]}
    bastion("ModifyPolicy", **policy, Comment="of a story", Priority="8")
    for part, document in PARTS.items():
        bastion(f"SetPolicy{part}", **policy, **{part: document})
    told = bastion("GetPolicy", **policy)["Policy"]
    assert (told["PolicyName"], told["Comment"], told["Priority"]) == (name, "of a story", 8)
    assert absent(told, "CommandConfig", "IPAclConfig", "AccessTimeRangeConfig", "ProtocolConfig") == []

    bastion("SetPolicyUserScope", **policy, ScopeType="User", UserIds=[user])
    scope = bastion("GetPolicyUserScope", **policy)["UserScope"]
    assert scope["UserIds"] == [user]
    hosts = [{"HostId": host, "AccountScopeType": "All"}]
    bastion("SetPolicyAssetScope", **policy, ScopeType="Host", Hosts=hosts)
    assert bastion("GetPolicyAssetScope", **policy)["AssetScope"]["Hosts"][0]["HostId"] == host

    listed = bastion("ListPolicies", PolicyName=name, PageNumber="1", PageSize="10")
    assert (listed["TotalCount"], ids(listed, "PolicyId")) == (1, [policy["PolicyId"]])
    bastion("DeletePolicy", **policy)
    refusal = stage.sdk(PRODUCT).refusal("GetPolicy", InstanceId=bastion.id, **policy)
    assert refusal == (404, "PolicyNotFound")


def a_ram_user_asks_for_approval(stage: Stage) -> None:
    bastion, ram, name = Bastion(stage), stage.sdk("ram"), stage.named("max")
    ram_id = ram("CreateUser", UserName=name)["User"]["UserId"]
    ram("AttachPolicyToUser", UserName=name, PolicyType="System", PolicyName="AdministratorAccess")
    key = ram("CreateAccessKey", UserName=name)["AccessKey"]
    user, host = bastion.user("max", ram_id), bastion.host("guarded")
    bastion.account(host, "root")
    accounts = ids(bastion("ListHostAccounts", HostId=host), "HostAccountId")
    granted = json.dumps([{"HostId": host, "HostAccountIds": accounts}])
    bastion("AttachHostAccountsToUser", UserId=user, Hosts=granted)
    policy = {"PolicyId": bastion("CreatePolicy", PolicyName=stage.named("four eyes"))["PolicyId"]}
    bastion("SetPolicyUserScope", **policy, ScopeType="User", UserIds=[user])
    bastion("SetPolicyAssetScope", **policy, ScopeType="All")
    bastion("SetPolicyApprovalConfig", **policy, ApprovalConfig={"SwitchStatus": "On"})

    caller = stage.sdk_with(SigningKey(key["AccessKeyId"], key["AccessKeySecret"]), PRODUCT)
    asked = {"AssetId": host, "AssetAccountName": "root", "ProtocolName": "SSH"}
    for decide, more in (("AcceptOperationTicket", {"EffectCount": "1"}), ("RejectOperationTicket", {})):
        caller("CreateOperationTicket", InstanceId=bastion.id, **asked, ApproveComment="slow query")
        waiting = bastion("ListOperationTickets", PageNumber="1", PageSize="10")
        assert [each["AssetAccountName"] for each in waiting["OperationTickets"]] == ["root"]
        bastion(decide, OperationTicketId=waiting["OperationTickets"][0]["OperationTicketId"], **more)
        assert bastion("ListOperationTickets")["TotalCount"] == 0
    stage.sdk(PRODUCT).called |= caller.called
    bastion("DeletePolicy", **policy)


def a_command_waits(stage: Stage) -> None:
    bastion = Bastion(stage)
    user, host = bastion.user("ada", f"77{stage.way.name}"), bastion.host("held")
    for decide, command in (("AcceptApproveCommand", "reboot"), ("RejectApproveCommand", "halt")):
        _hold(stage, host, HeldCommandDetails(user, "ada", host, "root", "10.0.0.7", "s-1", command))
        waiting = bastion("ListApproveCommands", PageNumber="1", PageSize="10")
        assert [each["Command"] for each in waiting["ApproveCommands"]] == [command]
        bastion(decide, CommandId=waiting["ApproveCommands"][0]["ApproveCommandId"])
    assert bastion("ListApproveCommands", PageNumber="1", PageSize="10")["TotalCount"] == 0


def _hold(stage: Stage, host: str, details: HeldCommandDetails) -> None:
    """A command that waits, as the door of another process holds it."""
    admit = open_admit(Settings(data=stage.server.directory))

    def body(tx: Tx) -> None:
        on = things.by_id_anywhere(tx.sql, Kind.HOST, host)
        assert on is not None
        add(tx, New(Kind.HELD_COMMAND, on.parent, "", details))

    try:
        admit.store.write_now(Author("admit", "ssh", "request"), body)
    finally:
        admit.close()


def the_bastion_host_carries_tags(stage: Stage) -> None:
    bastion, sdk = Bastion(stage), stage.sdk(PRODUCT)
    on = {"RegionId": "cn-hangzhou", "ResourceType": "INSTANCE", "ResourceId": [bastion.id]}
    sdk("TagResources", **on, Tag=[{"Key": stage.named("env"), "Value": "test"}])
    listed = sdk("ListTagResources", **on)["TagResources"]
    assert stage.named("env") in [each["TagKey"] for each in listed]
    sdk("UntagResources", **on, TagKey=[stage.named("env")])
    assert stage.named("env") not in [
        each["TagKey"] for each in sdk("ListTagResources", **on)["TagResources"]
    ]


STORIES = (
    a_user_has_keys,
    accounts_share_a_key,
    hosts_are_reached_otherwise,
    a_policy_restricts,
    a_ram_user_asks_for_approval,
    a_command_waits,
    the_bastion_host_carries_tags,
)
