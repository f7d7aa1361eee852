"""What a client that asks for bought instances is told."""

from tests.system import System


def test_nothing_was_bought_and_that_is_no_error(system: System):
    answer = system.call("bssopenapi", "QueryAvailableInstances", PageSize=50, ProductCode="vipcloudfw")

    assert answer.pop("RequestId")
    assert answer == {
        "Code": "Success",
        "Success": True,
        "Message": "Successful!",
        "Data": {"TotalCount": 0, "PageNum": 1, "PageSize": 50, "InstanceList": []},
    }
