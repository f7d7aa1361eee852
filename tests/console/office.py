"""An office to look at in the console: people, a group, hosts, grants of every status, a live session."""

import asyncio
import json
from typing import Any

from admit.control.live.recorder import Keeping, Recorder, Recording
from admit.control.live.recordings import Recorded
from admit.control.signing_in import passwords
from admit.control.signing_in.web_sessions import Lasting, Proven, WebSessions
from admit.core.links import Kind
from admit.core.recordings import Opening
from admit.core.validity import DAY, HOUR
from admit.store import sessions, things
from admit.store.engine import Author, Tx
from admit.store.things import Where
from tests.browsing import Pages
from tests.system import System

BASTION = "yundun-bastionhost"
AUTHOR = Author("acs:ram::1:root", "test", "request")
NAMES = ("alice", "bob", "carol", "dba", "db-1", "web-2", "wiki", "nightly")
"""What somebody who may see nothing must not read anywhere."""
PASSWORD = "Correct-Horse-7"
SESSION = "s-4fk2m9x0q7w1ab3c"


def furnish(system: System) -> None:
    """Fill a new system."""
    instance = system.call(BASTION, "DescribeInstances")["Instances"][0]["InstanceId"]

    def call(action: str, **parameters: Any) -> dict[str, Any]:
        return system.call(BASTION, action, InstanceId=instance, **parameters)

    users = {
        name: call("CreateUser", Source="Local", UserName=name, Password=PASSWORD)["UserId"]
        for name in ("alice", "bob", "carol")
    }
    group = call("CreateUserGroup", UserGroupName="dba")["UserGroupId"]
    call("AddUsersToGroup", UserGroupId=group, UserIds=json.dumps([users["alice"]]))
    for number, name in enumerate(("db-1", "web-2")):
        host = call(
            "CreateHost",
            Source="Local",
            HostName=name,
            OSType="Linux",
            ActiveAddressType="Private",
            HostPrivateAddress=f"10.0.0.{number + 1}",
        )["HostId"]
        for account in ("root", "nightly"):
            call("CreateHostAccount", HostId=host, ProtocolName="SSH", HostAccountName=account)
    eiam = system.call("eiam", "ListInstances")["Instances"][0]["InstanceId"]
    system.call(
        "eiam",
        "CreateApplication",
        InstanceId=eiam,
        ApplicationName="wiki",
        ApplicationSourceType="urn:alibaba:idaas:app:source:standard",
        SsoType="oidc",
    )
    now = system.clock.now()
    for subject, resource, start, end in (
        ("group:dba", "root@db-1", None, None),
        ("bob", "root@db-1", None, now + HOUR),
        ("carol", "nightly@web-2", now + DAY, now + 9 * DAY),
        ("alice", "app:wiki", None, now + 40 * HOUR),
    ):
        system.call("admit", "GrantAccess", Subject=subject, Resource=resource, StartTime=start, EndTime=end)
    system.admit.store.write_now(AUTHOR, _session)


def _session(tx: Tx) -> None:
    """bob at root@db-1."""
    person, user = (
        next(each for each in things.find(tx.sql, Where(kind)) if each.name == "bob")
        for kind in (Kind.PERSON, Kind.USER)
    )
    account = next(each for each in things.find(tx.sql, Where(Kind.HOST_ACCOUNT)) if each.name == "root")
    new = sessions.NewSession(
        id=SESSION,
        node="node",
        process="process",
        door="ssh",
        person=person.key,
        user=user.key,
        resource=account.key,
        login="root",
        peer="203.0.113.7",
        client="OpenSSH_9.2",
        what="shell",
        revision=tx.revision,
        until=tx.now + HOUR,
    )
    sessions.add(tx.sql, new, tx.now)


def token_of(system: System, caller: str) -> str:
    """The cookie of a browser that a RAM user is signed in with."""
    web = WebSessions(system.admit.store, system.admit.world, Lasting())
    with system.admit.store.read() as sql:
        user = things.by_name(sql, Kind.RAM_USER, system.admit.world.account_key, caller)
    assert user is not None

    def body(tx: Tx) -> None:
        passwords.keep(tx, system.admit.world, user, "Correct-Horse-7")

    system.admit.store.write_now(AUTHOR, body)
    return asyncio.run(web.open(Proven((), user), "password", caller, ("127.0.0.1", "test")))


def as_caller(system: System, caller: str) -> Pages:
    """A browser that a RAM user is signed in with."""
    pages = Pages(system)
    pages.cookies["admit"] = token_of(system, caller)
    return pages


def as_admin(system: System) -> Pages:
    """A browser that the administrator is signed in with."""
    pages = Pages(system)
    pages.sign_in(system.founded.admin_user, system.founded.admin_password, "/console")
    return pages


def allow(system: System, caller: str, *actions: str) -> None:
    """Make a RAM user who may call these operations and no others."""
    system.call("ram", "CreateUser", UserName=caller)
    if actions:
        document = {
            "Version": "1",
            "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}],
        }
        system.call("ram", "CreatePolicy", PolicyName=f"{caller}-may", PolicyDocument=json.dumps(document))
        system.call(
            "ram", "AttachPolicyToUser", UserName=caller, PolicyName=f"{caller}-may", PolicyType="Custom"
        )


def record(system: System, *shown: bytes) -> str:
    """A recording of bob's shell on db-1; returns its id."""

    async def recorded() -> str:
        recorder, recording = await begin_recording(system)
        for each in shown:
            recording.output(each)
            await recording.keep_up()
        await recording.finished()
        recorder.close()
        return recording.id

    return asyncio.run(recorded())


async def begin_recording(system: System) -> tuple[Recorder, Recording]:
    """One that goes on until it is finished."""
    with system.admit.store.read() as sql:
        user = next(each for each in things.find(sql, Where(Kind.USER)) if each.name == "bob")
        host = next(each for each in things.find(sql, Where(Kind.HOST)) if each.name == "db-1")
    recorder = Recorder(system.admit.store, system.admit.world, Keeping())
    of = Recorded(SESSION, user, host, "root@db-1", "root", "203.0.113.7")
    return recorder, await recorder.begin(of, Opening(80, 24, "xterm"), lambda _: None)
