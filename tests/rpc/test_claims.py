import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from admit.core.errors import MissingAction, MissingVersion
from admit.rpc.form import FormFault
from admit.rpc.signature import (
    COMMON_PARAMETERS,
    Claim,
    Scheme,
    SignatureFault,
    Wire,
    business_parameters,
    operation_named,
    parse_timestamp,
    read_claim,
)
from tests.rpc.signed import (
    VECTORS,
    arrived,
    assert_verifies,
    by_python_sdk,
    recorded,
    refusal,
    v1,
)


@pytest.mark.parametrize("name", [name for name in VECTORS if name.startswith("v1")])
def test_v1_requests_name_their_operation_in_the_signed_parameters_only(name):
    wire = arrived(*recorded(name))
    claim = read_claim(wire)
    headers = {**wire.headers, "x-acs-action": "DeleteUser", "x-acs-version": "1999-01-01"}

    assert operation_named(replace(wire, headers=headers), claim) == operation_named(wire, claim)
    without = replace(wire, query={}, form={}, headers=headers)
    with pytest.raises(MissingAction):
        operation_named(without, claim)
    with pytest.raises(MissingVersion):
        operation_named(replace(without, form={"Action": "CreateUser"}), claim)


def test_acs3_requests_name_their_operation_in_the_signed_headers_only():
    wire = by_python_sdk(query={"Action": "DeleteUser", "Version": "1999-01-01"})
    claim = read_claim(wire)

    assert operation_named(wire, claim) == ("CreateUser", "2015-05-01")
    for header, error in {"x-acs-action": MissingAction, "x-acs-version": MissingVersion}.items():
        with pytest.raises(error):
            operation_named(replace(wire, headers={**wire.headers, header: ""}), claim)


def test_an_unsigned_request_may_name_its_operation_either_way():
    by_header = Wire("POST", "/", {}, {}, {"x-acs-action": "A", "x-acs-version": "1"}, b"")
    by_parameter = Wire("POST", "/", {"Action": "A"}, {"Version": "1"}, {}, b"")

    for wire in (by_header, by_parameter):
        assert operation_named(wire, read_claim(wire)) == ("A", "1")


def test_business_parameters_leave_out_the_protocol_and_nothing_else():
    wire = arrived(*recorded("v1-terraform-form"))
    asked = {"InstanceId", "RegionId", "UserGroupId", "Hosts"}

    assert set(business_parameters(wire)) == asked
    extra = dict.fromkeys(COMMON_PARAMETERS, "claimed") | {"AcceptLanguage": "en-US"}
    assert set(business_parameters(replace(wire, query=extra))) == {*asked, "AcceptLanguage"}


def test_what_an_acs3_request_says_of_its_signer_is_read_from_its_headers():
    assert read_claim(arrived(*recorded("acs3-sts-mixed"))) == Claim(
        Scheme.ACS3,
        access_key_id="STS.NTESTKEY0000000000001",
        signature="dde67c7edeeb908471ca556962f54ee13ac64d16daa820411a46c6d180175013",
        timestamp="2026-11-22T01:02:30Z",
        nonce="2793f8c17bbfd2d9ab3453e28ee9e5f4",
        security_token="CAIStesttoken+/abc==",
        signed_headers=(
            "accept",
            "content-type",
            "host",
            "user-agent",
            "x-acs-accesskey-id",
            "x-acs-action",
            "x-acs-content-sha256",
            "x-acs-credentials-provider",
            "x-acs-date",
            "x-acs-security-token",
            "x-acs-signature-nonce",
            "x-acs-version",
        ),
    )


def test_what_a_v1_request_says_of_its_signer_is_read_from_its_parameters():
    wire = v1(SecurityToken="CAIS+/==")

    assert read_claim(wire) == Claim(
        Scheme.V1, "LTAI5t", wire.query["Signature"], "2026-11-22T01:02:30Z", "0ac3565c", "CAIS+/=="
    )


