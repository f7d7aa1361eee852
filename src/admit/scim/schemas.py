"""What users and groups are made of: what is published, and what is read by."""

from dataclasses import dataclass
from typing import Any

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Schema"
RESOURCE_TYPE = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"
CONFIG = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
MOST = 200
"""How many resources a page has at most."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute, as RFC 7643 section 7 describes it."""

    name: str
    text: str
    type: str = "string"
    multi: bool = False
    required: bool = False
    mutability: str = "readWrite"
    uniqueness: str = "none"
    parts: tuple["Attribute", ...] = ()
    references: tuple[str, ...] = ()
    values: tuple[str, ...] = ()

    def told(self) -> dict[str, Any]:
        """As it is published."""
        found: dict[str, Any] = {
            "name": self.name,
            "type": self.type,
            "multiValued": self.multi,
            "description": self.text,
            "required": self.required,
            "caseExact": self.type == "reference",
            "mutability": self.mutability,
            "returned": "default",
            "uniqueness": self.uniqueness,
        }
        if self.parts:
            found["subAttributes"] = [each.told() for each in self.parts]
        if self.values:
            found["canonicalValues"] = list(self.values)
        if self.references:
            found["referenceTypes"] = list(self.references)
        return found


def _addresses(name: str, text: str) -> Attribute:
    parts = (
        Attribute("value", "The address."),
        Attribute("type", "What it is for, such as work."),
        Attribute("primary", "Whether it is the one to use.", "boolean"),
    )
    return Attribute(name, text, "complex", multi=True, parts=parts)


USER_ATTRIBUTES = (
    Attribute("userName", "The name of the account.", required=True, uniqueness="server"),
    Attribute(
        "name",
        "The parts of the name.",
        "complex",
        parts=(
            Attribute("formatted", "The whole name."),
            Attribute("familyName", "The family name."),
            Attribute("givenName", "The given name."),
        ),
    ),
    Attribute("displayName", "The name that people read."),
    Attribute("title", "What they do."),
    Attribute("active", "Whether they may use anything at all.", "boolean"),
    _addresses("emails", "E-mail addresses."),
    _addresses("phoneNumbers", "Phone numbers."),
    Attribute(
        "groups",
        "The groups they are in.",
        "complex",
        multi=True,
        mutability="readOnly",
        parts=(
            Attribute("value", "The ID of the group.", mutability="readOnly"),
            Attribute("$ref", "Where it is.", "reference", mutability="readOnly", references=("Group",)),
            Attribute("display", "Its name.", mutability="readOnly"),
        ),
    ),
)
GROUP_ATTRIBUTES = (
    Attribute("displayName", "The name of the group.", required=True),
    Attribute(
        "members",
        "The accounts in it.",
        "complex",
        multi=True,
        parts=(
            Attribute("value", "The ID of the account.", mutability="immutable"),
            Attribute("$ref", "Where it is.", "reference", mutability="immutable", references=("User",)),
            Attribute("type", "User, the only kind.", mutability="immutable", values=("User",)),
        ),
    ),
)
EXTERNAL_ID = Attribute("externalId", "What the directory itself calls it.")
"""Common to all resources, and so published in none of the schemas."""


@dataclass(frozen=True, slots=True)
class Type:
    """One type of resource."""

    name: str
    plural: str
    schema: str
    attributes: tuple[Attribute, ...]

    def attribute(self, name: str) -> Attribute | None:
        """The attribute of a name, in whatever case."""
        return part((*self.attributes, EXTERNAL_ID), name)


def part(among: tuple[Attribute, ...], name: str) -> Attribute | None:
    """The one of some attributes that is called so, in whatever case."""
    return next((each for each in among if each.name.lower() == name.lower()), None)


USERS = Type("User", "Users", USER, USER_ATTRIBUTES)
GROUPS = Type("Group", "Groups", GROUP, GROUP_ATTRIBUTES)
TYPES = (USERS, GROUPS)


def schemas(base: str) -> list[dict[str, Any]]:
    """What GET /Schemas tells."""
    return [
        {
            "schemas": [SCHEMA],
            "id": each.schema,
            "name": each.name,
            "description": f"A {each.name.lower()}.",
            "attributes": [attribute.told() for attribute in each.attributes],
            "meta": {"resourceType": "Schema", "location": f"{base}/Schemas/{each.schema}"},
        }
        for each in TYPES
    ]


def resource_types(base: str) -> list[dict[str, Any]]:
    """What GET /ResourceTypes tells."""
    return [
        {
            "schemas": [RESOURCE_TYPE],
            "id": each.name,
            "name": each.name,
            "endpoint": f"/{each.plural}",
            "description": f"A {each.name.lower()}.",
            "schema": each.schema,
            "meta": {"resourceType": "ResourceType", "location": f"{base}/ResourceTypes/{each.name}"},
        }
        for each in TYPES
    ]


def configuration(base: str) -> dict[str, Any]:
    """What GET /ServiceProviderConfig tells."""
    return {
        "schemas": [CONFIG],
        "patch": {"supported": True},
        "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": True, "maxResults": MOST},
        "changePassword": {"supported": False},
        "sort": {"supported": False},
        "etag": {"supported": False},
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "Bearer token",
                "description": "The token of the connection.",
                "primary": True,
            }
        ],
        "meta": {"resourceType": "ServiceProviderConfig", "location": f"{base}/ServiceProviderConfig"},
    }
