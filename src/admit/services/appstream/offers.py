"""What a user may connect to: the authorization as clients know it."""

from collections.abc import Iterator
from dataclasses import dataclass

from admit.control import access
from admit.core.access import Question, decide
from admit.core.links import Kind, Ref
from admit.core.validity import FOREVER, Millis
from admit.rpc.operation import Call
from admit.services.appstream.errors import NoCandidateDeliveryGroup
from admit.services.appstream.group_details import AppDetails, GroupDetails, sessions_of
from admit.services.appstream.principals import users_named
from admit.store import links, things
from admit.store.links import Scope, facts_about
from admit.store.things import Thing, Where


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be connected to; what is left out does not restrict."""

    user_name: str
    product_type: str
    app_id: str
    user_id: str | None = None
    group_ids: tuple[str, ...] = ()
    session_id: str | None = None
    region_id: str | None = None
    app_version: str | None = None

    def fits(self, group: Thing, app: Thing) -> bool:
        """Whether an application in a delivery group is what is wished for."""
        details = group.read(GroupDetails)
        return (
            details.product_type == self.product_type
            and (not self.group_ids or group.id in self.group_ids)
            and self.region_id in (None, details.region_id)
            and self.app_version in (None, app.read(AppDetails).version)
        )


@dataclass(frozen=True, slots=True)
class Offer:
    """What may be connected to."""

    user: Thing
    group: Thing
    app: Thing
    session: Thing | None
    until: Millis
    """The first moment at which it may not any more."""


@dataclass(frozen=True, slots=True)
class _Usable:
    """A user that can be used, until when."""

    user: Thing
    until: Millis


def best_offer(call: Call, wish: Wish) -> Offer:
    """What the user may connect to, in the oldest delivery group that fits.

    Raises:
        NoCandidateDeliveryGroup: there is nothing.
    """
    users = list(_usable(call, wish))
    if users:
        apps = things.find(call.sql, Where(Kind.APP, ids=[wish.app_id]))
        groups = things.by_keys(call.sql, [app.parent for app in apps])
        for app in apps:
            if wish.fits(groups[app.parent], app):
                for offer in _offers(call, users, groups[app.parent], app):
                    if wish.session_id is None or (offer.session and offer.session.id == wish.session_id):
                        return offer
    raise NoCandidateDeliveryGroup


def _usable(call: Call, wish: Wish) -> Iterator[_Usable]:
    """The users of the name whose person may be the user: neither is locked, and their time is not over."""
    for user in users_named(call, wish.user_name):
        if wish.user_id in (None, user.id):
            for held, person in links.of(call.sql, user.key, inward=True, kind=Kind.PERSON):
                off = things.block_words(call.sql, user.key) | things.block_words(call.sql, person.key)
                if held.validity.holds_at(call.now) and not off:
                    yield _Usable(user, held.validity.end)


def _offers(call: Call, users: list[_Usable], group: Thing, app: Thing) -> Iterator[Offer]:
    """What of a delivery group the users may connect to."""
    details = group.read(GroupDetails)
    sessions: list[Thing | None] = [*sessions_of(call, group)] if details.by_session else [None]
    whole = group if details.auth_mode == "AppInstanceGroup" else app
    for session in sessions:
        for each in users:
            resource = (session or whole).ref
            until = FOREVER if details.skips_check else _held_until(call, each.user.ref, resource)
            if until is not None:
                yield Offer(each.user, group, app, session, min(until, each.until))


def _held_until(call: Call, user: Ref, resource: Ref) -> Millis | None:
    """Until when a user may use something, as clients know it; None if not at all.

    Clients hear of what was granted only after a while; of what was taken back, at once.
    """
    decision = access.ask(call.sql, user, resource, call.now)
    if not decision.allowed:
        return None
    if call.world.propagation_ms:
        known = call.now - call.world.propagation_ms
        facts = facts_about(call.sql, Scope.CHECK, subject=user, resource=resource, as_of=known)
        if not decide(Question(user, resource), facts, call.now).allowed:
            return None
    return decision.valid_until
