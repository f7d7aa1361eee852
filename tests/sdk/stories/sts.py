"""Stories of STS."""

import json

from admit.rpc.signing import SigningKey
from tests.sdk.answers import absent
from tests.sdk.stage import Stage


def who_calls(stage: Stage) -> None:
    identity = stage.sdk("sts")("GetCallerIdentity")

    account = stage.server.account_id
    assert (identity["AccountId"], identity["IdentityType"]) == (account, "Account")
    assert identity["Arn"] == f"acs:ram::{account}:root"
    assert absent(identity, "PrincipalId", "UserId") == []


def a_session_of_a_role(stage: Stage) -> None:
    ram, user, role = stage.sdk("ram"), stage.named("visitor"), stage.named("visited")
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole"}
    trust["Principal"] = {"RAM": [f"acs:ram::{stage.server.account_id}:root"]}
    document = json.dumps({"Version": "1", "Statement": [trust]})
    ram("CreateUser", UserName=user)
    ram("AttachPolicyToUser", UserName=user, PolicyType="System", PolicyName="AdministratorAccess")
    key = ram("CreateAccessKey", UserName=user)["AccessKey"]
    arn = ram("CreateRole", RoleName=role, AssumeRolePolicyDocument=document)["Role"]["Arn"]

    sts = stage.sdk_with(SigningKey(key["AccessKeyId"], key["AccessKeySecret"]), "sts")
    begun = sts("AssumeRole", RoleArn=arn, RoleSessionName="visit", DurationSeconds=900)
    stage.sdk("sts").called |= sts.called
    held = begun["Credentials"]
    assert absent(held, "Expiration") == []
    assert begun["AssumedRoleUser"]["Arn"].endswith(f":role/{role}/visit")

    token = SigningKey(held["AccessKeyId"], held["AccessKeySecret"], held["SecurityToken"])
    identity = stage.sdk_with(token, "sts")("GetCallerIdentity")
    assert (identity["IdentityType"], identity["Arn"].split("/", 1)[1]) == (
        "AssumedRoleUser",
        f"{role}/visit",
    )
    assert absent(identity, "RoleId", "PrincipalId") == []
    assert stage.sdk_with(token, "ram").refusal("ListUsers") == (403, "NoPermission")


STORIES = (who_calls, a_session_of_a_role)
