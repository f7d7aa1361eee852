"""Access reviews: beginning one, deciding on its grants, closing it, and its report."""

import json
from collections.abc import AsyncIterator, Iterable
from http import HTTPStatus
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from admit.base.csv_lines import line
from admit.console.confirming import STEP, SURE, Plan, confirming
from admit.console.desk import Desk, Refused, Visit
from admit.console.showing import moment_of
from admit.core.review_report import COLUMNS, row
from admit.core.validity import DAY
from admit.pages.site import protected

PHASES = (("open", "Open"), ("closing", "Closing"), ("closed", "Closed"), ("any", "All"))
STATES = (
    ("waiting", "Undecided"),
    ("kept", "Kept"),
    ("ended", "Ended"),
    ("changed", "Granted anew"),
    ("gone", "Gone"),
    ("any", "All"),
)
KINDS = (
    "host account",
    "host",
    "delivery group",
    "app",
    "persistent session",
    "application",
    "rule",
    "cloud role",
)
TEXTS = ("name", "subject", "resource", "text", "unused", "reviewers", "due", "unanswered", "note")
USUAL = 14 * DAY
"""How long a review lasts if nobody says otherwise."""
PAGE = 25
CUT = "More grants wait than are tried here: the first of them were."
"""Said of a preview that not all of it was tried for."""
MOST_OF_ONE, MOST_PARTS = 200, 5
"""How many grants one call decides on, and how many calls one preview takes."""


async def listed(desk: Desk, request: Request) -> Response:
    """The reviews there are, and how far each is; or was at a moment."""
    visit = await desk.visit(request)
    at = visit.moment(visit.asked("at"))
    phase = visit.asked("phase") or "open"
    found = await visit.call(
        "ListReviews",
        Phase=None if phase == "any" else phase,
        At=at,
        MaxResults=PAGE,
        NextToken=visit.asked("next") or None,
    )
    return visit.page("reviews.html", listed=found, phase=phase, phases=PHASES, at=at)


async def new(desk: Desk, request: Request) -> Response:
    """The form of a review."""
    return _form(await desk.visit(request), FormData(), "")


def _form(visit: Visit, sent: FormData, fault: str, code: int = 200) -> Response:
    fields = {name: str(sent.get(name, "")).strip() for name in TEXTS}
    due = moment_of(fields["due"], visit.reader.zone) or visit.now + USUAL
    chosen = frozenset(str(each) for each in sent.getlist("kind"))
    ticked = {"owners": "owners" in sent or not sent, "unending": "unending" in sent}
    return visit.page(
        "review_new.html",
        code=code,
        fault=fault,
        fields=fields,
        due=due,
        kinds=KINDS,
        chosen=chosen,
        ticked=ticked,
    )


async def begun(desk: Desk, request: Request) -> Response:
    """Begin one."""
    visit = await desk.visit(request)
    sent = await visit.form()
    fields = {name: str(sent.get(name, "")).strip() for name in TEXTS}
    try:
        made = await visit.call(
            "CreateReview",
            Name=fields["name"],
            DueAt=visit.moment(fields["due"]) or visit.now + USUAL,
            Unanswered="keep" if fields["unanswered"] == "keep" else "end",
            Kinds=[str(each) for each in sent.getlist("kind")] or None,
            Subject=fields["subject"] or None,
            Resource=fields["resource"] or None,
            Text=fields["text"] or None,
            UnusedDays=fields["unused"] or None,
            Unending="unending" in sent,
            Owners="owners" in sent,
            Reviewers=[each.strip() for each in fields["reviewers"].split(",") if each.strip()],
            Note=fields["note"] or None,
        )
    except Refused as refused:
        if refused.status == HTTPStatus.FORBIDDEN:
            raise
        return _form(visit, sent, refused.text, refused.status)
    left = f"&unassigned={made['Unassigned']}" if made["Unassigned"] else ""
    return visit.go(f"/console/reviews/{made['Review']['ReviewId']}?done=review-begun{left}")


async def one(desk: Desk, request: Request) -> Response:
    """A review: how far it is, and its grants; or as it stood at a moment."""
    return await _one(await desk.visit(request))


async def _one(visit: Visit, fault: str = "", code: int = 200) -> Response:
    at = visit.moment(visit.asked("at"))
    review = (await visit.call("GetReview", ReviewId=visit.request.path_params["id"], At=at))["Review"]
    state = visit.asked("state") or ("waiting" if review["Phase"] == "open" else "any")
    items = await visit.call(
        "ListReviewItems",
        ReviewId=review["ReviewId"],
        State=None if state == "any" else state,
        At=at,
        MaxResults=PAGE,
        NextToken=visit.asked("next") or None,
    )
    unassigned = visit.asked("unassigned")
    return visit.page(
        "review.html",
        it=review,
        items=items,
        state=state,
        states=STATES,
        at=at,
        acts=review["Phase"] == "open" and at is None,
        unassigned=int(unassigned[:9]) if unassigned.isascii() and unassigned.isdecimal() else 0,
        fault=fault,
        code=code,
    )


