"""Choosing another password: for those users alone whose former one was shown."""

import asyncio
from collections.abc import Sequence

from admit.control.signing_in import one_time_codes, passwords
from admit.control.signing_in.outside_passwords import kept_here
from admit.control.signing_in.signin import SignInRefused
from admit.control.signing_in.web_sessions import Proven
from admit.control.world import World
from admit.store import things
from admit.store.engine import Tx
from admit.store.things import Thing


async def hashed(world: World, proven: Proven, password: str) -> Sequence[tuple[Thing, str]]:
    """What recognises the new password of each, made before the transaction: it is slow on purpose.

    Raises:
        SignInRefused: it is too weak, or none of their passwords is kept here.
    """
    holders = [*kept_here(proven.users), *([] if proven.caller is None else [proven.caller])]
    if not holders:
        raise SignInRefused("your password is kept in a directory outside: change it there")
    weak = passwords.weakness(password)
    if weak is not None:
        raise SignInRefused(f"the new password is not taken: {weak.why}")
    return [(each, await asyncio.to_thread(passwords.hashed, world, password)) for each in holders]


def take(tx: Tx, world: World, digests: Sequence[tuple[Thing, str]]) -> None:
    """Let each sign in with the new one, and not with the former."""
    for holder, digest in digests:
        if one_time_codes.is_of_bastion(tx.sql, holder):
            passwords.replace_hash(tx, world, holder, digest)
        elif (found := things.living(tx.sql, holder.key)) is not None:
            passwords.keep_hash(tx, world, found, digest)
            passwords.note_new(tx, found)
