"""Stories of Bastionhost."""

import json
from dataclasses import dataclass, field
from typing import Any

from admit.rpc.signing import SigningKey
from tests.sdk.answers import absent
from tests.sdk.stage import Stage

PRODUCT = "yundun-bastionhost"


@dataclass
class Bastion:
    """The bastion host of a new system, and the words a story says to it."""

    stage: Stage
    id: str = field(init=False)

    def __post_init__(self) -> None:
        [only] = self.stage.sdk(PRODUCT)("DescribeInstances", PageNumber=1, PageSize=10)["Instances"]
        self.id = only["InstanceId"]

    def __call__(self, action: str, **parameters: Any) -> dict[str, Any]:
        """Call an operation on this bastion host."""
        return self.stage.sdk(PRODUCT)(action, InstanceId=self.id, RegionId="cn-hangzhou", **parameters)

    def host(self, name: str, address: str = "10.0.0.5") -> str:
        """A new host."""
        asked = {"Source": "Local", "OSType": "Linux", "ActiveAddressType": "Private"}
        made = self("CreateHost", HostName=self.stage.named(name), HostPrivateAddress=address, **asked)
        return str(made["HostId"])

    def account(self, host: str, name: str) -> str:
        """A new account on a host."""
        named = {"HostId": host, "ProtocolName": "SSH", "HostAccountName": name}
        return str(self("CreateHostAccount", **named, Password="told to nobody")["HostAccountId"])

    def user(self, name: str, ram_id: str) -> str:
        """A new user, who is one of RAM."""
        named = {"UserName": self.stage.named(name), "Source": "Ram", "SourceUserId": ram_id}
        return str(self("CreateUser", **named, DisplayName=name)["UserId"])

    def group(self, name: str) -> str:
        """A new user group."""
        return str(
            self("CreateUserGroup", UserGroupName=self.stage.named(name), Comment="of a story")["UserGroupId"]
        )


def ids(listed: dict[str, Any], name: str) -> list[str]:
    """The ids in an answer's one list."""
    [entries] = [member for member in listed.values() if isinstance(member, list)]
    return [each[name] for each in entries]


def codes(answer: dict[str, Any]) -> list[str]:
    """What became of each item."""
    found = []
    for result in answer["Results"]:
        found.append(result["Code"])
        found += [each["Code"] for each in result.get("HostAccounts", [])]
    return found


def the_bastion_host_is_told(stage: Stage) -> None:
    sdk, bastion = stage.sdk(PRODUCT), Bastion(stage)
    listed = sdk("DescribeInstances", InstanceId=[bastion.id], InstanceStatus="RUNNING")
    assert (listed["TotalCount"], ids(listed, "InstanceId")) == (1, [bastion.id])
    names = ("InstanceStatus", "RegionId", "LicenseCode", "StartTime", "Description")
    assert absent(listed["Instances"][0], *names) == []

    told = bastion("DescribeInstanceAttribute")["InstanceAttribute"]
    assert (told["InstanceId"], told["InstanceStatus"]) == (bastion.id, "RUNNING")
    assert absent(told, "Ports", "Storage", "LicenseCode", "StartTime") == []
    assert bastion("StartInstance", SecurityGroupIds=["sg-1"], VswitchId="vsw-1")["InstanceId"] == bastion.id


