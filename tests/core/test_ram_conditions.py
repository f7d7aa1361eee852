"""Every operator of a Condition, both ways, and what an absent key does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admit.core.ram_conditions import OPERATORS, canonical_keys, condition

NOON = "2026-11-22T12:00:00Z"

# operator, the policy's values, a request's value that holds, one that does not
TABLE = [
    ("StringEquals", ["dev"], "dev", "Dev"),
    ("StringEquals", ["dev", "test"], "test", "prod"),
    ("StringEquals", ["d*"], "d*", "dev"),
    ("StringEquals", [""], "", " "),
    ("StringNotEquals", ["dev"], "Dev", "dev"),
    ("StringNotEquals", ["dev", "test"], "prod", "test"),
    ("StringEqualsIgnoreCase", ["Dev"], "dEV", "devs"),
    ("StringNotEqualsIgnoreCase", ["Dev"], "devs", "dEV"),
    ("StringNotEqualsIgnoreCase", ["Dev", "Test"], "prod", "TEST"),
    ("StringLike", ["10.?.*"], "10.1.2", "10.11.2"),
    ("StringLike", ["a*", "b*"], "bc", "cb"),
    ("StringLike", ["a*"], "a", "A"),
    ("StringNotLike", ["a*"], "ba", "ab"),
    ("StringNotLike", ["a*", "b*"], "cb", "bc"),
    ("NumericEquals", ["10"], "10.0", "10.01"),
    ("NumericEquals", ["-2.5", "7"], "7", "2.5"),
    ("NumericNotEquals", ["10", "11"], "12", "11.0"),
    ("NumericLessThan", ["10"], "9.99", "10"),
    ("NumericLessThan", ["10", "20"], "15", "20"),
    ("NumericLessThanEquals", ["10"], "10", "10.1"),
    ("NumericGreaterThan", ["10"], "11", "10"),
    ("NumericGreaterThanEquals", ["9007199254740993"], "9007199254740993", "9007199254740992"),
    ("DateEquals", ["2026-11-22T20:00:00+08:00"], NOON, "2026-11-22T20:00:00Z"),
    ("DateEquals", ["2026-11-22T12:00Z"], NOON, "2026-11-22T12:00:00.000001Z"),
    ("DateNotEquals", [NOON], "2026-11-22T12:00:01Z", "2026-11-22T13:30:00+01:30"),
    ("DateLessThan", [NOON], "2026-11-22T11:59:59.999Z", NOON),
    ("DateLessThan", ["2026-11-22T12:00:00+08:00"], "2026-11-22T03:59:59Z", "2026-11-22T04:00:00Z"),
    ("DateLessThanEquals", [NOON], NOON, "2026-11-22T12:00:00.1Z"),
    ("DateGreaterThan", [NOON], "2026-11-22T12:00:01Z", NOON),
    ("DateGreaterThanEquals", [NOON], NOON, "2026-11-22T11:59:59Z"),
    ("Bool", ["true"], "true", "false"),
    ("Bool", ["false"], "false", "true"),
    ("IpAddress", ["192.0.2.0/24"], "192.0.2.255", "192.0.3.0"),
    ("IpAddress", ["192.0.2.7"], "192.0.2.7", "192.0.2.8"),
    ("IpAddress", ["192.0.2.7/24"], "192.0.2.1", "192.0.1.7"),
    ("IpAddress", ["192.0.2.0/24", "203.0.113.2"], "203.0.113.2", "203.0.113.3"),
    ("IpAddress", ["0.0.0.0/0"], "8.8.8.8", "2001:db8::1"),
    ("IpAddress", ["2001:db8::/32"], "2001:DB8:0:1::5", "2001:db9::1"),
    ("IpAddress", ["2001:db8::1"], "2001:0db8::0001", "192.0.2.1"),
    ("IpAddress", ["192.0.2.0/24"], "::ffff:192.0.2.9", "::ffff:192.0.3.9"),
    ("NotIpAddress", ["192.0.2.0/24", "203.0.113.2"], "203.0.113.3", "203.0.113.2"),
    ("NotIpAddress", ["2001:db8::/32"], "192.0.2.1", "2001:db8::ffff"),
]


def holds(operator: str, values: list[str], request: dict[str, str], *, denies: bool = False) -> bool:
    return condition(operator, "acs:Key", tuple(values), denies=denies).holds(canonical_keys(request))


@pytest.mark.parametrize("denies", [False, True], ids=["Allow", "Deny"])
@pytest.mark.parametrize(("operator", "values", "right", "wrong"), TABLE)
def test_an_operator_holds_for_the_right_value_and_not_for_the_wrong_one(
    operator, values, right, wrong, denies
):
    assert holds(operator, values, {"acs:Key": right}, denies=denies)
    assert not holds(operator, values, {"acs:Key": wrong}, denies=denies)


def test_the_table_tries_every_operator():
    assert {row[0] for row in TABLE} == set(OPERATORS)


VALUES = {operator: values for operator, values, _, _ in TABLE}


@pytest.mark.parametrize("operator", OPERATORS)
def test_no_condition_of_an_allow_holds_on_an_absent_key(operator):
    assert not holds(operator, VALUES[operator], {"acs:Other": "x"}, denies=False)


@pytest.mark.parametrize("operator", OPERATORS)
def test_in_a_deny_exactly_the_negative_conditions_hold_on_an_absent_key(operator):
    assert holds(operator, VALUES[operator], {"acs:Other": "x"}, denies=True) == ("Not" in operator)


@pytest.mark.parametrize(
    ("operator", "unreadable"),
    [
        ("NumericNotEquals", "ten"),
        ("NumericEquals", "1e1"),
        ("DateNotEquals", "2026-11-22T12:00:00"),
        ("DateEquals", "yesterday"),
        ("Bool", "True"),
        ("IpAddress", "unix:"),
        ("NotIpAddress", "192.0.2.0/24"),
    ],
)
def test_a_value_the_operator_cannot_read_counts_as_absent(operator, unreadable):
    for denies in (False, True):
        assert holds(operator, VALUES[operator], {"acs:Key": unreadable}, denies=denies) == holds(
            operator, VALUES[operator], {}, denies=denies
        )


@given(text=st.text(max_size=30), operator=st.sampled_from(sorted(OPERATORS)), denies=st.booleans())
def test_no_value_of_a_request_is_an_error(text, operator, denies):
    assert holds(operator, VALUES[operator], {"acs:Key": text}, denies=denies) in {True, False}


def test_keys_are_compared_without_their_case():
    assert holds("StringEquals", ["x"], {"ACS:kEY": "x"})
    assert condition("StringEquals", "acs:PrincipalArn", ("x",), denies=False).holds(
        canonical_keys({"acs:PrincipalARN": "x"})
    )


def test_a_tags_own_name_keeps_its_case_so_that_one_tag_cannot_hide_another():
    team = condition("StringEquals", "acs:RequestTag/team", ("dev",), denies=False)

    assert team.holds(canonical_keys({"ACS:requesttag/team": "dev", "acs:RequestTag/Team": "prod"}))
    assert not team.holds(canonical_keys({"acs:RequestTag/team": "prod", "acs:RequestTag/Team": "dev"}))


@pytest.mark.parametrize(
    ("operator", "value"),
    [
        ("NumericEquals", "ten"),
        ("NumericEquals", ""),
        ("NumericEquals", "NaN"),
        ("NumericEquals", "1e3"),
        ("NumericEquals", "\N{ARABIC-INDIC DIGIT ONE}"),
        ("NumericLessThan", "10 "),
        ("DateEquals", "2026-11-22"),
        ("DateEquals", "2026-11-22T12:00:00"),
        ("DateEquals", "2026-11-22 12:00:00Z"),
        ("DateEquals", "20261122T120000Z"),
        ("DateEquals", "2026-02-30T12:00:00Z"),
        ("DateEquals", "2026-11-22T12:00:60Z"),
        ("DateEquals", "2026-11-22T12:00:00+24:00"),
        ("DateLessThan", "0000-01-01T00:00:00Z"),
        ("Bool", "True"),
        ("Bool", "1"),
        ("IpAddress", "192.0.2"),
        ("IpAddress", "192.0.2.0/33"),
        ("IpAddress", "192.0.2.0/255.255.255.0"),
        ("IpAddress", "192.0.2.0/"),
        ("IpAddress", "192.0.2.0/24/24"),
        ("IpAddress", "2001:db8::/129"),
        ("NotIpAddress", "192.0.2.01"),
        ("NotIpAddress", "localhost"),
    ],
)
def test_a_policys_value_must_be_of_the_operators_kind(operator, value):
    with pytest.raises(ValueError, match="is not") as refusal:
        condition(operator, "acs:Key", (value,), denies=False)

    assert str(refusal.value).startswith(repr(value))
