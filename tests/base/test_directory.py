"""A directory is filled as a whole or not at all, and held by one process at a time."""

import multiprocessing
import os
import stat

import pytest

from admit.base.directory import DRAFT, DirectoryRefused, filled, held

FORK = multiprocessing.get_context("spawn")


def fill(directory, last="key"):
    with filled(directory, last) as draft:
        (draft / "key").write_text("k")
        (draft / "tls").mkdir()
        (draft / "tls/ca.crt").write_text("c")


def content(directory):
    return {path.relative_to(directory).as_posix() for path in directory.rglob("*")}


WHOLE = {"key", "tls", "tls/ca.crt"}


def test_a_new_directory_is_filled_and_its_owners_alone(tmp_path):
    fill(tmp_path / "a/b")

    assert content(tmp_path / "a/b") == WHOLE
    assert stat.S_IMODE((tmp_path / "a/b").stat().st_mode) == 0o700


def test_an_empty_directory_and_one_with_settings_are_filled(tmp_path):
    (tmp_path / "admit.toml").touch()
    fill(tmp_path)

    assert content(tmp_path) == {"admit.toml", *WHOLE}


@pytest.mark.parametrize("name", ["key", "admit.db", ".hidden"])
def test_a_directory_that_holds_something_is_refused_and_left_alone(tmp_path, name):
    (tmp_path / name).write_text("before")

    with pytest.raises(DirectoryRefused, match="is not empty"):
        fill(tmp_path)

    assert content(tmp_path) == {name}
    assert (tmp_path / name).read_text() == "before"


def test_what_cannot_be_a_directory_is_refused(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(DirectoryRefused, match="cannot be filled"):
        fill(tmp_path / "file")


def fail_while_filling(directory):
    with filled(directory, "key") as draft:
        (draft / "key").touch()
        (draft / "key").touch(exist_ok=False)


@pytest.mark.parametrize("fresh", [True, False])
def test_a_filling_that_fails_leaves_nothing(tmp_path, fresh):
    directory = tmp_path / "data"
    if not fresh:
        directory.mkdir()

    with pytest.raises(DirectoryRefused, match="cannot be filled: File exists"):
        fail_while_filling(directory)

    assert directory.exists() is not fresh
    assert content(tmp_path) == (set() if fresh else {"data"})


def die_while_filling(directory):
    with filled(directory, "key") as draft:
        (draft / "key").touch()
        os._exit(9)


def test_a_process_that_dies_while_filling_leaves_no_key_and_does_not_stop_the_next(tmp_path):
    child = FORK.Process(target=die_while_filling, args=(tmp_path / "data",))
    child.start()
    child.join()

    assert child.exitcode == 9
    assert content(tmp_path / "data") == {DRAFT, f"{DRAFT}/key"}
    fill(tmp_path / "data")
    assert content(tmp_path / "data") == WHOLE


def hold(directory, holding, done):
    with held(directory):
        holding.set()
        done.wait(30)


def test_what_another_process_holds_is_neither_held_nor_filled_until_it_lets_go(tmp_path):
    holding, done = FORK.Event(), FORK.Event()
    child = FORK.Process(target=hold, args=(tmp_path, holding, done))
    child.start()
    assert holding.wait(30)

    with pytest.raises(DirectoryRefused, match="in use"), held(tmp_path):
        pass
    with pytest.raises(DirectoryRefused, match="in use"):
        fill(tmp_path)

    done.set()
    child.join()
    with held(tmp_path):
        assert content(tmp_path) == set()
