"""The server dies at any moment: what it acknowledged is there, and nothing is half done."""

import json
from http.client import HTTPException
from pathlib import Path
from random import Random
from threading import Condition, Thread

import pytest

from admit.base.clock import SystemClock
from admit.control.founding import Founded
from admit.core.links import Kind
from admit.main import create, open_admit
from admit.settings import Settings
from admit.store import links, things
from admit.store.verification import verify
from tests.served import Caller, serving
from tests.system import System

PRODUCT = "yundun-bastionhost"
CALLERS = 4
ACCOUNTS = 4
LONGEST_S = 300
"""Nothing but a server that hangs takes so long: how much is done is a number of answers, not a time."""
WHOLE = 1 + ACCOUNTS
"""The links of an attachment that was carried out: the host, and each account on it."""


class Acknowledged:
    """What the server said it has done, and a way to wait until it has said so much more."""

    def __init__(self) -> None:
        self.groups: set[str] = set()
        self.attached: set[str] = set()
        self.told = Condition()

    def tell(self, kept: set[str], group: str) -> None:
        with self.told:
            kept.add(group)
            self.told.notify_all()

    def count(self) -> int:
        return len(self.groups) + len(self.attached)

    def wait_for(self, more: int) -> None:
        with self.told:
            wanted = self.count() + more
            self.told.wait_for(lambda: self.count() >= wanted)


def arranged(settings: Settings) -> tuple[Founded, str, str]:
    """A new system with a host and its accounts: what it was founded with, the instance, ``Hosts``."""
    founded = create(settings)
    admit = open_admit(settings)
    try:
        system = System(admit, SystemClock(), founded)
        with admit.store.read() as sql:
            instance = things.find(sql, things.Where(Kind.BASTION))[0].id
        host = system.call(
            PRODUCT,
            "CreateHost",
            InstanceId=instance,
            HostName="db-1",
            Source="Local",
            OSType="Linux",
            ActiveAddressType="Private",
            HostPrivateAddress="192.0.2.7",
        )["HostId"]
        accounts = [
            system.call(
                PRODUCT,
                "CreateHostAccount",
                InstanceId=instance,
                HostId=host,
                ProtocolName="SSH",
                HostAccountName=f"user{number}",
                Password="swordfish",
            )["HostAccountId"]
            for number in range(ACCOUNTS)
        ]
    finally:
        admit.close()
    return founded, instance, json.dumps([{"HostId": host, "HostAccountIds": accounts}])


def write_until_it_dies(
    caller: Caller, instance: str, hosts: str, names: str, acknowledged: Acknowledged
) -> None:
    """Make groups and attach the host to each, as fast as the server answers."""
    number = 0
    try:
        while True:
            number += 1
            made = caller.call(
                PRODUCT, "CreateUserGroup", InstanceId=instance, UserGroupName=f"{names}-{number}"
            )
            group = made["UserGroupId"]
            acknowledged.tell(acknowledged.groups, group)
            caller.call(
                PRODUCT,
                "AttachHostAccountsToUserGroup",
                InstanceId=instance,
                UserGroupId=group,
                Hosts=hosts,
            )
            acknowledged.tell(acknowledged.attached, group)
    except (OSError, HTTPException):
        return
    finally:
        caller.connection.close()


def assert_nothing_lost_and_nothing_half_done(settings: Settings, acknowledged: Acknowledged) -> None:
    admit = open_admit(settings)
    try:
        with admit.store.read() as sql:
            groups = {group.id: group for group in things.find(sql, things.Where(Kind.GROUP))}
            held = {name: len(links.of(sql, group.key, inward=False)) for name, group in groups.items()}
            verdict = verify(sql, admit.world.sealer.subkey("ledger"))
    finally:
        admit.close()
    assert acknowledged.groups <= held.keys()
    assert {held[group] for group in acknowledged.attached} == {WHOLE}
    assert set(held.values()) <= {0, WHOLE}
    assert verdict.fault is None


def crashed(directory: Path, rounds: int, seed: int) -> Acknowledged:
    """What a server acknowledged that was killed so many times while it was written to: it is all there."""
    settings = Settings(data=directory)
    founded, instance, hosts = arranged(settings)
    acknowledged, chance = Acknowledged(), Random(seed)  # noqa: S311 - a repeatable one is wanted
    for number in range(rounds):
        with serving(directory) as served:
            writers = [
                Thread(
                    target=write_until_it_dies,
                    args=(
                        Caller(served.urls["http"], founded),
                        instance,
                        hosts,
                        f"group-{number}-{each}",
                        acknowledged,
                    ),
                )
                for each in range(CALLERS)
            ]
            for writer in writers:
                writer.start()
            acknowledged.wait_for(chance.randint(1, 150))
            served.process.kill()
            for writer in writers:
                writer.join()
        assert_nothing_lost_and_nothing_half_done(settings, acknowledged)
    return acknowledged


@pytest.mark.timeout(LONGEST_S)
def test_killed_at_any_moment_it_keeps_what_it_acknowledged_and_nothing_half_done(tmp_path):
    # Once anew, and once on what the first kill left.
    assert crashed(tmp_path / "data", rounds=2, seed=1).count()


@pytest.mark.soak
def test_killed_a_hundred_times_it_keeps_what_it_acknowledged_and_nothing_half_done(tmp_path):
    assert crashed(tmp_path / "data", rounds=100, seed=2).count()
