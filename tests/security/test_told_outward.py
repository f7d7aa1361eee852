"""What the ledger, its copies and signals tell: every change, and nothing that opens a door."""

import re
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import msgspec
import pytest

from admit.control.outward import signals
from admit.control.outward.export import Period, changes_in
from admit.control.outward.sent_ledger import _message
from admit.control.outward.signals import SUPPORTED, StreamDetails
from admit.core.events import EVENTS, Event, Named
from admit.core.links import Kind
from admit.store import changes
from admit.store.changes import Change
from admit.store.engine import Author
from admit.store.things import Thing
from tests.callers import Callers, statement
from tests.system import System

AUTHOR = Author("admit", "test", "request")

SAYS_A_SECRET = re.compile("pass|secret|token|seal|hash|digest|key|code")
HARMLESS = {
    # whether, since when, until when there is one
    "UserDetails.need_reset_password",
    "UserDetails.password_expire_days",
    "UserDetails.password_set_at",
    "UserDetails.password_since",
    "UserDetails.change_password_at_logon",
    # of 268 random bits: it lets nobody in, and nobody guesses what it is of; without it in the chain,
    # whoever writes into the database could put another one in its place
    "TokenDetails.digest",
    "ConnectionDetails.digest",
    # public by what they are
    "HostAccountDetails.private_key_fingerprint",
    "UserPublicKeyDetails.public_key",
    "RecordingDetails.digest",
    # names of other things
    "HostAccountDetails.host_share_key_id",
    "UserDetails.mobile_country_code",
    "BastionDetails.license_code",
    "BastionDetails.plan_code",
}
"""What the ledger keeps of things under a name that sounds like a secret, and why it may."""


def subclasses(of: type) -> Iterator[type]:
    for each in of.__subclasses__():
        yield each
        yield from subclasses(each)


def test_what_is_kept_of_things_and_so_told_has_no_place_for_a_secret(system: System) -> None:
    details = {each for each in subclasses(msgspec.Struct) if each.__name__.endswith("Details")}
    kept = {
        f"{each.__name__}.{name}"
        for each in details
        if each.__module__.startswith("admit.")
        for name in each.__struct_fields__  # type: ignore[attr-defined]
    }

    assert len(kept) > 100
    assert {each for each in kept if SAYS_A_SECRET.search(each.partition(".")[2])} == HARMLESS


ENDS = ("source", "target")
TOLD = {
    "ThingAdded": ("thing", "parent", "fields", "handle"),
    # Of secrets that changed it tells for what they are, and digests of what nobody reads without the key.
    "ThingChanged": ("thing", "fields", "secrets", "handle", "seals"),
    "ThingRemoved": ("thing",),
    "ThingBlocked": ("thing", "word"),
    "ThingUnblocked": ("thing", "word"),
    "LinkAdded": (*ENDS, "start", "end"),
    "LinkChanged": (*ENDS, "start", "end", "was_start", "was_end"),
    "LinkRemoved": ENDS,
    "GraceSet": (*ENDS, "grace"),
    "SessionEndOrdered": ("session", "person", "resource", "reason"),
    "SessionEnded": (
        *("session", "door", "person", "resource", "opened_at", "ended_at", "outcome", "reason"),
    ),
    "GlassBroken": ("agreement", "person", "resource", "reason", "end"),
    "GrantReviewed": ("review", "item", *ENDS, "verdict", "by", "comment"),
}
"""All that each event says: what is new here is told to whoever reads the ledger."""


def test_each_event_says_what_it_is_known_to_say() -> None:
    assert {name: tuple(each.name for each in fields(event)) for name, event in EVENTS.items()} == TOLD


PASSWORDS = ("Correct-Horse-7", "Battery-Staple-8", "Host-Pass-9")


