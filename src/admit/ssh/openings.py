"""Opening a session: from what a client asks for to a program on a host."""

from functools import partial

import asyncssh
import structlog

from admit.core.command_line import Line
from admit.core.commands import Verdict
from admit.core.recordings import Opening, RecordingRefused
from admit.porter.asks import SAID_BY, Place, Refused, Session, What
from admit.ssh.guard import Guard, guard_for
from admit.ssh.session import ClientEnd, Request, TargetEnd, run_on
from admit.ssh.sftp import HostSide, SftpGuard, Ways
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
    admission = await visit.admission(client)
    place = admission.place
    session = await admission.open(request.what, request.command, client)
    client.over = session.closed
    try:
        typed = None if place.has_account else await _typed(client, place)
        connection = await visit.connection(session, place, typed)
        transcript = None if client.is_over() else await _recorded(session, client)
        if client.is_over():
            client.over("the client left")
            return
        lost = f"{SAID_BY}{place.host} broke off"
        # The window may have another size by now: choosing and logging on take time.
        request = client.request
        try:
            channel, target = await run_on(connection, request, lambda: TargetEnd(lost))
        except (asyncssh.DisconnectError, asyncssh.ChannelOpenError) as error:
            if isinstance(error, asyncssh.ChannelOpenError) and not connection.is_closed():
                raise
            raise Refused(f"{place.host} broke off") from None
    except BaseException as error:
        client.over(error.reason if isinstance(error, Refused) else "the host did not begin it")
        raise
    if client.is_over():
        channel.abort()
        return
    if request.what is What.SHELL:
        client.needed_guard = partial(_guard_of_lines, session, client, target)
    elif request.what is What.SFTP:
        _guard_files(session, client, target)
    if transcript is not None:
        target.shows = transcript.output
    client.join(target)
    if client.terminal is not None and client.terminal != request.terminal:
        target.channel.change_terminal_size(*client.terminal.size)


def _guard_of_lines(session: Session, client: ClientEnd, target: TargetEnd) -> Guard | None:
    """The guard of a shell whose lines are judged by now; it stays, and judges by what holds then."""
    if session.leave.commands is None:
        return None

    def judge(line: Line) -> Verdict:
        commands = session.leave.commands
        return Verdict.ALLOW if commands is None else commands.judge_typed(line)

    edited = client.terminal is not None
    return guard_for(judge, target.write, client.say, session.approved, edited=edited)


def _guard_files(session: Session, client: ClientEnd, target: TargetEnd) -> None:
    """See to it that each request for a file is judged, and told."""

    def broken(text: str) -> None:
        client.over(text)
        client.cut(SAID_BY + text)

    ways = Ways(target.write, client.write, session.transferred, broken)
    client.guard = guard = SftpGuard(lambda: dict(session.leave.shut), ways)
    target.guard = HostSide(guard)


async def _recorded(session: Session, client: ClientEnd) -> Transcript | None:
    """The recording of a session, if it is to be recorded."""
    terminal = client.request.terminal
    opening = Opening(*terminal.size[:2], term=terminal.kind) if terminal else Opening()
    try:
        recording = await session.record(opening)
    except RecordingRefused as refused:
        raise Refused(refused.text.removeprefix(SAID_BY)) from None
    if recording is None:
        return None
    transcript = Transcript(recording, client)
    client.typed, client.resized = transcript.typed, transcript.resized

    def over(reason: str) -> None:
        session.closed(reason)
        transcript.finish()

    client.over = over
    return transcript


async def _typed(client: ClientEnd, place: Place) -> Login:
    """The credentials of a host that is granted alone: the person's own, and kept nowhere."""
    host = place.host
    if client.terminal is None:
        raise Refused(
            f"{host} is granted to you without an account: log on with a terminal, "
            f"or go through the gate with ssh -J"
        )
    prompter = Prompter(client)
    try:
        login = place.login or await prompter.ask("{host} login: ", echo=True, host=host)
        password = await prompter.ask("{who}'s password: ", echo=False, who=f"{login}@{host}")
    finally:
        prompter.close()
    return Login(login, password=password)