def test_an_empty_security_token_is_none():
    assert read_claim(v1(SecurityToken="")).security_token is None
    assert read_claim(by_python_sdk(headers={"x-acs-security-token": ""})).security_token is None


def test_a_claim_does_not_print_its_token_or_signature():
    claim = read_claim(arrived(*recorded("acs3-sts-mixed")))

    assert claim.security_token not in repr(claim)
    assert claim.signature not in repr(claim)


@pytest.mark.parametrize(
    "layout",
    [
        " ACS3-HMAC-SHA256   Credential = LTAI5t , SignedHeaders={headers} ,Signature= {signature} ",
        "ACS3-HMAC-SHA256 Signature={signature},\tSignedHeaders={headers}, Credential=LTAI5t,",
        "ACS3-HMAC-SHA256 Credential=LTAI5t,Later=field,,SignedHeaders={headers},Signature={signature}",
    ],
)
def test_the_authorization_header_is_read_leniently(layout):
    wire = by_python_sdk()
    claim = read_claim(wire)

    authorization = layout.format(headers=";".join(claim.signed_headers), signature=claim.signature)

    assert read_claim(replace(wire, headers={**wire.headers, "authorization": authorization})) == claim


@pytest.mark.parametrize("field", ["Credential", "SignedHeaders", "Signature"])
def test_an_authorization_header_that_lacks_a_field_is_incomplete(field):
    wire = by_python_sdk()
    authorization = wire.headers["authorization"]

    for spoilt in [
        authorization.replace(f"{field}=", f"{field}=,Old="),
        authorization.replace(field, "Other"),
    ]:
        code, message = refusal(replace(wire, headers={**wire.headers, "authorization": spoilt}))
        assert (code, field in message) == ("IncompleteSignature", True)


def test_an_authorization_header_that_contradicts_itself_is_refused():
    wire = by_python_sdk()
    authorization = wire.headers["authorization"] + ",Credential=LTAIother"

    code, message = refusal(replace(wire, headers={**wire.headers, "authorization": authorization}))

    assert (code, message) == ("IncompleteSignature", "The Authorization header contradicts itself.")


@pytest.mark.parametrize(
    "authorization",
    [
        "ACS3-HMAC-SM3 Credential=a,SignedHeaders=host,Signature=b",
        "ACS3-RSA-SHA256 Credential=a,SignedHeaders=host,Signature=b",
        "acs3-hmac-sha256 Credential=a,SignedHeaders=host,Signature=b",
        "Basic cm9vdDpzZWNyZXQ=",
        "hunter2",
        " ",
    ],
)
def test_other_algorithms_are_refused_without_repeating_what_was_sent(authorization):
    for wire in (by_python_sdk(), v1()):
        code, message = refusal(replace(wire, headers={**wire.headers, "authorization": authorization}))

        assert code == "InvalidSignatureMethod"
        assert "ACS3-HMAC-SHA256" in message
        assert not any(word in message for word in ["SM3", "RSA", "cm9v", "hunter2"])


@pytest.mark.parametrize(
    "header",
    [
        "host",
        "x-acs-action",
        "x-acs-version",
        "x-acs-date",
        "x-acs-signature-nonce",
        "x-acs-content-sha256",
        "content-type",
        "x-acs-security-token",
    ],
)
def test_a_header_that_matters_must_be_signed(header):
    wire = by_python_sdk(body={"Name": "alice"}, headers={"x-acs-security-token": "CAIS"})
    assert_verifies(wire)
    authorization = wire.headers["authorization"].replace(header, "").replace(";;", ";").replace("=;", "=")
    if header == "x-acs-version":
        authorization = authorization.replace(";,", ",")

    code, message = refusal(replace(wire, headers={**wire.headers, "authorization": authorization}))

    assert (code, message) == ("IncompleteSignature", f"The request must carry and sign the header {header}.")


