"""The vendor's old SDK, unmodified: everything signed with HMAC-SHA1, by GET and POST, in query and body."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.auth.credentials import StsTokenCredential
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.endpoint.location_service_endpoint_resolver import LocationServiceEndpointResolver
from aliyunsdkcore.endpoint.resolver_endpoint_request import ResolveEndpointRequest
from aliyunsdkcore.request import CommonRequest, RpcRequest

from admit.main import SERVICES
from admit.rpc.signing import SigningKey
from tests.sdk.server import Server
from tests.system import flat

# The SDK's own way of making a TLS context.
pytestmark = [
    pytest.mark.filterwarnings("ignore:ssl.PROTOCOL_TLS is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:ssl.match_hostname.. is deprecated:DeprecationWarning"),
]

VERSIONS = {service.product: service.version for service in SERVICES}
LATER = {
    "ValidityType": "time_bound",
    "ValidityPeriod": {"StartTime": 4070908800000, "EndTime": 4102444800000},
}


@dataclass
class Legacy:
    """The old SDK, calling in one way."""

    server: Server
    scheme: str
    method: str
    body: bool
    """Whether parameters travel in the form body."""

    @property
    def client(self) -> AcsClient:
        """A client with the account's own key."""
        return self.client_of(self.server.key)

    def client_of(self, key: SigningKey) -> AcsClient:
        """A client with another key."""
        verify = self.server.ca_certificate
        if key.security_token is None:
            return AcsClient(key.access_key_id, key.secret, "cn-hangzhou", verify=verify)
        token = StsTokenCredential(key.access_key_id, key.secret, key.security_token)
        return AcsClient(region_id="cn-hangzhou", credential=token, verify=verify)

    def request(self, version: str, action: str, parameters: Mapping[str, str]) -> CommonRequest:
        """A request as the old SDK makes it."""
        request = CommonRequest(self.server.urls[self.scheme], version, action)
        request.set_method(self.method)
        request.set_protocol_type(self.scheme)
        for name, value in parameters.items():
            if self.body:
                request.add_body_params(name, value)
            else:
                request.add_query_param(name, value)
        return request

    def call(self, product: str, action: str, **parameters: Any) -> dict[str, Any]:
        """The answer to a call; lists and structures travel in dotted form."""
        request = self.request(VERSIONS[product], action, flat(parameters))
        answer: dict[str, Any] = json.loads(self.client.do_action_with_exception(request))
        return answer

    def named(self, name: str) -> str:
        """A name that is of this way alone."""
        return f"{name}{self.scheme}{self.method.lower()}{'body' if self.body else ''}"


WAYS = [
    ("http", "GET", False),
    ("http", "POST", False),
    ("http", "POST", True),
    ("https", "GET", False),
    ("https", "POST", True),
]


@pytest.fixture(params=WAYS, ids=lambda way: f"{way[0]}-{way[1]}-{'body' if way[2] else 'query'}")
def legacy(request: pytest.FixtureRequest, server: Server) -> Legacy:
    return Legacy(server, *request.param)


def test_users_of_ram_and_their_keys(legacy: Legacy):
    name = legacy.named("legacy")
    made = legacy.call("ram", "CreateUser", UserName=name, DisplayName="*~ é/+", Comments="")["User"]
    key = legacy.call("ram", "CreateAccessKey", UserName=name)["AccessKey"]
    caller = legacy.client_of(SigningKey(key["AccessKeyId"], key["AccessKeySecret"]))
    told = json.loads(
        caller.do_action_with_exception(legacy.request(VERSIONS["sts"], "GetCallerIdentity", {}))
    )

    assert made["DisplayName"] == "*~ é/+"
    assert (told["IdentityType"], told["UserId"]) == ("RAMUser", made["UserId"])
    assert name in [user["UserName"] for user in legacy.call("ram", "ListUsers")["Users"]["User"]]


