"""The nonces of signed requests: each is good once, as long as its request's time can be accepted."""

import threading
from collections import deque
from collections.abc import Mapping

from admit.core.validity import MINUTE, Millis

WINDOW: Millis = 15 * MINUTE
"""How far a request's time may be from ours, either way."""
FORGOTTEN = 100
"""How many are forgotten at most when one is used: the millions of half an hour at once would be a pause."""


class Nonces:
    """The nonces of the last window, in memory; those of writes are in the store as well."""

    def __init__(self) -> None:
        self._seen: dict[str, Millis] = {}
        self._oldest: deque[str] = deque()
        """The same in the order of their moments."""
        self._turn = threading.Lock()

    def load(self, seen: Mapping[str, Millis]) -> None:
        """Take over the nonces of an earlier run."""
        for nonce in sorted(seen, key=seen.__getitem__):
            self._seen[nonce] = seen[nonce]
            self._oldest.append(nonce)

    def use(self, nonce: str, now: Millis) -> bool:
        """Mark a nonce as used; returns False if it was used before."""
        with self._turn:
            self._forget(now)
            if nonce in self._seen:
                return False
            self._seen[nonce] = now
            self._oldest.append(nonce)
            return True

    def _forget(self, now: Millis) -> None:
        """Forget some that no request can have any more, on whichever side of ours its time was."""
        for _ in range(FORGOTTEN):
            if not self._oldest or now - self._seen[self._oldest[0]] <= 2 * WINDOW:
                return
            del self._seen[self._oldest.popleft()]
