"""What policies say to an access: deny first, every resource, and both sides of a session."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admit.core.ram import (
    Access,
    Effect,
    Policy,
    Verdict,
    evaluate,
    evaluate_session,
    may_assume,
    parse_policy,
    parse_trust_policy,
)

ALICE, BOB = "acs:ram:*:1:user/alice", "acs:ram:*:1:user/bob"


def statement(effect: str, action: object, resource: object = "*", **members: object) -> dict[str, object]:
    return {"Effect": effect, "Action": action, "Resource": resource, **members}


def policy(*statements: object, name: str = "p") -> Policy:
    return parse_policy(name, json.dumps({"Version": "1", "Statement": statements}))


def access(action: str, *resources: str, **conditions: str) -> Access:
    keys = {f"acs:{key}": value for key, value in conditions.items()}
    return Access(action, resources or ("*",), keys)


def effect(policies: list[Policy], asked: Access) -> Effect:
    return evaluate(policies, asked).effect


def allows(policies: list[Policy], asked: Access) -> bool:
    return effect(policies, asked) is Effect.ALLOW


# --- actions ---


@pytest.mark.parametrize(
    ("pattern", "asked", "covered"),
    [
        ("ram:GetUser", "ram:GetUser", True),
        ("RAM:getuser", "ram:GetUser", True),
        ("ram:GetUser", "ram:GetUsers", False),
        ("ram:Get*", "ram:GetUser", True),
        ("ram:Get*", "ram:Get", True),
        ("ram:Get*", "eiam:GetUser", False),
        ("*:Get*", "eiam:GetUser", True),
        ("ram:Get????", "ram:GetUser", True),
        ("ram:Get???", "ram:GetUser", False),
        ("ram:*User*", "ram:AddUserToGroup", True),
        ("*", "ram:GetUser", True),
        (["eiam:*", "ram:Get*"], "ram:GetUser", True),
        (["eiam:*", "ram:List*"], "ram:GetUser", False),
    ],
)
def test_an_action_covers_by_wildcards_and_without_case_and_not_action_covers_the_rest(
    pattern, asked, covered
):
    negative = {"Effect": "Allow", "NotAction": pattern, "Resource": "*"}

    assert allows([policy(statement("Allow", pattern))], access(asked)) is covered
    assert allows([policy(negative)], access(asked)) is not covered


def test_a_deny_on_not_action_leaves_only_what_it_lists():
    only_reading = {"Effect": "Deny", "NotAction": ["ram:Get*", "ram:List*"], "Resource": "*"}
    policies = [policy(statement("Allow", "*"), only_reading)]

    assert effect(policies, access("ram:getuser")) is Effect.ALLOW
    assert effect(policies, access("ram:CreateUser")) is Effect.EXPLICIT_DENY


# --- resources ---

RULE = "acs:eiam:cn-hangzhou:1:instance/idaas_a/authorizationRule/arrule_b"


@pytest.mark.parametrize(
    ("pattern", "asked", "matched"),
    [
        ("*", ALICE, True),
        (ALICE, ALICE, True),
        ("acs:ram:*:1:user/al*", ALICE, True),
        ("acs:ram:*:1:user/al?ce", ALICE, True),
        ("acs:ram:*:1:user/al?", ALICE, False),
        ("acs:ram:*:1:user/*", "acs:ram:*:1:user/*", True),
        ("acs:ram:*:1:user/a*", "acs:ram:*:1:user/*", False),
        ("acs:ram:*:*:*", ALICE, True),
        ("acs:ram:*:2:*", ALICE, False),
        ("acs:eiam:*:*:*", ALICE, False),
        ("acs:*:*:*:*", ALICE, True),
        ("acs:ram:*:1:user/Alice", ALICE, False),
        ("acs:ram:*:1:USER/alice", ALICE, False),
        # A name with colons is no way into another account.
        ("acs:ram:*:1:user/alice", "acs:ram:*:2:x:1:user/alice", False),
        ("acs:*:*:1:user/alice", "acs:ram:*:2:x:*:1:user/alice", False),
        ("acs:ram:*:1:*", "acs:ram:*:1:user/a:b", True),
        # An ARN copied from a role has no region, a request says *.
        ("acs:ram::1:role/ops", "acs:ram:*:1:role/ops", True),
        ("acs:ram::1:role/ops", "acs:ram::1:role/ops", True),
        ("acs:ram:*:1:role/ops", "acs:ram::1:role/ops", True),
        ("acs:oss::1:bucket", "acs:oss:cn-hangzhou:1:bucket", False),
        ("acs:eiam:cn-*:1:instance/*", RULE, True),
        ("acs:eiam:cn-shanghai:1:instance/*", RULE, False),
        (RULE.replace("Rule", "rule"), RULE, True),
        (RULE, RULE.replace("Rule", "rule"), True),
        (RULE.replace("authorizationRule", "AUTHORIZATIONRULE"), RULE, True),
        (RULE, RULE.replace("authorizationRule", "AUTHORIZATIONRULE"), True),
        ("acs:eiam:*:*:*/authorizationR*", RULE.replace("Rule", "rule"), True),
        ("acs:eiam:*:*:*/authorizationr*", RULE, True),
        (RULE.replace("arrule_b", "ARRULE_B"), RULE, False),
        (RULE.replace("instance", "Instance"), RULE, False),
        ("acs:ram:*:1:user/authorizationRule", "acs:ram:*:1:user/authorizationrule", False),
        # Everything of a service, wherever it is, is more than a part of it.
        ("*", "*", True),
        ("acs:*:*:*:*", "*", True),
        ("acs:ram:*:*:*", "*", True),
        ("acs:eiam:*:*:*", "*", False),
        ("acs:ram:*:1:*", "*", False),
        ("acs:ram:*:*:user/*", "*", False),
    ],
)
def test_a_resource_matches_field_by_field_with_wildcards_and_with_case(pattern, asked, matched):
    assert allows([policy(statement("Allow", "*", pattern))], access("ram:GetUser", asked)) is matched
    assert allows([policy(statement("Allow", "*", [BOB, pattern]))], access("ram:GetUser", asked)) is matched


# --- the base step ---


def test_a_verdict_names_the_policy_and_the_resource_that_decided():
    all_but_bob = [
        policy(statement("Allow", "ram:*"), name="all"),
        policy(statement("Deny", "*", BOB), name="not bob"),
    ]

    assert evaluate(all_but_bob, access("ram:GetUser", ALICE)) == Verdict(Effect.ALLOW, "all", ALICE)
    assert evaluate(all_but_bob, access("ram:GetUser", ALICE, BOB)) == Verdict(
        Effect.EXPLICIT_DENY, "not bob", BOB
    )
    assert evaluate(all_but_bob, access("sts:AssumeRole", ALICE)) == Verdict(
        Effect.IMPLICIT_DENY, None, ALICE
    )


def test_every_resource_must_be_allowed_though_not_by_the_same_policy():
    on_alice = policy(statement("Allow", "*", ALICE), name="a")
    on_bob = policy(statement("Allow", "*", BOB), name="b")

    assert evaluate([on_alice, on_bob], access("ram:X", ALICE, BOB)) == Verdict(Effect.ALLOW, "b", BOB)
    assert evaluate([on_alice], access("ram:X", ALICE, BOB)) == Verdict(Effect.IMPLICIT_DENY, None, BOB)
    assert evaluate([on_alice], access("ram:X", BOB, ALICE)) == Verdict(Effect.IMPLICIT_DENY, None, BOB)


def test_a_deny_on_a_later_resource_is_told_before_a_missing_allow_on_an_earlier_one():
    denies_bob = policy(statement("Deny", "*", BOB))

    assert evaluate([denies_bob], access("ram:X", ALICE, BOB)) == Verdict(Effect.EXPLICIT_DENY, "p", BOB)


def test_nothing_is_allowed_by_no_policies_or_on_no_resources():
    everything = policy(statement("Allow", "*"))

    assert evaluate([], access("ram:X", ALICE)) == Verdict(Effect.IMPLICIT_DENY, None, ALICE)
    assert evaluate([everything], Access("ram:X", (), {})) == Verdict(Effect.IMPLICIT_DENY, None, None)


def test_all_operators_and_keys_of_a_condition_must_hold():
    condition = {
        "IpAddress": {"acs:SourceIp": "10.0.0.0/8"},
        "Bool": {"acs:SecureTransport": "true", "acs:MFAPresent": "true"},
    }
    policies = [policy(statement("Allow", "*", Condition=condition))]
    good = {"SourceIp": "10.1.2.3", "SecureTransport": "true", "MFAPresent": "true"}

    assert allows(policies, access("ram:X", ALICE, **good))
    assert not allows(policies, access("ram:X", ALICE, **{**good, "SourceIp": "11.1.2.3"}))
    assert not allows(policies, access("ram:X", ALICE, **{**good, "MFAPresent": "false"}))
    del good["MFAPresent"]
    assert not allows(policies, access("ram:X", ALICE, **good))


def test_hiding_the_address_neither_escapes_a_deny_nor_opens_an_allow_that_asks_where_one_is_not():
    elsewhere = {"NotIpAddress": {"acs:SourceIp": "10.0.0.0/8"}}
    denied_elsewhere = [policy(statement("Allow", "*"), statement("Deny", "*", Condition=elsewhere))]
    allowed_elsewhere = [policy(statement("Allow", "*", Condition=elsewhere))]

    assert effect(denied_elsewhere, access("ram:X", SourceIp="10.1.1.1")) is Effect.ALLOW
    assert effect(denied_elsewhere, access("ram:X", SourceIp="11.1.1.1")) is Effect.EXPLICIT_DENY
    assert effect(denied_elsewhere, access("ram:X")) is Effect.EXPLICIT_DENY
    assert effect(allowed_elsewhere, access("ram:X", SourceIp="11.1.1.1")) is Effect.ALLOW
    assert effect(allowed_elsewhere, access("ram:X")) is Effect.IMPLICIT_DENY


# --- sessions ---

ANY = [policy(statement("Allow", "*"), name="any")]
READ = [policy(statement("Allow", "ram:Get*"), name="read")]
NO_READ = [policy(statement("Deny", "ram:Get*"), name="no read")]


@pytest.mark.parametrize(
    ("identity", "session", "verdict"),
    [
        (ANY, [], Verdict(Effect.ALLOW, "any", ALICE)),
        ([], [], Verdict(Effect.IMPLICIT_DENY, None, ALICE)),
        (ANY, READ, Verdict(Effect.ALLOW, "any", ALICE)),
        (READ, ANY, Verdict(Effect.ALLOW, "read", ALICE)),
        ([], ANY, Verdict(Effect.IMPLICIT_DENY, None, ALICE)),
        (ANY, [policy(statement("Allow", "ram:List*"))], Verdict(Effect.IMPLICIT_DENY, None, ALICE)),
        (ANY, NO_READ, Verdict(Effect.EXPLICIT_DENY, "no read", ALICE)),
        ([], NO_READ, Verdict(Effect.EXPLICIT_DENY, "no read", ALICE)),
        (ANY + NO_READ, READ, Verdict(Effect.EXPLICIT_DENY, "no read", ALICE)),
    ],
)
def test_a_session_may_do_what_both_its_role_and_its_own_policy_allow(identity, session, verdict):
    assert evaluate_session(identity, iter(session), access("ram:GetUser", ALICE)) == verdict


# --- trust ---


def trust(*statements: dict[str, object]) -> Policy:
    whole = [{"Effect": "Allow", "Action": "sts:AssumeRole", **each} for each in statements]
    return parse_trust_policy("role", json.dumps({"Version": "1", "Statement": whole}))


@pytest.mark.parametrize(
    ("kind", "trusted", "caller", "may"),
    [
        ("RAM", "acs:ram::1:root", "acs:ram::1:root", True),
        ("RAM", "acs:ram::1:root", "acs:ram::1:user/alice", True),
        ("RAM", "acs:ram::1:root", "acs:ram::1:role/ops/session", True),
        ("RAM", "acs:ram::1:root", "acs:ram::2:user/alice", False),
        ("RAM", "acs:ram::1:root", "acs:ram::1:saml-provider/idp", False),
        ("RAM", "acs:ram::1:user/alice", "acs:ram::1:user/alice", True),
        ("RAM", "acs:ram::1:user/alice", "acs:ram::1:user/bob", False),
        ("RAM", "acs:ram::1:user/alice", "acs:ram::1:role/alice", False),
        ("RAM", ["acs:ram::1:user/bob", "acs:ram::1:user/alice"], "acs:ram::1:user/alice", True),
        ("RAM", "acs:ram::1:role/ops", "acs:ram::1:role/ops", True),
        ("RAM", "acs:ram::1:role/ops", "acs:ram::1:role/ops/nightly@host", True),
        ("RAM", "acs:ram::1:role/ops", "acs:ram::1:assumed-role/ops/nightly", True),
        ("RAM", "acs:ram::1:role/ops", "acs:ram::1:role/ops2/ops", False),
        ("Service", "bastionhost.aliyuncs.com", "bastionhost.aliyuncs.com", True),
        ("Service", "bastionhost.aliyuncs.com", "ecs.aliyuncs.com", False),
        ("Service", "bastionhost.aliyuncs.com", "acs:ram::1:user/alice", False),
        ("Federated", "acs:ram::1:oidc-provider/idp", "acs:ram::1:oidc-provider/idp", True),
        ("Federated", "acs:ram::1:saml-provider/idp", "acs:ram::1:oidc-provider/idp", False),
    ],
)
def test_a_role_may_be_assumed_by_whom_its_policy_trusts(kind, trusted, caller, may):
    verdict = may_assume(trust({"Principal": {kind: trusted}}), caller, {})

    assert verdict == (
        Verdict(Effect.ALLOW, "role", None) if may else Verdict(Effect.IMPLICIT_DENY, None, None)
    )


def test_distrust_goes_before_trust_and_conditions_count():
    account = {"Principal": {"RAM": "acs:ram::1:root", "Service": "bastionhost.aliyuncs.com"}}
    no_bob = {"Effect": "Deny", "Principal": {"RAM": "acs:ram::1:user/bob"}}
    by_mfa = {**account, "Condition": {"Bool": {"acs:MFAPresent": "true"}}}

    assert may_assume(trust(account, no_bob), "acs:ram::1:user/alice", {}).effect is Effect.ALLOW
    assert may_assume(trust(account, no_bob), "bastionhost.aliyuncs.com", {}).effect is Effect.ALLOW
    assert may_assume(trust(account, no_bob), "acs:ram::1:user/bob", {}).effect is Effect.EXPLICIT_DENY
    assert (
        may_assume(trust(by_mfa), "acs:ram::1:user/alice", {"acs:mfapresent": "true"}).effect is Effect.ALLOW
    )
    assert may_assume(trust(by_mfa), "acs:ram::1:user/alice", {}).effect is Effect.IMPLICIT_DENY


def test_a_policy_put_in_the_place_of_the_other_kind_allows_nothing():
    trusting = trust({"Principal": {"RAM": "acs:ram::1:root"}})

    assert effect([trusting], access("sts:AssumeRole", ALICE)) is Effect.IMPLICIT_DENY
    assert may_assume(ANY[0], "acs:ram::1:user/alice", {}).effect is Effect.IMPLICIT_DENY


# --- properties ---

some = st.lists(st.sampled_from(["ram:GetUser", "ram:Get*", "ram:*", "eiam:*", "*"]), min_size=1, max_size=2)
conditions = st.sampled_from(
    [
        {},
        {"IpAddress": {"acs:SourceIp": "10.0.0.0/8"}},
        {"NotIpAddress": {"acs:SourceIp": "10.0.0.0/8"}},
        {"StringNotLike": {"acs:RequestTag/team": "d*"}},
    ]
)


def statements(effects: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, object]]:
    common = {
        "Effect": effects,
        "Resource": st.sampled_from([ALICE, BOB, "acs:ram:*:1:*", "*"]),
        "Condition": conditions,
    }
    return st.fixed_dictionaries({**common, "Action": some}) | st.fixed_dictionaries(
        {**common, "NotAction": some}
    )


policies = st.lists(st.builds(policy, statements(st.sampled_from(["Allow", "Deny"]))), max_size=4)
allowing = st.builds(policy, statements(st.just("Allow")))
denying = st.builds(policy, statements(st.just("Deny")))
accesses = st.builds(
    Access,
    st.sampled_from(["ram:GetUser", "ram:CreateUser", "eiam:GetUser"]),
    st.lists(st.sampled_from([ALICE, BOB, "*"]), min_size=1, max_size=3).map(tuple),
    st.sampled_from(
        [{}, {"acs:SourceIp": "10.1.1.1"}, {"acs:sourceip": "11.1.1.1", "acs:RequestTag/team": "dev"}]
    ),
)


@given(held=policies, more=denying, asked=accesses)
def test_adding_a_deny_never_widens(held, more, asked):
    assert effect([*held, more], asked) in {effect(held, asked), Effect.EXPLICIT_DENY}


@given(held=policies, more=allowing, asked=accesses)
def test_adding_an_allow_never_narrows_and_never_lifts_a_deny(held, more, asked):
    before, after = effect(held, asked), effect([*held, more], asked)

    assert after is before or (before, after) == (Effect.IMPLICIT_DENY, Effect.ALLOW)


@given(held=policies, asked=accesses, shuffle=st.randoms(use_true_random=False))
def test_the_order_of_policies_does_not_matter(held, asked, shuffle):
    mixed = shuffle.sample(held, len(held))
    first, second = evaluate(held, asked), evaluate(mixed, asked)

    assert (first.effect, first.resource) == (second.effect, second.resource)


@given(held=policies, asked=accesses)
def test_a_whole_access_is_allowed_exactly_when_each_of_its_resources_is(held, asked):
    each = [allows(held, Access(asked.action, (resource,), asked.conditions)) for resource in asked.resources]

    assert allows(held, asked) is all(each)


@given(identity=policies, session=policies.filter(bool), asked=accesses)
def test_a_session_is_allowed_exactly_when_both_sides_allow(identity, session, asked):
    both = allows(identity, asked) and allows(session, asked)

    assert (evaluate_session(identity, session, asked).effect is Effect.ALLOW) is both
