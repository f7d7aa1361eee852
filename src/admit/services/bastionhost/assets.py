"""What hosts and databases have in common: an address, a network domain, a place in the licence."""

import ipaddress
import re

from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.services.bastionhost.errors import InvalidArgument, LicenseOutOfLimit
from admit.services.bastionhost.instances import BastionDetails
from admit.store import things
from admit.store.things import Thing, Where

_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?", re.ASCII)
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*", re.ASCII)


def check_address(parameter: str, text: str | None) -> None:
    """Return if a parameter is absent, an IP address or a domain name.

    Underscores are taken, though RFC 1123 has none: names inside companies have them.

    Raises:
        InvalidArgument: it is none of these.
    """
    if text is None or _is_ip(text) or _is_domain(text):
        return
    raise InvalidArgument(parameter, "a domain name or an IP address is expected.")


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    # A zone (fe80::1%eth0) is a name of one machine's interface: it means nothing elsewhere.
    return "%" not in text


def _is_domain(text: str) -> bool:
    labels = text.removesuffix(".").split(".")
    # A last label that is a number makes resolvers read the name as an IPv4 address: 10.1, 300.1.1.1.
    return all(_LABEL.fullmatch(label) for label in labels) and not _NUMBER.fullmatch(labels[-1])


def check_network_domain(network_domain_id: str | None) -> None:
    """Return if no network domain is asked for.

    Raises:
        InvalidArgument: there is none of this ID. A host that should be reached
            through a proxy must not be reached past it.
    """
    if network_domain_id is not None:
        raise InvalidArgument("NetworkDomainId", "there is no such network domain.")


def check_licence(call: Call, bastion: Thing) -> None:
    """Return if the licence covers one more asset. A licence code without a number has no limit.

    Raises:
        LicenseOutOfLimit: it does not.
    """
    licensed = re.search(r"_(\d+)_asset$", bastion.read(BastionDetails).license_code)
    if licensed is None:
        return
    if things.count(call.sql, Where(Kind.HOST, parent=bastion.key)) >= int(licensed[1]):
        raise LicenseOutOfLimit(licensed[1])
