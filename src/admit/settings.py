"""Settings: the only reader of files and environment."""

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, get_args, get_origin
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from admit.base.sealing import Secret

FILE = "admit.toml"
"""The file of settings, in the data directory."""
PREFIX = "ADMIT_"
"""What the environment's names begin with: ``ADMIT_HTTP`` sets ``http``."""

_PORT = r"(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[0-9]{1,4})"
Address: TypeAlias = Annotated[
    str,
    msgspec.Meta(
        pattern=rf"^((\[[0-9A-Fa-f:.%]+\]|[^\s:\[\]]*):{_PORT})?(?!\n)$",
        description="host:port, such as 127.0.0.1:8080 or [::1]:8080, or nothing",
    ),
]
"""An IPv6 address stands in brackets; empty for none."""
DatabaseURL: TypeAlias = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^$|^(postgresql(\+psycopg)?|sqlite)://.",
        description="postgresql://user:password@host/database or sqlite:///path",
    ),
]
Region: TypeAlias = Annotated[
    str,
    msgspec.Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*(?!\n)$", description="lower-case words joined by hyphens"),
]


LdapURL: TypeAlias = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^(ldaps?://[^\s/?#]+)?(?!\n)$",
        description="ldaps://host or ldap://host",
    ),
]


ProviderURL: TypeAlias = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^((https://|http://(localhost|127\.0\.0\.1|\[::1\])(?=[:/]|$))[^\s?#]+)?(?!\n)$",
        description="https://host/path, or http:// on this machine",
    ),
]
SyslogURL: TypeAlias = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^((udp|tcp|tls)://[^\s/?#]+|unix:///[^\s]+)?(?!\n)$",
        description="tls://host:6514, tcp://host:601, udp://host:514 or unix:///dev/log",
    ),
]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that can be set, each with what it means."""

    data: Path = Path("admit-data")
    """The data directory: database, sealed keys, certificates."""
    http: Address = "127.0.0.1:8080"
    """Where plain HTTP is served, as host:port; empty for not at all."""
    https: Address = "127.0.0.1:8443"
    """Where HTTPS is served, as host:port; empty for not at all."""
    public_url: str = ""
    """Where browsers and applications reach it, such as https://admit.example.com, if not as it is served."""
    ssh: Address = "127.0.0.1:2222"
    """Where people log on to hosts by SSH, as host:port; empty for not at all."""
    gate_socket: Path | None = None
    """Where gates of their own (``admit ssh``) reach this server: a UNIX socket's path; empty for none."""
    gate_users: tuple[str, ...] = ()
    """The system users, by name or number, whose gates may connect there, besides whoever runs the server."""
    gate_group: str = ""
    """The system group, by name or number, that may open the socket; empty for its owner alone."""
    database_url: DatabaseURL = ""
    """The database; by default SQLite in the data directory. ``postgresql://…`` for PostgreSQL."""
    database_replica_url: DatabaseURL = ""
    """A copy that PostgreSQL keeps: slow lists are read from it while it is as new as they must be."""
    node: Annotated[str, msgspec.Meta(max_length=100)] = ""
    """What this server is called among several that share a database; by default its machine's name."""
    lease_seconds: Annotated[int, msgspec.Meta(ge=2, le=600)] = 30
    """How long a node may say nothing before the others end its sessions, and do what it did for all."""
    region: Region = "cn-hangzhou"
    """The region this system says it is in."""
    time_zone: str = "UTC"
    """Whose clock the hours of control policies are told by: UTC, or a name such as Europe/Berlin."""
    propagation_ms: Annotated[int, msgspec.Meta(ge=0, le=600_000)] = 0
    """How much later than a grant the App Streaming client view honours it, in milliseconds."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """The least severe lines that are logged."""
    log_json: bool = False
    """Whether logs are written as JSON, one object a line, instead of for people."""
    metrics_public: bool = False
    """Whether ``/metrics`` answers callers from other machines as well; nobody has to sign there."""
    tls_names: tuple[str, ...] = ()
    """Host names and addresses the server certificate is for, besides the local ones."""
    tls_certificate: Path | None = None
    """Your own server certificate with its chain, PEM, in place of the data directory's authority."""
    tls_key: Path | None = None
    """The key of your own certificate, PEM, without a password."""
    mail_host: str = ""
    """The mail server; empty if no mail is to be sent."""
    mail_port: Annotated[int, msgspec.Meta(ge=1, le=65_535)] = 587
    """The mail server's port: usually 587 with starttls, 465 with tls, 25 with none."""
    mail_sender: str = ""
    """Whom mail is from: an address, or a name and an address, ``admit <admit@example.com>``."""
    mail_security: Literal["starttls", "tls", "none"] = "starttls"
    """starttls: encrypted, or not sent. tls: encrypted from the first byte. none: nothing is encrypted."""
    mail_username: str = ""
    """Who signs in at the mail server; empty if nobody must."""
    mail_password: Secret | None = None
    """The password at the mail server."""
    mail_ca_file: Path | None = None
    """Trust only the mail server certificates of this PEM file; by default those the system trusts."""
    ldap_url: LdapURL = ""
    """The directory with the passwords of bastion users from AD or LDAP. ``ldap://…`` is with STARTTLS."""
    ldap_ca_file: Path | None = None
    """Trust only the directory's certificates of this PEM file; by default those the system trusts."""
    sign_in_oidc_issuer: ProviderURL = ""
    """The OpenID provider outside people may sign in by, as it names itself; empty for none."""
    sign_in_oidc_client_id: str = ""
    """What the provider knows admit as. Its redirect URI is ``/sign-in/oidc/return`` below ``public_url``."""
    sign_in_oidc_client_secret: Secret | None = None
    """The secret that the provider gave admit; none for a client that is known by PKCE alone."""
    sign_in_oidc_name: str = ""
    """What the provider is called on the page where one signs in; its host if empty."""
    sign_in_oidc_scopes: tuple[str, ...] = ("profile",)
    """What is asked of the provider besides ``openid``, so that the claim is in the ID token."""
    sign_in_oidc_claim: str = "preferred_username"
    """The claim of the ID token that says who somebody is; of ``email`` only what is verified."""
    sign_in_oidc_matches: Literal["name", "external-id"] = "name"
    """What the claim is compared with: a user's own name, or the ID an outside directory gave the user."""
    sign_in_oidc_directories: tuple[str, ...] = ()
    """Whose users it proves, and no others: IDs of bastion hosts and IDaaS instances, eds-user, ram."""
    sign_in_oidc_ca_file: Path | None = None
    """Trust only the provider's certificates of this PEM file; by default those the system trusts."""
    syslog: SyslogURL = ""
    """Where every entry of the ledger is sent, as syslog (RFC 5424) with JSON inside; empty for nowhere."""
    syslog_ca_file: Path | None = None
    """Trust only the syslog server's certificates of this PEM file; by default those the system trusts."""
    approver_addresses: tuple[str, ...] = ()
    """Who is mailed of each request and each broken glass, besides owners and RAM users who may decide."""
    mail_days: Annotated[int, msgspec.Meta(ge=1, le=36_500)] = 30
    """How many days messages are kept after they were sent, or have failed for good."""
    two_factor: tuple[Literal["totp", "email"], ...] = ()
    """What bastion host users whose own setting is Global are asked for besides: totp, email; or nothing."""
    ssh_host_keys: Literal["pin-first", "pinned-only"] = "pin-first"
    """pin-first: the key a host shows first is pinned. pinned-only: without it nobody gets there."""
    ssh_recording: Literal["required", "off"] = "required"
    """Whether sessions over SSH are recorded; required: one that cannot be recorded is refused, or ended."""
    ssh_recording_input: bool = False
    """Whether recordings hold what is typed as well: passwords typed at a prompt are then in them."""
    streaming: bool = True
    """Whether applications are streamed into browsers."""
    streaming_launcher: Path | None = None
    """The socket of an `admit launcher` that starts them; by default the server itself does."""
    streaming_sessions: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 20
    """How many applications may be streamed at once by this server."""
    streaming_recording: Literal["required", "off"] = "required"
    """Whether streamed applications are recorded; required: one that cannot be recorded is not shown."""
    streaming_upload_mb: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1024
    """The largest file that may be put into the home folder of a streamed application, in MiB."""
    streaming_home_mb: Annotated[int, msgspec.Meta(ge=1, le=100_000_000)] = 10_240
    """How much the home folder of a streamed application may hold, in MiB: what makes it more is ended."""
    recording_days: Annotated[int, msgspec.Meta(ge=1, le=36_500)] = 90
    """How many days recordings are kept after their sessions have ended."""
    recording_free_mb: Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)] = 512
    """No recording begins with less free on the disk, in MiB: the database may need the rest."""
    recording_most_mb: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1024
    """The greatest size of one recording on the disk, in MiB; its session ends with it."""
    web_session_hours: Annotated[int, msgspec.Meta(ge=1, le=720)] = 12
    """How many hours a browser stays signed in at most."""
    web_idle_minutes: Annotated[int, msgspec.Meta(ge=5, le=43_200)] = 60
    """After how many minutes without use a browser is signed out."""
    session_days: Annotated[int, msgspec.Meta(ge=1, le=36_500)] = 365
    """How many days sessions are listed after they have ended. The ledger keeps their ends for ever."""
    activity_days: Annotated[int, msgspec.Meta(ge=1, le=36_500)] = 365
    """How many days activity is kept: calls, decisions, sign-ins, sessions. The ledger is kept for ever."""

    index_mb: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 512
    """How much memory the index of all links may take, in MiB: questions it cannot answer go to the database.
    A link takes some 16 bytes; 0 for no index."""

    @property
    def zone(self) -> tzinfo:
        """The zone of ``time_zone``.

        Raises:
            ValueError: the system knows none of this name.
        """
        if self.time_zone == "UTC":
            # So that a system without a database of zones can start.
            return UTC
        try:
            return ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, OSError) as error:
            raise ValueError(self.time_zone) from error

    @property
    def url(self) -> str:
        """Where browsers and applications reach it, without a slash at the end."""
        served = f"https://{self.https}" if self.https else f"http://{self.http}"
        return (self.public_url or served).rstrip("/")

    @property
    def store_url(self) -> str:
        """The database's URL."""
        return self.database_url or f"sqlite:///{self.database_file.absolute()}"

    @property
    def database_file(self) -> Path:
        """Where SQLite keeps the database, unless ``database_url`` names another."""
        return self.data / "admit.db"

    @property
    def key_file(self) -> Path:
        """The file with the keys that seal."""
        return self.data / "seal.key"

    @property
    def recordings(self) -> Path:
        """The directory of recorded sessions."""
        return self.data / "recordings"

    @property
    def tls(self) -> Path:
        """The directory of the authority and its certificates."""
        return self.data / "tls"

    @property
    def server_names(self) -> tuple[str, ...]:
        """What the server certificate is for: ``tls_names``, and the host of ``https`` if it is one."""
        host = self.https.rpartition(":")[0].strip("[]")
        return self.tls_names if host in ("", "0.0.0.0", "::") else (*self.tls_names, host)  # noqa: S104 - compared


