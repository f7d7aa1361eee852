"""The Python library against a running server, waiting and with ``await``."""

import asyncio
from pathlib import Path

import pytest

from admit import client
from admit.client import (
    Admit,
    AsyncAdmit,
    Condition,
    Decision,
    Denied,
    Entity,
    Question,
    Refused,
    Unavailable,
)
from tests.client.shop import Shop

MINE = Question("user:mia", "read", Entity("order", "17", {"owner": "mia"}))
YOURS = Question("user:mia", "read", Entity("order", "18", {"owner": "eve"}))


def test_a_decision_is_true_only_if_it_is_yes_and_says_why(shop: Shop) -> None:
    with Admit(shop.server, token=shop.token, space="shop") as admit:
        light = admit.check("user:mia", "ship", "order:17", {"weight": 3})
        heavy = admit.check("user:mia", "ship", "order:17", {"weight": 300})
        silent = admit.check("user:mia", "ship", "order:17")

    assert light
    assert light.path == ("user:mia", "ship if context.weight < 30", "order:*")
    assert (bool(heavy), heavy.reason) == (False, "condition not met")
    assert silent.text == "user:mia may not use order:*: context.weight is missing."


def test_many_questions_are_answered_in_their_order(shop: Shop) -> None:
    questions = [MINE, YOURS] * 501
    with Admit(shop.server, token=shop.token, space="shop") as admit:
        found = admit.ask_all(questions)
    assert [bool(each) for each in found] == [True, False] * 501


def test_searches_go_through_all_pages(shop: Shop) -> None:
    with Admit(shop.server, token=shop.token, space="shop") as admit:
        assert list(admit.what("user:eve", "count", "order")) == ["o-0", "o-1", "o-2"]
        assert list(admit.who("user", "count", "order:o-1")) == ["eve"]
        assert admit.actions("user:mia", "order:o-1", {"weight": 1}) == ["ship"]


def test_what_depends_on_a_condition_is_found_beside_what_is_allowed(shop: Shop) -> None:
    with Admit(shop.server, token=shop.token, space="shop") as admit:
        (mia,) = admit.who_might("user", "ship", "order:o-1")
        assert (mia.id, list(admit.who("user", "ship", "order:o-1"))) == ("mia", [])
        assert mia.conditions == (Condition("context.weight < 30", "context.weight is missing"),)
        assert [each.id for each in admit.what_might("user:mia", "ship", "order")] == ["o-0", "o-1", "o-2"]
        assert list(admit.who_might("user", "ship", "order:o-1", {"weight": 3})) == []
        assert list(admit.what_might("user:mia", "ship", "order", {"weight": 300})) == []


def test_what_is_required_and_denied_is_an_error(shop: Shop) -> None:
    with Admit(shop.server, token=shop.token, space="shop") as admit:
        with pytest.raises(Denied, match="granted for ship only") as denied:
            admit.require("user:mia", "burn", "order:17", {"weight": 1})
        assert denied.value.decision.reason == "other actions"
        assert admit.require("user:mia", "ship", "order:17", {"weight": 1}).allowed


def test_no_answer_is_no_yes(shop: Shop) -> None:
    with Admit("http://127.0.0.1:9", token="x") as admit, pytest.raises(Unavailable):
        admit.check("user:mia", "read", "order:1")
    with Admit(shop.server, token="wrong") as admit, pytest.raises(Refused) as refused:
        admit.check("user:mia", "read", "order:1")
    assert refused.value.status == 401
    with Admit(shop.server, token=shop.token) as admit, pytest.raises(ValueError, match="type:id"):
        admit.check("mia", "read", "order:1")


def test_the_same_with_await(shop: Shop) -> None:
    async def ask() -> tuple[Decision, list[Decision], list[str], list[str]]:
        async with AsyncAdmit(shop.server, token=shop.token, space="shop") as admit:
            with pytest.raises(Denied):
                await admit.require("user:eve", "ship", "order:1")
            return (
                await admit.ask(MINE),
                await admit.ask_all([MINE, YOURS]),
                [each async for each in admit.what("user:eve", "count", "order")],
                await admit.actions("user:eve", "order:o-1"),
            )

    one, many, orders, actions = asyncio.run(ask())
    assert one
    assert [bool(each) for each in many] == [True, False]
    assert (orders, actions) == (["o-0", "o-1", "o-2"], ["count"])


def test_the_library_is_typed_for_those_who_use_it() -> None:
    assert (Path(client.__file__).parents[1] / "py.typed").exists()
