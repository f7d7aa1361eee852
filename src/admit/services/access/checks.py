"""May this person use this, why, and until when."""

from collections.abc import Iterable, Mapping

from admit.control import decisions, own_types
from admit.control.answers.asked import Asked, decided, explained, party_of
from admit.control.bastionhost.restrictions import restrictions
from admit.control.decisions import Asker
from admit.control.names import Named
from admit.core.access import Decision
from admit.core.errors import InvalidParameter
from admit.core.links import Kind, Link, Ref
from admit.rpc.operation import Call
from admit.rpc.shape import Json, Shape
from admit.services.access.errors import Ambiguous, NotFound
from admit.services.access.own_words import ActionName, AskedName, PropertyMap, require_several
from admit.services.access.vocabulary import (
    Answer,
    At,
    ResourceName,
    Step,
    access,
    answer,
    known,
    named,
    past,
    steps,
)
from admit.store import things as stored


def _asked(call: Call, asks: "CheckAccess | ExplainAccess") -> Asked:
    """What is asked, of people and what admit has of itself, or of one's own types."""
    at = asks.at
    subject = named(lambda: own_types.subject(call.sql, asks.person, at), "Person")
    resource = named(lambda: own_types.resource(call.sql, asks.resource, at), "Resource")
    require_several(asks.action_name, resource)
    return Asked(
        party_of(call.sql, subject),
        party_of(call.sql, resource),
        asks.action_name,
        {},
        asks.context or {},
    )


def _note(call: Call, decision: Decision, things: Mapping[int, Named], action: str) -> None:
    asker = Asker(
        call.caller.arn,
        f"{access.product}:{action}",
        call.request_id,
        call.conditions.get("acs:SourceIp", ""),
    )
    call.world.activities.note(decisions.noted(decision, things, asker, call.now))


@access.operation("get", errors=(NotFound, Ambiguous, InvalidParameter))
class CheckAccess(Shape):
    """Tells whether a person may use a resource, why, and until when."""

    person: AskedName
    resource: ResourceName
    at: At | None = None
    action_name: ActionName | None = None
    """What is to be done, where the resource is of a type of one's own; without it any action will do."""
    context: Json[PropertyMap] | None = None
    """What conditions may ask of the request: any JSON object."""

    class Response(Shape):
        """The decision."""

        decision: Answer

    def handle(self, call: Call) -> Response:
        """Ask."""
        decision = decided(call.sql, _asked(call, self), call.now, self.at)
        things = decisions.labels_of(call.sql, decision, past(self.at, call))
        _note(call, decision, things, "CheckAccess")
        return self.Response(decision=answer(decision, things, call.now))


class OpenPath(Shape):
    """One way to the resource that is open."""

    steps: tuple[Step, ...]


class Restriction(Shape):
    """What a control policy leaves of the access."""

    part: str
    """source address, hours, approval, protocol or commands."""
    policy_id: str
    policy_name: str
    text: str
    """In words, such as: only from 10.0.0.0/8."""


class Holder(Shape):
    """Something that may use the resource, and that the person could be joined to."""

    kind: str
    id: str
    name: str
    label: str


@access.operation("get", errors=(NotFound, Ambiguous, InvalidParameter))
class ExplainAccess(Shape):
    """Explains a decision: every open path, or the path nearest to being open and what is missing."""

    person: AskedName
    resource: ResourceName
    at: At | None = None
    action_name: ActionName | None = None
    """What is to be done, where the resource is of a type of one's own; without it any action will do."""
    context: Json[PropertyMap] | None = None
    """What conditions may ask of the request: any JSON object."""

    class Response(Shape):
        """The decision and what led to it."""

        decision: Answer
        paths: tuple[OpenPath, ...]
        """Every open path."""
        holders: tuple[Holder, ...]
        """Groups, units and users that may use the resource: being joined to one would open a path."""
        restrictions: tuple[Restriction, ...]
        """What control policies leave of it at this moment; nothing is told about other moments."""

    def handle(self, call: Call) -> Response:
        """Ask, by all that is known."""
        asked = _asked(call, self)
        told = explained(call.sql, asked, call.now, self.at)
        paths, resource = told.paths, asked.resource.ref
        then = past(self.at, call)
        things = known(call.sql, paths, *told.holders, at=then)
        things |= decisions.labels_of(call.sql, told.decision, then)
        _note(call, told.decision, things, "ExplainAccess")
        return self.Response(
            decision=answer(told.decision, things, call.now),
            paths=tuple(OpenPath(steps=steps(path, things)) for path in paths),
            restrictions=() if self.at is not None else _restrictions(call, resource, paths),
            holders=tuple(
                Holder(kind=each.thing.kind.word, id=each.thing.id, name=each.thing.name, label=each.label)
                for each in (things[ref.key] for ref in told.holders)
            ),
        )


def _restrictions(call: Call, resource: Ref, paths: Iterable[tuple[Link, ...]]) -> tuple[Restriction, ...]:
    """What is left of the access by each user that an open path goes through."""
    if resource.kind not in (Kind.HOST, Kind.HOST_ACCOUNT):
        return ()
    users = {path[0].target.key for path in paths if path[0].target.kind is Kind.USER}
    asked = stored.by_keys(call.sql, [*users, resource.key])
    narrowed = (
        each
        for key in sorted(users)
        for each in restrictions(call.sql, call.world, asked[key], asked[resource.key], call.now).told(
            call.now
        )
    )
    told = (
        Restriction(
            part=each.part.value, policy_id=each.policy.id, policy_name=each.policy.name, text=each.text
        )
        for each in narrowed
    )
    return tuple({(each.part, each.policy_id, each.text): each for each in told}.values())