def hosts_and_accounts_come_and_go(stage: Stage) -> None:
    bastion = Bastion(stage)
    host = bastion.host("web")
    bastion("ModifyHost", HostId=host, HostPrivateAddress="10.0.0.6", Comment="front")
    told = bastion("GetHost", HostId=host)["Host"]
    assert (told["HostId"], told["HostPrivateAddress"], told["Comment"]) == (host, "10.0.0.6", "front")
    assert absent(told, "HostName", "OSType", "Source", "ActiveAddressType", "Protocols") == []
    account = bastion.account(host, "root")
    listed = bastion("ListHosts", HostName=stage.named("web"), PageNumber="1", PageSize="10")
    assert (listed["TotalCount"], ids(listed, "HostId")) == (1, [host])
    assert (listed["Hosts"][0]["HostAccountCount"], listed["Hosts"][0]["HostPrivateAddress"]) == (
        1,
        "10.0.0.6",
    )

    bastion("ModifyHostAccount", HostAccountId=account, HostAccountName="admin")
    told = bastion("GetHostAccount", HostAccountId=account)["HostAccount"]
    assert (told["HostAccountName"], told["HostId"], told["HasPassword"]) == ("admin", host, True)
    assert absent(told, "HostAccountId", "ProtocolName", "PrivilegeType") == []
    listed = bastion("ListHostAccounts", HostId=host)
    assert (listed["TotalCount"], ids(listed, "HostAccountId")) == (1, [account])
    assert listed["HostAccounts"][0]["HostAccountName"] == "admin"

    bastion("DeleteHostAccount", HostAccountId=account)
    bastion("DeleteHost", HostId=host)
    refusal = stage.sdk(PRODUCT).refusal("GetHost", InstanceId=bastion.id, HostId=host)
    assert refusal == (400, "HostNotFound")


def users_come_change_and_go(stage: Stage) -> None:
    bastion, name = Bastion(stage), stage.named("grace")
    given = {"DisplayName": "Grace", "Email": "g@example.com", "Mobile": "13811111111"}
    local = {"UserName": name, "Source": "Local", "Password": "Correct-horse-9"}
    user = bastion("CreateUser", **local, **given, MobileCountryCode="CN")["UserId"]
    until = 4102444800
    bastion("ModifyUser", UserId=user, Comment="told", EffectiveStartTime=1, EffectiveEndTime=until)

    told = bastion("GetUser", UserId=user)["User"]
    assert (told["UserName"], told["Comment"], told["EffectiveEndTime"]) == (name, "told", until)
    assert {member: told[member] for member in given} == given
    assert absent(told, "UserId", "Source", "TwoFactorStatus", "LanguageStatus") == []
    listed = bastion("ListUsers", UserName=name)
    assert (listed["TotalCount"], ids(listed, "UserId")) == (1, [user])
    assert absent(listed["Users"][0], "UserName", "DisplayName", "Source") == []

    assert codes(bastion("LockUsers", UserIds=json.dumps([user, "999999"]))) == ["OK", "OBJECT_NOT_FOUND"]
    assert "Frozen" in bastion("GetUser", UserId=user)["User"]["UserState"]
    assert codes(bastion("UnlockUsers", UserIds=json.dumps([user]))) == ["OK"]
    bastion("DeleteUser", UserId=user)
    assert bastion("ListUsers", UserName=name)["Users"] == []


def a_group_has_users(stage: Stage) -> None:
    bastion = Bastion(stage)
    heidi, group = bastion.user("heidi", f"3{stage.way.name}"), bastion.group("dba")
    bastion("ModifyUserGroup", UserGroupId=group, UserGroupName=stage.named("dbas"), Comment="databases")
    told = bastion("GetUserGroup", UserGroupId=group)["UserGroup"]
    assert told == {"UserGroupId": group, "UserGroupName": stage.named("dbas"), "Comment": "databases"}
    members = {"UserGroupId": group, "UserIds": json.dumps([heidi])}
    assert codes(bastion("AddUsersToGroup", **members)) == ["OK"]

    listed = bastion("ListUserGroups", UserGroupName=stage.named("dbas"))
    assert (listed["TotalCount"], ids(listed, "UserGroupId")) == (1, [group])
    assert listed["UserGroups"][0]["MemberCount"] == 1
    of_user = bastion("ListUserGroupsForUser", UserId=heidi, PageNumber="1", PageSize="10")
    assert (of_user["Count"], ids(of_user, "UserGroupId")) == (1, [group])
    assert ids(bastion("ListUsers", UserGroupId=group), "UserId") == [heidi]

    assert codes(bastion("RemoveUsersFromGroup", **members)) == ["OK"]
    bastion("DeleteUserGroup", UserGroupId=group)
    refusal = stage.sdk(PRODUCT).refusal("GetUserGroup", InstanceId=bastion.id, UserGroupId=group)
    assert refusal == (404, "UserGroupNotFound")


