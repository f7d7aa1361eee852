"""The reader of the vendor's SDKs, held against facts known by hand and against the wire."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from alibabacloud_tea_openapi.utils_models import Config
from darabonba.runtime import RuntimeOptions

from tests.conformance import vendor
from tests.conformance.vendor import Field

COUNTS = {"appstream-center": 92, "yundun-bastionhost": 193, "eiam": 357, "eds-user": 49, "ram": 69, "sts": 4}
VERSIONS = {
    "appstream-center": "2021-09-01",
    "yundun-bastionhost": "2019-12-09",
    "eiam": "2021-12-01",
    "eds-user": "2021-03-08",
    "ram": "2015-05-01",
    "sts": "2015-04-01",
}
STRINGS = Field("", "string")


def members(fields: tuple[Field, ...]) -> dict[str, Field]:
    return {field.name: field for field in fields}


def request(product: str, action: str) -> dict[str, Field]:
    return members(vendor.operations(product)[action].request)


@dataclass
class Server:
    """A loopback HTTP server: answers everything alike and keeps what it was sent."""

    port: int
    answer: dict[str, Any]
    query: dict[str, str]
    body: dict[str, str]

    def client(self, product: str) -> Any:
        settings = Config(access_key_id="k", access_key_secret="s", protocol="http", region_id="cn-hangzhou")
        settings.endpoint = f"127.0.0.1:{self.port}"
        return vendor.client_class(product)(settings)


@contextmanager
def serving() -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
            kept.query, kept.body = dict(parse_qsl(urlsplit(self.path).query)), dict(parse_qsl(text))
            answer = json.dumps(kept.answer).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST  # noqa: N815 - the name http.server looks for

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        kept = Server(http.server_port, {}, {}, {})
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield kept
        finally:
            http.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


@pytest.mark.parametrize("product", vendor.PACKAGES)
def test_every_operation_of_a_product_is_read(product: str) -> None:
    operations = vendor.operations(product)

    assert len(operations) == COUNTS[product]
    assert {operation.version for operation in operations.values()} == {VERSIONS[product]}
    assert {operation.product for operation in operations.values()} == {product}
    assert all(action == operation.action for action, operation in operations.items())


def test_one_operation_alone_is_sent_with_get() -> None:
    found = {
        o.action
        for product in vendor.PACKAGES
        for o in vendor.operations(product).values()
        if o.method != "POST"
    }

    assert found == {"GetBrowserInstanceGroup"}
    assert vendor.operations("appstream-center")["GetBrowserInstanceGroup"].method == "GET"


def test_authorize_instance_group_is_all_body_with_user_meta_as_json() -> None:
    fields = request("appstream-center", "AuthorizeInstanceGroup")

    assert {field.position for field in fields.values()} == {"body"}
    assert fields["AuthorizeUserIds"] == Field("AuthorizeUserIds", "array", "body", "flat", items=STRINGS)
    assert fields["UserMeta"] == Field(
        "UserMeta", "struct", "body", "json", fields=(Field("AdDomain", "string"), Field("Type", "string"))
    )


def test_attach_host_accounts_to_user_group_is_all_query_with_hosts_a_plain_string() -> None:
    fields = request("yundun-bastionhost", "AttachHostAccountsToUserGroup")

    assert fields["Hosts"] == Field("Hosts", "string", "query")
    assert set(fields) == {"Hosts", "InstanceId", "ProjectId", "RegionId", "UserGroupId"}
    assert {field.position for field in fields.values()} == {"query"}


def test_update_authorization_rule_group_attachment_sends_its_token_in_the_body_and_its_period_flat() -> None:
    fields = request("eiam", "UpdateAuthorizationRuleGroupAttachment")

    assert {name for name, field in fields.items() if field.position == "body"} == {"ClientToken"}
    assert fields["ValidityPeriod"] == Field(
        "ValidityPeriod",
        "struct",
        "query",
        "flat",
        fields=(Field("EndTime", "integer"), Field("StartTime", "integer")),
    )


def test_a_map_says_what_it_holds() -> None:
    fields = request("eds-user", "DescribeUsers")

    assert fields["FilterMap"] == Field("FilterMap", "map", "query", "json", items=STRINGS)
    assert fields["FilterWithAssignedResources"].items == Field("", "boolean")
    assert fields["ShowExtras"].items == Field("", "any")


def test_an_answer_is_read_to_its_innermost_list() -> None:
    results = members(vendor.operations("yundun-bastionhost")["AttachHostAccountsToUserGroup"].response)[
        "Results"
    ]

    assert results.type == "array"
    assert (results.position, results.encoding) == (None, None)
    assert results.items is not None
    assert results.items.type == "struct"
    assert [field.name for field in results.items.fields] == [
        "Code",
        "HostAccounts",
        "HostId",
        "Message",
        "UserGroupId",
    ]
    assert members(results.items.fields)["HostAccounts"].items == Field(
        "",
        "struct",
        fields=(Field("Code", "string"), Field("HostAccountId", "string"), Field("Message", "string")),
    )


def test_wire_names_are_the_sdk_s_own_and_not_guessed_from_its_attributes() -> None:
    assert set(request("sts", "AssumeRoleWithOIDC")) >= {"OIDCProviderArn", "OIDCToken"}


@pytest.mark.parametrize("product", vendor.PACKAGES)
def test_a_full_answer_comes_back_whole_from_every_operation(product: str) -> None:
    for action, operation in vendor.operations(product).items():
        answer = vendor.example(operation.response)

        assert vendor.round_trip(product, action, answer) == answer, action


def test_a_round_trip_drops_what_the_sdk_does_not_know_and_adds_empty_lists() -> None:
    answer = {"RequestId": "r", "Unknown": 1}

    assert vendor.round_trip("yundun-bastionhost", "AttachHostAccountsToUserGroup", answer) == {
        "RequestId": "r",
        "Results": [],
    }


@pytest.mark.parametrize("product", vendor.PACKAGES)
def test_every_parameter_arrives_where_and_how_the_reader_says(product: str, server: Server) -> None:
    client = server.client(product)
    for action, operation in vendor.operations(product).items():
        params = vendor.example(operation.request)
        server.answer = vendor.example(operation.response)

        understood = vendor.call(product, action, client, params, runtime=RuntimeOptions())

        assert understood == server.answer, action
        for parameter in operation.request:
            sent = server.query if parameter.position == "query" else server.body
            if parameter.encoding == "json":
                assert json.loads(sent[parameter.name]) == params[parameter.name], action
            elif parameter.encoding == "flat":
                assert any(key.startswith(f"{parameter.name}.") for key in sent), action
            else:
                assert sent[parameter.name] == str(params[parameter.name]), action


def test_the_asynchronous_client_is_driven_alike(server: Server) -> None:
    server.answer = {"RequestId": "r"}
    client = server.client("eiam")
    params = {"InstanceId": "i", "ClientToken": "t", "ValidityPeriod": {"StartTime": 1, "EndTime": 2}}

    understood = asyncio.run(
        vendor.call_async(
            "eiam", "UpdateAuthorizationRuleGroupAttachment", client, params, runtime=RuntimeOptions()
        )
    )

    assert understood == {"RequestId": "r"}
    assert server.query["ValidityPeriod.EndTime"] == "2"
    assert server.body == {"ClientToken": "t"}


def test_parameters_not_given_are_not_sent(server: Server) -> None:
    server.answer = {"RequestId": "r"}
    client = server.client("ram")

    vendor.call("ram", "CreateRole", client, {"RoleName": "admin"}, runtime=RuntimeOptions())

    assert server.query == {"RoleName": "admin"}
    assert server.body == {}


def test_a_parameter_the_sdk_does_not_know_is_refused() -> None:
    model = vendor.request_class("eiam", "UpdateAuthorizationRuleGroupAttachment")

    assert model is not None
    with pytest.raises(LookupError, match="ValidityPeriod has no Start"):
        vendor.build(model, {"ValidityPeriod": {"Start": 1}})


def test_an_operation_without_parameters_has_no_request_class_and_refuses_any(server: Server) -> None:
    assert vendor.request_class("sts", "GetCallerIdentity") is None
    with pytest.raises(LookupError, match="takes no parameters"):
        vendor.call("sts", "GetCallerIdentity", server.client("sts"), {"X": "1"}, runtime=RuntimeOptions())
