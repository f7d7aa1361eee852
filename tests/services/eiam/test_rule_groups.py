"""Groups attached to authorization rules: the validity of attachments, case by case."""

import json
from typing import Any

import pytest

from admit.core.validity import DAY, HOUR
from admit.rpc.signing import Call, sign_acs3
from tests.services.eiam.idaas import EVER, Idaas, bound
from tests.system import Refused, flat

ADD = "AddGroupToAuthorizationRule"
UPDATE = "UpdateAuthorizationRuleGroupAttachment"
REMOVE = "RemoveGroupFromAuthorizationRule"


def _attachment(idaas: Idaas, pair: dict[str, str]) -> dict[str, Any]:
    """The attachment, as both lists tell of it."""
    (by_rule,) = idaas.call(
        "ListGroupsForAuthorizationRule", AuthorizationRuleId=pair["AuthorizationRuleId"]
    )["Groups"]
    (by_group,) = idaas.call("ListAuthorizationRulesForGroup", GroupId=pair["GroupId"])["AuthorizationRules"]
    assert (by_rule.pop("InstanceId"), by_rule.pop("GroupId")) == (idaas.id, pair["GroupId"])
    assert by_group.pop("InstanceId") == idaas.id
    assert by_group.pop("AuthorizationRuleId") == pair["AuthorizationRuleId"]
    assert by_rule == by_group
    return dict(by_rule)


def _refused(idaas: Idaas, action: str, **parameters: Any) -> Refused:
    """The refusal of a call, which changed nothing."""
    before = idaas.revision()
    with pytest.raises(Refused) as refused:
        idaas.call(action, **parameters)
    assert idaas.revision() == before
    return refused.value


# -- what a validity may be, when attaching and when updating ------------------------------------------------


@pytest.fixture(params=[ADD, UPDATE])
def setting(request: pytest.FixtureRequest, idaas: Idaas, pair: dict[str, str]) -> str:
    """Each operation that sets a validity, ready to be called."""
    action = str(request.param)
    if action == UPDATE:
        idaas.call(ADD, **pair, **EVER)
    return action


def test_a_time_bound_attachment_is_told_with_its_period(
    idaas: Idaas, pair: dict[str, str], setting: str
) -> None:
    """a time-bound attachment is told with its period"""
    start, end = idaas.now(), idaas.now() + HOUR
    assert idaas.call(setting, **pair, **bound(start, end)).keys() == {"RequestId"}
    assert _attachment(idaas, pair) == {
        "ValidityType": "time_bound",
        "ValidityPeriod": {"StartTime": start, "EndTime": end},
    }


def test_a_period_may_be_sent_as_one_json_document(idaas: Idaas, pair: dict[str, str], setting: str) -> None:
    """a period may be sent as one JSON document"""
    start, end = idaas.now(), idaas.now() + HOUR
    period = f'{{"StartTime":{start},"EndTime":{end}}}'
    idaas.call(setting, **pair, ValidityType="time_bound", ValidityPeriod=period)
    assert _attachment(idaas, pair)["ValidityPeriod"] == {"StartTime": start, "EndTime": end}


@pytest.mark.parametrize(
    "period",
    [
        None,
        {},
        {"StartTime": 1_780_000_000_000},
        {"EndTime": 1_780_000_000_000},
        {"StartTime": 1_780_000_000_000, "EndTime": 1_780_000_000_000},
        {"StartTime": 1_780_000_000_001, "EndTime": 1_780_000_000_000},
        {"StartTime": "soon", "EndTime": 1_780_000_000_000},
        {"StartTime": 1_780_000_000_000, "EndTime": "1780000000000.5"},
        "[]",
        "never",
    ],
)
def test_time_bound_needs_a_period_that_starts_before_it_ends(
    idaas: Idaas, pair: dict[str, str], setting: str, period: Any
) -> None:
    """time_bound needs a period that starts before it ends"""
    refused = _refused(idaas, setting, **pair, ValidityType="time_bound", ValidityPeriod=period)
    assert (refused.status, refused.code) == (400, "InvalidParameter.ValidityPeriod")


