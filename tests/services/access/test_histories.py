"""Histories by chance: whatever happened since, a moment is answered as it was answered then."""

import json
from collections.abc import Callable
from http import HTTPStatus
from itertools import combinations
from random import Random
from typing import Any

import pytest

from admit.core.validity import HOUR
from tests.services.access.asking import Desk
from tests.system import Refused, System

NAMES = ("alice", "bob", "carol")
GROUPS = ("dba", "ops")


class Town:
    """People and groups who come and go under the same few names, and what they are granted."""

    def __init__(self, system: System, chance: Random) -> None:
        self.system, self.desk, self.chance = system, Desk(system), chance
        self.users: dict[str, str] = {}
        self.groups: dict[str, str] = {}
        self.persons: dict[str, str] = {}
        self.account = "root"

    def begin(self) -> None:
        """Everybody is there, and some have something."""
        for _ in range(9):
            for deed in (self.come, self.found, self.join, self.grant):
                self._do(deed)

    def step(self) -> None:
        """Something happens."""
        deeds = (self.come, self.go, self.found, self.give_up, self.join, self.part, self.grant, self.grant)
        more = (self.revoke, self.lock, self.unlock, self.rename_account, self.note)
        self._do(self.chance.choice(deeds + more))

    def _do(self, deed: Callable[[], None]) -> None:
        try:
            deed()
        except Refused as refused:
            # Nobody of that name is there: that is no change.
            if refused.status != HTTPStatus.NOT_FOUND:
                raise

    def bastion(self, action: str, **parameters: Any) -> Any:
        return self.desk.bastion.call(action, **parameters)

    def come(self) -> None:
        name = self.chance.choice(NAMES)
        if name not in self.users:
            self.users[name] = self.desk.user(name).id

    def go(self) -> None:
        if self.users:
            name = self.chance.choice(sorted(self.users))
            self.bastion("DeleteUser", UserId=self.users.pop(name))

    def found(self) -> None:
        name = self.chance.choice(GROUPS)
        if name not in self.groups:
            self.groups[name] = str(self.desk.bastion.group(name))

    def give_up(self) -> None:
        if self.groups:
            name = self.chance.choice(sorted(self.groups))
            self.bastion("DeleteUserGroup", UserGroupId=self.groups.pop(name))

    def _in_group(self, action: str) -> None:
        if self.users and self.groups:
            group = self.groups[self.chance.choice(sorted(self.groups))]
            user = self.users[self.chance.choice(sorted(self.users))]
            self.bastion(action, UserGroupId=group, UserIds=json.dumps([user]))

    def join(self) -> None:
        self._in_group("AddUsersToGroup")

    def part(self) -> None:
        self._in_group("RemoveUsersFromGroup")

    def _subject(self) -> str:
        return self.chance.choice([*NAMES, *(f"group:{name}" for name in GROUPS)])

    def grant(self) -> None:
        now, times = self.system.clock.now(), dict[str, int]()
        match self.chance.randrange(3):
            case 0:
                times = {"EndTime": now + self.chance.randrange(1, 6) * HOUR}
            case 1:
                times = {"StartTime": now + self.chance.randrange(1, 4) * HOUR}
        self.desk.call("GrantAccess", Subject=self._subject(), Resource=self._resource, **times)

    def revoke(self) -> None:
        self.desk.call("RevokeAccess", Subject=self._subject(), Resource=self._resource)

    def lock(self) -> None:
        if self.users:
            self.bastion("LockUsers", UserIds=json.dumps([self.chance.choice(sorted(self.users.values()))]))

    def unlock(self) -> None:
        if self.users:
            self.bastion("UnlockUsers", UserIds=json.dumps([self.chance.choice(sorted(self.users.values()))]))

    def rename_account(self) -> None:
        name = "admin" if self.account == "root" else "root"
        self.bastion("ModifyHostAccount", HostAccountId=self.desk.account, HostAccountName=name)
        self.account = name

    def note(self) -> None:
        if self.groups:
            name = self.chance.choice(sorted(self.groups))
            comment = self.chance.choice(("nights", "days"))
            self.bastion(
                "ModifyUserGroup", UserGroupId=self.groups[name], UserGroupName=name, Comment=comment
            )

    @property
    def _resource(self) -> str:
        return f"{self.desk.account}@{self.desk.host}"

    def asked(self) -> list[tuple[str, dict[str, Any]]]:
        """What is asked at each moment: by IDs, and of people by names that came back meanwhile."""
        for each in self.answer("ListThings", Kinds=["person"]).get("Things", ()):
            self.persons[each["Id"]] = each["Name"]
        host, account = ("host", self.desk.host), ("host account", self.desk.account)
        things = [host, account, *(("user", each) for each in self.users.values())]
        things += [("group", each) for each in self.groups.values()]
        things += [("person", each) for each in self.persons]
        kinds = ("person", "user", "group", "host account")
        resource = {"Resource": self._resource}
        return [
            ("ListWho", resource),
            *(("CheckAccess", {"Person": each, **resource}) for each in NAMES),
            *(("ListWhat", {"Person": each}) for each in NAMES),
            *(("ListThings", {"Kinds": [kind]}) for kind in kinds),
            ("ListThings", {"Kinds": ["user"], "Blocked": True}),
            ("ListThings", {"Kinds": ["user", "person"], "Text": "a"}),
            ("ListGrants", {}),
            *(("ListThrough", {"Thing": f"group:{each}"}) for each in self.groups.values()),
            *(("DescribeThing", {"Kind": kind, "Id": each}) for kind, each in things),
            *(
                ("ListLinks", {"Kind": kind, "Id": each, "Direction": direction})
                for kind, each in things
                for direction in ("inward", "outward")
            ),
            *(("GetReach", {"Kind": kind, "Id": each}) for kind, each in things),
        ]

    def answer(self, action: str, **given: Any) -> Any:
        """What is told, or how it is refused; without what is another each time."""
        try:
            told = self.desk.call(action, **given)
        except Refused as refused:
            return {"refused": refused.code}
        plain = _plain(told)
        # Those of a past moment are in an order of their own, and a picture numbers what it shows by that.
        if action == "GetReach":
            for each in plain["Edges"]:
                each |= {end: plain["Nodes"][each[end]]["Thing"] for end in ("Source", "Target")}
        for name in ("Grants", "Links", "Nodes", "Edges"):
            if isinstance(plain.get(name), list):
                plain[name].sort(key=lambda each: json.dumps(each, sort_keys=True))
        return plain


