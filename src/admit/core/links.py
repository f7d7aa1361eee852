"""The one relation: a link joins one thing to another, for a time."""

from enum import IntEnum
from typing import NamedTuple

from admit.core.validity import PERMANENT, Validity


class Kind(IntEnum):
    """What a thing is. The numbers are stored: never change or reuse one."""

    PERSON = 1
    USER = 2
    GROUP = 3
    UNIT = 4
    ACCESS_REQUEST = 7
    OFFER = 8
    BREAK_GLASS = 9
    DELIVERY_GROUP = 10
    APP = 11
    PERSISTENT_SESSION = 12
    IMAGE = 13
    HOST = 20
    HOST_ACCOUNT = 21
    BASTION = 22
    HOST_SHARE_KEY = 23
    USER_PUBLIC_KEY = 24
    CONTROL_POLICY = 25
    RECORDING = 26
    OPERATION_TICKET = 27
    HELD_COMMAND = 28
    RULE = 30
    APPLICATION = 31
    CLOUD_ACCOUNT = 32
    CLOUD_ROLE = 33
    PROJECT = 34
    RULE_RESOURCE = 35
    IDAAS = 36
    SIGNING_KEY = 37
    CLIENT_SECRET = 38
    SCIM_CONNECTION = 39
    ACCOUNT = 40
    RAM_USER = 41
    RAM_GROUP = 42
    RAM_ROLE = 43
    RAM_POLICY = 44
    RAM_POLICY_VERSION = 45
    ACCESS_KEY = 46
    SPACE = 50
    TYPE = 51
    SUBJECT = 52
    RESOURCE = 53
    PERMISSION = 54
    BEARER_TOKEN = 55
    PROPERTIES = 56
    SIGNAL_STREAM = 57
    REVIEW = 58

    @property
    def word(self) -> str:
        """The kind as people read it: ``host account``."""
        return _WORDS[self]


_WORDS = {kind: kind.name.lower().replace("_", " ") for kind in Kind}

KINDS = {int(kind): kind for kind in Kind}
"""Every kind by its number."""

CALLERS = frozenset(kind for kind in Kind if Kind.ACCOUNT <= kind < 50)
"""What says who may call an operation: the account, and all that RAM keeps."""


class Ref(NamedTuple):
    """A thing, by kind and by the integer key it has inside admit."""

    kind: Kind
    key: int


class Stage(IntEnum):
    """Where on a path a link stands. A path joins first, is granted once, then holds."""

    JOIN = 0
    """Principal to principal: who somebody is and what they belong to."""
    GRANT = 1
    """Principal to what they may use."""
    HOLD = 2
    """Something usable to what it contains."""


_PRINCIPALS = (Kind.USER, Kind.GROUP, Kind.UNIT)

STEPS: dict[Kind, dict[Kind, Stage]] = {
    Kind.PERSON: {Kind.USER: Stage.JOIN, Kind.PERMISSION: Stage.GRANT},
    Kind.USER: {
        Kind.GROUP: Stage.JOIN,
        Kind.UNIT: Stage.JOIN,
        Kind.ACCOUNT: Stage.JOIN,
        Kind.DELIVERY_GROUP: Stage.GRANT,
        Kind.APP: Stage.GRANT,
        Kind.PERSISTENT_SESSION: Stage.GRANT,
        Kind.HOST: Stage.GRANT,
        Kind.HOST_ACCOUNT: Stage.GRANT,
        Kind.RULE: Stage.GRANT,
        Kind.CLOUD_ROLE: Stage.GRANT,
        Kind.APPLICATION: Stage.GRANT,
        Kind.PERMISSION: Stage.GRANT,
    },
    Kind.GROUP: {
        Kind.DELIVERY_GROUP: Stage.GRANT,
        Kind.APP: Stage.GRANT,
        Kind.PERSISTENT_SESSION: Stage.GRANT,
        Kind.HOST: Stage.GRANT,
        Kind.HOST_ACCOUNT: Stage.GRANT,
        Kind.RULE: Stage.GRANT,
        Kind.CLOUD_ROLE: Stage.GRANT,
        Kind.APPLICATION: Stage.GRANT,
        Kind.PERMISSION: Stage.GRANT,
    },
    Kind.UNIT: {
        Kind.UNIT: Stage.JOIN,
        Kind.DELIVERY_GROUP: Stage.GRANT,
        Kind.APPLICATION: Stage.GRANT,
        Kind.PERMISSION: Stage.GRANT,
    },
    Kind.ACCOUNT: {Kind.DELIVERY_GROUP: Stage.GRANT},
    Kind.APPLICATION: {Kind.RULE: Stage.GRANT},
    Kind.DELIVERY_GROUP: {Kind.APP: Stage.HOLD},
    Kind.PERSISTENT_SESSION: {Kind.APP: Stage.HOLD},
    Kind.RULE: {Kind.CLOUD_ROLE: Stage.HOLD, Kind.PROJECT: Stage.HOLD},
    Kind.PROJECT: {Kind.CLOUD_ROLE: Stage.HOLD},
    Kind.SUBJECT: {Kind.SUBJECT: Stage.JOIN, Kind.TYPE: Stage.JOIN, Kind.PERMISSION: Stage.GRANT},
    Kind.TYPE: {Kind.PERMISSION: Stage.GRANT, Kind.RESOURCE: Stage.HOLD},
    Kind.PERMISSION: {Kind.TYPE: Stage.HOLD, Kind.RESOURCE: Stage.HOLD},
    Kind.RESOURCE: {Kind.RESOURCE: Stage.HOLD},
    Kind.RAM_USER: {Kind.RAM_GROUP: Stage.JOIN, Kind.RAM_POLICY: Stage.GRANT},
    Kind.RAM_GROUP: {Kind.RAM_POLICY: Stage.GRANT},
    Kind.RAM_ROLE: {Kind.RAM_POLICY: Stage.GRANT},
}
"""What may be joined to what. Units nest, and subjects and resources of one's own; nothing else can form a
circle.

An account stands for every user in it: that they are joined to it is never written, as it says no more
than where they live. What is registered of a type of one's own is joined to it: a type may be granted
something, and be granted, as a whole.
"""


def stage_of(source: Kind, target: Kind) -> Stage:
    """The stage of a link between two kinds.

    Raises:
        ValueError: the two kinds are never joined.
    """
    try:
        return STEPS[source][target]
    except KeyError:
        raise ValueError(f"no link leads from a {source.word} to a {target.word}") from None


class Link(NamedTuple):
    """``source`` is joined to ``target`` for a time."""

    source: Ref
    target: Ref
    validity: Validity = PERMANENT
