"""Access reviews: beginning one, deciding on its grants, closing it, and its report."""

from collections.abc import Callable, Iterator
from typing import Any

import click

from admit.base.clock import SystemClock
from admit.base.csv_lines import line
from admit.cli import wording
from admit.cli.ask import PREVIEW, Duration, When, now_here
from admit.cli.client import Client
from admit.cli.connection import connected
from admit.cli.diff import say_preview
from admit.cli.lists import all_of
from admit.cli.output import JSON, NO, print_json, print_table
from admit.core.review_report import COLUMNS, row
from admit.core.validity import DAY, Millis

ITEMS_AT_ONCE = 200
"""How many items one call lists, or decides on."""
STATES = ("waiting", "kept", "ended", "changed", "gone")


@click.group()
def review() -> None:
    """Review access: ask of grants whether they are still needed; what is not, ends."""


@review.command("list")
@click.option("--all", "closed", is_flag=True, help="Also those that are closed.")
@JSON
@connected
def list_(client: Client, *, closed: bool, as_json: bool) -> None:
    """List the reviews that go on, and how far each is."""
    found = all_of(client, "ListReviews", "Reviews", Phase=None if closed else "open")
    if as_json:
        print_json(found)
    elif not found:
        click.echo("There are no reviews." if closed else "No review is going on.", err=True)
    else:
        now = now_here()
        rows = [
            (
                each["ReviewId"],
                each["Name"],
                each["Phase"],
                f"{each['Items'] - each['Waiting']}/{each['Items']}",
                now.clock(each["DueAt"]),
                each["Unanswered"],
            )
            for each in found
        ]
        print_table(("review", "name", "phase", "decided", "due", "unanswered"), rows)


