"""The vendor's own SDKs, unmodified, call every operation of every service of a running server."""

import pytest

from admit.main import SERVICES
from tests.conformance import vendor
from tests.sdk.stage import Stage, assert_driven
from tests.sdk.stories import (
    appstream,
    bastionhost,
    bastionhost_gate,
    eds_user,
    eiam_applications,
    eiam_people,
    eiam_rules,
    ram,
    sts,
)

STORIES = {
    "appstream-center": appstream.STORIES,
    "yundun-bastionhost": (*bastionhost.STORIES, *bastionhost_gate.STORIES),
    "eds-user": eds_user.STORIES,
    "eiam": (*eiam_people.STORIES, *eiam_applications.STORIES, *eiam_rules.STORIES),
    "ram": ram.STORIES,
    "sts": sts.STORIES,
}
PRODUCTS = [service.product for service in SERVICES if service.product in vendor.PACKAGES]


@pytest.mark.parametrize("product", PRODUCTS)
def test_the_sdk_calls_every_operation_and_understands_every_answer(
    product: str, stage: Stage, subtests: pytest.Subtests
) -> None:
    assert_driven(stage, product, STORIES[product], subtests)
