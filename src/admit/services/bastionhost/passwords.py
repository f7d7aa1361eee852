"""Passwords of local users, as parameters."""

from admit.control.signing_in.passwords import weakness
from admit.services.bastionhost.errors import InvalidArgument


def check(password: str) -> None:
    """Refuse a password that is too weak.

    Raises:
        InvalidArgument: not 8 to 128 printable characters, or without an upper-case
            letter, a lower-case letter, a digit or a special character.
    """
    found = weakness(password)
    if found is not None:
        raise InvalidArgument("Password", found.why, found.fault)
