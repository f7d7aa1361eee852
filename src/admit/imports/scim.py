"""People from SCIM 2.0 JSON (RFC 7643): a list response, an array, or one resource."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from admit.imports import rules
from admit.imports.records import Ledger, PersonRecord, Reading

Resource: TypeAlias = Mapping[str, object]
Placed: TypeAlias = tuple[str, Resource]
"""A resource and its path in the document, ``Resources[2]``."""


def read(text: str) -> Reading[PersonRecord]:
    """Read the users that are active, with the groups they name and the groups that name them.

    The places of faults are paths, their lines 0; only JSON that cannot be read has a line.
    """
    ledger = Ledger()
    try:
        document: object = json.loads(text)
    except json.JSONDecodeError as error:
        ledger.fault(error.lineno, f"column {error.colno}", f"this is not JSON: {error.msg}")
        return ledger.reading(())
    except (ValueError, RecursionError):
        # A number of thousands of digits, or brackets nested as deep: nothing a directory writes.
        ledger.fault(1, "", "this is not JSON that can be read")
        return ledger.reading(())
    resources = list(_resources(document, ledger))
    titles = _Titles(resources, ledger)
    first: dict[str, str] = {}
    people = []
    for path, user in (placed for placed in resources if not _is_group(placed[1])):
        person = _person(path, user, titles, ledger)
        if person is None:
            continue
        earlier = first.setdefault(person.name.casefold(), path)
        if earlier != path:
            ledger.fault(0, f"{path}.userName", f'"{person.name}" stands at {earlier} already')
            continue
        people.append(person)
    return ledger.reading(people)


def _resources(document: object, ledger: Ledger) -> Iterator[Placed]:
    """Every object that is a user or a group."""
    if (
        isinstance(document, dict)
        and _get(document, "Resources") is None
        and _get(document, "userName") is not None
    ):
        yield "", _folded(document)
        return
    prefix, listed = "", document
    if isinstance(document, dict):
        prefix, listed = "Resources", _get(document, "Resources")
        total = _get(document, "totalResults")
        if isinstance(total, int) and isinstance(listed, list) and total > len(listed):
            ledger.note(0, "totalResults", f"this is one page: {len(listed)} of {total} resources")
    if not isinstance(listed, list):
        ledger.fault(
            0, prefix, "there is no list of users; a SCIM ListResponse or an array of users is expected"
        )
        return
    for index, resource in enumerate(listed):
        path = f"{prefix}[{index}]"
        if isinstance(resource, dict):
            yield path, _folded(resource)
        else:
            ledger.fault(0, path, "is not an object")


def _folded(resource: Mapping[str, object]) -> Resource:
    """The same with lower-case keys: attribute names are case-insensitive (RFC 7643, 2.1)."""
    return {key.casefold(): value for key, value in resource.items()}


def _get(resource: Mapping[str, object], attribute: str) -> object:
    return _folded(resource).get(attribute.casefold())


def _is_group(resource: Resource) -> bool:
    schemas = resource.get("schemas")
    if isinstance(schemas, list) and schemas:
        return any(isinstance(schema, str) and schema.casefold().endswith(":group") for schema in schemas)
    return "username" not in resource and ("members" in resource or "displayname" in resource)


class _Titles:
    """The titles of the groups of this file, and who is in them; nested groups are closed over."""

    def __init__(self, resources: list[Placed], ledger: Ledger) -> None:
        known = {_key(resource, path) for path, resource in resources}
        self._title: dict[str, str] = {}
        self._above: dict[str, list[str]] = {}
        for path, group in resources:
            if not _is_group(group):
                continue
            title = ledger.check((0, f"{path}.displayName"), rules.title, _string(group, "displayname"))
            if title is None:
                continue
            key = _key(group, path)
            self._title[key] = title
            members = [_string(member, "value") for _, member in _entries(group, "members", path, ledger)]
            for member in members:
                self._above.setdefault(member, []).append(key)
            strangers = sum(member not in known for member in members)
            if strangers:
                ledger.note(0, f"{path}.members", f"{strangers} of {len(members)} are not in this file")

    def named(self, group_id: str) -> str:
        """The title of a group of this file; empty when there is none."""
        return self._title.get(group_id, "")

    def of(self, key: str) -> list[str]:
        """The titles of the groups that hold this id, directly or through other groups."""
        reached: dict[str, None] = {}
        waiting = list(self._above.get(key, ()))
        while waiting:
            group = waiting.pop(0)
            if group not in reached:
                reached[group] = None
                waiting.extend(self._above.get(group, ()))
        return [self._title[group] for group in reached]


def _key(resource: Resource, path: str) -> str:
    """What a group's members call this resource: its id; without one, its name.

    Never both: a person who is called what another's id is would be taken into that one's groups.
    """
    return _string(resource, "id") or _string(resource, "username") or path


def _person(path: str, user: Resource, titles: _Titles, ledger: Ledger) -> PersonRecord | None:
    at = f"{path}." if path else ""
    if user.get("active") is False:
        ledger.note(0, f"{at}active", f'"{_string(user, "username")}" is not active and left out')
        return None
    before = len(ledger.faults)
    name = ledger.check((0, f"{at}userName"), rules.name, _string(user, "username"))
    display_name = ledger.check((0, f"{at}displayName"), rules.plain, _display_name(user))
    email = _best(user, "emails", path, ledger)
    phone = _best(user, "phoneNumbers", path, ledger)
    own = [_title(group, place, titles, ledger) for place, group in _entries(user, "groups", path, ledger)]
    if name is None or len(ledger.faults) > before:
        return None
    groups = dict.fromkeys([title for title in own if title] + titles.of(_key(user, path)))
    return PersonRecord(0, name, display_name or None, email, phone, tuple(groups))


def _title(group: Resource, place: str, titles: _Titles, ledger: Ledger) -> str | None:
    title = _string(group, "display") or titles.named(_string(group, "value")) or _string(group, "value")
    return ledger.check((0, f"{place}.display"), rules.title, title)


def _display_name(user: Resource) -> str:
    parts = user.get("name")
    name = _folded(parts) if isinstance(parts, dict) else {}
    both = f"{_string(name, 'givenname')} {_string(name, 'familyname')}".strip()
    return _string(user, "displayname") or _string(name, "formatted") or both


def _phone(text: str) -> str:
    """A number, also as the URI that RFC 7643, 4.1.2 asks for: ``tel:+1-201-555-0123``."""
    return rules.phone(text.removeprefix("tel:"))


_RULES: Mapping[str, Callable[[str], str]] = {"emails": rules.email, "phoneNumbers": _phone}


def _best(user: Resource, attribute: str, path: str, ledger: Ledger) -> str | None:
    """The value marked primary, else the one of type work, else the first."""
    entries = [entry for entry in _entries(user, attribute, path, ledger) if _string(entry[1], "value")]
    if not entries:
        return None
    place, best = min(
        entries, key=lambda entry: (entry[1].get("primary") is not True, _string(entry[1], "type") != "work")
    )
    return ledger.check((0, f"{place}.value"), _RULES[attribute], _string(best, "value"))


def _entries(resource: Resource, attribute: str, path: str, ledger: Ledger) -> Iterator[Placed]:
    """The objects of a multi-valued attribute; one object instead of a list, or bare strings, will do."""
    at = f"{path}.{attribute}" if path else attribute
    value = resource.get(attribute.casefold())
    listed = value if isinstance(value, list) else [] if value is None else [value]
    for index, entry in enumerate(listed):
        if isinstance(entry, dict):
            yield f"{at}[{index}]", _folded(entry)
        elif isinstance(entry, str):
            yield f"{at}[{index}]", {"value": entry}
        else:
            ledger.fault(0, f"{at}[{index}]", "is not an object")


def _string(resource: Resource, attribute: str) -> str:
    value = resource.get(attribute)
    return value.strip() if isinstance(value, str) else ""
