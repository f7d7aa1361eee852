"""What somebody may open: found by what they wrote, or all of it."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from admit.control.access import ask_as, everything_as
from admit.control.bastionhost import credentials as kept
from admit.control.bastionhost.bastion import HostAccountDetails, HostDetails
from admit.core.access import Decision, Reason
from admit.core.activity import Mention
from admit.core.links import Kind, Ref
from admit.core.validity import Millis
from admit.porter.asks import Place, Reachable, Refused, Screen, What
from admit.porter.house import House
from admit.porter.live import DirectSession
from admit.porter.names import Wanted
from admit.porter.narrowing import narrowed
from admit.porter.notes import note_decision, note_refusal
from admit.porter.opener import Chosen, Opener
from admit.porter.refusals import Refusal, not_granted
from admit.store import things
from admit.store.things import Thing


class DirectAdmission:
    """Something that somebody may open, as one of the users they have proven to be."""

    def __init__(self, house: House, opener: Opener, chosen: Chosen, place: Place) -> None:
        self.place = place
        self._house = house
        self._opener = opener
        self._chosen = chosen

    async def until(self) -> Millis | None:
        """Until when access holds, asked again; None if it does not any more."""
        chosen, now = self._chosen, self._house.world.clock.now()
        resource = chosen.target.resource
        decision = await self._house.read(lambda sql: ask_as(sql, chosen.user.ref, resource, now))
        return decision.valid_until if decision.allowed else None

    async def open(self, what: What, detail: str | None, screen: Screen) -> DirectSession:
        """A session, if access still holds and control policies leave it."""
        session = DirectSession(self._house, self._opener, self._chosen, screen)
        try:
            self._opener.require_in(self._house.world.clock.now())
            left = await narrowed(self._house, self._opener, self._chosen, what, detail)
            await session.begin(what, detail, left)
        except Refused as refused:
            resource = Mention(self.place.label, self._chosen.target.resource.key)
            note_refusal(self._house, self._opener, resource, refused.reason)
            raise
        return session


def admitted(
    sql: Connection, house: House, opener: Opener, wanted: Wanted
) -> list[DirectAdmission] | Refused:
    """All that somebody may mean and open, best first; or why there is none."""
    now = house.world.clock.now()
    # Without an account's name all its accounts are meant; with an empty one none of them.
    meant = kept.targets(sql, opener.users, wanted.account or None, wanted.host or "", now)
    if wanted.account == "":
        meant = [each for each in meant if each[1].account is None]
    asked = [(user, target, ask_as(sql, user.ref, target.resource, now)) for user, target in meant]
    open_ones = [Chosen(*each[:2], each[2].permit()) for each in asked if each[2].allowed]
    accounts = [each for each in open_ones if each.target.account is not None]
    # A host alone is the last resort: its credentials are the person's own.
    best = _first_of_each(accounts or open_ones)
    told = _most_telling([each[2] for each in asked])
    nearest = told or next((each[2] for each in asked), None)
    note_decision(sql, house, opener, wanted, best[0].permit.decision if best else nearest)
    if best:
        return [DirectAdmission(house, opener, each, _place(sql, each)) for each in best]
    return not_granted(wanted.label) if told is None else Refusal(told, wanted.label).told(sql)


def _place(sql: Connection, chosen: Chosen) -> Place:
    target = chosen.target
    preferred = target.host.read(HostDetails).pref_kex
    return Place(
        label=chosen.label,
        login=target.login,
        has_account=target.account is not None,
        host=target.host.name,
        host_id=target.host.id,
        where=_qualified(target.host, things.by_key(sql, target.host.parent)),
        address=target.address,
        port=target.port,
        fingerprint=target.fingerprint,
        key_exchange="" if preferred == "default" else preferred,
        until=chosen.permit.decision.valid_until,
    )


def _qualified(host: Thing, bastion: Thing) -> str:
    return f"{host.id}.{bastion.id}"


def _first_of_each(choices: Sequence[Chosen]) -> list[Chosen]:
    """One for each resource: several proven users may hold the same."""
    return list({each.target.resource: each for each in reversed(choices)}.values())[::-1]


_TELLING = (Reason.STARTS_LATER, Reason.HAS_ENDED, Reason.DISABLED)


def _most_telling(refusals: Sequence[Decision]) -> Decision | None:
    """The refusal that says most; None if all say that nothing was ever granted."""
    telling = [each for each in refusals if each.reason in _TELLING]
    return min(telling, key=lambda each: _TELLING.index(each.reason), default=None)


def reached(sql: Connection, users: Iterable[Thing], now: Millis) -> list[Reachable]:
    """All accounts that proven users may use, and the hosts they may use alone."""
    until: dict[Ref, Millis] = {}
    for user in users:
        for reach in everything_as(sql, user.ref, now):
            until[reach.ref] = max(reach.until, until.get(reach.ref, 0))
    accounts = things.by_keys(sql, [ref.key for ref in until if ref.kind is Kind.HOST_ACCOUNT])
    with_accounts = {each.parent for each in accounts.values()}
    alone = [ref.key for ref in until if ref.kind is Kind.HOST and ref.key not in with_accounts]
    hosts = things.by_keys(sql, [*with_accounts, *alone])
    bastions = things.by_keys(sql, [each.parent for each in hosts.values()])
    found: list[Reachable] = []
    for thing in (*accounts.values(), *(hosts[key] for key in alone)):
        is_account = thing.kind is Kind.HOST_ACCOUNT
        if is_account and thing.read(HostAccountDetails).protocol_name != "SSH":
            continue
        host = hosts[thing.parent if is_account else thing.key]
        found.append(
            Reachable(
                label=f"{thing.name}@{host.name}" if is_account else host.name,
                until=until[thing.ref],
                # The ID tells apart what bears one name in several bastion hosts.
                why=f"{host.read(HostDetails).address}, ID {host.id}",
                account=thing.name if is_account else "",
                host=_qualified(host, bastions[host.parent]),
            )
        )
    return found
