"""What is read about operations: their texts, the OpenAPI document and the reference pages."""

from typing import Annotated, Any, Generic, Literal, TypeVar

import pytest
from msgspec import inspect as shapes

from admit.core.errors import AdmitError
from admit.main import SERVICES
from admit.rpc import describe
from admit.rpc.openapi import openapi, schema_of
from admit.rpc.operation import Call, Operation, Registry, Service
from admit.rpc.reference import cell, code_of, pages, table
from admit.rpc.shape import Json, JsonText, Shape, at_most, like

Colour = Annotated[Literal["red", "green"], like("red", "The colour | of the thing.")]
ThingId = Annotated[str, like("t-1", "The ID of the thing.", min_length=1, max_length=8, pattern=r"^t-")]


class Gone(AdmitError):
    """The thing is gone: (name)."""

    code, status, message = "Gone.{0}", 404, "There is no {0} | any more."


Named = TypeVar("Named")


class Pair(Shape, Generic[Named]):
    """Two of a kind."""

    first: Named
    """The first of them."""


class Part(Shape):
    """A part of a thing."""

    name: str
    """What it is called."""
    size: Annotated[int, like(1, "How big it is.", ge=1, le=9)] = 1


THINGS = Service(product="things", version="2020-01-01", title="Things", ram_prefix="thg")


@THINGS.operation("update", errors=(Gone,), form=("note",), resources=("thing/{ThingId}",))
class PaintThing(Shape):
    """Paints a thing.

    Ours: what is painted already
    is painted over. Ours: the colour dries at once.

    Nothing else changes.
    """

    thing_id: ThingId
    colour: Colour | None = None
    """Which colour | to take."""
    parts: Json[Annotated[tuple[Part, ...], at_most(3)]] = ()
    tags: JsonText[dict[str, str]] | None = None
    weight: float | None = None
    note: Annotated[str, at_most(9)] | None = None

    class Response(Shape):
        done: bool
        parts: tuple[Part, ...]
        """The parts that were painted."""

    def handle(self, call: Call) -> Response:
        raise NotImplementedError


@THINGS.operation("get", authorized=False)
class CountThings(Shape):
    """Counts things."""

    class Response(Shape):
        pass

    def handle(self, call: Call) -> Response:
        raise NotImplementedError


@pytest.fixture
def registry() -> Registry:
    return Registry((THINGS,))


@pytest.fixture
def paint(registry: Registry) -> Operation:
    return registry.services[0].operations["PaintThing"]


def test_the_string_under_a_field_counts_more_than_what_its_type_says(paint: Operation):
    assert describe.fields_of(paint.shape) == {
        "thing_id": "The ID of the thing.",
        "colour": "Which colour | to take.",
        "parts": "A part of a thing.",
        "tags": "",
        "weight": "",
        "note": "",
    }


def test_a_shape_has_the_texts_of_the_shapes_it_is_made_from():
    assert describe.fields_of(Part) == {"name": "What it is called.", "size": "How big it is."}


def test_a_shape_of_any_kind_keeps_its_texts_when_the_kind_is_named():
    assert describe.fields_of(Pair[str]) == {"first": "The first of them."}


def test_examples_and_listed_values_come_from_the_type(paint: Operation):
    assert describe.example_of(paint.by_name["ThingId"]) == "t-1"
    assert describe.example_of(paint.by_name["Weight"]) is None
    assert describe.allowed_values(paint.by_name["Colour"]) == ("green", "red")
    assert describe.allowed_values(paint.by_name["ThingId"]) == ()


def test_what_is_ours_ends_with_its_paragraph(paint: Operation):
    assert describe.ours(paint) == [
        "What is painted already is painted over.",
        "The colour dries at once.",
    ]


def test_a_description_is_told_by_paragraphs_each_on_one_line(paint: Operation):
    assert describe.paragraphs(paint) == (
        "Paints a thing.",
        "Ours: what is painted already is painted over. Ours: the colour dries at once.",
        "Nothing else changes.",
    )


def schema_in(parameter: dict[str, Any]) -> dict[str, Any]:
    """The schema of a parameter, which for JSON in a text is that of the content."""
    written = parameter if "schema" in parameter else parameter["content"]["application/json"]
    return dict(written["schema"])


