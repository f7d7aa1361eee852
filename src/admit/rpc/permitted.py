"""Whether RAM lets a caller have an operation, on what it is asked to touch."""

from collections.abc import Mapping

from admit.control.callers import Caller, permit
from admit.control.world import World
from admit.core.ram import Access
from admit.rpc.operation import Operation


def require(
    operation: Operation,
    known: Mapping[str, str],
    caller: Caller,
    conditions: Mapping[str, str],
    world: World,
) -> None:
    """Return if RAM permits a call with these parameters of an operation's.

    Raises:
        NoPermission: it does not.
    """
    # No policy speaks about the account itself.
    if operation.authorized and caller.policies is not None:
        resources = _resources(operation, known, caller, world)
        permit(caller, Access(operation.permission, resources, conditions), operation.service.denied)


def conditions_of(operation: Operation, known: Mapping[str, str]) -> dict[str, str]:
    """The condition keys of the operation's service that its parameters tell."""
    return {key: known[name] for key, name in operation.service.conditions.items() if name in known}


def _resources(
    operation: Operation, parameters: Mapping[str, str], caller: Caller, world: World
) -> tuple[str, ...]:
    """The full names of what the operation is asked to touch."""
    service = operation.service
    prefix = service.arn_prefix or f"acs:{service.ram_prefix}:{{region}}:{{account}}:"
    known = {"region": world.region, "account": world.account_id}
    told = {} if service.words is None else service.words(parameters, caller)
    words = _Filling({**parameters, **told, **known})
    names = (tail if tail.startswith("acs:") else prefix + tail for tail in operation.resources)
    return tuple(name.format_map(words) for name in names) or ("*",)


class _Filling(dict[str, str]):
    """Parameters for a resource name; one that was not sent stands for any."""

    def __missing__(self, name: str) -> str:
        return "*"
