"""What people sign in with at a door, besides keys and passwords: an authenticator's codes."""

from typing import Annotated

from admit.control.signing_in import one_time_codes
from admit.core.errors import InvalidParameter
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, like
from admit.services.access.errors import NotFound
from admit.services.access.people import UserId
from admit.services.access.vocabulary import access
from admit.store import things
from admit.store.things import Thing

AuthenticatorAddress = Annotated[
    str,
    like(
        "otpauth://totp/admit:alice?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=admit",
        "What the authenticator app is given, as text or drawn as a QR code. It is never shown again.",
    ),
]


@access.operation("update", errors=(NotFound, InvalidParameter))
class SetOneTimeCode(Shape):
    """Gives a user of a bastion host a new authenticator, which makes a code every 30 seconds (RFC 6238).

    The one of before is worth nothing from now on. The user is asked for a code at
    the SSH door if the user's two-factor status is Enable with the method totp.

    Ours: the vendor's users do this for themselves in its console.
    """

    user_id: UserId

    class Response(Shape):
        """What the authenticator needs."""

        address: AuthenticatorAddress

    def handle(self, call: Call) -> Response:
        """Make a secret, and tell it this once."""
        user = _bastion_user(call, self.user_id)
        return self.Response(address=one_time_codes.set_secret(call.tx, call.world, user))


@access.operation("update", errors=(NotFound, InvalidParameter))
class RemoveOneTimeCode(Shape):
    """Forgets the authenticator of a user, as when it was lost.

    Ours: a user who must still show a code cannot sign in until there is a new authenticator.
    """

    user_id: UserId

    class Response(Shape):
        """What became of it."""

        changed: bool
        """False if the user had none."""

    def handle(self, call: Call) -> Response:
        """Forget it."""
        user = _bastion_user(call, self.user_id)
        return self.Response(changed=one_time_codes.forget_secret(call.tx, user))


def _bastion_user(call: Call, user_id: str) -> Thing:
    user = things.by_id_anywhere(call.sql, Kind.USER, user_id)
    if user is None:
        raise NotFound(f"There is no user {user_id}.")
    if things.by_key(call.sql, user.parent).kind is not Kind.BASTION:
        raise InvalidParameter("UserId", "only users of a bastion host sign in with a code.", "Value")
    return user
