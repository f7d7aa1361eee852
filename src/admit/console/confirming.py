"""Between a form and what it asks for: who would gain, who would lose, which sessions would end."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeAlias

from starlette.datastructures import FormData
from starlette.responses import Response

from admit.base.sealing import SealBroken
from admit.console.desk import Refused, Told, Visit, flat
from admit.console.documents import Effects
from admit.pages.site import CSRF_FIELD, Forged

Calls: TypeAlias = Sequence[tuple[str, str, Mapping[str, Any]]]
"""Calls as the API takes them: service, operation, parameters."""

SEALED = "sealed-"
"""What the name of a field begins with whose value was typed before and is not to be seen."""
STEP = "step"
SURE, BACK = "sure", "back"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a form asks for."""

    title: str
    about: str
    """To whom or what it is done."""
    calls: Calls
    back: str
    """The page to go back to."""
    icon: str = "check"
    danger: bool = False
    text: str = ""
    """What is to be known of it beforehand."""
    form: bool = True
    """Whether there is a form to go back to, with what was filled in."""
    shown: Effects | None = None
    """Of what callers may do, which no preview compares: what is to be seen instead."""


async def foreseen(visit: Visit, calls: Calls) -> Told:
    """What some calls would do: they are made and undone.

    Raises:
        Refused: the caller may not see it, or the calls are none that can be previewed.
    """
    planned = [
        {"Service": service, "Action": action, "Parameters": flat(parameters)}
        for service, action, parameters in calls
    ]
    return await visit.call("PreviewCalls", Calls=json.dumps(planned))


async def confirming(
    visit: Visit, fields: Mapping[str, str], secret: Collection[str], plan: Plan
) -> Response:
    """The page that shows what a plan would do, and asks whether it shall be done.

    It carries the fields on, those that are secret sealed. Whoever may not see previews is told so, and
    may go on: the calls themselves are still asked about.

    Raises:
        Refused: one of the calls would be refused, and what was filled in can be changed.
    """
    result, blind = None, ""
    try:
        result = await foreseen(visit, plan.calls) if plan.calls else None
    except Refused as refused:
        blind = refused.text
    failing = [each for each in result["Results"] if each["Code"] != "OK"] if result else []
    if failing and fields:
        raise Refused(_status(visit, failing[0]["Code"]), failing[0]["Code"], failing[0]["Message"])
    kept = {
        (SEALED + name if name in secret and value else name): (
            _sealed(visit, name, value) if name in secret and value else value
        )
        for name, value in fields.items()
    }
    return visit.page(
        "confirm.html",
        plan=plan,
        carried=kept,
        result=result,
        blind=blind,
        refused=failing,
        action=visit.address,
        changeable=bool(fields) and plan.form,
    )


def _status(visit: Visit, code: str) -> int:
    """The status of a call that would be refused."""
    denied = code in {each.denied for each in visit.desk.services}
    return HTTPStatus.FORBIDDEN if denied else HTTPStatus.BAD_REQUEST


def taken(visit: Visit, sent: FormData, names: Collection[str]) -> dict[str, str]:
    """The fields of a form by their names, those that were carried sealed opened.

    Raises:
        Forged: something sealed is not of this sign-in.
    """
    found: dict[str, str] = {}
    for name in names:
        sealed = str(sent.get(SEALED + name, ""))
        found[name] = _opened(visit, name, sealed) if sealed else str(sent.get(name, "")).strip()
    return found


def carried(sent: FormData) -> dict[str, str]:
    """All fields of a form that has no secret, to be carried on."""
    kept = {name: str(value).strip() for name, value in sent.items() if isinstance(value, str)}
    return {name: value for name, value in kept.items() if name not in (STEP, CSRF_FIELD)}


def _purpose(visit: Visit, name: str) -> str:
    """Bound to the sign-in: what was carried to one browser is worth nothing in another."""
    return f"form:{visit.signed_in.csrf}:{name}"


def _sealed(visit: Visit, name: str, value: str) -> str:
    return visit.desk.site.world.sealer.seal(value.encode(), _purpose(visit, name)).hex()


def _opened(visit: Visit, name: str, sealed: str) -> str:
    try:
        return visit.desk.site.world.sealer.open(bytes.fromhex(sealed), _purpose(visit, name)).decode()
    except (SealBroken, ValueError):
        raise Forged from None
