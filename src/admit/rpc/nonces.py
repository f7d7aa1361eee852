"""The nonces of signed requests: each is good once, as long as its request's time can be accepted."""

import threading

from admit.core.validity import MINUTE, Millis

WINDOW: Millis = 15 * MINUTE
"""How far a request's time may be from ours, either way."""


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
