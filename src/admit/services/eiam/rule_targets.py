"""What an authorization rule leads to: its whole project, or the resources named in it."""

from typing import Literal, TypeAlias

import msgspec

from admit.control import grants
from admit.control import things as verbs
from admit.control.things import New
from admit.core.links import Kind
from admit.store import things
from admit.store.engine import Tx
from admit.store.things import Thing, Where

PROJECT_ID = "iprj_system_default"
"""The one project of every instance."""

Scope: TypeAlias = Literal["global", "custom"]


class RuleDetails(msgspec.Struct, omit_defaults=True):
    """What is kept of an authorization rule besides the name."""

    scope: Scope
    scenario_label: str | None = None
    description: str | None = None


class ResourceDetails(msgspec.Struct, omit_defaults=True):
    """What is kept of an authorization resource: which cloud account role it stands for."""

    entity_type: str
    entity_id: str
    cloud_account_id: str
    allow_same_name_identity: bool | None = None


class _ProjectDetails(msgspec.Struct):
    """A project has nothing but its roles."""


def project(tx: Tx, instance_key: int) -> Thing:
    """The project of an instance, made when it is first needed."""
    found = things.by_id(tx.sql, Kind.PROJECT, instance_key, PROJECT_ID)
    return found or verbs.add(
        tx, New(Kind.PROJECT, instance_key, PROJECT_ID, _ProjectDetails(), PROJECT_ID, handle=PROJECT_ID)
    )


def lead(tx: Tx, rule: Thing, scope: Scope) -> None:
    """Make a rule that leads nowhere lead to what its scope says."""
    for target in _targets(tx, rule, scope):
        grants.grant(tx, rule, target)


def lead_elsewhere(tx: Tx, rule: Thing, was: Scope, scope: Scope) -> None:
    """Let a rule lead to what its new scope says, and no more to what the old one did."""
    if was != scope:
        for target in _targets(tx, rule, was):
            grants.revoke(tx, rule, target)
        lead(tx, rule, scope)


def _targets(tx: Tx, rule: Thing, scope: Scope) -> list[Thing]:
    if scope == "global":
        return [project(tx, rule.parent)]
    resources = things.find(tx.sql, Where(Kind.RULE_RESOURCE, parent=rule.key))
    entities = [resource.read(ResourceDetails).entity_id for resource in resources]
    return things.find(tx.sql, Where(Kind.CLOUD_ROLE, ids=entities))


def remove_resources_for(tx: Tx, idaas: Thing, role: Thing) -> None:
    """Remove the authorization resources, of whatever rule of the instance, that stand for a cloud role."""
    # Asked of each rule for the handle that its resource would have: there are few rules, and many resources.
    where = Where(Kind.RULE_RESOURCE, grandparent=idaas.key, handle=role.id)
    for resource in things.find(tx.sql, where):
        verbs.remove(tx, resource)
