"""Who was let in to what, and who was not and why: noted, since the answer does not tell it."""

from admit.control import decisions
from admit.control.decisions import Asker
from admit.core.access import Decision, Reason
from admit.core.activity import Activity, ActivityKind, Mention, Outcome
from admit.rpc.operation import Call
from admit.services.appstream.errors import NoCandidateDeliveryGroup
from admit.services.appstream.offers import Offer, Weighed, Wish, best_offer

ACTION = "appstream-center:GetConnectionTicket"


def noted_offer(call: Call, wish: Wish) -> Offer:
    """What :func:`best_offer` finds; that it was found, or why not, is noted.

    Raises:
        NoCandidateDeliveryGroup: there is nothing.
    """
    weighed = Weighed()
    try:
        offer = best_offer(call, wish, weighed)
    except NoCandidateDeliveryGroup:
        call.world.activities.note(_refused(call, wish, weighed))
        raise
    call.world.activities.note(_let_in(call, offer))
    return offer


def _asker(call: Call) -> Asker:
    return Asker(call.caller.arn, ACTION, call.request_id, call.conditions.get("acs:SourceIp", ""))


def _let_in(call: Call, offer: Offer) -> Activity:
    person = Mention(offer.person.name, offer.person.key)
    return _of(call, offer.decision)._replace(person=person)


def _refused(call: Call, wish: Wish, weighed: Weighed) -> Activity:
    people = {person.key: person for person in weighed.persons}
    person = next((Mention(each.name, each.key) for each in people.values()), Mention(wish.user_name))
    if weighed.refusals:
        # One that came near says more than one that never was granted.
        nearest = min(weighed.refusals, key=lambda each: each.reason is Reason.NOT_GRANTED)
        return _of(call, nearest)._replace(person=person)
    why = "nothing there is fits the request" if people else "no user of this name can be used"
    return _bare(call, Outcome.REFUSED, why)._replace(person=person, resource=Mention(f"app:{wish.app_id}"))


def _of(call: Call, decision: Decision) -> Activity:
    return decisions.noted(decision, decisions.labels_of(call.sql, decision), _asker(call), call.now)


def _bare(call: Call, outcome: Outcome, reason: str) -> Activity:
    asker = _asker(call)
    return Activity(
        call.now,
        ActivityKind.DECISION,
        outcome,
        asker.actor,
        asker.action,
        reason,
        request_id=asker.request_id,
        peer=asker.peer,
    )
