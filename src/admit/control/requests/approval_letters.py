"""Mail about what waits for an approval at a bastion host: to whoever may decide, and to whoever asked.

Who may decide is who may call the operation that accepts it: RAM users with an address, as far as their
policies say without knowing where and how they will call. Besides them stand the addresses that hear of all
requests. Who asks is told when it is decided, and is not mailed their own request.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from admit.control.bastionhost.tickets import TicketDetails
from admit.control.callers import user_caller
from admit.control.followers import Follower
from admit.control.live.held_commands import PATIENCE, HeldCommandDetails
from admit.control.requests.letters import Letter, Subject, address_of, post, quoted
from admit.control.world import World
from admit.core.events import ThingAdded, ThingChanged
from admit.core.links import Kind
from admit.core.ram import Access, Effect, evaluate
from admit.core.texts import printable
from admit.core.validity import FOREVER, MINUTE, Millis, iso
from admit.store import things
from admit.store.changes import Change
from admit.store.engine import Tx
from admit.store.things import Thing, Where

ACCEPT = {
    Kind.HELD_COMMAND: "yundun-bastionhost:AcceptApproveCommand",
    Kind.OPERATION_TICKET: "yundun-bastionhost:AcceptOperationTicket",
}
"""What somebody must be allowed to do to decide."""
AGAIN: Millis = MINUTE
"""How long nobody is mailed of further commands of a session: who types them must not fill mailboxes."""
_DECIDED = {"Accepted": "accepted", "Rejected": "rejected"}


@dataclass(frozen=True, slots=True)
class _Office:
    """What does not depend on the change."""

    world: World
    domain: str
    approvers: Sequence[str]


def follower(world: World, domain: str, approvers: Sequence[str]) -> Follower:
    """Writes the letters; ``approvers`` are addresses that hear of all that waits."""
    office = _Office(world, domain, approvers)

    def apply(tx: Tx, change: Change) -> None:
        event = change.event
        if not isinstance(event, ThingAdded | ThingChanged) or event.thing.kind not in ACCEPT:
            return
        about = things.by_key(tx.sql, event.thing.key)
        tell = _of_command if about.kind is Kind.HELD_COMMAND else _of_ticket
        post(tx, change, Subject("approval", about, domain), tell(tx, office, about, event))

    return Follower("approval letters", apply)


def _of_command(tx: Tx, office: _Office, held: Thing, event: ThingAdded | ThingChanged) -> Iterator[Letter]:
    if isinstance(event, ThingChanged) or _was_told(tx, held):
        return
    details = held.read(HeldCommandDetails)
    bastion = things.by_key(tx.sql, held.parent)
    name, on = printable(details.user_name), _label(tx, bastion, details.host_id, details.account_name)
    text = (
        f"{name} wants to run a command on {on}, and a control policy holds it:\n\n"
        f"{quoted(printable(details.command))}\n\n"
        f"The session is {details.session_id}, from {details.peer}. It waits until "
        f"{iso(held.created_at + PATIENCE)}, and is then as if rejected. Decide with one of\n\n"
        f"  {_call('AcceptApproveCommand', bastion, 'CommandId', held)}\n"
        f"  {_call('RejectApproveCommand', bastion, 'CommandId', held)}\n"
    )
    for address in _deciders(tx, office, held, _user(tx, bastion, details.user_id)):
        yield Letter(address, f"{name} wants to run a command on {on}", text)


def _of_ticket(tx: Tx, office: _Office, ticket: Thing, event: ThingAdded | ThingChanged) -> Iterator[Letter]:
    # What the entry says, and not what became of the ticket since.
    known = msgspec.to_builtins(ticket.read(TicketDetails)) | event.fields
    details = msgspec.convert(known, TicketDetails)
    bastion = things.by_key(tx.sql, ticket.parent)
    user = _user(tx, bastion, details.user_id)
    on = _label(tx, bastion, details.host_id, details.account_name)
    if isinstance(event, ThingAdded):
        name = printable(user.name) if user is not None else details.user_id
        text = (
            f"{name} asks for a session on {on}, which a control policy holds.\n\n"
            f"Reason:\n{quoted(details.apply_comment)}\n\nDecide with one of\n\n"
            f"  {_call('AcceptOperationTicket', bastion, 'OperationTicketId', ticket)}\n"
            f"  {_call('RejectOperationTicket', bastion, 'OperationTicketId', ticket)}\n"
        )
        for address in _deciders(tx, office, ticket, user):
            yield Letter(address, f"{name} asks for a session on {on}", text)
    elif event.fields.get("state") in _DECIDED and user is not None:
        asker = address_of(user) or _ram_address(tx, user)
        if asker is not None:
            yield Letter(asker, *_decided(details, user, on))


def _decided(details: TicketDetails, user: Thing, on: str) -> tuple[str, str]:
    word, until = _DECIDED[details.state], ""
    if details.state == "Accepted":
        end = "" if details.ends_at in (None, FOREVER) else f" until {iso(details.ends_at or 0)}"
        until = f" You may begin {'one session' if details.once else 'sessions'}{end}."
    said = f"\nThey say:\n{quoted(details.decision_comment)}\n" if details.decision_comment else ""
    text = f"Hello {printable(user.name)},\n\nyour request for a session on {on} was {word}.{until}\n{said}"
    return f"Your request for a session on {on} was {word}", text


def _deciders(tx: Tx, office: _Office, waiting: Thing, asker: Thing | None) -> list[str]:
    """The addresses of all who may decide, each once."""
    access = Access(ACCEPT[waiting.kind], ("*",), {})
    found: list[str | None] = []
    for user in things.find(tx.sql, Where(Kind.RAM_USER)):
        if (address := address_of(user)) is None or user.id == _ram_id(asker):
            continue
        policies = user_caller(tx.sql, office.world, user).policies or ()
        if evaluate(policies, access).effect is Effect.ALLOW:
            found.append(address)
    return list(dict.fromkeys(each for each in (*found, *office.approvers) if each))


class _Source(msgspec.Struct):
    """The RAM user that a bastion host's user stands for, if one."""

    source: str = ""
    source_user_id: str | None = None


def _ram_id(user: Thing | None) -> str | None:
    of = _Source() if user is None else user.read(_Source)
    return of.source_user_id if of.source == "Ram" else None


def _ram_address(tx: Tx, user: Thing) -> str | None:
    ram_id = _ram_id(user)
    found = None if ram_id is None else things.by_id_anywhere(tx.sql, Kind.RAM_USER, ram_id)
    return None if found is None else address_of(found)


def _was_told(tx: Tx, held: Thing) -> bool:
    """Whether another command of the same session was told of just before."""
    session = held.read(HeldCommandDetails).session_id
    same = things.find(tx.sql, Where(Kind.HELD_COMMAND, parent=held.parent, details={"session_id": session}))
    return any(held.created_at - AGAIN < each.created_at and each.key < held.key for each in same)


def _user(tx: Tx, bastion: Thing, user_id: str) -> Thing | None:
    return things.by_id(tx.sql, Kind.USER, bastion.key, user_id)


def _label(tx: Tx, bastion: Thing, host_id: str, login: str) -> str:
    host = things.by_id(tx.sql, Kind.HOST, bastion.key, host_id)
    name = host_id if host is None else printable(host.name)
    return f"{printable(login)}@{name}" if login else name


def _call(action: str, bastion: Thing, parameter: str, waiting: Thing) -> str:
    return f"admit call bastionhost {action} --InstanceId {bastion.id} --{parameter} {waiting.id}"
