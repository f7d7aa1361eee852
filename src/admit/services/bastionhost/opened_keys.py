"""Private keys that were opened before the transaction, with what was kept by then."""

from dataclasses import dataclass

from admit.base.private_keys import PrivateKey
from admit.control.bastionhost.bastion import PASS_PHRASE, PRIVATE_KEY
from admit.rpc.operation import Call
from admit.store import things
from admit.store.things import Thing


@dataclass(frozen=True, slots=True)
class OpenedKey:
    """The private key an owner is to have, and what of the owner's it was opened with."""

    key: PrivateKey | None
    former: bytes | None
    """The former pass phrase or key, still sealed. To open a key again with what has replaced it would hold
    up everybody else, if it were done in the transaction: what does not match is refused."""


def former_secret(call: Call, owner: Thing, private_key: str | None, pass_phrase: str | None) -> bytes | None:
    """What else opens the new key, still sealed: a key or a pass phrase given alone needs it."""
    if (private_key is None) == (pass_phrase is None):
        return None
    return things.sealed(call.sql, owner.key, PRIVATE_KEY if private_key is None else PASS_PHRASE)