def test_openapi_tells_where_each_parameter_travels_and_what_it_may_be(registry: Registry):
    document = openapi(registry, "1.2.3")
    posted = document["paths"]["/#things/PaintThing"]["post"]
    query = {each["name"]: schema_in(each) for each in posted["parameters"]}
    form = posted["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]

    assert document["info"] == {"title": "admit", "version": "1.2.3"}
    assert posted["summary"] == "Paints a thing."
    assert [each["name"] for each in posted["parameters"] if each["required"]] == ["ThingId"]
    assert query["ThingId"] == {"type": "string", "minLength": 1, "maxLength": 8, "pattern": "^t-"}
    assert query["Colour"] == {"enum": ["green", "red"]}
    assert query["Parts"]["items"]["properties"]["Size"] == {"type": "integer", "minimum": 1, "maximum": 9}
    assert query["Tags"] == {"type": "object", "additionalProperties": {"type": "string"}}
    assert query["Weight"] == {"type": "number"}
    assert form["properties"] == {
        "Note": {"type": "string", "minLength": 0, "maxLength": 9, "description": ""}
    }
    assert "requestBody" not in document["paths"]["/#things/CountThings"]["post"]


def test_a_map_and_an_unknown_type_have_schemas_too():
    mapped = shapes.type_info(dict[str, bool] | None)

    assert schema_of(mapped) == {"type": "object", "additionalProperties": {"type": "boolean"}}
    assert schema_of(shapes.AnyType()) == {}


def test_a_page_tells_parameters_answer_and_errors(registry: Registry):
    page = pages(registry)["operations/things.md"]

    assert "| `ThingId` | string | yes | The ID of the thing. |" in page
    assert "| `Colour` | `green` \\| `red` |  | Which colour \\| to take. |" in page
    assert "| `Parts` | list, as JSON |  | A part of a thing. |\n| `Parts[].Name` | string | yes |" in page
    assert "| `Parts` | list | The parts that were painted. |\n| `Parts[].Name` | string | What" in page
    assert "RAM: `thg:PaintThing` on `thing/{ThingId}`. Level: update." in page
    assert "Errors: `Gone.…` 404." in page
    assert page.index("## CountThings") < page.index("## PaintThing")


def test_an_operation_without_authorization_is_no_ram_action(registry: Registry):
    found = pages(registry)

    assert "RAM: none. Level: get." in found["operations/things.md"]
    assert "thg:PaintThing" in found["ram-actions.md"]
    assert "CountThings" not in found["ram-actions.md"]


def test_every_error_has_its_row(registry: Registry):
    page = pages(registry)["errors.md"]

    assert "| `Gone.…` | 404 | There is no … \\| any more. | Things |" in page
    assert "| `InvalidVersion` | 400 |" in page
    assert "SignatureDoesNotMatch" in page
    assert code_of(Gone) == "Gone.…"


def test_where_the_documents_are_silent_each_sentence_of_ours_is_told_once(registry: Registry):
    page = pages(registry)["where-the-documents-are-silent.md"]

    row = "| Things | PaintThing | What is painted already is painted over. The colour dries at once. |"
    assert row in page
    assert "CountThings" not in page


def test_a_cell_is_one_line_and_keeps_out_of_the_table():
    assert cell("a | b\n  c") == "a \\| b c"
    assert table(("x",), [("1",)]) == "| x |\n| --- |\n| 1 |\n"


def test_a_type_of_any_kind_is_called_any(registry: Registry):
    anything = Service(product="any", version="1", title="Any", ram_prefix="any")

    @anything.operation("get")
    class Ask(Shape):
        """Asks."""

        what: dict[str, object] | None = None
        more: object = None

        class Response(Shape):
            pass

    page = pages(Registry((anything,)))["operations/any.md"]
    assert "| `What` | object |" in page
    assert "| `More` | any |" in page


@pytest.mark.parametrize("operation", list(Registry(SERVICES)), ids=lambda operation: operation.action)
def test_every_operation_can_be_described(operation: Operation):
    said = describe.text_of(operation)

    assert said.splitlines()[0].endswith(".")
    assert all(text.endswith((".", ":")) or not text for text in describe.ours(operation))


def test_every_parameter_of_every_operation_says_what_it_means():
    silent = [
        f"{operation.action}.{parameter.name}"
        for operation in Registry(SERVICES)
        for parameter in operation.parameters
        if not describe.fields_of(operation.shape)[parameter.attribute]
    ]
    assert silent == []
