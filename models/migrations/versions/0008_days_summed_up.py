"""Days summed up; leads know their last touch, and when the first and the last one were."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from models.tables import TEXT

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")


def upgrade() -> None:
    """Apply. No day is summed up yet: the projector does it."""
    for name, columns in (
        (
            "session_day",
            (
                sa.Column("visits", TEXT, nullable=False),
                sa.Column("durations", sa.LargeBinary(), nullable=False),
                sa.Column("leads", sa.LargeBinary(), nullable=False),
            ),
        ),
        (
            "lead_day",
            (
                sa.Column("touches", TEXT, nullable=False),
                sa.Column("facts", sa.LargeBinary(), nullable=False),
            ),
        ),
        ("event_day", (sa.Column("counts", TEXT, nullable=False),)),
    ):
        op.create_table(
            name,
            sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
            *columns,
            sa.PrimaryKeyConstraint("day"),
        )
    op.drop_index("ix_session_heard_at", "session")
    op.create_index("ix_session_heard_at", "session", ["heard_at", "stages"])
    for name in ("first_touched_at", "last_touched_at"):
        op.add_column("lead", sa.Column(name, sa.BigInteger(), nullable=True))
    for name in _UTM:
        op.add_column("lead", sa.Column(f"last_{name}", TEXT, nullable=True))
    # Where nothing is derived nothing has to be derived again.
    op.execute("UPDATE projection SET rules = 4 WHERE NOT EXISTS (SELECT 1 FROM delivery)")


def downgrade() -> None:
    """Undo."""
    for name in (*(f"last_{name}" for name in _UTM), "last_touched_at", "first_touched_at"):
        op.drop_column("lead", name)
    op.drop_index("ix_session_heard_at", "session")
    op.create_index("ix_session_heard_at", "session", ["heard_at"])
    for name in ("event_day", "lead_day", "session_day"):
        op.drop_table(name)
