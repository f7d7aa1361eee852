"""The outbox: mail waiting for the mail server to take it."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select, update

from admit.core.validity import Millis
from admit.store.tables import messages


@dataclass(frozen=True, slots=True)
class Message:
    """One mail to one person."""

    id: int
    recipient: str
    subject: str
    body: str
    message_id: str
    created_at: Millis
    tries: int


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A mail to be sent, once per cause."""

    cause: str
    recipient: str
    subject: str
    body: str
    message_id: str


_COLUMNS = (
    messages.c.id,
    messages.c.recipient,
    messages.c.subject,
    messages.c.body,
    messages.c.message_id,
    messages.c.created_at,
    messages.c.tries,
)


def add(sql: Connection, new: NewMessage, now: Millis) -> bool:
    """Put a mail into the outbox; returns False if its cause has sent one already."""
    if sql.execute(select(messages.c.id).where(messages.c.cause == new.cause)).first() is not None:
        return False
    sql.execute(
        insert(messages).values(
            cause=new.cause,
            recipient=new.recipient,
            subject=new.subject,
            body=new.body,
            message_id=new.message_id,
            created_at=now,
            state="waiting",
            tries=0,
            next_at=now,
        )
    )
    return True


def claim(sql: Connection, now: Millis, until: Millis) -> Message | None:
    """The mail that is due longest, kept from every other sender until a moment."""
    row = sql.execute(
        select(*_COLUMNS)
        .where(messages.c.state == "waiting", messages.c.next_at <= now)
        .order_by(messages.c.next_at, messages.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if row is None:
        return None
    sql.execute(
        update(messages).where(messages.c.id == row.id).values(next_at=until, tries=messages.c.tries + 1)
    )
    return Message(*row)


def next_due(sql: Connection) -> Millis | None:
    """When the next mail is due; None if none waits."""
    statement = (
        select(messages.c.next_at).where(messages.c.state == "waiting").order_by(messages.c.next_at).limit(1)
    )
    return sql.execute(statement).scalar_one_or_none()


def sent(sql: Connection, message: Message, now: Millis) -> None:
    """The mail server has it."""
    sql.execute(
        update(messages).where(messages.c.id == message.id).values(state="sent", sent_at=now, last_error=None)
    )


def put_off(sql: Connection, message: Message, until: Millis, error: str) -> None:
    """It is to be tried again at a moment."""
    sql.execute(update(messages).where(messages.c.id == message.id).values(next_at=until, last_error=error))


def failed(sql: Connection, message: Message, error: str) -> None:
    """It will not be tried again."""
    sql.execute(update(messages).where(messages.c.id == message.id).values(state="failed", last_error=error))


def forget(sql: Connection, before: Millis) -> None:
    """Drop what was written before a moment and is done with: it was sent, or has failed."""
    sql.execute(
        delete(messages).where(messages.c.state.in_(("sent", "failed")), messages.c.created_at < before)
    )


def count(sql: Connection, state: str) -> int:
    """How many mails are in a state."""
    statement = select(func.count()).select_from(messages).where(messages.c.state == state)
    return sql.execute(statement).scalar_one()


def tally(sql: Connection) -> dict[str, int]:
    """How many mails are in each state."""
    rows = sql.execute(select(messages.c.state, func.count()).group_by(messages.c.state))
    return {state: int(many) for state, many in rows}
