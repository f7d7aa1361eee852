"""What control policies leave of an access: part by part, and when that changes."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admit.core.command_line import Line
from admit.core.commands import Acl, Commands, Verdict
from admit.core.hours import Hours
from admit.core.restrictions import (
    NOTHING,
    OPEN_CHANNELS,
    USES,
    Channel,
    Leave,
    Part,
    Policy,
    Restrictions,
    Ticket,
    restrict,
)
from admit.core.sources import Sources, address_range
from admit.core.validity import DAY, HOUR, MINUTE, Millis, Validity

HERE, THERE = "10.0.0.7", "192.0.2.1"
NOW = 1_780_000_000_000
POLICY = Policy("7", "office", 1)


def at(zone: ZoneInfo, *clock: int) -> Millis:
    """The moment a zone's clock shows this."""
    year, month, day, *rest = clock
    return int(datetime(year, month, day, *rest, tzinfo=zone).timestamp() * 1000)


@pytest.mark.parametrize(
    ("address", "listed"),
    [
        ("10.0.0.7", True),
        ("10.0.0.9", True),
        ("10.0.0.10", False),
        ("10.1.2.3", True),
        ("10.2.0.0", False),
        ("::ffff:10.0.0.7", True),
        ("2001:db8::5", True),
        ("2001:db8:1::5", False),
        ("fe80::1%eth0", False),
    ],
)
def test_an_address_is_listed_by_itself_in_a_range_or_in_a_network(address: str, *, listed: bool) -> None:
    ranges = ("10.0.0.7", "10.0.0.8 - 10.0.0.9", "10.1.0.0/16", "2001:db8::/48")
    assert Sources(Acl.WHITE, ranges).admit(address) is listed
    assert Sources(Acl.BLACK, ranges).admit(address) is not listed


def test_an_address_that_cannot_be_read_is_admitted_only_where_no_list_is() -> None:
    assert Sources(Acl.BLACK).admit("somewhere")
    assert not Sources(Acl.BLACK, ("10.0.0.7",)).admit("somewhere")
    assert not Sources(Acl.WHITE, ("10.0.0.7",)).admit("somewhere")


