"""The vendor's own Python SDKs, pointed at the example."""

from dataclasses import dataclass
from typing import Any

from alibabacloud_appstream_center20210901.client import Client as AppStreaming
from alibabacloud_eds_user20210308.client import Client as Users
from alibabacloud_eiam20211201.client import Client as Eiam
from alibabacloud_ram20150501.client import Client as Ram
from alibabacloud_tea_openapi.utils_models import Config
from alibabacloud_yundun_bastionhost20191209.client import Client as Bastionhost


@dataclass(frozen=True, slots=True)
class Clients:
    """One client of each service, all signing with the same key."""

    appstreaming: Any
    users: Any
    bastionhost: Any
    eiam: Any
    ram: Any


def clients(endpoint: str, access_key_id: str, access_key_secret: str) -> Clients:
    """Clients as any program would make them: only the endpoint is not the vendor's."""
    config = Config(
        access_key_id=access_key_id,
        access_key_secret=access_key_secret,
        endpoint=endpoint,
        protocol="http",
    )
    return Clients(AppStreaming(config), Users(config), Bastionhost(config), Eiam(config), Ram(config))
