"""Every language there are samples in."""

from collections.abc import Callable
from dataclasses import dataclass

from admit.explorer.samples.asked import Asked
from admit.explorer.samples.go import go
from admit.explorer.samples.java import java
from admit.explorer.samples.node import node
from admit.explorer.samples.python import python
from admit.explorer.samples.shell import admit_call, aliyun, curl
from admit.explorer.samples.terraform import terraform


@dataclass(frozen=True, slots=True)
class Language:
    """One language."""

    key: str
    label: str
    lexer: str
    """What Pygments calls it."""
    suffix: str
    """Of the file that is downloaded."""
    write: Callable[[Asked], str | None]
    """The code for a call; None if it cannot be said in this language."""


LANGUAGES = (
    Language("python", "Python", "python", ".py", python),
    Language("node", "Node", "javascript", ".js", node),
    Language("go", "Go", "go", ".go", go),
    Language("java", "Java", "java", ".java", java),
    Language("aliyun", "aliyun", "bash", ".sh", aliyun),
    Language("admit", "admit call", "bash", ".sh", admit_call),
    Language("curl", "curl", "bash", ".sh", curl),
    Language("terraform", "Terraform", "terraform", ".tf", terraform),
)
BY_KEY = {each.key: each for each in LANGUAGES}
