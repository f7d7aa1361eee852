"""What is kept of a delivery group, its applications and its persistent sessions."""

import calendar
from datetime import UTC, datetime
from typing import Literal

import msgspec

from admit.control import grants
from admit.control.streaming.streamed_apps import by_session
from admit.core.links import Kind
from admit.core.validity import DAY, SECOND, Millis
from admit.rpc.operation import Call
from admit.services.appstream.policies import Kept
from admit.services.appstream.vocabulary import AuthMode, ProductName
from admit.store import things
from admit.store.things import Thing, Where

PUBLISHED = "PUBLISHED"
"""The state of every delivery group: it can be connected to from when it is made."""


class GroupDetails(msgspec.Struct, omit_defaults=True):
    """What is kept of a delivery group besides the name."""

    product_type: ProductName
    auth_mode: AuthMode
    image_id: str
    os_type: str
    region_id: str
    charge_type: Literal["PrePaid", "PostPaid"]
    charge_resource_mode: Literal["Node", "AppInstance"]
    session_timeout: int
    """How many minutes a session outlives its connection; -1 for ever."""
    node_pool_id: str
    paid_until: Millis | None = None
    """The end of a subscription."""
    app_policy_id: str | None = None
    office_site_id: str | None = None
    node_instance_type: str | None = None
    pre_open_mode: Literal["SINGLE_APP", "OFF"] | None = None
    pre_open_app_id: str | None = None
    policies: dict[str, Kept] = msgspec.field(default_factory=dict)
    """The rest of what was said, by parameter: ``Network``, ``SecurityPolicy``."""

    @property
    def by_session(self) -> bool:
        """Whether users are granted persistent sessions, rather than the group."""
        return by_session(self.auth_mode, self.product_type)

    @property
    def skips_check(self) -> bool:
        """Whether every user may connect, whoever is authorized."""
        return bool(self.policies.get("SecurityPolicy", {}).get("SkipUserAuthCheck"))

    def with_policy(self, name: str, said: Kept) -> "GroupDetails":
        """The same with a policy changed: what is said replaces, what is left out stays."""
        if not said:
            return self
        return msgspec.structs.replace(
            self, policies={**self.policies, name: {**self.policies.get(name, {}), **said}}
        )


class AppDetails(msgspec.Struct, omit_defaults=True):
    """What is kept of an application in a delivery group besides the name."""

    version: str
    version_name: str
    icon: str | None = None
    program: str | None = None
    """The key of the program in the catalogue; without one it is the program of its name."""


class SessionDetails(msgspec.Struct, omit_defaults=True):
    """What is kept of a persistent session: there is nothing besides the name."""


def follow_check(call: Call, group: Thing, details: GroupDetails) -> None:
    """Grant a delivery group to every user of the account if it skips the check, else to none of them."""
    everybody = things.by_key(call.sql, call.world.account_key)
    change = grants.grant if details.skips_check else grants.revoke
    change(call.tx, everybody, group)


def apps_of(call: Call, group: Thing) -> list[Thing]:
    """The applications in a delivery group."""
    return things.find(call.sql, Where(Kind.APP, parent=group.key))


def sessions_of(call: Call, group: Thing) -> list[Thing]:
    """The persistent sessions of a delivery group."""
    return things.find(call.sql, Where(Kind.PERSISTENT_SESSION, parent=group.key))


def end_of_period(start: Millis, number: int, unit: str) -> Millis:
    """When a subscription of so many weeks, months or years ends that begins at ``start``."""
    if unit == "Week":
        return start + number * 7 * DAY
    begun = datetime.fromtimestamp(start / SECOND, UTC)
    months = begun.month - 1 + number * (12 if unit == "Year" else 1)
    year, month = begun.year + months // 12, months % 12 + 1
    # A month that begins on the 31st ends with a shorter month.
    day = min(begun.day, calendar.monthrange(year, month)[1])
    return start + round((begun.replace(year=year, month=month, day=day) - begun).total_seconds()) * SECOND
