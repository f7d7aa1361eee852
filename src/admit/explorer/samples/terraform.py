"""Terraform: the provider's resource for an operation, where there is one."""

import json
import re
from typing import Any

from admit.explorer.samples.asked import Asked

RESOURCES = {
    ("yundun-bastionhost", "CreateUser"): "bastionhost_user",
    ("yundun-bastionhost", "CreateUserGroup"): "bastionhost_user_group",
    ("yundun-bastionhost", "CreateHost"): "bastionhost_host",
    ("yundun-bastionhost", "CreateHostAccount"): "bastionhost_host_account",
    ("yundun-bastionhost", "AttachHostAccountsToUserGroup"): "bastionhost_host_account_user_group_attachment",
    ("yundun-bastionhost", "AttachHostAccountsToUser"): "bastionhost_host_account_user_attachment",
    ("ram", "CreateUser"): "ram_user",
    ("ram", "CreateGroup"): "ram_group",
    ("ram", "CreatePolicy"): "ram_policy",
    ("ram", "CreateRole"): "ram_role",
    ("ram", "CreateAccessKey"): "ram_access_key",
}
"""The resources that were built against this server, by product and operation."""

_RENAMED = {
    ("ram_user", "user_name"): "name",
    ("ram_group", "group_name"): "name",
    ("ram_role", "role_name"): "name",
    ("ram_role", "assume_role_policy_document"): "document",
}


def terraform(asked: Asked) -> str | None:
    """The configuration of what the call makes; None where the provider has no resource for it."""
    name = RESOURCES.get((asked.product, asked.action))
    if name is None:
        return None
    address = asked.server.address
    # The provider asks these before it calls the service itself.
    endpoints = "".join(
        f'    {each:<10} = "{address}"\n' for each in ("bssopenapi", "location", "ram", "sts")
    )
    plain = "" if asked.server.secure else '  protocol = "HTTP"\n'
    blocks = [f'resource "alicloud_{name}" "example" {{\n{body}}}\n' for body in _bodies(name, asked.values)]
    return (
        'provider "alicloud" {\n  region = "cn-hangzhou"\n'
        f"{plain}\n  endpoints {{\n{endpoints}  }}\n}}\n\n" + "\n".join(blocks)
    )


def _bodies(name: str, values: dict[str, Any]) -> list[str]:
    hosts = values.get("Hosts")
    if "attachment" not in name:
        return [_arguments(name, values)]
    rest = {key: value for key, value in values.items() if key not in ("Hosts", "RegionId")}
    found = json.loads(hosts) if isinstance(hosts, str) and hosts.startswith("[") else hosts
    return [_arguments(name, rest | each) for each in found or [{}] if isinstance(each, dict)][:1]


def _arguments(name: str, values: dict[str, Any]) -> str:
    told = {_argument(key): value for key, value in values.items() if key != "RegionId"}
    named = {_RENAMED.get((name, key), key): value for key, value in told.items()}
    width = max(map(len, named), default=0)
    return "".join(f"  {key:<{width}} = {_value(value)}\n" for key, value in named.items())


_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def _argument(name: str) -> str:
    """A wire name as the provider writes it: ``OSType`` is ``os_type``."""
    return _WORDS.sub("_", name).lower()


def _value(value: Any) -> str:
    # Both signs begin something in HCL that JSON does not know.
    return json.dumps(value, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")
