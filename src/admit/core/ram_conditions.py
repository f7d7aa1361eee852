"""The Condition element of RAM policies: operators, their values, and when they hold.

Source: RAM policy language version 1.
"""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from operator import eq, ge, gt, le, lt
from typing import Any

from admit.core.wildcards import Wildcards, compiled


@dataclass(frozen=True, slots=True)
class Operator:
    """How to read a policy's value and a request's, and to compare (asked, wanted).

    The readers raise ValueError, whose message continues the sentence "'<value>' …".
    """

    read_wanted: Callable[[str], Any]
    read_asked: Callable[[str], Any]
    compare: Callable[[Any, Any], bool]
    negative: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """One operator on one key. Its values are alternatives; a negative operator wants none of them.

    ``when_absent`` is the answer to a request without the key, or with a value the operator
    cannot read.
    """

    operator: str
    key: str
    wanted: tuple[object, ...]
    when_absent: bool

    def holds(self, keys: Mapping[str, str]) -> bool:
        """Whether the request's keys, spelled by ``canonical_keys``, satisfy the condition."""
        operator = OPERATORS[self.operator]
        text = keys.get(self.key)
        if text is None:
            return self.when_absent
        try:
            asked = operator.read_asked(text)
        except ValueError:
            return self.when_absent
        return any(operator.compare(asked, wanted) for wanted in self.wanted) is not operator.negative


def condition(operator: str, key: str, values: tuple[str, ...], *, denies: bool) -> Condition:
    """A condition of a statement that denies, or allows.

    A caller must never gain by a missing key. The language makes a positive condition on it
    false. A negative one holds in a Deny, or "deny unless from this network" would be escaped
    by hiding the address; it does not hold in an Allow, or "allow unless from this network"
    would be opened by the same trick.

    Raises:
        KeyError: no such operator.
        ValueError: a value the operator cannot read.
    """
    kind = OPERATORS[operator]
    wanted = tuple(_read(kind, value) for value in values)
    return Condition(operator, canonical_key(key), wanted, when_absent=kind.negative and denies)


def canonical_key(name: str) -> str:
    """A condition key without its case; a tag's own name, after the ``/``, keeps it.

    Tags ``Team`` and ``team`` are two tags: made one, either could hide the other.
    """
    prefix, slash, tag = name.partition("/")
    return prefix.lower() + slash + tag


def canonical_keys(conditions: Mapping[str, str]) -> dict[str, str]:
    """A request's condition keys as ``Condition.holds`` looks them up."""
    return {canonical_key(name): value for name, value in conditions.items()}


def _read(kind: Operator, value: str) -> object:
    try:
        return kind.read_wanted(value)
    except ValueError as error:
        raise ValueError(f"{value!r} {error}") from None


_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})"
)


def _number(text: str) -> Decimal:
    if _NUMBER.fullmatch(text) is None:
        raise ValueError("is not a number such as 10 or 2.5")
    return Decimal(text)


def _time(text: str) -> datetime:
    """A moment. Without an offset the text would name a different one in every place."""
    if _TIME.fullmatch(text) is not None:
        with suppress(ValueError):
            return datetime.fromisoformat(text)
    raise ValueError("is not a time such as 2026-11-22T01:02:03Z or 2026-11-22T09:02:03+08:00")


def _boolean(text: str) -> str:
    if text not in {"true", "false"}:
        raise ValueError("is not true or false")
    return text


def _network(text: str) -> IPv4Network | IPv6Network:
    """An address or CIDR block. Bits beyond the prefix are ignored; netmasks are refused."""
    _, slash, prefix = text.partition("/")
    if not slash or prefix.isdecimal():
        with suppress(ValueError):
            return ip_network(text, strict=False)
    raise ValueError("is not an IP address or CIDR block")


def _address(text: str) -> IPv4Address | IPv6Address:
    """A caller's address. IPv4 seen through an IPv6 socket (``::ffff:…``) is IPv4."""
    address = ip_address(text)
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _within(asked: IPv4Address | IPv6Address, wanted: IPv4Network | IPv6Network) -> bool:
    return asked in wanted


def _pattern(text: str) -> Wildcards:
    return compiled((text,))


def _like(asked: str, wanted: Wildcards) -> bool:
    return wanted.match(asked)


OPERATORS: Mapping[str, Operator] = {
    "StringEquals": Operator(str, str, eq),
    "StringNotEquals": Operator(str, str, eq, negative=True),
    "StringEqualsIgnoreCase": Operator(str.casefold, str.casefold, eq),
    "StringNotEqualsIgnoreCase": Operator(str.casefold, str.casefold, eq, negative=True),
    "StringLike": Operator(_pattern, str, _like),
    "StringNotLike": Operator(_pattern, str, _like, negative=True),
    "NumericEquals": Operator(_number, _number, eq),
    "NumericNotEquals": Operator(_number, _number, eq, negative=True),
    "NumericLessThan": Operator(_number, _number, lt),
    "NumericLessThanEquals": Operator(_number, _number, le),
    "NumericGreaterThan": Operator(_number, _number, gt),
    "NumericGreaterThanEquals": Operator(_number, _number, ge),
    "DateEquals": Operator(_time, _time, eq),
    "DateNotEquals": Operator(_time, _time, eq, negative=True),
    "DateLessThan": Operator(_time, _time, lt),
    "DateLessThanEquals": Operator(_time, _time, le),
    "DateGreaterThan": Operator(_time, _time, gt),
    "DateGreaterThanEquals": Operator(_time, _time, ge),
    "Bool": Operator(_boolean, _boolean, eq),
    "IpAddress": Operator(_network, _address, _within),
    "NotIpAddress": Operator(_network, _address, _within, negative=True),
}
"""Every operator of the language. The ``…IfExists`` forms and ``Null`` are not of it."""
