"""The doctor names what is not well, and what to do."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from admit.base.chance import Chance
from admit.base.clock import FakeClock
from admit.base.directory import held
from admit.base.listening import listen
from admit.base.sealing import Secret
from admit.control.findings import Finding, State
from admit.core.validity import DAY, MINUTE
from admit.doctor import examine
from admit.main import create
from admit.settings import Settings
from tests.base.local_mail import Post, serving
from tests.portal.outside import outside

NOWHERE = "127.0.0.1:0"
NOW = 1_780_000_000_000


@pytest.fixture
def data(tmp_path: Path) -> Path:
    directory = tmp_path / "data"
    create(Settings(data=directory), FakeClock(NOW), Chance.seeded(1))
    return directory


def found(data: Path, now: int = NOW, **settings: object) -> dict[str, Finding]:
    """The findings by check; where there are several of one, the worst."""
    asked = Settings(**{"data": data, "http": NOWHERE, "https": NOWHERE, **settings})
    worst = [State.OK, State.WARN, State.FAIL]
    findings = sorted(examine(asked, FakeClock(now)), key=lambda each: worst.index(each.state))
    return {each.check: each for each in findings}


def sql(data: Path, statement: str) -> None:
    with closing(sqlite3.connect(data / "admit.db")) as database:
        database.execute(statement)
        database.commit()


def assert_told(finding: Finding, state: State, seen: str, advice: str) -> None:
    assert finding.state is state
    assert seen in finding.seen
    assert advice in finding.advice


def test_a_new_system_is_well_in_every_respect(data):
    findings = found(data, now=NOW + 1)
    # The machine's own disk and the files' true times are not the test's to choose.
    for check in ("disk", "clock"):
        findings.pop(check)

    assert {each.state for each in findings.values()} == {State.OK}
    assert not any(each.advice for each in findings.values())
    assert list(findings) == [
        "data directory", "key file", "database", "ledger",
        "server certificate", "authority", "http", "https", "mail", "streaming",
    ]  # fmt: skip


def test_an_absent_directory_is_told_and_nothing_is_made(tmp_path):
    findings = found(tmp_path / "absent")

    assert_told(findings["data directory"], State.FAIL, "is not there", "admit init")
    assert findings["key file"].state is State.FAIL
    assert not (tmp_path / "absent").exists()


def test_what_is_open_to_others_is_told(data):
    data.chmod(0o755)
    assert_told(found(data)["data directory"], State.WARN, "is open to others", f"chmod 700 {data}")
    data.chmod(0o700)
    (data / "admit.toml").touch(mode=0o644)
    assert found(data)["data directory"].state is State.OK
    secret = found(data, mail_username="admit", mail_password=Secret("swordfish"))["data directory"]
    assert_told(secret, State.WARN, "a password is set", "chmod 600")
    (data / "seal.key").chmod(0o644)
    assert_told(found(data)["key file"], State.FAIL, "open to others", "put back the copy")


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("update schema_version set version_num = '9999'", "made by a newer one"),
        ("drop table schema_version", "holds no admit"),
    ],
)
def test_a_database_that_cannot_be_worked_with_is_told(data, statement, told):
    sql(data, statement)

    assert_told(found(data)["database"], State.FAIL, told, "see there")
    assert "ledger" not in found(data)


def test_an_absent_and_a_damaged_database_are_told(data):
    file = data / "admit.db"
    content = bytearray(file.read_bytes())
    content[len(content) // 2 :] = b"x" * (len(content) - len(content) // 2)
    file.write_bytes(content)
    assert found(data)["database"].state is State.FAIL
    file.unlink()
    assert_told(found(data)["database"], State.FAIL, "There is no database", "")
    assert not file.exists()


def test_a_database_server_that_does_not_answer_is_told_without_its_password(data):
    url = "postgresql+psycopg://admit:swordfish@127.0.0.1:1/admit"
    finding = found(data, database_url=url)["database"]

    assert finding.state is State.FAIL
    assert "swordfish" not in finding.seen


@pytest.mark.parametrize(
    "statement",
    [
        "update transactions set actor = 'mallory' where revision = (select n from revision)",
        "delete from changes where ordinal = (select max(ordinal) from changes)",
        "delete from changes",
        "update revision set n = n + 1",
    ],
)
def test_an_end_of_the_ledger_that_does_not_fit_is_told(data, statement):
    sql(data, statement)

    assert_told(found(data)["ledger"], State.FAIL, "does not fit", "admit verify")


@pytest.mark.parametrize("back", [MINUTE, 2 * DAY])
def test_a_clock_that_was_set_back_is_told(data, back):
    assert_told(found(data, now=NOW - back)["clock"], State.FAIL, "clock", "set the clock")


def test_certificates_that_end_soon_or_have_ended_are_told(data):
    soon, over = found(data, now=NOW + 370 * DAY), found(data, now=NOW + 400 * DAY)

    assert_told(soon["server certificate"], State.WARN, "days left", "admit serve renews it")
    assert over["server certificate"].state is State.FAIL
    assert over["authority"].state is State.OK
    assert "server certificate" not in found(data, now=NOW + 400 * DAY, https="")
    (data / "tls/ca.crt").unlink()
    assert_told(found(data)["authority"], State.FAIL, "cannot be read", "admit renew-authority")


def test_an_authority_that_ends_soon_is_told_with_the_command_that_makes_a_new_one(data):
    begun, ending = found(data, now=NOW + 3550 * DAY), found(data, now=NOW + 3600 * DAY)

    assert begun["authority"].state is State.OK
    assert_told(ending["authority"], State.WARN, "days left", "admit renew-authority")


def test_a_port_that_another_holds_is_told(data):
    with closing(listen(NOWHERE)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        finding = found(data, http=address)["http"]

    assert_told(finding, State.FAIL, f"Cannot listen at {address}", "set http elsewhere")


def test_a_port_that_the_serving_process_should_answer_at_is_asked(data):
    with held(data), closing(listen(NOWHERE)) as answering:
        findings = found(data, http=f"127.0.0.1:{answering.getsockname()[1]}", https="127.0.0.1:1")

    assert findings["http"].state is State.OK
    assert_told(findings["https"], State.WARN, "does not answer", "another address")


@pytest.fixture
def mail() -> Iterator[dict[str, object]]:
    with serving(Post()) as server:
        yield {"mail_host": server.host, "mail_port": server.port, "mail_sender": server.sender}


def test_a_mail_server_is_asked_whether_it_lets_us_in(data, mail):
    assert found(data, **mail, mail_security="none")["mail"].state is State.OK
    assert_told(found(data, **mail)["mail"], State.FAIL, "STARTTLS", "mail_…")
    assert found(data, **{**mail, "mail_port": 1})["mail"].state is State.FAIL
    assert found(data, **{**mail, "mail_sender": "nobody"})["mail"].state is State.FAIL


def test_programs_that_streaming_lacks_are_named(data, monkeypatch):
    monkeypatch.setenv("PATH", str(data))

    assert_told(found(data)["streaming"], State.WARN, "not installed: bwrap, Xvnc", "install them")
    assert "streaming" not in found(data, streaming=False)


def test_a_catalogue_that_cannot_be_used_is_told(data):
    (data / "apps.toml").write_text("[terminal]\nname = 'Terminal'\n")

    assert_told(found(data)["streaming"], State.FAIL, "apps.toml cannot be used", "put it right")


def test_the_means_of_limits_is_told(data):
    assert_told(found(data)["streaming"], State.OK, "limits by", "")


def test_the_socket_of_gates_is_looked_at(data, tmp_path):
    place = tmp_path / "run"
    missing = found(data, gate_socket=place / "gates")["gates"]
    assert_told(missing, State.FAIL, f"There is no directory {place}", "make it")
    place.mkdir(mode=0o755)
    assert found(data, gate_socket=place / "gates")["gates"].state is State.OK
    unknown = found(data, gate_socket=place / "gates", gate_users=("no-such-user",))["gates"]
    assert_told(unknown, State.FAIL, "There is no system user no-such-user", "gate_users")
    with held(data):
        served = found(data, gate_socket=place / "gates")["gates"]
    assert_told(served, State.WARN, "nothing listens", "log")
    place.chmod(0o777)
    assert_told(
        found(data, gate_socket=place / "gates")["gates"], State.WARN, "Others may write", "chmod go-w"
    )


def test_a_provider_that_people_sign_in_by_is_asked_who_it_is(data):
    with outside(FakeClock(NOW)) as provider:
        asked = {
            "sign_in_oidc_issuer": provider.issuer,
            "sign_in_oidc_client_id": "admit",
            "sign_in_oidc_directories": ("ram",),
        }
        assert found(data, **asked)["sign-in provider"].state is State.OK
        provider.broken = True
        told = found(data, **asked)["sign-in provider"]
    assert_told(told, State.FAIL, "cannot be asked: 127.0.0.1 answers HTTP 500", "sign_in_oidc")
