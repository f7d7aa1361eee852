"""Sign-ins to applications: what is given out for one, and whether that is still good."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection

from admit.control.access import ask_as
from admit.control.eiam.applications import ApplicationDetails
from admit.control.live import session_ledger
from admit.control.world import World
from admit.core.access import Reason
from admit.core.links import Ref
from admit.core.validity import SECOND, Millis
from admit.store import links, sessions, things
from admit.store import sign_ins as stored
from admit.store.engine import Author, Tx
from admit.store.sign_ins import SignIn, Token, hash_of
from admit.store.things import Thing

TOKEN_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"  # noqa: S105 - what they are made of
TOKEN_LENGTH = 43
"""Letters of a code or token: 256 bits and a little."""
AUTHOR = Author("admit", "sign-ins", "")
"""What is written of sign-ins is no policy: how their sessions end stands in the ledger."""
SIGNED_OUT = "they signed out"
REPLAYED = "what is good once was used twice"


class Begun(msgspec.Struct, omit_defaults=True):
    """Who somebody proved to be when a sign-in was begun, and what the application asked for."""

    issuer: str
    scope: str
    user: int = 0
    """Nobody (0) while a device waits for somebody."""
    proven_at: Millis = 0
    web_session: str | None = None
    peer: str = ""
    client: str = ""
    redirect_uri: str = ""
    challenge: str = ""
    nonce: str = ""
    replayed: bool = False
    """It was used a second time, before the first use was done."""
    user_code: str = ""
    """What a device shows its person."""
    polled_at: Millis = 0
    """When a device asked last."""
    denied: bool = False
    """Its person did not want it."""


class UserCode(msgspec.Struct):
    """What a code that people type stands for."""

    device: str
    """The hash of the device's code, in hexadecimal."""


class Refreshed(msgspec.Struct):
    """What an access or a refresh token stands for."""

    scope: str


def new_token(world: World) -> str:
    """The text of a code or token that nobody can guess."""
    return world.chance.text(TOKEN_LENGTH, TOKEN_LETTERS)


@dataclass(frozen=True, slots=True)
class Given:
    """What is given out."""

    text: str
    kind: str
    lasts_s: int
    details: msgspec.Struct


def give(tx: Tx, application: int, session: str | None, given: Given) -> None:
    """Write what is given out to an application."""
    new = Token(
        hash_of(given.text),
        given.kind,
        application,
        session,
        tx.now,
        tx.now + given.lasts_s * SECOND,
        None,
        msgspec.json.encode(given.details).decode(),
    )
    stored.give(tx.sql, [new])


def goes_on(sql: Connection, user: Ref, application: Ref, now: Millis) -> bool:
    """Whether somebody who is signed in to an application may stay so: by a grant, or by its grace."""
    decision = ask_as(sql, user, application, now)
    if decision.allowed or decision.reason is not Reason.HAS_ENDED or decision.changes_at is None:
        return decision.allowed
    over = [link for link in decision.because if link.validity.end <= now]
    grace = min((links.grace(sql, link.source, link.target) for link in over), default=0)
    return decision.changes_at + grace > now


def opens(application: Thing) -> bool:
    """Whether people sign in to an application at all."""
    details = application.read(ApplicationDetails)
    return details.sso_enabled and details.sso_type == "oidc"


@dataclass(frozen=True, slots=True)
class Standing:
    """A sign-in that is good at this moment."""

    sign_in: SignIn
    application: Thing
    user: Thing


def standing(sql: Connection, session: str, now: Millis) -> Standing | None:
    """A sign-in by its session, if nobody ended it and its person may still use the application."""
    found = stored.living(sql, session, now)
    if found is None:
        return None
    known: Mapping[int, Thing] = things.by_keys(sql, (found.user, found.application))
    user, application = known[found.user], known[found.application]
    if not opens(application) or not goes_on(sql, user.ref, application.ref, now):
        return None
    return Standing(found, application, user)


def token(sql: Connection, text: str, now: Millis) -> Token | None:
    """What was given out with this text, if its time is not over; it may have been used."""
    found = stored.token(sql, hash_of(text))
    return None if found is None or found.ends_at <= now else found


def sign_out(tx: Tx, web_session: str) -> None:
    """End what was begun from a session at our own pages: its person signs out of it."""
    for each in stored.of_web_session(tx.sql, web_session):
        stored.end(tx.sql, each.session, tx.now)
        row = sessions.by_id(tx.sql, each.session)
        if row is not None:
            session_ledger.order_end(tx, row, SIGNED_OUT)