@pytest.fixture
def hidden(system: System) -> list[str]:
    """The secrets of a system in which people, hosts, keys and tokens were made."""
    call, callers = system.call, Callers(system)
    named = {"InstanceId": call("yundun-bastionhost", "DescribeInstances")["Instances"][0]["InstanceId"]}
    alice = {**named, "Source": "Local", "UserName": "alice", "Password": PASSWORDS[0]}
    user = call("yundun-bastionhost", "CreateUser", **alice, Email="alice@example.com")["UserId"]
    address = call("admit", "SetOneTimeCode", UserId=user)["Address"]
    local = {"Source": "Local", "OSType": "Linux", "ActiveAddressType": "Private"}
    host = call(
        "yundun-bastionhost", "CreateHost", **named, **local, HostName="db-1", HostPrivateAddress="10.0.0.1"
    )
    root = {"HostId": host["HostId"], "ProtocolName": "SSH", "HostAccountName": "root"}
    call("yundun-bastionhost", "CreateHostAccount", **named, **root, Password=PASSWORDS[1])
    key = callers.user("carol", statement("Allow", "sts:AssumeRole"))
    callers.ram("CreateLoginProfile", UserName="carol", Password=PASSWORDS[2])
    bearer = call("admit", "CreateBearerToken", UserName="carol", Name="program")["Token"]
    feed = call("admit", "CreateScimConnection", Name="feed")["Token"]
    return [*PASSWORDS, key.secret, bearer, feed, re.search("secret=([A-Z2-7]+)", address)[1]]  # type: ignore[index]


def told_everywhere(system: System) -> dict[str, str]:
    """The whole ledger, by each way it is told."""
    told: dict[str, list[Any]] = {"ListChanges": [], "FollowLedger": [], "syslog": [], "export": []}
    token, after = None, 0
    while entries := system.call("admit", "FollowLedger", AfterRevision=after, MaxResults=200)["Entries"]:
        told["FollowLedger"] += entries
        after = entries[-1]["Revision"]
    while True:
        page = system.call("admit", "ListChanges", MaxResults=200, NextToken=token)
        told["ListChanges"] += page["Entries"]
        token = page.get("NextToken")
        if token is None:
            break
    with system.admit.store.read() as sql:
        told["syslog"] += [str(_message(*each).encoded()) for each in changes.entries_after(sql, 0, 10**6)]
        told["export"] += changes_in(sql, Period(0, system.clock.now() + 1))
    return {way: repr(found) for way, found in told.items()}


def test_no_secret_leaves_with_the_ledger_by_any_way(system: System, hidden: list[str]) -> None:
    told = told_everywhere(system)

    for way, text in told.items():
        # Who changed what: also where mail goes by which a password can be set.
        assert "alice@example.com" in text, way
        assert [secret for secret in hidden if secret in text] == [], way
        assert "$argon2" not in text, way


def canary(event: type[Event]) -> Event:
    """An event with something in each of its texts that must not leave with a signal."""
    person, group = Named(Kind.PERSON, 1, "p-1", "alice"), Named(Kind.GROUP, 2, "g-1", "dba")
    account = Named(Kind.HOST_ACCOUNT, 3, "a-1", "root")
    values: dict[str, Any] = {
        "thing": person,
        "source": group,
        "target": account,
        "person": person,
        "resource": account,
        "agreement": account,
        "review": account,
        "secrets": ("password",),
        "fields": {"email": "canary", "document": "canary"},
        "session": "s-1",
        "door": "ssh",
        "outcome": "revoked",
        "word": "canary",
        "comment": "canary",
        "by": "canary",
        "verdict": "end",
    }
    # Why a session ended is what the receiver of its end wants to know.
    told = "not granted" if event.__name__ == "SessionEnded" else "canary"
    return event(
        **{each.name: values.get(each.name, told if each.name == "reason" else 1) for each in fields(event)}
    )


@pytest.mark.parametrize("name", EVENTS)
def test_a_signal_says_who_and_what_and_nothing_else_of_any_event(system: System, name: str) -> None:
    details, world = (
        StreamDetails("someone", "https://siem.example.com", "siem", SUPPORTED),
        system.admit.world,
    )

    def make(tx: Any) -> Thing:
        return signals.create(tx, world, details, "Bearer s3")

    stream = system.admit.store.write_now(AUTHOR, make)
    change = Change(7, 0, 1_800_000_000_000, "acs:ram::1:root", "admit:Test", "request", canary(EVENTS[name]))
    told = signals.claims(world, stream, change)

    sent = name in ("LinkAdded", "LinkChanged", "LinkRemoved", "SessionEnded")
    assert (told is not None) is sent
    assert "canary" not in repr(told)
