"""The schema of the first release."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision: str | None = None


def upgrade() -> None:
    """Make every table."""
    _revision()
    _changes()
    _things()
    _blocks()
    _links()
    _past_links()
    _secrets()
    _client_tokens()
    _nonces()
    _cursors()
    _messages()
    _activity()
    _sessions()


def _revision() -> None:
    first = op.create_table(
        "revision",
        sa.Column("only", sa.Integer(), nullable=False, comment="always 1: this table has one row"),
        sa.Column("n", sa.BigInteger(), nullable=False, comment="the number of the newest change"),
        sa.Column(
            "head", sa.LargeBinary(), nullable=False, comment="the newest entry's hash in the ledger's chain"
        ),
        sa.Column(
            "callers",
            sa.BigInteger(),
            nullable=False,
            comment="the newest change to who may call, and for what",
        ),
        sa.PrimaryKeyConstraint("only"),
        comment="The version of the whole policy. "
        "Taken last in a transaction, so commit order is number order.",
    )
    op.bulk_insert(first, [{"only": 1, "n": 0, "head": bytes(32), "callers": 0}])


def _changes() -> None:
    op.create_table(
        "changes",
        sa.Column("revision", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="UNIX milliseconds"),
        sa.Column("actor", sa.Text(), nullable=False, comment="ARN of who did it"),
        sa.Column("action", sa.Text(), nullable=False, comment="the operation, as service:Operation"),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False, comment="name of the event's class"),
        sa.Column(
            "fact", sa.Text(), nullable=False, comment="the event as JSON, byte for byte as it was hashed"
        ),
        sa.Column(
            "hash", sa.LargeBinary(), nullable=False, comment="HMAC over the entry and the hash before it"
        ),
        sa.PrimaryKeyConstraint("revision", "ordinal", name="changes_are_numbered"),
        comment="The change log and ledger: append only, in one order, every policy change in full.",
    )


def _things() -> None:
    op.create_table(
        "things",
        sa.Column(
            "key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("parent", sa.BigInteger(), nullable=False, comment="key of what it lives in; 0 for none"),
        sa.Column("id", sa.Text(), nullable=False, comment="the id it has on the wire"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "handle",
            sa.Text(),
            nullable=True,
            comment="what must be unique among its living siblings, if anything",
        ),
        sa.Column(
            "details",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
            comment="the rest of its attributes",
        ),
        sa.Column("created_at", sa.BigInteger(), nullable=False, comment="UNIX milliseconds"),
        sa.Column("changed_at", sa.BigInteger(), nullable=False, comment="UNIX milliseconds"),
        sa.Column(
            "removed_at", sa.BigInteger(), nullable=True, comment="UNIX milliseconds; empty while it lives"
        ),
        sa.PrimaryKeyConstraint("key"),
        sa.UniqueConstraint("id", "kind", "parent", name="an_id_names_one_thing"),
        comment="Everything that has an id: people, users, groups, hosts, rules, keys.",
    )
    op.create_index(
        "a_handle_is_held_by_one",
        "things",
        ["kind", "parent", "handle"],
        unique=True,
        sqlite_where=sa.text("removed_at is null and handle is not null"),
        postgresql_where=sa.text("removed_at is null and handle is not null"),
    )
    op.create_index("things_by_name", "things", ["name", "kind", "parent"])
    op.create_index("things_by_parent", "things", ["parent", "kind", "removed_at"])
    for name in ("source_user_id", "external_id"):
        within = {"sqlite": f"json_extract(details, '$.{name}')", "postgresql": f"(details ->> '{name}')"}
        detail = sa.text(within[op.get_context().dialect.name])
        there = sa.text(f"{detail.text} IS NOT NULL")
        op.create_index(
            f"things_by_{name}", "things", [detail, "parent"], sqlite_where=there, postgresql_where=there
        )


def _blocks() -> None:
    op.create_table(
        "blocks",
        sa.Column("thing", sa.BigInteger(), nullable=False),
        sa.Column("word", sa.Text(), nullable=False, comment="locked, disabled"),
        sa.Column("added_at", sa.BigInteger(), nullable=False, comment="UNIX milliseconds"),
        sa.Column(
            "removed_at", sa.BigInteger(), nullable=True, comment="UNIX milliseconds; empty while it stands"
        ),
        sa.PrimaryKeyConstraint("thing", "word", "added_at", name="a_block_begins_once"),
        comment="When a thing passes nothing on: now and in the past.",
    )


def _links() -> None:
    op.create_table(
        "links",
        sa.Column("source", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "stage", sa.SmallInteger(), autoincrement=False, nullable=False, comment="0 join, 1 grant, 2 hold"
        ),
        sa.Column("target", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False, comment="UNIX milliseconds, inside"),
        sa.Column("ends_at", sa.BigInteger(), nullable=False, comment="UNIX milliseconds, outside"),
        sa.Column("added_at", sa.BigInteger(), nullable=False, comment="UNIX milliseconds"),
        sa.Column("added_in", sa.BigInteger(), nullable=False, comment="revision"),
        sa.Column(
            "grace",
            sa.BigInteger(),
            nullable=True,
            comment="milliseconds a session may go on after the end; empty for none",
        ),
        sa.PrimaryKeyConstraint("source", "stage", "target", name="two_things_are_joined_once"),
        comment="The one relation, as it stands.",
        sqlite_with_rowid=False,
    )
    op.create_index("links_by_target", "links", ["target", "stage", "source"])


def _past_links() -> None:
    op.create_table(
        "past_links",
        sa.Column("source", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("stage", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("target", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("removed_in", sa.BigInteger(), nullable=False),
        sa.Column("added_in", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "source", "stage", "target", "removed_in", "added_in", name="a_link_ends_once"
        ),
        comment="Links that were: a link is closed, never deleted.",
        sqlite_with_rowid=False,
    )
    op.create_index("past_links_by_target", "past_links", ["target", "stage", "source"])


def _secrets() -> None:
    op.create_table(
        "secrets",
        sa.Column("thing", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column(
            "sealed", sa.LargeBinary(), nullable=False, comment="AES-256-GCM, key outside the database"
        ),
        sa.PrimaryKeyConstraint("thing", "purpose", name="a_thing_has_one_secret_for_a_purpose"),
        comment="Secrets at rest, sealed.",
    )


def _client_tokens() -> None:
    op.create_table(
        "client_tokens",
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("response", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="UNIX milliseconds"),
        sa.PrimaryKeyConstraint("caller", "action", "token", name="a_token_means_one_request"),
        comment="What a retry with the same ClientToken is answered.",
    )
    op.create_index("client_tokens_by_age", "client_tokens", ["at"])


def _nonces() -> None:
    op.create_table(
        "nonces",
        sa.Column("nonce", sa.Text(), nullable=False, comment="access key id and signature nonce"),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="UNIX milliseconds"),
        sa.PrimaryKeyConstraint("nonce"),
        comment="Signed writes that were carried out, so that none is carried out twice.",
        sqlite_with_rowid=False,
    )
    op.create_index("nonces_by_age", "nonces", ["at"])


def _cursors() -> None:
    op.create_table(
        "cursors",
        sa.Column("follower", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False, comment="tries of the next change that failed"),
        sa.Column("retry_at", sa.BigInteger(), nullable=False, comment="UNIX milliseconds"),
        sa.PrimaryKeyConstraint("follower"),
        comment="How far each follower of the change log has come.",
    )


def _messages() -> None:
    op.create_table(
        "messages",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("cause", sa.Text(), nullable=False, comment="revision/ordinal/recipient: one message each"),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column(
            "message_id", sa.Text(), nullable=False, comment="the Message-ID header, the same at every try"
        ),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="waiting, sent, failed"),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False, comment="when to try next, UNIX milliseconds"),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("cause", name="a_cause_sends_one_message"),
        comment="The outbox: mail to be sent, kept until the mail server has it.",
    )
    op.create_index("messages_waiting", "messages", ["state", "next_at"])


def _activity() -> None:
    op.create_table(
        "activity",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="UNIX milliseconds"),
        sa.Column(
            "kind", sa.Text(), nullable=False, comment="api-call, decision, sign-in, session-opened, …"
        ),
        sa.Column("outcome", sa.Text(), nullable=False, comment="ok, refused, failed"),
        sa.Column(
            "actor", sa.Text(), nullable=False, comment="ARN of the caller, or the name given at a door"
        ),
        sa.Column("action", sa.Text(), nullable=False, comment="the operation, the command, the file"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "person_key", sa.BigInteger(), nullable=True, comment="key of the person; empty if none is known"
        ),
        sa.Column(
            "person_name", sa.Text(), nullable=True, comment="as people called it then; so the other names"
        ),
        sa.Column("user_key", sa.BigInteger(), nullable=True),
        sa.Column("user_name", sa.Text(), nullable=True),
        sa.Column("resource_key", sa.BigInteger(), nullable=True),
        sa.Column("resource_name", sa.Text(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("peer", sa.Text(), nullable=False, comment="the address it came from"),
        sa.Column("session", sa.Text(), nullable=True, comment="id of the session it was done in"),
        sa.Column("details", sa.Text(), nullable=True, comment="the rest, as JSON"),
        sa.PrimaryKeyConstraint("id"),
        comment="What happens all the time and changes no policy. Kept for a while, not in the ledger.",
    )
    op.create_index("activity_by_time", "activity", ["at"])
    op.create_index("activity_by_kind", "activity", ["kind", "at"])
    op.create_index("activity_by_actor", "activity", ["actor", "at"])
    for column in ("person_key", "person_name", "resource_key", "resource_name", "session"):
        _activity_index(f"activity_by_{column}", column, f"{column} is not null")
    _activity_index("activity_not_ok", "outcome", "outcome <> 'ok'")


def _activity_index(name: str, column: str, condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, "activity", [column, "at"], sqlite_where=where, postgresql_where=where)


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column(
            "key", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False, comment="the place whose door it is at"),
        sa.Column(
            "process",
            sa.Text(),
            nullable=False,
            comment="which run of that place: one that died had another",
        ),
        sa.Column("door", sa.Text(), nullable=False, comment="ssh"),
        sa.Column("person", sa.BigInteger(), nullable=False),
        sa.Column("user", sa.BigInteger(), nullable=False, comment="the service's user that was proven"),
        sa.Column("resource", sa.BigInteger(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False, comment="the name used at the resource"),
        sa.Column("peer", sa.Text(), nullable=False, comment="the address it came from"),
        sa.Column(
            "client", sa.Text(), nullable=False, comment="the program at the other end, as it says itself"
        ),
        sa.Column("what", sa.Text(), nullable=False, comment="shell, exec, sftp, forward"),
        sa.Column("revision", sa.BigInteger(), nullable=False, comment="of the policy that let it in"),
        sa.Column("opened_at", sa.BigInteger(), nullable=False, comment="UNIX milliseconds"),
        sa.Column(
            "seen_at", sa.BigInteger(), nullable=False, comment="when its door last said that it lives"
        ),
        sa.Column("until", sa.BigInteger(), nullable=False, comment="when it ends if nothing changes"),
        sa.Column(
            "ended_at", sa.BigInteger(), nullable=True, comment="UNIX milliseconds; empty while it lives"
        ),
        sa.Column(
            "outcome", sa.Text(), nullable=True, comment="the kind of its end: closed, expired, revoked"
        ),
        sa.Column("reason", sa.Text(), nullable=True, comment="why it ended, in words"),
        sa.Column("ordered_by", sa.Text(), nullable=True, comment="ARN of who ordered its end"),
        sa.Column("ordered_reason", sa.Text(), nullable=True, comment="why, in their words"),
        sa.Column(
            "recorded_in",
            sa.BigInteger(),
            nullable=True,
            comment="revision of the ledger's entry about its end",
        ),
        sa.PrimaryKeyConstraint("key"),
        sa.UniqueConstraint("id", name="an_id_names_one_session"),
        comment="Sessions at the doors, live and past. Not policy: what they may do is decided elsewhere.",
    )
    _session_indexes()


def _session_indexes() -> None:
    lives, ended = sa.text("ended_at is null"), sa.text("ended_at is not null and recorded_in is null")
    op.create_index("sessions_by_person", "sessions", ["person", "key"])
    op.create_index("sessions_by_resource", "sessions", ["resource", "key"])
    op.create_index(
        "sessions_that_live", "sessions", ["node", "process"], sqlite_where=lives, postgresql_where=lives
    )
    op.create_index("sessions_to_record", "sessions", ["key"], sqlite_where=ended, postgresql_where=ended)
