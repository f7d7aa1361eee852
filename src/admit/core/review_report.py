"""The report of an access review: a line for each of its grants, as the API tells them."""

from typing import Any

from admit.core.validity import iso

COLUMNS = (
    "item",
    "who_kind",
    "who",
    "may_use",
    "from",
    "until",
    "granted_by",
    "granted_at",
    "last_used",
    "state",
    "decided_by",
    "decided_at",
    "comment",
)


def row(item: Any) -> tuple[str, ...]:
    """A grant of a review as a line of its report."""

    def at(name: str) -> str:
        return iso(item[name]) if item.get(name) else ""

    who, what = item["Subject"], item["Resource"]
    return (
        str(item["Item"]),
        who["Kind"],
        who["Name"],
        what["Label"],
        at("StartTime"),
        at("EndTime"),
        item["GrantedBy"],
        at("GrantedAt"),
        at("LastUsed"),
        item["State"],
        item.get("DecidedBy") or "",
        at("DecidedAt"),
        item.get("Comment") or "",
    )