def _plain(answer: Any) -> Any:
    if isinstance(answer, list):
        return [_plain(each) for each in answer]
    if isinstance(answer, dict):
        # A sentence about the past is in the past tense.
        unlike = ("RequestId", "Text", "Revision")
        return {
            name: _plain(each) for name, each in answer.items() if each is not None and name not in unlike
        }
    return answer


@pytest.mark.parametrize("seed", range(2))
def test_each_moment_is_answered_as_it_was(system: System, seed: int) -> None:
    chance = Random(seed)  # noqa: S311 - the same history each time
    town = Town(system, chance)
    town.begin()
    seen: list[tuple[int, str, dict[str, Any], Any]] = []
    for _ in range(14):
        for _ in range(chance.randrange(1, 5)):
            town.step()
        at = system.clock.now()
        seen += [(at, action, given, town.answer(action, **given)) for action, given in town.asked()]
        system.advance(HOUR)

    again = ((*each, town.answer(each[1], **each[2], At=each[0])) for each in seen)
    assert [each for each in again if each[3] != each[4]] == []
    checks = [each[3].get("Decision", {}).get("Allowed") for each in seen if each[1] == "CheckAccess"]
    # Of some there was nobody of that name.
    assert {True, False} <= {*checks} <= {True, False, None}


def holders(town: Town, at: int) -> dict[tuple[str, str, str], int | None]:
    """Until when people hold the host and its account at a moment, by IDs and names, which come back."""
    return {
        (each["Id"], each["Name"], resource): each.get("ValidUntil")
        for resource in ("host:db-1", "root@db-1")
        for each in town.desk.call("ListWho", Resource=resource, At=at)["People"]
    }


@pytest.mark.parametrize("seed", [4, 5])
def test_two_moments_differ_by_what_the_lists_of_both_differ_by_and_something_did_it(
    system: System, seed: int
) -> None:
    chance = Random(seed)  # noqa: S311 - the same history each time
    town = Town(system, chance)
    town.begin()
    moments = []
    for _ in range(8):
        for _ in range(chance.randrange(1, 6)):
            town.step()
        if town.account != "root":
            town.rename_account()
        moments.append(system.clock.now())
        # What follows may happen in the next millisecond.
        system.advance(chance.choice((HOUR, HOUR, 1)))

    held = {at: holders(town, at) for at in moments}
    told = 0
    for start, end in combinations(moments, 2):
        was, now = held[start], held[end]
        difference = town.desk.call("CompareAccess", StartTime=start, EndTime=end)
        expected = {
            "Gained": [each[1:] for each in now if each not in was],
            "Lost": [each[1:] for each in was if each not in now],
            "Changed": [each[1:] for each in was.keys() & now.keys() if was[each] != now[each]],
        }
        for kind, pairs in expected.items():
            found = difference[kind]
            assert sorted((each["Person"], each["Resource"]) for each in found) == sorted(pairs)
            assert all(each["Causes"] for each in found)
            told += len(found)
    assert told > 20
