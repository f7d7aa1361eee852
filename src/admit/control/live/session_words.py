"""Why a session ends and how long it has left, in the words its person reads."""

from collections.abc import Mapping

from admit.control.names import Named
from admit.core.links import Kind, Link, Stage, stage_of
from admit.core.sessions import Cause, Closing
from admit.core.validity import MINUTE, Millis


def why(cause: Cause, labels: Mapping[int, Named]) -> str:
    """A cause as a clause: ``the grant was revoked``."""
    label = labels[cause.ref.key].label
    if cause.closing is Closing.GONE:
        return f"{label} was removed"
    if cause.closing is Closing.BLOCKED:
        return f"{label} is {cause.word}"
    if cause.link is None:
        raise ValueError("a cause that is no thing is a link")
    return _of_link(cause.closing, cause.link, labels)


def _of_link(closing: Closing, link: Link, labels: Mapping[int, Named]) -> str:
    source, target = labels[link.source.key].label, labels[link.target.key].label
    stage = stage_of(link.source.kind, link.target.kind)
    if stage is Stage.JOIN and closing is Closing.REVOKED:
        return (
            f"{target} is {source}'s no more"
            if link.source.kind is Kind.PERSON
            else f"{source} left {target}"
        )
    what = {
        Stage.GRANT: "the grant",
        Stage.JOIN: f"the membership in {target}",
        Stage.HOLD: f"what {source} holds",
    }
    how = {Closing.REVOKED: "was revoked", Closing.CHANGED: "was changed", Closing.PAST: "has ended"}
    return f"{what[stage]} {how[closing]}"


def ended(resource: str, reason: str) -> str:
    """The last line of a session."""
    return f"your access to {resource} ended: {reason}"


def ends_soon(resource: str, left: Millis, *, over: bool = False) -> str:
    """The warning before an end, in minutes rounded up; ``over``: access has ended, and only this goes on."""
    if over:
        return f"this session at {resource} ends in {_minutes(left)}"
    return f"your access to {resource} ends in {_minutes(left)}"


def goes_on(resource: str, left: Millis | None) -> str:
    """What is said when a grant ended that lets its sessions go on: for a while, or until they are done."""
    if left is None:
        return f"your access to {resource} has ended; this session may be finished"
    return f"your access to {resource} has ended; this session goes on for {_minutes(left)}"


def _minutes(span: Millis) -> str:
    minutes = -(-span // MINUTE)
    return f"{minutes} minute{'' if minutes == 1 else 's'}"