@review.command()
@click.argument("name")
@click.option("--due", type=When(), help="When it is due.")
@click.option("--for", "lasting", type=Duration(), help="How long it lasts instead: 14d.")
@click.option(
    "--unanswered",
    type=click.Choice(["end", "keep"]),
    required=True,
    help="What becomes of what nobody decides on.",
)
@click.option("--kind", "kinds", multiple=True, help="Only grants of this: host, host account, rule, …")
@click.option("--subject", help="Only what a person, group:NAME or unit:NAME was granted.")
@click.option("--resource", help="Only grants of this; a host stands for its accounts.")
@click.option("--text", help="Only grants in whose names this is found, as in the list of grants.")
@click.option("--unused", "unused", type=Duration(), help="Only what nobody has used for so long: 90d.")
@click.option("--unending", is_flag=True, help="Only grants without an end.")
@click.option("--reviewer", "reviewers", multiple=True, help="A person who reviews.")
@click.option("--no-owners", is_flag=True, help="The owners of a resource do not review it.")
@click.option("--note", help="What reviewers should know.")
@JSON
@connected
def begin(  # noqa: PLR0913 - a command has the options people need
    client: Client,
    name: str,
    *,
    due: Millis | None,
    lasting: Millis | None,
    unused: Millis | None,
    no_owners: bool,
    as_json: bool,
    **asked: Any,
) -> None:
    """Begin a review called NAME of the grants there are now."""
    if (due is None) is (lasting is None):
        raise click.UsageError("Say when it is due: --due or --for.")
    made = client.call(
        "admit",
        "CreateReview",
        Name=name,
        DueAt=due if lasting is None else SystemClock().now() + lasting,
        Unanswered=asked["unanswered"],
        Kinds=list(asked["kinds"]) or None,
        Subject=asked["subject"],
        Resource=asked["resource"],
        UnusedDays=None if unused is None else max(1, unused // DAY),
        Unending=asked["unending"],
        Text=asked["text"],
        Reviewers=list(asked["reviewers"]),
        Owners=not no_owners,
        Note=asked["note"],
    )
    if as_json:
        print_json(made)
        return
    told = made["Review"]
    click.echo(f"review {told['ReviewId']}  {told['Items']} grants, due {now_here().tell(told['DueAt'])}")
    if made["Unassigned"]:
        click.echo(f"On {made['Unassigned']} of them only callers of the API can decide.", err=True)


@review.command()
@click.argument("review_id", metavar="REVIEW")
@click.option("--state", type=click.Choice(STATES), help="Only what stands so.")
@JSON
@connected
def show(client: Client, review_id: str, *, state: str | None, as_json: bool) -> None:
    """List the grants of REVIEW, with when each was last used and what was decided."""
    found = _items(client, review_id, state)
    if as_json:
        print_json(found)
    elif not found:
        click.echo("None stands so.", err=True)
    else:
        columns = ("item", "who", "what", "since", "until", "last used", "state", "by")
        print_table(columns, [_shown(each) for each in found])


def _of_items(command: Callable[..., None]) -> Callable[..., None]:
    """What a command takes that decides on items of a review."""
    numbers = click.argument("items", metavar="ITEM...", nargs=-1, type=click.IntRange(min=1), required=True)
    comment = click.option("--comment", help="Why; it stands in the ledger and in the report.")
    return click.argument("review_id", metavar="REVIEW")(numbers(comment(JSON(connected(command)))))


@review.command()
@_of_items
def keep(client: Client, review_id: str, items: tuple[int, ...], *, comment: str, as_json: bool) -> None:
    """Keep some grants of REVIEW, by their numbers."""
    _decide(client, review_id, items, {"Verdict": "keep", "Comment": comment}, as_json=as_json)


@review.command()
@PREVIEW
@_of_items
def end(  # noqa: PLR0913 - a command has the options people need
    client: Client, review_id: str, items: tuple[int, ...], *, comment: str, preview: bool, as_json: bool
) -> None:
    """End some grants of REVIEW, by their numbers: they are revoked, and live sessions end."""
    if preview:
        calls = _calls(review_id, items, {"Verdict": "end", "Comment": comment})
        say_preview(client, "admit", "DecideReviewItems", *calls, as_json=as_json)
        return
    _decide(client, review_id, items, {"Verdict": "end", "Comment": comment}, as_json=as_json)


@review.command()
@click.argument("review_id", metavar="REVIEW")
@click.option(
    "--unanswered",
    type=click.Choice(["end", "keep"]),
    help="What becomes of what nobody decided on, if not what the review says.",
)
@connected
def close(client: Client, review_id: str, *, unanswered: str | None) -> None:
    """Make REVIEW due now; a server that runs deals with what nobody answered within seconds."""
    told = client.call("admit", "CloseReview", ReviewId=review_id, Unanswered=unanswered)["Review"]
    click.echo(f"{told['Phase']}  {told['Name']}: {told['Waiting']} unanswered, to {told['Unanswered']}")


@review.command()
@click.argument("review_id", metavar="REVIEW")
@JSON
@connected
def report(client: Client, review_id: str, *, as_json: bool) -> None:
    """Print the report of REVIEW as CSV, or with --json the review and all its grants."""
    told = client.call("admit", "GetReview", ReviewId=review_id)["Review"]
    found = _items(client, review_id, None)
    if as_json:
        print_json({"Review": told, "Items": found})
        return
    for cells in (COLUMNS, *(row(each) for each in found)):
        click.echo(line(cells), nl=False)


def _items(client: Client, review_id: str, state: str | None) -> list[dict[str, Any]]:
    return all_of(client, "ListReviewItems", "Items", size=ITEMS_AT_ONCE, ReviewId=review_id, State=state)


def _shown(item: dict[str, Any]) -> tuple[str, ...]:
    now, until, used = now_here(), item.get("EndTime"), item.get("LastUsed")
    return (
        str(item["Item"]),
        item["Subject"]["Label"],
        item["Resource"]["Label"],
        now.clock(item["GrantedAt"]),
        "no end" if until is None else now.clock(until),
        "never" if used is None else now.clock(used),
        item["State"],
        wording.author(item.get("DecidedBy", "")),
    )


def _calls(review_id: str, items: tuple[int, ...], answer: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What the calls are told that decide on items, some at a time."""
    for first in range(0, len(items), ITEMS_AT_ONCE):
        yield {"ReviewId": review_id, "Items": list(items[first : first + ITEMS_AT_ONCE]), **answer}


def _decide(
    client: Client, review_id: str, items: tuple[int, ...], answer: dict[str, Any], *, as_json: bool
) -> None:
    """Decide on items, some at a time; the exit code is 1 if any was not taken."""
    results: list[dict[str, Any]] = []
    for each in _calls(review_id, items, answer):
        results += client.call("admit", "DecideReviewItems", **each)["Results"]
    if as_json:
        print_json(results)
    else:
        for each in results:
            word = "kept" if answer["Verdict"] == "keep" else "ended"
            click.echo(f"{word if each['Taken'] else 'refused'}  {each['Item']}  {each['Reason']}".rstrip())
    if not all(each["Taken"] for each in results):
        raise SystemExit(NO)
