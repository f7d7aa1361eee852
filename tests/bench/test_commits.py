"""The floors of writing, and what rows take on disk."""

import sqlite3
from contextlib import closing
from pathlib import Path

from bench import commits, emulation


def test_rows_are_inserted_in_order_and_weighed_with_their_indexes(tmp_path: Path):
    place = tmp_path / "floor.db"

    assert commits.sorted_insert(place, 1_000) > 0
    bare = commits.bytes_of(place, "joined")
    with closing(sqlite3.connect(place)) as sql:
        rows = sql.execute("select count(*), count(distinct target) from joined").fetchone()
        sql.execute("create index joined_by_target on joined (target)")

    assert rows == (1_000, 1_000)
    assert 0 < bare < commits.bytes_of(place, "joined")


def test_the_peer_is_sent_another_user_with_each_request():
    sent = emulation.requests(3, 7)

    assert [each.rpartition(b"UserName=")[2] for each in sent] == [b"user-7", b"user-8", b"user-9"]
    assert all(b"\r\nauthorization: AWS4-HMAC-SHA256 Credential=" in each for each in sent)