def test_a_session_of_a_role(legacy: Legacy):
    name, account = legacy.named("assumer"), legacy.server.account_id
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"RAM": f"acs:ram::{account}:root"}}
    legacy.call("ram", "CreateUser", UserName=name)
    administrator = {"PolicyType": "System", "PolicyName": "AdministratorAccess"}
    legacy.call("ram", "AttachPolicyToUser", UserName=name, **administrator)
    document = json.dumps({"Version": "1", "Statement": [trust]})
    role = legacy.call("ram", "CreateRole", RoleName=name, AssumeRolePolicyDocument=document)["Role"]
    key = legacy.call("ram", "CreateAccessKey", UserName=name)["AccessKey"]
    asked = {"RoleArn": role["Arn"], "RoleSessionName": "legacy"}
    caller = legacy.client_of(SigningKey(key["AccessKeyId"], key["AccessKeySecret"]))
    answer = caller.do_action_with_exception(legacy.request(VERSIONS["sts"], "AssumeRole", asked))
    held = json.loads(answer)["Credentials"]

    session = SigningKey(held["AccessKeyId"], held["AccessKeySecret"], held["SecurityToken"])
    request = legacy.request(VERSIONS["sts"], "GetCallerIdentity", {})
    told = json.loads(legacy.client_of(session).do_action_with_exception(request))
    assert (told["IdentityType"], told["RoleId"]) == ("AssumedRoleUser", role["RoleId"])


def test_a_delivery_group_and_its_users(legacy: Legacy):
    name = legacy.named("leg")
    users = [{"EndUserId": name, "Email": f"{name}@example.com"}]
    assert legacy.call("eds-user", "CreateUsers", Users=users)["AllSucceed"] is True
    [user] = legacy.call("eds-user", "DescribeUsers", EndUserIds=[name])["Users"]
    [image] = legacy.call("appstream-center", "ListImage", ProductType="CloudApp")["Data"]
    group = legacy.call(
        "appstream-center",
        "CreateAppInstanceGroup",
        AppCenterImageId=image["ImageId"],
        ProductType="CloudApp",
        BizRegionId="cn-hangzhou",
        ChargeType="PostPaid",
        ChargeResourceMode="Node",
        Period=1,
        PeriodUnit="Month",
        SessionTimeout=15,
        AppInstanceGroupName=name,
    )["AppInstanceGroupModel"]["AppInstanceGroupId"]
    of_group = {"AppInstanceGroupId": group, "ProductType": "CloudApp"}
    legacy.call("appstream-center", "AuthorizeInstanceGroup", **of_group, AuthorizeUserIds=[name])

    page = {"PageNumber": 1, "PageSize": 10}
    told = legacy.call("appstream-center", "ListAuthorizedUsers", **of_group, **page)
    assert [each["EndUserId"] for each in told["Users"]] == [user["EndUserId"]] == [name]


def test_hosts_and_a_user_group(legacy: Legacy):
    product = "yundun-bastionhost"
    [bastion] = legacy.call(product, "DescribeInstances")["Instances"]
    of_bastion = {"InstanceId": bastion["InstanceId"]}
    asked = {"Source": "Local", "OSType": "Linux", "ActiveAddressType": "Private"}
    named = {"HostName": legacy.named("host"), "HostPrivateAddress": "10.0.0.7"}
    host = legacy.call(product, "CreateHost", **of_bastion, **asked, **named)["HostId"]
    account = {"HostId": host, "ProtocolName": "SSH", "HostAccountName": "root"}
    root = legacy.call(product, "CreateHostAccount", **of_bastion, **account)["HostAccountId"]
    group_name = legacy.named("group")
    group = legacy.call(product, "CreateUserGroup", **of_bastion, UserGroupName=group_name)["UserGroupId"]
    of_group = {**of_bastion, "UserGroupId": group}
    hosts = json.dumps([{"HostId": host, "HostAccountIds": [root]}, {"HostId": "999999"}])
    answer = legacy.call(product, "AttachHostAccountsToUserGroup", **of_group, Hosts=hosts)

    assert [result["Code"] for result in answer["Results"]] == ["OK", "OBJECT_NOT_FOUND"]
    assert [each["Code"] for each in answer["Results"][0]["HostAccounts"]] == ["OK"]
    listed = legacy.call(product, "ListHostAccountsForUserGroup", **of_group, HostId=host)
    assert [(each["HostAccountId"], each["IsAuthorized"]) for each in listed["HostAccounts"]] == [
        (root, True)
    ]


