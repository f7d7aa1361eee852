"""Opening a session: from what a client asks for to a program on a host."""

from functools import partial

import asyncssh
import structlog

from admit.control.live_session import Live
from admit.control.recordings import Recorded
from admit.core.activity import ActivityKind
from admit.ssh.door import Admission
from admit.ssh.guard import guard_for
from admit.ssh.recording import Opening, RecordingRefused
from admit.ssh.refusals import SAID_BY, Refused
from admit.ssh.session import ClientEnd, Request, TargetEnd, What, run_on
from admit.ssh.targets import Login
from admit.ssh.terminal import Prompter
from admit.ssh.transcripts import Transcript
from admit.ssh.visits import Visit

log = structlog.get_logger("admit.ssh")


async def open_session(visit: Visit, client: ClientEnd) -> None:
    """Give a client what it asks for, or say in a line why not."""
    try:
        await _opened(visit, client, client.request)
    except Refused as refused:
        client.refuse(refused.text)
    except asyncssh.ChannelOpenError as error:
        client.refuse(f"{SAID_BY}the host does not begin another session: {error.reason}")
    except Exception:
        # The one who asked must not be left waiting, nor be told what is inside.
        log.exception("a session could not be opened")
        client.refuse(f"{SAID_BY}something went wrong here: the gate's log says what")


async def _opened(visit: Visit, client: ClientEnd, request: Request) -> None:
    door, visitor = visit.door, visit.visitor
    admission = await visit.admission(client)
    left = await door.narrowed(visitor, admission, request.what, request.command)
    typed = None if admission.target.account else await _typed(client, admission)
    connection = await visit.connection(admission, typed)
    if client.is_over():
        return
    live = await door.begin(visitor, admission, request.what, client)
    client.over = live.closed
    transcript = await _recorded(visit, client, admission, live)
    if client.is_over():
        client.over("the client left")
        return
    if request.command is not None:
        door.note(ActivityKind.COMMAND, visitor, live, request.command[:1000])
    lost = f"{SAID_BY}{admission.target.host.name} broke off"
    try:
        channel, target = await run_on(connection, request, lambda: TargetEnd(lost))
    except BaseException:
        client.over("the host did not begin it")
        raise
    if client.is_over():
        channel.abort()
    else:
        if request.what is What.SHELL and left.judges_commands:
            ask = partial(door.approved, visitor, admission, live)
            client.guard = guard_for(
                left.judge_typed, target.write, client.say, ask, edited=request.terminal is not None
            )
        if transcript is not None:
            target.shows = transcript.output
        client.join(target)


async def _recorded(visit: Visit, client: ClientEnd, admission: Admission, live: Live) -> Transcript | None:
    """The recording of a session, if it is one that shows something and is to be recorded."""
    request, recorder = client.request, visit.door.recorder
    if recorder is None or request.what is What.SFTP:
        return None
    terminal = request.terminal
    of = Recorded(
        session_id=live.id,
        user=admission.user,
        host=admission.target.host,
        label=admission.label,
        login=admission.target.login,
        peer=visit.visitor.peer,
        what=request.what,
    )
    opening = Opening(*terminal.size[:2], term=terminal.kind) if terminal else Opening()
    try:
        recording = await recorder.begin(of, opening, client.cut)
    except RecordingRefused as refused:
        live.closed("it could not be recorded")
        raise Refused(refused.text.removeprefix(SAID_BY)) from None
    transcript = Transcript(recording, client)
    client.typed, client.resized = transcript.typed, transcript.resized

    def over(reason: str) -> None:
        live.closed(reason)
        visit.door.finish(transcript.finished())

    client.over = over
    return transcript


async def _typed(client: ClientEnd, admission: Admission) -> Login:
    """The credentials of a host that is granted alone: the person's own, and kept nowhere."""
    host = admission.target.host.name
    if client.terminal is None:
        raise Refused(
            f"{host} is granted to you without an account: log on with a terminal, "
            f"or go through the gate with ssh -J"
        )
    prompter = Prompter(client)
    try:
        login = admission.target.login or await prompter.ask(f"{host} login: ", echo=True)
        password = await prompter.ask(f"{login}@{host}'s password: ", echo=False)
    finally:
        prompter.close()
    return Login(login, password=password)
