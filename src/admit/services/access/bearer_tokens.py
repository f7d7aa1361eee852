"""Bearer tokens: what programs show that ask for decisions."""

from typing import Annotated

from admit.control import things as verbs
from admit.control.signing_in import bearer_tokens
from admit.control.signing_in.bearer_tokens import TokenDetails
from admit.core.errors import InvalidParameter
from admit.core.links import Kind
from admit.core.validity import FOREVER
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, like
from admit.services.access.errors import NotFound, TokenNameTaken
from admit.services.access.vocabulary import Moment, access, end
from admit.store import things
from admit.store.things import HandleTaken, Thing, Where

CallerName = Annotated[
    str, like("orders-service", "The name of a RAM user, whose policies say what the token is good for.")
]
TokenName = Annotated[
    str,
    like("production", "What the token is called.", min_length=1, max_length=128, pattern=r"^\S.*(?!\n)$"),
]
TokenId = Annotated[str, like("k3v9x0example00a", "The ID of the token, which is also its middle part.")]


class TokenShown(Shape):
    """A token, without its secret."""

    token_id: TokenId
    name: TokenName
    user_name: CallerName
    created_at: Moment
    end_time: Moment | None = None
    """When it ends; absent if it does not."""


def _user(call: Call, name: str) -> Thing:
    found = things.by_name(call.sql, Kind.RAM_USER, call.world.account_key, name)
    if found is None:
        raise NotFound(f"There is no RAM user {name}.")
    return found


def _shown(token: Thing, user: Thing) -> TokenShown:
    return TokenShown(
        token_id=token.id,
        name=token.name,
        user_name=user.name,
        created_at=token.created_at,
        end_time=end(token.read(TokenDetails).ends_at),
    )


@access.operation(
    "create", errors=(NotFound, TokenNameTaken, InvalidParameter), resources=("user/{UserName}",)
)
class CreateBearerToken(Shape):
    """Makes a token with which a program asks for decisions as a RAM user.

    It is good for the AuthZEN endpoints, and there for what the user's policies allow: admit:Evaluate,
    admit:SearchSubjects, admit:SearchResources, admit:SearchActions. It signs no calls of the API.
    """

    user_name: CallerName
    name: TokenName
    end_time: Moment | None = None
    """When it ends."""

    class Response(Shape):
        """The token."""

        token: str
        """The token itself. It is told this once and cannot be read again."""
        shown: TokenShown

    def handle(self, call: Call) -> Response:
        """Make it, keep its digest, and show it this once."""
        user = _user(call, self.user_name)
        if self.end_time is not None and self.end_time <= call.now:
            raise InvalidParameter("EndTime", "it must be later than now", "Value")
        try:
            made = bearer_tokens.create(call.tx, call.world, user, self.name, self.end_time or FOREVER)
        except HandleTaken:
            raise TokenNameTaken(self.user_name, self.name) from None
        return self.Response(token=made.text, shown=_shown(made.thing, user))


@access.operation("list", errors=(NotFound,), resources=("user/{UserName}",))
class ListBearerTokens(Shape):
    """Lists the bearer tokens of a RAM user, those that have ended too."""

    user_name: CallerName

    class Response(Shape):
        """The tokens, the oldest first."""

        tokens: tuple[TokenShown, ...]

    def handle(self, call: Call) -> Response:
        """Read them."""
        user = _user(call, self.user_name)
        found = things.find(call.sql, Where(Kind.BEARER_TOKEN, user.key))
        return self.Response(tokens=tuple(_shown(each, user) for each in found))


@access.operation("delete", errors=(NotFound,), resources=("user/{UserName}",))
class DeleteBearerToken(Shape):
    """Revokes a bearer token: it is refused from the next request on."""

    user_name: CallerName
    token_id: TokenId

    class Response(Shape):
        """Done."""

    def handle(self, call: Call) -> Response:
        """Remove it."""
        user = _user(call, self.user_name)
        token = things.by_id(call.sql, Kind.BEARER_TOKEN, user.key, self.token_id)
        if token is None:
            raise NotFound(f"{self.user_name} has no token {self.token_id}.")
        verbs.remove(call.tx, token)
        return self.Response()
