"""Types of one's own, asked about over AuthZEN."""

import json

import pytest

from tests.authzen.asking import Program, question
from tests.callers import Callers, statement
from tests.system import System


@pytest.fixture
def shop(system: System) -> Program:
    """Whoever owns an order may read it; a manager may do everything. Orders need not be registered."""
    call = system.call
    call("admit", "RegisterType", Name="user", Space="shop", Open=True)
    call("admit", "RegisterType", Name="order", Space="shop", Open=True, Actions=["read", "ship"])
    entities = json.dumps([{"Id": "mia", "Properties": {"manager": True}}])
    call("admit", "PutEntities", Type="user", Role="subject", Entities=entities, Space="shop")
    everyone = {"Subject": "user:*", "Resource": "order:*", "Space": "shop"}
    call(
        "admit",
        "GrantActions",
        Actions=["read"],
        Condition="resource.properties.owner == subject.id",
        **everyone,
    )
    call(
        "admit",
        "GrantActions",
        Condition="has(subject.properties.manager) && subject.properties.manager",
        **everyone,
    )
    return Program(system, base="/spaces/shop")


def asked(subject: str, action: str | None, owner: str | None = None) -> dict[str, object]:
    body = question(f"user:{subject}", action, "order:17")
    if owner is not None:
        body["resource"]["properties"] = {"owner": owner}
    return body


def test_what_is_not_registered_has_the_properties_it_comes_with(shop: Program) -> None:
    assert shop.asks("evaluation", asked("eve", "read", "eve"))["decision"] is True
    assert shop.asks("evaluation", asked("eve", "read", "mia"))["context"]["reason"] == "condition not met"
    absent = shop.asks("evaluation", asked("eve", "read"))["context"]
    assert (absent["reason"], absent["text"]) == (
        "input missing",
        "user:* may not use order:*: resource.properties.owner is missing.",
    )


def test_what_is_registered_counts_more_than_what_is_told(shop: Program) -> None:
    lie = asked("mia", "ship")
    lie["subject"]["properties"] = {"manager": False}
    assert shop.asks("evaluation", lie)["decision"] is True


def test_a_search_for_actions_tells_those_that_would_be_allowed(shop: Program) -> None:
    assert shop.asks("search/action", asked("mia", None))["results"] == [{"name": "read"}, {"name": "ship"}]
    assert shop.asks("search/action", asked("eve", None, "eve"))["results"] == [{"name": "read"}]


def test_types_are_those_of_the_space_that_is_asked(shop: Program) -> None:
    elsewhere = Program(shop.system, "other", base="/spaces/elsewhere")
    context = elsewhere.asks("evaluation", asked("eve", "read", "eve"))["context"]
    assert context == {"reason": "unknown", "text": "There is no user eve."}


def test_a_space_has_metadata_of_its_own(shop: Program) -> None:
    path = "/.well-known/authzen-configuration/spaces/shop"
    status, body, _ = shop.system.http("GET", path, {"Host": "gate.test"})
    metadata = json.loads(body)
    assert (status, metadata["policy_decision_point"]) == (200, "http://gate.test/spaces/shop")
    assert metadata["access_evaluation_endpoint"] == "http://gate.test/spaces/shop/access/v1/evaluation"


def test_a_token_may_be_good_for_one_space(shop: Program) -> None:
    callers = Callers(shop.system)
    callers.user("narrow", statement("Allow", "admit:Evaluate", "acs:admit:*:*:space/shop"))
    made = shop.system.call("admit", "CreateBearerToken", UserName="narrow", Name="x")
    shown = f"Bearer {made['Token']}"

    assert shop.post("evaluation", asked("eve", "read"), authorization=shown)[0] == 200
    shop.base = ""
    assert shop.post("evaluation", asked("eve", "read"), authorization=shown)[0] == 403
