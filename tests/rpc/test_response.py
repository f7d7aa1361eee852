"""Answers and errors, as JSON and as XML, just as clients tell them apart."""

import json
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import inspect

from admit.core.errors import AdmitError, InternalError, NoPermission
from admit.main import SERVICES
from admit.rpc.operation import Registry
from admit.rpc.response import Envelope
from tests.rpc.sample import SAMPLE, Part

JSON = Envelope("ID-1", "admit.test", "Take")
XML = Envelope("ID-1", "admit.test", "Take", xml=True)
TAKEN = SAMPLE.operations["Take"].response


class Odd(AdmitError):
    """Says what it is told: (code, text)."""

    code, status, message = "{0}", 418, "{1}"


def element(body: bytes) -> tuple[str, object]:
    """An XML document as its root's name and what is in it: text, or (name, content) pairs."""
    return _plain(ET.fromstring(body))  # noqa: S314 - it is our own


def _plain(node: ET.Element) -> tuple[str, object]:
    return node.tag, [_plain(child) for child in node] or node.text or ""


def test_an_answer_is_one_json_object_that_begins_with_its_request_id():
    answer = JSON.success(TAKEN(word="a", words=(), flag=False))

    assert answer.body == b'{"RequestId":"ID-1","Word":"a","Words":[],"Flag":false}'
    assert (answer.status, answer.code, answer.request_id) == (200, "OK", "ID-1")
    assert answer.content_type == "application/json;charset=utf-8"


def test_an_answer_that_says_nothing_else_is_an_object_all_the_same():
    assert JSON.success(TAKEN()).body == b'{"RequestId":"ID-1"}'
    assert element(XML.success(TAKEN()).body) == ("TakeResponse", [("RequestId", "ID-1")])


def test_in_xml_lists_are_repeated_elements_without_a_wrapper():
    parts = (Part(name="a", tags=("x", "y"), size=3), Part(name="b"))
    answer = XML.success(TAKEN(words=("1", "2"), parts=parts, flag=True))

    assert answer.body.startswith(b'<?xml version="1.0" encoding="UTF-8"?><TakeResponse>')
    assert answer.content_type == "text/xml;charset=utf-8"
    assert element(answer.body) == (
        "TakeResponse",
        [
            ("RequestId", "ID-1"),
            ("Words", "1"),
            ("Words", "2"),
            ("Parts", [("Name", "a"), ("Size", "3"), ("Tags", "x"), ("Tags", "y")]),
            ("Parts", [("Name", "b")]),
            ("Flag", "true"),
        ],
    )


def test_in_xml_an_empty_list_is_absent_and_false_is_false():
    assert element(XML.success(TAKEN(words=(), flag=False)).body)[1] == [
        ("RequestId", "ID-1"),
        ("Flag", "false"),
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('<a href="x">&amp;</a>', '<a href="x">&amp;</a>'),
        ("]]>", "]]>"),
        ("a\tb\nc", "a\tb\nc"),
        ("é\N{GRINNING FACE}", "é\N{GRINNING FACE}"),
        ("bell\x07 escape\x1b", "bell\ufffd escape\ufffd"),
        ("\ufffe\uffff", "\ufffd\ufffd"),
    ],
)
def test_xml_holds_any_text_but_for_the_characters_it_cannot_hold(text, shown):
    assert element(XML.error(Odd("X", text)).body)[1][3] == ("Message", shown)


@given(st.text())
def test_any_text_makes_a_document_that_can_be_read(text):
    assert element(XML.success(TAKEN(word=text)).body)[0] == "TakeResponse"
    assert json.loads(JSON.success(TAKEN(word=text)).body)["Word"] == text


def test_an_error_says_everything_the_sdks_ask_for_as_texts():
    answer = JSON.error(Odd("Some.Code", "Some words."))

    assert json.loads(answer.body) == {
        "RequestId": "ID-1",
        "HostId": "admit.test",
        "Code": "Some.Code",
        "Message": "Some words.",
        "Recommend": "Look up Some.Code in the reference of this server.",
    }
    assert (answer.status, answer.code, answer.request_id) == (418, "Some.Code", "ID-1")
    assert answer.content_type == "application/json;charset=utf-8"


def test_an_error_in_xml_is_known_by_its_root_and_by_its_exact_content_type():
    answer = XML.error(InternalError())
    root, fields = element(answer.body)

    assert (answer.status, answer.content_type) == (500, "text/xml;charset=utf-8")
    assert root == "Error"
    assert [name for name, _ in fields] == ["RequestId", "HostId", "Code", "Message", "Recommend"]


def test_a_refusal_by_ram_carries_its_detail_as_an_object():
    refusal = NoPermission("ram:GetUser", "*")
    refusal.detail = {"AuthAction": "ram:GetUser"}

    assert json.loads(JSON.error(refusal).body)["AccessDeniedDetail"] == {"AuthAction": "ram:GetUser"}
    assert element(XML.error(refusal).body)[1][-1] == ("AccessDeniedDetail", [("AuthAction", "ram:GetUser")])


@pytest.mark.parametrize("operation", list(Registry(SERVICES)), ids=lambda operation: operation.action)
def test_no_answer_has_a_request_id_of_its_own_and_what_one_leaves_out_is_nothing(operation):
    fields = inspect.type_info(operation.response).fields

    assert "RequestId" not in {each.encode_name for each in fields}
    assert all(each.required or each.default is None for each in fields)
