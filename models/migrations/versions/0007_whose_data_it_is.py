"""What forgetting, ignoring and retention need: erased stubs, rivals of a row, barred names."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from models.tables import SERIAL, TEXT

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.add_column("delivery", sa.Column("erased", TEXT, nullable=True))
    op.create_index("ix_event_vid", "event", ["vid"])
    op.create_table(
        "stake",
        sa.Column("target", TEXT, nullable=False),
        sa.Column("rank", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("target", "rank"),
        sqlite_with_rowid=False,
    )
    # Stakes stand in the bodies only: rules 3 derives all again, where anything is derived.
    op.execute("UPDATE projection SET rules = 3 WHERE NOT EXISTS (SELECT 1 FROM delivery)")
    op.create_table(
        "barred",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("sure", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_barred_hash", "barred", ["hash", "reason", "sure"], unique=True)
    op.create_table(
        "withheld",
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("dropped", sa.BigInteger(), nullable=False),
        sa.Column("erased", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("reason"),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("withheld")
    op.drop_index("ix_barred_hash", "barred")
    op.drop_table("barred")
    op.drop_table("stake")
    op.drop_index("ix_event_vid", "event")
    op.drop_column("delivery", "erased")
