"""Granting hosts and host accounts to a user or a user group: one logic for both."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal, TypeAlias

from msgspec.structs import replace

from admit.control import grants
from admit.control.bastionhost.bastion import HostAccountDetails
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.shape import JsonText, Shape, at_most, like
from admit.services.bastionhost.host_details import HostFilter
from admit.services.bastionhost.vocabulary import (
    ALREADY,
    INVALID,
    NOT_FOUND,
    OK,
    HostAccountId,
    HostAccountName,
    HostId,
    Message,
    PageNumber,
    PageSize,
    ProtocolName,
    ResultCode,
    host,
    is_decimal,
    pages,
)
from admit.store import links, things
from admit.store.engine import Tx
from admit.store.things import Thing, Where


class HostToGrant(Shape):
    """A host and, optionally, accounts on it."""

    host_id: HostId
    host_account_ids: Annotated[tuple[HostAccountId, ...], at_most(10)] = ()


Hosts = Annotated[
    JsonText[Annotated[tuple[HostToGrant, ...], at_most(10, least=1)]],
    like(
        '[{"HostId":"1"},{"HostId":"2","HostAccountIds":["1","2"]}]',
        "The hosts and host accounts, as JSON: up to 10 hosts, up to 10 accounts for each. "
        "A host without accounts stands for the host alone.",
    ),
]


class HostAccountResult(Shape):
    """What became of one host account."""

    host_account_id: HostAccountId
    code: ResultCode
    message: Message


class HostResult(Shape, kw_only=True):
    """What became of one host."""

    host_id: HostId
    code: ResultCode
    message: Message
    host_accounts: tuple[HostAccountResult, ...]


Code: TypeAlias = str
Found: TypeAlias = Thing | Code
"""What an id names, or the result code that tells why it names nothing."""
Change: TypeAlias = Callable[[Tx, Thing, Thing, Sequence[Found]], list[Code]]
"""Grants or revokes: principal, host, accounts -> the code of the host, then of each account."""


def find(call: Call, kind: Kind, parent: int, wire_id: str) -> Found:
    """The thing of this id, or the code of its absence."""
    if not is_decimal(wire_id):
        return INVALID
    return things.by_id(call.sql, kind, parent, wire_id) or NOT_FOUND


def change_all(
    call: Call, bastion: Thing, principal: Found, hosts: Sequence[HostToGrant], change: Change
) -> list[dict[str, Any]]:
    """``change`` every host for a principal; an item that fails stops no other.

    Returns the fields of a ``HostResult`` for each.
    """
    return [_result(each, _codes(call, bastion, principal, each, change)) for each in hosts]


def _codes(call: Call, bastion: Thing, principal: Found, asked: HostToGrant, change: Change) -> list[Code]:
    if isinstance(principal, str):
        return [principal] * (1 + len(asked.host_account_ids))
    on = find(call, Kind.HOST, bastion.key, asked.host_id)
    # No account has a parent of key 0: on a host that is not there none is found either.
    inside = 0 if isinstance(on, str) else on.key
    accounts = [find(call, Kind.HOST_ACCOUNT, inside, each) for each in asked.host_account_ids]
    if isinstance(on, str):
        return [on, *(each for each in accounts if isinstance(each, str))]
    return change(call.tx, principal, on, accounts)


def _result(asked: HostToGrant, codes: list[Code]) -> dict[str, Any]:
    accounts = zip(asked.host_account_ids, codes[1:], strict=True)
    return {
        "host_id": asked.host_id,
        "code": codes[0],
        "message": "",
        "host_accounts": tuple(
            HostAccountResult(host_account_id=account, code=code, message="") for account, code in accounts
        ),
    }


def attach(tx: Tx, principal: Thing, on: Thing, accounts: Sequence[Found]) -> list[Code]:
    """Grant a host, then accounts on it."""
    fresh = grants.grant(tx, principal, on)
    codes = [_done(grants.grant, tx, principal, each) for each in accounts]
    # Only a host that was named alone can have been there already as a whole.
    return [OK if fresh or accounts else ALREADY, *codes]


def detach(tx: Tx, principal: Thing, on: Thing, accounts: Sequence[Found]) -> list[Code]:
    """Revoke accounts on a host; if none is named, the host and every account on it."""
    if accounts:
        return [OK, *(_done(grants.revoke, tx, principal, each) for each in accounts)]
    held = Where(Kind.HOST_ACCOUNT, parent=on.key, linked_from=principal.key)
    gone = [grants.revoke(tx, principal, each) for each in (on, *things.find(tx.sql, held))]
    return [OK if any(gone) else ALREADY]


def _done(verb: Callable[[Tx, Thing, Thing], bool], tx: Tx, principal: Thing, account: Found) -> Code:
    if isinstance(account, str):
        return account
    return OK if verb(tx, principal, account) else ALREADY


Mode = Annotated[
    Literal["Authorized", "Unauthorized"],
    like("Authorized", "Whether to list the hosts that are granted, or those that are not."),
]
IsAuthorized = Annotated[bool, like(example=True, description="Whether the account is granted.")]


class GrantedHostFilter(HostFilter, kw_only=True):
    """Which hosts a list shows, by whether they are granted to a principal."""

    mode: Mode = "Authorized"

    def page(self, call: Call, bastion: Thing, principal: Thing) -> tuple[list[Thing], int]:
        """The hosts of the page, and how many there are in all."""
        where = self.where(call, bastion)
        if self.mode == "Authorized":
            where = replace(where, linked_from=principal.key)
        else:
            where = replace(where, not_linked_from=principal.key)
        offset, limit = pages(self.page_number, self.page_size)
        return things.page(call.sql, where, offset, limit)


class GrantedHostAccount(Shape):
    """An account on a host, and whether a principal has it."""

    host_account_id: HostAccountId
    host_account_name: HostAccountName
    host_id: HostId
    protocol_name: ProtocolName
    is_authorized: IsAuthorized
    host_account_type: str | None = None


class GrantedHostAccountFilter(Shape, kw_only=True):
    """Which accounts of a host a list shows: all of them, granted or not."""

    host_id: HostId
    host_account_name: HostAccountName | None = None
    page_number: PageNumber | None = None
    page_size: PageSize | None = None

    def page(
        self, call: Call, bastion: Thing, principal: Thing
    ) -> tuple[tuple[GrantedHostAccount, ...], int]:
        """The accounts of the page, and how many there are in all.

        Raises:
            HostNotFound: there is no such host.
        """
        on = host(call, bastion, self.host_id)
        where = Where(Kind.HOST_ACCOUNT, parent=on.key, name=self.host_account_name)
        offset, limit = pages(self.page_number, self.page_size)
        found = things.find(call.sql, where, offset=offset, limit=limit)
        held = links.targets_among(call.sql, principal.key, [each.key for each in found])
        told = tuple(
            GrantedHostAccount(
                host_account_id=each.id,
                host_account_name=each.name,
                host_id=on.id,
                protocol_name=each.read(HostAccountDetails).protocol_name,
                is_authorized=each.key in held,
            )
            for each in found
        )
        return told, things.count(call.sql, where)
