"""Hosts from CSV: name, address, port, operating system, accounts, groups, comment."""

import re

from admit.imports import rules
from admit.imports.records import (
    RDP_PORT,
    SSH_PORT,
    AccountRecord,
    HostRecord,
    Ledger,
    Os,
    Protocol,
    Reading,
    Unfit,
)
from admit.imports.table import Columns, Row, read_table

COLUMNS: Columns = {
    "name": ("name", "hostname", "host", "servername", "server", "alias"),
    "address": ("address", "hostaddress", "ip", "ipaddress", "fqdn", "dnsname", "hostname", "host"),
    "port": ("port", "sshport"),
    "os": ("os", "ostype", "operatingsystem", "platform"),
    "accounts": ("accounts", "account", "hostaccounts", "users", "user", "username", "logins", "login"),
    "groups": ("groups", "group", "hostgroups", "hostgroup"),
    "comment": ("comment", "comments", "description", "remark", "notes", "note"),
}

_WINDOWS = re.compile(r"\bwin", re.IGNORECASE)
_LINUX = re.compile(
    r"linux|unix|bsd|ubuntu|debian|centos|rocky|fedora|red ?hat|suse"
    r"|\b(?:alma|rhel|sles|amazon|alpine|arch|aix)",
    re.IGNORECASE,
)


def read(text: str) -> Reading[HostRecord]:
    """Read the hosts; an empty address means the name. ``;`` or ``|`` separates accounts, and groups."""
    table = read_table(text, COLUMNS, required="name")
    first: dict[str, int] = {}
    hosts = []
    for row in table.rows:
        host = _host(row, table.ledger)
        if host is None:
            continue
        earlier = first.setdefault(host.name.casefold(), row.line)
        if earlier != row.line:
            table.ledger.fault(*row.place("name"), f'"{host.name}" stands on line {earlier} already')
            continue
        hosts.append(host)
    return table.ledger.reading(hosts)


def _host(row: Row, ledger: Ledger) -> HostRecord | None:
    before = len(ledger.faults)
    name = ledger.check(row.place("name"), rules.name, row["name"])
    # A row without a name has its fault already; its name is no address to complain about as well.
    where = ledger.check(
        row.place("address"), rules.address_and_port, row["address"] or row["name"] or "unnamed"
    )
    os = ledger.check(row.place("os"), operating_system, row["os"])
    own_port = ledger.check(row.place("port"), rules.port, row["port"]) if row["port"] else None
    accounts = [
        ledger.check(row.place("accounts"), rules.name, account) for account in row.listed("accounts")
    ]
    groups = [ledger.check(row.place("groups"), rules.title, group) for group in row.listed("groups")]
    comment = ledger.check(row.place("comment"), rules.comment, row["comment"])
    if where and where[1] and own_port and where[1] != own_port:
        ledger.fault(*row.place("port"), f"the address says {where[1]}, the port {own_port}")
    if name is None or where is None or os is None or len(ledger.faults) > before:
        return None
    port = own_port or where[1] or (RDP_PORT if os == "Windows" else SSH_PORT)
    # Windows listens on 22 only with OpenSSH.
    protocol: Protocol = "RDP" if os == "Windows" and port != SSH_PORT else "SSH"
    return HostRecord(
        line=row.line,
        name=name,
        address=where[0],
        port=port,
        os=os,
        accounts=tuple(AccountRecord(account, protocol) for account in accounts if account),
        groups=tuple(filter(None, groups)),
        comment=comment or None,
    )


def operating_system(text: str) -> Os:
    """Linux or Windows, also by the name of a release or distribution; nothing said is Linux."""
    line = rules.plain(text)
    if _WINDOWS.search(line):
        return "Windows"
    if not line or _LINUX.search(line):
        return "Linux"
    raise Unfit(f'"{line}" is neither Linux nor Windows')
