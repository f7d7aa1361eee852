"""Documents the language does not know are refused, and the message names the place."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admit.core.ram import MAX_DOCUMENT_CHARACTERS, MalformedPolicy, parse_policy, parse_trust_policy

ALLOW = {"Effect": "Allow", "Action": "ram:GetUser", "Resource": "*"}
TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"RAM": "acs:ram::1:root"}}


def document(*statements: object) -> str:
    return json.dumps({"Version": "1", "Statement": list(statements)})


def without(statement: dict, *members: str) -> dict:
    return {name: value for name, value in statement.items() if name not in members}


def conditioned(condition: object) -> str:
    return document(ALLOW, {**ALLOW, "Condition": condition})


IDENTITY = [
    ("", "document: is not JSON: "),
    ("{", "document: is not JSON: "),
    ('"\\', "document: is not JSON: "),
    (document(ALLOW) + "x", "document: is not JSON: "),
    ("9" * 5000, "document: is not JSON: "),
    ("[]", "document: must be an object"),
    ("null", "document: must be an object"),
    ("[" * 7 + "]" * 7, "document: is nested too deeply"),
    ("[" * 3000, "document: is nested too deeply"),
    ('{"a":' * 500, "document: is nested too deeply"),
    (" " * (MAX_DOCUMENT_CHARACTERS + 1), "document: is longer than 6144 characters"),
    ('{"Version":"1","Version":"1"}', "document: member 'Version' is given twice"),
    (
        json.dumps({"Version": "1", "Id": "x", "Statement": [ALLOW]}),
        "document: member 'Id' is not known here",
    ),
    (json.dumps({"Statement": [ALLOW]}), 'Version: must be "1"'),
    (json.dumps({"Version": 1, "Statement": [ALLOW]}), 'Version: must be "1"'),
    (json.dumps({"Version": "2012-10-17", "Statement": [ALLOW]}), 'Version: must be "1"'),
    (json.dumps({"Version": "1"}), "Statement: must be an array of at least one statement"),
    (json.dumps({"Version": "1", "Statement": []}), "Statement: must be an array of at least one statement"),
    (
        json.dumps({"Version": "1", "Statement": ALLOW}),
        "Statement: must be an array of at least one statement",
    ),
    (document(ALLOW, "Allow"), "Statement[1]: must be an object"),
    (document({**ALLOW, "Sid": "x"}), "Statement[0]: member 'Sid' is not known here"),
    (document({**ALLOW, "effect": "Deny"}), "Statement[0]: member 'effect' is not known here"),
    (document({**ALLOW, "NotResource": "*"}), "Statement[0]: member 'NotResource' is not known here"),
    (document({**ALLOW, "Principal": {"RAM": "*"}}), "Statement[0]: member 'Principal' is not known here"),
    (document({**ALLOW, "\ud800": 1}), "Statement[0]: member '\\ud800' is not known here"),
    (
        '{"Version":"1","Statement":[{"Effect":"Deny","Effect":"Allow"}]}',
        "Statement[0]: member 'Effect' is given twice",
    ),
    (document(without(ALLOW, "Effect")), "Statement[0].Effect: is required"),
    (document({**ALLOW, "Effect": "allow"}), "Statement[0].Effect: must be Allow or Deny"),
    (document({**ALLOW, "Effect": ["Allow"]}), "Statement[0].Effect: must be Allow or Deny"),
    (document(without(ALLOW, "Action")), "Statement[0]: must have exactly one of Action and NotAction"),
    (document({**ALLOW, "NotAction": "*"}), "Statement[0]: must have exactly one of Action and NotAction"),
    (
        document({**ALLOW, "Action": []}),
        "Statement[0].Action: must be a string or an array of at least one string",
    ),
    (
        document({**ALLOW, "Action": None}),
        "Statement[0].Action: must be a string or an array of at least one string",
    ),
    (
        document({**ALLOW, "Action": ["*", 1]}),
        "Statement[0].Action: must be a string or an array of at least one string",
    ),
    (
        document({**ALLOW, "Action": {"a": "b"}}),
        "Statement[0].Action: must be a string or an array of at least one string",
    ),
    (document({**ALLOW, "Action": ["*", "ram"]}), "Statement[0].Action: 'ram' is not an action such as"),
    (
        document({**ALLOW, "Action": "ram:Get User"}),
        "Statement[0].Action: 'ram:Get User' is not an action such as",
    ),
    (
        document({**without(ALLOW, "Action"), "NotAction": ""}),
        "Statement[0].NotAction: '' is not an action such as",
    ),
    (document(without(ALLOW, "Resource")), "Statement[0].Resource: is required"),
    (
        document({**ALLOW, "Resource": []}),
        "Statement[0].Resource: must be a string or an array of at least one string",
    ),
    (
        document({**ALLOW, "Resource": ["*", "acs:ram:*"]}),
        "Statement[0].Resource: 'acs:ram:*' is not * or acs:",
    ),
    (
        document({**ALLOW, "Resource": "arn:aws:iam::1:user/a"}),
        "Statement[0].Resource: 'arn:aws:iam::1:user/a' is not",
    ),
    (document({**ALLOW, "Resource": "acs:ram:*:1:"}), "Statement[0].Resource: 'acs:ram:*:1:' is not"),
    (conditioned([]), "Statement[1].Condition: must be an object"),
    (conditioned(None), "Statement[1].Condition: must be an object"),
    (conditioned({"StringEqual": {}}), "Statement[1].Condition: member 'StringEqual' is not known here"),
    (conditioned({"stringEquals": {}}), "Statement[1].Condition: member 'stringEquals' is not known here"),
    (
        conditioned({"StringEqualsIfExists": {"acs:a": "b"}}),
        "Statement[1].Condition: member 'StringEqualsIfExists' is not known here",
    ),
    (conditioned({"Null": {"acs:a": "true"}}), "Statement[1].Condition: member 'Null' is not known here"),
    (conditioned({"Bool": "true"}), "Statement[1].Condition.Bool: must be an object"),
    (conditioned({"Bool": {}}), "Statement[1].Condition.Bool: must name at least one key"),
    (
        conditioned({"Bool": {"MFA": "true"}}),
        "Statement[1].Condition.Bool: 'MFA' is not a condition key such as",
    ),
    (
        conditioned({"Bool": {"acs:\x07": "true"}}),
        "Statement[1].Condition.Bool: 'acs:\\x07' is not a condition key",
    ),
    (
        conditioned({"Bool": {"acs:MFAPresent": True}}),
        "Statement[1].Condition.Bool.acs:MFAPresent: must be a string",
    ),
    (
        conditioned({"Bool": {"acs:MFAPresent": []}}),
        "Statement[1].Condition.Bool.acs:MFAPresent: must be a string",
    ),
    (
        conditioned({"Bool": {"acs:MFAPresent": "yes"}}),
        "Statement[1].Condition.Bool.acs:MFAPresent: 'yes' is not true",
    ),
    (
        conditioned({"NumericLessThan": {"x:n": ["1", "one"]}}),
        "Statement[1].Condition.NumericLessThan.x:n: 'one' is not a number",
    ),
    (
        conditioned({"DateLessThan": {"acs:CurrentTime": "2026-11-22"}}),
        "Statement[1].Condition.DateLessThan.acs:CurrentTime: '2026-11-22' is not a time such as",
    ),
    (
        conditioned({"StringEquals": {"acs:a": "b"}, "IpAddress": {"acs:SourceIp": ["::1", "10.0.0.0/40"]}}),
        "Statement[1].Condition.IpAddress.acs:SourceIp: '10.0.0.0/40' is not an IP address or CIDR block",
    ),
]

TRUSTING = [
    (document({**TRUST, "Resource": "*"}), "Statement[0]: member 'Resource' is not known here"),
    (document({**TRUST, "NotAction": "*"}), "Statement[0]: member 'NotAction' is not known here"),
    (document(without(TRUST, "Action")), "Statement[0].Action: is required"),
    (
        document({**TRUST, "Action": ["sts:AssumeRole", "sts:*"]}),
        "Statement[0].Action: must be sts:AssumeRole",
    ),
    (document(without(TRUST, "Effect")), "Statement[0].Effect: is required"),
    (document(TRUST, without(TRUST, "Principal")), "Statement[1].Principal: is required"),
    (document({**TRUST, "Principal": "*"}), "Statement[0].Principal: must be an object"),
    (document({**TRUST, "Principal": {}}), "Statement[0].Principal: must name RAM, Service or Federated"),
    (
        document({**TRUST, "Principal": {"AWS": "*"}}),
        "Statement[0].Principal: member 'AWS' is not known here",
    ),
    (
        document({**TRUST, "Principal": {"RAM": []}}),
        "Statement[0].Principal.RAM: must be a string or an array",
    ),
    (
        document({**TRUST, "Principal": {"RAM": "*"}}),
        "Statement[0].Principal.RAM: '*' is not acs:ram::<account>:root",
    ),
    (
        document({**TRUST, "Principal": {"RAM": "acs:ram::1:user/*"}}),
        "Statement[0].Principal.RAM: 'acs:ram::1:user/*' is not",
    ),
    (
        document({**TRUST, "Principal": {"RAM": ["acs:ram::1:root", "acs:ram::*:root"]}}),
        "Statement[0].Principal.RAM: 'acs:ram::*:root' is not",
    ),
    (
        document({**TRUST, "Principal": {"Service": "*.aliyuncs.com"}}),
        "Statement[0].Principal.Service: '*.aliyuncs.com' is not",
    ),
    (
        document({**TRUST, "Principal": {"Federated": "acs:ram::1:root"}}),
        "Statement[0].Principal.Federated: 'acs:ram::1:root' is not",
    ),
    (
        document({**TRUST, "Condition": {"Bool": {}}}),
        "Statement[0].Condition.Bool: must name at least one key",
    ),
]


@pytest.mark.parametrize(
    ("parse", "text", "message"),
    [(parse_policy, *row) for row in IDENTITY] + [(parse_trust_policy, *row) for row in TRUSTING],
)
def test_a_malformed_document_is_refused_by_a_message_that_names_the_place(parse, text, message):
    with pytest.raises(MalformedPolicy) as refusal:
        parse("p", text)

    assert str(refusal.value).startswith(message)
    assert str(refusal.value).isprintable()


@pytest.mark.parametrize("condition", [{}, {"StringEquals": {"acs:ResourceTag/cost center": ["a", "b"]}}])
def test_a_condition_may_be_empty_and_a_tags_name_may_have_spaces(condition):
    assert parse_policy("p", conditioned(condition)).name == "p"


def test_a_document_of_the_greatest_length_is_read():
    text = document(ALLOW)
    padded = text + " " * (MAX_DOCUMENT_CHARACTERS - len(text))

    assert len(padded) == MAX_DOCUMENT_CHARACTERS
    assert len(parse_policy("p", padded).statements) == 1


def test_brackets_and_quotes_inside_a_string_do_not_count_as_nesting():
    resource = "acs:ram:*:1:user/" + '[{"\\' * 20

    assert (
        parse_policy("p", document({**ALLOW, "Resource": resource})).statements[0].resources.match(resource)
    )


@given(text=st.text(alphabet=st.sampled_from('{}[]",:\\1 aé'), max_size=40))
def test_any_text_is_either_a_policy_or_malformed(text):
    with pytest.raises(MalformedPolicy):
        parse_policy("p", text)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["*", "Allow", "1", "acs:a", "acs:a:b:c:d"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["Effect", "Action", "Resource", "StringLike", "acs:a"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@given(
    statement=st.fixed_dictionaries(
        {
            "Effect": st.just("Allow") | json_values,
            "Action": st.just("*") | json_values,
            "Resource": st.just("*"),
        },
        optional={"Condition": json_values, "NotAction": json_values},
    )
)
def test_a_statement_of_any_shape_is_either_read_or_malformed(statement):
    text = document(statement)
    try:
        outcome = f"read as {parse_policy('p', text).statements[0].effect}"
    except MalformedPolicy as refusal:
        outcome = str(refusal)

    assert outcome.startswith(("Statement[0]", "document: is nested", f"read as {statement['Effect']}"))
