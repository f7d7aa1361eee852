"""When an application last showed its secret: kept, without a commit for each request."""

import asyncio

import pytest

from admit.control.eiam.sign_ins import AUTHOR
from admit.core.links import Kind
from admit.core.validity import MINUTE
from admit.oidc.secret_uses import EVERY
from admit.store import secret_uses, things
from admit.store.engine import Tx
from tests.oidc.firm import Firm, firm
from tests.system import System


def last_used(made: Firm, app: str) -> list[int | None]:
    """When the secrets of an application were used last, the oldest secret first."""
    listed = made.idaas.call("ListApplicationClientSecrets", ApplicationId=app)["ApplicationClientSecrets"]
    return [each.get("LastUsedTime") for each in listed]


def secret_key(made: Firm, app: str) -> int:
    """The key of the first secret of an application."""
    with made.system.admit.store.read() as sql:
        owner = things.by_id_anywhere(sql, Kind.APPLICATION, app)
        assert owner is not None
        return things.find(sql, things.Where(Kind.CLIENT_SECRET, parent=owner.key))[0].key


def write(made: Firm) -> None:
    """Have what was noted written now."""
    writing = made.system.admit.oidc.secret_uses.write()
    asyncio.run_coroutine_threadsafe(writing, made.loop).result(20)


def used(made: Firm, app: str, secret: str) -> int:
    """Show a secret; returns what is answered."""
    return made.post("introspect", {"token": "none"}, (app, secret))[0]


def test_a_use_is_told_once_it_is_written_and_a_wrong_secret_is_no_use(firm: Firm) -> None:
    app, secret = firm.application("blog")
    firm.idaas.call("CreateApplicationClientSecret", ApplicationId=app)
    assert used(firm, app, secret) == 200
    first = firm.system.clock.now()
    noted = last_used(firm, app)
    write(firm)
    written = last_used(firm, app)
    firm.system.clock.advance(MINUTE)
    assert used(firm, app, secret + "x") == 401
    write(firm)
    unchanged = last_used(firm, app)
    assert used(firm, app, secret) == 200
    write(firm)

    assert (noted, written, unchanged) == ([None, None], [first, None], [first, None])
    assert last_used(firm, app) == [first + MINUTE, None]
    listed = firm.idaas.call("ListApplicationClientSecrets", ApplicationId=app)["ApplicationClientSecrets"]
    named = {"ApplicationId": app, "SecretId": listed[0]["SecretId"]}
    obtained = firm.idaas.call("ObtainApplicationClientSecret", **named)["ApplicationClientSecret"]
    assert obtained["LastUsedTime"] == first + MINUTE


def test_it_is_written_every_few_seconds(firm: Firm) -> None:
    app, secret = firm.application("shop")
    assert used(firm, app, secret) == 200
    first = firm.system.clock.now()
    # Whoever waits for it, waits for the clock first, and then for the database.
    while last_used(firm, app) == [None]:
        firm.system.clock.advance(EVERY)

    assert last_used(firm, app) == [first]


def test_what_is_not_written_yet_is_written_when_the_door_closes(system: System) -> None:
    with firm(system) as made:
        assert used(made, made.wiki, made.secret) == 200

    assert last_used(made, made.wiki) == [system.clock.now()]


def test_what_cannot_be_written_is_written_later(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    app, secret = firm.application("news")
    assert used(firm, app, secret) == 200
    store = firm.system.admit.store

    def fails(*_: object) -> None:
        raise store.faults[0]("the database is away")

    with monkeypatch.context() as patched:
        patched.setattr(secret_uses, "write", fails)
        write(firm)
    missing = last_used(firm, app)
    write(firm)

    assert (missing, last_used(firm, app)) == ([None], [firm.system.clock.now()])


def test_a_later_use_that_another_node_wrote_stays_and_goes_with_the_secret(firm: Firm) -> None:
    app, _ = firm.application("chat")
    key, store = secret_key(firm, app), firm.system.admit.store

    def writes(at: int) -> None:
        def body(tx: Tx) -> None:
            secret_uses.write(tx.sql, {key: at})
            secret_uses.forget(tx.sql)

        store.write_now(AUTHOR, body)

    writes(2)
    writes(1)
    kept = last_used(firm, app)
    named = firm.idaas.call("ListApplicationClientSecrets", ApplicationId=app)["ApplicationClientSecrets"][0]
    firm.idaas.call("DeleteApplicationClientSecret", ApplicationId=app, SecretId=named["SecretId"])
    store.write_now(AUTHOR, lambda tx: secret_uses.forget(tx.sql))
    with store.read() as sql:
        left = secret_uses.last(sql, [key])

    assert (kept, left) == ([2], {})
