"""Connecting to applications."""

from typing import Any

import pytest

from admit.control.streaming.connection_tickets import TICKET, TicketRefused, unseal
from admit.core.validity import DAY, MINUTE
from tests.services.appstream.streaming import Streaming

GET = "GetConnectionTicket"


def test_an_authorized_user_gets_a_ticket_for_themselves_alone(streaming: Streaming):
    group, app = streaming.create(), streaming.app()
    streaming.authorize(group, "alice")

    answer = streaming.connect("alice", AppStartParam="--scientific", AccessType="VPC", AppPolicyId="pg-1")

    world, now = streaming.system.admit.world, streaming.system.clock.now()
    bound = unseal(world, TICKET, answer["Ticket"], now)
    assert bound.user == streaming.directory.one("alice")["WyId"]
    assert (bound.group, bound.app, bound.session) == (group, app, None)
    assert (bound.app_start_param, bound.access_type, bound.app_policy_id) == ("--scientific", "VPC", "pg-1")
    assert bound.until == now + 2 * MINUTE
    assert answer["TaskStatus"] == "Finished"
    assert (answer["AppInstanceGroupId"], answer["BizRegionId"]) == (group, "cn-hangzhou")
    assert (answer["OsType"], answer["TenantId"]) == ("Linux", int(world.account_id))
    assert "alice" not in answer["Ticket"]


def test_a_ticket_is_good_for_one_purpose_and_a_short_time(streaming: Streaming):
    streaming.authorize(streaming.create(), "alice")
    answer = streaming.connect("alice")
    world, now = streaming.system.admit.world, streaming.system.clock.now()

    for text, at in (
        (answer["Ticket"], now + 2 * MINUTE),
        (answer["TaskId"], now),
        (answer["Ticket"][:-8] + "AAAAAAA=", now),
        ("", now),
        ("ä", now),
    ):
        with pytest.raises(TicketRefused):
            unseal(world, TICKET, text, at)
    assert unseal(world, TICKET, answer["Ticket"], now + 2 * MINUTE - 1).app == streaming.app()


def test_a_ticket_ends_with_the_user(streaming: Streaming):
    streaming.system.advance(1_767_225_600_000 - streaming.system.clock.now())
    streaming.directory.add("dave", AutoLockTime="2026-01-02 00:00:00")
    streaming.authorize(streaming.create(), "dave")
    streaming.system.advance(DAY - MINUTE)

    answer = streaming.connect("dave")

    world, now = streaming.system.admit.world, streaming.system.clock.now()
    assert unseal(world, TICKET, answer["Ticket"], now).until == now + MINUTE
    streaming.system.advance(MINUTE)
    assert not streaming.connects("dave")


@pytest.mark.parametrize("mode", ["App", "AppInstanceGroup", "Session"])
def test_whoever_is_authorized_connects_and_nobody_else(streaming: Streaming, mode: str):
    group = streaming.create(AuthMode=mode)
    session = {"AppInstancePersistentId": streaming.session(group)} if mode == "Session" else {}
    design = streaming.directory.group("design", "bob")
    before = streaming.connects("alice"), streaming.connects("bob")

    streaming.authorize(group, "alice", AuthorizeUserGroupIds=[design], **session)
    given = [streaming.connects(name) for name in ("alice", "bob", "carol", "nobody")]
    streaming.call(
        "AuthorizeInstanceGroup",
        AppInstanceGroupId=group,
        UnAuthorizeUserIds=["alice"],
        UnAuthorizeUserGroupIds=[design],
        **session,
    )

    assert before == (False, False)
    assert given == [True, True, False, False]
    assert (streaming.connects("alice"), streaming.connects("bob")) == (False, False)


@pytest.mark.parametrize("skips", ["true", "false"])
def test_a_locked_user_never_connects(streaming: Streaming, skips: str):
    group = streaming.create(SecurityPolicy=f'{{"SkipUserAuthCheck":{skips}}}')
    streaming.authorize(group, "alice")
    before = streaming.connects("alice")

    streaming.directory.call("LockUsers", Users=["alice"])

    assert (before, streaming.connects("alice")) == (True, False)


@pytest.mark.parametrize("mode", ["App", "AppInstanceGroup", "Session"])
def test_a_group_that_skips_the_check_lets_every_user_in(streaming: Streaming, mode: str):
    group = streaming.create(AuthMode=mode)
    before = streaming.connects("carol")

    streaming.call(
        "ModifyAppInstanceGroupAttribute",
        AppInstanceGroupId=group,
        SecurityPolicy='{"SkipUserAuthCheck":true}',
    )

    assert (before, streaming.connects("carol"), streaming.connects("nobody")) == (False, True, False)


def test_clients_hear_of_a_grant_after_a_while_and_of_its_end_at_once(streaming: Streaming):
    streaming.delay(2 * MINUTE)
    group = streaming.create()
    streaming.system.advance(10 * MINUTE)
    streaming.authorize(group, "alice")
    decided = streaming.may("alice", group)

    at_once = streaming.connects("alice")
    streaming.system.advance(2 * MINUTE - 1)
    shortly_before = streaming.connects("alice")
    streaming.system.advance(1)
    then = streaming.connects("alice")
    streaming.call("AuthorizeInstanceGroup", AppInstanceGroupId=group, UnAuthorizeUserIds=["alice"])

    assert decided
    assert (at_once, shortly_before, then, streaming.connects("alice")) == (False, False, True, False)


def test_joining_an_authorized_user_group_is_heard_of_after_the_same_while(streaming: Streaming):
    streaming.delay(MINUTE)
    design = streaming.directory.group("design")
    streaming.authorize(streaming.create(), AuthorizeUserGroupIds=[design])
    streaming.system.advance(DAY)

    streaming.directory.call("UserBatchJoinGroup", GroupId=design, EndUserIds=["alice"])
    at_once = streaming.connects("alice")
    streaming.system.advance(MINUTE)

    assert (at_once, streaming.connects("alice")) == (False, True)


