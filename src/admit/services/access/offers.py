"""What people may ask for: offered, changed, offered no more."""

from typing import Annotated

from admit.control import names
from admit.control.recipients import directory_of, users_of
from admit.control.requests import offers
from admit.control.requests.offers import OfferDetails
from admit.control.things import remove
from admit.core.errors import InvalidParameter
from admit.core.validity import Millis
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, at_most, like
from admit.services.access.errors import Ambiguous, NotFound, NotGrantable
from admit.services.access.vocabulary import At, PersonName, ResourceName, access, named, past
from admit.store.things import Thing

Lasting = Annotated[
    int,
    like(28_800_000, "How long access lasts, in milliseconds.", ge=offers.SHORTEST, le=offers.LONGEST),
]
Note = Annotated[str, like("Say which ticket it is for.", "A sentence for people.", max_length=500)]


class Offer(Shape):
    """Something that people may ask for."""

    resource: str
    """As people call it."""
    owners: tuple[str, ...]
    """The people who may decide besides administrators."""
    longest: Lasting
    """For how long it may be asked for at most, in milliseconds."""
    note: str


@access.operation("update", errors=(NotFound, Ambiguous, InvalidParameter, NotGrantable))
class OfferAccess(Shape):
    """Lets people ask for a resource; offering it again changes how.

    Ours: who may ask is whoever signs in as a user of the resource's directory. Ours: an owner is
    the user that the person has in that directory now, and decides only after signing in as
    that user, so that nobody becomes one by a user made under the owner's name elsewhere.
    """

    resource: ResourceName
    owners: Annotated[tuple[PersonName, ...], at_most(20)] = ()
    """The people who may decide besides administrators; they need a user in the resource's directory."""
    longest: Lasting = offers.LONGEST
    """For how long it may be asked for at most, in milliseconds."""
    note: Note = ""
    """What whoever asks should know or say."""

    class Response(Shape):
        """The offer."""

        changed: bool
        offer: Offer

    def handle(self, call: Call) -> Response:
        """Find resource and owners, and offer."""
        resource = named(lambda: names.resource(call.sql, self.resource), "Resource")
        owners = tuple(
            dict.fromkeys(user.id for name in self.owners for user in _owner(call, name, resource))
        )
        details = OfferDetails(owners, self.longest, self.note)
        made, changed = offers.offer(call.tx, resource, details)
        return self.Response(changed=changed, offer=_told(call, [(made, resource)])[0])


def _owner(call: Call, name: str, resource: Thing) -> list[Thing]:
    person = named(lambda: names.person(call.sql, name), "Owners")
    found = users_of(call.sql, person, directory_of(call.sql, resource))
    if not found:
        raise NotGrantable(f"{name} has no user where {resource.name} is, and could not sign in to decide.")
    return found


def _told(call: Call, found: list[tuple[Thing, Thing]], at: Millis | None = None) -> tuple[Offer, ...]:
    labels = names.labels(call.sql, [resource.key for _, resource in found], at)
    owners = offers.owner_names(call.sql, found, at)
    details = ((offer.read(OfferDetails), resource.key) for offer, resource in found)
    return tuple(
        Offer(resource=labels[key].label, owners=owners[key], longest=each.longest_ms, note=each.note)
        for each, key in details
    )


@access.operation("update", errors=(NotFound, Ambiguous, InvalidParameter))
class StopOfferingAccess(Shape):
    """Lets people ask for a resource no more. Requests that wait go on waiting; grants stay."""

    resource: ResourceName

    class Response(Shape):
        """What became of it."""

        changed: bool
        """False if it was not offered."""

    def handle(self, call: Call) -> Response:
        """Remove the offer."""
        resource = named(lambda: names.resource(call.sql, self.resource), "Resource")
        there = offers.of(call.sql, resource)
        if there is not None:
            remove(call.tx, there)
        return self.Response(changed=there is not None)


@access.operation("list")
class ListOffers(Shape):
    """Lists what people may ask for, or could at a moment, the oldest offer first."""

    at: At | None = None

    class Response(Shape):
        """The offers."""

        offers: tuple[Offer, ...]

    def handle(self, call: Call) -> Response:
        """Read all of them."""
        at = past(self.at, call)
        return self.Response(offers=_told(call, offers.offered(call.sql, at), at))
