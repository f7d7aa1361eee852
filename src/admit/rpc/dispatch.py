"""One request, step by step: read, authenticated, authorized, carried out, answered."""

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
import structlog

from admit.control.callers import Caller, Callers, permit
from admit.control.world import World
from admit.core.errors import (
    AdmitError,
    BadSignature,
    IdempotentParameterMismatch,
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
from admit.core.validity import MINUTE, Millis
from admit.rpc import request
from admit.rpc.operation import Call, Operation, Registry
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
from admit.store import tokens
from admit.store.engine import Author, Store, Tx

log = structlog.get_logger("admit.rpc")

WINDOW: Millis = 15 * MINUTE
"""How far a request's time may be from ours, either way."""


@dataclass(frozen=True, slots=True)
class Peer:
    """What the connection itself says of the caller; the request cannot forge it."""

    address: str
    secure: bool


class Nonces:
    """The nonces of the last window, in memory; those of writes are in the store as well."""

    def __init__(self) -> None:
        self._seen: dict[str, Millis] = {}
        self._swept: Millis = 0

    def load(self, seen: dict[str, Millis]) -> None:
        """Take over the nonces of an earlier run."""
        self._seen |= seen

    def use(self, nonce: str, now: Millis) -> bool:
        """Mark a nonce as used; returns False if it was used before."""
        if now - self._swept > MINUTE:
            # A nonce matters as long as its request's time can still be accepted: both sides of the window.
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
        with store.read() as sql:
            self._nonces.load(tokens.recent_nonces(sql, world.clock.now() - 2 * WINDOW))

    async def answer(self, wire: Wire, peer: Peer) -> Answer:
        """The answer to a request; never raises for what a caller sent."""
        started = self._world.clock.now()
        envelope = Envelope(self._world.chance.request_id(), wire.headers.get("host", ""))
        who = ""
        try:
            envelope = _with_format(envelope, wire)
            operation, caller, claim = self._admit(wire, peer)
            who = caller.arn
            envelope = Envelope(envelope.request_id, envelope.host, operation.action, envelope.xml)
            parsed = request.read(operation, business_parameters(wire))
            if operation.writes:
                nonce = f"{claim.access_key_id}:{claim.nonce}"
                answer = await self._write(operation, parsed, caller, envelope, nonce)
            else:
                answer = self._read(operation, parsed, caller, envelope)
        except AdmitError as error:
            answer = envelope.error(error)
        except Exception:
            log.exception("request failed", request_id=envelope.request_id, action=envelope.action)
            answer = envelope.error(InternalError())
        log.info(
            "request",
            request_id=envelope.request_id,
            caller=who,
            action=envelope.action,
            status=answer.status,
            code=answer.code,
            peer=peer.address,
            duration_ms=self._world.clock.now() - started,
        )
        return answer

    # -- who calls, and may they -----------------------------------------------------------------

    def _admit(self, wire: Wire, peer: Peer) -> tuple[Operation, Caller, Claim]:
        """The operation, its caller and the claim, once the caller is proven and permitted."""
        if wire.method not in ("GET", "POST"):
            raise UnsupportedHTTPMethod(wire.method)
        try:
            claim = read_claim(wire)
            operation = self._find(wire, claim)
            caller = self._authenticate(wire, claim)
        except SignatureFault as fault:
            raise BadSignature(fault.code, fault.message) from None
        if operation.authorized:
            permit(caller, self._access(operation, wire, peer, caller))
        return operation, caller, claim

    def _find(self, wire: Wire, claim: Claim) -> Operation:
        action, version = operation_named(wire, claim)
        service = self._registry.versions.get(version)
        if service is None:
            raise UnknownVersion(version)
        operation = service.operations.get(action)
        if operation is None:
            raise UnknownAction(action, version)
        return operation

    def _authenticate(self, wire: Wire, claim: Claim) -> Caller:
        """Who signed the request: key, then time, then token, then signature, then nonce."""
        if claim.scheme not in (Scheme.ACS3, Scheme.V1):
            raise UnsignedRequest
        now = self._world.clock.now()
        with self._store.read() as sql:
            known = self._callers.of_key(sql, claim.access_key_id, claim.security_token)
        if abs(now - parse_timestamp(claim.timestamp)) > WINDOW:
            raise TimestampExpired(WINDOW // MINUTE)
        verify(wire, claim, known.secret)
        # Only a nonce that came with a right signature is used up.
        if not self._nonces.use(f"{claim.access_key_id}:{claim.nonce}", now):
            raise NonceUsed
        return known.caller

    def _access(self, operation: Operation, wire: Wire, peer: Peer, caller: Caller) -> Access:
        parameters = business_parameters(wire)
        service = operation.service
        prefix = service.arn_prefix or f"acs:{service.ram_prefix}:{{region}}:{{account}}:"
        prefix = prefix.format(region=self._world.region, account=self._world.account_id)
        tails = [tail.format_map(_Filling(parameters)) for tail in operation.resources]
        return Access(
            action=operation.permission,
            resources=tuple(prefix + tail for tail in tails) or ("*",),
            conditions={
                "acs:CurrentTime": _iso(self._world.clock.now()),
                "acs:SourceIp": peer.address,
                "acs:SecureTransport": "true" if peer.secure else "false",
                "acs:PrincipalARN": caller.arn,
            },
        )

    # -- carrying out ----------------------------------------------------------------------------

    def _read(self, operation: Operation, parsed: Shape, caller: Caller, envelope: Envelope) -> Answer:
        with self._store.read() as sql:
            call = Call(sql, self._world.clock.now(), caller, envelope.request_id, self._world)
            return envelope.success(operation.run(parsed, call))

    async def _write(
        self, operation: Operation, parsed: Shape, caller: Caller, envelope: Envelope, nonce: str
    ) -> Answer:
        author = Author(caller.arn, f"{operation.service.product}:{operation.action}", envelope.request_id)

        def body(tx: Tx) -> Answer:
            if not tokens.use_nonce(tx.sql, nonce, tx.now):
                raise NonceUsed
            call = Call(tx.sql, tx.now, caller, envelope.request_id, self._world, tx)
            # What failed undoes its work, but its nonce stays used.
            try:
                with tx.part():
                    return envelope.success_of(_once(operation, parsed, call))
            except AdmitError as error:
                return envelope.error(error)

        return await asyncio.wrap_future(self._store.write(author, body))


def _once(operation: Operation, parsed: Shape, call: Call) -> bytes:
    """The encoded response; with a ClientToken that was used before, the one it got then."""
    parameter = operation.client_token
    token = None if parameter is None else getattr(parsed, parameter.attribute)
    if parameter is None or token is None:
        return msgspec.json.encode(operation.run(parsed, call))
    # Time stamps and nonces differ between the tries: only what is asked for is compared.
    asked = hashlib.sha256(msgspec.json.encode(parsed)).digest()
    key = (call.caller.arn, f"{operation.service.product}:{operation.action}", token)
    told = tokens.told(call.sql, *key)
    if told is None:
        response = msgspec.json.encode(operation.run(parsed, call))
        tokens.tell(call.sql, key, tokens.Told(asked, response), call.now)
        return response
    if told.request_hash != asked:
        raise IdempotentParameterMismatch
    return told.response


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


def _iso(moment: Millis) -> str:
    return datetime.fromtimestamp(moment / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
