"""Flat parameters become an operation's shape, in each encoding that clients use; a fault names its place."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admit.core.errors import AdmitError
from admit.rpc import request
from admit.rpc.operation import Service
from tests.rpc.sample import SAMPLE, Part


def taken(**parameters: str):
    return request.read(
        SAMPLE.operations["Take"], {name.replace("_", "."): v for name, v in parameters.items()}
    )


def fault(**parameters: str) -> tuple[str, str]:
    """The code with which parameters are refused, and why."""
    with pytest.raises(AdmitError) as refused:
        taken(**parameters)
    assert refused.value.status == 400
    return refused.value.full_code, refused.value.text.partition("not valid: ")[2]


# -- lists, structures and maps in three encodings ---------------------------------------------------


@pytest.mark.parametrize(
    "sent",
    [
        {"Words_1": "a", "Words_2": "b"},
        {"Words": '["a","b"]'},
        {"Words": ' [ "a" , "b" ] '},
        {"Words_2": "b", "Words_1": "a"},
        {"Words_7": "b", "Words_3": "a"},
        {"Words_10": "b", "Words_9": "a"},
        {"Words_10000": "b", "Words_1": "a"},
    ],
)
def test_a_list_is_read_in_dotted_form_by_number_and_as_json(sent):
    assert taken(**sent).words == ("a", "b")


@pytest.mark.parametrize("scalar", ["a", "a,b", '{"a":1}', '"a"', "7", "null", "a]"])
def test_one_plain_value_for_a_list_is_a_list_of_one(scalar):
    assert taken(Words=scalar).words == (scalar,)


@pytest.mark.parametrize(
    "sent",
    [
        {
            "Parts_1_Name": "a",
            "Parts_1_Tags_1": "x",
            "Parts_1_Tags_2": "y",
            "Parts_2_Name": "b",
            "Parts_2_Size": "3",
        },
        {"Parts": '[{"Name":"a","Tags":["x","y"]},{"Name":"b","Size":3}]'},
        {"Parts": '[{"Tags":"[\\"x\\",\\"y\\"]","Name":"a"},{"Size":"3","Name":"b","Unknown":[{}]}]'},
        {"Parts_1": '{"Name":"a","Tags":["x","y"]}', "Parts_2": '{"Name":"b","Size":3}'},
        {"Parts_1_Name": "a", "Parts_1_Tags": '["x","y"]', "Parts_2_Name": "b", "Parts_2_Size": "3"},
        {"TextParts": '[{"Name":"a","Tags":["x","y"]},{"Name":"b","Size":3}]'},
    ],
)
def test_a_list_of_structures_is_read_in_dotted_form_as_json_and_in_between(sent):
    read = taken(**sent)
    assert (read.parts or read.text_parts) == (Part(name="a", tags=("x", "y")), Part(name="b", size=3))


@pytest.mark.parametrize("sent", [{"Part_Name": "a", "Part_Size": "3"}, {"Part": '{"Name":"a","Size":3}'}])
def test_a_structure_is_read_in_dotted_form_and_as_json(sent):
    assert taken(**sent).part == Part(name="a", size=3)


def test_one_structure_for_a_list_of_them_is_a_list_of_one():
    assert taken(Parts='{"Name":"a"}').parts == (Part(name="a"),)


@pytest.mark.parametrize(
    "sent", [{"Labels_team": "ops", "Labels_7": "x"}, {"Labels": '{"team":"ops","7":"x"}'}]
)
def test_a_map_is_read_in_dotted_form_and_as_json(sent):
    assert taken(**sent).labels == {"team": "ops", "7": "x"}


@given(
    st.dictionaries(st.integers(1, 10_000), st.text("ab", min_size=1), min_size=1, max_size=3), st.randoms()
)
def test_the_items_of_a_list_come_in_the_order_of_their_numbers(items, chance):
    names = list(items)
    chance.shuffle(names)

    words = taken(**{f"Words_{name}": items[name] for name in names}).words
    assert words == tuple(items[name] for name in sorted(items))


@pytest.mark.parametrize(
    "number",
    [
        "0",
        "-1",
        "01",
        "10001",
        "99999999999",
        "000000001" + "9" * 5000,
        "1e3",
        "+1",
        "x",
        "",
        "1 ",
        "\u0661",
        "\u00b2",
    ],
)
def test_a_list_is_numbered_from_1_in_plain_digits(number):
    assert fault(**{f"Words_{number}": "a"}) == (
        "InvalidParameter.Words",
        "the items of a list are numbered from 1.",
    )


def test_the_same_number_written_twice_is_refused():
    assert fault(Words_1="a", Words_01="b")[0] == "InvalidParameter.Words"


@pytest.mark.parametrize(
    "sent",
    [
        {"Words": "a", "Words_1": "b"},
        {"Words": "", "Words_1": "b"},
        {"Parts_1": "a", "Parts_1_Name": "b"},
        {"Parts_1_Name": "b", "Parts_1": "a"},
        {"Word": "a", "Word_1": "b"},
        {"Part": "{}", "Part_Name": "b"},
    ],
)
def test_what_is_given_in_two_forms_at_once_is_refused(sent):
    code, why = fault(**sent)
    assert code == f"InvalidParameter.{min(sent)}".partition("_")[0]
    assert "contradicts" in why or "both whole and in dotted form" in why


def test_a_dotted_name_of_very_many_steps_is_read_as_far_as_it_matters():
    assert taken(**{"Part_Name": "a", "Part" + "_x" * 100_000: "b"}).part == Part(name="a")


# -- JSON --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('[{"Name":"a","Name":"b"}]', "a member of the JSON document occurs twice."),
        ('[{"Name":"a","Unknown":{"x":1,"x":2}}]', "a member of the JSON document occurs twice."),
        ('[{"Name":"a","Size":NaN}]', "NaN is not JSON."),
        ('[{"Name":"a","Size":-Infinity}]', "-Infinity is not JSON."),
        ("[", "it is not well-formed JSON."),
        ("[" * 200_000 + "]" * 200_000, "it is not well-formed JSON."),
        ('[{"Name":"a"}', "it is not well-formed JSON."),
        ("[{'Name':'a'}]", "it is not well-formed JSON."),
        ('[{"Name":"a"}] x', "it is not well-formed JSON."),
        (f'[{{"Name":"a","Size":{"9" * 5000}}}]', "it is not well-formed JSON."),
        ('[{"Name":"\\u0000"}]', "it contains characters that are not allowed."),
        ('[{"Name":"\\ud800"}]', "it contains characters that are not allowed."),
        ('[{"Name":"a","Kind":"\\ud800"}]', "it contains characters that are not allowed."),
        ('[{"Name":"a","Size":"\\ud800"}]', "it contains characters that are not allowed."),
        ('[{"Name":"a","\\ud800":1}]', "it contains characters that are not allowed."),
        ('["a"]', "it is not well-formed JSON."),
        ("[1]", "an object is expected."),
        ("[[]]", "an object is expected."),
        ("[null]", "an object is expected."),
        ('[{"Name":"a","Tags":1}]', "a list is expected."),
        ('[{"Name":"a","Tags":{"a":"b"}}]', "the items of a list are numbered from 1."),
    ],
)
def test_json_that_says_nothing_certain_is_refused(text, why):
    assert fault(Parts=text) == ("InvalidParameter.Parts", why)


def test_a_parameter_documented_as_json_is_nothing_else():
    assert fault(TextParts="a") == ("InvalidParameter.TextParts", "it is not well-formed JSON.")
    assert fault(TextParts='{"Name":"a"}') == ("InvalidParameter.TextParts", "a JSON array is expected.")


@pytest.mark.parametrize("text", ["x", "[]", "1", '"x"', '{"\\ud800":"x"}', '{"x":"\\u0000"}'])
def test_a_map_is_an_object_of_texts_that_can_be_stored(text):
    assert fault(Labels=text)[0] == "InvalidParameter.Labels"


def test_a_pair_of_surrogates_is_one_character():
    assert taken(Labels='{"x":"\\ud83d\\ude00"}').labels == {"x": "\N{GRINNING FACE}"}


def test_a_member_that_is_null_is_absent_and_one_nobody_knows_is_ignored():
    assert taken(Part='{"Name":"a","Size":null,"Colour":{"x":[]}}').part == Part(name="a")
    assert taken(Part="null", Labels="null").part is None


def test_ids_may_be_written_as_numbers():
    assert taken(Words="[1,22]").words == ("1", "22")
    assert taken(Parts='[{"Name":12345678}]').parts == (Part(name="12345678"),)
    assert taken(Labels='{"x":7}').labels == {"x": "7"}


@pytest.mark.parametrize(
    ("value", "kind"), [("true", "bool"), ("1.5", "float"), ("{}", "object"), ("[]", "array")]
)
def test_nothing_else_is_taken_for_a_text(value, kind):
    assert fault(Part=f'{{"Name":{value}}}') == (
        "InvalidParameter.Part",
        f"Expected str, got {kind} (at Name).",
    )
    assert fault(Words="[null]") == ("InvalidParameter.Words", "Expected str, got null (at [0]).")


# -- scalars -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["True", "true", "TRUE", "1"])
def test_true_is_true_in_any_case(text):
    assert taken(Flag=text).flag is True


@pytest.mark.parametrize("text", ["False", "false", "FALSE", "0"])
def test_false_is_false_in_any_case(text):
    assert taken(Flag=text).flag is False


@pytest.mark.parametrize("text", ["yes", "T", "2", " true"])
def test_nothing_else_is_a_boolean(text):
    assert fault(Flag=text) == ("InvalidParameter.Flag", "Expected bool, got str.")


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("-7", -7), ("9" * 40, int("9" * 40)), (str(2**63), 2**63)]
)
def test_an_integer_may_be_as_long_as_it_likes_where_nothing_bounds_it(text, number):
    assert taken(Number=text).number == number


@pytest.mark.parametrize("text", ["1.5", "x", "+1", " 1", "1_0", "0x1", "\u0661", "00"])
def test_nothing_else_is_an_integer(text):
    assert fault(Number=text) == ("InvalidParameter.Number", "Expected int, got str.")


def test_a_listed_value_is_matched_as_it_is_written_unless_any_case_will_do():
    assert fault(Colour="red") == ("InvalidParameter.Colour", "it must be one of Green, Red.")
    assert taken(Colour="Red", Shade="dARK").shade == "Dark"
    assert fault(Shade="dim") == ("InvalidParameter.Shade", "it must be one of Dark, Light.")


@pytest.mark.parametrize(
    "sent", [{"Part_Name": "a", "Part_Shade": "dARK"}, {"Part": '{"Name":"a","Shade":"DARK"}'}]
)
def test_a_listed_value_inside_a_structure_is_matched_in_any_case_where_that_will_do(sent):
    assert taken(**sent).part == Part(name="a", shade="Dark")


def test_an_empty_value_is_an_absent_one_except_for_a_text_that_may_be_absent():
    sent = taken(Note="", Number="", Flag="", Colour="", Shade="", Words="", Parts="", Part="", Labels="")
    assert sent == taken(Note="")
    assert sent.note == ""
    assert fault(Word="")[0] == "InvalidParameter.Word"


@pytest.mark.parametrize(
    ("sent", "missing"),
    [
        ({}, "Word"),
        ({"Word": "", "Words": "a"}, "Word"),
        ({"Word": "a"}, "Words"),
        ({"Word": "a", "Words": ""}, "Words"),
    ],
)
def test_what_is_mandatory_is_missing_when_it_is_absent_or_empty(sent, missing):
    with pytest.raises(AdmitError) as refused:
        request.read(SAMPLE.operations["Need"], sent)
    assert (refused.value.full_code, refused.value.status) == (f"MissingParameter.{missing}", 400)


def test_parameters_nobody_declared_are_ignored_in_either_form():
    sent = {"Word": "a", "RegionId": "x", "Unknown.1": "y", "word": "z", ".1": "x", "Wordy.": ""}
    assert request.read(SAMPLE.operations["Take"], sent) == taken(Word="a")


# -- constraints -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        ({"Word": "abcdefghi"}, "Expected str of length <= 8."),
        ({"Word": "A B"}, "it contains characters that are not allowed."),
        ({"Few": "10"}, "Expected int <= 9."),
        ({"Few": "0"}, "Expected int >= 1."),
        ({"Few": "9" * 40}, "Expected int <= 9."),
        ({"Words": "[]"}, "Expected array of length >= 1."),
        ({"Words": '["a","b","c","d"]'}, "Expected array of length <= 3."),
        ({"Parts_1_Name": "abcdefghi"}, "Expected str of length <= 8 (at [0].Name)."),
        ({"Parts": '[{"Name":"a"},{"Name":"b","Size":0}]'}, "Expected int >= 1 (at [1].Size)."),
        ({"Part": "{}"}, "Object missing required field Name."),
        ({"Part_Name": "a", "Part_Size": "x"}, "Expected int, got str (at Size)."),
        ({"Part_Name": "a", "Part_Kind": "x"}, "it is not one of the listed values (at Kind)."),
        ({"Numbers": "[1,true]"}, "Expected int, got bool (at [1])."),
        ({"Number": "9" * 5000}, "Integer value out of range."),
    ],
)
def test_a_broken_constraint_names_the_parameter_and_the_place_in_it(sent, why):
    assert fault(**sent) == (f"InvalidParameter.{next(iter(sent)).partition('_')[0]}", why)


def test_a_text_without_a_limit_of_its_own_has_one_all_the_same():
    assert taken(Note="x" * 10_000).note == "x" * 10_000
    too_long = "Expected text of length <= 10000."
    assert fault(Note="x" * 10_001) == ("InvalidParameter.Note", too_long)
    assert fault(Labels_team="x" * 10_001) == ("InvalidParameter.Labels", too_long)
    assert fault(Words=json.dumps(["x" * 10_001])) == ("InvalidParameter.Words", too_long)


@pytest.mark.parametrize(
    "value", ["secret - at `$.x`", "secret - at x", "secret", "secret`", "secret - at `$`"]
)
def test_a_refused_value_is_never_repeated(value):
    assert "secret" not in fault(Colour=value)[1]
    assert (
        fault(Part=json.dumps({"Name": "a", "Kind": value}))[1]
        == "it is not one of the listed values (at Kind)."
    )


def test_the_service_hears_which_kind_of_wrong_it_was():
    def kinds(name: str, why: str, kind: str) -> AdmitError:
        heard.append((name, kind))
        return AdmitError(why)

    heard: list[tuple[str, str]] = []
    heard_by = Service("heard", "1", "Heard", "hrd", invalid=kinds)
    heard_by.operation("get")(SAMPLE.operations["Take"].shape)
    wrong = {"Word": "abcdefghi", "Few": "10", "Number": "x", "Parts": "[", "Labels": '{"x":"\\u0000"}'}
    for name, text in wrong.items():
        with pytest.raises(AdmitError):
            request.read(heard_by.operations["Take"], {name: text})

    assert heard == [
        ("Word", "Length"),
        ("Few", "Value"),
        ("Number", "Format"),
        ("Parts", "Format"),
        ("Labels", "InvalidChars"),
    ]
