"""The floors of writing, and what rows take on disk."""

import sqlite3
from contextlib import closing
from pathlib import Path

from admit.main import create, open_admit
from admit.settings import load
from bench import commits, emulation
from bench.filling import AT_ONCE, Size, fill


def test_rows_are_inserted_in_order_and_weighed_with_their_indexes(tmp_path: Path):
    place = tmp_path / "floor.db"

    assert commits.sorted_insert(place, 1_000) > 0
    bare = commits.bytes_of(place, "joined")
    with closing(sqlite3.connect(place)) as sql:
        rows = sql.execute("select count(*), count(distinct target) from joined").fetchone()
        sql.execute("create index joined_by_target on joined (target)")

    assert rows == (1_000, 1_000)
    assert 0 < bare < commits.bytes_of(place, "joined")


def test_the_rows_of_grants_alone_are_those_that_were_written(tmp_path: Path):
    settings, alone = load({"data": tmp_path / "data"}), tmp_path / "alone.db"
    create(settings)
    admit = open_admit(settings)
    try:
        fill(admit, Size(100))
    finally:
        admit.close()

    assert commits.rows_alone(alone, settings.database_file, 100, AT_ONCE) > 0
    ends = (
        "select json_extract(fact, '$.source.key'), json_extract(fact, '$.target.key') "
        "from changes where event = 'LinkAdded'"
    )
    indexes = (
        "select count(*) from sqlite_schema where type = 'index' "
        "and tbl_name in ('links', 'changes', 'transactions')"
    )
    with closing(sqlite3.connect(alone)) as sql, closing(sqlite3.connect(settings.database_file)) as source:
        links = set(sql.execute("select source, target from links"))
        entries = set(sql.execute(ends))
        assert sql.execute("select count(*) from transactions").fetchone() == (1,)
        assert sql.execute(indexes).fetchone() == source.execute(indexes).fetchone()

    assert len(links) == 100
    assert links == entries


def test_the_peer_is_sent_another_user_with_each_request():
    sent = emulation.requests(3, 7)

    assert [each.rpartition(b"UserName=")[2] for each in sent] == [b"user-7", b"user-8", b"user-9"]
    assert all(b"\r\nauthorization: AWS4-HMAC-SHA256 Credential=" in each for each in sent)