SECONDS, TOO_FINE = "seconds", "micro- or nanoseconds"


@pytest.mark.parametrize(
    ("period", "unit"),
    [
        ((1_780_000_000, 1_780_003_600), SECONDS),
        ((1_780_000_000, 1_780_003_600_000), SECONDS),
        ((0, 1_780_003_600_000), SECONDS),
        ((-1, 1_780_003_600_000), SECONDS),
        ((999_999_999_999, 1_780_003_600_000), SECONDS),
        ((1_780_000_000_000, 1_780_003_600_000_000), TOO_FINE),
        ((1_780_000_000_000, 253_402_300_800_000), TOO_FINE),
        ((1_780_000_000_000, 10**30), TOO_FINE),
    ],
)
def test_moments_in_another_unit_are_refused_with_a_hint(
    idaas: Idaas, pair: dict[str, str], setting: str, period: tuple[int, int], unit: str
) -> None:
    """moments in another unit are refused with a hint"""
    refused = _refused(idaas, setting, **pair, **bound(*period))
    assert (refused.status, refused.code) == (400, "InvalidParameter.ValidityPeriod")
    assert f"UNIX milliseconds are expected, and this looks like {unit}" in refused.message


def test_the_first_and_the_last_moment_that_can_be_milliseconds_are_accepted(
    idaas: Idaas, pair: dict[str, str], setting: str
) -> None:
    """the first and the last moment that can be milliseconds are accepted"""
    idaas.call(setting, **pair, **bound(1_000_000_000_000, 253_402_300_799_999))
    assert _attachment(idaas, pair)["ValidityPeriod"]["EndTime"] == 253_402_300_799_999


def test_a_period_in_the_past_is_accepted_and_listed(
    idaas: Idaas, pair: dict[str, str], setting: str
) -> None:
    """a period in the past is accepted and listed"""
    end = idaas.now() - DAY
    idaas.call(setting, **pair, **bound(end - DAY, end))
    assert _attachment(idaas, pair)["ValidityPeriod"]["EndTime"] == end


def test_the_period_of_a_permanent_attachment_is_ignored(
    idaas: Idaas, pair: dict[str, str], setting: str
) -> None:
    """the period of a permanent attachment is ignored"""
    idaas.call(setting, **pair, **EVER, ValidityPeriod={"StartTime": 5, "EndTime": 4})
    assert _attachment(idaas, pair) == {"ValidityType": "permanent"}


@pytest.mark.parametrize("word", ["Permanent", "forever", "time-bound"])
def test_an_unknown_validity_type_is_refused(
    idaas: Idaas, pair: dict[str, str], setting: str, word: str
) -> None:
    """an unknown validity type is refused"""
    refused = _refused(idaas, setting, **pair, ValidityType=word)
    assert (refused.status, refused.code) == (400, "InvalidParameter.ValidityType")


@pytest.mark.parametrize("absent", ["AuthorizationRuleId", "GroupId", "ValidityType", "ClientToken"])
def test_what_is_required_must_be_there(
    idaas: Idaas, pair: dict[str, str], setting: str, absent: str
) -> None:
    """what is required must be there"""
    refused = _refused(idaas, setting, **{**pair, **EVER, absent: None})
    assert (refused.status, refused.code) == (400, f"MissingParameter.{absent}")


# -- updating: the validity is replaced ----------------------------------------------------------------------


def test_an_update_replaces_the_period_as_a_whole(idaas: Idaas, pair: dict[str, str]) -> None:
    """an update replaces the period as a whole"""
    now = idaas.now()
    idaas.call(ADD, **pair, **bound(now, now + HOUR))
    idaas.call(UPDATE, **pair, **bound(now + DAY, now + 2 * DAY))
    assert _attachment(idaas, pair)["ValidityPeriod"] == {"StartTime": now + DAY, "EndTime": now + 2 * DAY}


