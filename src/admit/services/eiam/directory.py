"""What accounts, groups, organizational units and applications have in common: words, lists, owners."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, TypeAlias

from admit.control.callers import permit
from admit.core.errors import InvalidParameter, MissingParameter
from admit.core.links import Kind
from admit.core.ram import Access
from admit.rpc.operation import Call
from admit.rpc.paging import page
from admit.rpc.shape import Shape, at_most, like
from admit.services.eiam.errors import ResourceNotFound
from admit.services.eiam.vocabulary import (
    ON_INSTANCE,
    ApplicationId,
    GroupId,
    OrganizationalUnitId,
    UserId,
    eiam,
)
from admit.store import things
from admit.store.things import Thing, Where

ON_UNIT = ON_INSTANCE + "/organizationalunit/{OrganizationalUnitId}"
ON_PARENT = ON_INSTANCE + "/organizationalunit/{ParentId}"
ON_USERS = ON_INSTANCE + "/user/*"
ON_GROUPS = ON_INSTANCE + "/group/*"
ON_UNITS = ON_INSTANCE + "/organizationalunit/*"
ON_APPLICATIONS = ON_INSTANCE + "/application/*"
"""What RAM is asked about by operations that create or list."""

UserIds = Annotated[tuple[UserId, ...], at_most(100, least=1)]
GroupIds = Annotated[tuple[GroupId, ...], at_most(100, least=1)]
OrganizationalUnitIds = Annotated[tuple[OrganizationalUnitId, ...], at_most(100, least=1)]
ApplicationIds = Annotated[tuple[ApplicationId, ...], at_most(100, least=1)]

Description = Annotated[str, like("for developers", "Remarks.", max_length=256)]
ExternalId = Annotated[
    str,
    like(
        "erp-0007",
        "The ID that an external system knows it by, unique in the instance. By default the ID it has here.",
        min_length=1,
        max_length=128,
    ),
]
Status: TypeAlias = Literal["enabled", "disabled"]
SourceType: TypeAlias = Literal["build_in", "ding_talk", "ad", "ldap", "we_com"]
BUILT_IN: SourceType = "build_in"
"""Made in the instance itself, as all is here. The vendor's spelling."""

PAGE = 20
"""How many entries a page has unless told."""


def permit_units(call: Call, operation: type[Shape], instance_id: str, unit_ids: Sequence[str]) -> None:
    """Return if RAM lets the caller do this in each of these units too: who joins one gains what it holds.

    For units that are named in a list, of which the engine asks nothing.

    Raises:
        NoPermission: it does not.
    """
    prefix = (
        f"acs:eiam:{call.world.region}:{call.world.account_id}:instance/{instance_id}/organizationalunit/"
    )
    names = tuple(prefix + each for each in dict.fromkeys(unit_ids))
    permit(
        call.caller, Access(f"{eiam.ram_prefix}:{operation.__name__}", names, call.conditions), eiam.denied
    )


def paged(call: Call, where: Where, number: int | None, size: int | None) -> tuple[list[Thing], int]:
    """The numbered page of the things that ``where`` selects, and how many there are in all."""
    offset, limit = page(number, size, PAGE)
    return things.page(call.sql, where, offset, limit)


def named_by(call: Call, idaas: Thing, kind: Kind, ids: Sequence[str]) -> list[Thing]:
    """The things of these ids in an instance, each once, in the order they were named.

    Raises:
        ResourceNotFound: one of them is not there.
    """
    found = {each.id: each for each in things.find(call.sql, Where(kind, parent=idaas.key, ids=ids))}
    for each in ids:
        if each not in found:
            raise ResourceNotFound(_WORDS[kind], each)
    return [found[each] for each in dict.fromkeys(ids)]


_WORDS = {
    Kind.USER: "User",
    Kind.GROUP: "Group",
    Kind.UNIT: "OrganizationalUnit",
    Kind.APPLICATION: "Application",
}


class CustomField(Shape):
    """An attribute beyond the usual ones."""

    field_name: Annotated[str, like("cost_center", "Its identifier.", min_length=1, max_length=64)]
    field_value: Annotated[str, like("4711", "Its value.", max_length=64)] | None = None


class CustomFieldChange(CustomField):
    """What is to become of such an attribute."""

    operation: Literal["add", "replace", "remove"] | None = None
    """add and replace, the default, set the value; remove takes the attribute away."""


CustomFields = Annotated[tuple[CustomField, ...], at_most(100)]
CustomFieldChanges = Annotated[tuple[CustomFieldChange, ...], at_most(100)]


def with_fields(fields: Mapping[str, str], changes: Sequence[CustomField]) -> dict[str, str]:
    """The custom fields once the changes are made.

    Raises:
        InvalidParameter: a field is named twice.
        MissingParameter: a field is to be set, but to nothing.
    """
    found = dict(fields)
    for each in changes:
        code = f"CustomField.{each.field_name}"
        if sum(other.field_name == each.field_name for other in changes) > 1:
            raise InvalidParameter(code, "it is given more than once.", "Value")
        if isinstance(each, CustomFieldChange) and each.operation == "remove":
            found.pop(each.field_name, None)
        elif not each.field_value:
            raise MissingParameter(code)
        else:
            found[each.field_name] = each.field_value
    return found


def told_fields(fields: Mapping[str, str]) -> tuple[CustomField, ...]:
    """Custom fields as answers give them, by name."""
    return tuple(CustomField(field_name=name, field_value=fields[name]) for name in sorted(fields))
