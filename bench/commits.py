"""The floors of durable writing: rows that SQLite commits one by one, and many at once for many callers."""

import os
import sqlite3
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing
from pathlib import Path
from queue import SimpleQueue
from time import perf_counter

BLOCK = bytes(4096)
ROW = ("a row of an ordinary length, such as the entry of a ledger with a name in it", 1_780_000_000_000)
_INSERT = "insert into written (text, at) values (?, ?)"


def _opened(place: Path) -> sqlite3.Connection:
    sql = sqlite3.connect(place, isolation_level=None, check_same_thread=False)
    sql.execute("pragma journal_mode = wal")
    sql.execute("pragma synchronous = full")
    sql.execute("create table if not exists written (key integer primary key, text text, at integer)")
    return sql


def device_writes(place: Path, many: int) -> float:
    """How often a second the device takes 4 KB for good."""
    file = os.open(place, os.O_CREAT | os.O_WRONLY, 0o600)
    try:
        began = perf_counter()
        for _ in range(many):
            os.pwrite(file, BLOCK, 0)
            os.fdatasync(file)
        return many / (perf_counter() - began)
    finally:
        os.close(file)


def plain_commits(place: Path, many: int) -> float:
    """Durable commits of one row a second, one after another."""
    with closing(_opened(place)) as sql:
        began = perf_counter()
        for _ in range(many):
            sql.execute(_INSERT, ROW)
        return many / (perf_counter() - began)


def group_commits(place: Path, many: int, callers: int) -> float:
    """Durable rows a second for threads that wait, each for its own row, while one commits for all."""
    waiting: SimpleQueue[Future[None] | None] = SimpleQueue()

    def write() -> None:
        with closing(_opened(place)) as sql:
            while batch := _waiting(waiting):
                sql.execute("begin immediate")
                for _ in batch:
                    # What fails must be able to undo its own work alone.
                    sql.execute("savepoint part")
                    sql.execute(_INSERT, ROW)
                    sql.execute("release savepoint part")
                sql.execute("commit")
                for each in batch:
                    each.set_result(None)

    def call() -> None:
        for _ in range(many // callers):
            done: Future[None] = Future()
            waiting.put(done)
            done.result()

    with ThreadPoolExecutor(callers + 1) as threads:
        threads.submit(write)
        began = perf_counter()
        wait([threads.submit(call) for _ in range(callers)])
        took_s = perf_counter() - began
        waiting.put(None)
    return many // callers * callers / took_s


def sorted_insert(place: Path, many: int) -> float:
    """Seconds for so many links of two keys and a period, in the order of their keys and in one commit."""
    with closing(_opened(place)) as sql:
        sql.execute(
            "create table joined (source integer, target integer, starts_at integer, ends_at integer, "
            "primary key (source, target)) without rowid"
        )
        began = perf_counter()
        sql.execute("begin immediate")
        rows = ((number // 10, number, 0, ROW[1]) for number in range(many))
        sql.executemany("insert into joined values (?, ?, ?, ?)", rows)
        sql.execute("commit")
        return perf_counter() - began


def rows_alone(place: Path, filled: Path, many: int, at_once: int) -> float:
    """Seconds for the newest links of a filled database and their entries in its ledger, as they stand there.

    They go into tables with the same indexes, as many in a commit as they did, and are not made here.
    """
    took_s = 0.0
    with closing(_opened(place)) as sql, closing(sqlite3.connect(filled)) as source:
        by = {"links": "added_in", "changes": "revision", "transactions": "revision"}
        made = "select sql from sqlite_schema where tbl_name = ? and sql is not null order by type desc"
        for table in by:
            for (text,) in source.execute(made, [table]).fetchall():
                sql.execute(text)
        (since,) = source.execute("select max(revision) - ? from changes", [-(-many // at_once)]).fetchone()
        found = "select * from {0} where {1} > ? order by {1}, 1, 2, 3"
        read = {table: source.execute(found.format(table, column), [since]) for table, column in by.items()}
        # A transaction is one row, and as many links and entries as it was made of.
        each = {**dict.fromkeys(read, at_once), "transactions": 1}
        while batches := {
            table: batch for table, rows in read.items() if (batch := rows.fetchmany(each[table]))
        }:
            began = perf_counter()
            sql.execute("begin immediate")
            for table, batch in batches.items():
                places = ", ".join("?" * len(batch[0]))
                sql.executemany(f"insert into {table} values ({places})", batch)  # noqa: S608 - names of ours
            sql.execute("commit")
            took_s += perf_counter() - began
    return took_s


def bytes_of(place: Path, table: str) -> float:
    """What a row of a table takes on disk, with its part of the indexes of the table."""
    with closing(sqlite3.connect(place)) as sql:
        (size,) = sql.execute(
            "select sum(pgsize) from dbstat where name in "
            "(select name from sqlite_schema where tbl_name = ?)",
            [table],
        ).fetchone()
        (rows,) = sql.execute(f"select count(*) from {table}").fetchone()  # noqa: S608 - a name of ours
    return float(size) / rows


def _waiting(queue: SimpleQueue[Future[None] | None]) -> list[Future[None]]:
    """Wait for one, and take along whatever else waits by then; empty when it is over."""
    found = [queue.get()]
    while not queue.empty():
        found.append(queue.get())
    return [each for each in found if each is not None]