def a_user_may_use_hosts(stage: Stage) -> None:
    bastion = Bastion(stage)
    assert_granted_and_revoked(bastion, "User", bastion.user("ivan", f"4{stage.way.name}"))


def a_group_may_use_hosts(stage: Stage) -> None:
    bastion = Bastion(stage)
    assert_granted_and_revoked(bastion, "UserGroup", bastion.group("operators"))


def assert_granted_and_revoked(bastion: Bastion, kind: str, subject: str) -> None:
    """Somebody is granted two accounts on a host, and they are taken away again."""
    host = bastion.host(f"granted-{kind}")
    root, spare, whom = bastion.account(host, "root"), bastion.account(host, "spare"), {f"{kind}Id": subject}
    both = json.dumps([{"HostId": host, "HostAccountIds": [root, "999999"]}, {"HostId": "999999"}])
    granted = bastion(f"AttachHostAccountsTo{kind}", **whom, Hosts=both)
    assert codes(granted) == ["OK", "OK", "OBJECT_NOT_FOUND", "OBJECT_NOT_FOUND"]
    assert absent(granted["Results"][0], "HostId", f"{kind}Id", "HostAccounts") == []

    listed = bastion(f"ListHostsFor{kind}", **whom, PageNumber="1", PageSize="100")
    assert (listed["TotalCount"], ids(listed, "HostId")) == (1, [host])
    assert absent(listed["Hosts"][0], "HostName", "HostPrivateAddress", "OSType") == []
    accounts = bastion(f"ListHostAccountsFor{kind}", **whom, HostId=host)
    authorized = {each["HostAccountId"]: each["IsAuthorized"] for each in accounts["HostAccounts"]}
    assert (authorized, accounts["TotalCount"]) == ({root: True, spare: False}, 2)

    one = json.dumps([{"HostId": host, "HostAccountIds": [root]}])
    assert codes(bastion(f"DetachHostAccountsFrom{kind}", **whom, Hosts=one)) == ["OK", "OK"]
    left = bastion(f"ListHostAccountsFor{kind}", **whom, HostId=host)["HostAccounts"]
    assert not any(each["IsAuthorized"] for each in left)


def a_ram_user_sees_what_is_open(stage: Stage) -> None:
    bastion, ram, name = Bastion(stage), stage.sdk("ram"), stage.named("judy")
    ram_id = ram("CreateUser", UserName=name)["User"]["UserId"]
    ram("AttachPolicyToUser", UserName=name, PolicyType="System", PolicyName="AdministratorAccess")
    key = ram("CreateAccessKey", UserName=name)["AccessKey"]
    judy, host = bastion.user("judy", ram_id), bastion.host("operated")
    granted = json.dumps([{"HostId": host, "HostAccountIds": [bastion.account(host, "root")]}])
    assert codes(bastion("AttachHostAccountsToUser", UserId=judy, Hosts=granted)) == ["OK", "OK"]

    caller = stage.sdk_with(SigningKey(key["AccessKeyId"], key["AccessKeySecret"]), PRODUCT)
    listed = caller("ListOperationHosts", InstanceId=bastion.id)
    assert (listed["TotalCount"], ids(listed, "HostId")) == (1, [host])
    assert absent(listed["Hosts"][0], "HostName", "OSType", "HostPrivateAddress") == []
    accounts = caller("ListOperationHostAccounts", InstanceId=bastion.id, HostId=host)
    assert (accounts["TotalCount"], accounts["HostAccounts"][0]["HostAccountName"]) == (1, "root")
    assert absent(accounts["HostAccounts"][0], "HostAccountId", "ProtocolName", "HasPassword") == []
    stage.sdk(PRODUCT).called |= caller.called


STORIES = (
    the_bastion_host_is_told,
    hosts_and_accounts_come_and_go,
    users_come_change_and_go,
    a_group_has_users,
    a_user_may_use_hosts,
    a_group_may_use_hosts,
    a_ram_user_sees_what_is_open,
)
