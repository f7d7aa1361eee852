"""Every table. What a policy is made of carries ``policy``: it cannot change in silence."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from admit.core.validity import BEGINNING, FOREVER
from admit.store.within import Detail, Renames

BEGINNING_GRANT = f"stage = 1 and starts_at <> {BEGINNING}"
"""Which links are grants that begin at some moment, in the same way."""

metadata = MetaData()

POLICY = {"policy": True}
"""A transaction that writes such a table must record an event."""

_Json = JSON().with_variant(JSONB(), "postgresql")
KEY = BigInteger().with_variant(Integer(), "sqlite")
"""The type of a key that is one number: by this one SQLite finds rows, and counts them up, by themselves."""


TIME_BOUND_GRANT = f"stage = 1 and ends_at <> {FOREVER}"
"""Which links are grants with an end; their index is used where a statement says so in the same words.

It is said without "less than": that would be taken for the end of the range that is looked up.
"""

revision = Table(
    "revision",
    metadata,
    Column("only", Integer, primary_key=True, comment="always 1: this table has one row"),
    Column("n", BigInteger, nullable=False, comment="the number of the newest change"),
    Column("head", LargeBinary, nullable=False, comment="the newest entry's hash in the ledger's chain"),
    Column("callers", BigInteger, nullable=False, comment="the newest change to who may call, and for what"),
    comment="The version of the whole policy. Taken last in a transaction, so commit order is number order.",
)

transactions = Table(
    "transactions",
    metadata,
    Column("revision", KEY, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False, comment="UNIX milliseconds"),
    Column("actor", Text, nullable=False, comment="ARN of who did it"),
    Column("action", Text, nullable=False, comment="the operation, as service:Operation"),
    Column("request_id", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False, comment="where the ledger's chain stood after it"),
    comment="The ledger, one row for each transaction: when, by whom, by which call, and its seal.",
)

changes = Table(
    "changes",
    metadata,
    Column("revision", BigInteger, nullable=False, autoincrement=False),
    Column("ordinal", Integer, nullable=False, autoincrement=False),
    Column("event", Text, nullable=False, comment="name of the event's class"),
    Column("fact", Text, nullable=False, comment="the event as JSON, byte for byte as it was hashed"),
    Column("about", BigInteger, nullable=False, comment="the thing, the link's source, whose session it was"),
    Column("about_too", BigInteger, comment="the link's target, what the session was at; else empty"),
    PrimaryKeyConstraint("revision", "ordinal", name="changes_are_numbered"),
    Index("changes_about", "about", "revision", "ordinal"),
    Index(
        "changes_about_too",
        "about_too",
        "revision",
        "ordinal",
        sqlite_where=text("about_too is not null"),
        postgresql_where=text("about_too is not null"),
    ),
    sqlite_with_rowid=False,
    comment="The change log and ledger: append only, in one order, every policy change in full.",
)

RENAMES = Renames(changes.c.event, changes.c.fact)
"""Entries that give something another name: few, and looked for where a past moment is asked about."""
Index(
    "changes_that_rename", changes.c.revision, changes.c.about, sqlite_where=RENAMES, postgresql_where=RENAMES
)

OF_FEW = text("kind not in (1, 2, 20, 21) and removed_at is null")
"""Living things of the kinds there are few of: all but persons, users, hosts and their accounts.