class SettingsRefused(Exception):
    """Settings that cannot be used. The text names each fault and where it stands, one a line."""


_KINDS = {field.name: field.type for field in msgspec.structs.fields(Settings)}

SECRETS = tuple(name for name, kind in _KINDS.items() if Secret in (kind, *get_args(kind)))
"""The settings that are secret."""

# What the commands read that call a server elsewhere, and what Kubernetes puts into every container beside a
# service named "admit".
_NOT_SETTINGS = re.compile(
    r"ADMIT_(ENDPOINT|CA|SERVICE_(HOST|PORT(_\w+)?)|PORT(_\d+_(TCP|UDP)(_(PROTO|PORT|ADDR))?)?)"
)


def load(flags: Mapping[str, object], environment: Mapping[str, str] = os.environ) -> Settings:
    """What is set by the file in the data directory, over it the environment, over both the flags.

    A flag of ``None`` was not given.

    Raises:
        SettingsRefused: an unknown name, a value that is none, a file that cannot be read.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    named = {
        name: value
        for name, value in environment.items()
        if name.startswith(PREFIX) and not _NOT_SETTINGS.fullmatch(name)
    }
    file = Path(str(given.get("data") or named.get(f"{PREFIX}DATA") or Settings().data)) / FILE
    faults: list[str] = []
    values: dict[str, object] = {}
    for name, value in _read(file, faults).items():
        if name == "data":
            faults.append(f"{name} in {file}: the data directory cannot be set by a file that lies in it.")
        else:
            _put(values, faults, (name, str(file)), value)
    for name, value in named.items():
        _put(values, faults, (name.removeprefix(PREFIX).lower(), f"the environment as {name}"), value)
    for name, value in given.items():
        _put(values, faults, (name, f"the command line as --{name.replace('_', '-')}"), value)
    settings = Settings(**values)  # type: ignore[arg-type]  # each was converted to its field's type
    faults += _contradictions(settings)
    if faults:
        raise SettingsRefused("\n".join(faults))
    return settings


def _read(file: Path, faults: list[str]) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except NotADirectoryError:
        faults.append(f"{file.parent} is not a directory.")
    except OSError as error:
        faults.append(f"{file} cannot be read: {error.strerror}.")
    except ValueError as error:
        faults.append(f"{file} is not TOML: {error}.")
    return {}


def _put(values: dict[str, object], faults: list[str], what: tuple[str, str], value: object) -> None:
    """Convert one value to its field's type and keep it, or note what is wrong with it."""
    name, place = what
    if name not in _KINDS:
        near = difflib.get_close_matches(name, _KINDS, 1, 0.0)[0]
        faults.append(f"{name} in {place}: there is no such setting. Is it {near}?")
        return
    kind = _KINDS[name]
    # TOML has types of its own; the environment and the command line have only text.
    text = not place.endswith(FILE)
    if text:
        value = str(value)
        if get_origin(kind) is tuple:
            value = [part.strip() for part in value.split(",") if part.strip()]
    try:
        values[name] = msgspec.convert(value, kind, strict=not text, dec_hook=_from_text)
    except msgspec.ValidationError:
        # A secret is not shown, nor a URL, which may hold one.
        hidden = kind is DatabaseURL or Secret in (kind, *get_args(kind))
        shown = "" if hidden else f" {value!r}"
        faults.append(f"{name} in {place}:{shown} cannot be used. Expected: {takes(kind)}.")


