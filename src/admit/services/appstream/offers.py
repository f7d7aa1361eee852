"""What a user may connect to: the authorization as clients know it."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from admit.control import access
from admit.control.streaming.streamed_apps import GroupRules, resource_of
from admit.core.access import Decision, Question, decide
from admit.core.links import Kind, Ref
from admit.core.validity import Millis
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
    person: Thing
    """Whose user it is."""
    decision: Decision
    """By what it may be."""


@dataclass(frozen=True, slots=True)
class _Usable:
    """A user that can be used, until when."""

    user: Thing
    person: Thing
    until: Millis


@dataclass(slots=True)
class Weighed:
    """What was found on the way to an offer: it says why there is none."""

    persons: list[Thing] = field(default_factory=list)
    """The people of the name whose users can be used."""
    refusals: list[Decision] = field(default_factory=list)
    """What was asked for them, of all that fits, and refused."""


def best_offer(call: Call, wish: Wish, weighed: Weighed) -> Offer:
    """What the user may connect to, in the oldest delivery group that fits.

    Raises:
        NoCandidateDeliveryGroup: there is nothing; ``weighed`` then says why.
    """
    users = list(_usable(call, wish))
    weighed.persons += [each.person for each in users]
    if users:
        apps = things.find(call.sql, Where(Kind.APP, ids=[wish.app_id]))
        groups = things.by_keys(call.sql, [app.parent for app in apps])
        for app in apps:
            if wish.fits(groups[app.parent], app):
                for offer in _offers(call, users, (groups[app.parent], app), weighed.refusals):
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
                    yield _Usable(user, things.by_key(call.sql, person.key), held.validity.end)


def _offers(
    call: Call, users: list[_Usable], place: tuple[Thing, Thing], refusals: list[Decision]
) -> Iterator[Offer]:
    """What the users may connect to of an application in a delivery group (``place``); what not is told."""
    group, app = place
    details = group.read(GroupDetails)
    sessions: list[Thing | None] = [*sessions_of(call, group)] if details.by_session else [None]
    for session in sessions:
        asked = resource_of(group.read(GroupRules), group, app, session)
        for each in users:
            decision = _decided(call, each.user.ref, asked.ref)
            if decision.allowed:
                until = min(decision.valid_until, each.until)
                yield Offer(each.user, group, app, session, until, each.person, decision)
            else:
                refusals.append(decision)


def _decided(call: Call, user: Ref, resource: Ref) -> Decision:
    """Whether a user may use something, as clients know it.

    Clients hear of what was granted only after a while; of what was taken back, at once.
    """
    decision = access.ask(call.sql, user, resource, call.now)
    if decision.allowed and call.world.propagation_ms:
        known = call.now - call.world.propagation_ms
        facts = facts_about(call.sql, Scope.CHECK, subject=user, resource=resource, as_of=known)
        before = decide(Question(user, resource), facts, call.now)
        return decision if before.allowed else before
    return decision
