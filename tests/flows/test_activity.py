"""Activity of a server that is stopped: nothing that was noted is lost."""

from contextlib import closing
from pathlib import Path

from admit.core.activity import ActivityKind
from admit.main import create, open_admit
from admit.settings import Settings
from admit.store import activity
from admit.store.activity import Where
from tests.served import Caller, serving

CALLS = 20


def test_a_server_that_is_told_to_stop_writes_down_what_it_has_noted(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data")
    founded = create(settings)
    with serving(settings.data) as served:
        caller = Caller(served.urls["http"], founded)
        with closing(caller.connection):
            for _ in range(CALLS):
                caller.call("sts", "GetCallerIdentity")
        served.process.terminate()
        assert served.process.wait(30) == 0

    admit = open_admit(settings)
    try:
        with admit.store.read() as sql:
            kept = activity.find(sql, Where(kind=ActivityKind.API_CALL), 100)
    finally:
        admit.close()
    assert [each.activity.action for each in kept] == ["sts:GetCallerIdentity"] * CALLS
