"""Mail about requests for access: to whoever may decide, to whoever asked, to all who must hear an alarm."""

from collections.abc import Iterator, Sequence

import msgspec

from admit.control.followers import Follower
from admit.control.requests import offers
from admit.control.requests.access_requests import RequestDetails, person_of, words_of
from admit.control.requests.letters import Letter, Subject, address_of, post, quoted
from admit.core.events import ThingAdded, ThingChanged
from admit.core.links import Kind
from admit.core.texts import printable
from admit.core.validity import iso
from admit.store import things
from admit.store.changes import Change
from admit.store.engine import Tx
from admit.store.things import Thing

_DECIDED = {"approved": "approved", "declined": "declined"}


def follower(domain: str, approvers: Sequence[str]) -> Follower:
    """Writes the letters of each request; ``approvers`` are addresses that hear of all of them."""

    def apply(tx: Tx, change: Change) -> None:
        event = change.event
        if not isinstance(event, ThingAdded | ThingChanged) or event.thing.kind is not Kind.ACCESS_REQUEST:
            return
        request = things.by_key(tx.sql, event.thing.key)
        post(tx, change, Subject("request", request, domain), _letters(tx, request, event, approvers))

    return Follower("request letters", apply)


def _letters(
    tx: Tx, request: Thing, event: ThingAdded | ThingChanged, approvers: Sequence[str]
) -> Iterator[Letter]:
    # What the entry says, and not what became of the request since.
    details = msgspec.convert(
        msgspec.to_builtins(request.read(RequestDetails)) | event.fields, RequestDetails
    )
    name = printable(person_of(tx.sql, request).name)
    if isinstance(event, ThingAdded):
        told = _alarm(details, name) if details.agreement else _asked(details, name)
        for address in _deciders(tx, request, details, approvers):
            yield Letter(address, *told)
    elif details.state in _DECIDED:
        asker = address_of(things.by_key(tx.sql, request.parent))
        if asker:
            yield Letter(asker, *_decided(details, name))


def _deciders(tx: Tx, request: Thing, details: RequestDetails, approvers: Sequence[str]) -> list[str]:
    """Whom it concerns, each once; who asks need not be told."""
    resource = things.living(tx.sql, details.resource)
    owners = [] if resource is None else offers.owners(tx.sql, resource)
    found = [address_of(user) for user in owners if user.key != request.parent]
    return list(dict.fromkeys(address for address in (*found, *approvers) if address))


def _asked(details: RequestDetails, name: str) -> tuple[str, str]:
    text = (
        f"{name} asks for access to {details.label} for {words_of(details.lasting_ms)}.\n\n"
        f"Reason:\n{quoted(details.reason)}\n\n"
        "Decide on your page of admit, or with `admit requests`.\n"
    )
    return f"{name} asks for access to {details.label}", text


def _alarm(details: RequestDetails, name: str) -> tuple[str, str]:
    until = "" if details.ends_at is None else f" until {iso(details.ends_at)}"
    text = (
        f"{name} BROKE GLASS and has access to {details.label}{until}, by what "
        f"{details.decided_by} agreed beforehand.\n\n"
        f"Reason:\n{quoted(details.reason)}\n\n"
        "If this is no emergency that you know of, revoke the access now: live sessions end with it.\n"
    )
    return f"ALARM: {name} broke glass for {details.label}", text


def _decided(details: RequestDetails, name: str) -> tuple[str, str]:
    word = _DECIDED[details.state]
    until = "" if details.ends_at is None else f" You have access until {iso(details.ends_at)}."
    said = f"\n{details.decided_by} says:\n{quoted(details.comment)}\n" if details.comment else ""
    text = f"Hello {name},\n\nyour request for access to {details.label} was {word}.{until}\n{said}"
    return f"Your request for {details.label} was {word}", text
