"""One request, step by step: read, authenticated, authorized, carried out, answered."""

import asyncio
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from time import perf_counter

import structlog
from sqlalchemy import Connection

from admit.control.callers import Caller, Callers, caller_now, permit
from admit.control.world import World
from admit.core.errors import (
    AdmitError,
    BadSignature,
    InternalError,
    NonceUsed,
    TimestampExpired,
    UnknownAction,
    UnknownFormat,
    UnknownVersion,
    UnsignedRequest,
    UnsupportedHTTPMethod,
)
from admit.core.ram import Access
from admit.core.validity import MINUTE, Millis, iso
from admit.rpc import request
from admit.rpc.arrivals import Arrivals
from admit.rpc.noted import Noted
from admit.rpc.operation import Call, Operation, Registry, Work
from admit.rpc.repeats import once
from admit.rpc.response import Answer, Envelope
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
from admit.store.links import callers_revision

log = structlog.get_logger("admit.rpc")

WINDOW: Millis = 15 * MINUTE
"""How far a request's time may be from ours, either way."""


@dataclass(frozen=True, slots=True)
class Peer:
    """What the connection itself says of the caller; the request cannot forge it."""

    address: str
    secure: bool


@dataclass(frozen=True, slots=True)
class Admitted:
    """A request whose caller is proven and permitted."""

    operation: Operation
    caller: Caller
    parameters: Mapping[str, str]
    """What was sent to the operation, and not to the protocol."""
    known: Mapping[str, str]
    """Those of them that the operation reads."""
    conditions: Mapping[str, str]
    """What RAM's conditions may ask of the request."""
    claim: Claim
    callers: int
    """The newest change to who may call when that was found."""

    @property
    def nonce(self) -> str:
        """Its signature's nonce, with the key it belongs to."""
        return f"{self.claim.access_key_id}:{self.claim.nonce}"


@dataclass(frozen=True, slots=True)
class Pending:
    """A permitted request that is still to be carried out."""

    admitted: Admitted
    parsed: Shape
    envelope: Envelope


class Nonces:
    """The nonces of the last window, in memory; those of writes are in the store as well."""

    def __init__(self) -> None:
        self._seen: dict[str, Millis] = {}
        self._swept: Millis = 0
        self._turn = threading.Lock()

    def load(self, seen: dict[str, Millis]) -> None:
        """Take over the nonces of an earlier run."""
        self._seen |= seen

    def use(self, nonce: str, now: Millis) -> bool:
        """Mark a nonce as used; returns False if it was used before."""
        with self._turn:
            if now - self._swept > MINUTE:
                # A nonce matters as long as its request's time can be accepted: both sides of the window.
                self._seen = {key: at for key, at in self._seen.items() if now - at <= 2 * WINDOW}
                self._swept = now
            if nonce in self._seen:
                return False
            self._seen[nonce] = now
            return True


