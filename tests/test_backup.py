"""Backing up a system that is used, and restoring it: whole, verified, or not at all."""

import sqlite3
import stat
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Event, Thread

import pytest

from admit.backup import back_up, restore
from admit.base.chance import Chance
from admit.base.clock import FakeClock
from admit.base.directory import DirectoryRefused
from admit.base.sealing import KeyFileRefused, create_key_file
from admit.core.validity import DAY
from admit.main import create, open_admit
from admit.settings import Settings, load
from admit.store import sign_ins, web_sessions
from admit.store.backup import BackupRefused, Manifest
from admit.store.engine import Author
from admit.store.links import current_revision
from admit.store.schema import NEWEST
from admit.store.sign_ins import Token
from admit.store.web_sessions import WebSession
from tests.system import System

PRODUCT = "yundun-bastionhost"


@pytest.fixture
def used(tmp_path: Path) -> Iterator[System]:
    """A system in a data directory, whichever database the run is about: these are about files."""
    settings, clock = Settings(data=tmp_path / "data"), FakeClock()
    founded = create(settings, clock, Chance.seeded(1))
    admit = open_admit(settings, clock, Chance.seeded(2))
    yield System(admit, clock, founded)
    admit.close()


def saved(used: System, file: Path, *, with_keys: bool = True) -> Manifest:
    return back_up(used.admit.settings, file, used.clock.now(), with_keys=with_keys)


def restored(file: Path, directory: Path, keys: Path | None = None):
    return restore(Settings(data=directory), file, keys, FakeClock(), Chance.seeded(3))


def answers(directory: Path, used: System) -> bool:
    """Whether the restored system knows the key, and what the other one knew."""
    admit = open_admit(Settings(data=directory), FakeClock(used.clock.now()), Chance.seeded(4))
    try:
        again = System(admit, FakeClock(used.clock.now()), used.founded)
        return "Instances" in again.call(PRODUCT, "DescribeInstances")
    finally:
        admit.close()


def members(file: Path) -> set[str]:
    with tarfile.open(file) as found:
        return set(found.getnames())


def repacked(file: Path, change) -> None:
    """Write the archive again, with each member's bytes changed by its name."""
    with tarfile.open(file) as found:
        kept = [(each, found.extractfile(each).read()) for each in found.getmembers()]
    with tarfile.open(file, "w") as target:
        for about, content in kept:
            path = file.with_name("member")
            path.write_bytes(change(about.name, content))
            target.add(path, about.name)


def test_a_system_comes_back_from_a_backup_with_keys(used, tmp_path):
    manifest = saved(used, tmp_path / "backup")
    found = restored(tmp_path / "backup", tmp_path / "new")

    assert answers(tmp_path / "new", used)
    assert found.manifest == manifest
    assert manifest.revision == used.revision()
    assert not found.new_authority
    certificate = (tmp_path / "new/tls/ca.crt").read_bytes()
    assert certificate == (tmp_path / "data/tls/ca.crt").read_bytes()


def test_a_backup_is_its_owners_alone_and_holds_no_key_unless_it_is_asked_to(used, tmp_path):
    saved(used, tmp_path / "without", with_keys=False)
    saved(used, tmp_path / "with")

    assert members(tmp_path / "without") == {"manifest.json", "admit.db", "apps.toml", "tls/ca.crt"}
    assert members(tmp_path / "with") > {"seal.key", "tls/ca.key"}
    assert stat.S_IMODE((tmp_path / "without").stat().st_mode) == 0o600
    assert {path.name for path in tmp_path.iterdir()} == {"data", "with", "without"}


OLD = '# mail_password = "swordfish-7"\n'
SETTINGS = f"""\
# Ours.
{OLD}\
region = "cn-beijing"
mail_host = "mail.example.com"
mail_sender = "admit@example.com"
mail_username = "admit"
mail_password = "swordfish"
tls_certificate = "/etc/ssl/admit.pem"
tls_key = "/etc/ssl/admit.key"
"""


def test_the_settings_come_back_with_the_paths_they_name_told(used, tmp_path):
    (tmp_path / "data/admit.toml").write_text(SETTINGS)
    saved(used, tmp_path / "backup")
    found = restored(tmp_path / "backup", tmp_path / "new")

    assert (tmp_path / "new/admit.toml").read_text() == SETTINGS
    assert stat.S_IMODE((tmp_path / "new/admit.toml").stat().st_mode) == 0o600
    assert found.settings == "restored"
    assert found.paths == {"tls_certificate": "/etc/ssl/admit.pem", "tls_key": "/etc/ssl/admit.key"}


def test_a_backup_without_keys_holds_no_password_of_the_settings(used, tmp_path):
    (tmp_path / "data/admit.toml").write_text(SETTINGS)
    saved(used, tmp_path / "backup", with_keys=False)
    restored(tmp_path / "backup", tmp_path / "new", tmp_path / "data")

    assert b"swordfish" not in (tmp_path / "backup").read_bytes()
    kept = (tmp_path / "new/admit.toml").read_text()
    assert kept == SETTINGS.replace('mail_password = "swordfish"\n', "").replace(OLD, "")


