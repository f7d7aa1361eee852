"""What a new system begins with: the account, its first access key, an administrator."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from admit.base.chance import BASE32_HEX, ID_LETTERS, Chance
from admit.base.sealing import Sealer
from admit.control import things
from admit.control.callers import SECRET, KeyDetails
from admit.control.people import person_named
from admit.control.signing_in import passwords
from admit.control.things import New
from admit.control.world import World
from admit.core.links import Kind
from admit.store.engine import Author, Store, Tx
from admit.store.things import Thing


class AccountDetails(msgspec.Struct, omit_defaults=True):
    """What is kept of the account."""

    alias: str | None = None


@dataclass(frozen=True, slots=True)
class Founded:
    """What a new system is used with first. The secrets are shown this once."""

    account_id: str
    access_key_id: str
    access_key_secret: str
    admin_user: str
    admin_password: str


Founder = Callable[[Tx, World], object]
"""Puts what one service needs for a first call into a new system."""


def new_access_key(tx: Tx, world: World, owner: Thing) -> tuple[Thing, str]:
    """A new access key of an owner, with its secret, which cannot be read again by its owner."""
    letters = ID_LETTERS + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    access_key_id = "LTAI5t" + world.chance.text(18, letters)
    secret = world.chance.text(30, letters)
    key = things.add(tx, New(Kind.ACCESS_KEY, owner.key, access_key_id, KeyDetails(), access_key_id))
    things.keep_secret(tx, key, SECRET, world.sealer.seal(secret.encode(), f"{SECRET}:{access_key_id}"))
    return key, secret


def found(
    store: Store, sealer: Sealer, chance: Chance, region: str, founders: tuple[Founder, ...]
) -> Founded:
    """Make the account and what stands in it, in one transaction."""

    def body(tx: Tx) -> Founded:
        account_id = chance.digits(16)
        account = things.add(tx, New(Kind.ACCOUNT, 0, "account", AccountDetails(), account_id))
        world = World(account_id, account.key, region, store.clock, chance, sealer)
        key, secret = new_access_key(tx, world, account)
        password = "-".join(chance.text(5, BASE32_HEX) for _ in range(4))
        admin = person_named(tx, "admin")
        passwords.keep(tx, world, admin, password)
        for founder in founders:
            founder(tx, world)
        return Founded(account_id, key.id, secret, admin.name, password)

    return store.write_now(Author("admit", "init", chance.request_id()), body)
