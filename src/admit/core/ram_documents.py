"""RAM policy documents, read strictly: what the language does not know is refused, never ignored.

Source: RAM policy language version 1.
"""

import json
import re
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from typing import Literal, NoReturn

from admit.core.ram_conditions import OPERATORS, Condition, condition
from admit.core.wildcards import NOTHING, Wildcards, compiled, translate

MAX_DOCUMENT_CHARACTERS = 6144
"""The longest policy document. On the wire a longer one has an error code of its own:
compare before parsing to answer with it."""

MAX_DOCUMENT_DEPTH = 6
"""How deep a well-formed document nests: document, statements, statement, condition,
operator, values. More is refused unread, so that nesting cannot exhaust the JSON reader."""

MAX_VERSIONS = 5
"""How many versions a policy has at most."""


class MalformedPolicy(ValueError):
    """A document that is not a policy. The message begins with the place: ``Statement[1].Effect: …``."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One Allow or Deny. Of ``actions`` and ``not_actions`` one has no patterns.

    An identity policy names resources and no principals. A trust policy names principals and
    no resources: its statements are about the role that carries them.
    """

    effect: Literal["Allow", "Deny"]
    actions: Wildcards
    not_actions: Wildcards
    resources: Wildcards
    conditions: tuple[Condition, ...]
    principals: frozenset[str]

    def covers(self, action: str) -> bool:
        """Whether the statement is about this action."""
        if self.not_actions.patterns:
            return not self.not_actions.match(action)
        return self.actions.match(action)

    def holds(self, keys: Mapping[str, str]) -> bool:
        """Whether every condition does, for keys spelled by ``canonical_keys``."""
        return all(each.holds(keys) for each in self.conditions)


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy that has been read. ``name`` is only carried into verdicts."""

    name: str
    statements: tuple[Statement, ...]


def parse_policy(name: str, document: str) -> Policy:
    """The identity policy (or a session's policy) a document says.

    Raises:
        MalformedPolicy: the document is too long, not JSON, or says anything unknown.
    """
    return Policy(name, _statements(document, _identity_statement))


def parse_trust_policy(name: str, document: str) -> Policy:
    """The trust policy of a role: who may assume it.

    Raises:
        MalformedPolicy: as ``parse_policy``.
    """
    return Policy(name, _statements(document, _trust_statement))


RULE_SEGMENT = re.compile("(?<=/)authorizationrule(?=/)", re.IGNORECASE)
"""The one part of a resource whose case does not count: the vendor writes both
``authorizationRule`` and ``authorizationrule``."""


@dataclass(frozen=True, slots=True)
class _Form:
    """What a text must look like, and how to say so to someone whose text does not."""

    regex: re.Pattern[str]
    words: str


_ACTION = _Form(
    re.compile(r"\*|[A-Za-z0-9_.*?-]+:[A-Za-z0-9_./:*?-]+"),
    "an action such as ram:GetUser, ram:List* or *",
)
_RESOURCE = _Form(
    re.compile(r"\*|acs:[^:]*:[^:]*:[^:]*:.+", re.DOTALL),
    "* or acs:<service>:<region>:<account>:<resource>",
)
_CONDITION_KEY = _Form(re.compile(r"[A-Za-z0-9_.-]+:.+"), "a condition key such as acs:SourceIp")

# Compared as written: a wildcard here would trust strangers. No name of one kind can be
# mistaken for one of another, so a statement keeps them as one set.
_PRINCIPALS: Mapping[str, _Form] = {
    "RAM": _Form(
        re.compile(r"acs:ram::[0-9]+:(root|(user|role)/[A-Za-z0-9._-]+)"),
        "acs:ram::<account>:root, …:user/<name> or …:role/<name>",
    ),
    "Service": _Form(
        re.compile(r"([0-9]+@)?[a-z0-9-]+(\.[a-z0-9-]+)+"),
        "a service such as bastionhost.aliyuncs.com",
    ),
    "Federated": _Form(
        re.compile(r"acs:ram::[0-9]+:(saml|oidc)-provider/[A-Za-z0-9._-]+"),
        "acs:ram::<account>:saml-provider/<name> or …:oidc-provider/<name>",
    ),
}


def _refuse(place: str, what: str) -> NoReturn:
    raise MalformedPolicy(f"{place}: {what}")


def _statements(document: str, read: Callable[[object, str], Statement]) -> tuple[Statement, ...]:
    members = _members(_json(document), "document", {"Version", "Statement"})
    if members.get("Version") != "1":
        _refuse("Version", 'must be "1"')
    statements = members.get("Statement")
    if not isinstance(statements, list) or not statements:
        _refuse("Statement", "must be an array of at least one statement")
    return tuple(read(each, f"Statement[{index}]") for index, each in enumerate(statements))


def _identity_statement(value: object, place: str) -> Statement:
    members = _members(value, place, {"Effect", "Action", "NotAction", "Resource", "Condition"})
    if ("Action" in members) == ("NotAction" in members):
        _refuse(place, "must have exactly one of Action and NotAction")
    effect = _effect(members, place)
    return Statement(
        effect,
        _actions(members, place, "Action"),
        _actions(members, place, "NotAction"),
        compiled(_texts(members, place, "Resource", _RESOURCE), translation=_translate_resource),
        _conditions(members, place, effect),
        principals=frozenset(),
    )


def _trust_statement(value: object, place: str) -> Statement:
    members = _members(value, place, {"Effect", "Action", "Principal", "Condition"})
    if any(action.lower() != "sts:assumerole" for action in _texts(members, place, "Action", _ACTION)):
        _refuse(f"{place}.Action", "must be sts:AssumeRole")
    where = f"{place}.Principal"
    principal = _members(_required(members, place, "Principal"), where, _PRINCIPALS.keys())
    if not principal:
        _refuse(where, "must name RAM, Service or Federated")
    names = (_texts(principal, where, kind, _PRINCIPALS[kind]) for kind in principal)
    effect = _effect(members, place)
    return Statement(
        effect,
        _actions(members, place, "Action"),
        not_actions=NOTHING,
        resources=NOTHING,
        conditions=_conditions(members, place, effect),
        principals=frozenset().union(*names),
    )


def _effect(members: Mapping[str, object], place: str) -> Literal["Allow", "Deny"]:
    match _required(members, place, "Effect"):
        case "Allow":
            return "Allow"
        case "Deny":
            return "Deny"
    _refuse(f"{place}.Effect", "must be Allow or Deny")


def _actions(members: Mapping[str, object], place: str, name: str) -> Wildcards:
    if name not in members:
        return NOTHING
    return compiled(_texts(members, place, name, _ACTION), ignore_case=True)


def _conditions(members: Mapping[str, object], place: str, effect: str) -> tuple[Condition, ...]:
    place = f"{place}.Condition"
    conditions = []
    for operator, keys in _members(members.get("Condition", ()), place, OPERATORS.keys()).items():
        where = f"{place}.{operator}"
        asked = _members(keys, where)
        if not asked:
            _refuse(where, "must name at least one key")
        for key in asked:
            if _CONDITION_KEY.regex.fullmatch(key) is None or not key.isprintable():
                _refuse(where, f"{key!r} is not {_CONDITION_KEY.words}")
            values = _texts(asked, where, key)
            try:
                conditions.append(condition(operator, key, values, denies=effect == "Deny"))
            except ValueError as error:
                _refuse(f"{where}.{key}", str(error))
    return tuple(conditions)


def _translate_resource(pattern: str) -> str:
    """Field by field: a ``*`` never reaches over a colon, from the region into the account."""
    if pattern == "*":
        return ".*"
    _, code, region, account, relative = RULE_SEGMENT.sub("authorizationrule", pattern).split(":", 4)
    # ARNs of identities leave the region empty, requests say *: both mean "no region".
    fields = (translate(code, "[^:]"), translate(region, "[^:]") or r"\*?", translate(account, "[^:]"))
    return ":".join(("acs", *fields, translate(relative)))


_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*"?|[][{}]', re.DOTALL)


def _json(document: str) -> object:
    """The document, with objects as tuples of pairs: a repeated member must not be lost."""
    if len(document) > MAX_DOCUMENT_CHARACTERS:
        _refuse("document", f"is longer than {MAX_DOCUMENT_CHARACTERS} characters")
    depth = 0
    for token in _STRING_OR_BRACKET.findall(document):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token, 0)
        if depth > MAX_DOCUMENT_DEPTH:
            _refuse("document", "is nested too deeply")
    try:
        return json.loads(document, object_pairs_hook=tuple)
    except ValueError as error:
        _refuse("document", f"is not JSON: {error}")


def _members(value: object, place: str, known: Container[str] | None = None) -> dict[str, object]:
    """The members of a JSON object, each given once and, if ``known`` is given, among those."""
    if not isinstance(value, tuple):
        _refuse(place, "must be an object")
    members: dict[str, object] = {}
    for name, member in value:
        if name in members:
            _refuse(place, f"member {name!r} is given twice")
        if known is not None and name not in known:
            _refuse(place, f"member {name!r} is not known here")
        members[name] = member
    return members


def _required(members: Mapping[str, object], place: str, name: str) -> object:
    if name not in members:
        _refuse(f"{place}.{name}", "is required")
    return members[name]


def _texts(
    members: Mapping[str, object], place: str, name: str, form: _Form | None = None
) -> tuple[str, ...]:
    """A required member that is a string or an array of strings, each of the form given."""
    value = _required(members, place, name)
    texts = tuple(value) if isinstance(value, list) else (value,)
    if not texts or not all(isinstance(text, str) for text in texts):
        _refuse(f"{place}.{name}", "must be a string or an array of at least one string")
    for text in texts:
        if form is not None and form.regex.fullmatch(text) is None:
            _refuse(f"{place}.{name}", f"{text!r} is not {form.words}")
    return texts
