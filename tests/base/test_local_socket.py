"""Sockets of one machine: who may open them, and who is at the other end."""

import grp
import os
import socket
import stat
from contextlib import closing
from pathlib import Path

import pytest

from admit.base.local_socket import SocketRefused, listen_at, peer_of, users


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_socket_is_its_owner_s_alone_unless_a_group_is_named(tmp_path):
    own = grp.getgrgid(os.getegid()).gr_name
    with closing(listen_at(tmp_path / "one")), closing(listen_at(tmp_path / "two", own)):
        assert mode(tmp_path / "one") == 0o600
        assert mode(tmp_path / "two") == 0o660
        assert (tmp_path / "two").stat().st_gid == os.getegid()


def test_the_kernel_says_who_is_at_the_other_end(tmp_path):
    with closing(listen_at(tmp_path / "s")) as listening, socket.socket(socket.AF_UNIX) as caller:
        caller.connect(str(tmp_path / "s"))
        with listening.accept()[0] as met:
            peer = peer_of(met)
    assert (peer.process, peer.user, peer.group) == (os.getpid(), os.geteuid(), os.getegid())


def test_what_a_process_left_that_is_gone_is_replaced(tmp_path):
    listen_at(tmp_path / "s").close()
    with closing(listen_at(tmp_path / "s")) as listening, socket.socket(socket.AF_UNIX) as caller:
        caller.connect(str(tmp_path / "s"))
        assert listening.fileno() >= 0


def test_what_is_used_or_is_something_else_is_left_alone(tmp_path):
    (tmp_path / "file").write_text("mine")
    with closing(listen_at(tmp_path / "s")):
        for path, why in (
            ("s", "Another process listens"),
            ("file", "something else"),
            ("no/s", "cannot be made"),
        ):
            with pytest.raises(SocketRefused, match=why):
                listen_at(tmp_path / path)
    assert (tmp_path / "file").read_text() == "mine"


def test_a_group_or_user_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SocketRefused, match="There is no group no-such"):
        listen_at(tmp_path / "s", "no-such")
    with pytest.raises(SocketRefused, match="There is no system user no-such"):
        users(["root", "no-such"])
    assert users(["root", "12345"]) == {0, 12345}