class Dispatcher:
    """Answers requests for the operations of a registry."""

    def __init__(self, registry: Registry, store: Store, world: World) -> None:
        self._registry = registry
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
        started = perf_counter()
        envelope = Envelope(self._world.chance.request_id(), wire.headers.get("host", ""))
        noted = Noted(envelope.request_id, peer.address)
        try:
            envelope = _with_format(envelope, wire)
            begin = partial(self._begin, wire, peer, envelope, noted)
            # SQLite answers sooner than a thread would begin; for another server the loop must not wait.
            begun = begin() if self._store.is_sqlite else await self._threads.read(begin)
            answer = begun if isinstance(begun, Answer) else await self._finish(begun)
        except AdmitError as error:
            answer = envelope.error(error)
        except Exception:
            log.exception("request failed", request_id=envelope.request_id, action=noted.asked)
            answer = envelope.error(InternalError())
        noted.tell(self._world, answer, perf_counter() - started)
        return answer

    def close(self) -> None:
        """Finish the slow work that is under way."""
        self._threads.close()

    def _begin(self, wire: Wire, peer: Peer, envelope: Envelope, noted: Noted) -> Answer | Pending:
        """The answer to a request that only reads; of another, what is to be carried out."""
        # One view for who calls and what is read: a second one would cost as much as the reading.
        with self._store.read() as sql:
            admitted = self._admit(wire, peer, sql, noted)
            operation = admitted.operation
            parsed = request.read(operation, admitted.parameters)
            pending = Pending(admitted, parsed, replace(envelope, action=operation.action))
            if operation.writes or (operation.slow and self._store.is_sqlite):
                return pending
            return self._read(pending, sql)

    async def _finish(self, pending: Pending) -> Answer:
        operation = pending.admitted.operation
        if not operation.writes:
            return await self._threads.read(partial(self._read_later, pending))
        if operation.prepares:
            return await self._write(pending, await self._threads.prepare(partial(self._prepare, pending)))
        return await self._write(pending, operation.work(pending.parsed))

    # -- who calls, and may they -----------------------------------------------------------------

    def _admit(self, wire: Wire, peer: Peer, sql: Connection, noted: Noted) -> Admitted:
        """The request, once its caller is proven and permitted."""
        if wire.method not in ("GET", "POST"):
            raise UnsupportedHTTPMethod(wire.method)
        try:
            claim = read_claim(wire)
            operation = self._find(wire, claim, noted)
            caller, callers = self._authenticate(wire, claim, sql)
        except SignatureFault as fault:
            raise BadSignature(fault.code, fault.message) from None
        noted.caller = caller.arn
        parameters = business_parameters(wire)
        # What the operation does not read must not tell RAM what it is about.
        known = {name: value for name, value in parameters.items() if name in operation.by_name}
        conditions = self._conditions(operation, known, caller, peer)
        admitted = Admitted(operation, caller, parameters, known, conditions, claim, callers)
        self._ask_ram(admitted)
        return admitted

    def _ask_ram(self, admitted: Admitted) -> None:
        operation, caller = admitted.operation, admitted.caller
        # No policy speaks about the account itself.
        if operation.authorized and caller.policies is not None:
            resources = self._resources(operation, admitted.known, caller)
            access = Access(operation.permission, resources, admitted.conditions)
            permit(caller, access, operation.service.denied)

    def _asked_again(self, admitted: Admitted, sql: Connection, callers: int) -> Admitted:
        """The same request by the policy of now: it may have changed while the request waited."""
        if callers == admitted.callers:
            return admitted
        claim = admitted.claim
        caller = caller_now(sql, self._world, claim.access_key_id, claim.security_token)
        conditions = {**admitted.conditions, "acs:PrincipalARN": caller.arn}
        again = replace(admitted, caller=caller, conditions=conditions)
        self._ask_ram(again)
        return again

    def _find(self, wire: Wire, claim: Claim, noted: Noted) -> Operation:
        action, version = operation_named(wire, claim)
        noted.ask(action)
        service = self._registry.versions.get(version)
        if service is None:
            raise UnknownVersion(version)
        operation = service.operations.get(action)
        if operation is None:
            raise UnknownAction(action, version)
        noted.find(operation)
        return operation

    def _authenticate(self, wire: Wire, claim: Claim, sql: Connection) -> tuple[Caller, int]:
        """Who signed the request: key and token, then time, then signature, then nonce.

        Also the newest change to who may call by then.
        """
        if claim.scheme not in (Scheme.ACS3, Scheme.V1):
            raise UnsignedRequest
        now = self._world.clock.now()
        known = self._callers.of_key(sql, claim.access_key_id, claim.security_token)
        if abs(now - parse_timestamp(claim.timestamp)) > WINDOW:
            raise TimestampExpired(WINDOW // MINUTE)
        verify(wire, claim, known.secret)
        # Only a nonce that came with a right signature is used up.
        if not self._nonces.use(f"{claim.access_key_id}:{claim.nonce}", now):
            raise NonceUsed
        return known.caller, known.revision

    def _conditions(
        self, operation: Operation, parameters: Mapping[str, str], caller: Caller, peer: Peer
    ) -> Mapping[str, str]:
        """What the conditions of policies may ask of this request."""
        told = {
            "acs:CurrentTime": iso(self._world.clock.now()),
            "acs:SourceIp": peer.address,
            "acs:SecureTransport": "true" if peer.secure else "false",
            "acs:PrincipalARN": caller.arn,
        }
        if caller.source_identity is not None:
            told["acs:SourceIdentity"] = caller.source_identity
        asked = operation.service.conditions.items()
        return told | {key: parameters[name] for key, name in asked if name in parameters}

    def _resources(
        self, operation: Operation, parameters: Mapping[str, str], caller: Caller
    ) -> tuple[str, ...]:
        """The full names of what the operation is asked to touch."""
        service = operation.service
        prefix = service.arn_prefix or f"acs:{service.ram_prefix}:{{region}}:{{account}}:"
        known = {"region": self._world.region, "account": self._world.account_id}
        told = {} if service.words is None else service.words(parameters, caller)
        words = _Filling({**parameters, **told, **known})
        names = (tail if tail.startswith("acs:") else prefix + tail for tail in operation.resources)
        return tuple(name.format_map(words) for name in names) or ("*",)

    # -- carrying out ----------------------------------------------------------------------------

    def _read(self, pending: Pending, sql: Connection) -> Answer:
        admitted = pending.admitted
        work = admitted.operation.work(pending.parsed)
        return pending.envelope.success(work(self._view(admitted, pending.envelope, sql)))

    def _read_later(self, pending: Pending) -> Answer:
        with self._store.read() as sql:
            again = self._asked_again(pending.admitted, sql, callers_revision(sql))
            return self._read(replace(pending, admitted=again), sql)

    def _prepare(self, pending: Pending) -> Work:
        """Do the slow part of a write before its transaction, where it would hold up all others."""
        with self._store.read() as sql:
            again = self._asked_again(pending.admitted, sql, callers_revision(sql))
            return again.operation.prepared(pending.parsed, self._view(again, pending.envelope, sql))

    async def _write(self, pending: Pending, work: Work) -> Answer:
        admitted, envelope = pending.admitted, pending.envelope
        operation = admitted.operation
        action = f"{operation.service.product}:{operation.action}"
        author = Author(admitted.caller.arn, action, envelope.request_id)

        def body(tx: Tx) -> bytes:
            again = self._asked_again(admitted, tx.sql, tx.callers)
            call = self._call(again, envelope, tx.sql, tx.now, tx)
            return once(operation, pending.parsed, work, call)

        # What fails undoes its work, but its nonce stays used.
        written = self._store.write(author, body, admitted.nonce)
        return envelope.success_of(await self._arrivals().result(written))

    def _arrivals(self) -> Arrivals:
        """Where what was written arrives, on the loop there is."""
        loop = asyncio.get_running_loop()
        if self._arriving is None or self._arriving.loop is not loop:
            self._arriving = Arrivals(loop)
        return self._arriving

    def _view(self, admitted: Admitted, envelope: Envelope, sql: Connection) -> Call:
        """A call that only reads."""
        return self._call(admitted, envelope, sql, self._world.clock.now())

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
        )


class _Filling(dict[str, str]):
    """Parameters for a resource name; one that was not sent stands for any."""

    def __missing__(self, name: str) -> str:
        return "*"


def _with_format(envelope: Envelope, wire: Wire) -> Envelope:
    wanted = {**wire.query, **wire.form}.get("Format", "")
    if wanted.upper() not in ("", "JSON", "XML"):
        raise UnknownFormat(wanted)
    accepts = wire.headers.get("accept", "")
    xml = wanted.upper() == "XML" or (not wanted and accepts.split(";")[0].strip() in _XML_TYPES)
    return Envelope(envelope.request_id, envelope.host, envelope.action, xml)


_XML_TYPES = frozenset({"application/xml", "text/xml"})
