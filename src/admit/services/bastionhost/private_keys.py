"""Private SSH keys as calls bring them: what is wrong with one is an argument that is not valid."""

from collections.abc import Iterator
from contextlib import contextmanager

from admit.base import private_keys
from admit.base.private_keys import KeyRefused, PrivateKey
from admit.services.bastionhost.errors import InvalidArgument


def read_private_key(encoded: str, pass_phrase: str | None, former: str | None = None) -> PrivateKey:
    """A private key given as Base64.

    ``former`` is the pass phrase that is tried when the key needs one and none is given.

    Raises:
        InvalidArgument: it is not Base64, not a key SSH can use, or the pass phrase does not open it.
    """
    with _told():
        return private_keys.read_private_key(encoded, pass_phrase, former)


def open_private_key(text: bytes, pass_phrase: str | None) -> PrivateKey:
    """The same, of the text of a key file.

    Raises:
        InvalidArgument: it is not a key SSH can use, or the pass phrase does not open it.
    """
    with _told():
        return private_keys.open_private_key(text, pass_phrase)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except KeyRefused as refused:
        raise InvalidArgument(refused.at_fault, refused.why) from None
