"""The table: what stands in it, in which order, on which floor, and what it should come to."""

from collections.abc import Iterator

from bench.figures import Row, Target

READ = Target("share", 0.35)
WRITE_ONE = Target("share", 0.30)
WRITE_MANY = Target("share", 0.20)
CHECK = Target("times", 10)
PAGE = Target("amount", 5)
BUILT = Target("amount", 30)
MAY, WHY = Target("times", 1), Target("times", 5)
PEER = Target("at least times", 40)
EMULATION = Target("at least times", 20)
EVALUATION = Target("share", 0.5)
IMPORT = Target("times", 10)
ON_DISK = Target("amount", 120)

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
    Row("moto's IAM, a user into a group, 16 callers", "/s"),
    Row("a user into a group, 16 callers", "/s", "moto's IAM, a user into a group, 16 callers", EMULATION),
)
"""Of one system."""

PROCESS = (
    Row("start to ready", "s", target=Target("amount", 1)),
    Row("memory, idle", "MB", target=Target("amount", 150)),
    Row("memory, after the load", "MB"),
)


def answers(size: str) -> Iterator[Row]:
    """Of a system of each size. What is kept in memory is measured against a dictionary of a million."""
    large = size.startswith("1,000,000")
    once, five = (MAY, WHY) if large else (None, None)
    most = BUILT if size.startswith("10,000,000") else None
    yield Row(f"filled, {size}", "s")
    yield Row(f"bare sorted insert, {size}", "s")
    yield Row(f"those grants' rows alone, {size}", "s", f"bare sorted insert, {size}")
    written = f"grants with history and ledger, {size}"
    yield Row(written, "s", f"bare sorted insert, {size}", IMPORT if large else None)
    yield Row(f"a link on disk, {size}", "bytes", target=ON_DISK if large else None)
    yield Row(f"an entry of the ledger on disk, {size}", "bytes")
    yield Row(f"dict of dicts, {size}", "µs")
    yield Row(f"dict of dicts, {size}, p99", "µs")
    yield Row(f"one query, {size}", "µs", f"dict of dicts, {size}")
    yield Row(f"decide, {size}", "µs", f"dict of dicts, {size}")
    yield Row(f"check through SQL, {size}", "µs", f"one query, {size}", CHECK)
    yield Row(f"index loaded, {size}", "s", target=most)
    yield Row(f"index, {size}", "bytes a grant", target=Target("amount", 64))
    yield Row(f"yes or no from the index, first asked, {size}", "µs", f"dict of dicts, {size}")
    yield Row(f"yes or no from the index, {size}", "µs", f"dict of dicts, {size}", once)
    yield Row(f"yes or no from the index, of pairs never asked, {size}", "µs", f"dict of dicts, {size}", once)
    yield Row(f"yes or no from the index, {size}, p99", "µs", f"dict of dicts, {size}, p99")
    yield Row(f"decide from the index, {size}", "µs", f"dict of dicts, {size}", five)
    yield Row(f"decide from the index, {size}, p99", "µs", f"dict of dicts, {size}, p99")
    yield Row(f"pycasbin, fast enforcer, {size}", "µs", f"yes or no from the index, {size}", PEER)
    yield Row(f"Cedar (cedarpy), {size}", "µs", f"decide from the index, {size}")
    yield Row(f"CheckAccess, {size}", "/s", f"signed form, {size}", READ)
    yield Row(f"hello, {size}", "/s")
    yield Row(f"AuthZEN evaluation, {size}", "/s", f"hello, {size}", EVALUATION)
    yield Row(f"AuthZEN evaluation, one caller, {size}", "ms")
    yield Row(f"AuthZEN evaluation, one caller, p99, {size}", "ms")
    yield Row(f"a grant, until an answer shows it, {size}", "ms")
    yield Row(f"memory of the server, {size}", "MB")
    yield Row(f"ListWhat, first page, {size}", "ms", target=PAGE)
    yield Row(f"ListWhat, from the middle, {size}", "ms", target=PAGE)
    yield Row(f"ListWho, first page, {size}", "ms", target=PAGE)
    yield Row(f"ListWho of everybody, first page, {size}", "ms", target=PAGE)
    yield Row(f"ListWho of everybody, last page, {size}", "ms", target=PAGE)
