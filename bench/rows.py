"""The table: what stands in it, in which order, on which floor, and what it should come to."""

from collections.abc import Iterator

from bench.figures import Row, Target

READ = Target("share", 0.35)
WRITE_ONE = Target("share", 0.30)
WRITE_MANY = Target("share", 0.20)
CHECK = Target("times", 10)
PAGE = Target("amount", 5)

RATES = (
    Row("device, 4 KB and fdatasync", "/s"),
    Row("commit", "/s"),
    Row("group commit, 64 callers", "/s"),
    Row("hello, one caller", "/s"),
    Row("hello, 64 callers", "/s"),
    Row("signed form, one caller", "/s", "hello, one caller"),
    Row("signed form, 64 callers", "/s", "hello, 64 callers"),
    Row("get, one caller", "/s", "signed form, one caller", READ),
    Row("get, 64 callers", "/s", "signed form, 64 callers", READ),
    Row("list of 20, page after page, one caller", "/s", "signed form, one caller", READ),
    Row("list of 20, page after page, 64 callers", "/s", "signed form, 64 callers", READ),
    Row("list of 20, any page, one caller", "/s", "signed form, one caller", READ),
    Row("list of 20, any page, 64 callers", "/s", "signed form, 64 callers", READ),
    Row("grant, one caller", "/s", "commit", WRITE_ONE),
    Row("grant, 64 callers", "/s", "group commit, 64 callers", WRITE_MANY),
)
"""Of one system."""

PROCESS = (
    Row("start to ready", "s", target=Target("amount", 1)),
    Row("memory, idle", "MB", target=Target("amount", 150)),
    Row("memory, after the load", "MB"),
)


def answers(size: str) -> Iterator[Row]:
    """Of a system of each size."""
    yield Row(f"dict of dicts, {size}", "µs")
    yield Row(f"one query, {size}", "µs", f"dict of dicts, {size}")
    yield Row(f"decide, {size}", "µs", f"dict of dicts, {size}")
    yield Row(f"check through SQL, {size}", "µs", f"one query, {size}", CHECK)
    yield Row(f"CheckAccess, {size}", "/s", f"signed form, {size}", READ)
    yield Row(f"ListWhat, first page, {size}", "ms", target=PAGE)
    yield Row(f"ListWhat, page 5, {size}", "ms", target=PAGE)
    yield Row(f"ListWho, first page, {size}", "ms", target=PAGE)
    yield Row(f"ListWho of everybody, first page, {size}", "ms", target=PAGE)
    yield Row(f"ListWho of everybody, last page, {size}", "ms", target=PAGE)