@pytest.mark.parametrize(
    "text", ["", "x", "10.0.0", "10.0.0.9-10.0.0.7", "10.0.0.1-", "10.0.0.1-::1", "10.0.0.0/33"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        address_range(text)


BERLIN, KOLKATA, LORD_HOWE = (
    ZoneInfo("Europe/Berlin"),
    ZoneInfo("Asia/Kolkata"),
    ZoneInfo("Australia/Lord_Howe"),
)
OFFICE = frozenset((day, hour) for day in range(1, 6) for hour in range(9, 17))


def test_hours_are_those_of_the_zone_and_end_on_the_minute() -> None:
    hours = Hours(OFFICE, KOLKATA)
    monday = at(KOLKATA, 2026, 11, 23, 9)
    assert [hours.hold_at(monday + away) for away in (-1, 0, 8 * HOUR - 1, 8 * HOUR)] == [
        False,
        True,
        True,
        False,
    ]
    assert hours.next_change(monday - 1) == monday
    assert hours.next_change(monday) == monday + 8 * HOUR
    friday = at(KOLKATA, 2026, 11, 27, 17)
    assert hours.next_change(friday) == monday + 7 * DAY


def test_hours_that_never_end_and_hours_that_never_begin_do_not_change() -> None:
    always = frozenset((day, hour) for day in range(1, 8) for hour in range(24))
    assert Hours(always).next_change(NOW) is None
    assert Hours(frozenset()).next_change(NOW) is None


def test_an_hour_that_the_clock_skips_does_not_come_and_one_it_repeats_comes_twice() -> None:
    second = Hours(frozenset({(7, 2)}), BERLIN)
    saturday = at(BERLIN, 2026, 3, 28, 12)
    # On 29 March 2026 the clock goes from 2 to 3: the hour comes a week later.
    assert second.next_change(saturday) == at(BERLIN, 2026, 4, 5, 2)
    autumn = at(BERLIN, 2026, 10, 25, 2)
    assert second.next_change(autumn) == autumn + 2 * HOUR


@given(
    st.sets(st.tuples(st.integers(1, 7), st.integers(0, 23))),
    st.sampled_from([UTC, BERLIN, KOLKATA, LORD_HOWE]),
    st.integers(at(BERLIN, 2026, 1, 1), at(BERLIN, 2027, 1, 1)),
)
def test_nothing_changes_before_the_next_change(
    open_: set[tuple[int, int]], zone: ZoneInfo, now: Millis
) -> None:
    hours = Hours(frozenset(open_), zone)
    change = hours.next_change(now)
    held = hours.hold_at(now)
    end = now + 7 * DAY if change is None else change
    assert all(hours.hold_at(moment) is held for moment in range(now, end, 10 * MINUTE))
    if change is not None:
        assert hours.hold_at(change - 1) is held
        assert hours.hold_at(change) is not held


DENIES = Commands(Acl.BLACK, ("rm",))
FIRST = Policy("1", "first", 1, 10, sources=Sources(Acl.WHITE, (HERE,)))
SECOND = Policy("2", "second", 2, 20, sources=Sources(Acl.BLACK), channels=frozenset({Channel.SHELL}))
THIRD = Policy("3", "third", 2, 30, channels=frozenset({Channel.SFTP}), commands=DENIES)
TWIN = Policy("4", "twin", 2, 30, commands=Commands(Acl.BLACK))


def test_each_part_is_decided_by_the_first_policy_that_sets_it_and_the_newest_of_equals_is_first() -> None:
    for order in permutations((FIRST, SECOND, THIRD, TWIN)):
        left = restrict(order)
        assert left.sources is not None
        assert left.sources.policy is FIRST
        assert left.channels is not None
        assert left.channels.policy is THIRD
        assert left.commands is not None
        assert left.commands.policy is TWIN
        assert left.hours is left.approval is None
        assert left.command("rm x") is Verdict.ALLOW
    denying = restrict((FIRST, SECOND, THIRD))
    typed = Line("rm x", certain=True)
    assert denying.command("rm x") is denying.judge_typed(typed) is Verdict.DENY
    assert denying.leave.commands is not None
    assert restrict((TWIN,)).leave.commands is None
    assert NOTHING.leave == Leave()
    assert NOTHING.judge_typed(typed) is Verdict.ALLOW


def test_without_a_policy_all_is_open_but_x11() -> None:
    assert restrict(()) == NOTHING
    assert NOTHING.at_logon("anywhere", NOW) is NOTHING.in_session(THERE, NOW) is None
    assert NOTHING.next_change_at(NOW) is NOTHING.ticket(NOW) is None
    assert NOTHING.command("rm -rf /") is Verdict.ALLOW
    assert {each for each in Channel if NOTHING.allows(each)} == OPEN_CHANNELS
    refused = NOTHING.refuses(Channel.X11)
    assert refused is not None
    assert refused.text == "X11 is not open on this gate"


@pytest.mark.parametrize(
    ("switched", "left"),
    [
        ({Channel.EXEC, Channel.FORWARD, Channel.X11, Channel.UPLOAD}, set()),
        ({Channel.SHELL, Channel.EXEC, Channel.UPLOAD}, {Channel.SHELL, Channel.EXEC}),
        ({Channel.SFTP, Channel.UPLOAD, Channel.EXEC}, {Channel.SFTP, Channel.UPLOAD}),
    ],
)
def test_what_runs_inside_a_channel_needs_that_channel(switched: set[Channel], left: set[Channel]) -> None:
    restrictions = restrict((replace(POLICY, channels=frozenset(switched)),))
    assert {each for each in Channel if restrictions.allows(each)} == left
    refused = restrictions.refuses(Channel.RENAME)
    assert refused is not None
    assert refused.text == "the control policy office does not allow renaming files"


def told(restrictions: Restrictions, peer: str = HERE, now: Millis = NOW) -> tuple[str, str] | None:
    """The part and the text of a refusal at logon."""
    refusal = restrictions.at_logon(peer, now)
    return None if refusal is None else (refusal.part.value, refusal.text)


def test_a_session_from_elsewhere_does_not_begin_and_does_not_go_on() -> None:
    left = restrict((FIRST,))
    assert told(left) is None
    assert told(left, THERE) == (
        "source address",
        f"the control policy first does not allow sessions from {THERE}",
    )
    assert left.in_session(THERE, NOW) == left.at_logon(THERE, NOW)


def test_a_session_is_for_what_its_switches_and_no_tunnel_where_commands_are_looked_at() -> None:
    files_only = restrict((replace(POLICY, channels=frozenset({Channel.SFTP})),))
    looked_at = restrict((replace(POLICY, commands=DENIES),))

    assert [NOTHING.refuses_use(what) for what in USES] == [None] * len(USES)
    assert [what for what in USES if files_only.refuses_use(what) is None] == ["sftp"]
    assert [what for what in USES if looked_at.refuses_use(what) is not None] == ["tunnel"]
    refused = looked_at.refuses_use("tunnel")
    assert refused is not None
    assert (refused.part, refused.policy.name) == (Part.COMMANDS, "office")


def test_outside_the_hours_it_is_told_when_they_begin() -> None:
    monday = at(BERLIN, 2026, 11, 23, 9)
    left = restrict((replace(POLICY, hours=Hours(OFFICE, BERLIN)),))
    assert told(left, now=monday) is None
    assert told(left, now=monday - 1) == (
        "hours",
        "the control policy office does not allow sessions at this hour; it does from Monday 09:00 CET",
    )
    assert left.next_change_at(monday) == monday + 8 * HOUR
    never = restrict((replace(POLICY, hours=Hours(frozenset())),))
    assert told(never) == ("hours", "the control policy office does not allow sessions at this hour")
    assert never.next_change_at(NOW) is None


def test_with_approval_a_session_lasts_as_long_as_a_ticket() -> None:
    ticket = Ticket("1", Validity(NOW, NOW + HOUR))
    held = replace(POLICY, approval=True)
    left = restrict((held,), (ticket,))
    assert told(restrict((held,))) == (
        Part.APPROVAL.value,
        "the control policy office asks for an approval; request one",
    )
    assert [told(left, now=NOW + away) is None for away in (-1, 0, HOUR - 1, HOUR)] == [
        False,
        True,
        True,
        False,
    ]
    assert left.next_change_at(NOW - 1) == NOW
    assert left.next_change_at(NOW) == NOW + HOUR
    assert left.next_change_at(NOW + HOUR) is None
    assert left.ticket(NOW) is ticket


def test_a_ticket_that_had_its_session_lets_that_one_go_on_and_no_other_begin() -> None:
    used = Ticket("1", Validity(NOW, NOW + HOUR), used=True)
    left = restrict((replace(POLICY, approval=True),), (used,))
    assert left.at_logon(HERE, NOW) is not None
    assert left.in_session(HERE, NOW) is None
    assert left.in_session(HERE, NOW + HOUR) is not None
    longer = Ticket("2", Validity(NOW, NOW + DAY))
    assert replace(left, tickets=(used, longer)).ticket(NOW) is longer


def test_where_approval_is_switched_off_nobody_asks_for_a_ticket() -> None:
    ticket = Ticket("1", Validity(NOW, NOW + HOUR))
    off, on = Policy("1", "off", 1, approval=False), Policy("2", "on", 2, approval=True)
    left = restrict((off, on), (ticket,))
    assert told(left) is None
    assert left.ticket(NOW) is left.next_change_at(NOW) is None


def test_a_membership_that_begins_or_ends_is_a_change() -> None:
    left = restrict((), changes=(NOW - 1, NOW + HOUR, NOW + DAY))
    assert [left.next_change_at(NOW + away) for away in (0, HOUR, DAY)] == [NOW + HOUR, NOW + DAY, None]


def words(restrictions: Restrictions, now: Millis = NOW) -> dict[Part, str]:
    """What is told of each part that is narrowed."""
    return {each.part: each.text for each in restrictions.told(now)}


def test_what_is_narrowed_is_told_and_what_is_not_is_not() -> None:
    monday = at(BERLIN, 2026, 11, 23, 9)
    white, black = Acl.WHITE, Acl.BLACK
    channels = frozenset({Channel.SHELL, Channel.FORWARD})
    for parts, told_ in (
        ({"sources": Sources(white, (HERE, THERE))}, (Part.SOURCES, f"only from {HERE}, {THERE}")),
        ({"sources": Sources(black, (THERE,))}, (Part.SOURCES, f"not from {THERE}")),
        ({"hours": Hours(OFFICE, BERLIN)}, (Part.HOURS, "open now, until Monday 17:00 CET")),
        ({"hours": Hours(frozenset())}, (Part.HOURS, "closed now")),
        ({"approval": True}, (Part.APPROVAL, "only with an accepted ticket; there is none")),
        ({"commands": Commands(white, ("ls", "id"))}, (Part.COMMANDS, "only ls, id")),
        (
            {"commands": Commands(black, ("rm",), ("reboot",))},
            (Part.COMMANDS, "not rm; with approval reboot"),
        ),
        ({"commands": Commands(black, (), ("reboot",))}, (Part.COMMANDS, "with approval reboot")),
    ):
        assert words(restrict((replace(POLICY, **parts),)), monday) == dict([told_])
    shut = words(restrict((replace(POLICY, channels=channels),)))[Part.CHANNELS]
    assert shut.startswith("without remote commands, file transfer, uploading files")
    ticket = Ticket("1", Validity(NOW, NOW + HOUR))
    held = restrict((replace(POLICY, approval=True),), (ticket,))
    assert words(held) == {Part.APPROVAL: "only with an accepted ticket; there is one"}
    always = frozenset((day, hour) for day in range(1, 8) for hour in range(24))
    nothing = replace(
        POLICY,
        sources=Sources(black),
        hours=Hours(always),
        approval=False,
        channels=frozenset(Channel),
        commands=Commands(black),
    )
    assert words(restrict((nothing,))) == words(NOTHING) == {}
