"""Sign-ins to applications."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Take the step."""
    op.create_table(
        "sign_in_tokens",
        sa.Column("hash", sa.LargeBinary(), nullable=False, comment="SHA-256 of what was given out"),
        sa.Column("kind", sa.Text(), nullable=False, comment="code, access, refresh, device, user-code"),
        sa.Column("application", sa.BigInteger(), nullable=False),
        sa.Column(
            "session", sa.Text(), nullable=True, comment="the sign-in it belongs to; empty until there is one"
        ),
        sa.Column("made_at", sa.BigInteger(), nullable=False, comment="UNIX milliseconds"),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column(
            "used_at",
            sa.BigInteger(),
            nullable=True,
            comment="what is good once was used; what was revoked, too",
        ),
        sa.Column("details", sa.Text(), nullable=False, comment="the rest, as JSON"),
        sa.PrimaryKeyConstraint("hash"),
        comment="Codes and tokens that were given to applications, as hashes.",
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("sign_in_tokens", schema=None) as batch_op:
        batch_op.create_index("sign_in_tokens_by_end", ["ends_at"], unique=False)
        batch_op.create_index("sign_in_tokens_by_session", ["session"], unique=False)

    _sign_ins()


def _sign_ins() -> None:
    op.create_table(
        "sign_ins",
        sa.Column("session", sa.Text(), nullable=False, comment="id of the session it is"),
        sa.Column("application", sa.BigInteger(), nullable=False),
        sa.Column("user", sa.BigInteger(), nullable=False),
        sa.Column(
            "issuer", sa.Text(), nullable=False, comment="who says who they are, as the application knows it"
        ),
        sa.Column("subject", sa.Text(), nullable=False, comment="what the application calls them"),
        sa.Column(
            "web_session",
            sa.Text(),
            nullable=True,
            comment="the session at admit's own pages it was begun from",
        ),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("proven_at", sa.BigInteger(), nullable=False, comment="when they showed who they are"),
        sa.Column("lasts_until", sa.BigInteger(), nullable=False, comment="when nothing it gave out is left"),
        sa.Column(
            "ended_at",
            sa.BigInteger(),
            nullable=True,
            comment="when it was ended at this door; its session's row comes later",
        ),
        sa.Column(
            "logout_uri",
            sa.Text(),
            nullable=True,
            comment="where the application wants to be told that it is over",
        ),
        sa.Column("told_at", sa.BigInteger(), nullable=True, comment="when it was, or when we gave up"),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column(
            "next_at", sa.BigInteger(), nullable=False, comment="when to try to tell it, UNIX milliseconds"
        ),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("session"),
        comment="Sign-ins to applications: what a session at the OpenID door is besides a session.",
    )
    with op.batch_alter_table("sign_ins", schema=None) as batch_op:
        batch_op.create_index("sign_ins_by_end", ["lasts_until"], unique=False)
        batch_op.create_index("sign_ins_by_web_session", ["web_session"], unique=False)
        batch_op.create_index(
            "sign_ins_to_tell",
            ["next_at"],
            unique=False,
            sqlite_where=sa.text("logout_uri is not null and told_at is null"),
            postgresql_where=sa.text("logout_uri is not null and told_at is null"),
        )
