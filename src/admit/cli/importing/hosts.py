"""Hosts of a file made hosts of a bastion host, with the accounts on them. Nothing is taken away."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeAlias

from admit.cli.client import Client, Refused
from admit.cli.importing.flight import in_order
from admit.cli.importing.keys import KeyFiles
from admit.cli.importing.listing import PAGE, by_number, chunks
from admit.cli.importing.people import DENIED
from admit.cli.importing.tally import Apart, Tally, Word
from admit.imports.records import AccountRecord, HostRecord, LineFault

PRODUCT = "yundun-bastionhost"

Listed: TypeAlias = dict[str, Any]
"""A host or an account as the listing tells it."""
_Accounts: TypeAlias = dict[tuple[str, str, str], Listed]
"""By host, protocol and name."""
_Became: TypeAlias = tuple[Apart, str | None]
"""What is to be told of a host, and the ID it has now: empty if it was not made, None if it is left out."""

HOSTS, ACCOUNTS, PORTS = ("bastion", "hosts"), ("bastion", "accounts"), ("bastion", "ports")


@dataclass(frozen=True, slots=True)
class Assets:
    """The hosts of one bastion host, and what a file brings to them."""

    client: Client
    instance_id: str
    keys: KeyFiles
    tally: Tally
    dry: bool

    def bring(self, hosts: Sequence[HostRecord]) -> list[tuple[HostRecord, str]]:
        """Bring hosts and accounts; a dry run only tells what would become of them.

        Returns the hosts that are there now, each with its ID, which is empty if it was not made.

        Several hosts are under way at a time, and told in the order of the file. Each call is whole for
        itself, and one that was made already is not made again: what breaks off in the middle is completed
        by the next run.

        Raises:
            Refused: the caller may not do this at all.
        """
        known: dict[str, list[Listed]] = {}
        for listed in by_number(self.client, PRODUCT, "ListHosts", "Hosts", InstanceId=self.instance_id):
            known.setdefault(listed["HostName"], []).append(listed)
        brought: list[tuple[HostRecord, str]] = []
        for some in chunks(hosts, PAGE):
            there = {host.name: known.get(host.name, []) for host in some}
            accounts = self._accounts([each["HostId"] for same in there.values() for each in same])
            in_order(partial(self._beside, there, accounts), some, partial(self._tell, brought))
        self._set_ports(brought)
        return brought

    def _beside(self, there: Mapping[str, list[Listed]], known: _Accounts, host: HostRecord) -> _Became:
        """Bring one host, beside others; what is to be said of it waits for its turn."""
        apart = Apart()
        return apart, replace(self, tally=apart.tally).one(host, there[host.name], known)

    def one(self, host: HostRecord, same_name: list[Listed], known: _Accounts) -> str | None:
        """Bring one host with its accounts: its ID, or None if it is left out."""
        host_id = self._host(host, same_name)
        if host_id is not None:
            for account in host.accounts:
                self._account(host, account, host_id, known)
        return host_id

    def _tell(self, brought: list[tuple[HostRecord, str]], host: HostRecord, became: _Became) -> None:
        apart, host_id = became
        self.tally.take(apart)
        if host_id is not None:
            brought.append((host, host_id))
        self.tally.step()

    def _accounts(self, host_ids: list[str]) -> _Accounts:
        """The accounts of some hosts, by host, protocol and name."""
        if not host_ids:
            return {}
        found = (
            listed
            for some in chunks(host_ids, PAGE)
            for listed in by_number(
                self.client,
                PRODUCT,
                "ListHostAccounts",
                "HostAccounts",
                InstanceId=self.instance_id,
                # 0: those of HostIds.
                HostId="0",
                HostIds=json.dumps(some),
            )
        )
        return {(each["HostId"], each["ProtocolName"], each["HostAccountName"]): each for each in found}

    def _set_ports(self, brought: Sequence[tuple[HostRecord, str]]) -> None:
        """Set the ports that the file says and that are not those of the protocol."""
        by_port: dict[tuple[str, int], list[tuple[HostRecord, str]]] = {}
        for host, host_id in brought:
            if host_id and not self.dry and host.own_port is not None:
                by_port.setdefault(host.own_port, []).append((host, host_id))
        for (protocol, port), hosts in by_port.items():
            for some in chunks(hosts, PAGE):
                self._set_port(protocol, port, some)

    def _set_port(self, protocol: str, port: int, hosts: Sequence[tuple[HostRecord, str]]) -> None:
        ids = json.dumps([host_id for _, host_id in hosts])
        try:
            answer = self._call("ModifyHostsPort", HostIds=ids, ProtocolName=protocol, Port=str(port))
        except Refused as refusal:
            for host, _ in hosts:
                self._refused(PORTS, host, refusal)
            return
        changed = sum(each["Code"] == "OK" for each in answer["Results"])
        if changed:
            self.tally.count(PORTS, "changed", changed)

    # -- a host ----------------------------------------------------------------------------------

    def _host(self, host: HostRecord, same_name: list[Listed]) -> str | None:
        """The ID of the host, made or changed if need be; None if it is left out."""
        if len(same_name) > 1:
            ids = ", ".join(each["HostId"] for each in same_name)
            self._leave_out(HOSTS, host, f"there are {len(same_name)} hosts of this name: {ids}")
            return None
        try:
            return self._changed(host, same_name[0]) if same_name else self._made(host)
        except Refused as refusal:
            self._refused(HOSTS, host, refusal)
            return None

    def _made(self, host: HostRecord) -> str:
        kind = host.reach
        host_id = ""
        if not self.dry:
            answer = self._call(
                "CreateHost",
                Source="Local",
                HostName=host.name,
                OSType=host.os,
                ActiveAddressType=kind,
                Comment=host.comment,
                **{f"Host{kind}Address": host.address},
            )
            host_id = str(answer["HostId"])
        self.tally.count(HOSTS, "made")
        return host_id

    def _changed(self, host: HostRecord, listed: Listed) -> str:
        address = f"Host{listed['ActiveAddressType']}Address"
        wanted = {address: host.address, "OSType": host.os, "Comment": host.comment}
        changes = {
            name: value for name, value in wanted.items() if value and str(listed.get(name, "")) != value
        }
        if changes and not self.dry:
            self._call("ModifyHost", HostId=listed["HostId"], **changes)
        self.tally.count(HOSTS, "changed" if changes else "unchanged")
        return str(listed["HostId"])

    # -- an account ------------------------------------------------------------------------------

    def _account(
        self,
        host: HostRecord,
        account: AccountRecord,
        host_id: str,
        known: _Accounts,
    ) -> None:
        key = None if account.private_key_path is None else self.keys.read(account.private_key_path)
        if key is not None and key.fault:
            place = LineFault(host.line, f"{account.name}@{host.name}", f"without a key: {key.fault}")
            self.tally.note(place)
        encoded = None if key is None else key.encoded
        there = known.get((host_id, account.protocol, account.name))
        word: Word = "unchanged"
        try:
            if there is None:
                word = "made"
                self._call_unless_dry(
                    "CreateHostAccount",
                    HostId=host_id,
                    ProtocolName=account.protocol,
                    HostAccountName=account.name,
                    PrivateKey=encoded,
                )
            elif encoded and key is not None and there.get("PrivateKeyFingerprint") != key.fingerprint:
                word = "changed"
                self._call_unless_dry(
                    "ModifyHostAccount", HostAccountId=there["HostAccountId"], PrivateKey=encoded
                )
        except Refused as refusal:
            self._refused(ACCOUNTS, host, refusal)
        else:
            self.tally.count(ACCOUNTS, word)

    # -- calling and telling ---------------------------------------------------------------------

    def _call_unless_dry(self, action: str, **parameters: Any) -> None:
        if not self.dry:
            self._call(action, **parameters)

    def _call(self, action: str, **parameters: Any) -> dict[str, Any]:
        return self.client.call(PRODUCT, action, InstanceId=self.instance_id, **parameters)

    def _refused(self, row: tuple[str, str], host: HostRecord, refusal: Refused) -> None:
        """Leave one out, unless the next would fare no better."""
        if refusal.code.startswith(DENIED):
            raise refusal
        self._leave_out(row, host, refusal.message)

    def _leave_out(self, row: tuple[str, str], host: HostRecord, why: str) -> None:
        self.tally.leave_out(row, LineFault(host.line, host.name, why))
