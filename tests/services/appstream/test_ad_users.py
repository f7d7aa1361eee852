"""Users of an AD domain: known by their grants only, and locked like all others."""

from tests.services.appstream.conftest import Streaming

AD = {"UserMeta": '{"Type":"ad","AdDomain":"example.com"}'}
DAVE = "EXAMPLE.com\\dave"


def test_a_user_of_an_ad_domain_is_locked_and_unlocked(streaming: Streaming) -> None:
    streaming.authorize(streaming.create(), "dave", **AD)
    before = streaming.connects("dave")

    locked = streaming.directory.call("LockUsers", Users=[DAVE])["LockUsersResult"]
    meanwhile = streaming.connects("dave")
    unlocked = streaming.directory.call("UnlockUsers", Users=[DAVE])["UnlockUsersResult"]

    assert locked == {"LockedUsers": [DAVE], "FailedUsers": []}
    assert unlocked == {"UnlockedUsers": [DAVE], "FailedUsers": []}
    assert (before, meanwhile, streaming.connects("dave")) == (True, False, True)


def test_the_user_of_that_name_without_a_domain_is_another(streaming: Streaming) -> None:
    streaming.authorize(streaming.create(), "dave", **AD)

    failed = streaming.directory.call("LockUsers", Users=["dave", "other.com\\dave"])["LockUsersResult"]
    assert [each["EndUserId"] for each in failed["FailedUsers"]] == ["dave", "other.com\\dave"]
    assert streaming.connects("dave")
