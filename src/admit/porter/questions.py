"""What a gate asks the control plane: each question is a class.

Its fields are what is asked, its docstring what for, the type behind ``Ask`` the answer, and ``put`` the
asking. There is no question that names a user, a resource or a permit: a gate can only ask about what it
was given.
"""

from typing import Any, ClassVar, Generic, Literal, Protocol, TypeAlias, TypeVar, get_args

import msgspec

from admit.base.ssh_exchange import Exchange, Signed
from admit.core.recordings import Opening
from admit.core.restrictions import Leave
from admit.core.validity import Millis
from admit.porter.asks import Admission, Credentials, Place, Reachable, Session, Step, Visitor, What
from admit.porter.names import Wanted
from admit.porter.wire import Long, Message, Number, Octets, Text

A = TypeVar("A")
Recorded: TypeAlias = Literal["no", "shown", "typed"]
"""What of a session is recorded; typed: what is shown, and what is typed as well."""


class Offer(msgspec.Struct, frozen=True, array_like=True):
    """Something a visitor may open, and what to ask for it by."""

    admission: str
    place: Place


class Begun(msgspec.Struct, frozen=True, array_like=True):
    """A session that was let begin."""

    id: str
    leave: Leave


class Desk(Protocol):
    """What the control plane keeps of one gate."""

    def arrive(self, arrival: "Arrive") -> str:
        """What to name somebody by who has just come."""
        ...

    def visitor(self, handle: str) -> Visitor:
        """Who is named so.

        Raises:
            Refused: nobody who came to this gate.
        """
        ...

    async def admissions(self, visitor: str, wanted: Wanted) -> list[Offer]:
        """What a visitor may open."""
        ...

    def admission(self, handle: str) -> Admission:
        """What was offered under a name.

        Raises:
            Refused: nothing, or too long ago.
        """
        ...

    async def open(self, opening: "Open") -> Begun:
        """A session."""
        ...

    def session(self, number: int) -> Session:
        """The session of a number.

        Raises:
            Refused: this gate has none.
        """
        ...

    async def record(self, number: int, opening: Opening) -> Recorded:
        """Begin a session's recording, if there is to be one."""
        ...


class Ask(Message, Generic[A], frozen=True):
    """A question."""

    waits_for_people: ClassVar[bool] = False
    """Whether the answer may take as long as somebody takes to give it."""

    async def put(self, desk: Desk) -> A:
        """Ask it."""
        raise NotImplementedError


class Arrive(Ask[str], frozen=True):
    """Somebody comes, to whom the gate shows the cookie of a number in a season: what to name them by."""

    peer: Text
    season: Number
    number: Number

    async def put(self, desk: Desk) -> str:
        """Ask it."""
        return desk.arrive(self)


class Holds(Ask[bool], frozen=True):
    """Whether somebody of a name holds a key."""

    visitor: Text
    name: Long
    key: Octets

    async def put(self, desk: Desk) -> bool:
        """Ask it."""
        return await desk.visitor(self.visitor).holds(self.name, self.key)


class ByKey(Ask[Step], frozen=True):
    """A signature."""

    visitor: Text
    signed: Signed

    async def put(self, desk: Desk) -> Step:
        """Ask it."""
        return await desk.visitor(self.visitor).by_key(self.signed)


class ByPassword(Ask[Step], frozen=True):
    """A password."""

    visitor: Text
    name: Long
    password: Long

    async def put(self, desk: Desk) -> Step:
        """Ask it."""
        return await desk.visitor(self.visitor).by_password(self.name, self.password)


class ChangePassword(Ask[Step], frozen=True):
    """A password that must be changed, and a new one."""

    visitor: Text
    name: Long
    former: Long
    password: Long

    async def put(self, desk: Desk) -> Step:
        """Ask it."""
        return await desk.visitor(self.visitor).change_password(self.name, self.former, self.password)


class ByCode(Ask[Step], frozen=True):
    """The code that was asked for."""

    visitor: Text
    code: Long

    async def put(self, desk: Desk) -> Step:
        """Ask it."""
        return await desk.visitor(self.visitor).by_code(self.code)


class Enter(Ask[None], frozen=True):
    """A visitor who has proven who they are is in."""

    visitor: Text
    client: Text

    async def put(self, desk: Desk) -> None:
        """Ask it."""
        await desk.visitor(self.visitor).enter(self.client)


class Admissions(Ask[list[Offer]], frozen=True):
    """What a visitor may open of what they wrote."""

    visitor: Text
    wanted: Wanted

    async def put(self, desk: Desk) -> list[Offer]:
        """Ask it."""
        return await desk.admissions(self.visitor, self.wanted)


class ReachableBy(Ask[list[Reachable]], frozen=True):
    """All that a visitor may open."""

    visitor: Text

    async def put(self, desk: Desk) -> list[Reachable]:
        """Ask it."""
        return list(await desk.visitor(self.visitor).reachable())


class Until(Ask[Millis | None], frozen=True):
    """Until when an admission holds; None if it does not any more."""

    admission: Text

    async def put(self, desk: Desk) -> Millis | None:
        """Ask it."""
        return await desk.admission(self.admission).until()


class Open(Ask[Begun], frozen=True):
    """A session by an admission; the gate gives it a number."""

    admission: Text
    session: Number
    what: What
    detail: Long | None

    async def put(self, desk: Desk) -> Begun:
        """Ask it."""
        return await desk.open(self)


class CredentialsOf(Ask[Credentials], frozen=True):
    """What logs on to the account of a session."""

    session: Number

    async def put(self, desk: Desk) -> Credentials:
        """Ask it."""
        return await desk.session(self.session).credentials()


class Sign(Ask[bytes], frozen=True):
    """A request to be let into the account of a session, to be signed by its key."""

    session: Number
    exchange: Exchange
    request: Octets
    algorithm: Text

    async def put(self, desk: Desk) -> bytes:
        """Ask it."""
        return await desk.session(self.session).sign(self.exchange, self.request, self.algorithm)


class Pin(Ask[str], frozen=True):
    """The host key that a session's host showed first, to be pinned."""

    session: Number
    fingerprint: Text

    async def put(self, desk: Desk) -> str:
        """Ask it."""
        return await desk.session(self.session).pin(self.fingerprint)


class Approve(Ask[bool], frozen=True):
    """A command of a session that waits for an approval."""

    waits_for_people: ClassVar[bool] = True
    session: Number
    command: Long

    async def put(self, desk: Desk) -> bool:
        """Ask it."""
        return await desk.session(self.session).approved(self.command)


class Record(Ask[Recorded], frozen=True):
    """The recording of a session, to be begun if there is to be one."""

    session: Number
    opening: Opening

    async def put(self, desk: Desk) -> Recorded:
        """Ask it."""
        return await desk.record(self.session, self.opening)


AnyAsk: TypeAlias = (
    Arrive
    | Holds
    | ByKey
    | ByPassword
    | ChangePassword
    | ByCode
    | Enter
    | Admissions
    | ReachableBy
    | Until
    | Open
    | CredentialsOf
    | Sign
    | Pin
    | Approve
    | Record
)


def answer_type(asked: type[Ask[Any]]) -> Any:
    """What a question is answered with, as it is declared behind ``Ask``."""
    return get_args(asked.__orig_bases__[0])[0]  # type: ignore[attr-defined]  # every generic class has it
