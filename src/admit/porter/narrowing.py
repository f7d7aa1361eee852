"""What control policies leave of what somebody wants to begin."""

import asyncio

from admit.control.bastionhost import tickets
from admit.control.bastionhost.restrictions import restrictions
from admit.core.commands import Verdict
from admit.core.restrictions import Restrictions
from admit.core.transfers import needed_for
from admit.porter.asks import Refused, What
from admit.porter.house import House
from admit.porter.opener import Chosen, Opener


async def narrowed(
    house: House, opener: Opener, chosen: Chosen, what: What, detail: str | None
) -> Restrictions:
    """What control policies leave, if they leave what somebody wants to do.

    Raises:
        Refused: they do not.
    """
    now = house.world.clock.now()
    resource = chosen.target.account or chosen.target.host
    left = await house.read(lambda sql: restrictions(sql, house.world, chosen.user, resource, now))
    refusal = left.at_logon(opener.peer, now) or left.refuses_use(what)
    if refusal is None and what is What.EXEC:
        refusal = next(filter(None, map(left.refuses, needed_for(detail or ""))), None)
    if refusal is not None:
        raise Refused(refusal.text)
    verdict = Verdict.ALLOW if what is not What.EXEC else left.command(detail or "")
    if verdict is Verdict.DENY:
        raise Refused("a control policy does not allow this command")
    if verdict is Verdict.APPROVAL:
        raise Refused("a control policy asks for an approval of this command: type it in a shell")
    ticket = left.ticket(now)
    if ticket is not None:
        try:
            await asyncio.wrap_future(house.store.write(house.author(), lambda tx: tickets.use(tx, ticket)))
        except tickets.TicketUsed:
            raise Refused("the approval was for one session, which has begun already") from None
    return left