def test_a_task_is_asked_for_again_and_checked_again(streaming: Streaming):
    streaming.create("Older", SecurityPolicy='{"SkipUserAuthCheck":false}')
    group, other = streaming.create(), streaming.create("Other")
    streaming.authorize(group, "alice")
    first = streaming.connect("alice", AppStartParam="x")
    streaming.authorize(other, "alice")
    again = {"EndUserId": "alice", "TaskId": first["TaskId"]}

    second = streaming.call(GET, **again)
    streaming.call("AuthorizeInstanceGroup", AppInstanceGroupId=group, UnAuthorizeUserIds=["alice"])
    refused = streaming.refusal(GET, **again)

    world, now = streaming.system.admit.world, streaming.system.clock.now()
    assert second["AppInstanceGroupId"] == group
    assert unseal(world, TICKET, second["Ticket"], now).app_start_param == "x"
    assert refused == (400, "TryBind.NoCandidateAppInstanceGroup")


def test_a_task_is_nothing_to_others_nor_for_long(streaming: Streaming):
    group = streaming.create()
    streaming.authorize(group, "alice", "bob")
    task = streaming.connect("alice")["TaskId"]

    stolen = streaming.refusal(GET, EndUserId="bob", TaskId=task)
    made_up = streaming.refusal(GET, EndUserId="alice", TaskId="made up")
    ticket = streaming.refusal(GET, EndUserId="alice", TaskId=streaming.connect("alice")["Ticket"])
    streaming.system.advance(10 * MINUTE)
    late = streaming.refusal(GET, EndUserId="alice", TaskId=task)

    assert stolen == (400, "TryBind.NoCandidateAppInstanceGroup")
    assert {made_up, ticket, late} == {(400, "TryBind.NoBindContext")}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, "Office"),
        ({"BizRegionId": "cn-shanghai"}, "Lab"),
        ({"BizRegionId": "cn-beijing"}, None),
        ({"AppVersion": "1"}, "Office"),
        ({"AppVersion": "2"}, None),
        ({"ProductType": "AndroidCloud"}, None),
        ({"AccessType": "INTERNET"}, "Office"),
    ],
)
def test_what_is_wished_for_narrows_the_choice(
    streaming: Streaming, asked: dict[str, Any], found: str | None
):
    groups = {
        "Nobody's": streaming.create("Nobody's"),
        "Office": streaming.create("Office"),
        "Lab": streaming.create("Lab", BizRegionId="cn-shanghai"),
    }
    streaming.authorize(groups["Office"], "alice")
    streaming.authorize(groups["Lab"], "alice")

    if found is None:
        assert not streaming.connects("alice", **asked)
    else:
        assert streaming.connect("alice", **asked)["AppInstanceGroupId"] == groups[found]


def test_only_the_delivery_groups_named_are_chosen_from(streaming: Streaming):
    office, lab = streaming.create("Office"), streaming.create("Lab")
    streaming.authorize(office, "alice")
    streaming.authorize(lab, "alice", "bob")

    chosen = streaming.connect("alice", AppInstanceGroupIdList=[lab, "aig-1"])

    assert chosen["AppInstanceGroupId"] == lab
    assert not streaming.connects("bob", AppInstanceGroupIdList=[office])
    assert not streaming.connects("alice", app="ca-nowhere")


def test_a_session_can_be_named(streaming: Streaming):
    group = streaming.create(AuthMode="Session")
    session = streaming.session(group)
    streaming.authorize(group, "alice", AppInstancePersistentId=session)
    named = {"AppInstanceGroupIdList": [group]}

    answer = streaming.connect("alice", AppInstancePersistentId=session, **named)

    assert answer["AppInstancePersistentId"] == session
    assert not streaming.connects("alice", AppInstancePersistentId="p-1", **named)
    assert not streaming.connects("bob", AppInstancePersistentId=session, **named)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"AppId": None}, "MissingParameter.AppId"),
        ({"EndUserId": None}, "MissingParameter.EndUserId"),
        ({"AppInstancePersistentId": "p-1"}, "InvalidParameter.AppInstanceGroupIdList"),
        ({"AppInstanceId": "ai-1"}, "InvalidParameter.AppInstanceGroupIdList"),
        (
            {"AppInstanceId": "ai-1", "AppInstanceGroupIdList": ["aig-1", "aig-2"]},
            "InvalidParameter.AppInstanceGroupIdList",
        ),
        (
            {"AppInstanceId": "ai-1", "AppInstanceGroupIdList": ["aig-1"]},
            "TryRegionBind.NoCandidateAppInstance",
        ),
        ({"AppInstanceGroupSetId": "aigs-1"}, "InvalidAppInstanceGroupSet.NotFound"),
        ({"AppInstanceGroupIdList": ["aig-1"] * 101}, "InvalidParameter.AppInstanceGroupIdList"),
        ({"AccessType": "PIGEON"}, "InvalidParameter.AccessType"),
    ],
)
def test_what_cannot_be_asked_for_is_told(streaming: Streaming, asked: dict[str, Any], code: str):
    streaming.authorize(streaming.create(), "alice")

    refusal = streaming.refusal(GET, **{"EndUserId": "alice", "AppId": streaming.app()} | asked)

    assert refusal == (400, code)


def test_connecting_changes_nothing(streaming: Streaming):
    streaming.authorize(streaming.create(), "alice")
    before = streaming.system.revision()

    streaming.connect("alice")

    assert streaming.system.revision() == before
