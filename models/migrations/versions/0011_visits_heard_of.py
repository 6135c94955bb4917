"""Days of sessions by when they were heard of, summed up; companies are searched by an index."""

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
    op.execute("UPDATE company SET search = substr(search, 1, 400) WHERE length(search) > 400")
    op.create_index("ix_company_search", "company", ["search", "key"])
    op.drop_index("ix_lead_last_touched_at", "lead")
    op.create_index(
        "ix_lead_last_touched_at", "lead", ["last_touched_at", "first_touched_at", "key"]
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_lead_last_touched_at", "lead")
    op.create_index("ix_lead_last_touched_at", "lead", ["last_touched_at", "first_seen", "key"])
    op.drop_index("ix_company_search", "company")
    op.drop_table("heard_day")