async def decided(desk: Desk, request: Request) -> Response:
    """Keep what was selected, or end it once it was shown what that does."""
    visit = await desk.visit(request)
    sent = await visit.form()
    review = request.path_params["id"]
    numbers = _numbers([*sent.getlist("item"), *str(sent.get("items", "")).split(",")])
    if not numbers:
        return await _one(visit, "Select the grants that you decide on.", HTTPStatus.BAD_REQUEST)
    verdict = "end" if sent.get("verdict") == "end" else "keep"
    comment = str(sent.get("comment", "")).strip()
    decision = {"ReviewId": review, "Items": numbers, "Verdict": verdict, "Comment": comment or None}
    try:
        if verdict == "end" and sent.get(STEP) != SURE:
            carried = {"items": ",".join(map(str, numbers)), "verdict": verdict, "comment": comment}
            return await _sure(visit, carried, len(numbers), [decision])
        answer = await visit.send("admit", "DecideReviewItems", decision)
    except Refused as refused:
        if refused.status == HTTPStatus.FORBIDDEN:
            raise
        return await _one(visit, refused.text, refused.status)
    refusals = {each["Reason"] for each in answer["Results"] if not each["Taken"]}
    if refusals:
        return await _one(visit, min(refusals), HTTPStatus.CONFLICT)
    return visit.go(f"/console/reviews/{review}?done={'revoked' if verdict == 'end' else 'kept'}")


def _numbers(given: Iterable[object]) -> list[int]:
    """The numbers of the grants that a form names."""
    texts = [str(each) for each in given]
    return [int(each) for each in texts if each.isascii() and each.isdecimal() and len(each) < 10]


async def _sure(
    visit: Visit, carried: dict[str, str], many: int, decisions: list[dict[str, Any]]
) -> Response:
    """What ending grants would do, before it is done."""
    review = (await visit.call("GetReview", ReviewId=visit.request.path_params["id"]))["Review"]
    about = visit.reader.text("{name}: grants that end: {n}", name=review["Name"], n=many)
    calls = [("admit", "DecideReviewItems", each) for each in decisions[:MOST_PARTS]]
    back = f"/console/reviews/{review['ReviewId']}"
    cut = CUT if len(decisions) > MOST_PARTS else ""
    plan = Plan("End grants of a review", about, calls, back, icon="ban", danger=True, text=cut, form=False)
    return await confirming(visit, carried, (), plan)


async def closed(desk: Desk, request: Request) -> Response:
    """Make it due now; where that ends what nobody decided on, once it was shown what that does."""
    visit = await desk.visit(request)
    sent = await visit.form()
    review = request.path_params["id"]
    unanswered = "end" if sent.get("unanswered") == "end" else "keep"
    if unanswered == "end" and sent.get(STEP) != SURE:
        waiting = [each["Item"] async for each in _items(visit, review, "waiting")]
        parts = [waiting[at : at + MOST_OF_ONE] for at in range(0, len(waiting), MOST_OF_ONE)]
        decisions = [{"ReviewId": review, "Items": each, "Verdict": "end"} for each in parts]
        if decisions and (await visit.call("GetReview", ReviewId=review))["Review"]["Phase"] == "open":
            return await _sure(visit, {"unanswered": unanswered}, len(waiting), decisions)
    await visit.call("CloseReview", ReviewId=review, Unanswered=unanswered)
    return visit.go(f"/console/reviews/{review}?done=review-closing")


# -- the report --------------------------------------------------------------------------------------


async def as_csv(desk: Desk, request: Request) -> Response:
    """The whole review as a table, page by page as it is read."""
    visit = await desk.visit(request)
    review = (await visit.call("GetReview", ReviewId=request.path_params["id"]))["Review"]

    async def lines() -> AsyncIterator[str]:
        yield line(COLUMNS)
        async for item in _items(visit, review["ReviewId"]):
            yield line(row(item))

    return _sent(lines(), "text/csv; charset=utf-8", f"review-{review['ReviewId']}.csv")


async def as_json(desk: Desk, request: Request) -> Response:
    """The same as JSON: the review, and each of its grants."""
    visit = await desk.visit(request)
    review = (await visit.call("GetReview", ReviewId=request.path_params["id"]))["Review"]

    async def parts() -> AsyncIterator[str]:
        yield f'{{"Review": {json.dumps(review, ensure_ascii=False)}, "Items": [\n'
        before = ""
        async for item in _items(visit, review["ReviewId"]):
            yield before + json.dumps(item, ensure_ascii=False)
            before = ",\n"
        yield "\n]}\n"

    return _sent(parts(), "application/json", f"review-{review['ReviewId']}.json")


async def _items(visit: Visit, review: str, state: str | None = None) -> AsyncIterator[Any]:
    after: str | None = None
    while True:
        told = await visit.call(
            "ListReviewItems", ReviewId=review, State=state, MaxResults=200, NextToken=after
        )
        for item in told["Items"]:
            yield item
        after = told["NextToken"]
        if after is None:
            return


def _sent(parts: AsyncIterator[str], kind: str, name: str) -> Response:
    headers = protected({}) | {"content-disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(parts, media_type=kind, headers=headers)
