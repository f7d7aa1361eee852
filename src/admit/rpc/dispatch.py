"""One request, step by step: read, authenticated, authorized, carried out, answered."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import TypeAlias

import msgspec
import structlog
from msgspec.structs import replace
from sqlalchemy import Connection

from admit.control.callers import Caller, Callers, Known, caller_now
from admit.control.world import World
from admit.core.errors import (
    AdmitError,
    BadSignature,
    InternalError,
    NonceUsed,
    TimestampExpired,
    UnknownAction,
    UnknownVersion,
    UnsignedRequest,
    UnsupportedHTTPMethod,
)
from admit.core.validity import MINUTE, Millis, iso
from admit.rpc import request
from admit.rpc.arrivals import Arrivals, next_turn
from admit.rpc.formats import require_format, wants_xml
from admit.rpc.nonces import WINDOW, Nonces
from admit.rpc.noted import Noted
from admit.rpc.operation import Call, Operation, Registry, Work
from admit.rpc.permitted import conditions_of, require
from admit.rpc.repeats import once
from admit.rpc.response import Answer, Envelope
from admit.rpc.revisions import at_least, reached
from admit.rpc.shape import Shape
from admit.rpc.signature import (
    Claim,
    Scheme,
    SignatureFault,
    Wire,
    business_parameters,
    operation_named,
    parse_timestamp,
    read_claim,
    verify,
)
from admit.rpc.threads import Threads
from admit.store import tokens
from admit.store.engine import Author, Store, Tx
from admit.store.links import callers_revision, current_revision

log = structlog.get_logger("admit.rpc")


class Peer(msgspec.Struct, frozen=True):
    """What the connection itself says of the caller; the request cannot forge it."""

    address: str
    secure: bool


Whom: TypeAlias = Callable[[Connection], Caller]
"""Whom a request comes from by the policy that a view shows.

Raises:
    AdmitError: from nobody, by now.
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A call by somebody who has signed in, instead of a signature."""

    version: str
    """Which service: its version."""
    action: str
    parameters: Mapping[str, str]
    """As they would be on the wire: flat, all text."""
    whom: Whom


class Admitted(msgspec.Struct, frozen=True):
    """A request whose caller is proven and permitted."""

    operation: Operation
    caller: Caller
    parameters: Mapping[str, str]
    """What was sent to the operation, and not to the protocol."""
    known: Mapping[str, str]
    """Those of them that the operation reads."""
    conditions: dict[str, str]
    """What RAM's conditions may ask of the request."""
    whom: Whom
    callers: int
    """The newest change to who may call when that was found."""
    nonce: str | None
    """Its signature's nonce, with the key it belongs to; None if nothing was signed."""


class Pending(msgspec.Struct, frozen=True):
    """A permitted request that is still to be carried out."""

    admitted: Admitted
    parsed: Shape
    envelope: Envelope
    revision: int = 0
    """The policy it is read by is this old at most."""
    awaited: bool = False
    """Whether there is no such revision yet."""


