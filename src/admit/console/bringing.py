"""People and hosts of a file on their way into a bastion host: what would become of each, and bringing it in.

What is there already is completed: what the file says otherwise is changed, groups and accounts that lack are
added, and nothing is taken away. The same plan is shown first and carried out then.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Literal, NamedTuple, TypeAlias

from admit.base.chance import ID_LETTERS
from admit.console.confirming import foreseen
from admit.console.deeds import BASTION
from admit.console.desk import Refused, Told, Visit
from admit.imports.records import HostRecord, PersonRecord

Word: TypeAlias = Literal["make", "change", "same", "refuse"]
LABELS = {
    "DisplayName": "Display name",
    "Email": "E-mail",
    "OSType": "Operating system",
    "Comment": "Comment",
    "HostPrivateAddress": "Private address",
    "HostPublicAddress": "Public address",
}
"""What can be changed, as people call it."""
Call: TypeAlias = tuple[str, Mapping[str, Any]]
"""An operation of the bastion host, and its parameters."""


class Change(NamedTuple):
    """What the file says otherwise."""

    what: str
    was: str
    now: str


class Inside(NamedTuple):
    """A group that somebody joins, an account that is added, a port that is set."""

    what: str
    name: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of a record."""

    word: Word
    id: str = ""
    """Of the user or the host; empty if it is to be made."""
    first: Call | None = None
    """What makes or changes it; None if it stays as it is."""
    changes: tuple[Change, ...] = ()
    inside: tuple[Inside, ...] = ()
    why: str = ""
    """Why it is refused, or not all of it was done."""


