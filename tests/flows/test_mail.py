"""Mail about grants: one message for each person and change, and none lost or doubled by a crash."""

import pytest

from admit.base.smtp import MailServer
from admit.control.followers import follow
from admit.control.streaming.notify import CLAIM, GIVE_UP, Outbox
from admit.core.validity import HOUR, MINUTE
from admit.store import messages
from admit.store.engine import Author
from admit.store.messages import Message
from tests.base.local_mail import Post, serving
from tests.flows.mailing import FOLLOWER, authorize, office
from tests.system import System


def _follow(system: System) -> None:
    while follow(system.admit.store, FOLLOWER):
        pass


def _waiting(system: System) -> int:
    with system.admit.store.read() as sql:
        return messages.tally(sql).get("waiting", 0)


def test_each_selected_person_gets_one_mail_for_a_change(system: System) -> None:
    group = office(system)
    designers = system.call("eds-user", "CreateGroup", GroupName="designers")["GroupId"]
    system.call("eds-user", "UserBatchJoinGroup", GroupId=designers, EndUserIds=["tom", "alice"])
    authorize(system, group, AuthorizeUserIds=["alice", "bob"], AuthorizeUserGroupIds=[designers])
    _follow(system)
    # alice is selected by name and through the group: one mail. bob has no address: none.
    assert _waiting(system) == 2

    authorize(system, group, AuthorizeUserIds=["alice"])
    _follow(system)
    assert _waiting(system) == 2, "what was granted already is no change"

    authorize(system, group, UnAuthorizeUserIds=["alice"])
    _follow(system)
    assert _waiting(system) == 3


def test_a_change_followed_twice_sends_no_second_mail(system: System) -> None:
    group = office(system)
    authorize(system, group, AuthorizeUserIds=["alice"])
    _follow(system)
    _follow(system)
    assert _waiting(system) == 1


def test_mail_arrives_at_a_real_server_once(system: System) -> None:
    group = office(system)
    authorize(system, group, AuthorizeUserIds=["alice"])
    _follow(system)
    post = Post()
    with serving(post) as server:
        outbox = Outbox(system.admit.store, server)
        assert outbox.send_next()
        assert not outbox.send_next()
    read = post.only_message()
    assert read["To"] == "alice@example.com"
    assert "office" in read["Subject"]
    assert read["Message-ID"].endswith("@example.com>")


def test_a_sender_that_dies_after_claiming_repeats_under_the_same_message_id(system: System) -> None:
    group = office(system)
    authorize(system, group, AuthorizeUserIds=["alice"])
    _follow(system)
    lost = _claim(system)
    assert _claim(system) is None, "nobody else takes it meanwhile"
    system.advance(CLAIM)
    found = _claim(system)
    assert found is not None
    assert lost is not None
    assert found.message_id == lost.message_id


def _claim(system: System) -> Message | None:
    author = Author("admit", "outbox", "")
    return system.admit.store.write_now(author, lambda tx: messages.claim(tx.sql, tx.now, tx.now + CLAIM))


def test_pauses_grow_until_it_is_given_up(system: System) -> None:
    group = office(system)
    authorize(system, group, AuthorizeUserIds=["alice"])
    _follow(system)
    nobody = MailServer("127.0.0.1", 1, "admit@example.com", security="none")
    outbox = Outbox(system.admit.store, nobody)
    begun = system.clock.now()
    pauses = []
    while system.clock.now() - begun < GIVE_UP + HOUR and _waiting(system):
        outbox.send_next()
        with system.admit.store.read() as sql:
            due = messages.next_due(sql)
        if due is not None:
            pauses.append(due - system.clock.now())
            system.advance(due - system.clock.now())
    assert pauses[:4] == [MINUTE, 2 * MINUTE, 4 * MINUTE, 8 * MINUTE]
    assert max(pauses) == HOUR
    with system.admit.store.read() as sql:
        assert messages.tally(sql) == {"failed": 1}


@pytest.mark.parametrize("code", [550, 553])
def test_a_refused_mail_is_not_tried_again(system: System, code: int) -> None:
    group = office(system)
    authorize(system, group, AuthorizeUserIds=["alice"])
    _follow(system)
    with serving(Post(RCPT=f"{code} no such mailbox")) as server:
        outbox = Outbox(system.admit.store, server)
        assert outbox.send_next()
        assert not outbox.send_next()
    with system.admit.store.read() as sql:
        assert messages.tally(sql) == {"failed": 1}
