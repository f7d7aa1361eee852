import pytest
from alibabacloud_tea_openapi.utils import Utils
from aliyunsdkcore.auth.composer.rpc_signature_composer import get_signed_url
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from admit.rpc import form
from admit.rpc.form import FormFault
from admit.rpc.signature import (
    Scheme,
    SignatureFault,
    Wire,
    business_parameters,
    read_claim,
    string_to_sign,
    verify,
)
from tests.rpc.signed import (
    PARAMETERS,
    SECRET,
    TEXT,
    VECTORS,
    altered,
    arrived,
    assert_verifies,
    by_python_sdk,
    recorded,
    refusal,
    v1,
)


@pytest.mark.parametrize("name", VECTORS)
def test_a_recorded_request_is_verified_by_the_very_string_its_client_signed(name):
    vector, wire = VECTORS[name], arrived(*recorded(name))

    claim = read_claim(wire)

    assert claim.scheme is Scheme(vector["scheme"])
    assert (claim.access_key_id, claim.signature) == (vector["access_key_id"], vector["signature"])
    assert string_to_sign(wire, claim) == (vector["string_to_sign"],)
    verify(wire, claim, vector["access_key_secret"])


@pytest.mark.parametrize("name", VECTORS)
def test_a_recorded_request_with_any_one_byte_changed_is_refused(name):
    method, target, headers, body = recorded(name)
    signed = read_claim(arrived(method, target, headers, body)).signed_headers
    changed = [(method, "/?" + query, headers, body) for query in altered(target[2:])]
    changed += [(method, target, headers, entity.encode()) for entity in altered(body.decode())]
    changed += [
        (method, target, {**headers, key: value}, body) for key in signed for value in altered(headers[key])
    ]
    changed += [("GET", target, headers, body), ("POST ", target, headers, body)]

    for request in changed:
        with pytest.raises((FormFault, SignatureFault)):
            assert_verifies(arrived(*request), VECTORS[name]["access_key_secret"])


@pytest.mark.parametrize("name", VECTORS)
def test_a_recorded_request_is_refused_with_any_other_secret_or_signature(name):
    wire, secret = arrived(*recorded(name)), VECTORS[name]["access_key_secret"]
    claim = read_claim(wire)

    for other in [*altered(secret), "", secret + "&", secret[:-1]]:
        assert refusal(wire, other)[0] == "SignatureDoesNotMatch"
    for other in [*altered(claim.signature), "", claim.signature[:-1], claim.signature.swapcase(), "é"]:
        with pytest.raises(SignatureFault, match="SignatureDoesNotMatch"):
            verify(wire, replace(claim, signature=other), secret)


@pytest.mark.parametrize("name", VECTORS)
def test_a_refused_signature_ends_in_the_string_the_server_signed(name):
    _, message = refusal(arrived(*recorded(name)), "wrong")

    assert message.split("server string to sign is:")[1] == VECTORS[name]["string_to_sign"]


@given(PARAMETERS, PARAMETERS, st.sampled_from(["GET", "POST"]))
def test_whatever_the_current_sdk_signs_with_acs3_verifies(query, body, method):
    wire = by_python_sdk(method, query, body)

    if any(set("&=%\n") & set(name) for name in query):
        assert refusal(wire)[0] == "SignatureDoesNotMatch"
    else:
        assert_verifies(wire)
        assert business_parameters(wire) == query | body


@given(PARAMETERS, PARAMETERS, st.sampled_from(["GET", "POST"]))
def test_whatever_the_current_sdk_signs_with_v1_verifies(query, body, method):
    wire = v1(**query)
    unsigned = {name: value for name, value in wire.query.items() if name != "Signature"}
    signature = Utils.get_rpcsignature({**unsigned, **body}, method, SECRET)

    assert_verifies(replace(wire, method=method, query={**unsigned, "Signature": signature}, form=body))


@given(
    PARAMETERS, st.dictionaries(TEXT.map("Body.".__add__), TEXT, max_size=6), st.sampled_from(["GET", "POST"])
)
def test_whatever_the_legacy_sdk_signs_verifies(query, body, method):
    target, text = get_signed_url(dict(query), "LTAI5t", SECRET, "JSON", method, body)
    wire = arrived(method, target, {}, form.write(body.items()).encode())

    claim = read_claim(wire)

    verify(wire, claim, SECRET)
    assert string_to_sign(wire, claim) == (text,)
    assert wire.query["SignatureType"] == ""
    assert business_parameters(wire) == query | body


def test_keys_of_the_canonical_query_may_be_signed_raw_or_encoded():
    raw = by_python_sdk(query={"Tag.中 文": "1", "Name": "a b"})
    encoded = by_python_sdk(query={"Tag.%E4%B8%AD%20%E6%96%87": "1", "Name": "a b"})

    assert_verifies(raw)
    assert_verifies(replace(encoded, query=raw.query))


def test_a_signature_does_not_fit_a_query_whose_key_swallows_another_parameter():
    signed = by_python_sdk(query={"A": "1", "Limit": "10", "Z": "2"})

    assert_verifies(signed)
    for query in [{"A=1&Limit": "10", "Z": "2"}, {"A": "1", "Limit=10&Z": "2"}]:
        assert refusal(replace(signed, query=query))[0] == "SignatureDoesNotMatch"


def test_a_signature_does_not_fit_a_query_whose_key_continues_into_the_headers():
    signed = by_python_sdk(headers={"accept": "q=1"})

    smuggled = replace(signed, query={"\naccept:q": "1"})

    assert refusal(smuggled)[0] == "SignatureDoesNotMatch"


def test_keys_are_sorted_before_they_are_encoded():
    assert_verifies(
        by_python_sdk(query={"a~": "1", "a中": "2", "A.10": "3", "A.2": "4", "A.1": "5", "a": "6"})
    )


def test_the_path_is_not_signed_so_an_endpoint_with_a_prefix_works():
    assert_verifies(replace(by_python_sdk(), path="/prefix/"))


def test_the_v1_signature_covers_query_and_form_as_one_with_the_form_winning():
    wire = v1(UserName="signed")

    assert_verifies(replace(wire, query=wire.query | {"UserName": "overridden"}, form={"UserName": "signed"}))
    assert refusal(replace(wire, form={"UserName": "other"}))[0] == "SignatureDoesNotMatch"


def test_an_empty_parameter_is_part_of_the_v1_signature():
    method, target, headers, body = recorded("v1-cli-post-query")

    for name in ["DisplayName=", "SignatureType="]:
        assert name in target
        wire = arrived(method, target.replace(f"&{name}&", "&"), headers, body)
        assert refusal(wire)[0] == "SignatureDoesNotMatch"


def test_headers_beyond_ascii_are_signed_as_utf8():
    assert_verifies(by_python_sdk(headers={"user-agent": "  Zoë's client "}))


@pytest.mark.parametrize("query", [{}, {"BearerToken": "t0ken"}])
def test_an_unsigned_request_never_verifies(query):
    assert refusal(Wire("POST", "/", query, {}, {}, b""), "") == (
        "IncompleteSignature",
        "The request is not signed.",
    )
