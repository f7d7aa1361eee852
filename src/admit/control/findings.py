"""What a look at a running system finds: asked of whoever serves it, which alone knows what it stands on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum


class State(Enum):
    """How something is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one look found."""

    check: str
    state: State
    seen: str
    advice: str = ""
    """What to do; empty if it is well."""


@dataclass(slots=True)
class Doctor:
    """Who looks, once somebody serves: the checks read settings and files, which nothing here may."""

    examine: Callable[[], Sequence[Finding]] | None = None
