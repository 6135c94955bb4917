"""Lags from receipt to commit; events of a type that this version does not know count, too."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from models.tables import TEXT

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "commit_lag",
        sa.Column("hour", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("within_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("deliveries", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hour", "within_ms"),
    )
    with op.batch_alter_table("event") as event:
        event.alter_column("sid", existing_type=TEXT, nullable=True)
        event.alter_column("vid", existing_type=TEXT, nullable=True)
        event.create_index("ix_event_type", ["type", "received_at"])


def downgrade() -> None:
    """Undo."""
    op.execute("DELETE FROM event WHERE sid IS NULL")
    with op.batch_alter_table("event") as event:
        event.drop_index("ix_event_type")
        event.alter_column("vid", existing_type=TEXT, nullable=False)
        event.alter_column("sid", existing_type=TEXT, nullable=False)
    op.drop_table("commit_lag")
