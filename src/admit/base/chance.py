"""The only source of chance: identifiers, nonces, keys."""

import secrets
import uuid
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
        return str(uuid.UUID(bytes=self.fill(16), version=4)).upper()
