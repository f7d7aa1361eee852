"""The tables of signing in, here and to applications. None is policy: that is decided elsewhere."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text, text

from admit.store.activity_tables import metadata

__all__ = [
    "client_secret_uses",
    "known_places",
    "mailed_codes",
    "metadata",
    "sign_in_tokens",
    "sign_ins",
    "wrong_tries",
]

sign_ins = Table(
    "sign_ins",
    metadata,
    Column("session", Text, primary_key=True, comment="id of the session it is"),
    Column("application", BigInteger, nullable=False),
    Column("user", BigInteger, nullable=False),
    Column("issuer", Text, nullable=False, comment="who says who they are, as the application knows it"),
    Column("subject", Text, nullable=False, comment="what the application calls them"),
    Column("web_session", Text, comment="the session at admit's own pages it was begun from"),
    Column("scope", Text, nullable=False),
    Column("proven_at", BigInteger, nullable=False, comment="when they showed who they are"),
    Column("lasts_until", BigInteger, nullable=False, comment="when nothing it gave out is left"),
    Column("ended_at", BigInteger, comment="when it was ended at this door; its session's row comes later"),
    Column("logout_uri", Text, comment="where the application wants to be told that it is over"),
    Column("told_at", BigInteger, comment="when it was, or when we gave up"),
    Column("tries", Integer, nullable=False),
    Column("next_at", BigInteger, nullable=False, comment="when to try to tell it, UNIX milliseconds"),
    Column("last_error", Text),
    Index(
        "sign_ins_to_tell",
        "next_at",
        sqlite_where=text("logout_uri is not null and told_at is null"),
        postgresql_where=text("logout_uri is not null and told_at is null"),
    ),
    Index("sign_ins_by_web_session", "web_session"),
    Index("sign_ins_by_end", "lasts_until"),
    comment="Sign-ins to applications: what a session at the OpenID door is besides a session.",
)

sign_in_tokens = Table(
    "sign_in_tokens",
    metadata,
    Column("hash", LargeBinary, primary_key=True, comment="SHA-256 of what was given out"),
    Column("kind", Text, nullable=False, comment="code, access, refresh, device, user-code"),
    Column("application", BigInteger, nullable=False),
    Column("session", Text, comment="the sign-in it belongs to; empty until there is one"),
    Column("made_at", BigInteger, nullable=False, comment="UNIX milliseconds"),
    Column("ends_at", BigInteger, nullable=False),
    Column("used_at", BigInteger, comment="what is good once was used; what was revoked, too"),
    Column("details", Text, nullable=False, comment="the rest, as JSON"),
    Index("sign_in_tokens_by_session", "session"),
    Index("sign_in_tokens_by_end", "ends_at"),
    sqlite_with_rowid=False,
    comment="Codes and tokens that were given to applications, as hashes.",
)

wrong_tries = Table(
    "wrong_tries",
    metadata,
    Column(
        "counted", LargeBinary, primary_key=True, comment="keyed hash of what is counted: a name, a place"
    ),
    Column("wrong", Integer, nullable=False),
    Column("last_at", BigInteger, nullable=False, comment="UNIX milliseconds"),
    Column("paused_until", BigInteger, nullable=False, comment="UNIX milliseconds; 0 for no pause"),
    Index("wrong_tries_by_last", "last_at"),
    sqlite_with_rowid=False,
    comment="Wrong tries to sign in, so that all nodes count together.",
)

known_places = Table(
    "known_places",
    metadata,
    Column("place", LargeBinary, primary_key=True, comment="keyed hash of a name and where it has signed in"),
    Column("last_at", BigInteger, nullable=False, comment="UNIX milliseconds"),
    Index("known_places_by_last", "last_at"),
    sqlite_with_rowid=False,
    comment="From where names have signed in: strangers cannot lock them out there.",
)

mailed_codes = Table(
    "mailed_codes",
    metadata,
    Column("user", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", LargeBinary, nullable=False, comment="keyed hash of the code; the key is elsewhere"),
    Column("mailed_at", BigInteger, nullable=False, comment="UNIX milliseconds"),
    Column("tries", Integer, nullable=False, comment="how many are left"),
    sqlite_with_rowid=False,
    comment="Codes that were mailed to people who are signing in: one each.",
)

client_secret_uses = Table(
    "client_secret_uses",
    metadata,
    Column("secret", BigInteger, primary_key=True, autoincrement=False),
    Column("used_at", BigInteger, nullable=False, comment="when it was shown last, UNIX milliseconds"),
    comment="When the secrets of applications were used last, a few seconds late.",
)