def test_a_rule_and_a_group(legacy: Legacy):
    of_instance = {"InstanceId": legacy.call("eiam", "CreateInstance")["InstanceId"]}
    group = legacy.call("eiam", "CreateGroup", **of_instance, GroupName="operators")["GroupId"]
    named = {"AuthorizationRuleName": "on call", "ProjectId": "iprj_system_default"}
    token = {"ClientToken": of_instance["InstanceId"]}
    rule = legacy.call("eiam", "CreateAuthorizationRule", **of_instance, **named, **token)
    both = {**of_instance, "AuthorizationRuleId": rule["AuthorizationRuleId"], "GroupId": group}
    legacy.call("eiam", "AddGroupToAuthorizationRule", **both, **token, ValidityType="permanent")
    legacy.call("eiam", "UpdateAuthorizationRuleGroupAttachment", **both, **token, **LATER)

    of_rule = {**of_instance, "AuthorizationRuleId": rule["AuthorizationRuleId"]}
    [told] = legacy.call("eiam", "ListGroupsForAuthorizationRule", **of_rule)["Groups"]
    assert (told["GroupId"], told["ValidityPeriod"]) == (group, LATER["ValidityPeriod"])


@pytest.mark.parametrize(
    ("action", "parameters", "status", "code"),
    [
        ("GetUser", {"UserName": "nobody"}, 404, "EntityNotExist.User"),
        ("GetUser", {}, 400, "MissingParameter.UserName"),
        ("CreateUser", {"UserName": "two words"}, 400, "InvalidParameter.UserName.InvalidChars"),
        ("TakeOver", {}, 404, "InvalidAction.NotFound"),
    ],
)
def test_an_error_is_understood(
    legacy: Legacy, action: str, parameters: dict[str, str], status: int, code: str
):
    with pytest.raises(ServerException) as caught:
        legacy.call("ram", action, **parameters)

    assert (caught.value.get_http_status(), caught.value.get_error_code()) == (status, code)
    assert len(caught.value.get_request_id()) == 36
    assert caught.value.get_error_msg()


def test_a_wrong_secret_is_told_from_a_wrong_signature(legacy: Legacy):
    client = legacy.client_of(SigningKey(legacy.server.key.access_key_id, "mistyped"))
    request = RpcRequest("Ram", VERSIONS["ram"], "ListUsers")
    request.set_endpoint(legacy.server.urls[legacy.scheme])
    request.set_method(legacy.method)
    request.set_protocol_type(legacy.scheme)
    request.add_query_param("Marker", "*~ é/+")
    with pytest.raises(ServerException) as caught:
        client.do_action_with_exception(request)

    # The SDK says so when the string to sign in our message is the very one it signed.
    assert caught.value.get_error_code() == "InvalidAccessKeySecret"


def test_the_sdk_finds_its_way_by_the_location_service(server: Server):
    client = AcsClient(
        server.key.access_key_id, server.key.secret, "cn-hangzhou", verify=server.ca_certificate
    )
    resolver = LocationServiceEndpointResolver(client)
    resolver.set_location_service_endpoint(server.urls["https"])
    wanted = ResolveEndpointRequest("cn-hangzhou", "yundun-bastionhost", "bastionhost", "openAPI")

    assert resolver.resolve(wanted) == server.urls["https"]


def test_terraform_is_told_that_nothing_was_bought(legacy: Legacy):
    answer = legacy.call("bssopenapi", "QueryAvailableInstances", PageNum=1, PageSize=20)

    assert (answer["Code"], answer["Success"]) == ("Success", True)
    assert answer["Data"] == {"TotalCount": 0, "PageNum": 1, "PageSize": 20, "InstanceList": []}
