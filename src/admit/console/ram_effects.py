"""What is to be seen before something is done to callers: documents, their changes, whom they count for."""

from collections.abc import Mapping
from typing import Any

from admit.console import documents
from admit.console.callers import RAM, CallerDeed
from admit.console.desk import Told, Visit
from admit.console.documents import Document, Effects
from admit.core.ram_documents import MAX_VERSIONS


async def effects(  # noqa: PLR0911 - a table of what is shown
    visit: Visit, deed: CallerDeed, told: Told, values: Mapping[str, str]
) -> Effects:
    """What a deed is about, as far as whoever looks may see it."""
    details = told["Details"]
    match deed.shows:
        case "policy":
            return Effects([*await _of_policy(visit, values)], _counts_for(told))
        case "group":
            listed = await visit.may_call("ListPoliciesForGroup", RAM, GroupName=values["group"])
            names = [] if listed is None else [each["PolicyName"] for each in listed["Policies"]["Policy"]]
            return Effects(policies=names)
        case "own policies":
            return Effects(policies=[each["Caller"]["Name"] for each in told["Policies"] or []])
        case "trust":
            changed = documents.compared(details["trust"], values["trust"])
            return Effects([Document(visit.reader.text("Trust policy"), changed)])
        case "document":
            changed = documents.compared(details["document"], values["document"])
            counts = _counts_for(told) if values["force"] == "true" else []
            return Effects(
                [Document(visit.reader.text("Policy document"), changed)], counts, rotated=_rotated(told)
            )
        case "version":
            versions = {each["VersionId"]: each["Document"] for each in told["Versions"] or []}
            other = versions.get(values["version"], details["document"])
            changed = documents.compared(details["document"], other)
            return Effects([Document(visit.reader.text("Policy document"), changed)], _counts_for(told))
    return Effects()


async def _of_policy(visit: Visit, values: Mapping[str, str]) -> list[Document]:
    about = {"PolicyName": values["policy"], "PolicyType": values["type"]}
    told = await visit.may_call("GetPolicy", RAM, **about)
    if told is None:
        return []
    return [Document(values["policy"], documents.lines(told["Policy"]["PolicyDocument"]))]


def _counts_for(told: Told) -> list[tuple[str, str]]:
    """Kind and name of whom it counts for: a group's members, a policy's holders, or who it is."""
    caller = told["Caller"]
    found: list[Any] = (told["Holders"] if caller["Kind"] == "policy" else told["Members"]) or []
    if caller["Kind"] in ("user", "role"):
        return [(caller["Kind"], caller["Name"])]
    return [(each["Caller"]["Kind"], each["Caller"]["Name"]) for each in found]


def _rotated(told: Told) -> str:
    """The version that goes when another comes; empty if none does."""
    versions = told["Versions"] or []
    if len(versions) < MAX_VERSIONS:
        return ""
    oldest = next(each for each in versions if each["VersionId"] != told["Details"]["default_version"])
    return str(oldest["VersionId"])


def documents_of(visit: Visit, fields: Mapping[str, str]) -> list[Document]:
    """The document in a form of something new."""
    titles = {"trust": "Trust policy", "document": "Policy document"}
    return [
        Document(visit.reader.text(title), documents.lines(fields[name]))
        for name, title in titles.items()
        if fields.get(name)
    ]
