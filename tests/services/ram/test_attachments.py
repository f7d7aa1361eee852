"""Attaching policies, and who has which."""

import pytest

from admit.core.validity import MINUTE
from tests.callers import Callers, refused, statement, trust

HOLDERS = {"User": "alice", "Group": "dba", "Role": "admin"}
MOST_CUSTOM = {"User": 10, "Group": 5, "Role": 5}


@pytest.fixture
def filled(callers: Callers) -> Callers:
    """A system with a user, a group, a role and a policy named all."""
    callers.ram("CreateUser", UserName="alice", DisplayName="Alice")
    callers.ram("CreateGroup", GroupName="dba", Comments="databases")
    callers.role("admin", trust(callers.arn("root")), Description="rules")
    callers.policy("all", statement("Allow", "*"))
    callers.system.advance(MINUTE)
    return callers


@pytest.mark.parametrize("word", HOLDERS)
def test_a_policy_is_attached_and_detached_once(filled: Callers, word: str) -> None:
    """a policy is attached and detached once"""
    asked = {"PolicyType": "Custom", "PolicyName": "all", f"{word}Name": HOLDERS[word]}
    filled.ram(f"AttachPolicyTo{word}", ResourceGroupId="rg-1", **asked)
    twice = refused(filled.ram, f"AttachPolicyTo{word}", **asked)
    assert twice == (409, f"EntityAlreadyExists.{word}.Policy")

    listed = filled.ram(f"ListPoliciesFor{word}", **{f"{word}Name": HOLDERS[word]})
    assert listed["Policies"]["Policy"] == [
        {
            "PolicyName": "all",
            "PolicyType": "Custom",
            "DefaultVersion": "v1",
            "AttachDate": "2026-05-28T20:27:40Z",
        }
    ]
    filled.ram(f"DetachPolicyFrom{word}", **asked)
    twice = refused(filled.ram, f"DetachPolicyFrom{word}", **asked)
    assert twice == (404, f"EntityNotExist.{word}.Policy")
    listed = filled.ram(f"ListPoliciesFor{word}", **{f"{word}Name": HOLDERS[word]})
    assert listed["Policies"] == {"Policy": []}


@pytest.mark.parametrize("word", HOLDERS)
def test_both_ends_of_an_attachment_must_be_there(filled: Callers, word: str) -> None:
    """both ends of an attachment must be there"""
    for action in (f"AttachPolicyTo{word}", f"DetachPolicyFrom{word}"):
        asked = {"PolicyType": "Custom", "PolicyName": "all", f"{word}Name": HOLDERS[word]}
        absent = refused(filled.ram, action, **(asked | {f"{word}Name": "nobody"}))
        assert absent == (404, f"EntityNotExist.{word}")
        absent = refused(filled.ram, action, **(asked | {"PolicyName": "none"}))
        assert absent == (404, "EntityNotExist.Policy")
        absent = refused(filled.ram, action, **(asked | {"PolicyType": "System"}))
        assert absent == (404, "EntityNotExist.Policy")
    nobody = refused(filled.ram, f"ListPoliciesFor{word}", **{f"{word}Name": "nobody"})
    assert nobody == (404, f"EntityNotExist.{word}")


@pytest.mark.parametrize("word", HOLDERS)
def test_so_many_policies_of_a_type_may_be_attached(filled: Callers, word: str) -> None:
    """so many policies of a type may be attached"""
    holder = {f"{word}Name": HOLDERS[word]}
    for number in range(MOST_CUSTOM[word] + 1):
        filled.policy(f"p-{number}", statement("Allow", "*"))
    for number in range(MOST_CUSTOM[word]):
        filled.attach(f"p-{number}", **{word.lower(): HOLDERS[word]})
    last = f"p-{MOST_CUSTOM[word]}"
    over = refused(filled.ram, f"AttachPolicyTo{word}", PolicyType="Custom", PolicyName=last, **holder)
    assert over == (409, f"LimitExceeded.{word}.Policy")
    filled.ram(f"AttachPolicyTo{word}", PolicyType="System", PolicyName="ReadOnlyAccess", **holder)


def test_a_policy_tells_who_has_it(filled: Callers) -> None:
    """a policy tells who has it"""
    asked = {"PolicyType": "System", "PolicyName": "AdministratorAccess"}
    nobody = {"Users": {"User": []}, "Groups": {"Group": []}, "Roles": {"Role": []}}
    assert nobody.items() <= filled.ram("ListEntitiesForPolicy", **asked).items()
    for word, name in HOLDERS.items():
        filled.attach("AdministratorAccess", policy_type="System", **{word.lower(): name})

    told = filled.ram("ListEntitiesForPolicy", **asked)
    date = "2026-05-28T20:27:40Z"
    user = filled.ram("GetUser", UserName="alice")["User"]
    assert told["Users"]["User"] == [
        {"UserId": user["UserId"], "UserName": "alice", "DisplayName": "Alice", "AttachDate": date}
    ]
    assert told["Groups"]["Group"] == [{"GroupName": "dba", "Comments": "databases", "AttachDate": date}]
    role = filled.ram("GetRole", RoleName="admin")["Role"]
    assert told["Roles"]["Role"] == [
        {
            "RoleId": role["RoleId"],
            "RoleName": "admin",
            "Arn": role["Arn"],
            "Description": "rules",
            "AttachDate": date,
        }
    ]
    absent = refused(filled.ram, "ListEntitiesForPolicy", PolicyType="Custom", PolicyName="none")
    assert absent == (404, "EntityNotExist.Policy")
