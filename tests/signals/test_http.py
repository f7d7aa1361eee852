"""Shared Signals over HTTP: what is offered, and each receiver's own streams."""

import json
from typing import Any

import pytest

from admit.control.outward.signals import GRANT_ADDED, SESSION_REVOKED, VERIFICATION
from tests.callers import Callers, statement
from tests.signals.receiver import Receiver
from tests.signals.test_pushing import push_all
from tests.system import System

URL = "https://siem.example.com/events"


class Client:
    """A receiver that configures its streams."""

    def __init__(self, system: System, name: str, action: str = "admit:ManageSignals") -> None:
        Callers(system).user(name, statement("Allow", action))
        self.system = system
        self.token = system.call("admit", "CreateBearerToken", UserName=name, Name="x")["Token"]

    def __call__(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        raw = b"" if body is None else json.dumps(body).encode()
        status, answer, answered = self.system.http(method, f"/ssf/{path}", headers, raw)
        is_json = answered.get("content-type", "").startswith("application/json")
        return status, json.loads(answer) if is_json else answer.decode()

    def create(self, url: str = URL, **more: Any) -> dict[str, Any]:
        status, made = self("POST", "streams", stream(url, **more))
        assert status == 201, made
        return dict(made)


def stream(url: str = URL, **more: Any) -> dict[str, Any]:
    return {"delivery": {"method": "urn:ietf:rfc:8935", "endpoint_url": url}, **more}


@pytest.fixture
def siem(system: System) -> Client:
    return Client(system, "siem")


def test_the_metadata_says_what_is_offered(system: System) -> None:
    status, body, _ = system.http("GET", "/.well-known/ssf-configuration", {})
    metadata = json.loads(body)
    assert (status, metadata["spec_version"]) == (200, "1_0")
    assert metadata["issuer"] == system.admit.world.url
    assert {"spec_urn": "urn:ietf:rfc:6749"} in metadata["authorization_schemes"]


def test_a_stream_is_made_read_changed_and_ended(siem: Client) -> None:
    made = siem.create(events_requested=[SESSION_REVOKED, "urn:nobody:knows"])
    one = f"streams?stream_id={made['stream_id']}"
    assert made["events_delivered"] == [SESSION_REVOKED]
    assert siem("GET", one) == (200, made)
    assert siem("GET", "streams") == (200, [made])

    patched = siem("PATCH", "streams", {"stream_id": made["stream_id"], "events_requested": [GRANT_ADDED]})
    assert (patched[0], patched[1]["events_delivered"], patched[1]["delivery"]) == (
        200,
        [GRANT_ADDED],
        made["delivery"],
    )
    replaced = siem("PUT", "streams", {"stream_id": made["stream_id"], **stream("https://b.example/")})
    assert (replaced[0], replaced[1]["delivery"]["endpoint_url"]) == (200, "https://b.example/")
    assert siem("DELETE", one)[0] == 204
    assert siem("GET", one)[0] == 404


def test_a_stream_is_its_owners_only(system: System, siem: Client) -> None:
    made = siem.create()
    other = Client(system, "other")
    for method, body in (("GET", None), ("DELETE", None)):
        assert other(method, f"streams?stream_id={made['stream_id']}", body)[0] == 404
    assert other("POST", "verify", {"stream_id": made["stream_id"]})[0] == 404
    assert other("GET", "streams") == (200, [])


@pytest.mark.parametrize(
    "body",
    [
        {},
        stream("http://siem.example.com/"),
        stream("ftp://siem.example.com/"),
        {"delivery": {"method": "urn:ietf:rfc:8936"}},
        stream(URL) | {"events_requested": "all"},
    ],
)
def test_what_cannot_be_delivered_is_a_bad_request(siem: Client, body: dict[str, Any]) -> None:
    assert siem("POST", "streams", body)[0] == 400


def test_who_may_not_is_refused(system: System) -> None:
    assert system.http("GET", "/ssf/streams", {})[0] == 401
    assert Client(system, "asker", "admit:Evaluate")("GET", "streams")[0] == 403


def test_status_and_verification(system: System, siem: Client) -> None:
    receiver = Receiver(lambda: json.loads(system.http("GET", "/ssf/jwks.json", {})[1]))
    with receiver.running():
        made = siem.create(receiver.url)
        of = {"stream_id": made["stream_id"]}
        assert siem("POST", "status", {**of, "status": "paused", "reason": "away"})[0] == 200
        told = siem("GET", f"status?stream_id={made['stream_id']}")
        assert told == (200, {**of, "status": "paused", "reason": "away"})
        assert siem("POST", "status", {**of, "status": "enabled"})[1]["status"] == "enabled"

        assert siem("POST", "verify", {**of, "state": "abc"})[0] == 204
        push_all(system)

    assert [each["events"] for each in receiver.taken] == [{VERIFICATION: {"state": "abc"}}]


@pytest.mark.parametrize(
    ("url", "header"),
    [("https://siem.example.com:99999/", "Bearer x"), (URL, "Bearer \xe9")],
)
def test_what_could_never_be_sent_is_refused_at_once(siem: Client, url: str, header: str) -> None:
    wanted = stream(url)
    wanted["delivery"]["authorization_header"] = header
    assert siem("POST", "streams", wanted)[0] == 400


def test_a_body_that_nests_too_deep_is_refused(siem: Client, system: System) -> None:
    nested = b'{"x": ' + b"[" * 10_000
    status, _, _ = system.http("POST", "/ssf/streams", {"Authorization": f"Bearer {siem.token}"}, nested)
    assert status == 400
