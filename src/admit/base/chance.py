"""The only source of chance: identifiers, nonces, keys."""

import secrets
from collections.abc import Callable
from random import Random

ID_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
BASE32 = "abcdefghijklmnopqrstuvwxyz234567"
BASE32_HEX = "0123456789abcdefghijklmnopqrstuv"


class Chance:
    """Random values; ``Chance.seeded`` gives the same ones every time, for tests."""

    def __init__(self, fill: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self.fill = fill

    @classmethod
    def seeded(cls, seed: int) -> "Chance":
        """A repeatable source. Never for anything secret outside tests."""
        return cls(Random(seed).randbytes)  # noqa: S311 - for tests only

    def text(self, length: int, letters: str = ID_LETTERS) -> str:
        """``length`` letters drawn evenly."""
        if len(letters) > 64:
            raise ValueError("at most 64 letters")
        # Bytes past the last whole multiple are thrown away, or the first letters came up more often.
        limit = 256 - 256 % len(letters)
        drawn: list[str] = []
        while len(drawn) < length:
            drawn += [letters[byte % len(letters)] for byte in self.fill(length * 2) if byte < limit]
        return "".join(drawn[:length])

    def digits(self, length: int) -> str:
        """A decimal number of ``length`` digits that does not begin with 0."""
        return self.text(1, "123456789") + self.text(length - 1, "0123456789")

    def request_id(self) -> str:
        """A request's id: an upper-case UUID."""
        drawn = bytearray(self.fill(16))
        # Version 4, and the variant of RFC 4122.
        drawn[6], drawn[8] = drawn[6] & 0x0F | 0x40, drawn[8] & 0x3F | 0x80
        text = drawn.hex().upper()
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
