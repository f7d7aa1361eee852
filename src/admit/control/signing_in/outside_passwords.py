"""Passwords that a directory outside keeps: of bastion users whose source is AD or LDAP."""

import asyncio
from collections.abc import Iterable, Sequence

import msgspec
import structlog
from sqlalchemy import Connection

from admit.base.ldap import DirectoryAway
from admit.control.bastionhost import bastion_users
from admit.control.bastionhost.bastion import UserDetails
from admit.control.world import World
from admit.core.validity import Millis
from admit.store.things import Thing

log = structlog.get_logger("admit.sign_in")

SOURCES = ("AD", "LDAP")
AT_ONCE = 8
"""How many questions may be under way: guessing must not be a way to overwhelm the directory."""
MOST = 4
"""How many users of one name are asked about."""


class _Source(msgspec.Struct):
    """What the users of all services say of where they come from."""

    source: str = "Local"


class OutsidePasswords:
    """Asks the directory that is set, if one is."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._asking = asyncio.Semaphore(AT_ONCE)

    def candidates(self, sql: Connection, name: str, now: Millis) -> list[Thing]:
        """The users of a name whose password the directory keeps."""
        if self._world.directory is None:
            return []
        found = bastion_users.usable(sql, bastion_users.named(sql, name), now)
        return [each for each in found if each.read(UserDetails).source in SOURCES][:MOST]

    async def right(self, users: Sequence[Thing], password: str) -> list[Thing]:
        """Those whose password it is. For a name that nobody has one question is asked as well.

        Raises:
            DirectoryAway: it could not be asked.
        """
        directory = self._world.directory
        if directory is None:
            return []
        names = [each.read(UserDetails).source_user_id or "" for each in users]
        asked = names or [f"cn={self._world.chance.text(12)}"]
        answers = [await self._lets_in(name, password) for name in asked]
        return [user for user, answer in zip(users, answers, strict=False) if answer]

    async def _lets_in(self, name: str, password: str) -> bool:
        directory = self._world.directory
        if directory is None:
            return False
        async with self._asking:
            try:
                return await asyncio.to_thread(directory.lets_in, name, password)
            except DirectoryAway as away:
                log.warning("the directory cannot be asked", why=str(away))
                raise


def kept_here(users: Iterable[Thing]) -> list[Thing]:
    """Those whose passwords are kept here, and can be changed here."""
    return [each for each in users if each.read(_Source).source not in (*SOURCES, "Ram")]
