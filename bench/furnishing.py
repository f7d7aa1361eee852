"""What else a large system has, as its pages show it: sessions, activity, a review, offers and requests."""

from dataclasses import dataclass
from functools import partial
from random import Random

from admit.cli.client import Client
from admit.control.requests import access_requests, reviews
from admit.control.requests.access_requests import Wish
from admit.control.requests.reviews import ReviewDetails
from admit.core.activity import Activity, ActivityKind, Mention, Outcome
from admit.core.events import Named
from admit.core.sessions import Outcome as Ending
from admit.core.validity import DAY, HOUR, MINUTE, Millis
from admit.main import Admit
from admit.store import activity, sessions, things
from admit.store import reviews as stored
from admit.store.engine import Tx
from admit.store.granted import GRANTABLE
from admit.store.reviews import Scope
from admit.store.sessions import End, NewSession
from admit.store.things import Thing
from bench.filling import AUTHOR, Filled

ACTIVITIES = 200_000
SESSIONS = 20_000
LIVE = 500
OFFERS = 100
REQUESTS = 500
AT_ONCE = 5_000
PLAIN = 500
"""Somebody who owns nothing and reviews nothing."""


@dataclass(frozen=True, slots=True)
class Furnished:
    """What pages are asked about."""

    bastion: Named
    person: Named
    """One of many: five groups, a few hundred accounts."""
    owner: Named
    """The user who owns what is offered, and has a review of all to decide on."""
    user: Named
    group: Named
    everybody: Named
    host: Named
    account: Named
    """One that everybody may use."""
    application: str
    session: str
    review: str
    granted: tuple[Named, Named]
    at: Millis
    """When all of it was there: a moment to look back to."""


def furnish(admit: Admit, client: Client, filled: Filled) -> Furnished:
    """Add it to a system that was filled."""
    chance = Random(filled.bastion.key)  # noqa: S311 - the same system each time
    idaas = str(client.call("eiam", "ListInstances")["Instances"][0]["InstanceId"])
    made = [_application(client, idaas, f"application-{number}") for number in range(OFFERS)]
    for account in range(0, min(OFFERS * 10, len(filled.accounts)), 10):
        named, host = filled.accounts[account], filled.host_of(account)
        resource = f"{named.name}@{host.name}"
        owner = filled.people[0].name
        client.call("admit", "OfferAccess", Resource=resource, Owners=[owner])
    _activities(admit, filled, chance)
    for start in range(0, SESSIONS, AT_ONCE):
        admit.store.write_now(AUTHOR, partial(_sessions, filled=filled, chance=chance, first=start))
    admit.store.write_now(AUTHOR, partial(_requests, filled=filled, chance=chance))
    review = admit.store.write_now(AUTHOR, partial(_review, admit=admit, filled=filled))
    if filled.everybody is None:
        raise LookupError("nobody is in the group of everybody")
    return Furnished(
        filled.bastion,
        filled.people[PLAIN],
        filled.users[0],
        filled.users[PLAIN],
        filled.groups[0],
        filled.everybody,
        filled.hosts[0],
        filled.accounts[0],
        made[0],
        _session_id(SESSIONS - 1),
        review,
        filled.granted[0],
        admit.world.clock.now(),
    )


def _application(client: Client, idaas: str, name: str) -> str:
    kind = "urn:alibaba:idaas:app:source:standard"
    asked = {"ApplicationName": name, "ApplicationSourceType": kind, "SsoType": "oidc"}
    return str(client.call("eiam", "CreateApplication", InstanceId=idaas, **asked)["ApplicationId"])


def _activities(admit: Admit, filled: Filled, chance: Random) -> None:
    """Those of a month: every tenth is a session that somebody opened, every twentieth was refused."""
    now, span = admit.world.clock.now(), 30 * DAY
    for start in range(0, ACTIVITIES, AT_ONCE):
        batch = []
        for number in range(start, start + AT_ONCE):
            place, account = (chance.randrange(len(each)) for each in (filled.users, filled.accounts))
            person, user, what = filled.people[place], filled.users[place], filled.accounts[account]
            label = f"{what.name}@{filled.host_of(account).name}"
            opened = number % 10 == 0
            batch.append(
                Activity(
                    now - span + number * span // ACTIVITIES,
                    ActivityKind.SESSION_OPENED if opened else ActivityKind.API_CALL,
                    Outcome.REFUSED if number % 20 == 1 else Outcome.OK,
                    person.name if opened else "acs:ram::1:root",
                    "shell" if opened else "admit:CheckAccess",
                    person=Mention(person.name, person.key) if opened else None,
                    user=Mention(user.name, user.key) if opened else None,
                    resource=Mention(label, what.key) if opened else None,
                )
            )
        admit.store.beside(partial(activity.add, batch=batch))


def _session_id(number: int) -> str:
    return f"s-{number:016}"


def _sessions(tx: Tx, filled: Filled, chance: Random, first: int) -> None:
    """Some sessions; the last ones of all live."""
    ends: dict[str, End] = {}
    for number in range(first, first + AT_ONCE):
        place = chance.randrange(len(filled.users))
        account = filled.accounts[chance.randrange(len(filled.accounts))]
        new = NewSession(
            _session_id(number),
            *("node", "process", "ssh"),
            *(filled.people[place].key, filled.users[place].key, account.key),
            *(account.name, "203.0.113.7", "OpenSSH_9.2", "shell"),
            revision=1,
            until=tx.now + 8 * HOUR,
        )
        sessions.add(tx.sql, new, tx.now - (SESSIONS - number) * MINUTE)
        if number < SESSIONS - LIVE:
            ends[new.id] = End(tx.now - (SESSIONS - number - 1) * MINUTE, Ending.CLOSED, "")
    sessions.end(tx.sql, ends)
    tx.sql.exec_driver_sql("update sessions set recorded_in = 1 where ended_at is not null")


def _thing(tx: Tx, named: Named) -> Thing:
    return things.by_key(tx.sql, named.key)


def _requests(tx: Tx, filled: Filled, chance: Random) -> None:
    """People ask for what is offered."""
    wish = Wish("For the release of tonight", HOUR)
    for place in chance.sample(range(len(filled.users)), REQUESTS):
        offered = filled.accounts[chance.randrange(OFFERS) * 10]
        access_requests.ask(tx, (_thing(tx, filled.users[place]),), _thing(tx, offered), wish)


def _review(tx: Tx, admit: Admit, filled: Filled) -> str:
    """As many grants as one review may have; one person is to decide on all of them."""
    found = stored.granted(tx.sql, Scope(GRANTABLE), tx.now, reviews.MOST_ITEMS)
    reviewer = filled.users[0]
    details = ReviewDetails(
        scope=reviews.AskedScope(),
        items=len(found),
        reviewers=(reviewer.key,),
        reviewer_names=(reviewer.name,),
        owners=True,
        unanswered="keep",
        due_at=tx.now + 14 * DAY,
        begun_by="acs:ram::1:root",
    )
    return reviews.begin(tx, admit.world, "yearly", details, found).id