def _from_text(kind: type, value: object) -> object:
    if not isinstance(value, str):
        raise TypeError("Expected text.")
    if kind is Path:
        return Path(value).expanduser()
    return kind(value)


def _contradictions(settings: Settings) -> list[str]:
    """What is wrong only together, or only here."""
    found = []
    if (settings.tls_certificate is None) != (settings.tls_key is None):
        found.append("tls_certificate and tls_key go together: set both or neither.")
    if (settings.mail_username == "") != (settings.mail_password is None):
        found.append("mail_username and mail_password go together: set both or neither.")
    try:
        _ = settings.zone
    except ValueError:
        found.append(f"time_zone: this system knows no zone {settings.time_zone!r}. Is tzdata installed?")
    if settings.sign_in_oidc_issuer and not settings.sign_in_oidc_client_id:
        found.append(
            "sign_in_oidc_client_id must say what the provider of sign_in_oidc_issuer knows admit as."
        )
    if settings.sign_in_oidc_issuer and not settings.sign_in_oidc_directories:
        found.append("sign_in_oidc_directories must say whose users sign_in_oidc_issuer proves.")
    if "email" in settings.two_factor and not settings.mail_host:
        found.append("two_factor: codes cannot be mailed before mail_host is set.")
    if settings.mail_host and not settings.mail_sender:
        found.append("mail_sender must say whom mail is from if mail_host is set.")
    return found


# -- what it names -----------------------------------------------------------------------------------


def paths_in(text: str) -> dict[str, str]:
    """The paths that a file of settings names, by setting."""
    values = tomllib.loads(text)
    return {name: str(value) for name, value in values.items() if Path in get_args(_KINDS.get(name))}


def takes(kind: Any) -> str:
    """A type in the reader's words."""
    if get_origin(kind) is Literal:
        return " or ".join(get_args(kind))
    if get_origin(kind) is tuple:
        return "a list, in the environment separated by commas"
    for limits in getattr(kind, "__metadata__", ()):
        return str(limits.description or f"a number from {limits.ge} to {limits.le}")
    words = {bool: "true or false", str: "text", Path: "a path", Secret: "a secret text"}
    return next(words[each] for each in (kind, *get_args(kind)) if each in words)
