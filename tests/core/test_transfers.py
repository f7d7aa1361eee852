"""What a remote command is known to do with files."""

import pytest

from admit.core.restrictions import FILES, Channel
from admit.core.transfers import Transfer, needed_for


@pytest.mark.parametrize(
    ("command", "needed"),
    [
        ("scp -t /tmp/x", (Channel.UPLOAD,)),
        ("/usr/bin/scp -r -p -f '/tmp/a b'", (Channel.DOWNLOAD,)),
        ("scp -rt .", (Channel.UPLOAD,)),
        ("rsync --server -vlogDtpre.iLsfxCIvu . /tmp/x", (Channel.UPLOAD,)),
        ("rsync --server --sender -vre.iLsfxCIvu . /tmp/x", (Channel.DOWNLOAD,)),
        ("rsync a b", ()),
        ("/usr/lib/openssh/sftp-server", (Channel.SFTP, *FILES)),
        ("echo scp -t", ()),
        ("", ()),
        ("scp 'unclosed", ()),
    ],
)
def test_the_far_end_of_a_copying_program_needs_what_it_does(command, needed):
    assert needed_for(command) == needed


def test_a_transfer_reads_as_it_was_done():
    assert Transfer("rename", "/a", to="/b").action == "rename /a /b"
    assert Transfer("put", "/a", size=3).action == "put /a"
