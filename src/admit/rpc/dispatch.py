"""One request, step by step: read, authenticated, authorized, carried out, answered."""

import asyncio
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace
from time import perf_counter

import msgspec
import structlog
from sqlalchemy import Connection

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
from admit.core.validity import MINUTE, Millis, iso
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


@dataclass(frozen=True, slots=True)
class Admitted:
    """A request whose caller is proven and permitted."""

    operation: Operation
    caller: Caller
    parameters: Mapping[str, str]
    """What was sent to the operation, and not to the protocol."""
    conditions: Mapping[str, str]
    """What RAM's conditions may ask of the request."""
    nonce: str
    """Its signature's nonce, with the key it belongs to."""


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
        started = perf_counter()
        envelope = Envelope(self._world.chance.request_id(), wire.headers.get("host", ""))
        who = service = ""
        try:
            envelope = _with_format(envelope, wire)
            # One view for who calls and what is read: a second one would cost as much as the reading.
            with self._store.read() as sql:
                admitted = self._admit(wire, peer, sql)
                operation, who = admitted.operation, admitted.caller.arn
                service = operation.service.product
                envelope = Envelope(envelope.request_id, envelope.host, operation.action, envelope.xml)
                parsed = request.read(operation, admitted.parameters)
                read = None if operation.writes else self._read(admitted, parsed, envelope, sql)
            answer = await self._write(admitted, parsed, envelope) if read is None else read
        except AdmitError as error:
            answer = envelope.error(error)
        except Exception:
            log.exception("request failed", request_id=envelope.request_id, action=envelope.action)
            answer = envelope.error(InternalError())
        took_s = perf_counter() - started
        # What follows the dot may be anything a caller sent.
        code = answer.code.partition(".")[0]
        self._world.metrics.rpc_seconds.labels(service, envelope.action, code).observe(took_s)
        log.info(
            "request",
            request_id=envelope.request_id,
            caller=who,
            action=envelope.action,
            status=answer.status,
            code=answer.code,
            peer=peer.address,
            duration_ms=round(took_s * 1000, 3),
        )
        return answer

    # -- who calls, and may they -----------------------------------------------------------------

    def _admit(self, wire: Wire, peer: Peer, sql: Connection) -> Admitted:
        """The request, once its caller is proven and permitted."""
        if wire.method not in ("GET", "POST"):
            raise UnsupportedHTTPMethod(wire.method)
        try:
            claim = read_claim(wire)
            operation = self._find(wire, claim)
            caller = self._authenticate(wire, claim, sql)
        except SignatureFault as fault:
            raise BadSignature(fault.code, fault.message) from None
        parameters = business_parameters(wire)
        # What the operation does not read must not tell RAM what it is about.
        known = {name: value for name, value in parameters.items() if name in operation.by_name}
        conditions = self._conditions(operation, known, caller, peer)
        # No policy speaks about the account itself.
        if operation.authorized and caller.policies is not None:
            resources = self._resources(operation, known, caller)
            permit(caller, Access(operation.permission, resources, conditions), operation.service.denied)
        return Admitted(operation, caller, parameters, conditions, f"{claim.access_key_id}:{claim.nonce}")

    def _find(self, wire: Wire, claim: Claim) -> Operation:
        action, version = operation_named(wire, claim)
        service = self._registry.versions.get(version)
        if service is None:
            raise UnknownVersion(version)
        operation = service.operations.get(action)
        if operation is None:
            raise UnknownAction(action, version)
        return operation

    def _authenticate(self, wire: Wire, claim: Claim, sql: Connection) -> Caller:
        """Who signed the request: key and token, then time, then signature, then nonce."""
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
        return known.caller

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

    def _read(self, admitted: Admitted, parsed: Shape, envelope: Envelope, sql: Connection) -> Answer:
        call = self._call(admitted, envelope, sql, self._world.clock.now())
        return envelope.success(admitted.operation.run(parsed, call))

    async def _write(self, admitted: Admitted, parsed: Shape, envelope: Envelope) -> Answer:
        operation = admitted.operation
        action = f"{operation.service.product}:{operation.action}"
        author = Author(admitted.caller.arn, action, envelope.request_id)

        def body(tx: Tx) -> Answer:
            if not tokens.use_nonce(tx.sql, admitted.nonce, tx.now):
                raise NonceUsed
            call = replace(self._call(admitted, envelope, tx.sql, tx.now), transaction=tx)
            # What failed undoes its work, but its nonce stays used.
            try:
                with tx.part():
                    return envelope.success_of(_once(operation, parsed, call))
            except AdmitError as error:
                return envelope.error(error)

        return await asyncio.wrap_future(self._store.write(author, body))

    def _call(self, admitted: Admitted, envelope: Envelope, sql: Connection, now: Millis) -> Call:
        return Call(
            sql,
            now,
            admitted.caller,
            envelope.request_id,
            self._world,
            conditions=admitted.conditions,
            host=envelope.host,
        )


def _once(operation: Operation, parsed: Shape, call: Call) -> bytes:
    """The encoded response; with a ClientToken that was used before, the one it got then."""
    parameter = operation.client_token
    token = None if parameter is None else getattr(parsed, parameter.attribute)
    if parameter is None or token is None:
        return msgspec.json.encode(operation.run(parsed, call))
    # Time stamps and nonces differ between the tries: only what is asked for is compared. A password
    # may be part of it: without the key nobody can try which one it was.
    sealed_with = call.world.sealer.subkey("client token")
    asked = hmac.digest(sealed_with, msgspec.json.encode(parsed), hashlib.sha256)
    # By id, not by name: who bears the name of somebody removed did not make their calls.
    key = (call.caller.principal_id, f"{operation.service.product}:{operation.action}", token)
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
