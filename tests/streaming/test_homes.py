"""Home folders: how much they may hold, and what becomes of what wants more."""

import asyncio
import os

import pytest

from admit.streaming import homes, launching
from admit.streaming.homes import FileRefused
from admit.streaming.launcher import Fate
from admit.streaming.limits import MIB
from tests.streaming.launched import launching as launched
from tests.streaming.launched import order, ran, script, until


def test_a_session_that_makes_its_home_folder_too_large_is_ended_and_told_why(tmp_path, monkeypatch):
    monkeypatch.setattr(launching, "HOME_LOOK_S", 0.05)
    fills = script('for each in 1 2 3 4 5; do head -c 800K /dev/zero >"$HOME/$each"; done; exec sleep 1000')

    async def body() -> None:
        async with launched(tmp_path, home_mb=2, probe=fills) as launcher:
            await launcher.start(order("s-1"))
            await until(lambda: not launcher.sessions())
            assert await launcher.fate("s-1") is Fate.FULL

    asyncio.run(body())


def test_no_file_gets_larger_than_a_home_folder_may_be(tmp_path):
    large = script('head -c 5M /dev/zero >"$HOME/large"; echo "$?" >"$HOME/seen"')

    async def body() -> None:
        async with launched(tmp_path, home_mb=2, probe=large) as launcher:
            await ran(launcher, "s-1")

    asyncio.run(body())
    home = tmp_path / "homes/aig-1/alice"
    assert (home / "large").stat().st_size <= 2 * MIB
    assert (home / "seen").read_text() != "0\n"


def test_in_a_home_folder_that_is_full_already_files_can_be_removed_but_none_added(tmp_path, monkeypatch):
    monkeypatch.setattr(launching, "HOME_LOOK_S", 0.05)
    waits = script(
        'touch "$HOME/began"; while [ -e "$HOME/began" ]; do sleep 0.05; done; rm "$HOME/old"; cat'
    )

    async def body() -> None:
        home = tmp_path / "homes/aig-1/alice"
        async with launched(tmp_path, home_mb=2, probe=waits) as launcher:
            await launcher.start(order("s-0"))
            await until((home / "began").exists)
            await launcher.stop("s-0")
            (home / "old").write_bytes(b"x" * 3 * MIB)
            os.utime(home / "began", (0, 0))
            await launcher.start(order("s-1"))
            with pytest.raises(FileRefused, match="full: remove files first"):
                await launcher.new_file("s-1", "more")
            await until(lambda: (home / "began").stat().st_mtime)
            # Nothing may be added meanwhile, not even a sign to go on.
            (home / "began").unlink()
            await until(lambda: not (home / "old").exists())
            made = await launcher.new_file("s-1", "more")
            os.close(made.opened)
            assert made.room == 2 * MIB
            assert launcher.sessions() == ["s-1"]

    asyncio.run(body())


def test_what_is_hidden_from_whoever_measures_is_counted(tmp_path):
    shut = tmp_path / "a" / "shut"
    shut.mkdir(parents=True)
    (shut / "large").write_bytes(b"x" * MIB)
    (tmp_path / "sparse").touch()
    os.truncate(tmp_path / "sparse", 100 * MIB)
    (tmp_path / "out").symlink_to("/usr")
    shut.chmod(0)

    assert MIB < homes.used_bytes(tmp_path, 10 * MIB) < 2 * MIB


def test_many_names_are_something_and_what_is_too_deep_is_too_much(tmp_path):
    for each in range(300):
        (tmp_path / str(each)).touch()
    assert homes.used_bytes(tmp_path, MIB) > MIB
    assert homes.used_bytes(tmp_path, 10 * MIB) == 300 * homes.BLOCK

    inside = os.open(tmp_path, os.O_RDONLY)
    for _ in range(homes.USED_DEPTH + 1):
        os.mkdir("d", dir_fd=inside)
        deeper = os.open("d", os.O_RDONLY, dir_fd=inside)
        os.close(inside)
        inside = deeper
    os.close(inside)
    assert homes.used_bytes(tmp_path, homes.ENDLESS) > homes.ENDLESS
