"""The applications that people may stream: which, of which delivery group, until when, and by what grant."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import msgspec
from sqlalchemy import Connection

from admit.control.access import ask_as, everything_as
from admit.control.expected import Wanted
from admit.core.access import Decision
from admit.core.links import Kind, Ref
from admit.core.validity import Millis
from admit.store import things
from admit.store.things import Thing, Where

Clipboard: TypeAlias = Literal["readwrite", "read", "write", "off"]
"""Which way text may be copied. read: out of the application. write: into it. The vendor's words."""
Transfer: TypeAlias = Literal["all", "download", "upload", "off"]
"""Which way files may be copied: out of the home folder, or into it. The vendor's words."""
TRANSFER: tuple[Transfer, ...] = get_args(Transfer)


class SessionRules(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """What a delivery group's own policy (``CustomConfig`` of UserDefinePolicy) says of sessions.

    What else stands there is for others to read.
    """

    clipboard: Clipboard = "readwrite"
    """Which way text may be copied."""
    file_transfer: Transfer = "off"
    """Which way files may be copied."""
    no_operation_minutes: int = 0
    """After how many minutes without a key or a click a session ends; 0 for never."""
    max_minutes: int = 0
    """How many minutes a session may last at most; 0 for as long as access does."""

    def __post_init__(self) -> None:
        if not (0 <= self.no_operation_minutes <= 100_000 and 0 <= self.max_minutes <= 100_000):
            raise ValueError("minutes are 0 to 100000")


def session_rules(custom: str | None) -> SessionRules:
    """The rules of a policy text; the usual ones if it is no JSON object.

    Raises:
        ValueError: one of them is not understood.
    """
    try:
        said = msgspec.json.decode(custom or "{}")
    except msgspec.DecodeError:
        return SessionRules()
    if not isinstance(said, dict):
        return SessionRules()
    return msgspec.convert(said, SessionRules)


def by_session(auth_mode: str, product_type: str) -> bool:
    """Whether users of a delivery group are granted persistent sessions, rather than the group."""
    return auth_mode == "Session" or product_type == "WuyingServer"


Seat: TypeAlias = tuple[int, int, str]
"""Who is in a delivery group, and where: the user, the persistent session or 0, the application's ID."""


def seat(user: Ref, resource: Ref, app_id: str) -> Seat:
    """Where somebody is who uses an application by a permit for a resource."""
    return user.key, resource.key if resource.kind is Kind.PERSISTENT_SESSION else 0, app_id


class GroupRules(msgspec.Struct, frozen=True):
    """What a door reads of a delivery group, whoever keeps it."""

    auth_mode: str
    product_type: str
    session_timeout: int = 15
    """How many minutes a session outlives its connection; -1 for ever."""
    pre_open_mode: str | None = None
    pre_open_app_id: str | None = None
    policies: dict[str, dict[str, Any]] = msgspec.field(default_factory=dict)

    @property
    def by_session(self) -> bool:
        """Whether users are granted persistent sessions, rather than the group."""
        return by_session(self.auth_mode, self.product_type)

    @property
    def skips_check(self) -> bool:
        """Whether every user may connect, whoever is authorized."""
        return bool(self._said("SecurityPolicy", "SkipUserAuthCheck"))

    @property
    def opens_ahead(self) -> bool:
        """Whether sessions may be made ready before anybody asks for them."""
        return bool(self._said("RuntimePolicy", "SessionPreOpen") != "false")

    @property
    def opens_first(self) -> str:
        """The ID of the application that is opened where none is named; empty if there is none."""
        return self.pre_open_app_id or "" if self.pre_open_mode == "SINGLE_APP" else ""

    @property
    def forgets(self) -> bool:
        """Whether what is in the home folder goes with the session."""
        return bool(self._said("SecurityPolicy", "ResetAfterUnbind"))

    @property
    def places(self) -> int | None:
        """How many sessions there may be at once; None if nothing is said of that."""
        nodes, each = self._said("NodePool", "NodeAmount"), self._said("NodePool", "NodeCapacity")
        return int(nodes or 1) * int(each) if each else None

    def has_place(self, inside: Iterable[Seat], wanted: Seat) -> bool:
        """Whether there is a place for what somebody wants to open, or has open, beside those inside.

        With PerSessionPerApp each application takes a place of its own; without it, all that a user
        has open, or has open in a persistent session, takes one.
        """
        if self.places is None:
            return True
        width = 3 if self._said("RuntimePolicy", "PerSessionPerApp") else 2
        taken = {seat[:width] for seat in inside}
        return wanted[:width] in taken or len(taken) < self.places

    @property
    def sessions(self) -> SessionRules:
        """What its own policy says of sessions."""
        return session_rules(self._said("UserDefinePolicy", "CustomConfig"))

    @property
    def frame_rate(self) -> int:
        """Pictures a second, at most."""
        return min(max(int(self._said("VideoPolicy", "FrameRate") or 60), 1), 60)

    @property
    def size(self) -> tuple[int, int] | None:
        """The size of the screen where it is fixed; None where it follows the page."""
        width = self._said("VideoPolicy", "SessionResolutionWidth")
        height = self._said("VideoPolicy", "SessionResolutionHeight")
        if self._said("VideoPolicy", "TerminalResolutionAdaptive") is not False or not (width and height):
            return None
        return min(max(int(width), 320), 7680), min(max(int(height), 240), 4320)

    def _said(self, policy: str, name: str) -> Any:
        return self.policies.get(policy, {}).get(name)


class _Icon(msgspec.Struct):
    """What is read of an application."""

    program: str | None = None
    icon: str | None = None


@dataclass(frozen=True, slots=True)
class Streamed:
    """An application in a delivery group that somebody may stream."""

    user: Thing
    """As which of their users."""
    group: Thing
    app: Thing
    session: Thing | None
    """The persistent session, where users are granted those."""
    resource: Thing
    """What the permit is for: the application, the session or the whole group."""
    until: Millis
    """The first moment at which they may not any more, if nothing changes."""

    @property
    def seat(self) -> Seat:
        """Where in the delivery group its user then is."""
        return seat(self.user.ref, self.resource.ref, self.app.id)

    @property
    def rules(self) -> GroupRules:
        """What the delivery group says of sessions."""
        return self.group.read(GroupRules)

    @property
    def program(self) -> str | None:
        """The key in the catalogue that the image names for it, if it names one."""
        return self.app.read(_Icon).program

    @property
    def icon(self) -> str | None:
        """The URL of its picture, if it was given one."""
        return self.app.read(_Icon).icon


def resource_of(rules: GroupRules, group: Thing, app: Thing, session: Thing | None) -> Thing:
    """What one must be granted to use an application of a delivery group."""
    if rules.skips_check:
        return group
    return session or (group if rules.auth_mode == "AppInstanceGroup" else app)


def streamed_apps(sql: Connection, users: Iterable[Thing], now: Millis) -> list[Streamed]:
    """All that the proven users of a person may stream now, by delivery group and name, each once."""
    reached = [
        (user, {reach.ref: reach.until for reach in everything_as(sql, user.ref, now)}) for user in users
    ]
    return streamed_among(sql, reached)


def streamed_among(sql: Connection, reached: Iterable[tuple[Thing, Mapping[Ref, Millis]]]) -> list[Streamed]:
    """The same by what each of the users is known to reach, and until when."""
    best: dict[tuple[int, int], Streamed] = {}
    for user, reaches in reached:
        for each in _of_user(sql, user, reaches):
            key = (each.app.key, 0 if each.session is None else each.session.key)
            if key not in best or best[key].until < each.until:
                best[key] = each
    return sorted(best.values(), key=lambda each: (each.group.name.casefold(), each.app.name.casefold()))


def _of_user(sql: Connection, user: Thing, reaches: Mapping[Ref, Millis]) -> Iterator[Streamed]:
    inside = [ref.key for ref in reaches if ref.kind in (Kind.APP, Kind.PERSISTENT_SESSION)]
    parents = {each.parent for each in things.by_keys(sql, inside).values()}
    whole = {ref.key for ref in reaches if ref.kind is Kind.DELIVERY_GROUP}
    for group in things.by_keys(sql, sorted(parents | whole)).values():
        for app, session in _places(sql, group):
            resource = resource_of(group.read(GroupRules), group, app, session)
            if (until := reaches.get(resource.ref)) is not None:
                yield Streamed(user, group, app, session, resource, until)


def _places(sql: Connection, group: Thing) -> Iterator[tuple[Thing, Thing | None]]:
    """The applications of a delivery group; where users are granted sessions, in each of them."""
    sessions: Sequence[Thing | None] = [None]
    if group.read(GroupRules).by_session:
        sessions = things.find(sql, Where(Kind.PERSISTENT_SESSION, parent=group.key))
    for app in things.find(sql, Where(Kind.APP, parent=group.key)):
        for session in sessions:
            yield app, session


def asked(
    sql: Connection, users: Iterable[Thing], wanted: Wanted, now: Millis
) -> list[tuple[Streamed, Decision]]:
    """What somebody may mean, with what is decided about it for each of their users."""
    found = []
    for user in users:
        group = things.by_id(sql, Kind.DELIVERY_GROUP, user.parent, wanted.group)
        if group is None:
            continue
        rules = group.read(GroupRules)
        app_id = wanted.app or rules.opens_first
        for app, session in _places(sql, group):
            if app.id == app_id and (not wanted.session or (session and session.id == wanted.session)):
                resource = resource_of(rules, group, app, session)
                decision = ask_as(sql, user.ref, resource.ref, now)
                found.append((Streamed(user, group, app, session, resource, decision.valid_until), decision))
    return found
