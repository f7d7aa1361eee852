"""Decisions by engines that a Python team could pick instead, on the same links and questions.

``make bench`` installs them; without them nothing is told of them.
"""

import subprocess
import sys
from importlib.util import find_spec

import msgspec

MOST_GRANTS = 10_000
"""In systems with more of them these engines take minutes to load, or to answer."""


class Plan(msgspec.Struct):
    """Links that hold, by the keys of their ends, and what is asked."""

    joins: list[tuple[int, int]]
    grants: list[tuple[int, int]]
    asked: list[tuple[int, int]]


class Answered(msgspec.Struct):
    """What an engine answered, and how long the middle one of its answers took."""

    name: str
    p50_us: float
    told: list[bool]


def installed() -> bool:
    """Whether the engines are."""
    return all(find_spec(name) for name in ("casbin", "cedarpy"))


def ask(plan: Plan) -> list[Answered]:
    """Let every engine answer, in another process."""
    line = [sys.executable, "-m", "bench.peer_engines"]
    ran = subprocess.run(line, input=msgspec.msgpack.encode(plan), capture_output=True, check=True)
    return msgspec.msgpack.decode(ran.stdout, type=list[Answered])
