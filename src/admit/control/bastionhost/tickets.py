"""Tickets of a bastion host: a user asks for a session that a control policy holds, somebody decides."""

from dataclasses import dataclass
from typing import Literal

import msgspec
from sqlalchemy import Connection

from admit.control.things import New, add, change
from admit.core.links import Kind
from admit.core.restrictions import Ticket
from admit.core.validity import BEGINNING, DAY, FOREVER, Millis, Validity
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


WAITING: Literal["Normal"] = "Normal"
"""The state of a ticket that nobody has decided."""
LONGEST: Millis = DAY
"""How long a ticket is good for if nobody said until when."""


class TicketUsed(Exception):
    """A ticket for one session had its session."""


class TicketWaits(Exception):
    """The user asked for the same already, and nobody has decided."""


class TicketDecided(Exception):
    """Somebody has decided already."""


def ask(tx: Tx, bastion: Thing, details: TicketDetails) -> Thing:
    """Ask for a session that a control policy holds; an administrator decides.

    Raises:
        TicketWaits: the user asked for the same already.
    """
    same = {
        "state": WAITING,
        "user_id": details.user_id,
        "host_id": details.host_id,
        "account_name": details.account_name,
        "protocol_name": details.protocol_name,
    }
    if things.count(tx.sql, Where(Kind.OPERATION_TICKET, parent=bastion.key, details=same)):
        raise TicketWaits
    return add(tx, New(Kind.OPERATION_TICKET, bastion.key, details.account_name, details))


def waiting(sql: Connection, bastion: Thing) -> list[Thing]:
    """The tickets of a bastion host that nobody has decided, oldest first."""
    return things.find(sql, Where(Kind.OPERATION_TICKET, parent=bastion.key, details={"state": WAITING}))


@dataclass(frozen=True, slots=True)
class Decision:
    """Who decided on a ticket, and what they said."""

    by: str
    """ARN."""
    comment: str = ""


def accept(tx: Tx, ticket: Thing, decision: Decision, validity: Validity, *, once: bool) -> None:
    """Let what was asked for begin within a period.

    Raises:
        TicketDecided: somebody has decided already.
    """
    details = msgspec.structs.replace(
        _undecided(ticket),
        state="Accepted",
        starts_at=validity.start,
        ends_at=validity.end,
        once=once,
        decision_comment=decision.comment,
        decided_at=tx.now,
        decided_by=decision.by,
    )
    change(tx, ticket, details=details)


def reject(tx: Tx, ticket: Thing, decision: Decision) -> None:
    """Refuse what was asked for.

    Raises:
        TicketDecided: somebody has decided already.
    """
    details = msgspec.structs.replace(
        _undecided(ticket),
        state="Rejected",
        decision_comment=decision.comment,
        decided_at=tx.now,
        decided_by=decision.by,
    )
    change(tx, ticket, details=details)


def _undecided(ticket: Thing) -> TicketDetails:
    details = ticket.read(TicketDetails)
    if details.state != WAITING:
        raise TicketDecided
    return details


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
    validity = Validity(details.starts_at or BEGINNING, details.ends_at or FOREVER)
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