A statement that says the same in the same words finds them by ``things_of_few``; any other never looks at it.
"""

OF_MANY = text("kind in (1, 2, 20, 21) and removed_at is null")
"""Living persons, users, hosts and their accounts: listed by ``things_of_many``, in the same way."""

things = Table(
    "things",
    metadata,
    Column("key", KEY, primary_key=True, autoincrement=True),
    Column("kind", SmallInteger, nullable=False),
    Column("parent", BigInteger, nullable=False, comment="key of what it lives in; 0 for none"),
    Column("id", Text, nullable=False, comment="the id it has on the wire"),
    Column("name", Text, nullable=False),
    Column("handle", Text, comment="what must be unique among its living siblings, if anything"),
    Column("details", _Json, nullable=False, comment="the rest of its attributes"),
    Column("created_at", BigInteger, nullable=False, comment="UNIX milliseconds"),
    Column("changed_at", BigInteger, nullable=False, comment="UNIX milliseconds"),
    Column("removed_at", BigInteger, comment="UNIX milliseconds; empty while it lives"),
    # What tells most comes first. An index that begins with the kind would be walked for all of a kind.
    UniqueConstraint("id", "kind", "parent", name="an_id_names_one_thing"),
    Index(
        "a_handle_is_held_by_one",
        "kind",
        "parent",
        "handle",
        unique=True,
        sqlite_where=text("removed_at is null and handle is not null"),
        postgresql_where=text("removed_at is null and handle is not null"),
    ),
    Index("things_by_name", "name", "kind", "parent"),
    # Kinds there are few of are listed whole, and would be looked for among all people and accounts.
    Index("things_of_few", "kind", "name", "parent", sqlite_where=OF_FEW, postgresql_where=OF_FEW),
    # One of these kinds would be listed from among the names of the others.
    Index("things_of_many", "kind", "name", "parent", sqlite_where=OF_MANY, postgresql_where=OF_MANY),
    # What is no more is looked for only where a past moment is asked about.
    Index(
        "things_removed",
        "kind",
        "name",
        "parent",
        sqlite_where=text("removed_at is not null"),
        postgresql_where=text("removed_at is not null"),
    ),
    # With removed_at, what lives is counted from the index alone.
    Index("things_by_parent", "parent", "kind", "removed_at"),
    comment="Everything that has an id: people, users, groups, hosts, rules, keys.",
    info=POLICY,
)

for _name in ("source_user_id", "external_id"):
    # What a user is elsewhere: asked for with each call, or each time another is made.
    _detail = Detail(things.c.details, _name)
    Index(
        f"things_by_{_name}",
        _detail,
        things.c.parent,
        sqlite_where=_detail.is_not(None),
        postgresql_where=_detail.is_not(None),
    )

blocks = Table(
    "blocks",
    metadata,
    Column("thing", BigInteger, nullable=False),
    Column("word", Text, nullable=False, comment="locked, disabled"),
    Column("added_at", BigInteger, nullable=False, comment="UNIX milliseconds"),
    Column("removed_at", BigInteger, comment="UNIX milliseconds; empty while it stands"),
    PrimaryKeyConstraint("thing", "word", "added_at", name="a_block_begins_once"),
    comment="When a thing passes nothing on: now and in the past.",
    info=POLICY,
)

links = Table(
    "links",
    metadata,
    Column("source", BigInteger, nullable=False, autoincrement=False),
    Column("stage", SmallInteger, nullable=False, autoincrement=False, comment="0 join, 1 grant, 2 hold"),
    Column("target", BigInteger, nullable=False, autoincrement=False),
    Column("starts_at", BigInteger, nullable=False, comment="UNIX milliseconds, inside"),
    Column("ends_at", BigInteger, nullable=False, comment="UNIX milliseconds, outside"),
    Column("added_at", BigInteger, nullable=False, comment="UNIX milliseconds"),
    Column("added_in", BigInteger, nullable=False, comment="revision"),
    Column("grace", BigInteger, comment="milliseconds a session may go on after the end; empty for none"),
    PrimaryKeyConstraint("source", "stage", "target", name="two_things_are_joined_once"),
    Index("links_by_target", "target", "stage", "source"),
    # What will end, or has, is listed by when: most links have no end, and are not in it.
    Index(
        "grants_by_end",
        "ends_at",
        "source",
        "target",
        sqlite_where=text(TIME_BOUND_GRANT),
        postgresql_where=text(TIME_BOUND_GRANT),
    ),
    Index(
        "grants_by_start",
        "starts_at",
        "source",
        "target",
        sqlite_where=text(BEGINNING_GRANT),
        postgresql_where=text(BEGINNING_GRANT),
    ),
    sqlite_with_rowid=False,
    comment="The one relation, as it stands.",
    info=POLICY,
)

past_links = Table(
    "past_links",
    metadata,
    Column("source", BigInteger, nullable=False, autoincrement=False),
    Column("stage", SmallInteger, nullable=False, autoincrement=False),
    Column("target", BigInteger, nullable=False, autoincrement=False),
    # What the key is made of comes first, in its order: the integrity check of SQLite 3.40 takes columns of
    # a table without row ids by their place in the file, and finds nulls that are not there.
    Column("removed_in", BigInteger, nullable=False),
    Column("added_in", BigInteger, nullable=False),
    Column("starts_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("added_at", BigInteger, nullable=False),
    Column("removed_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("source", "stage", "target", "removed_in", "added_in", name="a_link_ends_once"),
    Index("past_links_by_target", "target", "stage", "source"),
    sqlite_with_rowid=False,
    comment="Links that were: a link is closed, never deleted.",
    info=POLICY,
)

secrets = Table(
    "secrets",
    metadata,
    Column("thing", BigInteger, nullable=False, autoincrement=False),
    Column("purpose", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False, comment="AES-256-GCM, key outside the database"),
    PrimaryKeyConstraint("thing", "purpose", name="a_thing_has_one_secret_for_a_purpose"),
    comment="Secrets at rest, sealed.",
    info=POLICY,
)

client_tokens = Table(
    "client_tokens",
    metadata,
    Column("caller", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("token", Text, nullable=False),
    Column("request_hash", LargeBinary, nullable=False),
    Column("response", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False, comment="UNIX milliseconds"),
    PrimaryKeyConstraint("caller", "action", "token", name="a_token_means_one_request"),
    Index("client_tokens_by_age", "at"),
    comment="What a retry with the same ClientToken is answered.",
)

nonces = Table(
    "nonces",
    metadata,
    Column("nonce", Text, primary_key=True, comment="access key id and signature nonce"),
    Column("at", BigInteger, nullable=False, comment="UNIX milliseconds"),
    Index("nonces_by_age", "at"),
    sqlite_with_rowid=False,
    comment="Signed writes that were carried out, so that none is carried out twice.",
)

cursors = Table(
    "cursors",
    metadata,
    Column("follower", Text, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("failures", Integer, nullable=False, comment="tries of the next change that failed"),
    Column("retry_at", BigInteger, nullable=False, comment="UNIX milliseconds"),
    comment="How far each follower of the change log has come.",
)

messages = Table(
    "messages",
    metadata,
    Column("id", KEY, primary_key=True, autoincrement=True),
    Column("cause", Text, nullable=False, comment="revision/ordinal/recipient: one message each"),
    Column("recipient", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("message_id", Text, nullable=False, comment="the Message-ID header, the same at every try"),
    Column("created_at", BigInteger, nullable=False),
    Column("state", Text, nullable=False, comment="waiting, sent, failed"),
    Column("tries", Integer, nullable=False),
    Column("next_at", BigInteger, nullable=False, comment="when to try next, UNIX milliseconds"),
    Column("last_error", Text),
    Column("sent_at", BigInteger),
    UniqueConstraint("cause", name="a_cause_sends_one_message"),
    Index("messages_waiting", "state", "next_at"),
    comment="The outbox: mail to be sent, kept until the mail server has it.",
)


sessions = Table(
    "sessions",
    metadata,
    Column("key", KEY, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False),
    Column("node", Text, nullable=False, comment="the place whose door it is at"),
    Column("process", Text, nullable=False, comment="which run of that place: one that died had another"),
    Column("door", Text, nullable=False, comment="ssh"),
    Column("person", BigInteger, nullable=False),
    Column("user", BigInteger, nullable=False, comment="the service's user that was proven"),
    Column("resource", BigInteger, nullable=False),
    Column("login", Text, nullable=False, comment="the name used at the resource"),
    Column("peer", Text, nullable=False, comment="the address it came from"),
    Column("client", Text, nullable=False, comment="the program at the other end, as it says itself"),
    Column("what", Text, nullable=False, comment="shell, exec, sftp, forward"),
    Column("revision", BigInteger, nullable=False, comment="of the policy that let it in"),
    Column("opened_at", BigInteger, nullable=False, comment="UNIX milliseconds"),
    Column("seen_at", BigInteger, nullable=False, comment="when its door last said that it lives"),
    Column("until", BigInteger, nullable=False, comment="when it ends if nothing changes"),
    Column("ended_at", BigInteger, comment="UNIX milliseconds; empty while it lives"),
    Column("outcome", Text, comment="the kind of its end: closed, expired, revoked"),
    Column("reason", Text, comment="why it ended, in words"),
    Column("ordered_by", Text, comment="ARN of who ordered its end"),
    Column("ordered_reason", Text, comment="why, in their words"),
    Column("recorded_in", BigInteger, comment="revision of the ledger's entry about its end"),
    UniqueConstraint("id", name="an_id_names_one_session"),
    Index("sessions_by_person", "person", "key"),
    Index("sessions_by_resource", "resource", "key"),
    # Those that live, which have no end, and those that lived still at a past moment.
    Index("sessions_by_end", "ended_at", "opened_at"),
    Index(
        "sessions_to_record",
        "key",
        sqlite_where=text("ended_at is not null and recorded_in is null"),
        postgresql_where=text("ended_at is not null and recorded_in is null"),
    ),
    comment="Sessions at the doors, live and past. Not policy: what they may do is decided elsewhere.",
)

web_sessions = Table(
    "web_sessions",
    metadata,
    Column("token", LargeBinary, primary_key=True, comment="SHA-256 of what the browser's cookie holds"),
    Column("id", Text, nullable=False, comment="what people and pages call it; opens nothing"),
    Column("name", Text, nullable=False, comment="the name that was signed in with"),
    Column("users", Text, nullable=False, comment="keys of exactly the users that were proven, as JSON"),
    Column("caller", BigInteger, comment="key of the RAM user or administrator who was proven, if one was"),
    Column("how", Text, nullable=False, comment="what was shown last: password, code, passkey"),
    Column("peer", Text, nullable=False, comment="the address it was opened from"),
    Column("agent", Text, nullable=False, comment="the browser, as it says itself"),
    Column("opened_at", BigInteger, nullable=False, comment="UNIX milliseconds"),
    Column("proven_at", BigInteger, nullable=False, comment="when somebody last proved to be who they are"),
    Column(
        "seen_at", BigInteger, nullable=False, comment="when it was last used, about a minute more or less"
    ),
    Column("issuer", Text, comment="the provider outside that proved them, if one did"),
    Column("subject", Text, comment="what that calls them"),
    Column("outside_session", Text, comment="what that calls their session there"),
    UniqueConstraint("id", name="an_id_names_one_web_session"),
    Index("web_sessions_by_use", "seen_at"),
    comment="Browsers that are signed in. One that signs out, or is too old, is removed.",
)
