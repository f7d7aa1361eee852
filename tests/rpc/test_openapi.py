"""The OpenAPI document: whole, true to what the engine reads, and served."""

import json

import pytest

from admit import __version__
from admit.main import SERVICES
from admit.rpc import request
from admit.rpc.openapi import openapi
from admit.rpc.operation import Registry
from tests.rpc.sample import SAMPLE, Part
from tests.system import System

EVERY = list(Registry(SERVICES))


@pytest.fixture(scope="module")
def document() -> dict:
    return openapi(Registry(SERVICES), "1")


@pytest.fixture(scope="module")
def sampled() -> dict:
    return openapi(Registry((SAMPLE,)), "1")["paths"]


def test_every_operation_is_in_it_with_every_parameter(document):
    found = {}
    for path, methods in document["paths"].items():
        posted = methods["post"]
        form = posted.get("requestBody", {"content": {}})["content"].get("application/x-www-form-urlencoded")
        names = [each["name"] for each in posted["parameters"]]
        names += form["schema"]["properties"] if form else []
        found[posted["operationId"]] = sorted(names)
        assert path.endswith(f"#{posted['operationId'].replace('.', '/')}")

    assert found == {f"{each.service.product}.{each.action}": sorted(each.by_name) for each in EVERY}


def test_it_says_how_each_operation_is_named_on_the_wire(document):
    posted = document["paths"]["/#eiam/CreateUser"]["post"]

    assert (posted["x-acs-action"], posted["x-acs-version"]) == ("CreateUser", "2021-12-01")
    assert posted["tags"] == ["IDaaS EIAM"]


def test_what_has_parts_is_written_as_json_wherever_it_travels(sampled):
    taken = sampled["/#sample/Take"]["post"]
    query = {each["name"]: each for each in taken["parameters"]}

    assert query["Words"]["content"]["application/json"]["schema"]["items"] == {"type": "string"}
    assert "schema" not in query["Words"]
    assert query["TextParts"]["content"] == query["Parts"]["content"]
    assert query["Flag"]["schema"] == {"type": "boolean"}
    assert "content" not in query["Flag"]
    assert request.read(SAMPLE.operations["Take"], {"Parts": '[{"Name":"a"}]'}).parts == (Part(name="a"),)


def test_in_the_form_parts_are_json_too():
    in_form = type(SAMPLE)("formed", "1", "Formed", "frm", form="*")
    in_form.operation("get")(SAMPLE.operations["Take"].shape)
    posted = openapi(Registry((in_form,)), "1")["paths"]["/#formed/Take"]["post"]
    form = posted["requestBody"]["content"]["application/x-www-form-urlencoded"]

    assert posted["parameters"] == []
    assert form["encoding"].keys() == {"Words", "Numbers", "Parts", "TextParts", "Part", "Labels"}
    assert form["encoding"]["Words"] == {"contentType": "application/json"}
    assert form["schema"]["properties"]["Words"]["maxItems"] == 3


def test_every_answer_has_a_request_id_and_every_error_its_members(document):
    responses = [methods["post"]["responses"] for methods in document["paths"].values()]
    common = [each["200"]["content"]["application/json"]["schema"]["allOf"][0] for each in responses]
    error = document["components"]["responses"]["Error"]["content"]["application/json"]["schema"]

    assert all(each["required"] == ["RequestId"] for each in common)
    assert all(each["default"] == {"$ref": "#/components/responses/Error"} for each in responses)
    assert error["required"] == ["RequestId", "HostId", "Code", "Message", "Recommend"]


def test_a_running_server_hands_it_out(system: System):
    status, body, headers = system.http("GET", "/openapi.json", {})
    told = json.loads(body)

    assert (status, headers["content-type"]) == (200, "application/json")
    assert told == json.loads(json.dumps(openapi(system.admit.registry, __version__)))
    assert system.http("GET", "/openapi.json", {})[1] == body