def test_an_attachment_that_becomes_permanent_has_no_period_any_more(
    idaas: Idaas, pair: dict[str, str]
) -> None:
    """an attachment that becomes permanent has no period any more"""
    idaas.call(ADD, **pair, **bound(idaas.now(), idaas.now() + HOUR))
    idaas.call(UPDATE, **pair, **EVER)
    assert _attachment(idaas, pair) == {"ValidityType": "permanent"}


def test_an_update_to_what_is_so_already_changes_nothing(idaas: Idaas, pair: dict[str, str]) -> None:
    """an update to what is so already changes nothing"""
    period = bound(idaas.now(), idaas.now() + HOUR)
    idaas.call(ADD, **pair, **period)
    before = idaas.revision()
    idaas.call(UPDATE, **pair, **period)
    assert idaas.revision() == before


def test_an_update_is_carried_out_once_per_client_token(idaas: Idaas, pair: dict[str, str]) -> None:
    """an update is carried out once per client token"""
    now = idaas.now()
    first, second = bound(now, now + HOUR), bound(now, now + 2 * HOUR)
    idaas.call(ADD, **pair, **EVER)
    idaas.call(UPDATE, **pair, **first, ClientToken="first")
    idaas.call(UPDATE, **pair, **second, ClientToken="second")
    before = idaas.revision()

    assert idaas.call(UPDATE, **pair, **first, ClientToken="first").keys() == {"RequestId"}

    assert idaas.revision() == before
    assert _attachment(idaas, pair)["ValidityPeriod"]["EndTime"] == now + 2 * HOUR
    refused = _refused(idaas, UPDATE, **pair, **second, ClientToken="first")
    assert (refused.status, refused.code) == (400, "IdempotentParameterMismatch")


def test_an_update_is_read_from_query_and_form_as_sdks_send_it(idaas: Idaas, pair: dict[str, str]) -> None:
    """an update is read from query and form as SDKs send it"""
    idaas.call(ADD, **pair, **EVER)
    start, end = idaas.now(), idaas.now() + HOUR
    query = flat({"InstanceId": idaas.id, **pair, **bound(start, end)})
    form = {"ClientToken": "from-an-sdk"}
    sent = Call("POST", "admit.test", UPDATE, "2021-12-01", query, form, idaas.now(), "nonce-of-an-sdk")
    signed = sign_acs3(sent, idaas.system.key)

    status, body, _ = idaas.system.http("POST", signed.target, signed.headers, signed.body)

    assert (status, json.loads(body).keys()) == (200, {"RequestId"})
    assert (signed.body, "ClientToken" in signed.target) == (b"ClientToken=from-an-sdk", False)
    assert _attachment(idaas, pair)["ValidityPeriod"] == {"StartTime": start, "EndTime": end}


def test_an_attachment_added_again_is_refused_but_a_retry_is_not(idaas: Idaas, pair: dict[str, str]) -> None:
    """an attachment added again is refused, but a retry is not"""
    idaas.call(ADD, **pair, **EVER, ClientToken="first")
    idaas.call(ADD, **pair, **EVER, ClientToken="first")
    refused = _refused(idaas, ADD, **pair, **EVER)
    assert (refused.status, refused.code) == (403, "ResourceDuplicated.AuthorizationRuleGroup")


def test_an_attachment_that_is_over_is_still_there_to_be_updated(idaas: Idaas, pair: dict[str, str]) -> None:
    """an attachment that is over is still there to be updated"""
    idaas.call(ADD, **pair, **bound(idaas.now(), idaas.now() + HOUR))
    idaas.system.advance(DAY)
    assert _refused(idaas, ADD, **pair, **EVER).status == 403
    idaas.call(UPDATE, **pair, **EVER)
    assert _attachment(idaas, pair) == {"ValidityType": "permanent"}


@pytest.mark.parametrize("action", [UPDATE, REMOVE])
def test_an_attachment_that_is_not_there_is_not_found(
    idaas: Idaas, pair: dict[str, str], action: str
) -> None:
    """an attachment that is not there is not found"""
    refused = _refused(idaas, action, **pair, **EVER)
    assert refused.status == 404
    assert refused.code == "ResourceNotFound.AuthorizationRuleGroupAttachment"
