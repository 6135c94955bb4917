"""Deliveries that the projector dies of are noted, and set aside."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0014"
down_revision: str | None = "0018"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "suspect",
        sa.Column("seq", serial, autoincrement=False, nullable=False),
        sa.Column("deaths", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["seq"], ["delivery.seq"]),
        sa.PrimaryKeyConstraint("seq"),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("suspect")
