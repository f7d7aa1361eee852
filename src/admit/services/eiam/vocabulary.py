"""The words of IDaaS EIAM, and finding what they name."""

from collections.abc import Sequence
from typing import Annotated, Literal

from admit.base.chance import BASE32, BASE32_HEX
from admit.control.world import World
from admit.core.links import Kind
from admit.rpc.operation import Call, Service
from admit.rpc.shape import Shape, between, like
from admit.services.eiam.errors import ResourceNotFound
from admit.store import things
from admit.store.things import Thing

eiam = Service(
    product="eiam",
    version="2021-12-01",
    title="IDaaS EIAM",
    ram_prefix="eiam",
)

# -- what RAM is asked about -----------------------------------------------------------------------

ON_INSTANCE = "instance/{InstanceId}"
ON_RULE = ON_INSTANCE + "/authorizationrule/{AuthorizationRuleId}"
"""The vendor writes the segment ``authorizationRule`` as well; RAM here knows both for one."""
ON_USER = ON_INSTANCE + "/user/{UserId}"
ON_GROUP = ON_INSTANCE + "/group/{GroupId}"
ON_APPLICATION = ON_INSTANCE + "/application/{ApplicationId}"
ON_CLOUD_ACCOUNT = ON_INSTANCE + "/cloudaccount/{CloudAccountId}"
ON_CLOUD_ROLE = ON_INSTANCE + "/cloudaccountrole/{CloudAccountRoleId}"
"""Ours, like the one before: the vendor publishes no names for these two."""

BODY_TOKEN = ("client_token",)
"""``form=`` of the operations whose ClientToken, and nothing else, travels in the form body."""

# -- ids -------------------------------------------------------------------------------------------

InstanceId = Annotated[
    str, like("idaas_ue2jvisn35ea5lmthk267xxxxx", "The ID of the IDaaS instance. ListInstances lists them.")
]
OrganizationalUnitId = Annotated[
    str,
    like(
        "ou_wovwffm62xifdziem7an7xxxxx",
        "The ID of the organizational unit. GetRootOrganizationalUnit gives the topmost.",
    ),
]
UserId = Annotated[
    str, like("user_d6sbsuumeta4h66ec3il7yxxxx", "The ID of the account. ListUsers lists them.")
]
GroupId = Annotated[
    str, like("group_d6sbsuumeta4h66ec3il7yxxxx", "The ID of the group. ListGroups lists them.")
]
ApplicationId = Annotated[
    str, like("app_mkv7rgt4d7i4u7zqtzev2mxxxx", "The ID of the application. ListApplications lists them.")
]
ProjectId = Annotated[
    str, like("iprj_system_default", "The ID of the project. The only one is iprj_system_default.")
]
RuleId = Annotated[
    str,
    like(
        "arrule_01kf143ug06fg7m9f43u7vahxxxx",
        "The ID of the authorization rule. ListAuthorizationRules lists them.",
    ),
]
RuleResourceId = Annotated[
    str,
    like(
        "arres_01kf143ug06fg7m9f43u7vahxxxx",
        "The ID of the authorization resource. ListAuthorizationResources lists them.",
    ),
]
CloudAccountId = Annotated[
    str,
    like("ca_01kmegjc9p0pb4qq9jfbgxxxx", "The ID of the cloud account. ListCloudAccounts lists them."),
]
CloudRoleId = Annotated[
    str,
    like(
        "carole_01kmek49vnfg5cn0dm4h1u0xxxx",
        "The ID of the cloud account role. ListCloudAccountRoles lists them.",
    ),
]


def random_id(world: World, prefix: str) -> str:
    """A new id of the older form, for instances, units, accounts, groups and applications."""
    return prefix + world.chance.text(26, BASE32)


def ordered_id(call: Call, prefix: str) -> str:
    """A new id of the newer form: what was made later sorts later, to the millisecond."""
    moment = "".join(BASE32_HEX[call.now >> bits & 31] for bits in range(45, -1, -5))
    return prefix + moment + call.world.chance.text(16, BASE32_HEX)


# -- other words -----------------------------------------------------------------------------------

