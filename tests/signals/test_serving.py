"""A running server tells a receiver, which goes away and comes back."""

import json
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from admit.control.outward.signals import GRANT_ADDED
from admit.main import create
from admit.settings import Settings
from tests.callers import document, statement
from tests.served import Caller, serving
from tests.signals.receiver import Receiver


def fetch(address: str, method: str, path: str, token: str = "", body: Any = None) -> Any:
    connection = HTTPConnection(address, timeout=30)
    headers = {"Authorization": f"Bearer {token}"}
    connection.request(method, path, None if body is None else json.dumps(body), headers)
    answer = connection.getresponse().read()
    connection.close()
    return json.loads(answer)


def test_a_receiver_of_a_running_server_misses_nothing_while_it_is_away(tmp_path: Path) -> None:
    founded = create(Settings(data=tmp_path / "data"))
    with serving(tmp_path / "data") as served:
        address = served.urls["http"]
        caller = Caller(address, founded)
        allowed = document(statement("Allow", "admit:ManageSignals"))
        caller.call("ram", "CreateUser", UserName="siem")
        caller.call("ram", "CreatePolicy", PolicyName="manage", PolicyDocument=allowed)
        caller.call("ram", "AttachPolicyToUser", PolicyType="Custom", PolicyName="manage", UserName="siem")
        token = caller.call("admit", "CreateBearerToken", UserName="siem", Name="x")["Token"]
        for kind in ("visitor", "room"):
            caller.call("admit", "RegisterType", Name=kind)
        people = json.dumps([{"Id": name} for name in ("a", "b", "c")])
        caller.call("admit", "PutEntities", Type="visitor", Role="subject", Entities=people)

        def grant(name: str) -> None:
            caller.call("admit", "GrantActions", Subject=f"visitor:{name}", Resource="room:*")

        receiver = Receiver(lambda: fetch(address, "GET", "/ssf/jwks.json"))
        with receiver.running():
            delivery = {"method": "urn:ietf:rfc:8935", "endpoint_url": receiver.url}
            fetch(address, "POST", "/ssf/streams", token, {"delivery": delivery})
            grant("a")
            assert receiver.arrived.wait(30)
        grant("b")
        receiver.arrived.clear()
        with receiver.running():
            grant("c")
            while len(receiver.fresh) < 3:
                assert receiver.arrived.wait(30)
                receiver.arrived.clear()
        caller.connection.close()

    assert [each["events"][GRANT_ADDED]["subject"]["name"] for each in receiver.fresh] == ["a", "b", "c"]
