"""Exports for auditors, written on one machine and checked on another."""

import json
import shutil
from pathlib import Path

from admit.cli.client import Client
from tests.cli.conftest import Run


def lines(file: Path) -> list[dict]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def test_who_could_use_what_is_exported_and_checked_without_the_data(
    office: None, client: Client, run: Run, tmp_path: Path
) -> None:
    client.call("admit", "GrantAccess", Subject="group:dba", Resource="root@db-1")
    key, fingerprint = run("export", "--key").stdout.split()

    written = run("export", str(tmp_path / "now.jsonl"), "--json")

    head, *rest, end = lines(tmp_path / "now.jsonl")
    assert written.exit_code == 0, written.output
    assert json.loads(written.stdout)["fingerprint"] == fingerprint
    assert (head["format"], head["public_key"], end["lines"]) == ("admit export 1", key, len(rest))
    alice = next(each for each in rest if each["what"]["name"] == "root@db-1")
    assert alice["who"]["name"] == "alice"
    assert [step["to"] for step in alice["path"]] == ["user:alice", "group:dba", "root@db-1"]
    assert alice["granted_by"].endswith(":root")
    elsewhere = Path(shutil.copy(tmp_path / "now.jsonl", tmp_path / "elsewhere"))
    checked = run("verify", str(elsewhere), "--key", fingerprint)
    assert checked.exit_code == 0
    assert "is as it was signed" in checked.stdout
    elsewhere.write_bytes(elsewhere.read_bytes().replace(b"alice", b"mallory"))
    assert run("verify", str(elsewhere), "--key", fingerprint).exit_code == 1
    assert run("verify", str(elsewhere)).exit_code == 2


def test_every_change_of_a_time_is_exported_with_its_author(
    office: None, client: Client, run: Run, tmp_path: Path
) -> None:
    client.call("admit", "GrantAccess", Subject="bob", Resource="host:db-1")

    run("export", str(tmp_path / "all.jsonl"), "--from", "2026-01-01")

    _, *entries, _ = lines(tmp_path / "all.jsonl")
    places = [(each["revision"], each["ordinal"]) for each in entries]
    assert places == sorted(places)
    granted = [each for each in entries if each["action"] == "admit:GrantAccess"]
    assert [each["event"] for each in granted] == ["LinkAdded"]
    assert granted[0]["fact"]["target"]["name"] == "db-1"


def test_an_export_overwrites_nothing_and_is_about_one_thing(office: None, run: Run, tmp_path: Path) -> None:
    (tmp_path / "there").write_text("mine", "utf-8")
    assert run("export", str(tmp_path / "there")).exit_code == 4
    assert run("export", str(tmp_path / "x"), "--at", "yesterday", "--from", "yesterday").exit_code == 2
    assert run("export", str(tmp_path / "x"), "--to", "yesterday").exit_code == 2
    assert run("export").exit_code == 2
