"""What RAM tells of one caller now, in the words in which DescribeCaller tells of one then.

What whoever looks may not see is None.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from admit.console.callers import RAM
from admit.console.desk import Refused, Told, Visit
from admit.console.showing import moment_of

MOST_MEMBERS = 1000
"""How many members of a group are told on its page."""
NO_PROFILE = "EntityNotExist.User.LoginProfile"


async def told_now(visit: Visit, kind: str, name: str) -> Told:
    """A caller with all that it is joined to.

    Raises:
        Refused: there is none, or whoever looks may not see it.
    """
    return await _TOLD[kind](visit, name)


def _told(visit: Visit, kind: str, one: Told, **more: Any) -> Told:
    """What is told of every sort of caller."""
    caller = Told(
        Kind=kind,
        Id=one["UserId"] or one["GroupId"] or one["RoleId"],
        Name=one["UserName"] or one["GroupName"] or one["RoleName"] or one["PolicyName"],
        Note=one["DisplayName"] or one["Comments"] or one["Description"] or "",
        Type=one["PolicyType"],
        CreatedAt=_at(visit, one["CreateDate"]),
        ChangedAt=_at(visit, one["UpdateDate"]),
    )
    return Told(Caller=caller, **more)


def _at(visit: Visit, date: str | None) -> int | None:
    return moment_of(date or "", visit.reader.zone)


def _joined(visit: Visit, kind: str, found: Iterable[Told], since: str) -> list[Told]:
    return [Told(_told(visit, kind, each), Since=_at(visit, each[since])) for each in found]


async def _policies(visit: Visit, action: str, **whose: str) -> list[Told] | None:
    told = await visit.may_call(action, RAM, **whose)
    return None if told is None else _joined(visit, "policy", told["Policies"]["Policy"], "AttachDate")


async def _user(visit: Visit, name: str) -> Told:
    one = (await visit.call("GetUser", RAM, UserName=name))["User"]
    groups = await visit.may_call("ListGroupsForUser", RAM, UserName=name)
    keys = await visit.may_call("ListAccessKeys", RAM, UserName=name)
    details = {"display_name": one["DisplayName"], "email": one["Email"], "comments": one["Comments"]}
    return _told(
        visit,
        "user",
        one,
        Details=Told(details),
        Policies=await _policies(visit, "ListPoliciesForUser", UserName=name),
        Groups=None if groups is None else _joined(visit, "group", groups["Groups"]["Group"], "JoinDate"),
        Keys=None if keys is None else [_key(visit, each) for each in keys["AccessKeys"]["AccessKey"]],
        Profile=await _profile(visit, name),
    )


def _key(visit: Visit, key: Mapping[str, Any]) -> Told:
    return Told(AccessKeyId=key["AccessKeyId"], Status=key["Status"], CreatedAt=_at(visit, key["CreateDate"]))


async def _profile(visit: Visit, name: str) -> Told | None:
    """How a user signs in with a password; empty if it does not."""
    try:
        profile: Told = (await visit.call("GetLoginProfile", RAM, UserName=name))["LoginProfile"]
    except Refused as refused:
        return Told() if refused.code == NO_PROFILE else None
    return profile


async def _group(visit: Visit, name: str) -> Told:
    one = (await visit.call("GetGroup", RAM, GroupName=name))["Group"]
    users = await visit.may_call("ListUsersForGroup", RAM, GroupName=name, MaxItems=MOST_MEMBERS)
    return _told(
        visit,
        "group",
        one,
        Details=Told(comments=one["Comments"]),
        Policies=await _policies(visit, "ListPoliciesForGroup", GroupName=name),
        Members=None if users is None else _joined(visit, "user", users["Users"]["User"], "JoinDate"),
    )


async def _role(visit: Visit, name: str) -> Told:
    one = (await visit.call("GetRole", RAM, RoleName=name))["Role"]
    details = {
        "trust": one["AssumeRolePolicyDocument"],
        "max_session_s": one["MaxSessionDuration"],
        "description": one["Description"],
        "arn": one["Arn"],
    }
    policies = await _policies(visit, "ListPoliciesForRole", RoleName=name)
    return _told(visit, "role", one, Details=Told(details), Policies=policies)


async def _policy(visit: Visit, name: str) -> Told:
    about, one = await _of_either_type(visit, name)
    versions = await visit.may_call("ListPolicyVersions", RAM, **about)
    holders = await visit.may_call("ListEntitiesForPolicy", RAM, **about)
    details = {
        "document": one["PolicyDocument"],
        "default_version": one["DefaultVersion"],
        "description": one["Description"],
    }
    return _told(
        visit,
        "policy",
        one,
        Details=Told(details),
        Versions=None
        if versions is None
        else [_version(visit, each) for each in versions["PolicyVersions"]["PolicyVersion"]],
        Holders=None if holders is None else _holders(visit, holders),
    )


async def _of_either_type(visit: Visit, name: str) -> tuple[dict[str, str], Told]:
    """A policy by its name, which one of the account and one of the system never share."""
    own, given = ({"PolicyName": name, "PolicyType": word} for word in ("Custom", "System"))
    told = await visit.may_call("GetPolicy", RAM, **own)
    if told is not None:
        return own, told["Policy"]
    return given, (await visit.call("GetPolicy", RAM, **given))["Policy"]


def _version(visit: Visit, version: Mapping[str, Any]) -> Told:
    return Told(
        VersionId=version["VersionId"],
        Document=version["PolicyDocument"],
        CreatedAt=_at(visit, version["CreateDate"]),
    )


def _holders(visit: Visit, told: Told) -> list[Told]:
    kinds = {"user": told["Users"]["User"], "group": told["Groups"]["Group"], "role": told["Roles"]["Role"]}
    return [each for kind, found in kinds.items() for each in _joined(visit, kind, found, "AttachDate")]


_TOLD: Mapping[str, Callable[[Visit, str], Awaitable[Told]]] = {
    "user": _user,
    "group": _group,
    "role": _role,
    "policy": _policy,
}
