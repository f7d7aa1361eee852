"""Which host keys hosts may show, and the authority whose certificates they may trust."""

from typing import Annotated

from admit.base.ssh_authority import SshAuthority
from admit.control import names
from admit.control.bastionhost import credentials
from admit.control.bastionhost.bastion import HostDetails
from admit.core.errors import InvalidParameter
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, like
from admit.services.access.errors import Ambiguous, NotFound
from admit.services.access.vocabulary import access, named

HostWord = Annotated[
    str, like("db-1", "The name or the ID of a host, or host:NAME.", min_length=1, max_length=256)
]
Fingerprint = Annotated[
    str,
    like(
        "SHA256:uNiVztksCsDhcc0u9e8BgrJXVGLcwDhDOuyMVnYeMfI",
        "The SHA256 fingerprint of the host key, as ssh-keygen -l tells it.",
        max_length=64,
    ),
]
AuthorityKey = Annotated[
    str,
    like(
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIELWVvObVJEcBPBAe4eeiBsDAUWil3ucB/GwOKx3BQZN admit",
        "The line for the file that TrustedUserCAKeys names in the host's sshd_config.",
    ),
]


@access.operation("update", errors=(NotFound, Ambiguous, InvalidParameter))
class SetHostKey(Shape):
    """Pins the host key a host must show at the SSH door, or forgets it when the host was installed anew.

    A host that shows another key is not logged on to, whoever asks. Sessions that are open stay open.
    """

    host: HostWord
    fingerprint: Fingerprint | None = None
    """Left out or empty: forget the key that is pinned."""

    class Response(Shape):
        """What was pinned before."""

        changed: bool
        former_fingerprint: str
        """Empty if none was pinned."""

    def handle(self, call: Call) -> Response:
        """Pin, or forget."""
        word = f"host:{self.host.removeprefix('host:')}"
        host = named(lambda: names.resource(call.sql, word), "Host")
        former = host.read(HostDetails).ssh_fingerprint
        if not self.fingerprint:
            credentials.forget_pin(call.tx, host.ref)
        elif credentials.is_fingerprint(self.fingerprint):
            credentials.pin(call.tx, host.ref, self.fingerprint)
        else:
            raise InvalidParameter("Fingerprint", "it is not of the form SHA256:…", "Format")
        return self.Response(changed=former != (self.fingerprint or ""), former_fingerprint=former)


@access.operation("get", errors=())
class GetSshAuthority(Shape):
    """Shows the public key of admit's SSH user authority.

    A host that trusts it lets people into accounts for which no secret is kept here, by
    certificates that are good for minutes and end with the grant.
    """

    class Response(Shape):
        """The key."""

        public_key: AuthorityKey

    def handle(self, call: Call) -> Response:
        """Tell it."""
        return self.Response(public_key=SshAuthority(call.world.sealer).public_key())
