"""Passwords of local users: what they must contain."""

from admit.services.bastionhost.errors import InvalidArgument


def check(password: str) -> None:
    """Refuse a password that is too weak.

    Raises:
        InvalidArgument: not 8 to 128 printable characters, or without an upper-case
            letter, a lower-case letter, a digit or a special character.
    """
    if not 8 <= len(password) <= 128:
        raise InvalidArgument("Password", "it must be 8 to 128 characters long.", "Length")
    if not password.isprintable():
        raise InvalidArgument("Password", "it contains characters that are not allowed.", "InvalidChars")
    kinds = (str.isupper, str.islower, str.isdigit, _is_special)
    if not all(any(kind(letter) for letter in password) for kind in kinds):
        why = "it must contain an upper-case letter, a lower-case letter, a digit and a special character."
        raise InvalidArgument("Password", why, "Format")


def _is_special(letter: str) -> bool:
    return not letter.isalnum()
