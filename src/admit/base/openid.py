"""An OpenID provider outside that says who somebody is: asked by the code flow with PKCE, and not believed.

Nothing is taken but ID tokens that the provider signed for us, for this browser and this attempt.
"""

import asyncio
import base64
import hashlib
import hmac
import ssl
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from urllib.parse import urlencode, urlsplit

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from admit.base.chance import Chance
from admit.base.id_tokens import ALGORITHMS, ClaimRefused, Expected, check
from admit.base.later import httpx
from admit.base.logout_tokens import Left, left
from admit.base.sealing import Secret

T = TypeVar("T")

ANSWER_S: Final = 5.0
"""How long the provider may take to answer."""
LARGEST: Final = 256 * 1024
"""Bytes of an answer."""
KEPT_S: Final = 3600
"""How long what the provider says of itself is good."""
AGAIN_S: Final = 30
"""How soon its keys are read again because a token names one that is not known."""
LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})
"""Where plain HTTP is taken: nobody can listen in on this machine."""


class ProviderAway(Exception):
    """The provider cannot be asked now. The text says why, without a secret."""


@dataclass(frozen=True, slots=True)
class Provider:
    """Who the provider is, and who we are to it."""

    issuer: str
    client_id: str
    client_secret: Secret | None
    """None for a client that is known by PKCE alone."""
    scopes: tuple[str, ...] = ("openid",)
    ca_file: str | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """What ties an answer to the browser that asked: it stays with that browser, sealed."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)

    @classmethod
    def new(cls, chance: Chance) -> "Attempt":
        """Another one, which nobody can guess."""
        return cls(*(chance.fill(32).hex() for _ in range(3)))


class _Metadata(msgspec.Struct):
    """What is needed of what a provider says of itself (OpenID Connect Discovery 1.0, section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class _Tokens(msgspec.Struct):
    """What is needed of an answer to a code."""

    id_token: str


@dataclass(slots=True)
class _Known:
    """What was read of the provider, and when, in seconds."""

    metadata: _Metadata
    at: int
    keys: KeySet | None = None
    keys_at: int = 0


class OpenIdClient:
    """Talks with one provider; remembers what that says of itself, and its keys."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self._known: _Known | None = None
        self._asking: dict[str, asyncio.Task[Any]] = {}
        """What is being read now, by what it is."""
        # Reading the authorities that are trusted takes longer than all the rest.
        self._trusted = ssl.create_default_context(cafile=provider.ca_file)

    async def address(self, attempt: Attempt, back: str, now_s: int, *, again: bool = False) -> str:
        """Where to send the browser; with ``again`` whoever is known there must show who they are anew.

        Raises:
            ProviderAway: the provider cannot be asked.
        """
        known = await self._metadata(now_s)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(attempt.verifier.encode()).digest())
        asked = {
            "response_type": "code",
            "client_id": self.provider.client_id,
            "redirect_uri": back,
            "scope": " ".join(dict.fromkeys(("openid", *self.provider.scopes))),
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": challenge.rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        if again:
            asked |= {"prompt": "login", "max_age": "0"}
        place = known.metadata.authorization_endpoint
        return f"{place}{'&' if '?' in place else '?'}{urlencode(asked)}"

    async def reach(self, now_s: int) -> None:
        """Return if the provider says who it is, and by which keys it signs.

        Raises:
            ProviderAway: it does not.
        """
        await self._keys(now_s, anew=False)

    async def logout_address(self, home: str, now_s: int) -> str | None:
        """Where somebody signs out at the provider as well; None if it has no such place.

        Raises:
            ProviderAway: the provider cannot be asked.
        """
        place = (await self._metadata(now_s)).metadata.end_session_endpoint
        if place is None:
            return None
        asked = {"client_id": self.provider.client_id, "post_logout_redirect_uri": home}
        return f"{place}{'&' if '?' in place else '?'}{urlencode(asked)}"

    async def claims(
        self, answer: Mapping[str, str], attempt: Attempt, back: str, now_s: int
    ) -> dict[str, Any]:
        """What the provider says of whoever came back with an answer, checked.

        Raises:
            ProviderAway: the provider cannot be asked.
            ClaimRefused: the answer, or the token it is good for, proves nothing.
        """
        state = answer.get("state", "")
        if not hmac.compare_digest(state.encode("utf-8", "surrogatepass"), attempt.state.encode()):
            raise ClaimRefused("the answer belongs to another attempt")
        known = await self._metadata(now_s)
        issuer = answer.get("iss")
        if issuer is None and known.metadata.authorization_response_iss_parameter_supported:
            raise ClaimRefused("the answer does not say who gives it")
        if issuer is not None and issuer != self.provider.issuer:
            raise ClaimRefused("the answer is another provider's")
        if "error" in answer:
            raise ClaimRefused(f"the provider says {_word(answer['error'])}")
        if not answer.get("code"):
            raise ClaimRefused("the answer has no code")
        token = await self._redeemed(known.metadata, answer["code"], attempt, back)
        claims = await self._signed(token, now_s)
        check(claims, Expected(self.provider.issuer, self.provider.client_id, attempt.nonce), now_s)
        return claims

    async def left(self, token: str, now_s: int) -> Left:
        """Who the provider says has left it, by a logout token.

        Raises:
            ProviderAway: its keys cannot be read.
            ClaimRefused: the token proves nothing.
        """
        claims = await self._signed(token, now_s)
        return left(claims, self.provider.issuer, self.provider.client_id, now_s)

    # -- what it says of itself --------------------------------------------------------------------

    async def _metadata(self, now_s: int) -> _Known:
        known = self._known
        if known is None or now_s - known.at >= KEPT_S:
            known = self._known = await self._together("metadata", lambda: self._read_metadata(now_s))
        return known

    async def _read_metadata(self, now_s: int) -> _Known:
        place = f"{self.provider.issuer.rstrip('/')}/.well-known/openid-configuration"
        read = await self._read(place, _Metadata)
        if read.issuer != self.provider.issuer:
            raise ProviderAway("it says that it is another issuer")
        for address in (read.authorization_endpoint, read.token_endpoint, read.jwks_uri):
            require_safe(address)
        if read.end_session_endpoint is not None:
            require_safe(read.end_session_endpoint)
        return _Known(read, now_s)

    async def _keys(self, now_s: int, *, anew: bool) -> KeySet:
        known = await self._metadata(now_s)
        stale = now_s - known.keys_at >= (AGAIN_S if anew else KEPT_S)
        if known.keys is None or stale:
            known.keys = await self._together("keys", lambda: self._read_keys(known.metadata))
            known.keys_at = now_s
        return known.keys

    async def _read_keys(self, metadata: _Metadata) -> KeySet:
        read = await self._read(metadata.jwks_uri, dict[str, Any])
        try:
            keys = [each for each in read.get("keys", []) if each.get("use", "sig") == "sig"]
            return KeySet.import_key_set({"keys": keys})
        except (JoseError, ValueError, KeyError, TypeError, AttributeError):
            raise ProviderAway("its keys cannot be read") from None

    async def _together(self, what: str, read: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What is read; whoever wants it while it is being read is told the same.

        Anybody may send a token, and each would have the provider asked by whose key it is signed.
        """
        asking = self._asking.get(what)
        if asking is None or asking.done():
            asking = self._asking[what] = asyncio.create_task(read())
        # One who goes away must not end it for the others.
        told: T = await asyncio.shield(asking)
        return told

    # -- the token ---------------------------------------------------------------------------------

    async def _redeemed(self, metadata: _Metadata, code: str, attempt: Attempt, back: str) -> str:
        """The ID token that a code is good for."""
        sent = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "code_verifier": attempt.verifier,
            "client_id": self.provider.client_id,
        }
        secret, basic = self.provider.client_secret, None
        if secret is not None and "client_secret_basic" in metadata.token_endpoint_auth_methods_supported:
            basic = httpx.BasicAuth(_form(self.provider.client_id), _form(secret.reveal()))
            del sent["client_id"]
        elif secret is not None:
            sent["client_secret"] = secret.reveal()
        try:
            answer: _Tokens = await self._read(metadata.token_endpoint, _Tokens, sent, basic)
        except _Refused as refused:
            raise ClaimRefused(f"the provider does not take the code: {refused}") from None
        return answer.id_token

    async def _signed(self, token: str, now_s: int) -> dict[str, Any]:
        """What a token says, if a key of the provider signed it."""
        for anew in (False, True):
            keys = await self._keys(now_s, anew=anew)
            try:
                return dict(jwt.decode(token, keys, algorithms=list(ALGORITHMS)).claims)
            except (JoseError, ValueError, KeyError, TypeError):
                # It may have changed its keys since we read them: they are read once more.
                continue
        raise ClaimRefused("the token is not signed by the provider")

    # -- asking ------------------------------------------------------------------------------------

    async def _read(
        self,
        address: str,
        shape: Any,
        form: Mapping[str, str] | None = None,
        basic: "httpx.BasicAuth | None" = None,
    ) -> Any:
        """What an address of the provider answers.

        Raises:
            ProviderAway: nothing that can be used.
            _Refused: what was sent was not taken.
        """
        require_safe(address)
        host = urlsplit(address).hostname or ""
        try:
            async with (
                httpx.AsyncClient(timeout=ANSWER_S, verify=self._trusted, follow_redirects=False) as web,
                web.stream("GET" if form is None else "POST", address, data=form, auth=basic) as answer,
            ):
                body = b""
                async for part in answer.aiter_bytes():
                    body += part
                    if len(body) > LARGEST:
                        raise ProviderAway(f"{host} answers too much")
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise ProviderAway(f"{host}: {type(error).__name__}") from None
        if form is not None and answer.status_code in (400, 401):
            raise _Refused(_fault(body))
        if not answer.is_success:
            raise ProviderAway(f"{host} answers HTTP {answer.status_code}")
        try:
            return msgspec.json.decode(body, type=shape)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise ProviderAway(f"{host} answers what is not understood") from None


class _Refused(Exception):
    """The provider does not take what was sent."""


def require_safe(address: str) -> None:
    """Return if nobody can listen in on what is sent to an address.

    Raises:
        ProviderAway: it is plain HTTP to another machine, or no address.
    """
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOCAL):
        raise ProviderAway("it names an address that is not HTTPS")


def _fault(body: bytes) -> str:
    try:
        told = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return "unknown"
    return _word(told.get("error") if isinstance(told, dict) else None)


def _word(error: Any) -> str:
    """An error code of OAuth, or what was there in place of one: nothing that somebody else worded."""
    known = (
        isinstance(error, str) and len(error) <= 64 and error.replace("_", "").isalpha() and error.isascii()
    )
    return str(error) if known else "unknown"


def _form(text: str) -> str:
    """A part of HTTP basic authentication as OAuth wants it (RFC 6749, section 2.3.1)."""
    return urlencode({"": text})[1:]
