"""Sessions know whether they saw a hot page; the projector marks those that are there."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from models.tables import TEXT

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "session", sa.Column("hot", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("projection", sa.Column("hot_pages", TEXT, nullable=True))
    op.add_column("projection", sa.Column("mark_below", TEXT, nullable=True))


def downgrade() -> None:
    """Undo."""
    op.drop_column("projection", "mark_below")
    op.drop_column("projection", "hot_pages")
    op.drop_column("session", "hot")
