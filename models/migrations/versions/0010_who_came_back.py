"""Whoever was touched again after a time is found by an index."""

from collections.abc import Sequence

from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.create_index("ix_lead_last_touched_at", "lead", ["last_touched_at", "first_seen", "key"])


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_lead_last_touched_at", "lead")