Moment = Annotated[int, like(1_704_067_200_000, "A moment in UNIX milliseconds.")]
PageSize = Annotated[int, like(20, "How many entries a page has.", ge=1, le=100)]
TotalCount = Annotated[int, like(100, "How many there are in all.")]
MaxResults = Annotated[int, between(1, 100), like(20, "How many entries a page has: 20 unless told.")]
NextToken = Annotated[
    str,
    like(
        "NTxxxexample", "Where the page begins: the NextToken of the answer before. First page: leave it out."
    ),
]


class Done(Shape):
    """The answer that says no more than that it was done."""


CloudHealth = Annotated[
    Literal["healthy", "unhealthy", "unknown"], like("unknown", "What the last check of the cloud found.")
]


class Failure(Shape):
    """Why something in a cloud failed."""

    error_code: str
    error_message: str


class HealthCheckResult(Shape):
    """What the last check of something in a cloud found."""

    last_check_time: Moment
    result: Literal["success", "failed"]
    error_reason: Failure | None = None


# -- enabled and disabled --------------------------------------------------------------------------

DISABLED = "disabled"
"""The word that switches an account, application, rule or cloud role off."""


def disabled_among(call: Call, found: Sequence[Thing]) -> set[int]:
    """The keys of those among some things that are disabled."""
    return things.blocked_among(call.sql, [thing.key for thing in found], DISABLED)


# -- finding ---------------------------------------------------------------------------------------


def instance(call: Call, instance_id: str) -> Thing:
    """The IDaaS instance of this id.

    Raises:
        ResourceNotFound: there is none.
    """
    return _living(call, Kind.IDAAS, call.world.account_key, instance_id, "Instance")


def unit(call: Call, idaas: Thing, unit_id: str) -> Thing:
    """The organizational unit of this id in an instance.

    Raises:
        ResourceNotFound: there is none.
    """
    return _living(call, Kind.UNIT, idaas.key, unit_id, "OrganizationalUnit")


def user(call: Call, idaas: Thing, user_id: str) -> Thing:
    """The account of this id in an instance.

    Raises:
        ResourceNotFound: there is none.
    """
    return _living(call, Kind.USER, idaas.key, user_id, "User")


def group(call: Call, idaas: Thing, group_id: str) -> Thing:
    """The group of this id in an instance.

    Raises:
        ResourceNotFound: there is none.
    """
    return _living(call, Kind.GROUP, idaas.key, group_id, "Group")


def application(call: Call, idaas: Thing, application_id: str) -> Thing:
    """The application of this id in an instance.

    Raises:
        ResourceNotFound: there is none.
    """
    return _living(call, Kind.APPLICATION, idaas.key, application_id, "Application")


def rule(call: Call, idaas: Thing, rule_id: str) -> Thing:
    """The authorization rule of this id in an instance.

    Raises:
        ResourceNotFound: there is none.
    """
    return _living(call, Kind.RULE, idaas.key, rule_id, "AuthorizationRule")


def rule_resource(call: Call, found: Thing, resource_id: str) -> Thing:
    """The authorization resource of this id in a rule.

    Raises:
        ResourceNotFound: there is none.
    """
    return _living(call, Kind.RULE_RESOURCE, found.key, resource_id, "AuthorizationResource")


def cloud_account(call: Call, idaas: Thing, cloud_account_id: str) -> Thing:
    """The cloud account of this id in an instance.

    Raises:
        ResourceNotFound: there is none.
    """
    return _living(call, Kind.CLOUD_ACCOUNT, idaas.key, cloud_account_id, "CloudAccount")


def cloud_role(call: Call, account: Thing, role_id: str) -> Thing:
    """The role of this id in a cloud account.

    Raises:
        ResourceNotFound: there is none.
    """
    return _living(call, Kind.CLOUD_ROLE, account.key, role_id, "CloudAccountRole")


def _living(call: Call, kind: Kind, parent: int, thing_id: str, word: str) -> Thing:
    found = things.by_id(call.sql, kind, parent, thing_id)
    if found is None:
        raise ResourceNotFound(word, thing_id)
    return found
