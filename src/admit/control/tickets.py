"""Tickets of a bastion host: a user asks for a session that a control policy holds, somebody decides."""

from typing import Literal

import msgspec
from sqlalchemy import Connection

from admit.control.things import change
from admit.core.links import Kind
from admit.core.restrictions import Ticket
from admit.core.validity import BEGINNING, FOREVER, Millis, Validity
from admit.store import things
from admit.store.engine import Tx
from admit.store.things import Thing, Where


class TicketDetails(msgspec.Struct):
    """What is kept of a ticket. What lists filter on is kept at its default too."""

    user_id: str
    """The bastion host's user who asks."""
    host_id: str
    account_name: str
    """The login that is asked for."""
    account_id: str
    """The account of this name; empty for a login that is to be typed."""
    protocol_name: Literal["SSH", "RDP"]
    state: Literal["Normal", "Accepted", "Rejected"] = "Normal"
    """Normal is waiting."""
    apply_comment: str = ""
    decision_comment: str = ""
    decided_at: Millis | None = None
    decided_by: str = ""
    starts_at: Millis | None = None
    ends_at: Millis | None = None
    once: bool = False
    """Whether it is good for one session only."""
    used_at: Millis | None = None
    """When that one session began."""


class TicketUsed(Exception):
    """A ticket for one session had its session."""


def accepted(sql: Connection, user: Thing, on: Thing, resource: Thing) -> tuple[Ticket, ...]:
    """The accepted tickets of a user for a host account, or for logins that are typed on a host."""
    account_id = resource.id if resource.kind is Kind.HOST_ACCOUNT else ""
    where = Where(
        Kind.OPERATION_TICKET,
        parent=on.parent,
        details={
            "state": "Accepted",
            "user_id": user.id,
            "host_id": on.id,
            "account_id": account_id,
            "protocol_name": "SSH",
        },
    )
    return tuple(_ticket(each) for each in things.find(sql, where))


def _ticket(thing: Thing) -> Ticket:
    details = thing.read(TicketDetails)
    starts, ends = details.starts_at, details.ends_at
    validity = Validity(BEGINNING if starts is None else starts, FOREVER if ends is None else ends)
    return Ticket(thing.id, validity, details.used_at is not None)


def use(tx: Tx, ticket: Ticket) -> None:
    """Let a session begin by a ticket: one for a single session is then used up.

    Raises:
        TicketUsed: another session was quicker.
    """
    thing = things.by_id_anywhere(tx.sql, Kind.OPERATION_TICKET, ticket.id)
    if thing is None:
        raise TicketUsed(ticket.id)
    details = thing.read(TicketDetails)
    if not details.once:
        return
    if details.used_at is not None:
        raise TicketUsed(ticket.id)
    change(tx, thing, details=msgspec.structs.replace(details, used_at=tx.now))
