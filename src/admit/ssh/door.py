"""From who was proven and what they want to a permit, and with it to the host."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import structlog
from sqlalchemy import Connection

from admit.control import credentials as kept
from admit.control import decisions, one_time_codes, tickets
from admit.control.access import ask_as
from admit.control.credentials import Target
from admit.control.decisions import Asker
from admit.control.held_commands import HeldCommandDetails, HeldCommands
from admit.control.restrictions import restrictions
from admit.control.sessions import About, Live, Screen, Sessions
from admit.control.signin import SignIn
from admit.control.world import World
from admit.core.access import AccessDenied, Decision, Permit, Reason
from admit.core.activity import Activity, ActivityKind, Detail, Mention, Outcome
from admit.core.commands import Verdict
from admit.core.restrictions import Restrictions
from admit.ssh.connections import TargetConnection
from admit.ssh.names import Wanted
from admit.ssh.recording import Recorder
from admit.ssh.refusals import SAID_BY, Refusal, Refused, not_granted
from admit.ssh.targets import HostKeyRefused, Login, dial, login_with
from admit.store.engine import Author, Store
from admit.store.things import Thing

log = structlog.get_logger("admit.ssh")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody whose client has proven who they are."""

    person: str
    """The name they signed in with."""
    users: tuple[Thing, ...]
    """Exactly the users that were proven."""
    peer: str
    """The address they come from."""
    client: str
    """What their client calls itself."""


@dataclass(frozen=True, slots=True)
class Admission:
    """What a visitor may open, as which of their users."""

    user: Thing
    target: Target
    permit: Permit

    @property
    def label(self) -> str:
        """What people call it."""
        account, host = self.target.account, self.target.host.name
        return host if account is None else f"{account.name}@{host}"


