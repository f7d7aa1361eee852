"""Single applications: who may use them."""

import pytest

from tests.services.appstream.streaming import Streaming

ACTION = "AuthorizeUsersForApp"
PAGE = {"PageNumber": 1, "PageSize": 100}


def test_an_application_is_given_alone_and_taken_back(streaming: Streaming):
    group, app = streaming.create(), streaming.app("Terminal")

    streaming.call(ACTION, AppInstanceGroupId=group, AppId=app, AuthorizeUserIds=["alice", "bob"])
    assert streaming.may("alice", group, "Terminal")
    assert not streaming.may("alice", group, "Calculator")
    assert streaming.connects("alice", app=app)
    assert streaming.users(group, AppId=app) == ["bob", "alice"]

    streaming.call(ACTION, AppInstanceGroupId=group, AppId=app, UnAuthorizeUserIds=["alice"])
    assert not streaming.may("alice", group, "Terminal")
    assert streaming.may("bob", group, "Terminal")


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"AppId": "ca-none"}, "InvalidAppId.NotFound"),
        ({"AppInstanceGroupId": "aig-none"}, "InvalidAppInstanceGroup.NotFound"),
        ({"AuthorizeUserIds": ["nobody"]}, "User.NotFound"),
        ({"UnAuthorizeUserIds": ["alice"]}, "InvalidParameter.AuthorizeUserIds"),
        ({"UserMeta": {"Type": "ad"}}, "InvalidParameter.UserMeta"),
    ],
)
def test_what_is_wrong_is_refused_and_changes_nothing(streaming: Streaming, asked: dict, code: str):
    usual = {
        "AppInstanceGroupId": streaming.create(),
        "AppId": streaming.app(),
        "AuthorizeUserIds": ["alice"],
    }

    assert streaming.refusal(ACTION, **usual | asked) == (400, code)


@pytest.mark.parametrize("mode", ["Session", "AppInstanceGroup"])
def test_applications_are_not_given_alone_where_sessions_or_groups_are(streaming: Streaming, mode: str):
    group, app = streaming.create(AuthMode=mode), streaming.app()

    refused = streaming.refusal(ACTION, AppInstanceGroupId=group, AppId=app, AuthorizeUserIds=["alice"])

    assert refused == (400, "AuthAppInstanceGroup.MixNotSupported")


def test_the_applications_of_a_group_are_told_with_how_many_have_them_alone(streaming: Streaming):
    group, app = streaming.create(), streaming.app("Terminal")
    streaming.authorize(group, "carol")
    streaming.call(ACTION, AppInstanceGroupId=group, AppId=app, AuthorizeUserIds=["alice", "bob"])

    told = streaming.call("ListAppsByAppInstanceGroupId", AppInstanceGroupId=group, **PAGE)

    counts = {each["AppName"]: each["AuthorizedUserCount"] for each in told["Apps"]}
    assert (counts["Terminal"], counts["Calculator"]) == (2, 0)
    assert told["TotalCount"] == len(counts) == 7
    assert streaming.refusal("ListAppsByAppInstanceGroupId", **PAGE)[1] == "InvalidAppInstanceGroup.NotFound"


def test_the_applications_a_user_has_alone_are_told(streaming: Streaming):
    office, lab = streaming.create("Office"), streaming.create("Lab")
    for group, app in ((office, "Terminal"), (lab, "Browser"), (office, "Calculator")):
        asked = {"AppInstanceGroupId": group, "AppId": streaming.app(app)}
        streaming.call(ACTION, AuthorizeUserIds=["alice"], **asked)

    def told(**asked: str) -> list[tuple[str, str]]:
        answer = streaming.call("ListAuthorizedAppsByUser", **{"EndUserId": "alice"} | PAGE | asked)
        assert answer["TotalCount"] == len(answer["Apps"])
        return [(each["AppInstanceGroupName"], each["AppName"]) for each in answer["Apps"]]

    assert told() == [("Office", "Calculator"), ("Lab", "Browser"), ("Office", "Terminal")]
    assert told(AppName="term") == [("Office", "Terminal")]
    assert told(AppInstanceGroupId=lab) == [("Lab", "Browser")]
    assert told(AppInstanceGroupName="off", AppId=streaming.app("Calculator")) == [("Office", "Calculator")]
    assert told(EndUserId="bob") == []
    assert streaming.refusal("ListAuthorizedAppsByUser", EndUserId="nobody", **PAGE) == (400, "User.NotFound")