class Bringing:
    """One file, and the bastion host that it is brought into."""

    def __init__(self, visit: Visit, instance: str) -> None:
        self._visit = visit
        self._instance = instance
        self._groups: dict[str, str] = {}
        """The ids of groups that are there; empty for those that are to be made."""
        self.blind = ""
        """Why it is not known which calls would be refused; empty if it is."""

    async def foresee(self, record: PersonRecord | HostRecord) -> Plan:
        """What would become of a record: its calls are made and undone."""
        plan = await self._plan(record)
        calls = [(BASTION, name, self._here(parameters)) for name, parameters in _tried(plan, self._groups)]
        if not calls:
            return plan
        try:
            told = await foreseen(self._visit, calls)
        except Refused as refused:
            self.blind = refused.text
            return plan
        why = next((each["Message"] for each in told["Results"] if each["Code"] != "OK"), None)
        return plan if why is None else Plan("refuse", why=why)

    async def bring(self, record: PersonRecord | HostRecord) -> Plan:
        """Bring a record in, and say what became of it."""
        plan = await self._plan(record)
        key = plan.id
        try:
            if plan.first is not None:
                answer = await self._call(*plan.first)
                key = key or str(answer["HostId" if isinstance(record, HostRecord) else "UserId"])
        except Refused as refused:
            return Plan("refuse", why=refused.text)
        try:
            for each in plan.inside:
                await self._put(key, each)
        except Refused as refused:
            # It is there by now, and not with all that it should have.
            return replace(plan, why=refused.text)
        return plan

    async def _plan(self, record: PersonRecord | HostRecord) -> Plan:
        try:
            return await (self._host(record) if isinstance(record, HostRecord) else self._person(record))
        except Refused as refused:
            # The page has begun: what is refused is told in its line.
            return Plan("refuse", why=refused.text)

    # -- people ------------------------------------------------------------------------------------

    async def _person(self, record: PersonRecord) -> Plan:
        there = await self._one("ListUsers", "Users", UserName=record.name)
        wanted = _said(DisplayName=record.display_name, Email=record.email)
        joins = [each for each in dict.fromkeys(record.groups) if not await self._is_member(there, each)]
        inside = tuple(Inside("group", each, "" if self._groups[each] else "new") for each in joins)
        if there is None:
            made = {"Source": "Local", "UserName": record.name, "Password": self._password(), **wanted}
            return Plan("make", first=("CreateUser", made), inside=inside)
        return _completing(there, "UserId", wanted, inside, "ModifyUser")

    async def _is_member(self, user: Told | None, group: str) -> bool:
        if group not in self._groups:
            found = await self._one("ListUserGroups", "UserGroups", UserGroupName=group)
            self._groups[group] = str(found["UserGroupId"]) if found else ""
        if user is None or not self._groups[group]:
            return False
        asked = {"UserName": user["UserName"], "UserGroupId": self._groups[group]}
        return await self._one("ListUsers", "Users", **asked) is not None

    def _password(self) -> str:
        """Nobody sees it: whoever is to sign in with a password is given one."""
        return self._visit.desk.site.world.chance.text(24, ID_LETTERS) + "-aA1"

    # -- hosts -------------------------------------------------------------------------------------

    async def _host(self, record: HostRecord) -> Plan:
        listed = await self._call("ListHosts", {"HostName": record.name, "PageSize": 2})
        if len(listed["Hosts"]) > 1:
            return Plan("refuse", why=self._visit.reader.text("There are several hosts of this name."))
        there = listed["Hosts"][0] if listed["Hosts"] else None
        inside = await self._on(record, there)
        if there is None:
            made = {
                "Source": "Local",
                "HostName": record.name,
                "ActiveAddressType": record.reach,
                f"Host{record.reach}Address": record.address,
                "OSType": record.os,
                **_said(Comment=record.comment),
            }
            return Plan("make", first=("CreateHost", made), inside=inside)
        address = f"Host{there['ActiveAddressType']}Address"
        wanted = _said(OSType=record.os, Comment=record.comment) | {address: record.address}
        return _completing(there, "HostId", wanted, inside, "ModifyHost")

    async def _on(self, record: HostRecord, there: Told | None) -> tuple[Inside, ...]:
        """The accounts that lack on a host, and the port that it is not reached by yet."""
        found: list[Inside] = []
        for account in record.accounts:
            asked = {"HostAccountName": account.name, "ProtocolName": account.protocol}
            known = there and await self._one(
                "ListHostAccounts", "HostAccounts", HostId=there["HostId"], **asked
            )
            if not known:
                found.append(Inside(account.protocol, account.name, account.private_key_path or ""))
        if record.own_port is not None:
            protocol, port = record.own_port
            if there is None or await self._port(there["HostId"], protocol) != port:
                found.append(Inside("port", str(port), protocol))
        return tuple(found)

    async def _port(self, host: str, protocol: str) -> int | None:
        told = (await self._call("GetHost", {"HostId": host}))["Host"]
        return next((each["Port"] for each in told["Protocols"] if each["ProtocolName"] == protocol), None)

    # -- calls -------------------------------------------------------------------------------------

    async def _put(self, key: str, what: Inside) -> None:
        if what.what == "group" and not self._groups[what.name]:
            made = await self._call("CreateUserGroup", {"UserGroupName": what.name})
            self._groups[what.name] = made["UserGroupId"]
        told = await self._call(*_putting(key, what, self._groups))
        for each in told.get("Results", ()):
            if each["Code"] != "OK":
                raise Refused(HTTPStatus.BAD_REQUEST, each["Code"], each["Message"])

    async def _one(self, action: str, listed: str, **asked: Any) -> Told | None:
        found: Sequence[Told] = (await self._call(action, {**asked, "PageSize": 1}))[listed]
        return found[0] if found else None

    async def _call(self, action: str, parameters: Mapping[str, Any]) -> Told:
        return await self._visit.send(BASTION, action, self._here(parameters))

    def _here(self, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"InstanceId": self._instance, **parameters}


def _said(**fields: str | None) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value}


def _completing(
    there: Told, key: str, wanted: Mapping[str, str], inside: tuple[Inside, ...], action: str
) -> Plan:
    """What is to be changed of something that is there."""
    other = {name: value for name, value in wanted.items() if str(there.get(name) or "") != value}
    changes = tuple(Change(LABELS[name], str(there.get(name) or ""), value) for name, value in other.items())
    first = (action, {key: there[key], **other}) if other else None
    return Plan("change" if changes or inside else "same", there[key], first, changes, inside)


def _tried(plan: Plan, groups: Mapping[str, str]) -> list[Call]:
    """The calls of a plan that can be tried before the others are made."""
    calls = [] if plan.first is None else [plan.first]
    for each in plan.inside:
        if each.what == "group" and not groups[each.name]:
            calls.append(("CreateUserGroup", {"UserGroupName": each.name}))
        elif plan.id:
            calls.append(_putting(plan.id, each, groups))
    return calls


def _putting(key: str, what: Inside, groups: Mapping[str, str]) -> Call:
    """What puts somebody into a group, an account onto a host, or sets a host's port."""
    if what.what == "group":
        return "AddUsersToGroup", {"UserGroupId": groups[what.name], "UserIds": f'["{key}"]'}
    if what.what == "port":
        return "ModifyHostsPort", {"HostIds": f'["{key}"]', "ProtocolName": what.note, "Port": what.name}
    return "CreateHostAccount", {"HostId": key, "ProtocolName": what.what, "HostAccountName": what.name}
