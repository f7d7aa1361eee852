"""Requests that come again with the ClientToken they came with before."""

import hashlib
import hmac

import msgspec

from admit.core.errors import IdempotentParameterMismatch
from admit.rpc.operation import Call, Operation, Work
from admit.rpc.shape import Shape
from admit.store import tokens


def once(operation: Operation, parsed: Shape, work: Work, call: Call) -> bytes:
    """The encoded response; with a ClientToken that was used before, the one it got then.

    Raises:
        IdempotentParameterMismatch: the token was used for something else.
    """
    parameter = operation.client_token
    token = None if parameter is None else getattr(parsed, parameter.attribute)
    if parameter is None or token is None:
        return msgspec.json.encode(work(call))
    # Time stamps and nonces differ between the tries: only what is asked for is compared. A password
    # may be part of it: without the key nobody can try which one it was.
    sealed_with = call.world.sealer.subkey("client token")
    asked = hmac.digest(sealed_with, msgspec.json.encode(parsed), hashlib.sha256)
    # By id, not by name: who bears the name of somebody removed did not make their calls.
    key = (call.caller.principal_id, f"{operation.service.product}:{operation.action}", token)
    told = tokens.told(call.sql, *key)
    if told is None:
        response = msgspec.json.encode(work(call))
        tokens.tell(call.sql, key, tokens.Told(asked, response), call.now)
        return response
    if told.request_hash != asked:
        raise IdempotentParameterMismatch
    return told.response
