"""A whole system when what it stands on fails."""

import pytest
from sqlalchemy import text

from admit.store import messages
from admit.store.engine import Author, Tx
from admit.store.messages import NewMessage
from admit.web import Measured
from tests.system import System


@pytest.fixture
def broken(system: System) -> System:
    """A system whose database has lost a table: the driver itself complains."""
    with system.admit.store.engine.begin() as sql:
        sql.execute(text("alter table revision rename to lost"))
    return system


def test_a_database_that_fails_beneath_sqlalchemy_is_not_ready(broken: System):
    assert broken.http("GET", "/readyz", {})[:2] == (503, b'{"ready":false}')


def test_what_was_measured_is_told_while_the_database_fails(broken: System):
    status, measured, _ = broken.http("GET", "/metrics", {})

    assert status == 200
    assert b"admit_revision NaN" in measured


def test_mail_that_waits_or_has_failed_is_counted(system: System):
    def body(tx: Tx) -> None:
        for number in range(3):
            new = NewMessage(f"{number}", "alice@example.com", "subject", "text", "<1@example.com>")
            messages.add(tx.sql, new, tx.now)
        refused = messages.claim(tx.sql, tx.now, tx.now + 1)
        assert refused is not None
        messages.failed(tx.sql, refused, "550 no such mailbox")

    system.admit.store.write_now(Author("admit", "test", ""), body)

    _, measured, _ = system.http("GET", "/metrics", {})
    assert b'admit_mail{state="waiting"} 2.0' in measured
    assert b'admit_mail{state="failed"} 1.0' in measured


def test_a_system_is_ready_again_once_its_database_is(broken: System):
    assert broken.http("GET", "/readyz", {})[0] == 503
    with broken.admit.store.engine.begin() as sql:
        sql.execute(text("alter table lost rename to revision"))

    assert broken.http("GET", "/readyz", {})[:2] == (200, b'{"ready":true}')


@pytest.mark.parametrize("near", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_metrics_are_told_on_the_machine_itself(system: System, near: str):
    assert system.http("GET", "/metrics", {}, peer=near)[0] == 200


@pytest.mark.parametrize("far", ["10.0.0.7", "203.0.113.9", "2001:db8::1", "::ffff:10.0.0.7", "unknown"])
def test_metrics_are_told_elsewhere_only_where_that_is_set(system: System, far: str):
    status, body, _ = system.http("GET", "/metrics", {}, peer=far)
    assert status == 403
    assert b"admit_" not in body
    assert Measured(bytes, public=True).told_to(far)


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_whoever_balances_the_load_is_told_whether_it_is_well_from_anywhere(system: System, path: str):
    assert system.http("GET", path, {}, peer="10.0.0.7")[0] == 200