def test_nobody_is_signed_in_to_a_restored_system(used, tmp_path):
    """What came back may have been signed out, or redeemed, after the backup was made."""
    now = used.clock.now()

    def sign_in(tx) -> None:
        browser = WebSession("web-1", "alice", (1,), None, "password", "", "", now, now, now)
        web_sessions.add(tx.sql, b"browser", browser)
        sign_ins.give(tx.sql, [Token(b"refresh", "refresh", 1, "s-1", now, now + DAY, None, "{}")])

    used.admit.store.write_now(Author("", "", ""), sign_in)
    manifest = saved(used, tmp_path / "backup")
    restored(tmp_path / "backup", tmp_path / "new")

    with used.admit.store.read() as sql:
        assert web_sessions.by_token(sql, b"browser") is not None
        assert sign_ins.token(sql, b"refresh") is not None
    admit = open_admit(Settings(data=tmp_path / "new"), FakeClock(now), Chance.seeded(4))
    try:
        with admit.store.read() as sql:
            assert web_sessions.every(sql) == []
            assert sign_ins.token(sql, b"refresh") is None
            assert current_revision(sql) == manifest.revision
    finally:
        admit.close()


def test_a_restored_system_uses_the_restored_database_whatever_the_old_settings_said(used, tmp_path):
    url = f"sqlite:///{tmp_path}/data/admit.db"
    (tmp_path / "data/admit.toml").write_text(f'database_url = "{url}"\nregion = "cn-beijing"\n')
    saved(used, tmp_path / "backup")
    restored(tmp_path / "backup", tmp_path / "new")

    assert load({"data": tmp_path / "new"}, {}).database_url == ""
    assert load({"data": tmp_path / "new"}, {}).region == "cn-beijing"


def test_settings_that_stand_in_the_new_place_already_are_kept(used, tmp_path):
    (tmp_path / "data/admit.toml").write_text(SETTINGS)
    saved(used, tmp_path / "backup")
    (tmp_path / "new").mkdir(mode=0o700)
    (tmp_path / "new/admit.toml").write_text('region = "cn-shanghai"\n')

    assert restored(tmp_path / "backup", tmp_path / "new").settings == "yours kept"
    assert (tmp_path / "new/admit.toml").read_text() == 'region = "cn-shanghai"\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [('mail_password = """\nswordfish"""\n', "on one line"), ("mail_password", "is not TOML")],
)
def test_settings_whose_password_cannot_be_taken_out_are_told_and_not_backed_up(used, tmp_path, text, told):
    (tmp_path / "data/admit.toml").write_text(text)

    with pytest.raises(BackupRefused, match=told):
        saved(used, tmp_path / "backup", with_keys=False)
    assert not (tmp_path / "backup").exists()


def test_a_backup_without_keys_needs_the_keys_of_its_time(used, tmp_path):
    saved(used, tmp_path / "backup", with_keys=False)
    with pytest.raises(BackupRefused, match="holds no keys"):
        restored(tmp_path / "backup", tmp_path / "new")
    with pytest.raises(BackupRefused, match=r"There is no seal\.key"):
        restored(tmp_path / "backup", tmp_path / "new", tmp_path)
    create_key_file(tmp_path / "seal.key", Chance().fill)
    with pytest.raises(BackupRefused, match=r"The seal\.key is not the one"):
        restored(tmp_path / "backup", tmp_path / "new", tmp_path)
    assert not (tmp_path / "new").exists()

    assert not restored(tmp_path / "backup", tmp_path / "new", tmp_path / "data").new_authority
    assert answers(tmp_path / "new", used)


def test_without_the_authoritys_key_a_new_authority_is_made_and_told(used, tmp_path):
    saved(used, tmp_path / "backup", with_keys=False)
    (tmp_path / "data/seal.key").rename(tmp_path / "seal.key")

    assert restored(tmp_path / "backup", tmp_path / "new", tmp_path).new_authority
    assert answers(tmp_path / "new", used)
    assert (tmp_path / "new/tls/ca.crt").read_bytes() != (tmp_path / "data/tls/ca.crt").read_bytes()


def test_keys_that_are_open_to_others_are_not_taken_over(used, tmp_path):
    saved(used, tmp_path / "backup", with_keys=False)
    (tmp_path / "data/seal.key").chmod(0o644)

    with pytest.raises(KeyFileRefused, match="open to others"):
        restored(tmp_path / "backup", tmp_path / "new", tmp_path / "data")
    assert not (tmp_path / "new").exists()


