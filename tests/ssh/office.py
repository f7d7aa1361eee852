"""A served admit with people in it who may log on to a real host."""

import base64
import grp
import os
import pwd
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from admit.main import create
from admit.settings import Settings
from tests.served import NOBODY, Caller, Served, gating, serving
from tests.ssh.target import Target, new_key

BASTION = "yundun-bastionhost"
PASSWORD = "Secret-123"


@dataclass
class Office:
    """alice may log on to the account on the host db-1, and bob to nothing."""

    served: Served
    caller: Caller
    directory: Path
    target: Target
    gate: Served | None = None
    """The gate, where it is a process of its own."""
    environment: dict[str, str] = field(default_factory=dict)
    """What it is served with."""
    bastion: str = ""
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def port(self) -> int:
        return int((self.gate or self.served).urls["ssh"].rpartition(":")[2])

    def call(self, action: str, **parameters: Any) -> dict[str, Any]:
        return self.caller.call(BASTION, action, InstanceId=self.bastion, **parameters)

    def key(self, person: str) -> Path:
        return self.directory / f"{person}_key"

    @property
    def on_db_1(self) -> str:
        """What comes before the @ for alice's account on the host."""
        return f"alice+{self.target.account}+db-1"

    def options(self, person: str = "alice") -> list[str]:
        return [
            *("-F", "none"),
            *("-i", str(self.key(person))),
            *("-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-o", "BatchMode=yes"),
            *("-o", "StrictHostKeyChecking=accept-new"),
            *("-o", f"UserKnownHostsFile={self.directory / 'known_hosts'}"),
            *("-o", "LogLevel=ERROR"),
        ]

    def ssh(self, name: str, *words: str, person: str = "alice", **options: Any) -> Any:
        """Run ``ssh`` through the gate to its end."""
        line = ["ssh", *self.options(person), "-p", str(self.port), f"{name}@127.0.0.1", *words]
        return subprocess.run(line, check=False, **{"capture_output": True, "timeout": 50, **options})

    def furnish(self) -> None:
        instances = self.caller.call(BASTION, "DescribeInstances")["Instances"]
        self.bastion = instances[0]["InstanceId"]
        for name in ("alice", "bob"):
            self.ids[name] = self.call("CreateUser", Source="Local", UserName=name, Password=PASSWORD)[
                "UserId"
            ]
            public = new_key(self.key(name)).with_suffix(".pub").read_text()
            self.call(
                "CreateUserPublicKey",
                UserId=self.ids[name],
                PublicKeyName="laptop",
                PublicKey=base64.b64encode(public.encode()).decode(),
            )
        self.ids["db-1"] = self.add_host("db-1", self.target.port)
        self.ids["account"] = self.add_account(self.ids["db-1"], self.target)
        self.grant("alice", "db-1", "account")

    def add_host(self, name: str, port: int) -> str:
        host = self.call(
            "CreateHost",
            Source="Local",
            HostName=name,
            OSType="Linux",
            ActiveAddressType="Private",
            HostPrivateAddress="127.0.0.1",
        )["HostId"]
        self.call("ModifyHostsPort", HostIds=f'["{host}"]', ProtocolName="SSH", Port=str(port))
        return host

    def add_account(self, host: str, target: Target, **credentials: str) -> str:
        given = credentials or {"PrivateKey": base64.b64encode(target.key.read_bytes()).decode()}
        return self.call(
            "CreateHostAccount", HostId=host, ProtocolName="SSH", HostAccountName=target.account, **given
        )["HostAccountId"]

    def grant(self, user: str, host: str, *accounts: str) -> None:
        self._attach("AttachHostAccountsToUser", user, host, accounts)

    def revoke(self, user: str, host: str, *accounts: str) -> None:
        self._attach("DetachHostAccountsFromUser", user, host, accounts)

    def _attach(self, action: str, user: str, host: str, accounts: tuple[str, ...]) -> None:
        listed = ",".join(f'"{self.ids[each]}"' for each in accounts)
        hosts = f'[{{"HostId":"{self.ids[host]}","HostAccountIds":[{listed}]}}]'
        (result,) = self.call(action, UserId=self.ids[user], Hosts=hosts)["Results"]
        assert result["Code"] == "OK", result


def group_of(user: str) -> str:
    """The name of a system user's group."""
    return grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name


@contextmanager
def office_apart(directory: Path, target: Target, **environment: str) -> Iterator[Office]:
    """The same with the gate as a process of its own."""
    founded = create(Settings(data=directory / "data"))
    # A socket's path has room for a hundred letters.
    with tempfile.TemporaryDirectory(dir="/tmp") as short, ExitStack() as opened:
        control = Path(short) / "gates"
        Path(short).chmod(0o755)
        allowed = (
            {"ADMIT_GATE_USERS": NOBODY, "ADMIT_GATE_GROUP": group_of(NOBODY)} if os.geteuid() == 0 else {}
        )
        environment = {
            "ADMIT_LOG_LEVEL": "WARNING",
            "ADMIT_GATE_SOCKET": str(control),
            **allowed,
            **environment,
        }
        served = opened.enter_context(serving(directory / "data", **environment))
        gate = opened.enter_context(gating(control, ADMIT_LOG_LEVEL="WARNING"))
        found = Office(served, Caller(served.urls["http"], founded), directory, target, gate, environment)
        found.furnish()
        yield found
        found.caller.connection.close()


@contextmanager
def office(directory: Path, target: Target) -> Iterator[Office]:
    """An office that is served until the block ends."""
    founded = create(Settings(data=directory / "data"))
    with serving(directory / "data", "--ssh", "127.0.0.1:0", ADMIT_LOG_LEVEL="WARNING") as served:
        found = Office(served, Caller(served.urls["http"], founded), directory, target)
        found.furnish()
        yield found
        found.caller.connection.close()
