"""Programs that fill the screen, by the real client in a real terminal, resized and looked at."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.ssh.office import Office, office
from tests.ssh.target import Target
from tests.ssh.tmux import Window, window


def opened(
    of: Office, *words: str, name: str | None = None, rows: int = 24
) -> AbstractContextManager[Window]:
    """``ssh -t`` in a window."""
    line = ["ssh", "-t", *of.options(), "-p", str(of.port), f"{name or of.on_db_1}@127.0.0.1", *words]
    return window(line, rows=rows)


def test_an_editor_fills_the_window_follows_its_size_and_saves(either_office: Office, tmp_path: Path) -> None:
    file = tmp_path / "poem"
    file.write_text("one\ntwo\nthree\n")
    with opened(either_office, f"LC_ALL=C.UTF-8 vi {file}") as seen:
        screen = seen.shows(lambda lines: lines[0] == "one" and "poem" in lines[-1])
        assert screen[:4] == ["one", "two", "three", "~"]
        assert screen[3:23] == ["~"] * 20

        seen.resize(100, 40)
        screen = seen.shows(lambda lines: lines[38] == "~")
        assert (len(screen), screen[3:39]) == (40, ["~"] * 36)

        seen.type("G", "o", "größer, 雪", "Escape")
        screen = seen.shows(lambda lines: lines[3] == "größer, 雪")
        seen.resize(60, 10)
        screen = seen.shows(lambda lines: len(lines) == 10 and lines[8] == "~")
        assert screen[:4] == ["one", "two", "three", "größer, 雪"]

        seen.type(":wq", "Enter")
        assert seen.status() == "0"
    assert file.read_text() == "one\ntwo\nthree\ngrößer, 雪\n"


def test_a_monitor_that_redraws_itself_keeps_to_the_window(served_office: Office) -> None:
    with opened(served_office, "htop", rows=30) as seen:
        screen = seen.shows(lambda lines: "F10Quit" in lines[-1])
        assert len(screen) == 30
        assert any("PID" in line and "USER" in line for line in screen)

        seen.resize(120, 45)
        screen = seen.shows(lambda lines: len(lines) == 45 and "F10Quit" in lines[44])
        assert not any("F10Quit" in line for line in screen[:44])

        seen.type("F10")
        assert seen.status() == "0"


def test_the_menu_is_walked_with_arrow_keys_and_follows_the_window(served_office: Office) -> None:
    account = f"{served_office.target.account}@db-1"
    with opened(served_office, name="alice") as seen:
        seen.shows(lambda lines: any(account in line for line in lines))
        seen.resize(60, 12)
        seen.shows(lambda lines: len(lines) == 12 and any(account in line for line in lines))
        seen.type("Down", "Up", "db-1", "Enter")
        seen.shows(lambda lines: not any("alice" in line and "until" in line for line in lines))
        seen.type("stty size; exit 3", "Enter")
        seen.shows(lambda lines: "12 60" in lines)
        assert seen.status() == "3"


@pytest.fixture
def own_office(tmp_path: Path, host: Target) -> Iterator[Office]:
    """An office that the test may change."""
    with office(tmp_path, host) as found:
        yield found


def test_who_is_in_an_editor_when_access_ends_gets_the_screen_back_and_reads_why(
    own_office: Office, tmp_path: Path
) -> None:
    (tmp_path / "poem").write_text("one\n")
    with opened(own_office, f"vi {tmp_path}/poem") as seen:
        seen.shows(lambda lines: lines[0] == "one")
        own_office.revoke("alice", "db-1", "account")
        assert seen.status() == "255"
        screen = seen.screen()

    assert "~" not in screen
    what = f"{own_office.target.account}@db-1"
    assert f"admit: your access to {what} ended: the grant was revoked" in screen