def test_the_type_of_a_body_that_is_not_there_need_not_be_signed():
    wire = by_python_sdk(query={"Name": "alice"})
    typed = replace(wire, headers={**wire.headers, "content-type": "application/octet-stream"})

    assert_verifies(typed)
    assert refusal(replace(typed, headers={**typed.headers, "x-acs-security-token": "CAIS"}))[0] == (
        "IncompleteSignature"
    )


@pytest.mark.parametrize("header", ["host", "x-acs-date", "accept"])
def test_a_signed_header_must_be_there(header):
    wire = by_python_sdk(headers={"accept": "*/*"})
    headers = {name: value for name, value in wire.headers.items() if name != header}

    code, message = refusal(replace(wire, headers=headers))

    assert (code, message) == (
        "IncompleteSignature",
        f"The request does not carry the signed header {header}.",
    )


@pytest.mark.parametrize(
    ("header", "code"),
    [("x-acs-date", "MissingTimestamp"), ("x-acs-signature-nonce", "MissingSignatureNonce")],
)
def test_a_time_and_a_nonce_are_mandatory_in_acs3(header, code):
    refused = refusal(by_python_sdk(headers={header: ""}))

    assert refused[0] == code
    assert header in refused[1]


@pytest.mark.parametrize(
    "with_nonce",
    [
        lambda nonce: by_python_sdk(headers={"x-acs-signature-nonce": nonce}),
        lambda nonce: v1(SignatureNonce=nonce),
    ],
)
def test_a_nonce_may_have_256_characters_and_no_more(with_nonce):
    assert read_claim(with_nonce("n" * 256)).nonce == "n" * 256
    assert refusal(with_nonce("n" * 257))[0] == "InvalidSignatureNonce.Length"


def test_a_body_other_than_the_signed_one_is_refused_before_any_key_is_needed():
    wire = replace(by_python_sdk(body={"Name": "alice"}), body=b"Name=mallory")

    with pytest.raises(SignatureFault, match="not the SHA-256 of the request body") as fault:
        read_claim(wire)

    assert fault.value.code == "SignatureDoesNotMatch"


@pytest.mark.parametrize(
    "parameters",
    [
        {"SignatureMethod": "HMAC-SHA256"},
        {"SignatureMethod": "SHA256withRSA", "SignatureType": "PRIVATEKEY"},
        {"SignatureVersion": "2.0"},
        {"SignatureType": "PRIVATEKEY"},
        {"SignatureType": "BEARERTOKEN"},
    ],
)
def test_other_signature_methods_of_v1_are_refused(parameters):
    code, message = refusal(v1(**parameters))

    assert code == "InvalidSignatureMethod"
    assert "HMAC-SHA1" in message


@pytest.mark.parametrize(
    "name", ["AccessKeyId", "SignatureMethod", "SignatureNonce", "SignatureVersion", "Timestamp"]
)
@pytest.mark.parametrize("value", [None, ""])
def test_what_a_v1_signature_needs_is_mandatory(name, value):
    code, message = refusal(v1(**{name: value}))

    assert code == f"Missing{name}"
    assert f'"{name}"' in message


def test_an_empty_v1_signature_is_incomplete():
    assert refusal(v1(Signature=""))[0] == "IncompleteSignature"


def test_a_bearer_request_is_told_by_its_token():
    by_header = Wire("POST", "/", {"SignatureType": "BEARERTOKEN"}, {}, {"x-acs-bearer-token": "t0ken"}, b"")
    by_parameter = Wire("POST", "/", {"BearerToken": "t0ken", "SignatureType": "BEARERTOKEN"}, {}, {}, b"")

    for wire in (by_header, by_parameter):
        assert read_claim(wire) == Claim(Scheme.BEARER, security_token="t0ken")
    for query in [{"SignatureType": "BEARERTOKEN"}, {"BearerToken": ""}]:
        assert refusal(replace(by_parameter, query=query))[0] == "MissingBearerToken"


