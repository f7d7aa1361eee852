"""Forgetting what logs on to a host account."""

from typing import Annotated, Literal

import msgspec

from admit.control import things as verbs
from admit.control.bastionhost.bastion import (
    PASS_PHRASE,
    PASSWORD,
    PRIVATE_KEY,
    HostAccountDetails,
    seal_secret,
)
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, like
from admit.services.bastionhost.errors import HostAccountNotFound, InstanceNotFound, InvalidArgument
from admit.services.bastionhost.vocabulary import (
    HostAccountId,
    InstanceId,
    ProjectId,
    RegionId,
    bastionhost,
    host_account,
    instance,
)
from admit.store import things

CredentialType = Annotated[
    Literal["Password", "PrivateKey"], like("Password", "Which of the account's secrets to forget.")
]


@bastionhost.operation("update", errors=(InvalidArgument, InstanceNotFound, HostAccountNotFound))
class ResetHostAccountCredential(Shape):
    """Forgets the password of a host account, or its private key with what opens it.

    A key that the account shares with others is detached by DetachHostAccountsFromHostShareKey.

    Ours: forgetting what is not kept changes nothing. Ours: an SSH account for which nothing is
    kept is logged on to with a certificate of admit's own authority.
    """

    instance_id: InstanceId
    host_account_id: HostAccountId
    credential_type: CredentialType
    region_id: RegionId | None = None
    project_id: ProjectId | None = None

    class Response(Shape):
        pass

    def handle(self, call: Call) -> Response:
        found = host_account(call, instance(call, self.instance_id), self.host_account_id)
        kept = things.secret_purposes(call.sql, found.key)
        purposes = (PASSWORD,) if self.credential_type == "Password" else (PRIVATE_KEY, PASS_PHRASE)
        for purpose in purposes:
            if purpose in kept:
                seal_secret(call.tx, call.world, found, purpose, None)
        if self.credential_type == "PrivateKey":
            details = found.read(HostAccountDetails)
            verbs.change(
                call.tx, found, details=msgspec.structs.replace(details, private_key_fingerprint=None)
            )
        return self.Response()
