"""A command loads what it needs: one that asks a server, nothing of what answers."""

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from admit.cli import COMMANDS, main
from admit.cli.products import PRODUCTS
from admit.main import SERVICES

HEAVY = (
    "admit.store",
    "admit.control",
    "admit.services",
    "admit.main",
    "sqlalchemy",
    "asyncssh",
    "starlette",
)
"""What answers, and what it is built on."""

NOBODY = ("--endpoint", "http://127.0.0.1:1", "--access-key-id", "LTAI", "--access-key-secret", "secret")
"""A server there is none of: everything is loaded up to the connection."""

RUN = """
import sys
from admit.cli import main
try:
    main(sys.argv[2:], prog_name="admit")
except SystemExit as ended:
    print(ended.code, *sorted(set(sys.argv[1].split()) & set(sys.modules)))
"""


def loaded_by(*words: str, **environment: str) -> tuple[int, list[str]]:
    """How a command ends in a process of its own, and what heavy it has loaded until then."""
    asked = [sys.executable, "-c", RUN, " ".join(HEAVY), *words]
    run = subprocess.run(asked, capture_output=True, text=True, check=True, env=os.environ | environment)
    code, *found = run.stdout.splitlines()[-1].split()
    return int(code), found


@pytest.mark.parametrize(
    "words",
    [
        ("can", "alice", "root@db-1", "--at", "yesterday 14:00"),
        ("who", "root@db-1"),
        ("grant", "alice", "root@db-1", "--for", "2h"),
        ("activity", "--person", "alice"),
        ("review", "list"),
        ("replay",),
        ("diff", "yesterday"),
        ("sessions",),
    ],
    ids=lambda words: str(words[0]),
)
def test_a_command_that_asks_a_server_loads_nothing_that_answers(words: tuple[str, ...]):
    assert loaded_by(*words, *NOBODY) == (3, [])


@pytest.mark.parametrize(
    ("kind", "line"), [("people", "name\nalice\n"), ("hosts", "name,address\ndb-1,10.0.0.1\n")]
)
def test_an_import_loads_nothing_that_answers(tmp_path: Path, kind: str, line: str):
    file = tmp_path / f"{kind}.csv"
    file.write_text(line, "utf-8")

    assert loaded_by("import", kind, str(file), *NOBODY) == (3, [])


@pytest.mark.parametrize(
    "words", [("--help",), ("--version",), ("completion", "bash")], ids=lambda words: words[0]
)
def test_what_is_told_of_the_commands_loads_none_of_them(words: tuple[str, ...]):
    assert loaded_by(*words) == (0, [])


def test_what_the_shell_is_offered_loads_none_of_them():
    asked = {"_ADMIT_COMPLETE": "bash_complete", "COMP_WORDS": "admit ", "COMP_CWORD": "1"}
    assert loaded_by(**asked) == (0, [])


def test_without_a_server_the_system_is_loaded(tmp_path: Path):
    code, found = loaded_by("can", "alice", "root@db-1", "--data", str(tmp_path / "none"))

    assert code == 3
    assert "admit.store" in found


@pytest.mark.parametrize("name", COMMANDS)
def test_the_line_of_a_command_is_how_its_help_begins(name: str):
    command = main.get_command(click.Context(main), name)
    assert command is not None

    listed = click.Command(name, help=COMMANDS[name].line)
    assert listed.get_short_help_str(1000) == command.get_short_help_str(1000)


def test_what_is_known_of_a_product_is_what_its_service_declares():
    assert {name: each.version for name, each in PRODUCTS.items()} == {
        service.product: service.version for service in SERVICES
    }