@dataclass(frozen=True, slots=True)
class Door:
    """What every opening passes through."""

    store: Store
    world: World
    sign_in: SignIn
    sessions: Sessions
    held: HeldCommands
    recorder: Recorder | None
    """None where sessions are not recorded."""
    finishing: set[asyncio.Task[None]] = field(default_factory=set)
    """What is still to be done of sessions that are over."""

    def finish(self, rest: Coroutine[None, None, None]) -> None:
        """Do what is left to be done of a session that is over."""
        task = asyncio.create_task(rest)
        self.finishing.add(task)
        task.add_done_callback(self.finishing.discard)

    async def askable(self, users: tuple[Thing, ...]) -> tuple[Thing, ...]:
        """Users whose second factor can be asked for; all of them if it is so of none."""

        def known(sql: Connection) -> tuple[Thing, ...]:
            methods = ((each, one_time_codes.method_of(sql, self.world, each)) for each in users)
            return tuple(each for each, method in methods if method != "unknown")

        return await self.read(known) or users

    async def read(self, body: Callable[[Connection], T]) -> T:
        """What a few indexed reads find: at once on SQLite, elsewhere in a thread."""

        def read() -> T:
            with self.store.read() as sql:
                return body(sql)

        return read() if self.store.is_sqlite else await asyncio.to_thread(read)

    async def admissions(self, visitor: Visitor, wanted: Wanted) -> list[Admission]:
        """All that a visitor may mean and open, best first: one, or several to choose from.

        Raises:
            Refused: there is none.
        """
        found = await self.read(lambda sql: self._admissions(sql, visitor, wanted))
        if isinstance(found, Refused):
            raise found
        return found

    def _admissions(self, sql: Connection, visitor: Visitor, wanted: Wanted) -> list[Admission] | Refused:
        now = self.world.clock.now()
        # Without an account's name all its accounts are meant; with an empty one none of them.
        meant = kept.targets(sql, visitor.users, wanted.account or None, wanted.host or "", now)
        if wanted.account == "":
            meant = [each for each in meant if each[1].account is None]
        asked = [(user, target, ask_as(sql, user.ref, target.resource, now)) for user, target in meant]
        open_ones = [Admission(*each[:2], each[2].permit()) for each in asked if each[2].allowed]
        accounts = [each for each in open_ones if each.target.account is not None]
        # A host alone is the last resort: its credentials are the person's own.
        best = _first_of_each(accounts or open_ones)
        told = _most_telling([each[2] for each in asked])
        nearest = told or next((each[2] for each in asked), None)
        self._note_decision(sql, visitor, wanted, best[0].permit.decision if best else nearest)
        if best:
            return best
        return not_granted(wanted.label) if told is None else Refusal(told, wanted.label).told(sql)

    def _note_decision(
        self, sql: Connection, visitor: Visitor, wanted: Wanted, decision: Decision | None
    ) -> None:
        if decision is None:
            # There is nothing of that name to decide about; that somebody tried it is worth knowing.
            self._note_refusal(visitor, Mention(wanted.label), Reason.NOT_GRANTED.value)
            return
        asker = Asker(visitor.person, "ssh", peer=visitor.peer)
        labels = decisions.labels_of(sql, decision)
        self.world.activities.note(decisions.noted(decision, labels, asker, self.world.clock.now()))

    def _note_refusal(self, visitor: Visitor, resource: Mention, reason: str) -> None:
        self.world.activities.note(
            Activity(
                self.world.clock.now(),
                ActivityKind.DECISION,
                Outcome.REFUSED,
                visitor.person,
                "ssh",
                reason,
                resource=resource,
                peer=visitor.peer,
            )
        )

    async def narrowed(
        self, visitor: Visitor, admission: Admission, what: str, command: str | None = None
    ) -> Restrictions:
        """What the control policies leave, if they leave what somebody wants to do.

        Raises:
            Refused: they do not.
        """
        try:
            return await self._narrowed(visitor, admission, what, command)
        except Refused as refused:
            target = admission.target.resource
            reason = refused.text.removeprefix(SAID_BY)
            self._note_refusal(visitor, Mention(admission.label, target.key), reason)
            raise

    async def _narrowed(
        self, visitor: Visitor, admission: Admission, what: str, command: str | None
    ) -> Restrictions:
        now = self.world.clock.now()
        resource = admission.target.account or admission.target.host
        left: Restrictions = await self.read(
            lambda sql: restrictions(sql, self.world, admission.user, resource, now)
        )
        refusal = left.at_logon(visitor.peer, now) or left.refuses_use(what)
        if refusal is not None:
            raise Refused(refusal.text)
        verdict = Verdict.ALLOW if command is None else left.command(command)
        if verdict is Verdict.DENY:
            raise Refused("a control policy does not allow this command")
        if verdict is Verdict.APPROVAL:
            raise Refused("a control policy asks for an approval of this command: type it in a shell")
        ticket = left.ticket(now)
        if ticket is not None:
            try:
                author = Author("admit", "ssh", self.world.chance.request_id())
                await asyncio.wrap_future(self.store.write(author, lambda tx: tickets.use(tx, ticket)))
            except tickets.TicketUsed:
                raise Refused("the approval was for one session, which has begun already") from None
        return left

    async def begin(self, visitor: Visitor, admission: Admission, what: str, screen: Screen) -> Live:
        """A live session, watched from now on.

        Raises:
            Refused: access has ended since it was asked for.
        """
        about = About("ssh", admission.label, admission.target.login, visitor.peer, visitor.client, what)
        try:
            return await self.sessions.open(admission.permit, admission.user, about, screen)
        except AccessDenied as denied:
            told = Refusal(denied.decision, admission.label)
            raise await self.read(told.told) from None

    async def approved(self, visitor: Visitor, admission: Admission, live: Live, command: str) -> bool:
        """Whether somebody lets a command run; waits until they decide."""
        target, user = admission.target, admission.user
        details = HeldCommandDetails(
            user_id=user.id,
            user_name=user.name,
            host_id=target.host.id,
            account_name=target.login,
            peer=visitor.peer,
            session_id=live.id,
            command=command,
        )
        return await self.held.accepted(target.host, details)

    def note(self, kind: ActivityKind, visitor: Visitor, live: Live, action: str, **details: Detail) -> None:
        """Note what is done in a session."""
        self.world.activities.note(
            Activity(
                self.world.clock.now(),
                kind,
                Outcome.OK,
                visitor.person,
                action,
                peer=visitor.peer,
                session=live.id,
                details={"resource": live.about.resource, **details},
            )
        )

    async def connect(self, admission: Admission, typed: Login | None = None) -> TargetConnection:
        """A connection to what an admission opens, logged on with what is kept, or what the person typed.

        Raises:
            Refused: it cannot be had.
        """
        target = admission.target
        if not target.address:
            raise Refused(f"{target.host.name} has no address: ask an administrator to set one")
        login = typed or await self._login(admission)
        try:
            try:
                return await dial(target, login)
            except HostKeyRefused as refused:
                if target.fingerprint:
                    raise
                return await dial(await self._pinned(target, refused), login)
        except HostKeyRefused as refused:
            raise _changed(target, refused) from None

    async def _login(self, admission: Admission) -> Login:
        now = self.world.clock.now()
        try:
            opened = await self.read(lambda sql: kept.credentials(sql, self.world, admission.permit, now))
        except kept.PermitEnded:
            raise Refused(f"your access to {admission.label} has ended") from None
        return await login_with(opened, admission.target.login)

    async def _pinned(self, target: Target, first: HostKeyRefused) -> Target:
        """The target with the key that is pinned now: the one it showed first, unless somebody was faster."""
        fingerprint = first.shown.get_fingerprint()
        author = Author("admit", "ssh", self.world.chance.request_id())
        pinned = await asyncio.wrap_future(
            self.store.write(author, lambda tx: kept.pin_first(tx, target.host.ref, fingerprint))
        )
        log.info("host key pinned", host=target.host.id, fingerprint=pinned)
        return Target(target.host, target.account, target.address, target.port, pinned, target.login)


def _first_of_each(admissions: Sequence[Admission]) -> list[Admission]:
    """One for each resource: several proven users may hold the same."""
    return list({each.target.resource: each for each in reversed(admissions)}.values())[::-1]


_TELLING = (Reason.STARTS_LATER, Reason.HAS_ENDED, Reason.DISABLED)


def _most_telling(refusals: Sequence[Decision]) -> Decision | None:
    """The refusal that says most; None if all say that nothing was ever granted."""
    telling = [each for each in refusals if each.reason in _TELLING]
    return min(telling, key=lambda each: _TELLING.index(each.reason), default=None)


def _changed(target: Target, refused: HostKeyRefused) -> Refused:
    log.warning(
        "host key changed",
        host=target.host.id,
        pinned=target.fingerprint,
        shown=refused.shown.get_fingerprint(),
    )
    return Refused(
        f"{target.host.name} shows another host key than the one that is pinned "
        f"({refused.shown.get_fingerprint()}): somebody may be in between, or it was installed anew. "
        f"Ask an administrator, who can clear it with `admit call admit SetHostKey`"
    )
