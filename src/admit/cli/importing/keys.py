"""Private keys that a file of hosts names: read, checked, never shown."""

import base64
from dataclasses import dataclass, field
from pathlib import Path

from admit.base.private_keys import KeyRefused, open_private_key

LARGEST = 24 * 1024
"""The largest key file that is read, in bytes: the API takes 32,768 letters of Base64."""


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A private key as the API takes it, or why there is none."""

    encoded: str | None = field(default=None, repr=False)
    fingerprint: str = ""
    fault: str = ""


@dataclass(slots=True)
class KeyFiles:
    """The key files that the hosts of a file name; each is read once. Paths are relative to ``directory``."""

    directory: Path
    _read: dict[str, KeyFile] = field(default_factory=dict)

    def read(self, path: str) -> KeyFile:
        """The key that stands there."""
        if path not in self._read:
            self._read[path] = _key_file(self.directory, path)
        return self._read[path]


def _key_file(directory: Path, path: str) -> KeyFile:
    try:
        # Not what else may stand there: a device would never end.
        file = directory / Path(path).expanduser()
        if not file.is_file():
            return KeyFile(fault=f"{path} is no file")
        with file.open("rb") as stream:
            text = stream.read(LARGEST + 1)
    except (OSError, RuntimeError) as error:
        return KeyFile(fault=f"{path} cannot be read: {getattr(error, 'strerror', None) or error}")
    if len(text) > LARGEST:
        return KeyFile(fault=f"{path} is too large for a private key")
    try:
        key = open_private_key(text, None)
    except KeyRefused as refused:
        protected = refused.at_fault == "PassPhrase"
        return KeyFile(fault=f"{path} is {'protected by a pass phrase' if protected else 'no private key'}")
    return KeyFile(base64.b64encode(text).decode(), key.fingerprint)
