"""The host keys that imported hosts show, fetched, told and pinned."""

import asyncio
from collections.abc import Sequence

from admit.base.host_keys import HostKey, HostSilent, fetch_host_key
from admit.cli.client import Client
from admit.cli.importing.tally import Tally
from admit.imports.records import HostRecord, LineFault

ROW = ("bastion", "host keys")
AT_ONCE = 32
"""How many hosts are asked at a time."""


def pin_host_keys(
    client: Client, instance_id: str, hosts: Sequence[tuple[HostRecord, str]], tally: Tally, *, dry: bool
) -> None:
    """Pin the key each host shows, unless one is pinned; hosts are given with their IDs, empty if not made.

    A host that shows another key than the one that is pinned is a fault: somebody must look.
    """
    spoken = [(host, host_id) for host, host_id in hosts if _speaks_ssh(host)]
    shown = asyncio.run(_fetched([host for host, _ in spoken]))
    for (host, host_id), key in zip(spoken, shown, strict=True):
        if isinstance(key, HostSilent):
            tally.count(ROW, "left out")
            tally.note(LineFault(host.line, host.name, f"no host key is pinned: {key}"))
            continue
        pinned = _pinned(client, instance_id, host_id) if host_id else ""
        if pinned and pinned != key.fingerprint:
            tally.leave_out(ROW, LineFault(host.line, host.name, _differs(host, host_id, key, pinned)))
        elif pinned:
            tally.count(ROW, "unchanged")
        else:
            if not dry:
                client.call("admit", "SetHostKey", Host=host_id, Fingerprint=key.fingerprint)
            tally.count(ROW, "made")
            tally.note(LineFault(host.line, host.name, f"it shows {key.kind} {key.fingerprint}"))


def _speaks_ssh(host: HostRecord) -> bool:
    return not any(account.protocol == "RDP" for account in host.accounts)


async def _fetched(hosts: Sequence[HostRecord]) -> list[HostKey | HostSilent]:
    """What each host shows, or why it shows nothing."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def fetched(host: HostRecord) -> HostKey | HostSilent:
        async with turns:
            try:
                return await fetch_host_key(host.address, host.port)
            except HostSilent as silence:
                return silence

    return await asyncio.gather(*map(fetched, hosts))


def _pinned(client: Client, instance_id: str, host_id: str) -> str:
    answer = client.call("yundun-bastionhost", "GetHost", InstanceId=instance_id, HostId=host_id)
    fingerprints = (
        each["HostFingerPrint"] for each in answer["Host"]["Protocols"] if each["ProtocolName"] == "SSH"
    )
    return str(next(fingerprints, ""))


def _differs(host: HostRecord, host_id: str, key: HostKey, pinned: str) -> str:
    return (
        f"it shows {key.fingerprint}, but {pinned} is pinned; if {host.name} was installed anew, "
        f"`admit call admit SetHostKey --Host {host_id} --Fingerprint {key.fingerprint}` pins the new one"
    )
