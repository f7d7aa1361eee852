from dataclasses import replace
from types import SimpleNamespace

import pytest
from alibabacloud_tea_openapi.utils import Utils
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from admit.rpc import form
from admit.rpc.form import FormFault
from admit.rpc.signature import (
    COMMON_PARAMETERS,
    SignatureFault,
    Wire,
    business_parameters,
    operation_named,
    parse_timestamp,
    read_claim,
    verify,
)
from admit.rpc.signing import Call, SigningKey, format_timestamp, sign_acs3

KEY = SigningKey("STS.NTESTKEY0000000000001", "TestStsSecret00000000000000001", "CAIStesttoken+/abc==")
CALL = Call(
    method="POST",
    host="127.0.0.1:18080",
    action="AttachHostAccountsToUserGroup",
    version="2019-12-09",
    query={"Hosts": '[{"HostId":"1","HostAccountIds":["1","2"]}]', "UserGroupId": "1", "Note": ""},
    form={"ClientToken": "a b*~é"},
    now=1_795_309_350_000,
    nonce="e41a03d94616f50b315d4bfa9aad7c79",
)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
PARAMETERS = st.dictionaries(TEXT.filter(lambda name: name not in COMMON_PARAMETERS), TEXT, max_size=6)


def received(call, signed):
    query = form.parse(signed.target.partition("?")[2].encode())
    return Wire(call.method, "/", query, form.parse(signed.body), signed.headers, signed.body)


@given(PARAMETERS, PARAMETERS, st.sampled_from(["GET", "POST"]))
def test_whatever_is_signed_verifies_and_arrives_unchanged(query, body, method):
    call = replace(CALL, query=query, form=body, method=method)

    wire = received(call, sign_acs3(call, KEY))
    claim = read_claim(wire)

    verify(wire, claim, KEY.secret)
    assert operation_named(wire, claim) == (CALL.action, CALL.version)
    assert business_parameters(wire) == query | body
    assert (claim.access_key_id, claim.security_token) == (KEY.access_key_id, KEY.security_token)
    assert (parse_timestamp(claim.timestamp), claim.nonce) == (CALL.now, CALL.nonce)


def test_an_acs3_call_is_signed_as_the_vendors_sdk_signs_it():
    headers = sign_acs3(CALL, KEY).headers
    authorization = headers.pop("authorization")
    request = SimpleNamespace(method="POST", pathname="/", query=dict(CALL.query), headers=headers)

    assert authorization == Utils.get_authorization(
        request, "ACS3-HMAC-SHA256", headers["x-acs-content-sha256"], KEY.access_key_id, KEY.secret
    )


def test_a_call_without_form_or_token_sends_neither_body_nor_their_headers():
    call = replace(CALL, form={})

    signed = sign_acs3(call, replace(KEY, security_token=None))

    assert signed.body == b""
    assert "content-type" not in signed.headers
    wire = received(call, signed)
    assert read_claim(wire).security_token is None
    verify(wire, read_claim(wire), KEY.secret)


def test_an_acs3_call_without_a_query_asks_for_the_bare_path():
    assert sign_acs3(replace(CALL, query={}), KEY).target == "/"


def test_a_call_changed_on_its_way_is_refused():
    wire = received(CALL, sign_acs3(CALL, KEY))

    for changed in [
        structs.replace(wire, query=wire.query | {"UserGroupId": "2"}),
        structs.replace(wire, form={"ClientToken": "other"}, body=b"ClientToken=other"),
        structs.replace(wire, method="GET"),
    ]:
        with pytest.raises(SignatureFault, match="SignatureDoesNotMatch"):
            verify(changed, read_claim(changed), KEY.secret)


def test_a_parameter_that_is_not_unicode_text_cannot_be_signed():
    with pytest.raises(FormFault):
        sign_acs3(replace(CALL, query={"Name": "\udcff"}), KEY)


def test_a_key_does_not_print_its_secret_or_token():
    assert KEY.secret not in repr(KEY)
    assert KEY.security_token not in repr(KEY)


@given(st.integers(min_value=-62_135_596_800_000, max_value=253_402_300_799_999))
def test_a_timestamp_is_the_moment_cut_to_the_second(moment):
    assert parse_timestamp(format_timestamp(moment)) == moment - moment % 1000