class Dispatcher:
    """Answers requests for the operations of a registry."""

    def __init__(self, registry: Registry, store: Store, world: World) -> None:
        self.registry = registry
        self._store = store
        self._world = world
        self._callers = Callers(world)
        self._nonces = Nonces()
        self._arriving: Arrivals | None = None
        self._threads = Threads(is_sqlite=store.is_sqlite)
        with store.read() as sql:
            self._nonces.load(tokens.recent_nonces(sql, world.clock.now() - 2 * WINDOW))

    async def answer(self, wire: Wire, peer: Peer) -> Answer:
        """The answer to a request; never raises for what a caller sent."""
        answer = self.at_once(wire, peer)
        return answer if isinstance(answer, Answer) else await answer

    def at_once(self, wire: Wire, peer: Peer) -> Answer | Awaitable[Answer]:
        """The same of what has to wait for nothing; of the rest, what is to be awaited."""
        host, xml = wire.headers.get("host", ""), wants_xml(wire)
        envelope = Envelope(self._world.chance.request_id(), host, xml=xml)
        noted = Noted(envelope.request_id, peer.address, perf_counter())
        least = partial(at_least, wire.headers, wire.query, wire.form)
        begin = partial(self._begin, envelope, noted, partial(self._admit, wire, peer), least)
        return self._answer(begin, envelope, noted)

    async def answer_for(self, asked: Asked, peer: Peer, host: str = "") -> Answer:
        """The answer to a call of somebody who has signed in: as a signed call has it, in JSON."""
        envelope = Envelope(self._world.chance.request_id(), host)
        noted = Noted(envelope.request_id, peer.address, perf_counter())
        begin = partial(self._begin, envelope, noted, partial(self._admit_asked, asked, peer))
        answer = self._answer(begin, envelope, noted)
        return answer if isinstance(answer, Answer) else await answer

    def _answer(
        self, begin: Callable[[], Answer | Pending], envelope: Envelope, noted: Noted
    ) -> Answer | Awaitable[Answer]:
        begun: Answer | Pending | Awaitable[Answer | Pending]
        try:
            # SQLite answers sooner than a thread would begin; for another server the loop must not wait.
            begun = begin() if self._store.is_sqlite else self._threads.read(begin)
        except Exception as error:  # noqa: BLE001 - it is logged there
            begun = self._failed(error, envelope, noted)
        if isinstance(begun, Answer):
            return noted.tell(self._world, begun)
        return self._await(begun, envelope, noted)

    async def _await(
        self, begun: Pending | Awaitable[Answer | Pending], envelope: Envelope, noted: Noted
    ) -> Answer:
        try:
            known = begun if isinstance(begun, Pending) else await begun
            answer = known if isinstance(known, Answer) else await self._finish(known)
        except Exception as error:  # noqa: BLE001 - it is logged there
            answer = self._failed(error, envelope, noted)
        return noted.tell(self._world, answer)

    def _failed(self, error: Exception, envelope: Envelope, noted: Noted) -> Answer:
        """The answer to a request in the midst of which something was raised."""
        if isinstance(error, AdmitError):
            return envelope.error(error)
        log.error("request failed", request_id=envelope.request_id, action=noted.asked, exc_info=error)
        return envelope.error(InternalError())

    def close(self) -> None:
        """Finish the slow work that is under way."""
        self._threads.close()

    def _begin(
        self,
        envelope: Envelope,
        noted: Noted,
        admit: Callable[[Connection, Millis, Noted], Admitted],
        least: Callable[[], int] = int,
    ) -> Answer | Pending:
        """The answer to a request that only reads; of another, what is to be carried out.

        ``least`` is the revision to answer at, or later: who is not let in neither waits for one nor is told.
        """
        # One view for who calls and what is read: a second one would cost as much as the reading.
        with self._store.read() as sql:
            # One moment for both, too: what RAM was asked of is what is answered about.
            now = self._world.clock.now()
            admitted = admit(sql, now, noted)
            operation = admitted.operation
            parsed = request.read(operation, admitted.parameters)
            pending = Pending(admitted, parsed, replace(envelope, action=operation.action))
            if (wanted := least()) > current_revision(sql):
                return replace(pending, revision=wanted, awaited=True)
            if operation.writes:
                return pending
            if operation.slow and self._store.reads_elsewhere:
                return replace(pending, revision=current_revision(sql))
            return self._read(pending, sql, now)

    async def _finish(self, pending: Pending) -> Answer:
        operation = pending.admitted.operation
        if pending.awaited:
            await reached(self._store, self._world.clock, pending.revision)
        if not operation.writes:
            return await self._threads.read(partial(self._read_later, pending))
        if operation.prepares:
            whom, prepare = pending.admitted.caller.arn, partial(self._prepare, pending)
            return await self._write(pending, await self._threads.prepare(whom, prepare))
        return await self._write(pending, operation.work(pending.parsed))

    # -- who calls, and may they -----------------------------------------------------------------

    def _admit(self, wire: Wire, peer: Peer, sql: Connection, now: Millis, noted: Noted) -> Admitted:
        """The request, once its caller is proven and permitted."""
        require_format(wire)
        if wire.method not in ("GET", "POST"):
            raise UnsupportedHTTPMethod(wire.method)
        try:
            claim = read_claim(wire)
            operation = self._find(*operation_named(wire, claim), noted)
            known = self._authenticate(wire, claim, operation, sql, now)
        except SignatureFault as fault:
            raise BadSignature(fault.code, fault.message) from None

        def whom(view: Connection) -> Caller:
            return caller_now(view, self._world, claim.access_key_id, claim.security_token)

        noted.caller = known.caller.arn
        nonce = f"{claim.access_key_id}:{claim.nonce}"
        conditions = _conditions(known.caller, peer, now)
        parameters = business_parameters(wire)
        return self._permitted(
            Admitted(operation, known.caller, parameters, {}, conditions, whom, known.revision, nonce)
        )

    def _admit_asked(self, asked: Asked, peer: Peer, sql: Connection, now: Millis, noted: Noted) -> Admitted:
        """The same of a call whose caller has signed in."""
        operation = self._find(asked.action, asked.version, noted)
        caller = asked.whom(sql)
        noted.caller = caller.arn
        conditions = _conditions(caller, peer, now)
        callers = callers_revision(sql)
        return self._permitted(
            Admitted(operation, caller, asked.parameters, {}, conditions, asked.whom, callers, None)
        )

    def _permitted(self, admitted: Admitted) -> Admitted:
        """The request, if RAM permits it."""
        operation, sent = admitted.operation, admitted.parameters
        # What the operation does not read must not tell RAM what it is about.
        known = {name: value for name, value in sent.items() if name in operation.by_name}
        conditions = admitted.conditions | conditions_of(operation, known)
        permitted = replace(admitted, known=known, conditions=conditions)
        self._ask_ram(permitted)
        return permitted

    def _ask_ram(self, admitted: Admitted) -> None:
        require(admitted.operation, admitted.known, admitted.caller, admitted.conditions, self._world)

    def _asked_again(self, admitted: Admitted, sql: Connection, callers: int) -> Admitted:
        """The same request by the policy of now: it may have changed while the request waited."""
        # Who holds by a grant may have lost it without any change to who may call.
        if callers == admitted.callers and admitted.caller.holder is None:
            return admitted
        caller = admitted.whom(sql)
        conditions = {**admitted.conditions, "acs:PrincipalARN": caller.arn}
        again = replace(admitted, caller=caller, conditions=conditions)
        self._ask_ram(again)
        return again

    def _find(self, action: str, version: str, noted: Noted) -> Operation:
        noted.ask(action)
        service = self.registry.versions.get(version)
        if service is None:
            raise UnknownVersion(version)
        operation = service.operations.get(action)
        if operation is None:
            raise UnknownAction(action, version)
        noted.find(operation)
        return operation

    def _authenticate(
        self, wire: Wire, claim: Claim, operation: Operation, sql: Connection, now: Millis
    ) -> Known:
        """Whose key signed the request: key and token, then time, then signature, then nonce."""
        if claim.scheme not in (Scheme.ACS3, Scheme.V1):
            raise UnsignedRequest
        known = self._callers.of_key(sql, claim.access_key_id, claim.security_token)
        if abs(now - parse_timestamp(claim.timestamp)) > WINDOW:
            raise TimestampExpired(WINDOW // MINUTE)
        verify(wire, claim, known.secret)
        # Only a nonce that came with a right signature is used up. A write marks its own in its transaction;
        # of one that only reads, other nodes must know too.
        nonce = f"{claim.access_key_id}:{claim.nonce}"
        if not self._nonces.use(nonce, now) or not (operation.writes or self._store.first_use(nonce, now)):
            raise NonceUsed
        return known

    # -- carrying out ----------------------------------------------------------------------------

    def _read(self, pending: Pending, sql: Connection, now: Millis) -> Answer:
        admitted, envelope = pending.admitted, pending.envelope
        work = admitted.operation.work(pending.parsed)
        answer = envelope.success(work(self._call(admitted, envelope, sql, now)))
        return replace(answer, revision=current_revision(sql))

    def _read_later(self, pending: Pending) -> Answer:
        with self._store.read_at(pending.revision) as sql:
            again = self._asked_again(pending.admitted, sql, callers_revision(sql))
            return self._read(replace(pending, admitted=again), sql, self._world.clock.now())

    def _prepare(self, pending: Pending) -> Work:
        """Do the slow part of a write before its transaction, where it would hold up all others."""
        with self._store.read() as sql:
            again = self._asked_again(pending.admitted, sql, callers_revision(sql))
            view = self._call(again, pending.envelope, sql, self._world.clock.now())
            return again.operation.prepared(pending.parsed, view)

    async def _write(self, pending: Pending, work: Work) -> Answer:
        admitted, envelope = pending.admitted, pending.envelope
        operation = admitted.operation
        action = f"{operation.service.product}:{operation.action}"
        author = Author(admitted.caller.arn, action, envelope.request_id)

        def body(tx: Tx) -> tuple[bytes, int]:
            again = self._asked_again(admitted, tx.sql, tx.callers)
            call = self._call(again, envelope, tx.sql, tx.now, tx)
            response = once(operation, pending.parsed, work, call)
            return response, tx.revision if tx.events else tx.revision - 1

        await next_turn()
        # What fails undoes its work, but its nonce stays used.
        written = self._store.write(author, body, admitted.nonce)
        response, revision = await self._arrivals().result(written)
        return replace(envelope.success_of(response), revision=revision)

    def _arrivals(self) -> Arrivals:
        """Where what was written arrives, on the loop there is."""
        loop = asyncio.get_running_loop()
        if self._arriving is None or self._arriving.loop is not loop:
            self._arriving = Arrivals(loop)
        return self._arriving

    def _call(
        self, admitted: Admitted, envelope: Envelope, sql: Connection, now: Millis, tx: Tx | None = None
    ) -> Call:
        return Call(
            sql,
            now,
            admitted.caller,
            envelope.request_id,
            self._world,
            transaction=tx,
            conditions=admitted.conditions,
            host=envelope.host,
            registry=self.registry,
        )


def _conditions(caller: Caller, peer: Peer, now: Millis) -> dict[str, str]:
    """What the conditions of policies may ask of any request."""
    told = {
        "acs:CurrentTime": iso(now),
        "acs:SourceIp": peer.address,
        "acs:SecureTransport": "true" if peer.secure else "false",
        "acs:PrincipalARN": caller.arn,
    }
    if caller.source_identity is not None:
        told["acs:SourceIdentity"] = caller.source_identity
    return told
