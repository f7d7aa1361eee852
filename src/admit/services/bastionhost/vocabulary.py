"""The words of Bastionhost, and finding what they name."""

from typing import Annotated, Literal

from admit.core.links import Kind
from admit.rpc.operation import Call, Service
from admit.rpc.paging import page
from admit.rpc.shape import JsonText, at_most, like
from admit.services.bastionhost.errors import (
    HostAccountNotFound,
    HostNotFound,
    InstanceNotFound,
    InvalidArgument,
    PolicyNotFound,
    UserGroupNotFound,
    UserNotFound,
)
from admit.store import things
from admit.store.things import Thing

bastionhost = Service(
    product="yundun-bastionhost",
    version="2019-12-09",
    title="Bastionhost",
    ram_prefix="yundun-bastionhost",
    invalid=InvalidArgument,
)

InstanceId = Annotated[
    str, like("bastionhost-cn-st220aw****", "The ID of the bastion host. DescribeInstances lists them.")
]
RegionId = Annotated[str, like("cn-hangzhou", "The ID of the region of the bastion host.")]
ProjectId = Annotated[int, like(1, "The ID of a project. Accepted and not used: there are no projects here.")]
UserId = Annotated[str, like("1", "The ID of the user. ListUsers lists them.")]
UserIds = Annotated[
    JsonText[Annotated[tuple[UserId, ...], at_most(100, least=1)]],
    like('["1","2"]', "The IDs of the users, a JSON array of 1 to 100."),
]
UserGroupId = Annotated[str, like("1", "The ID of the user group. ListUserGroups lists them.")]
HostId = Annotated[str, like("1", "The ID of the host. ListHosts lists them.")]
HostAccountId = Annotated[str, like("1", "The ID of the host account. ListHostAccounts lists them.")]
HostGroupId = Annotated[str, like("1", "The ID of the host group. ListHostGroups lists them.")]
HostShareKeyId = Annotated[str, like("1", "The ID of the shared key. ListHostShareKeys lists them.")]
PolicyId = Annotated[str, like("1", "The ID of the control policy. ListPolicies lists them.")]
NetworkDomainId = Annotated[str, like("1", "The ID of the network domain. ListNetworkDomains lists them.")]
ONE_LINE = r"^[^\x00-\x1f\x7f]*(?!\n)$"
"""The pattern of a text without control characters; `$` alone would let a line feed pass at the end."""
HostName = Annotated[
    str, like("db-1", "The name of the host.", min_length=1, max_length=128, pattern=ONE_LINE)
]
HostAddress = Annotated[
    str,
    like(
        "db-1.example.com", "A domain name or an IP address.", min_length=1, max_length=253, pattern=ONE_LINE
    ),
]
HostComment = Annotated[str, like("primary database", "Remarks on the host.", max_length=500)]
OSType = Annotated[Literal["Linux", "Windows"], like("Linux", "The operating system of the host.")]
AddressType = Annotated[
    Literal["Public", "Private"], like("Private", "Which of its addresses the host is reached by.")
]
HostSource = Annotated[
    Literal["Local", "Ecs", "Rds"],
    like("Local", "Where the host comes from: your own, an ECS instance, or a dedicated RDS cluster."),
]
SourceInstanceId = Annotated[
    str,
    like(
        "i-bp19ienyt0yax748****",
        "The ID the host has where it comes from; absent for Local.",
        max_length=128,
        pattern=ONE_LINE,
    ),
]
SourceInstanceState = Annotated[
    Literal["Normal", "Release"], like("Normal", "Whether the host still exists where it comes from.")
]
HostAccountName = Annotated[
    str,
    like("root", "The name of the account on the host.", min_length=1, max_length=128, pattern=ONE_LINE),
]
ProtocolName = Annotated[Literal["SSH", "RDP"], like("SSH", "The protocol of the account.")]
ResultCode = Annotated[
    str,
    like(
        "OK",
        "What became of this item: OK, UNEXPECTED, INVALID_ARGUMENT, OBJECT_NOT_FOUND "
        "or OBJECT_AlREADY_EXISTS (so spelled).",
    ),
]
Message = Annotated[str, like("None", "Deprecated, always empty.")]
PageNumber = Annotated[str, like("1", "The page to show, counted from 1.", pattern=r"^[0-9]{1,9}(?!\n)$")]
PageSize = Annotated[
    str,
    like(
        "20",
        "How many entries a page has: 1 to 100; 0 means the default.",
        pattern=r"^([0-9]{1,2}|100)(?!\n)$",
    ),
]
TotalCount = Annotated[int, like(10, "How many there are in all.")]

OK = "OK"
NOT_FOUND = "OBJECT_NOT_FOUND"
ALREADY = "OBJECT_AlREADY_EXISTS"
"""The vendor's spelling, with a small l."""
INVALID = "INVALID_ARGUMENT"


def is_decimal(text: str) -> bool:
    """Whether a text has the form of the IDs inside a bastion host."""
    return text.isascii() and text.isdigit()


def pages(number: str | None, size: str | None, default: int = 20) -> tuple[int, int]:
    """``(offset, limit)`` of a page asked for in texts."""
    return page(int(number or 1), int(size or 0), default)


def instance(call: Call, instance_id: str) -> Thing:
    """The bastion host of this id.

    Raises:
        InstanceNotFound: there is none.
    """
    found = things.by_id(call.sql, Kind.BASTION, call.world.account_key, instance_id)
    if found is None:
        raise InstanceNotFound(instance_id)
    return found


def user(call: Call, bastion: Thing, user_id: str) -> Thing:
    """The user of this id in a bastion host.

    Raises:
        UserNotFound: there is none.
    """
    found = things.by_id(call.sql, Kind.USER, bastion.key, user_id)
    if found is None:
        raise UserNotFound(user_id)
    return found


def user_group(call: Call, bastion: Thing, user_group_id: str) -> Thing:
    """The user group of this id in a bastion host.

    Raises:
        UserGroupNotFound: there is none.
    """
    found = things.by_id(call.sql, Kind.GROUP, bastion.key, user_group_id)
    if found is None:
        raise UserGroupNotFound(user_group_id)
    return found


def host(call: Call, bastion: Thing, host_id: str) -> Thing:
    """The host of this id in a bastion host.

    Raises:
        HostNotFound: there is none.
    """
    found = things.by_id(call.sql, Kind.HOST, bastion.key, host_id)
    if found is None:
        raise HostNotFound(host_id)
    return found


def host_account(call: Call, bastion: Thing, host_account_id: str) -> Thing:
    """The host account of this id on any host of a bastion host.

    Raises:
        HostAccountNotFound: there is none.
    """
    found = things.by_id_anywhere(call.sql, Kind.HOST_ACCOUNT, host_account_id)
    if found is None or things.by_key(call.sql, found.parent).parent != bastion.key:
        raise HostAccountNotFound(host_account_id)
    return found


def control_policy(call: Call, bastion: Thing, policy_id: str) -> Thing:
    """The control policy of this id in a bastion host.

    Raises:
        PolicyNotFound: there is none.
    """
    found = things.by_id(call.sql, Kind.CONTROL_POLICY, bastion.key, policy_id)
    if found is None:
        raise PolicyNotFound(policy_id)
    return found
