"""A session that was let begin: what opens its host, and what is kept of it."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import asyncssh
import structlog

from admit.base.ssh_exchange import Exchange, Request, SignatureRefused, public_key, to_be_signed
from admit.control.access import ask_as
from admit.control.bastionhost import credentials as kept
from admit.control.bastionhost.bastion import HostDetails
from admit.control.live import recorder
from admit.control.live.held_commands import HeldCommandDetails
from admit.control.live.live_session import About, Live
from admit.control.live.recordings import Recorded
from admit.core.access import AccessDenied, Permit
from admit.core.recordings import Opening, RecordingRefused
from admit.core.restrictions import Leave, Restrictions
from admit.core.transfers import Transfer
from admit.porter.asks import SAID_BY, Credentials, Refused, Screen, What
from admit.porter.house import House
from admit.porter.notes import KINDS, note_transfer, note_use
from admit.porter.opener import Chosen, Opener
from admit.porter.refusals import Refusal
from admit.store import things

log = structlog.get_logger("admit.porter")

OVER = "this session is over"


class DirectSession:
    """A session of somebody, and what was chosen for it. It is nothing before it was begun."""

    def __init__(self, house: House, opener: Opener, chosen: Chosen, screen: Screen) -> None:
        self._left = Leave()
        self.what = What.SHELL
        self._house = house
        self._opener = opener
        self._chosen = chosen
        self._screen = screen
        self._live: Live | None = None
        self._is_over = False
        self._key: Any = None
        """The opened private key, for as long as the session may sign with it."""
        self._public = b""
        """What is shown of it to the host: the public key or its certificate."""
        self._recording: DirectRecording | None = None

    @property
    def id(self) -> str:
        """What lists and the ledger call it."""
        return self.live.id

    @property
    def live(self) -> Live:
        """It, as it is watched."""
        if self._live is None:
            raise Refused(OVER)
        return self._live

    @property
    def leave(self) -> Leave:
        """What control policies leave to do in it now."""
        asked = self.live.standing.leave
        return self._left if asked is None else asked

    def follow(self, leaves: Callable[[Leave], None]) -> None:
        """Have somebody told whenever policies leave something else."""
        self.live.leaves = leaves

    async def begin(self, what: What, detail: str | None, left: Restrictions) -> None:
        """Be written down, and watched from now on.

        Raises:
            Refused: access has ended since it was asked for.
        """
        chosen, opener = self._chosen, self._opener
        about = About(opener.door, chosen.label, chosen.target.login, opener.peer, opener.client, what)
        self.what = what
        self._left = left.leave
        try:
            self._live = await self._house.sessions.open(chosen.permit, chosen.user, about, self)
        except AccessDenied as denied:
            told = Refusal(denied.decision, chosen.label)
            raise await self._house.read(told.told) from None
        if detail is not None and what in KINDS:
            note_use(self._house, opener, self._live, what, detail)

    # -- its end -----------------------------------------------------------------------------------

    def warn(self, text: str) -> None:
        """Access ends soon."""
        self._screen.warn(text)

    def end(self, text: str) -> None:
        """Access has ended."""
        self._let_go()
        self._screen.end(text)

    def closed(self, reason: str) -> None:
        """It is over for another reason than access."""
        self._let_go()
        self.live.closed(reason)

    def lost(self, why: str) -> None:
        """Its door is gone."""
        self._let_go()
        self.live.stopped(why)
        if self._recording is not None:
            self._recording.cut_off(why)

    def _let_go(self) -> None:
        self._is_over, self._key = True, None

    # -- what opens the host -----------------------------------------------------------------------

    async def credentials(self) -> Credentials:
        """What logs on to the account it was let begin for."""
        permit, now = await self._permit(), self._house.world.clock.now()
        try:
            found = await self._house.read(lambda sql: kept.credentials(sql, self._house.world, permit, now))
        except ValueError:
            raise self._suspicious("a host alone has no credentials") from None
        except kept.PermitEnded:
            raise Refused(f"your access to {self._chosen.label} has ended") from None
        password = found.password.reveal() if found.password else None
        if found.key is None:
            return Credentials(password)
        self._key = await asyncio.to_thread(_opened, found, self._chosen.target.login)
        self._public = self._key.public_data
        certificate = found.certificate.decode() if found.certificate else None
        if certificate is not None:
            self._public = asyncssh.import_certificate(certificate).public_data
        return Credentials(password, self._key.export_public_key().decode(), certificate)

    async def sign(self, exchange: Exchange, request: bytes, algorithm: str) -> bytes:
        """A request to let the account in, signed: for the host with the pinned host key alone."""
        await self._permit()
        key, target = self._key, self._chosen.target
        try:
            asked, shown = Request.read(request), public_key(exchange.server().host_key)
            session = exchange.hash
        except SignatureRefused as refused:
            raise self._suspicious(str(refused)) from None
        pinned = await self._pinned()
        if not pinned or shown.get_fingerprint() != pinned:
            raise self._suspicious("it is for another host")
        if key is None or (asked.name, asked.key) != (target.login, self._public):
            raise self._suspicious("it is for another account or key")
        try:
            # A key may be of a kind that takes long.
            signed: bytes = await asyncio.to_thread(
                key.sign, to_be_signed(session, request), algorithm.encode("ascii", "replace")
            )
        except ValueError:
            raise self._suspicious("the key signs in no such way") from None
        return signed

    async def pin(self, fingerprint: str) -> str:
        """Pin the host key that the host showed first, unless one is pinned."""
        self._must_live()
        if not kept.is_fingerprint(fingerprint):
            raise self._suspicious("it pins no fingerprint")
        host, author = self._chosen.target.host, self._house.author()
        if not self._house.pins_first and not await self._pinned():
            raise Refused(
                f"{host.name} shows the host key {fingerprint}, and none is pinned: ask an administrator, "
                f"who can compare it and pin it with `admit call admit SetHostKey`"
            )
        pinned = await asyncio.wrap_future(
            self._house.store.write(author, lambda tx: kept.pin_first(tx, host.ref, fingerprint))
        )
        log.info("host key pinned", host=host.id, fingerprint=pinned)
        return pinned

    async def _pinned(self) -> str:
        """The fingerprint that is pinned of the host now; empty if none is."""
        key = self._chosen.target.host.key
        found: str = await self._house.read(
            lambda sql: things.by_key(sql, key).read(HostDetails).ssh_fingerprint
        )
        return found

    async def _permit(self) -> Permit:
        """A permit of this moment: the one it was opened with may not hold any more."""
        self._must_live()
        chosen, now = self._chosen, self._house.world.clock.now()
        decision = await self._house.read(
            lambda sql: ask_as(sql, chosen.user.ref, chosen.target.resource, now)
        )
        try:
            return decision.permit()
        except AccessDenied as denied:
            told = Refusal(denied.decision, chosen.label)
            raise await self._house.read(told.told) from None

    def _must_live(self) -> None:
        if self._is_over or self._live is None:
            raise Refused(OVER)

    def _suspicious(self, why: str) -> Refused:
        log.warning("a door asked for what it may not have", session=self.id, why=why)
        return Refused("the credentials that are kept cannot be used for that")

    # -- what is done in it ------------------------------------------------------------------------

    def transferred(self, transfer: Transfer) -> None:
        """Something was done with a file in it, or was to be."""
        note_transfer(self._house, self._opener, self.live, transfer)

    async def approved(self, command: str) -> bool:
        """Whether somebody lets a command run; waits until they decide."""
        self._must_live()
        target, user = self._chosen.target, self._chosen.user
        details = HeldCommandDetails(
            user_id=user.id,
            user_name=user.name,
            host_id=target.host.id,
            account_name=target.login,
            peer=self._opener.peer,
            session_id=self.id,
            command=command,
        )
        return await self._house.held.accepted(target.host, details)

    async def record(self, opening: Opening) -> "DirectRecording | None":
        """The recording of what it shows; None if it need not be recorded."""
        self._must_live()
        keeper, chosen = self._house.recorder, self._chosen
        if keeper is None or self.what not in (What.SHELL, What.EXEC):
            return None
        if self._recording is not None:
            raise Refused("a session has one recording")
        of = Recorded(
            session_id=self.id,
            user=chosen.user,
            host=chosen.target.host,
            label=chosen.label,
            login=chosen.target.login,
            peer=self._opener.peer,
            what=self.what,
        )
        try:
            begun = await keeper.begin(of, opening, lambda line: self.end(line.removeprefix(SAID_BY)))
        except RecordingRefused:
            self.closed("it could not be recorded")
            raise
        self._recording = DirectRecording(self._house, begun, of_input=keeper.keeping.input)
        return self._recording


class DirectRecording:
    """The recording of a session, beside who writes it to the disk."""

    def __init__(self, house: House, recording: recorder.Recording, *, of_input: bool) -> None:
        self.of_input = of_input
        self._house = house
        self._recording = recording
        self._is_finished = False
        self.output = recording.output
        self.input = recording.input
        self.resized = recording.resized
        self.keep_up = recording.keep_up

    def resize(self, width: int, height: int) -> None:
        """The terminal has another size; whether that is recorded does not matter to who says so."""
        with suppress(RecordingRefused):
            self.resized(width, height)

    def finish(self) -> None:
        """Nothing more comes of it."""
        if not self._is_finished:
            self._is_finished = True
            self._house.finish(self._recording.finished())

    def cut_off(self, why: str) -> None:
        """Nothing more comes of it, and something is missing."""
        if not self._is_finished:
            self._recording.cut_off(why)
            self.finish()


def _opened(found: kept.Credentials, login: str) -> Any:
    """The private key of credentials, on a thread: pass phrases are slow on purpose."""
    phrase = found.pass_phrase.reveal() if found.pass_phrase else None
    try:
        return asyncssh.import_private_key(found.key or b"", phrase)
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError):
        raise Refused(
            f"the private key that is kept for {login} cannot be opened: ask an administrator"
        ) from None
