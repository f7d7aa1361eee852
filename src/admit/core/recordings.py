"""Recordings of sessions, as the one who shows a session and the one who keeps it both know them."""

from collections.abc import Mapping
from dataclasses import dataclass, field


class RecordingRefused(Exception):
    """A session that must be recorded cannot be. The text is for the person."""

    def __init__(self, why: str) -> None:
        self.why = why
        self.text = f"admit: this session must be recorded, and cannot be: {why}"
        super().__init__(self.text)


@dataclass(frozen=True, slots=True)
class Opening:
    """What a recording says of its terminal at the beginning."""

    width: int = 80
    height: int = 24
    term: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
