"""Somebody leaves the company: the outside directory says so, and all that they have open is over."""

from collections.abc import Awaitable, Callable
from urllib.parse import quote

from admit.streaming.refusals import Close
from tests.browsing import Pages
from tests.flows.test_live_sessions import Shell, Story, play
from tests.oidc.firm import Firm, listening, running
from tests.scim.directory import Directory
from tests.services.appstream.streaming import Streaming
from tests.services.eiam.idaas import Idaas
from tests.streaming.test_door import opened, opens
from tests.system import System

ALICE = quote('userName eq "alice"')


def test_who_is_not_active_any_more_is_out_of_every_door_at_once(system: System) -> None:
    idaas, streaming = Idaas(system), Streaming(system)
    bastion = system.call("yundun-bastionhost", "DescribeInstances")["Instances"][0]["InstanceId"]
    with listening() as told, running(system.admit.oidc) as loop:
        firm = Firm(idaas, told, loop)
        firm.furnish()
        streaming.directory.add("alice")
        group = streaming.create()
        streaming.authorize(group, "alice")
        tokens = firm.tokens()
        browser = firm.browser()

        async def leave(story: Story, shell: Shell, aside: Callable[..., Awaitable[object]]) -> None:
            def deactivate() -> None:
                made = {"Name": "hr", "InstanceId": idaas.id, "Directories": [bastion, "eds-user"]}
                directory = Directory(system, system.call("admit", "CreateScimConnection", **made)["Token"])
                (alice,) = directory.ask("GET", f"/Users?filter={ALICE}")[1]["Resources"]
                off = {"op": "replace", "path": "active", "value": False}
                assert directory.patch(f"/Users/{alice['id']}", off)[0] == 200

            async with opened(streaming) as door:
                stream = await opens(streaming, door, "alice", group)
                assert await aside(firm.is_active, tokens["access_token"])

                await aside(deactivate)

                assert "alice is locked" in await shell.ended()
                await door.sessions.look()
                assert stream.over is not None
                assert stream.over.code is Close.REVOKED
                await aside(firm.look)
                assert not await aside(firm.is_active, tokens["access_token"])
                assert (await aside(told.wait)) != []

        play(system, leave)
        assert system.call("admit", "ListSessions", State="live")["Sessions"] == []
        assert browser.get("/home").status == 303
        assert Pages(system).sign_in("alice", "Correct-Horse-7").status == 403
