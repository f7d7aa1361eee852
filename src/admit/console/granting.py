"""Granting, changing for how long, and revoking: each shows what it would do before it does it."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from admit.console.desk import Desk, Refused, Visit
from admit.core.validity import DAY, HOUR, MINUTE

LENGTHS = (
    ("", "Until it is revoked"),
    (str(HOUR), "1 hour"),
    (str(4 * HOUR), "4 hours"),
    (str(8 * HOUR), "8 hours"),
    (str(DAY), "1 day"),
    (str(7 * DAY), "7 days"),
    (str(30 * DAY), "30 days"),
    (str(90 * DAY), "90 days"),
    ("until", "Until a moment…"),
)
"""For how long something may be granted at a click, in milliseconds."""
ENDS = (
    ("cut", "Cut live sessions"),
    (str(5 * MINUTE), "Let them go on for 5 minutes"),
    (str(15 * MINUTE), "Let them go on for 15 minutes"),
    (str(HOUR), "Let them go on for 1 hour"),
    ("drain", "Let them finish, and let no new ones in"),
)
"""What becomes of live sessions when the end comes by the clock."""
FIELDS = ("subject", "resource", "length", "start", "end", "grace")


@dataclass(frozen=True, slots=True)
class Wish:
    """A grant as its form has it, and as the API wants it."""

    fields: Mapping[str, str]
    parameters: dict[str, Any]

    @classmethod
    def of(cls, fields: Mapping[str, str], visit: Visit) -> "Wish":
        """The grant that a form asks for.

        Raises:
            Refused: a moment cannot be read, or is missing.
        """
        start, end = visit.moment(fields["start"]), visit.moment(fields["end"])
        length = fields["length"]
        if length.isascii() and length.isdecimal():
            end = (start or visit.now) + int(length[:15])
        elif length and end is None:
            raise Refused(HTTPStatus.BAD_REQUEST, "MissingMoment", visit.reader.text("Say until when."))
        grace = fields["grace"]
        parameters = {
            "Subject": fields["subject"],
            "Resource": fields["resource"],
            "StartTime": start,
            "EndTime": end,
            "Grace": grace if grace.isdecimal() else None,
            "Drain": True if grace == "drain" else None,
        }
        return cls(fields, parameters)


async def new(desk: Desk, request: Request) -> Response:
    """The form of a grant, filled with what the address says."""
    visit = await desk.visit(request)
    fields = {name: visit.asked(name) for name in FIELDS}
    return await _form(visit, fields)


async def granted(desk: Desk, request: Request) -> Response:
    """A form was sent: show what it would do, or do it if that was shown."""
    visit = await desk.visit(request)
    sent = await visit.form()
    fields = {name: str(sent.get(name, "")).strip() for name in FIELDS}
    if sent.get("step") == "back":
        return await _form(visit, fields)
    sure = sent.get("step") == "sure"
    try:
        wish = Wish.of(fields, visit)
        # What was previewed as an hour from then is granted as an hour from now.
        told = await visit.call("GrantAccess", **wish.parameters, Preview=None if sure else True)
    except Refused as refused:
        return await _form(visit, fields, fault=refused.text, status=refused.status)
    if sure:
        return visit.go(f"/console/grants?{urlencode({'q': '', 'done': 'granted'})}")
    return visit.page(
        "grant_preview.html",
        wish=wish.parameters,
        fields=fields,
        result=told["Result"],
        ends=dict(ENDS),
    )


async def _form(visit: Visit, fields: Mapping[str, str], fault: str = "", status: int = 200) -> Response:
    return visit.page("grant_new.html", fields=fields, lengths=LENGTHS, ends=ENDS, fault=fault, code=status)


async def revoking(desk: Desk, request: Request) -> Response:
    """What revoking would do: who loses access, who keeps it by another way, which sessions end."""
    visit = await desk.visit(request)
    subject, resource = visit.asked("subject"), visit.asked("resource")
    told = await visit.call("RevokeAccess", Subject=subject, Resource=resource, Preview=True)
    return visit.page(
        "grant_revoke.html",
        subject=subject,
        resource=resource,
        result=told["Result"],
    )


async def revoked(desk: Desk, request: Request) -> Response:
    """Revoke, after that was shown."""
    visit = await desk.visit(request)
    sent = await visit.form()
    subject, resource = str(sent.get("subject", "")), str(sent.get("resource", ""))
    await visit.call("RevokeAccess", Subject=subject, Resource=resource)
    return visit.go("/console/grants?done=revoked")
