"""Whether somebody who is signed in may go on to an application: decided, noted, and said why not."""

from dataclasses import dataclass

from sqlalchemy import Connection

from admit.control import decisions, names
from admit.control.access import ask_as
from admit.control.decisions import Asker
from admit.control.eiam import claims, sign_ins
from admit.control.eiam.applications import ApplicationDetails
from admit.control.eiam.issuers import Issuer
from admit.control.names import Named
from admit.control.signing_in.web_sessions import SignedIn
from admit.control.world import World
from admit.core.access import Decision, Reason
from admit.core.links import Stage, stage_of
from admit.core.sessions import LASTING_DOOR
from admit.core.validity import Millis
from admit.store.things import Thing


@dataclass(frozen=True, slots=True)
class Admitted:
    """Somebody may go on, as this user."""

    user: Thing


@dataclass(frozen=True, slots=True)
class Refusal:
    """Somebody may not go on: for a page that says why."""

    who: str
    what: str
    """The application's name."""
    why: str
    """A sentence; ``{…}`` stands where a value belongs."""
    values: dict[str, str]
    at: Millis | None = None
    """The moment that ``why`` ends with, if it does."""
    wanted: int | None = None
    """The key of what is wanted, where asking for access would help."""


NO_ACCOUNT = "You are signed in as {who}, who has no account in the directory of this application."
SWITCHED_OFF = "Signing in to {what} is switched off."
NAMELESS = "{what} wants to know you by something that your account does not have: {attribute}."
NOT_GRANTED = "No grant leads from {who}, or from a group or unit of theirs, to {what}."
BEGINS = "Your access to {what} begins later: {link} begins"
ENDED = "Your access to {what} is over: {link} ended"
BLOCKED = "Your access to {what} is switched off: {blocked} is {word}."


def admit(
    sql: Connection, world: World, issuer: Issuer, application: Thing, visitor: tuple[SignedIn, str]
) -> Admitted | Refusal:
    """Whether a visitor (who is signed in, and from where) may go on to an application."""
    signed_in, peer = visitor
    users = [each for each in signed_in.users if each.parent == issuer.idaas.key]
    if not users:
        return Refusal(signed_in.name, application.name, NO_ACCOUNT, {})
    if not sign_ins.opens(application):
        return Refusal(users[0].name, application.name, SWITCHED_OFF, {})
    now = world.clock.now()
    asked = [(user, ask_as(sql, user.ref, application.ref, now)) for user in users]
    user, decision = next((each for each in asked if each[1].allowed), asked[0])
    labels = decisions.labels_of(sql, decision)
    asker = Asker(signed_in.name, LASTING_DOOR, peer=peer)
    world.activities.note(decisions.noted(decision, labels, asker, now))
    if not decision.allowed:
        return _refusal(sql, user, application, decision, labels)
    config = application.read(ApplicationDetails).oidc
    if claims.subject(sql, user, config) is None:
        return Refusal(user.name, application.name, NAMELESS, {"attribute": config.subject})
    return Admitted(user)


def _refusal(
    sql: Connection, user: Thing, application: Thing, decision: Decision, labels: dict[int, Named]
) -> Refusal:
    """A refusal in words: which link is missing, begins later or is over, what is blocked."""
    who, what = user.name, application.name
    if decision.reason is Reason.DISABLED and decision.blocked is not None:
        blocked = names.labels(sql, [decision.blocked.key])[decision.blocked.key].label
        return Refusal(who, what, BLOCKED, {"blocked": blocked, "word": "disabled"})
    if decision.reason in (Reason.STARTS_LATER, Reason.HAS_ENDED):
        later = decision.reason is Reason.STARTS_LATER
        words = {"link": _shut(decision, labels)}
        return Refusal(who, what, BEGINS if later else ENDED, words, decision.changes_at, application.key)
    return Refusal(who, what, NOT_GRANTED, {}, wanted=application.key)


def _shut(decision: Decision, labels: dict[int, Named]) -> str:
    """The link of a path that does not hold, in words."""
    shut = [link for link in decision.because if not link.validity.holds_at(decision.at)]
    link = shut[0] if shut else decision.because[-1]
    source, target = labels[link.source.key].label, labels[link.target.key].label
    joins = stage_of(link.source.kind, link.target.kind) is Stage.JOIN
    return f"{source} → {target}" if joins else f"the grant {source} → {target}"
