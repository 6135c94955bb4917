"""Days of sessions by when they were heard of, summed up."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from models.tables import TEXT

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply. No day is summed up yet: the projector does it."""
    op.create_table(
        "heard_day",
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("counts", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("day"),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("heard_day")
