"""Hosts from an Ansible inventory, INI or YAML: groups closed over, variables taken as Ansible ranks them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from itertools import chain
from typing import TypeVar

from admit.imports import ansible_ini, ansible_yaml, rules
from admit.imports.inventory import ALL, UNGROUPED, Inventory, Var
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

T = TypeVar("T")

ADDRESS = ("ansible_host", "ansible_ssh_host")
PORT = ("ansible_port", "ansible_ssh_port")
USER = ("ansible_user", "ansible_ssh_user")
KEY = ("ansible_private_key_file", "ansible_ssh_private_key_file")
CONNECTION = ("ansible_connection",)
SHELL = ("ansible_shell_type",)
PASSWORDS = frozenset(
    {"ansible_password", "ansible_ssh_pass", "ansible_ssh_password", "ansible_winrm_password"}
)

WINDOWS_REMOTING = frozenset({"winrm", "psrp"})
WINDOWS_SHELLS = frozenset({"powershell", "cmd"})
OVER_SSH = frozenset({"ssh", "smart", "paramiko", "paramiko_ssh", "libssh", "network_cli"})


def read_ini(text: str) -> Reading[HostRecord]:
    """Read an inventory in INI form."""
    ledger = Ledger()
    return _hosts(ansible_ini.parse(text, ledger), ledger)


def read_yaml(text: str) -> Reading[HostRecord]:
    """Read an inventory in YAML form; ``!vault`` and other tags are seen and never built."""
    ledger = Ledger()
    return _hosts(ansible_yaml.parse(text, ledger), ledger)


def _hosts(inventory: Inventory, ledger: Ledger) -> Reading[HostRecord]:
    _note_passwords(inventory, ledger)
    depths = _depths(inventory, ledger)
    memberships = _memberships(inventory)
    records = []
    for name, host in inventory.hosts.items():
        groups = memberships[name]
        variables = dict(inventory.groups[ALL].vars)
        # Ansible ranks deeper groups over their parents, and names in order at one depth.
        for group in sorted(groups or {UNGROUPED}, key=lambda group: (depths[group], group)):
            variables |= inventory.groups[group].vars
        try:
            record = _host(name, host.line, _Variables(name, variables | host.vars, ledger))
        except Unfit:
            continue
        if record:
            records.append(
                replace(record, groups=tuple(group for group in inventory.groups if group in groups))
            )
    return ledger.reading(records)


def _note_passwords(inventory: Inventory, ledger: Ledger) -> None:
    groups = (group.vars for group in inventory.groups.values())
    hosts = (host.vars for host in inventory.hosts.values())
    for variables in chain(groups, hosts):
        for key in PASSWORDS & variables.keys():
            ledger.note(variables[key].line, key, "passwords are not read from inventories")


def _depths(inventory: Inventory, ledger: Ledger) -> dict[str, int]:
    """How far below ``all`` each group stands; a child that is its own ancestor is a fault, and let go."""
    while True:
        above: dict[str, set[str]] = {name: set() for name in inventory.groups}
        for name, group in inventory.groups.items():
            for child in group.children:
                above[child].add(name)
        try:
            order = list(TopologicalSorter(above).static_order())
        except CycleError as error:
            parent, child = error.args[1][:2]
            line = inventory.groups[parent].children.pop(child)
            ledger.fault(line, child, f'"{child}" cannot stand below "{parent}": it stands above it')
            continue
        depths: dict[str, int] = {}
        for name in order:
            depths[name] = (
                0 if name == ALL else 1 + max((depths[parent] for parent in above[name]), default=0)
            )
        return depths


def _memberships(inventory: Inventory) -> dict[str, set[str]]:
    """The groups of each host and all groups above them, without the two that every inventory has."""
    parents: dict[str, list[str]] = {}
    direct: dict[str, list[str]] = {}
    for name, group in inventory.groups.items():
        for child in group.children:
            parents.setdefault(child, []).append(name)
        for host in group.hosts:
            direct.setdefault(host, []).append(name)
    closed: dict[str, set[str]] = {}
    for host, groups in direct.items():
        reached: set[str] = set()
        waiting = list(groups)
        while waiting:
            group_name = waiting.pop()
            if group_name not in reached:
                reached.add(group_name)
                waiting += parents.get(group_name, ())
        closed[host] = reached - {ALL, UNGROUPED}
    return closed


class _Variables:
    """The variables of one host."""

    def __init__(self, host: str, variables: Mapping[str, Var], ledger: Ledger) -> None:
        self._host = host
        self._variables = variables
        self._ledger = ledger

    def get(self, names: tuple[str, ...], rule: Callable[[str], T]) -> T | None:
        """What ``rule`` makes of the first of these variables that is set; None when none is.

        Raises:
            Unfit: the value is no value; the fault is written down.
        """
        name = next((name for name in names if name in self._variables), None)
        if name is None:
            return None
        var = self._variables[name]
        try:
            return rule(_filled_in(var.text))
        except Unfit as unfit:
            self._ledger.fault(var.line, name, f"{unfit}, so {self._host} is left out")
            raise

    def own_name(self, line: int) -> str:
        """The host's name as its address.

        Raises:
            Unfit: it is none; the fault is written down.
        """
        try:
            return rules.address(self._host)
        except Unfit as unfit:
            self._ledger.fault(line, self._host, f"{unfit}, and ansible_host says no other")
            raise

    def note(self, name: str, message: str) -> None:
        """Write down what is left unread because of a variable."""
        self._ledger.note(self._variables[name].line, name, message)


def _filled_in(text: str | None) -> str:
    if text is None:
        raise Unfit("the value is encrypted, a list or empty")
    if "{{" in text or "{%" in text:
        raise Unfit(f'"{text}" is a template that only Ansible can fill in')
    return text


def _host(name: str, line: int, variables: _Variables) -> HostRecord | None:
    """The host; None for one that is not reached over the network."""
    # Also by the full name of a plugin: ansible.builtin.ssh.
    connection = (variables.get(CONNECTION, rules.plain) or "ssh").rpartition(".")[2]
    if connection not in WINDOWS_REMOTING | OVER_SSH:
        variables.note(CONNECTION[0], f'{name} is reached by "{connection}", not over SSH, and left out')
        return None
    rdp = connection in WINDOWS_REMOTING
    os: Os = "Windows" if rdp or variables.get(SHELL, rules.plain) in WINDOWS_SHELLS else "Linux"
    protocol: Protocol = "RDP" if rdp else "SSH"
    address = variables.get(ADDRESS, rules.address)
    if address is None:
        address = variables.own_name(line)
    # Of a Windows host the inventory knows WinRM's port, on which nobody logs on.
    port = RDP_PORT if rdp else variables.get(PORT, rules.port) or SSH_PORT
    user = variables.get(USER, rules.name)
    key = None if rdp else variables.get(KEY, rules.plain)
    accounts = (AccountRecord(user, protocol, key),) if user else ()
    return HostRecord(line, name, address, port, os, accounts)
