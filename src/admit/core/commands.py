"""Lists of commands that are denied, allowed, or held until somebody approves."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from admit.core.command_line import LONGEST, Line
from admit.core.wildcards import Wildcards, compiled

DEEPEST = 3
"""How many commands inside commands (``sh -c``) are looked into."""


class Acl(StrEnum):
    """What a list is a list of."""

    BLACK = "black"
    """What is refused; all else is open."""
    WHITE = "white"
    """What is open; all else is refused."""


class Verdict(StrEnum):
    """What becomes of a command; the later one of these is the stricter."""

    ALLOW = "allow"
    APPROVAL = "approval"
    DENY = "deny"


_STRICTER = tuple(Verdict)


@dataclass(frozen=True, slots=True)
class Commands:
    """The commands of a control policy.

    A guard-rail and no boundary: who has a shell can write a script, rename a program, or use any
    of a hundred programs that start others. It keeps from mistakes. What must not be possible is
    to be taken from the account on the host.

    In a pattern ``*`` stands for anything and ``?`` for one character; a pattern of one word
    without either also covers that program with arguments.
    """

    acl: Acl
    listed: tuple[str, ...] = ()
    approval: tuple[str, ...] = ()

    def judge(self, text: str) -> Verdict:
        """What becomes of a command line: the strictest verdict on any command in it.

        Denying goes before allowing, and both before approval. What a white list does not have
        may still be approved. A command is denied or held also by the name of the program
        without its path, and behind ``sudo`` and the like; a white list takes it only as it is
        written. A line that cannot be read is denied by a white list.
        """
        if self.is_empty:
            return Verdict.ALLOW
        return _rules(self).judge(text, DEEPEST)

    def judge_typed(self, line: Line) -> Verdict:
        """The same of a line that was typed; one that is not certain a white list denies.

        A black list judges what is known of it: a line from the history of the shell passes. But
        nobody can approve of what they cannot see.
        """
        if self.acl is Acl.WHITE and not line.certain:
            return Verdict.DENY
        verdict = self.judge(line.text)
        return Verdict.DENY if verdict is Verdict.APPROVAL and not line.certain else verdict

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to judge by: lines need not be read."""
        return self.acl is Acl.BLACK and not self.listed and not self.approval


@dataclass(frozen=True, slots=True)
class _Rules:
    acl: Acl
    listed: Wildcards
    approval: Wildcards

    def judge(self, text: str, depth: int) -> Verdict:
        white = self.acl is Acl.WHITE
        if len(text) > LONGEST or (white and any(sign in text for sign in _SUBSTITUTIONS)):
            return Verdict.DENY
        try:
            commands = list(_simple(text))
        except ValueError:
            # An open quotation: the shell would ask for more.
            if white:
                return Verdict.DENY
            commands = [text.split()]
        verdicts = [self._one(words, depth) for words in commands if words]
        return max(verdicts, key=_STRICTER.index, default=Verdict.ALLOW)

    def _one(self, words: Sequence[str], depth: int) -> Verdict:
        held = any(self.approval.match(each) for each in _readings(words))
        if self.acl is Acl.WHITE:
            if self.listed.match(" ".join(words)):
                return Verdict.ALLOW
            return Verdict.APPROVAL if held else Verdict.DENY
        if any(self.listed.match(each) for each in _readings(words)):
            return Verdict.DENY
        scripts = _scripts(words)
        if scripts and not depth:
            return Verdict.DENY
        mine = Verdict.APPROVAL if held else Verdict.ALLOW
        return max([mine, *(self.judge(each, depth - 1) for each in scripts)], key=_STRICTER.index)


@lru_cache(maxsize=256)
def _rules(commands: Commands) -> _Rules:
    return _Rules(commands.acl, _compiled(commands.listed), _compiled(commands.approval))


_SUBSTITUTIONS = ("`", "$(", "<(", ">(")
"""What starts a command inside a word."""
_OPERATORS = ";&|()<>\n`"
_SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh"})
_BEFORE = frozenset(
    {"sudo", "doas", "env", "exec", "command", "builtin", "nohup", "time", "nice", "setsid", "xargs", "eval"}
)
"""Programs and words that run the command after them."""


def _compiled(patterns: tuple[str, ...]) -> Wildcards:
    found: list[str] = []
    for pattern in patterns:
        words = pattern.split()
        found.append(" ".join(words))
        if len(words) == 1 and not set("*?") & set(words[0]):
            found.append(f"{words[0]} *")
    return compiled(found)


def _simple(text: str) -> Iterator[list[str]]:
    """The words of each command of a line, without quotation marks.

    Raises:
        ValueError: a quotation has no end.
    """
    lexer = shlex.shlex(text, posix=True, punctuation_chars=_OPERATORS)
    lexer.whitespace = " \t\r"
    lexer.whitespace_split = True
    lexer.commenters = ""
    words: list[str] = []
    for token in lexer:
        if token and set(token) <= set(_OPERATORS):
            yield words
            words = []
        else:
            words.append(token)
    yield words


def _readings(words: Sequence[str]) -> Iterator[str]:
    """A command in every form in which it may be refused."""
    for start in _starts(words):
        program, *rest = words[start:]
        yield " ".join((program, *rest))
        yield " ".join((program.rpartition("/")[2], *rest))


def _starts(words: Sequence[str]) -> Iterator[int]:
    """Where the command may begin: after what is assigned, and after what runs another command."""
    start = 0
    while start < len(words):
        if _is_assignment(words[start]):
            start += 1
            continue
        yield start
        if words[start].rpartition("/")[2] not in _BEFORE:
            return
        start += 1
        # The word after an option may be its value, or the command.
        while start < len(words) and (words[start].startswith("-") or words[start - 1].startswith("-")):
            if not words[start].startswith("-"):
                yield start
            start += 1


def _is_assignment(word: str) -> bool:
    name, sign, _ = word.partition("=")
    return bool(sign) and name.isidentifier()


def _scripts(words: Sequence[str]) -> list[str]:
    """The command lines that a command hands to a shell."""
    found: list[str] = []
    for start in _starts(words):
        if words[start].rpartition("/")[2] not in _SHELLS:
            continue
        for option, value in zip(words[start + 1 :], words[start + 2 :], strict=False):
            if option.startswith("-") and not option.startswith("--") and option.endswith("c"):
                found.append(value)
    return found