def test_a_request_with_neither_signature_nor_token_is_anonymous():
    for headers in [{}, {"authorization": ""}, {"x-acs-action": "ListUsers"}]:
        assert read_claim(Wire("GET", "/", {"Format": "json"}, {}, headers, b"")) == Claim(Scheme.ANONYMOUS)


def test_a_request_with_an_id_token_is_refused_as_not_supported():
    wire = Wire("POST", "/", {}, {}, {"x-acs-zero-trust-idtoken": "eyJ"}, b"")

    assert refusal(wire) == ("InvalidSignatureMethod", "Requests that carry an ID token are not supported.")


NAMES = st.sampled_from([*sorted(COMMON_PARAMETERS), "Name", "", "é\n"])
VALUES = st.one_of(
    st.text(max_size=8), st.sampled_from(["HMAC-SHA1", "1.0", "BEARERTOKEN", "\ud800", "a" * 100_000])
)
HEADER_NAMES = [
    "host",
    "content-type",
    "x-acs-action",
    "x-acs-version",
    "x-acs-date",
    "x-acs-signature-nonce",
    "x-acs-security-token",
    "x-acs-bearer-token",
    "x-acs-zero-trust-idtoken",
]
AUTHORIZATIONS = st.lists(
    st.one_of(
        st.sampled_from([*HEADER_NAMES, "Credential=", "SignedHeaders=", "Signature=", ",", ";", " "]),
        st.text(max_size=3),
    )
).map("".join)
CREDENTIALS = "ACS3-HMAC-SHA256 Credential=a,Signature=b,SignedHeaders=x-acs-content-sha256;"


@given(
    st.builds(
        Wire,
        VALUES,
        VALUES,
        st.dictionaries(NAMES, VALUES),
        st.dictionaries(NAMES, VALUES),
        st.dictionaries(st.sampled_from(HEADER_NAMES), VALUES),
        st.binary(max_size=8),
    ),
    st.one_of(
        st.none(),
        AUTHORIZATIONS,
        AUTHORIZATIONS.map("ACS3-HMAC-SHA256 ".__add__),
        st.sets(st.sampled_from(HEADER_NAMES)).map(lambda names: CREDENTIALS + ";".join(sorted(names))),
    ),
    st.text(),
)
def test_hostile_requests_are_refused_and_nothing_else(wire, authorization, secret):
    if authorization is not None:
        digest = hashlib.sha256(wire.body).hexdigest()
        headers = {**wire.headers, "x-acs-content-sha256": digest, "authorization": authorization}
        wire = replace(wire, headers=headers)

    with pytest.raises((FormFault, SignatureFault)):
        assert_verifies(wire, secret)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2026-11-22T01:02:30Z", 1_795_309_350_000),
        ("2024-02-29T23:59:59Z", 1_709_251_199_000),
        ("0001-01-01T00:00:00Z", -62_135_596_800_000),
    ],
)
def test_a_timestamp_is_a_moment_in_milliseconds(text, moment):
    assert parse_timestamp(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-22",
        "2026-11-22T01:02Z",
        "2026-11-22T01:02:30",
        "2026-11-22T01:02:30z",
        "2026-11-22 01:02:30Z",
        "2026-11-22T01:02:30+00:00",
        "2026-11-22T01:02:30.000Z",
        "20261122T010230Z",
        "2026-W47-7T01:02:30Z",
        "2026-11-22T24:00:00Z",
        "2026-11-22T01:02:60Z",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        " 2026-11-22T01:02:30Z",
        "2026-11-22T01:02:30Z\n",
        "\N{FULLWIDTH DIGIT TWO}026-11-22T01:02:30Z",
        "\ud800",
    ],
)
def test_a_timestamp_of_any_other_form_is_refused(text):
    with pytest.raises(SignatureFault) as fault:
        parse_timestamp(text)

    assert fault.value.code == "InvalidTimeStamp.Format"
