"""What is noted of those who come to a door: decisions, refusals, and what is done in sessions."""

from sqlalchemy import Connection

from admit.control import decisions
from admit.control.decisions import Asker
from admit.control.live.live_session import Live
from admit.core.access import Decision, Reason
from admit.core.activity import Activity, ActivityKind, Mention, Outcome
from admit.core.transfers import Transfer
from admit.porter.asks import What
from admit.porter.house import House
from admit.porter.names import Wanted
from admit.porter.opener import Opener

KINDS: dict[What, ActivityKind] = {
    What.EXEC: ActivityKind.COMMAND,
    What.FORWARD: ActivityKind.FORWARD,
    What.TUNNEL: ActivityKind.FORWARD,
}
LONGEST = 1000
"""How much of a command is noted."""


def note_decision(
    sql: Connection, house: House, opener: Opener, wanted: Wanted, decision: Decision | None
) -> None:
    """Whether somebody may open what they wrote; None if there is nothing of that name to decide about."""
    if decision is None:
        # That somebody tried it is worth knowing.
        note_refusal(house, opener, Mention(wanted.label), Reason.NOT_GRANTED.value)
        return
    asker = Asker(opener.name, opener.door, peer=opener.peer)
    labels = decisions.labels_of(sql, decision)
    house.world.activities.note(decisions.noted(decision, labels, asker, house.world.clock.now()))


def note_refusal(house: House, opener: Opener, resource: Mention, reason: str) -> None:
    """Why somebody was not let in."""
    house.world.activities.note(
        Activity(
            house.world.clock.now(),
            ActivityKind.DECISION,
            Outcome.REFUSED,
            opener.name,
            opener.door,
            reason,
            resource=resource,
            peer=opener.peer,
        )
    )


def note_use(house: House, opener: Opener, live: Live, what: What, detail: str) -> None:
    """What a session was begun for: its command, or where it is forwarded to."""
    house.world.activities.note(
        Activity(
            house.world.clock.now(),
            KINDS[what],
            Outcome.OK,
            opener.name,
            detail[:LONGEST],
            resource=_at(live),
            peer=opener.peer,
            session=live.id,
            details={"resource": live.about.resource},
        )
    )


def note_transfer(house: House, opener: Opener, live: Live, transfer: Transfer) -> None:
    """What a session did with a file, or was to do."""
    house.world.activities.note(
        Activity(
            house.world.clock.now(),
            ActivityKind.TRANSFER,
            Outcome(transfer.outcome),
            opener.name,
            transfer.action[: 2 * LONGEST],
            transfer.reason[:LONGEST],
            resource=_at(live),
            peer=opener.peer,
            session=live.id,
            details={"resource": live.about.resource, "size": transfer.size},
        )
    )


def _at(live: Live) -> Mention:
    return Mention(live.about.resource, live.question.resource.key)