def test_keys_are_not_given_twice(used, tmp_path):
    saved(used, tmp_path / "backup")

    with pytest.raises(BackupRefused, match="holds its keys already"):
        restored(tmp_path / "backup", tmp_path / "new", tmp_path / "data")


def test_a_backup_taken_while_others_write_is_one_moments_whole_view(used, tmp_path):
    instance = used.call(PRODUCT, "DescribeInstances")["Instances"][0]["InstanceId"]
    begun, done = Event(), Event()

    def write():
        number = 0
        while not done.is_set():
            number += 1
            used.call(PRODUCT, "CreateUserGroup", InstanceId=instance, UserGroupName=f"group-{number}")
            begun.set()

    writer = Thread(target=write)
    writer.start()
    assert begun.wait(30)
    manifests = [saved(used, tmp_path / f"backup-{number}") for number in range(3)]
    done.set()
    writer.join()

    for number, manifest in enumerate(manifests):
        found = restored(tmp_path / f"backup-{number}", tmp_path / f"new-{number}")
        assert found.manifest.head == manifest.head
    assert manifests[0].revision > 1


def test_neither_a_backup_nor_a_data_directory_is_written_over(used, tmp_path):
    saved(used, tmp_path / "backup")

    with pytest.raises(BackupRefused, match="exists already"):
        saved(used, tmp_path / "backup")
    with pytest.raises(DirectoryRefused, match="is not empty"):
        restored(tmp_path / "backup", tmp_path / "data")


def test_a_backup_that_cannot_be_written_leaves_nothing(used, tmp_path):
    with pytest.raises(BackupRefused, match="cannot be written"):
        saved(used, tmp_path / "absent/backup")
    (tmp_path / "data/admit.db").write_bytes(b"no database" * 1000)
    with pytest.raises(BackupRefused, match="cannot be copied"):
        saved(used, tmp_path / "backup")

    assert {path.name for path in tmp_path.iterdir()} == {"data"}


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("admit.db", lambda content: content[:-1] + b"x", "is damaged"),
        ("manifest.json", lambda _: b"{}", "is not a backup of admit"),
        ("manifest.json", lambda content: content.replace(b'"form": 1', b'"form": 2'), "by a newer admit"),
        (
            "manifest.json",
            lambda content: content.replace(f'"{NEWEST}"'.encode(), b'"9999"'),
            "by a newer admit",
        ),
        ("manifest.json", lambda content: content.replace(b'"tls/ca.crt"', b'"../ca.crt"'), "does not hold"),
        (
            "manifest.json",
            lambda content: content.replace(b'"tls/ca.crt"', b'"tls/server.csr"'),
            "does not hold",
        ),
        ("manifest.json", lambda content: content.replace(b'"admit.db"', b'"seal.key"'), "does not hold"),
    ],
)
def test_a_backup_that_was_altered_is_refused_and_leaves_nothing(used, tmp_path, name, change, told):
    file = tmp_path / "backup"
    saved(used, file)
    repacked(file, lambda each, content: change(content) if each == name else content)

    with pytest.raises(BackupRefused, match=told):
        restored(file, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_backup_cut_short_and_a_file_that_is_none_are_refused(used, tmp_path):
    file = tmp_path / "backup"
    saved(used, file)
    content = file.read_bytes()

    for broken in (b"", b"no archive" * 1000, content[:2000], content[: len(content) // 2]):
        file.write_bytes(broken)
        with pytest.raises(BackupRefused, match=r"is not a whole backup|is damaged"):
            restored(file, tmp_path / "new")
    with pytest.raises(BackupRefused, match="cannot be read"):
        restored(tmp_path / "absent", tmp_path / "new")


def test_a_database_altered_before_the_backup_is_not_restored(used, tmp_path):
    instance = used.call(PRODUCT, "DescribeInstances")["Instances"][0]["InstanceId"]
    used.call(PRODUCT, "CreateUserGroup", InstanceId=instance, UserGroupName="ops")
    with closing(sqlite3.connect(tmp_path / "data/admit.db")) as sql:
        sql.execute("update transactions set actor = 'mallory' where revision = 2")
        # What does not verify may not be fit to write to either: that must not be what is told.
        sql.execute("drop table web_sessions")
        sql.commit()
    saved(used, tmp_path / "backup")

    with pytest.raises(BackupRefused, match=r"ledger is broken\. Revision 2 does not fit"):
        restored(tmp_path / "backup", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_postgresql_is_refused_with_its_own_way_and_without_its_password(tmp_path):
    settings = Settings(data=tmp_path, database_url="postgresql+psycopg://admit:swordfish@db/admit")

    with pytest.raises(BackupRefused) as refused:
        back_up(settings, tmp_path / "backup", 0, with_keys=False)
    with pytest.raises(BackupRefused, match="unset database_url"):
        restore(settings, tmp_path / "backup", None, FakeClock(), Chance())

    assert "pg_dump --format=custom" in str(refused.value)
    assert "swordfish" not in str(refused.value)
