"""What is wrong with an answer is found."""

import pytest

from tests.conformance import vendor
from tests.sdk.answers import absent, lost, misfits

USER = {"UserId": "1", "Primary": True, "Count": 3, "Groups": [{"GroupId": "g", "Names": ["a"]}]}


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"TotalCount": "1"}, "answer.TotalCount: '1' is no integer"),
        ({"TotalCount": True}, "answer.TotalCount: True is no integer"),
        ({"TotalCount": None}, "answer.TotalCount: None is no integer"),
        ({"NewField": 1}, "answer.NewField: unknown"),
        ({"Groups": {}}, "answer.Groups: {} is no array"),
        ({"Groups": [{"GroupId": 7}]}, "answer.Groups[0].GroupId: 7 is no string"),
        ({"Groups": [{"Extra": 7}]}, "answer.Groups[0].Extra: unknown"),
    ],
)
def test_what_the_sdk_does_not_know_is_found(changed: dict[str, object], line: str):
    fields = vendor.operations("eiam")["ListGroups"].response
    right = {"RequestId": "r", "TotalCount": 1, "Groups": [{"GroupId": "g", "CreateTime": 1}]}

    assert misfits(fields, right) == []
    assert misfits(fields, right | changed) == [line]


@pytest.mark.parametrize(
    ("understood", "line"),
    [
        ({"UserId": "2"}, "answer.UserId: '1' became '2'"),
        ({"Primary": 1}, "answer.Primary: True became 1"),
        ({"Groups": []}, "answer.Groups: [{'GroupId': 'g', 'Names': ['a']}] became []"),
        ({"Groups": [{"GroupId": "g"}]}, "answer.Groups[0].Names: ['a'] became None"),
    ],
)
def test_what_the_sdk_did_not_understand_is_found(understood: dict[str, object], line: str):
    assert lost(USER, USER | {"More": []}) == []
    assert lost(USER, USER | understood) == [line]


def test_what_says_nothing_counts_as_absent():
    told = {"Name": "", "Groups": [], "Count": 0, "Primary": False, "Id": "1"}

    assert absent(told, "Name", "Groups", "Count", "Primary", "Id", "Other") == ["Name", "Groups", "Other"]
