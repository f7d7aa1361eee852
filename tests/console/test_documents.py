"""Policy documents on pages: the line where a fault is, and how one document becomes another."""

import json
import re
from collections.abc import Callable

import pytest

from admit.console.documents import compared, fault_in, laid_out, lines, to_send
from admit.core.ram import MalformedPolicy, parse_policy, parse_trust_policy
from admit.pages.sentences import said

CHINESE = re.compile("[一-鿿]")
WHOLE = """{
  "Version": "1",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": [
        "admit:Get*",
        "admit:List*"
      ],
      "Resource": "*",
      "Condition": {"IpAddress": {"acs:SourceIp": ["10.0.0.0/8"]}}
    },
    {
      "Effect": "Deny",
      "Action": "ram:*",
      "Resource": "*"
    }
  ]
}"""
"""A document that is none of the faulty ones, with a line for each thing that can be wrong."""


def said_of(document: str, parse: Callable[[str, str], object] = parse_policy) -> str:
    with pytest.raises(MalformedPolicy) as caught:
        parse("", document)
    return f"The specified policy document is malformed. {caught.value}"


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('"Version": "1"', '"Version": "2"', 2),
        ('"Version": "1",', "", 1),
        ('"Effect": "Deny"', '"Effect": "Refuse"', 14),
        ('"Effect": "Deny",', "", 13),
        ('"admit:List*"', '"list everything"', 8),
        ('"admit:List*"', "12", 6),
        ('"10.0.0.0/8"', '"10.0.0.0/99"', 11),
        ('"acs:SourceIp"', '"where"', 11),
        ('"IpAddress"', '"Address"', 11),
        ('"Resource": "*"\n    }\n', '"Resource": "*", "Resorce": "*"\n    }\n', 16),
        ('"Action": "ram:*"', '"Action": "ram:*",\n "Action": "sts:*"', 16),
        ('"Action": "ram:*"', '"Action": "ram:*",\n "NotAction": "sts:*"', 13),
        ('"Version": "1"', '"Version": "1", "Who": 1', 2),
        ('"Action": "ram:*",', '"Action": "ram:*"', 16),
        (WHOLE, "[]", 1),
        (WHOLE, "[" * 9 + "]" * 9, 1),
        (WHOLE, '{"Version": "1", "Statement": []}', 1),
    ],
)
def test_a_fault_is_told_of_in_its_line(old: str, new: str, line: int) -> None:
    document = WHOLE.replace(old, new, 1)
    assert document != WHOLE
    fault = fault_in(document, said_of(document))
    assert fault.line == line
    assert CHINESE.search(said("zh", fault.text)), fault.text


def test_a_fault_of_a_trust_policy_has_its_line_too() -> None:
    document = json.dumps(
        {
            "Version": "1",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": "sts:AssumeRole",
                    "Principal": {"RAM": ["acs:ram::1:root", "me"]},
                }
            ],
        },
        indent=1,
    )
    fault = fault_in(document, said_of(document, parse_trust_policy))
    assert document.split("\n")[fault.line - 1].strip() == '"me"'
    assert fault.text.startswith("Statement[0].Principal.RAM: 'me' is not ")
    assert CHINESE.search(said("zh", fault.text))


def test_a_document_becomes_another_line_by_line() -> None:
    other = WHOLE.replace("admit:List*", "admit:Describe*")
    changed = [(line.kind, line.number, line.text.strip()) for line in compared(WHOLE, other) if line.kind]
    assert changed == [("removed", None, '"admit:List*"'), ("added", 8, '"admit:Describe*"')]
    assert [line.kind for line in compared(WHOLE, WHOLE)] == [""] * len(lines(WHOLE))


def test_a_document_is_laid_out_and_sent_as_it_was_typed_unless_it_is_too_long() -> None:
    assert json.loads(laid_out(WHOLE)) == json.loads(WHOLE)
    assert laid_out("{") == "{"
    assert to_send(WHOLE.replace("\n", "\r\n")) == WHOLE
    spread = WHOLE.replace("\n", "\n" + " " * 400)
    assert json.loads(to_send(spread)) == json.loads(WHOLE)
    assert len(to_send(spread)) < len(WHOLE)


def test_a_quote_that_nothing_closes_is_sent_with_the_rest() -> None:
    assert to_send(WHOLE + " " * 6144 + '"') == re.sub(r"\s", "", WHOLE) + '"'
    unclosed = '"' + '\\"' * 14_999
    assert to_send(unclosed) == unclosed


@pytest.mark.parametrize(
    "deep", ["[" * 29_000, "[" * 9_000 + "]" * 9_000, '{"a":' * 5_000 + "1" + "}" * 5_000]
)
def test_what_is_nested_too_deeply_is_shown_as_it_was_typed(deep: str) -> None:
    assert laid_out(deep) == deep
    assert [(line.kind, line.text) for line in compared(WHOLE, deep)] == [("", deep)]


def test_what_is_too_long_for_a_document_is_compared_with_none() -> None:
    long = "    {\n    },\n" * 2_000
    assert [(line.kind, line.text) for line in compared(WHOLE, long)] == [
        ("", each) for each in long.split("\n")
    ]
