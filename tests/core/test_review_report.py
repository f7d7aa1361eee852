"""A grant of a review as a line of its report."""

from admit.core.review_report import COLUMNS, row

ITEM = {
    "Item": 7,
    "Subject": {"Kind": "group", "Name": "dba"},
    "Resource": {"Label": "root@db-1"},
    "GrantedBy": "acs:ram::1:root",
    "GrantedAt": 1_780_000_000_000,
    "State": "waiting",
}


def test_what_is_not_known_of_a_grant_is_left_empty() -> None:
    told = dict(zip(COLUMNS, row(ITEM), strict=True))

    assert told["item"] == "7"
    assert (told["who_kind"], told["who"], told["may_use"]) == ("group", "dba", "root@db-1")
    assert told["granted_at"].startswith("2026-05-28T")
    assert {name for name, text in told.items() if not text} == {
        *("from", "until", "last_used", "decided_by", "decided_at", "comment"),
    }


def test_what_was_decided_is_told_with_who_and_why() -> None:
    decided = {"State": "ended", "DecidedBy": "bob", "DecidedAt": 1_780_000_000_000, "Comment": "left"}
    told = dict(zip(COLUMNS, row(ITEM | decided | {"EndTime": 1_790_000_000_000}), strict=True))

    assert (told["state"], told["decided_by"], told["comment"]) == ("ended", "bob", "left")
    assert told["decided_at"] == told["granted_at"]
    assert told["until"].startswith("2026-09-21T")
