"""Destinations, rules, and the messages that they make."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from models.tables import SERIAL, TEXT

revision: str = "0027"
down_revision: str | None = "0025b"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "destination",
        sa.Column("name", TEXT, primary_key=True),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("sealed", TEXT, nullable=False),
        sa.Column("leaves_out", TEXT, nullable=False),
        sa.Column("owner", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("failing_since", sa.BigInteger()),
        sa.Column("off_since", sa.BigInteger()),
        sa.Column("off_reason", TEXT),
        sa.Column("resume_at", sa.BigInteger()),
    )
    op.create_table(
        "rule",
        sa.Column("name", TEXT, primary_key=True),
        sa.Column("segment", TEXT, nullable=False),
        sa.Column("occasion", TEXT, nullable=False),
        sa.Column("destinations", TEXT, nullable=False),
        sa.Column("cooldown_hours", sa.Integer(), nullable=False),
        sa.Column("cap_per_hour", sa.Integer(), nullable=False),
        sa.Column("quiet", TEXT),
        sa.Column("people", sa.Integer()),
        sa.Column("days", sa.Integer()),
        sa.Column("assign_to", TEXT),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("owner", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "outbox",
        sa.Column("id", SERIAL, primary_key=True),
        sa.Column("key", TEXT, nullable=False, unique=True),
        sa.Column("webhook_id", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("rule", TEXT, nullable=False),
        sa.Column("destination", TEXT, nullable=False),
        sa.Column("lead", TEXT),
        sa.Column("sid", TEXT),
        sa.Column("company", TEXT),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("event_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.BigInteger()),
        sa.Column("status", sa.Integer()),
        sa.Column("answer", TEXT),
        sa.Column("body", TEXT),
        sa.Column("rolled_into", TEXT),
    )
    op.create_index("ix_outbox_due", "outbox", ["destination", "state", "due_at", "id"])
    op.create_index("ix_outbox_state", "outbox", ["state", "made_at"])
    op.create_index("ix_outbox_sid", "outbox", ["sid"])
    op.create_index("ix_outbox_rule", "outbox", ["rule", "made_at"])
    is_rolled = sa.text("rolled_into IS NOT NULL")
    op.create_index(
        "ix_outbox_rolled", "outbox", ["rolled_into"],
        sqlite_where=is_rolled, postgresql_where=is_rolled,
    )  # fmt: skip
    op.create_table(
        "rung",
        sa.Column("sid", TEXT, primary_key=True),
        sa.Column("rule", TEXT, primary_key=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rule_hour",
        sa.Column("rule", TEXT, primary_key=True),
        sa.Column("hour", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("moments", sa.Integer(), nullable=False),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Undo."""
    for name in ("rule_hour", "rung", "outbox", "rule", "destination"):
        op.drop_table(name)
