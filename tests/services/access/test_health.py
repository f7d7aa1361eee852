"""What the doctor finds, asked from afar and shown in the console."""

import html

import pytest

from admit.cli.operate import watched
from admit.control.findings import Finding, State
from tests.callers import Callers, refused, statement
from tests.console.office import as_admin
from tests.system import System


def test_a_server_tells_what_the_doctor_finds(system: System) -> None:
    watched(system.admit)
    found = {each["Check"]: each for each in system.call("admit", "GetHealth")["Findings"]}
    assert {"data directory", "key file", "database", "ledger", "disk", "mail"} <= set(found)
    assert found["key file"]["State"] == "ok"
    system.admit.settings.key_file.write_text("no key")
    found = {each["Check"]: each for each in system.call("admit", "GetHealth")["Findings"]}
    assert (found["key file"]["State"], "put back the copy" in found["key file"]["Advice"]) == ("fail", True)


def test_where_nobody_serves_nobody_looks(system: System) -> None:
    assert refused(system.call, "admit", "GetHealth") == (409, "HealthUnknown")
    assert "admit doctor" in as_admin(system).get("/console/health").text


def test_it_takes_a_right_of_its_own(system: System) -> None:
    watched(system.admit)
    callers = Callers(system)
    other = callers.user("ops", statement("Allow", "admit:GetOverview"))
    assert refused(system.call, "admit", "GetHealth", other) == (403, "NoPermission")
    allowed = callers.user("looker", statement("Allow", "admit:GetHealth"))
    assert system.call("admit", "GetHealth", allowed)["Findings"]


@pytest.mark.parametrize(
    ("state", "said"), [(State.FAIL, "1 not well"), (State.WARN, "1 to see to"), (State.OK, "all is well")]
)
def test_the_page_says_what_to_do(system: System, state: State, said: str) -> None:
    found = [Finding("disk", state, "<b>0.1</b> GiB free", "make {room}")]
    system.admit.world.doctor.examine = lambda: found
    text = as_admin(system).get("/console/health").text
    assert said in text
    assert "make {room}" in text
    assert "<b>0.1</b>" not in text
    assert "<b>0.1</b> GiB free" in html.unescape(text)
